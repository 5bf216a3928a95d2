"""The kinds of values that stand in the settings, each read once into the type that the program uses.

``schema`` builds the sections from them. A reader raises ``ValueError`` with the end of a sentence whose
beginning is the key ("is not ..."), says what to write instead, and never quotes the value: it may be a
person's address or name. Paths are made absolute here, from the folder of the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator, ValidationInfo

from relay.domain.addresses import Address, CounselorAddress, OperatorAddress, OurAddress, SupervisorAddress
from relay.domain.crisis import INTERNATIONAL
from relay.domain.leave import Days
from relay.domain.roster import ALL_REVIEWED
from relay.domain.rota import Shift, zone_named

MAX_SHOWN_CHARACTERS = 60
"""Longest name shown in a From field: it stays on one line of 78 together with an alias (RFC 5322 §2.1.1)."""

MAX_TEXT_CHARACTERS = 200
"""Longest other text: a full name or a word to be masked."""

MAX_CAPACITY = 10_000
"""Most conversations that anybody could have at a time."""

MAX_LINES = 100
"""Most shifts of one agreement."""

CREDENTIAL = "credential:"
"""Begins the path of a secret that systemd hands over (``LoadCredential=``)."""

SYSTEMD = "systemd"
"""Stands in ``smtp.listen`` for the sockets that systemd opened for us."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?\Z")
_TAG = re.compile(r"[^\W_][\w:+-]{0,31}\Z")
_COUNSELOR_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15})):([0-9]{1,5})\Z")
_HOST_LABELS = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\Z")
_NOT_IN_A_NAME = frozenset('@<>"\\,;:()[]')

A = TypeVar("A", bound=Address)


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text in quotes: {what}")  # noqa: TRY004 (pydantic collects ValueError only)
    return value


def _line_of_text(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of visible text")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise ValueError(f"is too long; at most {MAX_TEXT_CHARACTERS} characters")
    return value.strip()


def _shown_name(value: str) -> str:
    value = _line_of_text(value)
    if len(value) > MAX_SHOWN_CHARACTERS:
        raise ValueError(f"is too long to be shown in mail; at most {MAX_SHOWN_CHARACTERS} characters")
    if _NOT_IN_A_NAME & set(value):
        raise ValueError(
            'has a character that mail programs take for an address; leave out @ < > " \\ , ; : ( ) [ ]'
        )
    return value


def _mailbox(kind: type[A]) -> Callable[[Any], A]:
    def read(value: Any) -> A:
        try:
            return kind.parse(_string(value, "one address as in name@example.org"))
        except ValueError:
            sentence = (
                "is not a plain address; write one as in name@example.org, without display name and brackets"
            )
            raise ValueError(sentence) from None

    return read


def _domain(value: str) -> str:
    try:
        domain = Address("x", value).domain
    except ValueError:
        domain = ""
    if "." not in domain or domain.replace(".", "").isdigit():
        raise ValueError("is not a domain name; write it as in relay.example.org (in its ASCII form)")
    return domain


def _language(value: str) -> str:
    if not _LANGUAGE.match(value):
        raise ValueError("is not a language tag (BCP 47); write for example en, de or pt-BR")
    return value


_PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,128}\Z"
)
"""In the form of RFC 9106's reference program; OWASP asks for at least 19 MiB and two passes."""


_COUNTRY = re.compile(r"[A-Z]{2}\Z")


def _country(value: str) -> str:
    if not _COUNTRY.match(value):
        raise ValueError("is not a country; write its two capital letters (ISO 3166), as in GB")
    return value


def _crisis_country(value: str) -> str:
    if value != INTERNATIONAL and not _COUNTRY.match(value):
        raise ValueError(f"is not a country; write its two capital letters (ISO 3166), or '{INTERNATIONAL}'")
    return value


def _tag(value: str) -> str:
    if not _TAG.match(value) or value != value.casefold():
        raise ValueError(
            "must be 1 to 32 small letters, digits, or signs of : + - _, as in sleep or age:20-29"
        )
    return value


def _counselor_id(value: str) -> str:
    if not _COUNSELOR_ID.match(value):
        raise ValueError("must be 1 to 32 small letters, digits, - or _: it is a label for logs, not a name")
    return value


def _password_hash(value: str) -> str:
    match = _PASSWORD_HASH.match(value)
    if match is None:
        raise ValueError("is no Argon2id hash; 'relay password' asks for a password and prints one")
    memory_kib, passes, lanes = (int(number) for number in match.groups())
    if not (
        19_456 <= memory_kib <= 262_144
        and passes <= 10
        and 1 <= lanes <= 16
        and passes * memory_kib >= 38_912
    ):
        raise ValueError(
            "is a hash too weak or too costly to check at every login; make one with 'relay password'"
        )
    return value


def _endpoint(value: str) -> str:
    if value == SYSTEMD:
        return value
    sentence = f"is not an IP address and port; write 127.0.0.1:8025, 0.0.0.0:25, [::]:25, or {SYSTEMD}"
    match = _ENDPOINT.match(value)
    if match is None or int(match[3]) > 65535:
        raise ValueError(sentence)
    try:
        return f"[{IPv6Address(match[1])}]:{match[3]}" if match[1] else f"{IPv4Address(match[2])}:{match[3]}"
    except ValueError:
        raise ValueError(sentence) from None


def _network(value: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(_string(value, "127.0.0.0/8"), strict=False)
    except ValueError:
        raise ValueError(
            "is not an IP address or network; write for example 192.0.2.7 or 10.0.0.0/8"
        ) from None


def _host(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        if len(value) > 255 or not _HOST_LABELS.match(value) or value.replace(".", "").isdigit():
            raise ValueError("is not a host name or IP address; the port has a key of its own") from None
        return value.lower()


def credentials_folder() -> Path:
    """Where systemd puts the service's credentials: as the environment says, in a check as our unit would."""
    return Path(os.environ.get("CREDENTIALS_DIRECTORY") or "/run/credentials/relay.service")


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the files, which ``reading`` hands to pydantic as its context."""
    assert isinstance(info.context, Path)
    return info.context


def path_of(value: Any, info: ValidationInfo) -> Path:
    """A path of the files, or of a credential. Raises ``ValueError``."""
    text = _string(value, "a path")
    if not text or not text.isprintable():
        raise ValueError("is not a path")
    if not text.startswith(CREDENTIAL):
        return folder_of(info) / text
    name = text.removeprefix(CREDENTIAL)
    if not name or "/" in name or name in (".", ".."):
        raise ValueError(f"must name a credential after {CREDENTIAL!r}, as LoadCredential= of the unit does")
    return credentials_folder() / name


def _shift(value: Any) -> Shift:
    return Shift.parse(_string(value, "a shift such as 'mon-fri 18:00-22:00 Europe/Berlin'"))


def _zone(value: Any) -> ZoneInfo:
    try:
        return zone_named(_string(value, "a time zone such as 'Europe/Berlin'"))
    except ValueError as error:
        raise ValueError(str(error).replace("ends with", "is", 1)) from None


def _capacity(value: Any) -> int:
    if value == "none":
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_CAPACITY:
        raise ValueError(f"must be a whole number from 1 to {MAX_CAPACITY}, or 'none' for nobody new")
    return value


def _calendar_path(value: Any, info: ValidationInfo) -> Path:
    path = path_of(value, info)
    if path.suffix.lower() != ".ics":
        raise ValueError("must be an iCalendar file, whose name ends with .ics")
    return path


def _leave(value: Any, info: ValidationInfo) -> Days | Path:
    text = _string(value, "days as in 2026-05-01..2026-05-14, or an .ics file")
    if text.lower().endswith(".ics"):
        return _calendar_path(text, info)
    return Days.parse(text)


def _when(value: Any) -> tuple[Shift, ...]:
    lines = value if isinstance(value, list) else [value]
    if not lines or len(lines) > MAX_LINES:
        raise ValueError("must be a shift such as 'fri 18:00-22:00 Europe/Berlin', or a list of them")
    return tuple(map(_shift, lines))


def _review(value: Any) -> int:
    """How many first replies a supervisor reads."""
    found = re.fullmatch(r"first ([1-9]\d{0,2})", value) if isinstance(value, str) else None
    if found:
        return int(found[1])
    if value in {"none", "all"}:
        return 0 if value == "none" else ALL_REVIEWED
    raise ValueError("must be 'none', 'all' or 'first N' with N from 1 to 999")


_AGE_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}\Z")
"""Bech32 (BIP 173) of 32 octets; whether its checksum holds is seen when it is used."""


def _age_recipient(value: str) -> str:
    if not _AGE_RECIPIENT.match(value):
        raise ValueError("is not a public key of age; it begins with age1 and has 62 characters")
    return value


AgeRecipient = Annotated[str, AfterValidator(_age_recipient)]
Review = Annotated[int, PlainValidator(_review)]
Text = Annotated[str, AfterValidator(_line_of_text)]
ShownName = Annotated[str, AfterValidator(_shown_name)]
DomainName = Annotated[str, AfterValidator(_domain)]
Language = Annotated[str, AfterValidator(_language)]
Tag = Annotated[str, AfterValidator(_tag)]
Label = Annotated[str, AfterValidator(_counselor_id)]
CounselorId = Annotated[str, AfterValidator(_counselor_id)]
Country = Annotated[str, AfterValidator(_country)]
CrisisCountry = Annotated[str, AfterValidator(_crisis_country)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
PasswordHash = Annotated[str, AfterValidator(_password_hash)]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_network)]
Host = Annotated[str, AfterValidator(_host)]
FilePath = Annotated[Path, PlainValidator(path_of)]
Duty = Annotated[Shift, PlainValidator(_shift)]
Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
Capacity = Annotated[int, PlainValidator(_capacity)]
CalendarPath = Annotated[Path, PlainValidator(_calendar_path)]
Leave = Annotated[Days | Path, PlainValidator(_leave)]
When = Annotated[tuple[Shift, ...], PlainValidator(_when)]
OurMailbox = Annotated[OurAddress, PlainValidator(_mailbox(OurAddress))]
OperatorMailbox = Annotated[OperatorAddress, PlainValidator(_mailbox(OperatorAddress))]
CounselorMailbox = Annotated[CounselorAddress, PlainValidator(_mailbox(CounselorAddress))]
SupervisorMailbox = Annotated[SupervisorAddress, PlainValidator(_mailbox(SupervisorAddress))]
