"""Octets to a frozen ``Mail``: line ends, MIME structure and header facts.

Called by the route hop, in a worker that can be killed, and by ``relay explain``. ``parse`` is
the whole entrance; ``decode_body`` and ``decode_text`` (see ``body``) read a part when somebody
asks for it. Promises: linear time (times the depth limit), no recursion, memory of one copy of
the message; a message that a person wrote yields its text however broken it is; what was odd is
a constant word in ``Mail.defects``. Raises ``MalformedMessage`` for a message of nothing only.

Standards: RFC 5322, RFC 2045, RFC 2046 §5.1 (boundaries) and §5.2 (message/*), RFC 6532.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from relay.errors import MalformedMessage
from relay.mail.addresslist import AddressList, read_addresses
from relay.mail.body import decode_body, decode_text
from relay.mail.boundaries import first_damaged, is_closing, without_cut_off
from relay.mail.charset import Text, clean_line, codec_for, decode_words
from relay.mail.headers import (
    LIMITS,
    Limits,
    note_duplicates,
    read_block,
    read_content_type,
    read_disposition,
    read_ids,
)
from relay.mail.model import Correspondent, Header, Mail, Part

__all__ = ["LIMITS", "Limits", "Text", "decode_body", "decode_text", "parse"]

OPAQUE: Final = "application/octet-stream"
_MESSAGES: Final = frozenset({"message/rfc822", "message/global"})
_ENCODED: Final = frozenset({"base64", "quoted-printable"})
_ABOUT_THE_AUTHOR: Final = (
    "reply-to",
    "sender",
    "resent-from",
    "resent-sender",
    "disposition-notification-to",
    "return-receipt-to",
    "x-confirm-reading-to",
    "x-sender",
    "x-original-from",
)
_SHOWN_EACH: Final = 4
"""Mailboxes of one field that are taken for the author's: enough for one person, too few for a list."""
_ENCODING_JUNK: Final = re.compile(rb"[^a-z0-9-].*", re.DOTALL)
# A line that must be a boundary, whatever the header says: a header of a part follows it, in which a
# field of MIME is among the first.
_SNIFFED_BOUNDARY: Final = re.compile(
    rb"(?:\A|\n)--([!-~]{1,70})[ \t]*+\n"
    rb"(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\n]*+\n(?:[ \t][^\n]*+\n){0,10}){0,8}"
    rb"Content-[A-Za-z0-9-]{1,40}:",
    re.IGNORECASE,
)


def parse(raw: bytes, limits: Limits = LIMITS) -> Mail:
    """Read a message as it came over the wire, with whatever line ends; ``Mail.raw`` has LF and no NUL.

    Raises ``MalformedMessage`` when it holds neither header nor text.
    """
    defects: set[str] = set()
    text = _normalise(raw, defects)
    if not text.strip():
        raise MalformedMessage("empty")
    root = _Structure(text, limits, defects).read()
    return _with_facts(Mail(raw=text, headers=root.headers, root=root), limits, defects)


def _normalise(raw: bytes, defects: set[str]) -> bytes:
    """LF line ends, no NUL, no byte order mark. CR CR LF is what one line end becomes in text mode."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode("utf-8", "replace")
        defects.add("utf-16")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    text = raw.replace(b"\r", b"")  # by far the cheapest way, and right unless a CR stands alone
    pairs = raw.count(b"\r\n") if len(text) < len(raw) else 0
    if text.count(b"\n") > pairs:
        defects.add("bare-lf")
    if len(raw) - len(text) > pairs:
        defects.add("bare-cr")
        text = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in text:
        defects.add("nul")
        header_end = text.find(b"\n\n")
        if b"\0" in text[: header_end if header_end >= 0 else len(text)]:
            defects.add("ambiguous-from")  # parsers end the header, or a name in it, at a NUL
        text = text.replace(b"\0", b"")
    return text


@dataclass(slots=True)
class _Node:
    """A part while its structure is being read: where it stands, and its children so far."""

    start: int
    end: int
    depth: int
    default_type: str = "text/plain"
    boundaries: tuple[bytes, ...] = ()  # of the multiparts that it stands in
    opaque: bool = False  # beyond a limit: the octets as they are, header and all
    is_read: bool = False
    part: Part = field(default_factory=lambda: Part(OPAQUE))
    children: list[_Node] = field(default_factory=list)


class _Structure:
    """The MIME tree of one message, found by searching boundaries in ranges of its text."""

    def __init__(self, text: bytes, limits: Limits, defects: set[str]) -> None:
        self._text = text
        self._limits = limits
        self._inner_limits = replace(limits, header_block_bytes=limits.part_header_bytes)
        self._defects = defects
        self._count = 1
        self._cut_off = -1
        """Where the message was cut off in the middle of a delimiter, of whichever multipart."""

    def read(self) -> Part:
        """Read breadth and depth with a list instead of recursion, then freeze from the leaves up."""
        root = _Node(0, len(self._text), depth=0)
        order: list[_Node] = []
        stack = [root]
        while stack:
            node = stack.pop()
            order.append(node)
            if node.opaque:
                node.part = Part(OPAQUE, span=(node.start, node.end))
            elif not node.is_read:
                self._read_node(node)
            stack.extend(reversed(node.children))
        for node in reversed(order):
            if node.children:
                node.part = replace(node.part, children=tuple(child.part for child in node.children))
        return root.part

    def _read_node(self, node: _Node) -> None:
        defects = self._defects if node.depth == 0 else set[str]()
        limits = self._limits if node.depth == 0 else self._inner_limits
        block = read_block(self._text, node.start, node.end, limits, defects)
        note_duplicates(block.headers, defects)
        part = self._describe(block.headers, (min(block.body, node.end), node.end), node.default_type)
        self._defects |= defects - {"ambiguous-from", "duplicate-from", "no-header"}
        node.part = part
        if part.maintype == "multipart":
            self._split(node, part)
        elif part.content_type in _MESSAGES and part.encoding not in _ENCODED:
            self._add(node, *part.span)
        if node.boundaries and not node.children:
            self._cut_damaged(node)

    def _cut_damaged(self, node: _Node) -> None:
        """End a leaf where a damaged delimiter stands; what comes behind it is a part of its own."""
        part = node.part
        line = first_damaged(self._text, *part.span, node.boundaries)
        if line is None:
            return
        self._defects.add("damaged-boundary")
        start, end = part.span
        node.part = Part("multipart/mixed", headers=part.headers, span=part.span)
        node.children = [
            replace(
                node,
                part=replace(part, span=(start, max(start, line.start() - 1))),
                is_read=True,
                children=[],
            )
        ]
        if not is_closing(line):
            self._add(node, line.end(), end)

    def _describe(self, headers: tuple[Header, ...], span: tuple[int, int], default_type: str) -> Part:
        """The part that a header announces, without its children; the first field of a name counts."""
        first: dict[str, bytes] = {}
        for header in headers:
            first.setdefault(header.name, header.value)
        limits, defects = self._limits, self._defects
        content_type, parameters = read_content_type(first.get("content-type", b""), limits, defects)
        disposition, more = read_disposition(first.get("content-disposition", b""), limits, defects)
        if not content_type:
            content_type = default_type
            if "content-type" in first:
                defects.add("bad-content-type")
                content_type = OPAQUE if disposition == "attachment" else "text/plain"
        part = Part(
            content_type=content_type,
            parameters=parameters,
            disposition=disposition,
            content_id=next(iter(read_ids((first.get("content-id", b""),), limits)), ""),
            encoding=_encoding(first.get("content-transfer-encoding", b"7bit")),
            span=span,
            headers=headers,
        )
        charset = part.parameter("charset")
        if charset and part.maintype == "text" and not codec_for(charset):
            defects.add("unknown-charset")
        return replace(part, filename=dict(more).get("filename", "") or part.parameter("name"))

    def _split(self, node: _Node, part: Part) -> None:
        """Make children of what stands between the boundaries (RFC 2046 §5.1.1); none makes it text."""
        start, end = part.span
        boundary = part.parameter("boundary").encode("utf-8", "replace")
        node.boundaries += (boundary,) if boundary else ()
        whole, end = end, without_cut_off(self._text, start, end, node.boundaries)
        if end < whole:
            self._cut_off = end
        cuts = self._cuts(boundary, start, end) if boundary else []
        if not cuts and end == self._cut_off:  # in its first delimiter: all that came is the preamble
            cuts = [(end, end)]
        if not cuts:
            cuts = self._sniffed_cuts(node, start, end)
            self._defects.add("no-boundary")
        if not cuts:
            opaque = part.encoding in _ENCODED
            node.part = replace(part, content_type=OPAQUE if opaque else "text/plain")
            return
        cuts = [*self._before_first(node, start, cuts[0][0]), *cuts]
        default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for begin, finish in cuts:
            self._add(node, begin, finish, default_type)

    def _before_first(self, node: _Node, start: int, first: int) -> list[tuple[int, int]]:
        """The part that would pass for a preamble, because the delimiter before it is damaged."""
        line = first_damaged(self._text, start, first, node.boundaries)
        if line is None or line.end() >= first:
            return []
        self._defects.add("damaged-boundary")
        return [(line.end(), max(line.end(), self._text.rfind(b"\n--", start, first)))]

    def _sniffed_cuts(self, node: _Node, start: int, end: int) -> list[tuple[int, int]]:
        found = _SNIFFED_BOUNDARY.search(self._text, max(start - 1, 0), end)
        if not found:
            return []
        node.boundaries += (found[1],)
        return self._cuts(found[1], start, end)

    def _cuts(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Ranges of the parts; when there are more than the limit allows, the last one holds the rest."""
        cuts: list[tuple[int, int]] = []
        begin: int | None = None
        for line, after, closing in self._delimiters(b"--" + boundary, start, end):
            if begin is not None:
                cuts.append((begin, max(begin, line)))
            if closing:
                return cuts
            begin = after
            if self._count + len(cuts) >= self._limits.parts:
                break
        if begin is not None:
            self._defects.add("no-final-boundary")
            cuts.append((begin, end))
        return cuts

    def _delimiters(self, dashed: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Delimiter lines: where the line end before stands, where the next line begins, is it the last."""
        text = self._text
        at = start - 1 if text.startswith(dashed, start, end) else text.find(b"\n" + dashed, start, end)
        while at >= start - 1:
            tail = at + 1 + len(dashed)
            line_end = text.find(b"\n", tail, end)
            line_end = end if line_end < 0 else line_end
            rest = text[tail : min(line_end, tail + 80)].rstrip(b" \t")
            if rest in {b"", b"--"}:
                yield max(at, start), min(line_end + 1, end), bool(rest)
            at = text.find(b"\n" + dashed, line_end, end)
            if at < 0:
                return

    def _add(self, node: _Node, start: int, end: int, default_type: str = "text/plain") -> None:
        child = _Node(start, end, node.depth + 1, default_type, node.boundaries)
        if self._count >= self._limits.parts:
            self._defects.add("too-many-parts")
            child.opaque = True
        elif child.depth > self._limits.depth:
            self._defects.add("too-deep")
            child.opaque = True
        self._count += 1
        node.children.append(child)


def _encoding(value: bytes) -> str:
    """The transfer encoding's name in lower case; ``7bit`` when there is none to read."""
    return _ENCODING_JUNK.sub(b"", value.strip(b" \t\"'").lower()).decode("ascii") or "7bit"


def _with_facts(mail: Mail, limits: Limits, defects: set[str]) -> Mail:
    """Read the fields that say who wrote to whom about what."""
    authors = _addresses(mail.all("from"), limits, defects)
    if not authors.mailboxes:
        defects.add("no-from")
    if len(authors.mailboxes) > 1 or len(mail.all("from")) > 1:
        defects.add("several-from")
    if authors.ambiguous:
        defects.add("ambiguous-from")
    subject = clean_line(decode_words(mail.header("subject") or b""))
    return replace(
        mail,
        authors=authors.mailboxes,
        shown=_shown(mail, authors, limits),
        recipients=_addresses(mail.all("to") + mail.all("cc"), limits, defects).mailboxes,
        subject=subject[: limits.subject_chars].rstrip(),
        message_id=next(iter(read_ids(mail.all("message-id"), limits)), ""),
        in_reply_to=read_ids(mail.all("in-reply-to"), limits),
        references=read_ids(mail.all("references"), limits),
        defects=frozenset(defects),
    )


def _shown(mail: Mail, authors: AddressList, limits: Limits) -> tuple[Correspondent, ...]:
    """Whom the message shows as its author: From, then every other field that programs fill in for them."""
    lists = [authors, *(_addresses(mail.all(name), limits, set()) for name in _ABOUT_THE_AUTHOR)]
    people = (
        one
        for each in lists
        for one in (*each.mailboxes[:_SHOWN_EACH], *(Correspondent(name, "") for name in each.bare_names))
    )
    return tuple(dict.fromkeys(people))


def _addresses(values: tuple[bytes, ...], limits: Limits, defects: set[str]) -> AddressList:
    mailboxes: list[Correspondent] = []
    bare_names: list[str] = []
    ambiguous = False
    for value in values:
        if len(value) > limits.address_header_bytes:
            defects.add("address-header-cut")
            ambiguous = True
        read = read_addresses(value[: limits.address_header_bytes])
        ambiguous |= read.ambiguous
        mailboxes.extend(read.mailboxes)
        bare_names.extend(read.bare_names)
    return AddressList(tuple(mailboxes), ambiguous, tuple(bare_names))
