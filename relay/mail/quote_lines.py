# ruff: noqa: RUF001  (colons and dashes of other scripts are meant)
"""Lines of a reply that a mail program wrote: quote marks, attribution lines, header blocks.

Called by ``quotes``. Promises: a line is only taken for the program's on strong evidence (an address,
a date with its time, a known label), because what is taken may be cut; in doubt it is the author's.
Pure, linear: each look spans at most ``MAX_ATTRIBUTION_LINES`` or ``MAX_HEADER_LINES`` lines of which
``MAX_LINE_CHARS`` are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relay.mail.quote_words import FIRST_PERSON, HEADER_FIELDS, LEADS, MONTHS, SEPARATORS, WROTE

MAX_ATTRIBUTION_LINES = 4
MAX_ATTRIBUTION_CHARS = 500
MAX_HEADER_LINES = 24
"""Lines of one header block, long lists of recipients included."""
MAX_LINE_CHARS = 600
_MAX_LABEL_CHARS = 34
_MAX_CONTINUATIONS = 6
_MAX_WORDS_BEFORE_DATE = 4

_MARKS = re.compile(r"(?:[ \t]{0,3}>)+ ?")
_EMOTICON = re.compile(r">[:;=]['’-]?[()\[\]/\\|DPpOo3<>cCSs](?:\s|$)|>[._-]+[<>]")
ADDRESS = re.compile(r"[^\s<>@\"'(),;:\[\]]{1,64}@[^\s<>@\"'(),;:\[\]]{1,255}")
TIME = re.compile(r"(?<![\d.])\d{1,2}(?::\d{2}|[.h]\d{2}(?![.\d]))")
_NUMERIC = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-/]\d{1,2}[-/]\d{2,4}|\d{1,2}\. ?\d{1,2}\. ?\d{2,4}"
    r"|\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일]"
)
_NAMED = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th|\.|º|er)?[ -](?:de |d['’])?(?:{'|'.join(MONTHS)})\w*"
    rf"|\b(?:{'|'.join(MONTHS)})\w*\.? \d{{1,2}}\b",
    re.IGNORECASE,
)
# Short weekdays that mean "my" in another language: Mon, ma (Finnish, Dutch), Mi.
_WEEKDAYS = frozenset(("mon", "ma", "mi"))
_WORD = re.compile(r"[^\s,;:<>\"“”]+")
_SENTENCE = re.compile(r"[!?…]\s|\w{4,}\.\s+[^\W\d_]")
_UNSPACED_VERB = re.compile("写道|寫道|写到|のメール|書きました|작성|كتب")
_DASHED = re.compile(r"[*_ ]{0,3}-{2,}[ *]{0,3}([^\s*-][^\n]{1,60}?)[ *]{0,3}-{2,}[*_ ]{0,3}\Z")
_RULE = re.compile(r"\s*(?:[_\-=]{3,}|\*{5,})\s*\Z")
_ANY_FIELD = re.compile(r"[* ]{0,3}[^\W\d][^:：\n]{0,30}[:：]")
_WRAPPED_ADDRESS_END = re.compile(r">? ?[^\s<>]{0,60}>? ?[^\s>]{0,20}:?\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its quote marks; ``depth`` 0 is unmarked."""

    depth: int
    body: str

    @property
    def blank(self) -> bool:
        return not self.body


def read_lines(lines: Sequence[str]) -> list[Line]:
    """Take the quote marks off. ``|`` is a mark where it leads at least two lines and ends none."""
    barred = [line.startswith("| ") and not line.rstrip().endswith("|") for line in lines]
    result: list[Line] = []
    for i, line in enumerate(lines):
        if barred[i] and ((i > 0 and barred[i - 1]) or (i + 1 < len(lines) and barred[i + 1])):
            result.append(Line(1, line[2 : 2 + MAX_LINE_CHARS].strip()))
            continue
        match = _MARKS.match(line)
        if match is None or _EMOTICON.match(line) or _is_wrapped_bracket(line, result):
            result.append(Line(0, line[:MAX_LINE_CHARS].strip()))
        else:
            body = line[match.end() : match.end() + MAX_LINE_CHARS].strip()
            result.append(Line(match.group().count(">"), body))
    return result


def _is_wrapped_bracket(line: str, before: Sequence[Line]) -> bool:
    """Tell whether ``>`` closes an address that the line before opened (``<ann@example.org`` / ``>:``)."""
    if not before or before[-1].depth or len(line) > 40:
        return False
    opened = before[-1].body.rfind("<")
    return opened > before[-1].body.rfind(">") and line.lstrip("> ").endswith((":", "："))


def is_rule(line: Line) -> bool:
    """Tell whether a line only draws a line."""
    return _RULE.match(line.body) is not None


# --- attribution ---------------------------------------------------------------------------------


def attribution_start(lines: Sequence[Line], end: int) -> int | None:
    """Where the attribution begins that ends with line ``end``, or ``None`` if it is none.

    Looks at up to four lines upward for enough evidence: an address with a date or a verb, or a
    date with its time and a verb, in words that are nobody's own.
    """
    last = lines[end].body
    if not last or not _may_end_attribution(last):
        return None
    addressed = bare = None
    joined = ""
    for start in range(end, max(-1, end - MAX_ATTRIBUTION_LINES), -1):
        line = lines[start]
        if line.blank or line.depth != lines[end].depth:
            break
        joined = f"{line.body} {joined}".strip()
        if len(joined) > MAX_ATTRIBUTION_CHARS:
            break
        if not _is_attribution(joined):
            continue
        if _begins_with_date(line.body):
            return start
        if ADDRESS.search(line.body):
            addressed = start if addressed is None else addressed
        elif start == 0 or lines[start - 1].blank:
            bare = start
    return addressed if addressed is not None else bare


def is_zoho_rule(line: Line) -> bool:
    """``---- On <date> <address> wrote ----``: an attribution that needs no quote marks below it."""
    match = _DASHED.match(line.body)
    return match is not None and _is_attribution(match[1] + ":")


def _may_end_attribution(body: str) -> bool:
    tail = body.rstrip("* ")
    return tail.endswith((":", "：", "写道", "寫道")) or tail.rpartition(" ")[2].casefold() in WROTE


def _begins_with_date(body: str) -> bool:
    """Tell whether a line begins as most programs begin: with a date, perhaps after "On" or a weekday."""
    dates = [match.start() for match in (_NUMERIC.search(body), _NAMED.search(body)) if match]
    if not dates:
        return False
    before = body[: min(dates)].strip("*\"'- ").casefold().split()
    return len(before) <= _MAX_WORDS_BEFORE_DATE and (
        not before or before[0].rstrip(",.") in LEADS or len(before) == 1
    )


def has_date(text: str) -> bool:
    """Tell whether a day of a month stands in the text, in figures or with the month's name."""
    return _NUMERIC.search(text) is not None or _NAMED.search(text) is not None


def _is_attribution(text: str) -> bool:
    address, time = ADDRESS.search(text), TIME.search(text)
    words = [word.casefold() for word in _WORD.findall(text)]
    dated, wrote = has_date(text), _says_wrote(text, words)
    final_colon = text.rstrip("* ").endswith((":", "："))
    if address:
        enough = (dated or time is not None or wrote) if final_colon else (dated and wrote)
    else:
        enough = dated and time is not None and wrote and final_colon
    if not enough:
        return False
    evidence = min(match.start() for match in (address, time, _NUMERIC.search(text)) if match)
    if _SENTENCE.search(text[:evidence]):
        return False
    speaks = FIRST_PERSON.intersection(words) - _WEEKDAYS
    return not speaks or (address is not None and dated)


def _says_wrote(text: str, words: Sequence[str]) -> bool:
    return not WROTE.isdisjoint(words) or _UNSPACED_VERB.search(text) is not None


# --- header blocks -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Evidence:
    """What the lines of a header block have shown so far."""

    separator: bool
    roles: set[str]
    fields: int = 0
    strong: bool = False  # an address, or a date where a date belongs

    def enough(self, *, decorated: bool) -> bool:
        if self.separator:
            return decorated or self.fields >= 2
        return "from" in self.roles and len(self.roles) >= 2 and self.strong


def headers_end(lines: Sequence[Line], start: int) -> int | None:
    """Where the header block ends (exclusive) that begins with line ``start``, or ``None`` if none does.

    A block is From: and another known label with an address or a date among them; or a separator
    such as ``-----Original Message-----`` with whatever fields follow, in any language. A drawn line
    right above belongs to it.
    """
    first = lines[start].body
    if first[:1].isalnum() and ":" not in first and "\uff1a" not in first:
        return None  # most lines of most letters
    depth = lines[start].depth
    at: int | None = start
    if is_rule(lines[start]):
        at = _next_line(lines, start + 1, depth, blanks=2)
    if at is None:
        return None
    known, dashed = _separator(lines[at].body)
    after = at
    if known or dashed:
        below = _next_line(lines, at + 1, depth, blanks=2)
        if below is None:
            return at + 1 if known and dashed else None
        after = below
    elif _field_role(lines[at].body) is None:
        return None
    evidence = _Evidence(known or dashed, set())
    end = _read_fields(lines, after, evidence)
    if evidence.separator and evidence.fields == 0:
        end = _attribution_below(lines, after) or at + 1
    return end if evidence.enough(decorated=known and dashed) else None


def _next_line(lines: Sequence[Line], at: int, depth: int, *, blanks: int) -> int | None:
    """The next line of the same depth that is not blank, past at most ``blanks`` blank ones."""
    for i in range(at, min(at + blanks + 1, len(lines))):
        if not lines[i].blank:
            return i if lines[i].depth == depth else None
    return None


def _separator(body: str) -> tuple[bool, bool]:
    """Whether a line is a known separator phrase, and whether it stands between dashes."""
    dashed = _DASHED.match(body)
    if dashed:
        phrase = dashed[1]
    elif body.rstrip("* ").endswith((":", "：")) and len(body) < 60:
        phrase = body
    else:
        return False, False
    return phrase.strip("*:： ").casefold() in SEPARATORS, dashed is not None


def _field_role(body: str) -> str | None:
    """What a line says as a header field with a known label, or ``None``."""
    ends = [i for i in (body.find(":", 0, _MAX_LABEL_CHARS), body.find("：", 0, _MAX_LABEL_CHARS)) if i > 0]
    return HEADER_FIELDS.get(body[: min(ends)].strip("*_| \t").casefold()) if ends else None


def _read_fields(lines: Sequence[Line], start: int, evidence: _Evidence) -> int:
    """Read header fields and their continuation lines from ``start``; return where they end."""
    depth, end, folded = lines[start].depth, start, 0
    for i in range(start, min(start + MAX_HEADER_LINES, len(lines))):
        line = lines[i]
        if line.depth != depth:
            break
        if line.blank:
            if not _resumes(lines, i + 1, evidence):
                break
            continue
        role = _field_role(line.body)
        if role is None and evidence.separator and _ANY_FIELD.match(line.body) and evidence.fields < 8:
            role = "other"
        if role is not None and (role == "other" or role not in evidence.roles):
            evidence.roles.add(role)
            evidence.fields += 1
            folded = 0
        elif evidence.fields and folded < _MAX_CONTINUATIONS and _continues(lines, i, evidence):
            folded += 1
        else:
            break
        address = ADDRESS.search(line.body) is not None
        evidence.strong |= address or (
            role == "date" and (has_date(line.body) or TIME.search(line.body) is not None)
        )
        end = i + 1
    return end


def _resumes(lines: Sequence[Line], at: int, evidence: _Evidence) -> bool:
    """Tell whether after one blank line a known field follows that was not there yet."""
    if at >= len(lines) or lines[at].blank:
        return False
    role = _field_role(lines[at].body)
    return evidence.fields > 0 and role not in (None, "other") and role not in evidence.roles


def _continues(lines: Sequence[Line], at: int, evidence: _Evidence) -> bool:
    """Tell whether a line without a label goes on with the field above: more recipients, a long subject."""
    before = lines[at - 1].body
    if ADDRESS.search(lines[at].body) or before.endswith((",", ";", "<", ":")):
        return len(lines[at].body) < 200 and not _SENTENCE.search(lines[at].body)
    following = lines[at + 1].body if at + 1 < len(lines) else ""
    role = _field_role(following)
    return role not in (None, "other") and role not in evidence.roles


def _attribution_below(lines: Sequence[Line], start: int) -> int | None:
    """The end of an attribution that begins right below a separator (Proton), or ``None``."""
    for end in range(start, min(start + MAX_ATTRIBUTION_LINES, len(lines))):
        if attribution_start(lines, end) == start:
            return end + 1
    return None
