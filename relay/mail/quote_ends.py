# ruff: noqa: RUF001  (colons and dashes of other scripts are meant)
"""What stands under a letter and is not the letter: signatures, telephones' lines, legal notices.

Called by ``quotes`` for each stretch of the author's lines that nothing of theirs follows. Promises:
the closing formula and the name stay the author's, and so does what could be meant for the reader (a
postscript, a question, a sentence), also below a drawn line or a phrase of legal notices, for people
write these themselves. Pure, and bounded: only the last ``MAX_END_LINES`` lines of a stretch are looked at.

Standards: RFC 3676 §4.3 (``-- `` on a line of its own).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from relay.mail.quote_lines import ADDRESS, has_date
from relay.mail.quote_words import (
    CLOSINGS,
    CONTACT_LABELS,
    DEVICES,
    DOUBTFUL_FOOTERS,
    FIRST_PERSON,
    FOOTERS,
    LEGAL_MARKS,
    SENT_FROM,
    SENT_FROM_ENDS,
    SPEAKS_OF_ONESELF,
)

MAX_SIGNATURE_LINES = 15
MAX_CONTACT_LINES = 8
MAX_END_LINES = 80
"""Lines at the end of a stretch among which notices and signatures are looked for."""
_MAX_CLOSING_DISTANCE = 12
_MAX_SIGNATURE_CHARS = 90
_MAX_SIGNATURE_WORDS = 11
_MAX_MOBILE_WORDS = 12
_MOBILE_LINES = 3
_SENTENCE_WORDS = 4
"""Words of a line that is a sentence even without a full stop; most names, titles and firms have fewer."""
_CERTAIN_MARKS = 3
"""Marks of legal notices in a paragraph that is one even where it says "I" ("please notify me")."""

_DELIMITER = re.compile(r"(?:--|—|–|_{2,}|- -)\Z")
_LIST_RULE = re.compile(r"(?:_{5,}|-{5,}|__)\Z")
_LIST_WORDS = re.compile(r"mailing list|mailman|listinfo|listserv|google groups|lists\.", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"(?:p\.? ?p?\.?s|n\.?b|ps)\b[.:;) ]", re.IGNORECASE)
_STOPS = (".", "!", "…", "。", "！", "।", "۔")
_LINK = re.compile(r"<?(?:https?://|www\.)\S+", re.IGNORECASE)
_BRACKETED = re.compile(r"[<(\[][^<>()\[\]]{0,600}[>)\]]")
_PHONE = re.compile(r"(?:\+|\b0|\(0|\b\d{3}[ .-])[\d ()/.–-]{5,22}\d")
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_COMPANY = re.compile(
    r"\b(?:gmbh|ag|kg|ug|e\. ?v|ltd|inc|llc|plc|s\.?a\.?s?|s\.?r\.?l|b\.?v|oy|ab|a/s|corp)\W{0,3}\Z",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"[^\W\d][^\d,]{2,40} \d{1,4} ?[a-z]?(?:, ?[^\W\d][^\d,.!?]{1,30})?\Z"
    r"|\d{1,5} [^\d,]{2,40}\b(?:street|st|road|rd|avenue|ave|lane|drive)\b",
    re.IGNORECASE,
)
_CITY = re.compile(r"(?:[A-Z]{1,2}-)?\d{4,5} [^\W\d]")


class End(Enum):
    """What a line at the end of a letter is."""

    SIGNATURE = auto()
    FOOTER = auto()


_FOOTERS = tuple(FOOTERS)


def find_ends(lines: Sequence[str]) -> dict[int, End]:
    """Which of these lines, all of one author, are signature or footer, by their index."""
    first = max(0, len(lines) - MAX_END_LINES)
    bodies = [line.strip() for line in lines[first:]]
    found: dict[int, End] = {}
    end = _cut_footers(bodies, found)
    end = _cut_signature(bodies, [line.endswith("-- ") for line in lines[first:]], end, found)
    end = _cut_mobile(bodies, end, found)
    _cut_contacts(bodies, end, found)
    return {first + i: kind for i, kind in found.items()}


def _trimmed(bodies: Sequence[str], end: int) -> int:
    while end > 0 and not bodies[end - 1]:
        end -= 1
    return end


def _cut_footers(bodies: Sequence[str], found: dict[int, End]) -> int:
    """Mark the legal notices and list footers at the end, paragraph by paragraph; return what is left."""
    end = _trimmed(bodies, len(bodies))
    while end > 0:
        start = end
        while start > 0 and bodies[start - 1]:
            start -= 1
        cut = _footer_start(bodies, start, end)
        if cut is None:
            break
        found.update(dict.fromkeys(range(cut, end), End.FOOTER))
        end = _trimmed(bodies, cut)
        if end and _LIST_RULE.match(bodies[end - 1]):  # the line drawn above a notice belongs to it
            found[end - 1] = End.FOOTER
            end = _trimmed(bodies, end - 1)
    return end


def _footer_start(bodies: Sequence[str], start: int, end: int) -> int | None:
    """Where in the paragraph ``start:end`` a footer begins that goes to its end, or ``None``."""
    for at in range(start, end):
        folded = " ".join(bodies[at : at + 3]).casefold()
        if folded.startswith(_FOOTERS) and _is_notice(" ".join(bodies[at:end]).casefold()):
            return at
        if _LIST_RULE.match(bodies[at]) and _LIST_WORDS.search(" ".join(bodies[at:end])):
            return at
    paragraph = " ".join(bodies[start:end]).casefold()
    personal = not FIRST_PERSON.isdisjoint(_WORD.findall(paragraph))
    return start if not personal and _is_notice(paragraph) else None


def _is_notice(folded: str) -> bool:
    """Tell whether case-folded text with a phrase of notices is one, and not a letter that begins with it.

    "This email is confidential" and "You are receiving this because" are also what somebody writes who is afraid: such
    a phrase needs company, and whoever speaks of themselves needs much of it.
    """
    phrases = [phrase for phrase in FOOTERS if phrase in folded]
    if not phrases:
        return False
    rest = folded
    for phrase in sorted(phrases, key=len, reverse=True):
        rest = rest.replace(phrase, " ")
    marks = len(phrases) - 1 + sum(mark in rest for mark in LEGAL_MARKS)
    speaks = SPEAKS_OF_ONESELF.search(rest) is not None
    if speaks:
        return marks >= _CERTAIN_MARKS
    return marks > 0 or not DOUBTFUL_FOOTERS.issuperset(phrases)


def _cut_signature(bodies: Sequence[str], exact: Sequence[bool], end: int, found: dict[int, End]) -> int:
    """Mark the lines from a delimiter on, if they look like a signature; return what is left.

    Where one of the paragraphs below is for the reader, only those are marked that are cards of names, firms and
    contact data. ``exact`` is a delimiter with its blank, as programs set it and people do not: mere running text
    below it is a motto or a list's footer; below dashes or a line that somebody drew it is their letter.
    """
    count = 0
    start = None
    for at in range(end - 1, -1, -1):
        if _DELIMITER.match(bodies[at]):
            start = at
        count += bodies[at] != ""
        if count > MAX_SIGNATURE_LINES + 1:
            break
    if start is None or start == end - 1 or sum(map(bool, bodies[start + 1 : end])) > MAX_SIGNATURE_LINES:
        return end
    paragraphs = _paragraphs(bodies, start, end)
    is_said = _has_words_for_the_reader if exact[start] else _is_text
    if not any(is_said([bodies[i] for i in lines]) for lines in paragraphs):
        found.update(dict.fromkeys(range(start, end), End.SIGNATURE))
        return _trimmed(bodies, start)
    for lines in paragraphs:
        if _is_card([bodies[i] for i in lines]):
            above = range(start, lines[0]) if lines is paragraphs[0] else ()
            found.update(dict.fromkeys((*above, *lines), End.SIGNATURE))
    return end


def _paragraphs(bodies: Sequence[str], start: int, end: int) -> list[list[int]]:
    """The lines ``start:end`` by number, parted by blank and drawn ones, which are in none."""
    result: list[list[int]] = [[]]
    for i in range(start, end):
        if bodies[i] and not _DELIMITER.match(bodies[i]):
            result[-1].append(i)
        elif result[-1]:
            result.append([])
    return [lines for lines in result if lines]


def _has_words_for_the_reader(paragraph: Sequence[str]) -> bool:
    return any(map(_is_for_the_reader, paragraph))


def _is_text(paragraph: Sequence[str]) -> bool:
    """Tell whether a paragraph could be part of the letter: one line is for the reader, or all are running text."""
    if _has_words_for_the_reader(paragraph):
        return True
    whole = any(body.endswith(_STOPS) or len(_WORD.findall(body)) >= _SENTENCE_WORDS for body in paragraph)
    return whole and all(map(_is_running, paragraph))


def _is_card(paragraph: Sequence[str]) -> bool:
    """Tell whether a paragraph holds names, titles, firms and contact data, and no words to anybody."""
    return (
        len(paragraph) > 1
        and not _is_text(paragraph)
        and not paragraph[-1].endswith((",", ":"))
        and not any(map(_is_running, paragraph))
    )


def _is_running(body: str) -> bool:
    """Tell whether a line reads like a part of a sentence: most words begin small, or it ends as sentences do."""
    words = _WORD.findall(body)
    stops = body.endswith(_STOPS)
    if is_mobile(body) or _is_contact(body) or _is_place(body):
        return False
    if not any(word[0].isupper() or word[0].islower() for word in words):  # a script without capitals
        return stops or len(words) >= _SENTENCE_WORDS
    small = sum(not word[0].isupper() for word in words[1:])
    return 2 * small > len(words) - 1 or (stops and len(words) > 2 and small > 0)


def _is_for_the_reader(body: str) -> bool:
    """Tell whether a line could be part of the letter: long, a question, a postscript, a sentence of "I"."""
    if is_mobile(body):
        return False
    words = _WORD.findall(body.casefold())
    if len(body) > _MAX_SIGNATURE_CHARS or len(words) > _MAX_SIGNATURE_WORDS:
        return True
    if body.endswith(("?", "？", "؟")) or _POSTSCRIPT.match(body):
        return True
    return len(words) >= 4 and not FIRST_PERSON.isdisjoint(words)


def is_mobile(body: str) -> bool:
    """Tell whether a line is what a telephone or a program adds ("Sent from my iPhone")."""
    text = _LINK.sub("", _BRACKETED.sub("", body)).strip(" -–—*_.").casefold()
    words = text.split()
    if not text or len(words) > _MAX_MOBILE_WORDS or any(c in text for c in ",;!?") or ". " in text:
        return False
    if not (text.startswith(tuple(SENT_FROM)) or text.endswith(tuple(SENT_FROM_ENDS))):
        return False
    return any(device in text if not device.isascii() else _names(text, device) for device in DEVICES)


def _names(text: str, device: str) -> bool:
    """Tell whether ``device`` begins a word of ``text`` (a Finnish or Turkish word goes on after it)."""
    at = text.find(device)
    return at >= 0 and (at == 0 or not text[at - 1].isascii() or not text[at - 1].isalnum())


def _cut_mobile(bodies: Sequence[str], end: int, found: dict[int, End]) -> int:
    """Mark the telephone's line when it is among the last ones; return what is left above it."""
    for _ in range(_MOBILE_LINES):
        if not end or not is_mobile(bodies[end - 1]):
            break
        found[end - 1] = End.SIGNATURE
        end = _trimmed(bodies, end - 1)
    return end


def _cut_contacts(bodies: Sequence[str], end: int, found: dict[int, End]) -> None:
    """Mark lines of contact data below a closing formula and the name under it."""
    filled = [i for i in range(end) if bodies[i]][-_MAX_CLOSING_DISTANCE:]
    closing = next((n for n in range(len(filled) - 1, -1, -1) if _is_closing(bodies[filled[n]])), None)
    if closing is None or len(filled) - closing - 2 > MAX_CONTACT_LINES:
        return
    block = filled[closing + 1 :]
    contacts = [_is_contact(bodies[i]) for i in block]
    if not any(contacts):
        return
    places = [n > 0 and _is_place(bodies[i]) for n, i in enumerate(block)]
    for order in (range(len(block)), range(len(block) - 1, -1, -1)):  # places next to contact data are some
        for n, beside in zip(order, (None, *order), strict=False):
            contacts[n] |= places[n] and beside is not None and contacts[beside]
    last = max(n for n, contact in enumerate(contacts) if contact)
    for n in range(1, last):  # what stands between the name and contact data is a title or a firm
        contacts[n] |= not _is_running(bodies[block[n]]) and not _is_for_the_reader(bodies[block[n]])
    found.update((i, End.SIGNATURE) for i, contact in zip(block, contacts, strict=True) if contact)


def _is_closing(body: str) -> bool:
    return body.casefold().strip(" ,.!-–—*") in CLOSINGS


def _is_contact(body: str) -> bool:
    """Tell whether a line is a telephone number, an address or a link, and little else."""
    rest, count = body, 0
    for pattern in (_LINK, ADDRESS, _PHONE):
        if pattern is _PHONE and has_date(rest):
            continue
        rest, found = pattern.subn(" ", rest)
        count += found
    words = [word for word in _WORD.findall(rest.casefold()) if word.rstrip(".") not in CONTACT_LABELS]
    return count > 0 and len(words) <= 3 and not body.endswith("?")


def _is_place(body: str) -> bool:
    """Tell whether a line is a company's name or part of a postal address."""
    short = len(_WORD.findall(body)) <= 6
    return short and any(p.search(body) for p in (_COMPANY, _STREET, _CITY))
