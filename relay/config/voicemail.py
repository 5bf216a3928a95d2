"""The section ``[[voicemail]]``: a telephone system whose voice messages become requests. Off without one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from relay.config import fields
from relay.config.section import Section
from relay.domain.addresses import OurAddress
from relay.domain.voicemail import Pbx, Reading, System

MAX_PATTERN_CHARS = 500
_SECRET = re.compile(r"[a-z0-9]{16,40}\Z")


def _pattern(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except (re.error, OverflowError, RecursionError):
        groups = 0
    if groups < 1 or len(value) > MAX_PATTERN_CHARS:
        raise ValueError(
            "is not a regular expression with the thing itself in parentheses, as in 'Caller: ([0-9+]+)'"
        )
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


class VoicemailSection(Section):
    """A telephone system (PBX) that mails voice messages: each becomes a request. The caller's number is sealed and
    goes to those who make calls, the counselor reads that somebody has called. Read docs/voicemail.md first. Repeat
    the section for further systems; without one there is no voicemail.
    """

    is_list: ClassVar[bool] = True
    may_be_none: ClassVar[bool] = True

    address: fields.OurMailbox = Field(
        description="What the telephone system writes to, at service.domain (or behind service.mailbox's plus), and "
        "published nowhere. For everybody else it is an address that is not there.",
        examples=["voicemail-in@relay.example.org"],
    )
    system: Literal["asterisk", "kazoo", "generic"] = Field(
        description="How its mail is read: 'asterisk' (FreePBX, too), 'kazoo', or 'generic' with the patterns below.",
        examples=["asterisk"],
    )
    senders: tuple[fields.OperatorMailbox, ...] = Field(
        min_length=1,
        max_length=10,
        description="Addresses that stand in its From (Asterisk: serveremail). What comes from others is held.",
        examples=[["asterisk@pbx.example.net"]],
    )
    hosts: tuple[fields.Network, ...] = Field(
        default=(),
        max_length=20,
        description="IP addresses that it connects from, straight to a port of smtp.listen. Mail to the address from "
        "anywhere else is refused. Not those of an MTA that brings other mail, too.",
        examples=[["192.0.2.7"]],
    )
    secret_file: fields.FilePath | None = Field(
        default=None,
        description="File with a secret of 16 to 40 small letters and digits that belongs to the address: with "
        "'k3y...' in it the telephone system writes to voicemail-in-k3y...@. Needed where mail comes through an MTA "
        "or out of a mailbox; 'credential:NAME' works too.",
        examples=["credential:voicemail.secret"],
    )
    intake: fields.OurMailbox | None = Field(
        default=None,
        description="The [[intake]] whose language and queue its requests have. Without it: the first.",
        examples=["help@relay.example.org"],
    )
    audio: Literal["drop", "forward"] = Field(
        default="drop",
        description="What becomes of the recording. 'forward': WAV, MP3 and Ogg go to the counselor without the "
        "tags of their containers. A voice identifies: with 'drop' the counselor reads that somebody has called.",
    )
    number: Literal["seal", "discard"] = Field(
        default="seal",
        description="What becomes of the caller's number. 'seal': kept like an address, for !callback. 'discard': "
        "nobody can call back.",
    )
    number_pattern: Pattern | None = Field(
        default=None,
        description="Where the number stands: a regular expression (Python's) whose first group it is, looked for in "
        "the lines of the mail: X- fields as 'x-name: value', 'subject: ...', the text. 'generic' needs it.",
        examples=["^From: .*<([0-9+]+)>"],
    )
    length_pattern: Pattern | None = Field(
        default=None,
        description="Likewise for how long the message is, as 0:42 or in seconds, where the recording does not tell.",
        examples=["^Dauer: ([0-9:]+)"],
    )

    def pbx(self, first_intake: OurAddress) -> Pbx:
        """The values of it; reads the secret. Raises ``OSError`` or ``ValueError``."""
        secret = secret_in(self.secret_file) if self.secret_file else ""
        local = f"{self.address.local}-{secret}" if secret else self.address.local
        reading = Reading(
            System(self.system),
            tuple(each.key for each in self.senders),
            self.number_pattern or "",
            self.length_pattern or "",
            passes_recording=self.audio == "forward",
            keeps_number=self.number == "seal",
        )
        return Pbx(OurAddress(local, self.address.domain), self.intake or first_intake, self.hosts, reading)


def secret_in(file: Path) -> str:
    """The first line of the file. Raises ``OSError``, or ``ValueError`` for what cannot stand in an address."""
    secret = file.read_text("utf-8").partition("\n")[0].strip()
    if not _SECRET.match(secret):
        raise ValueError("holds no secret of 16 to 40 small letters and digits in its first line")
    return secret


def by_address(sections: Sequence[VoicemailSection], first_intake: OurAddress) -> Mapping[str, Pbx]:
    """Telephone systems by what each writes to. Raises ``OSError`` or ``ValueError``."""
    found = [section.pbx(first_intake) for section in sections]
    return {pbx.address.key: pbx for pbx in found}
