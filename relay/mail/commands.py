"""The lines of a counselor's mail that are for the relay: ``!close``, ``!note …``. Pure; called by ``flow.desk``.

A command is a line that begins with ``!`` and a word, above the first quoted line and the signature. Everything
else is content. Telephones are forgiven: capitals, spaces of any kind before the sign, marks that nobody sees
(``marks`` has taken them out, but for signs of direction that Arabic needs), the full-width sign. ``\\!`` at the start
of a line is a plain ``!``.

Fail closed: one line that is not clear makes the whole mail ``Unclear``, and nobody but its author sees any of it. Not
clear is: an unknown verb, arguments that are not understood, a second command on the line of another, a command that
stands below or inside a quote, and an HTML version that asks for something else than the plain one. Never raises but
``content.Sealed`` and ``Overlong``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from relay.domain.commands import Command
from relay.domain.verbs import VERBS, nearest, parse
from relay.mail import content, marks, quotes
from relay.mail.bidi import undirected
from relay.mail.html import to_text
from relay.mail.model import Mail
from relay.mail.parse import decode_text
from relay.mail.quotes import Kind

MAX_COMMANDS = 20
MAX_SHOWN_CHARS = 120

_COMMAND = re.compile(r"[!\uff01](?P<verb>[^\W\d_][\w-]*[?!]?)(?P<rest>.*)\Z", re.DOTALL)
_SPACED = re.compile(r"[!\u00a1\uff01]+\s*(?P<verb>[^\W\d_]+[?!]?)(?P<rest>.*)\Z", re.DOTALL)
_SECOND = re.compile(r"(?<!\S)[!\uff01](?P<verb>[^\W\d_][\w-]*[?!]?)(?!\S)")
_ENDS_A_VERB = frozenset(" \t.,;:")
_ESCAPED = re.compile(r"(\s*)\\([!\uff01].*)\Z", re.DOTALL)
_PERHAPS = re.compile(r"^[^\w\n]*[!\u00a1\uff01]", re.MULTILINE)
_PERHAPS_MARKED_UP = re.compile(
    r"(?:^|[>;])[^\w\n<]*[!\u00a1\uff01]|&#0*33\b|&excl|&#[xX]0*21\b", re.MULTILINE
)
_QUOTE_MARKS = re.compile(r"(?:\s*[>|])+\s*")
_BELONGS_TO_OTHERS = frozenset({Kind.QUOTE, Kind.ATTRIBUTION, Kind.HEADERS, Kind.TAIL})


class Problem(Enum):
    """Why a mail is unclear."""

    UNKNOWN = "unknown"
    ARGUMENT = "argument"
    TWO = "two"
    QUOTED = "quoted"
    BELOW = "below"
    SPACED = "spaced"
    DISAGREE = "disagree"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that is not clear. ``meant``: the verb that was probably meant; ``usage``: how it is written."""

    problem: Problem
    line: str = ""
    meant: str = ""
    usage: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing may be done with this mail."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One command: on which line of the text it stands, how many lines it takes, and what it asks for."""

    line: int
    lines: int
    verb: str
    words: str
    below: str
    command: Command


@dataclass(frozen=True, slots=True)
class Orders:
    """A text (cleaned, LF) with the commands in it, in order."""

    text: str
    spoken: tuple[Spoken, ...] = ()

    def content(self, inserts: Mapping[int, str] | None = None) -> str:
        """The text for the seeker: each command's lines gone, or replaced by what ``inserts`` has for its line."""
        lines = self.text.split("\n")
        end = _own_end(self.text)
        kept: list[str] = []
        commands = {each.line: each for each in self.spoken}
        at = 0
        while at < len(lines):
            spoken = commands.get(at)
            if spoken is None:
                escaped = _ESCAPED.match(undirected(lines[at])) if at < end else None
                kept.append(f"{escaped[1]}{escaped[2]}" if escaped else lines[at])
                at += 1
                continue
            kept += [inserts[at]] if inserts and at in inserts else []
            at += spoken.lines
        return "\n".join(kept)

    def says_something(self, text: str) -> bool:
        """Tell whether ``text``, made by ``content``, holds words of the author's outside quotes and signature."""
        return any(block.kind is Kind.OWN and block.text.strip() for block in quotes.segment(text))


def may_hold_any(mail: Mail) -> bool:
    """A quick look that misses none: tell whether any line of any text could begin like a command."""
    patterns = {"text/plain": _PERHAPS, "text/html": _PERHAPS_MARKED_UP}
    return any(
        patterns[part.content_type].search(decode_text(mail, part).text) is not None
        for part in mail.root.walk()
        if part.content_type in patterns
    )


def read(mail: Mail, said: content.Content | None = None) -> Orders | Unclear:
    """The commands of a mail. ``said``: its content, where that is known. Raises ``Sealed`` or ``Overlong``."""
    said = said or content.read(mail)
    orders = find(marks.clean(said.text))
    if isinstance(orders, Unclear):
        return orders
    for markup in _other_versions(mail, said):
        other = find(marks.clean(to_text(markup)))
        if isinstance(other, Unclear):
            if any(each.problem is not Problem.QUOTED for each in other.faults):
                return Unclear((Fault(Problem.DISAGREE, other.faults[0].line),))
        elif _gist(other.spoken) != _gist(orders.spoken):
            shown = next(iter({*_gist(other.spoken)} ^ {*_gist(orders.spoken)}), ("", ""))
            return Unclear((Fault(Problem.DISAGREE, " ".join(filter(None, (f"!{shown[0]}", shown[1])))),))
    return orders


def find(text: str) -> Orders | Unclear:
    """The commands of a cleaned text."""
    lines = text.split("\n")
    kinds = _kinds(text)
    end = _own_end(text)
    spoken: list[Spoken] = []
    faults: list[Fault] = []
    at = 0
    while at < end:
        found = _one(lines, at, end)
        if isinstance(found, Fault):
            faults.append(found)
        elif found is not None:
            spoken.append(found)
            at += found.lines - 1
        at += 1
    for line, kind in zip(lines[end:], kinds[end:], strict=True):
        faults += _elsewhere(line, kind, has_commands=bool(spoken or faults))
    if len(spoken) > MAX_COMMANDS:
        faults.append(Fault(Problem.TOO_MANY, _shown(lines[spoken[MAX_COMMANDS].line])))
    return Unclear(tuple(faults[:MAX_COMMANDS])) if faults else Orders(text, tuple(spoken))


def _one(lines: Sequence[str], at: int, end: int) -> Spoken | Fault | None:
    line = _bare(lines[at])
    found = _COMMAND.match(line)
    if found is None:
        spaced = _SPACED.match(line)
        verb = spaced["verb"].casefold() if spaced else ""
        if spaced and parse(verb, spaced["rest"].strip()) is not None:
            return Fault(Problem.SPACED, _shown(line), verb)
        return None
    verb, words = found["verb"].casefold(), _words(found["rest"])
    row = VERBS.get(verb) or VERBS.get(verb.rstrip("?!"))
    if row is None:
        return Fault(Problem.UNKNOWN, _shown(line), nearest(verb))
    if VERBS.get(verb) is None:  # "!Close!" is not what anybody means by it
        return Fault(Problem.UNKNOWN, _shown(line), row.name)
    if any(each["verb"].casefold() in VERBS for each in _SECOND.finditer(words)):
        return Fault(Problem.TWO, _shown(line), verb)
    below = _below(lines, at, end) if row.goes_on else ()
    text = "\n".join(each.strip() for each in below)
    is_apart = not found["rest"] or found["rest"][0] in _ENDS_A_VERB
    command = row.parse(words, text) if is_apart else None
    if command is None:
        return Fault(Problem.ARGUMENT, _shown(line), verb, row.usage)
    return Spoken(at, 1 + len(below), verb, words, text, command)


def _bare(line: str) -> str:
    """A line as it is compared: a telephone puts a sign of direction in front of it, and around a word of another
    script.
    """
    return undirected(line).strip()


def _words(rest: str) -> str:
    return rest.lstrip(".,;:").strip()


def _below(lines: Sequence[str], at: int, end: int) -> Sequence[str]:
    """The lines that belong to a command: up to a blank line, another command, or the end of the author's words."""
    stop = at + 1
    while stop < end and lines[stop].strip() and not _COMMAND.match(_bare(lines[stop])):
        stop += 1
    return lines[at + 1 : stop]


def _elsewhere(line: str, kind: Kind, *, has_commands: bool) -> list[Fault]:
    """What is wrong with a line below the first quoted one: a command of the author's, or the only one in a quote."""
    bare = _bare(_QUOTE_MARKS.sub("", undirected(line), count=1) if kind in _BELONGS_TO_OTHERS else line)
    found = _COMMAND.match(bare)
    if found is None:
        return []
    verb = found["verb"].casefold()
    if kind in _BELONGS_TO_OTHERS:
        is_one = verb in VERBS and not has_commands
        return [Fault(Problem.QUOTED, _shown(bare), verb)] if is_one else []
    if kind is Kind.OWN or verb in VERBS:
        return [Fault(Problem.BELOW, _shown(bare), verb if verb in VERBS else nearest(verb))]
    return []


def _kinds(text: str) -> list[Kind]:
    """Of every line what it is."""
    return [block.kind for block in quotes.segment(text) for _ in block.text.split("\n")]


def _own_end(text: str) -> int:
    """The first line that is quoted, or the delimiter of a signature (RFC 3676 §4.3); else the end."""
    lines = text.split("\n")
    for at, kind in enumerate(_kinds(text)):
        if kind in _BELONGS_TO_OTHERS or lines[at].rstrip() == "--":
            return at
    return len(lines)


def _other_versions(mail: Mail, said: content.Content) -> list[str]:
    """The HTML versions of what was read as plain text."""
    if any(part.content_type == "text/html" for part in said.words):
        return []
    found = []
    for part in mail.root.walk():
        if part.content_type == "multipart/alternative":
            rich = next((p for p in part.walk() if p.content_type == "text/html"), None)
            if rich is not None and rich.disposition != "attachment":
                found.append(decode_text(mail, rich).text[: content.MAX_MARKUP_CHARS])
    return found


def _gist(spoken: Sequence[Spoken]) -> list[tuple[str, str]]:
    """What two versions of a mail must have in common: verbs and words, however the lines were broken."""
    return [(each.verb, " ".join(f"{each.words} {each.below}".split())) for each in spoken]


def _shown(line: str) -> str:
    return line.strip()[:MAX_SHOWN_CHARS]
