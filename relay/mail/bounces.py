"""What a delivery report says, as one fact and never as text. Called by ``flow.service_mail``; pure.

A report of three parts (RFC 6522) names per recipient what was done (``Action``), the enhanced status and what the
other host said (RFC 3464 §2.3). Whoever reports in free text says the same in words, which ``bounce_words`` lists.
What the host said in its own words comes before the numbers, because numbers are often the default of the software
in between. A report that tells neither a cause nor an end gives no fact, and a person looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relay.domain.bounces import Fact, fact_of
from relay.mail import bounce_words as words
from relay.mail.body import decode_text
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_body

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_OTHERS_MAIL = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    }
)
_STATUS_OCTETS = 65536
_TEXT_CHARS = 8192
_LINE_CHARS = 120
"""A line that begins the returned message is short; a sentence that mentions one is not taken for it."""

_FIELD = re.compile(r"(?im)^(action|status|diagnostic-code)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)")
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])5[0-5]\d[ -]")
_TAG = re.compile(r"<[^<>]{0,500}>")
_ADDRESS = re.compile(r"\S{1,100}@\S{1,255}")
_DONE: dict[str, Fact] = {
    "delayed": Fact.DELAYED,
    "delivered": Fact.DELIVERED,
    "relayed": Fact.DELIVERED,
    "expanded": Fact.DELIVERED,
    "deliverable": Fact.DELIVERED,  # by no standard, but sent
}


@dataclass(frozen=True, slots=True)
class _Recipient:
    """What a report says of one recipient, case folded; any of it may be empty."""

    action: str = ""
    status: str = ""
    diagnostic: str = ""


def fact(mail: Mail) -> Fact | None:
    """What a delivery report says of our one recipient; ``None`` when it cannot be told."""
    recipients = list(_recipients(mail))
    text = _text(mail)
    told = next((each for each in recipients if each.action == "failed"), None)
    told = told or next((each for each in recipients if each.action or each.status), None)
    if told is None:
        return _of_text(f"{_folded(mail.subject)} {text}")
    if told.action in _DONE:
        return _DONE[told.action]
    if not told.action and told.status.startswith(("2", "4")):
        return Fact.DELIVERED if told.status.startswith("2") else Fact.DELAYED
    return _why(told.diagnostic, told.status) or _why(text) or Fact.REFUSED


def _recipients(mail: Mail) -> Iterator[_Recipient]:
    for part in _own_parts(mail):
        if part.content_type not in _STATUS_TYPES:
            continue
        fields = decode_body(mail, part)[:_STATUS_OCTETS].decode("utf-8", "replace").replace("\r\n", "\n")
        for block in re.split(r"\n[ \t]*\n", fields):
            found = {name.lower(): _folded(value) for name, value in _FIELD.findall(block)}
            if found:
                yield _Recipient(
                    found.get("action", "").partition(" ")[0].rstrip(";"),
                    found.get("status", ""),
                    found.get("diagnostic-code", ""),
                )


def _of_text(text: str) -> Fact | None:
    """What free text says: an end, and why; else that it is late; else nothing."""
    is_end = _says(text, words.ENDS)
    if _says(text, words.DELAYS) and not is_end:
        return Fact.DELAYED
    is_end = is_end or _says(text, words.FAILURES)
    if not is_end and _says(text, words.ARRIVALS):
        return Fact.DELIVERED
    is_final = is_end or _REPLY.search(text) or any(code[1] == "5" for code in _CODE.finditer(text))
    return _why(text) or (Fact.REFUSED if is_final else None)


def _why(text: str, status: str = "") -> Fact | None:
    """The cause that words and numbers tell together."""
    return _told(text, words.CAUSES) or _coded(text, status) or _told(text, words.VAGUE)


def _told(text: str, table: Iterable[tuple[Fact, tuple[str, ...]]]) -> Fact | None:
    return next((cause for cause, phrases in table if _says(text, phrases)), None)


def _says(text: str, phrases: Iterable[str]) -> bool:
    return any(phrase in text for phrase in phrases)


def _coded(*texts: str) -> Fact | None:
    """The cause that the first telling enhanced status code tells."""
    codes = (code for text in texts for code in _CODE.finditer(text) if code[1] != "2")
    return next((told for code in codes if (told := fact_of(code[0]))), None)


def _text(mail: Mail) -> str:
    """The words of the report itself, folded, without what it returns and without addresses."""
    pieces: list[str] = []
    for part in _own_parts(mail):
        if part.maintype == "text" and part.content_type not in _OTHERS_MAIL:
            text = decode_text(mail, part).text[:_TEXT_CHARS]
            if part.content_type == "text/html":
                text = _TAG.sub(" ", text)
            pieces.extend(_above(text.split("\n")))
    return _folded(_ADDRESS.sub(" ", "\n".join(pieces)))


def _above(lines: Iterable[str]) -> Iterator[str]:
    """Lines of a report up to those of the message that it returns; the first words are always its own."""
    for number, line in enumerate(lines):
        folded = _folded(line)
        if number > 2 and len(folded) < _LINE_CHARS and any(mark in folded for mark in words.RETURNED):
            return
        yield line


def _own_parts(mail: Mail) -> Iterator[Part]:
    """Parts of the report itself, in order, without what is inside a returned message."""
    stack = [mail.root]
    while stack:
        part = stack.pop()
        yield part
        if part.maintype == "multipart":
            stack.extend(reversed(part.children))


def _folded(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())
