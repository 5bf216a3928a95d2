"""Every section and key of the two files: type, bounds, default and, in words, why.

``reading`` fills the classes; ``example`` writes them out, so that a description here is what an operator
reads in ``config/``. A key without default must be given. Sections are frozen, take no unknown key, and
pydantic is told never to put a value into an error (the value would be an address).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from relay.config import fields
from relay.config.authentication import AuthenticationSection, DnsSection
from relay.config.backup import BackupSection
from relay.config.conversations import ConversationsSection
from relay.config.counselors import CounselorSection as CounselorSection  # noqa: PLC0414 (known from here)
from relay.config.dkim import DkimSection
from relay.config.duty import DutySection
from relay.config.imap_intake import ImapIntakeSection
from relay.config.limits import LimitsSection
from relay.config.metrics import MetricsSection
from relay.config.openpgp import OpenPgpSection
from relay.config.privacy import PrivacySection
from relay.config.promise import PromiseSection
from relay.config.queues import HolidaysSection, QueueSection
from relay.config.retention import RetentionSection
from relay.config.review import ReviewSection
from relay.config.rspamd import RspamdSection
from relay.config.section import SHOWN, Section
from relay.config.seekers import PhoneSection, RiskSection, SeekersSection
from relay.config.statistics import StatisticsSection
from relay.config.storage import StorageSection as StorageSection  # noqa: PLC0414 (known from here)
from relay.config.submission import SubmissionSection
from relay.config.supervisors import SupervisorSection
from relay.config.voicemail import VoicemailSection
from relay.domain.roster import GENERAL

RELAY_FILE = "relay.toml"
COUNSELORS_FILE = "counselors.toml"


class ServiceSection(Section):
    """The service as people see it."""

    name: fields.ShownName = Field(
        description="Name of the service in the texts that people receive. At most 60 characters. A "
        "neutral one protects seekers whose mail others can see.",
        examples=["Example Peer Support"],
    )
    domain: fields.DomainName = Field(
        description="The mail domain that is all ours: every address at it, aliases included, belongs "
        "to relay, so its MX leads here and nothing else uses it. With 'mailbox', the provider's domain.",
        examples=["relay.example.org"],
    )
    mailbox: fields.OurMailbox | None = Field(
        default=None,
        description="Without a domain of your own: the mailbox at a provider, at service.domain, behind whose plus "
        "aliases and return-paths are, as in help+k7...@provider.example. It is relay's alone; an imap_intake takes "
        "mail from it.",
        examples=["help@provider.example"],
    )
    operator: fields.OperatorMailbox = Field(
        description="Where the person who runs the machine reads notices, and mail to postmaster@ and "
        "abuse@. At another domain, so that it can be read when relay is in trouble.",
        examples=["operator@example.net"],
    )
    language: fields.Language = Field(
        default="en",
        description="Language of texts to the operator, and whom to ask when nobody on duty speaks a "
        "seeker's language.",
    )


class IntakeSection(Section):
    """A public address: each message to it opens a conversation. Repeat the section for further addresses."""

    is_list: ClassVar[bool] = True

    address: fields.OurMailbox = Field(
        description="The address that people in need write to, at service.domain.",
        examples=["help@relay.example.org"],
    )
    language: fields.Language = Field(
        default="en",
        description="Language of the automatic texts to those who write to it, and of who answers.",
    )
    detect_language: bool = Field(
        default=False,
        strict=True,
        description="Whoever writes a first message that is clearly in another language, which there are texts in or "
        "a counselor speaks, is answered in that.",
    )
    queue: fields.Label = Field(
        default=GENERAL,
        description="The queue that requests to it wait in; [[queue]] gives it settings of its own.",
        examples=["grief"],
    )
    topics: tuple[fields.Label, ...] = Field(
        default=(),
        max_length=50,
        description="What requests to it are about: counselors who know one of these come first.",
        examples=[["grief"]],
    )
    countries: tuple[fields.Country, ...] = Field(
        default=(),
        max_length=10,
        description="Two letters (ISO 3166) of the countries that it is for, the first before the others: their lines "
        "of crisis.toml are named to whoever writes, wherever they are.",
        examples=[["GB", "IE"]],
    )


class SmtpSection(Section):
    """Where mail comes in."""

    listen: tuple[fields.Endpoint, ...] = Field(
        default=("127.0.0.1:8025",),
        max_length=16,
        description="IP addresses and ports to take mail on, or 'systemd' for the sockets of "
        "relay.socket. The default stands behind an MTA of yours on the same machine; "
        "without one take systemd and port 25. With an imap_intake it may be empty.",
    )
    max_message_bytes: int = Field(
        default=31_457_280,
        strict=True,
        ge=1_024,
        le=104_857_600,
        description="Largest message taken, in octets (RFC 1870). 30 MiB is what the large providers "
        "let people send with room for the encoding.",
    )
    trusted_hosts: tuple[fields.Network, ...] = Field(
        default=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        max_length=256,
        description="Addresses and networks of your own MTAs: the limits for strangers below do not "
        "apply to them.",
    )
    tls_certificate: fields.FilePath | None = Field(
        default=None,
        description="PEM file with the certificate chain for STARTTLS (RFC 3207). Give it with tls_key "
        "or not at all.",
        examples=["tls/fullchain.pem"],
    )
    tls_key: fields.FilePath | None = Field(
        default=None,
        description="PEM file with its private key, readable by relay alone; 'credential:NAME' when "
        "systemd gives it.",
        examples=["tls/privkey.pem"],
    )
    max_connections: int = Field(
        default=200,
        strict=True,
        ge=1,
        le=10_000,
        description="Connections at a time, in all. Each takes up to half a megabyte; 200 are 100 MB. A tenth "
        "is for trusted_hosts alone; when all are taken, whoever has longest brought no message nearer gives way.",
    )
    own_process: bool = Field(
        default=True,
        strict=True,
        description="Clients are served in a process of its own, which holds no key but that of the certificate: "
        "they wait half as long, and whoever breaks into it finds nothing that is here already. It takes some "
        "20 MB; false: the daemon serves them itself.",
    )
    max_connections_per_host: int = Field(
        default=20,
        strict=True,
        ge=1,
        le=10_000,
        description="Connections at a time from one address, so that no stranger takes them all.",
    )
    messages_per_minute_per_host: int = Field(
        default=60,
        strict=True,
        ge=1,
        le=1_000_000,
        description="Messages a minute from one address; more are asked to come later (4xx). A large "
        "provider sends for many people from one address: do not set it low.",
    )


class NextHopSection(Section):
    """The MTA that everything going out is given to."""

    host: fields.Host = Field(description="Its host name or IP address.", examples=["127.0.0.1"])
    port: Annotated[int, Field(strict=True, ge=1, le=65_535)] = Field(
        default=587,
        description="Its port: 25 for an MTA of yours, 587 for submission (RFC 6409), 465 with tls = "
        "'implicit'.",
        examples=[25],
        json_schema_extra=SHOWN,
    )
    tls: Literal["never", "opportunistic", "required", "implicit"] = Field(
        default="required",
        description="'required': STARTTLS with a valid certificate or no delivery. 'implicit': TLS from "
        "the first octet (RFC 8314). 'opportunistic': when offered, certificate unchecked. "
        "'never': only on this machine.",
        examples=["never"],
        json_schema_extra=SHOWN,
    )
    username: fields.Text | None = Field(
        default=None, repr=False, description="Login, when it asks for one; needs TLS.", examples=["relay"]
    )
    password_file: fields.FilePath | None = Field(
        default=None,
        description="File whose first line is the password, readable by relay alone; 'credential:NAME' "
        "works too. The password itself never stands in this file.",
        examples=["credential:next_hop.password"],
    )
    ca_file: fields.FilePath | None = Field(
        default=None,
        description="PEM file of the authority that signed its certificate, when it is not a public one.",
        examples=["tls/ca.pem"],
    )
    connections: int = Field(
        default=4,
        strict=True,
        ge=1,
        le=64,
        description="Connections to it at a time; they are kept and used again.",
    )
    messages_per_hour: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="As many messages an hour as it takes, where a provider limits them; what is over it waits its "
        "turn, and a minute's pause is made when it says that it is too much. Without it: as fast as they come.",
        examples=[200],
    )


def _default_processes() -> int:
    return max(1, len(os.sched_getaffinity(0)) - 1)


class WorkersSection(Section):
    """The processes in which hostile octets are read; each can be killed without harm."""

    processes: int = Field(
        default_factory=_default_processes,
        strict=True,
        ge=1,
        le=256,
        description="How many. Without it: one less than this process has cores, at least 1; one is "
        "left for SMTP.",
        examples=[2],
    )
    time_limit_s: int = Field(
        default=10,
        strict=True,
        ge=1,
        le=600,
        description="Seconds for one message, many times what a large honest one takes. Longer: the "
        "worker is killed.",
    )
    memory_limit_mb: int = Field(
        default=1024,
        strict=True,
        ge=256,
        le=65_536,
        description="Megabytes of address space of a worker. Room for a 30 MiB message and a picture of "
        "50 megapixels.",
    )


class LoggingSection(Section):
    """JSON lines on standard error. No level names a person."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important events that are logged."
    )


SECTIONS: Mapping[str, Mapping[str, type[Section]]] = {
    RELAY_FILE: {
        "service": ServiceSection,
        "intake": IntakeSection,
        "queue": QueueSection,
        "holidays": HolidaysSection,
        "smtp": SmtpSection,
        "submission": SubmissionSection,
        "imap_intake": ImapIntakeSection,
        "limits": LimitsSection,
        "next_hop": NextHopSection,
        "dkim": DkimSection,
        "storage": StorageSection,
        "backup": BackupSection,
        "authentication": AuthenticationSection,
        "dns": DnsSection,
        "conversations": ConversationsSection,
        "duty": DutySection,
        "openpgp": OpenPgpSection,
        "privacy": PrivacySection,
        "promise": PromiseSection,
        "retention": RetentionSection,
        "review": ReviewSection,
        "seekers": SeekersSection,
        "phone": PhoneSection,
        "voicemail": VoicemailSection,
        "risk": RiskSection,
        "rspamd": RspamdSection,
        "statistics": StatisticsSection,
        "workers": WorkersSection,
        "logging": LoggingSection,
        "metrics": MetricsSection,
    },
    COUNSELORS_FILE: {"counselor": CounselorSection, "supervisor": SupervisorSection},
}
"""Which sections stand in which file, in the order in which the example shows them."""
