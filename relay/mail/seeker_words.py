"""Words that a seeker writes to the relay itself: STOP, FORGET ME, OTHER, LANGUAGE, URGENT, QUIET, CALL ME, HELP.

Called by ``flow.compose`` on what a person wrote; automatic mail never comes here. Pure, linear, and in doubt
silent: what is not clearly a command is a message to the human who reads it.

A command is the first line of a message that is not empty, and nothing else stands on it but courtesies. It is
compared without case, accents, punctuation, emoji and invisible marks, in all languages at once: phones capitalise,
correct and decorate, and people write in whichever language comes first. A question mark makes it a question.
The subject counts only when the body says nothing.

What follows the line decides what it is worth. Quotes, signatures, a telephone's line, thanks and the author's own
name say nothing more. Anything else is a letter, and then

* ``URGENT``, ``OTHER``, ``LANGUAGE``, ``QUIET`` and ``CALL ME`` are done *and* the letter is passed on;
* ``STOP`` and ``FORGET ME`` are **not** done: "Stop." above a letter is far more often a cry than a command, and
  ending the conversation of somebody in need is worse than one more mail. The human is told of the line;
* ``HELP`` is nothing but the first word of that letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from relay.mail import marks, quotes, subjects
from relay.mail.seeker_hours import hours_in
from relay.mail.seeker_tables import COURTESIES, LANGUAGE_NAMES, OFF, SAID, Word

MAX_LINE_CHARS = 80
"""Longest line that can be a command: the longest entry with an argument and thanks has some sixty."""

MAX_SUBJECT_CHARS = 250
"""Longer subjects are no command, whatever prefixes they have gathered."""

MAX_HEAD_CHARS = 4_000
"""Of a text, where the first line must begin; what hides it below more emptiness is no command."""

MAX_LINES_BELOW = 6
"""Lines that may follow and still be thanks and a name."""

OFF_ARGUMENT = "off"

_ALONE = frozenset({Word.STOP, Word.FORGET, Word.HELP})
"""Done only when nothing of the author's follows."""

QUESTION = frozenset("?\u061f\uff1f\u00bf\u037e")
"""Any of these makes what is said a question."""
_SAME_LETTERS = str.maketrans(
    {
        "\u0131": "i",  # without a dot
        "\u0649": "\u064a", "\u06cc": "\u064a",  # yeh, of three keyboards
        "\u06a9": "\u0643",  # kaf
        "\u0629": "\u0647",  # teh marbuta, often written heh
        "\u0640": None,  # tatweel
        "\u00f8": "o", "\u0142": "l",
    }
)  # fmt: skip
"""Letters that phones and people mix up, and that have no decomposition."""
_TAG = re.compile(r"[a-z]{2,3}(?:[-_][a-z]{2,4})?\Z")
_NUMBER = re.compile(r"\+?[\d\s()/.-]{6,30}\Z")
_OFFSET = re.compile(rb"([+-])(\d\d)00\b[^+-]*\Z")
_REPLY = re.compile(r"(?:Re|Fwd): ")


@dataclass(frozen=True, slots=True)
class Heard:
    """A command. ``argument``: of ``LANGUAGE`` a tag in lower case, empty for none; of ``QUIET`` nothing, ``off`` or
    hours (``seeker_hours``); of ``CALL`` a telephone number as it was written, or nothing. ``is_alone``: the author
    says nothing more.
    """

    word: Word
    argument: str = ""
    is_alone: bool = True

    @property
    def is_clear(self) -> bool:
        """Tell whether it is to be done; if not, it stands above a letter and a human decides."""
        return self.is_alone or self.word not in _ALONE

    def __repr__(self) -> str:
        return f"Heard({self.word.value})"


def heard(
    text: str, subject: str = "", names: Sequence[str] = (), *, has_files: bool = False
) -> Heard | None:
    """The command in a message, or ``None``. ``names``: what the author's mail program calls them."""
    plain = " ".join(marks.clean(subject).split()) if len(subject) <= MAX_SUBJECT_CHARS else ""
    titled = _command(_REPLY.sub("", subjects.plain(plain)))
    if titled is None and _command(_first_line(text)) is None:
        return None  # nearly every letter ends here, before its quotes are looked for
    own = [line.strip() for line in _own_lines(marks.clean(text))]
    if not any(own):
        return _with(titled, is_alone=not has_files)
    found = _command(own[0])
    if found is None:
        return None
    is_alone = not has_files and says_nothing(own[1:], names)
    if not is_alone and found.word is Word.LANGUAGE and not found.argument:
        return None
    return None if not is_alone and found.word is Word.HELP else _with(found, is_alone=is_alone)


def without_line(text: str) -> str:
    """The letter below a command: what is passed on, for the line itself is told in the reader's language."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if marks.clean(line).strip()), len(lines))
    return "\n".join(lines[first + 1 :]).strip("\n")


def own_text(text: str) -> str:
    """What the author wrote themselves, of a cleaned text: nothing quoted, no signature."""
    return quotes.own_only(quotes.segment(text))


def zone_of(date: bytes, usual: str, now: datetime) -> str:
    """The time zone of a Date field, for hours that its author names: ``usual`` (IANA) when its clock shows the same
    now, or when the field tells nothing (many web mailers write ``+0000`` for everybody); else ``Etc/GMT-2`` and alike.
    """
    found = _OFFSET.search(date)
    if found is None or int(found[2]) == 0:
        return usual
    hours = int(found[2]) if found[1] == b"+" else -int(found[2])
    at_home = now.astimezone(ZoneInfo(usual)).utcoffset()
    if at_home == timedelta(hours=hours) or not -12 <= hours <= 14:
        return usual
    return f"Etc/GMT{-hours:+d}"


def folded(text: str) -> str:
    """Letters and digits without case, accents and points, single blanks between words."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_SAME_LETTERS))
    kept = (c if c.isalnum() else " " for c in decomposed if unicodedata.category(c) not in _MARKS)
    return " ".join("".join(kept).translate(_SAME_LETTERS).split())


_MARKS = frozenset({"Mn", "Me", "Cf"})


def _with(found: Heard | None, *, is_alone: bool) -> Heard | None:
    return None if found is None else Heard(found.word, found.argument, is_alone)


def _first_line(text: str) -> str:
    """The first line that shows anything, cleaned; a long one is cut, for it is no command anyway."""
    for line in text[:MAX_HEAD_CHARS].split("\n"):
        shown = marks.clean(line[: 2 * MAX_LINE_CHARS]).strip() if line and not line.isspace() else ""
        if shown:
            return shown.partition("\n")[0]
    return ""


def _own_lines(text: str) -> list[str]:
    """The author's lines, from the first that is not empty on; an empty one in front when a quote comes first."""
    blocks = quotes.segment(text)
    first = next((block for block in blocks if block.text.strip()), None)
    own = [line for block in blocks if block.kind is quotes.Kind.OWN for line in block.text.split("\n")]
    while own and not own[0].strip():
        own.pop(0)
    is_first = first is not None and first.kind is quotes.Kind.OWN
    return own if is_first or not own else ["", *own]


def _command(line: str) -> Heard | None:
    if len(line) > MAX_LINE_CHARS or not QUESTION.isdisjoint(line):
        return None
    said = folded(line)
    if _beginnings().isdisjoint(said.split()):
        return None  # most first lines of letters
    said = _without_courtesies(said)
    word = _vocabulary().get(said)
    if word is not None:
        return Heard(word)
    first, _, rest = said.partition(" ")
    if _vocabulary().get(first) is Word.LANGUAGE:
        language = _language(rest)
        return Heard(Word.LANGUAGE, language) if language else None
    if _vocabulary().get(first) is Word.QUIET:
        if rest in _entries(OFF):
            return Heard(Word.QUIET, OFF_ARGUMENT)
        hours, beside = hours_in(line)
        is_all = _vocabulary().get(_without_courtesies(folded(beside))) is Word.QUIET
        return Heard(Word.QUIET, hours) if hours and is_all else None
    return _call(line)


def _call(line: str) -> Heard | None:
    """``CALL ME`` with a telephone number on its line."""
    at = next((i for i, c in enumerate(line) if c.isdecimal() or c in "+("), len(line))
    number = line[at:].strip()
    is_asked = _vocabulary().get(_without_courtesies(folded(line[:at]))) is Word.CALL
    digits = sum(c.isdecimal() for c in number)
    if not is_asked or not 6 <= digits <= 15 or not _NUMBER.match(number):
        return None
    return Heard(Word.CALL, number)


def _language(said: str) -> str:
    """The tag of a language by its name or by itself; empty for what is neither."""
    if tag := _languages().get(said):
        return tag
    tag = said.replace(" ", "-")
    return tag if _TAG.match(tag) else ""


def says_nothing(lines: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether lines below a command hold only courtesies and the author's own name; empty ones say nothing."""
    said = [_without_courtesies(folded(line)) for line in lines if line]
    if len(said) > MAX_LINES_BELOW:
        return False
    known = {part for name in names for part in folded(name).split()}
    return all(not rest or set(rest.split()) <= known for rest in said)


def _without_courtesies(said: str) -> str:
    """What is left of a folded line when courtesies at its beginning and end are taken away."""
    for _ in range(3):
        for courtesy in _courtesies():
            if said == courtesy:
                return ""
            if said.startswith(courtesy + " "):
                said = said[len(courtesy) + 1 :]
            if said.endswith(" " + courtesy):
                said = said[: -len(courtesy) - 1]
    return said


def _entries(text: str) -> frozenset[str]:
    return frozenset(filter(None, (folded(piece) for piece in text.split("|"))))


@cache
def _vocabulary() -> dict[str, Word]:
    return {entry: word for word, text in SAID.items() for entry in _entries(text)}


@cache
def _beginnings() -> frozenset[str]:
    """The first words of all entries: a line without any of them is no command."""
    return frozenset(entry.partition(" ")[0] for entry in _vocabulary())


@cache
def _languages() -> dict[str, str]:
    return {entry: tag for tag, text in LANGUAGE_NAMES.items() for entry in _entries(text)}


@cache
def _courtesies() -> tuple[str, ...]:
    return tuple(sorted(_entries(COURTESIES), key=len, reverse=True))
