"""What a telephone system's mail says of a voice message: who called, how long, and the recording. Pure.

Called by ``flow.compose`` for the first look (the number alone) and by ``flow.voicemail``. Nothing of such a mail is
ever passed on but the recording, made anew: what is read here is for sealing and for the gate. A number is looked for
where the profile says that it stands, the first that fits; one that is withheld, an extension or a word (``anonymous``)
counts as none. Linear for our own profiles; how long an operator's pattern takes is bounded by the worker's limit.

Where it stands: Asterisk's ``app_voicemail`` writes X-Asterisk-CallerID or, with IMAP storage, X-Asterisk-VM-…; the
operator's own text may name it after "from" or "From:". Kazoo's templates write "Caller ID: …", or
"New voicemail from NAME (NUMBER)".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.domain import callers
from relay.domain.voicemail import Reading, System
from relay.errors import PeerError
from relay.mail import content
from relay.mail.model import Mail, Part

MAX_CHARS = 20_000
"""Such a mail is a few lines; an expression of the operator's is not let loose on more."""
MAX_SECONDS = 4 * 3600

_NUMBER = r"\+?[0-9][0-9 ().\-/]{4,38}[0-9]"
_NAMED = rf'"?([^"<>\n]{{0,80}}?)"?[ \t]*[<(]\s*(?:tel:)?({_NUMBER})\s*[>)]'


@dataclass(frozen=True, slots=True)
class Profile:
    """Expressions for one system, each tried in order. Groups: ``numbers`` (number), ``names`` (name),
    ``lengths`` (how long, as ``m:ss``, ``h:mm:ss`` or seconds).
    """

    numbers: tuple[re.Pattern[str], ...] = ()
    names: tuple[re.Pattern[str], ...] = ()
    lengths: tuple[re.Pattern[str], ...] = ()


def _all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


_LENGTHS = _all(
    r"^x-asterisk-vm-duration: *(\d{1,6})$",
    r"\b(?:length|duration)\b[ \t]*[:=]?[ \t]*(\d{1,2}:\d{2}(?::\d{2})?|\d{1,6})\b",
    r"\b(\d{1,2}:\d{2}(?::\d{2})?) (?:long|seconds)\b",
    r"\b(\d{1,6}) sec(?:onds?)?\b",
)

PROFILES: Mapping[System, Profile] = {
    System.ASTERISK: Profile(
        numbers=_all(
            rf"^x-asterisk-callerid: *({_NUMBER})$",
            rf"^x-asterisk-vm-caller-id-num: *({_NUMBER})$",
            rf'\bfrom\b:?[ \t]*(?:"[^"\n]{{0,80}}"[ \t]*|[^<(\n]{{0,80}})[<(]({_NUMBER})[>)]',
            rf"\bfrom\b:?[ \t]*({_NUMBER})\b",
        ),
        names=_all(
            r'^x-asterisk-callerid-?name: *"?([^"\n]{1,80})"?$',
            r'^x-asterisk-vm-caller-id-name: *"?([^"\n]{1,80})"?$',
            rf"\bfrom\b:?[ \t]*{_NAMED}",
        ),
        lengths=_LENGTHS,
    ),
    System.KAZOO: Profile(
        numbers=_all(
            rf"^[ \t]*caller id(?: number)?[ \t]*:[ \t]*({_NUMBER})\b",
            rf"\bfrom\b:?[^<(\n]{{0,80}}[<(]({_NUMBER})[>)]",
            rf"\bfrom\b:?[ \t]*({_NUMBER})\b",
        ),
        names=_all(
            r"^[ \t]*(?:caller name|caller id name)[ \t]*:[ \t]*(\S[^\n]{0,79})$",
            rf"\bfrom\b:?[ \t]*{_NAMED}",
        ),
        lengths=_LENGTHS,
    ),
    System.GENERIC: Profile(lengths=_LENGTHS),
}


@dataclass(frozen=True, slots=True, repr=False)
class VoiceMessage:
    """``number``: as it is dialled, empty where none was shown. ``names``: of the caller. ``seconds``: as the mail
    says, 0 for nothing. ``recordings``: parts that hold sound.
    """

    number: str = ""
    names: tuple[str, ...] = ()
    seconds: int = 0
    recordings: tuple[Part, ...] = ()

    def __repr__(self) -> str:
        return "VoiceMessage(<redacted>)"


def number(mail: Mail, reading: Reading) -> str:
    """The caller's number for the first look; empty where there is none, or the mail cannot be read."""
    try:
        return read(mail, reading).number
    except PeerError:
        return ""


def read(mail: Mail, reading: Reading) -> VoiceMessage:
    """All of it. Raises ``content.Sealed`` or ``content.Overlong``."""
    said = content.read(mail)
    profile = PROFILES[reading.system]
    shown = "\n".join(_lines(mail, said.text))[:MAX_CHARS]
    own = _all(reading.number_pattern) if reading.number_pattern else profile.numbers
    lengths = _all(reading.length_pattern) if reading.length_pattern else profile.lengths
    numbers = (callers.normalised(each) for each in _found(own, shown))
    sounds = tuple(part for part in said.attached if _is_sound(part))
    return VoiceMessage(
        next(filter(None, numbers), ""),
        tuple(dict.fromkeys(each for each in _found(profile.names, shown) if _is_name(each))),
        next(filter(None, map(_seconds, _found(lengths, shown))), 0),
        sounds,
    )


def _lines(mail: Mail, text: str) -> Iterator[str]:
    """What an expression may look at: the fields that systems add, the subject, the text."""
    for header in mail.headers:
        if header.name.startswith("x-"):
            yield f"{header.name}: {header.value.decode('utf-8', 'replace').strip()}"
    yield f"subject: {mail.subject}"
    yield from text.splitlines()


def _found(patterns: tuple[re.Pattern[str], ...], text: str) -> Iterator[str]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match.re.groups and match[1]:
                yield match[1].strip()


def _is_name(text: str) -> bool:
    """Whether it can be somebody's, and not the number once more."""
    return any(each.isalpha() for each in text)


def _seconds(written: str) -> int:
    """``1:02:03``, ``0:42`` or ``42`` in seconds; 0 for what is none."""
    total = 0
    for piece in written.split(":"):
        if not piece.isdecimal():
            return 0
        total = total * 60 + int(piece)
    return min(total, MAX_SECONDS)


def _is_sound(part: Part) -> bool:
    extension = part.filename.rpartition(".")[2].lower()
    return part.maintype == "audio" or extension in {"wav", "mp3", "ogg", "oga", "opus", "gsm", "wma", "m4a"}
