"""Header blocks: octets to fields, and fields to the facts that ``parse`` keeps.

Called by ``parse`` for the message and for each of its parts. Promises: linear time, no
recursion, nothing beyond ``Limits`` is interpreted, and text that was never a header is handed
back as body instead of being dropped. Nothing here raises; what was odd is added to ``defects``
as a constant word.

Input is text with LF line ends and without NUL. Standards: RFC 5322 §2.2, §3.6.4 and §4.5
(obsolete forms), RFC 2045 §5.1, RFC 2231 (parameters), RFC 2047 where it is misused in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from relay.mail.charset import clean_line, decode, decode_words
from relay.mail.model import Header
from relay.mail.patterns import possessive


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a message is interpreted; what is beyond stays in ``Mail.raw``, unread.

    Ten times what ordinary mail has, and small enough that the worst message costs milliseconds.
    """

    header_block_bytes: int = 64 * 1024
    part_header_bytes: int = 16 * 1024  # the same for a part inside, of which there can be many
    header_bytes: int = 8 * 1024
    address_header_bytes: int = 2 * 1024  # some 50 mailboxes
    headers: int = 200
    depth: int = 20
    parts: int = 200
    segments: int = 64  # of RFC 2231 in one header; also how many parameters are read
    ids: int = 200
    id_bytes: int = 998  # one line (RFC 5322 §2.1.1)
    subject_chars: int = 2000


LIMITS: Final = Limits()

# Fields that RFC 5322 §3.6 and MIME allow once, and that we interpret.
_ONCE: Final = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references"}
    | {"mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"}
)

# A field: name, perhaps (folded) space, colon, value with its continuation lines. A line of nothing
# but space continues a field only when another continuation follows. Possessive: never backtracks.
_FIELD: Final = possessive(
    rb"([!-9;-~]++)((?:\n?[ \t])*+):([^\n]*+(?:(?:\n[ \t]++)++[^\n]++)*+)(?:\n|\Z)",
)
_FIELD_START: Final = re.compile(rb"^[!-9;-~]++[ \t]*+:", re.MULTILINE)
# Names that tell a header from a line of text that happens to hold a colon.
_KNOWN: Final = possessive(
    rb"^[ \t]*(?:from|to|b?cc|date|subject|sender|reply-to|message-id|in-reply-to|references|received|"
    rb"return-path|delivered-to|envelope-to|mime-version|user-agent|importance|priority|precedence|"
    rb"auto-submitted|organi[sz]ation|authentication-results|errors-to|"
    rb"(?:content|x|list|resent|arc|dkim|domainkey|thread|disposition)-[!-9;-~]{1,60})"
    rb"(?:\n?[ \t])*+:",
    re.IGNORECASE | re.MULTILINE,
)
_FROM_FIELD: Final = re.compile(rb"^from[ \t]*:", re.IGNORECASE | re.MULTILINE)
_SPACE_LINE: Final = re.compile(rb"[ \t]+(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Block:
    """The header of a message or part, and the offset in the text where its body begins."""

    headers: tuple[Header, ...]
    body: int


def read_block(text: bytes, start: int, end: int, limits: Limits, defects: set[str]) -> Block:
    """Read the header that begins at ``start``; its body reaches to ``end``."""
    if text.startswith(b"\n", start, end):
        return Block((), start + 1)
    blank = text.find(b"\n\n", start, end)
    block_end, body = (end, end) if blank < 0 else (blank + 1, blank + 2)
    block = text[start : min(block_end, start + limits.header_block_bytes)]
    cut = start + len(block) < block_end
    if cut:
        block = _whole_fields(block, limits.header_bytes)
    fields = _Fields(block, limits, defects)
    stop = fields.read()
    if fields.body_begins:
        return Block(tuple(fields.headers), start + stop)
    if cut or stop < len(block):
        defects.add("header-block-cut")
        if _FROM_FIELD.search(text, start + stop, block_end):
            defects.add("ambiguous-from")  # others may read the one that we do not
    return Block(tuple(fields.headers), body)


class _Fields:
    """One pass over a header block that is already cut to its limit."""

    def __init__(self, block: bytes, limits: Limits, defects: set[str]) -> None:
        self.headers: list[Header] = []
        self.body_begins = False  # inside the block, since no empty line ended the header
        self._block = block
        self._limits = limits
        self._defects = defects
        self._last_known: int | None = None

    def read(self) -> int:
        """Collect the fields; returns the offset that was reached (of the body, if ``body_begins``)."""
        pos = 0
        while pos < len(self._block) and not self.body_begins and len(self.headers) < self._limits.headers:
            field = _FIELD.match(self._block, pos)
            if field is None:
                pos = self._odd_line(pos)
            else:
                self._take(field)
                pos = field.end()
        if self._known_until() < 0:
            self.headers.clear()  # "Please: help me" begins a text, not a header
            self.body_begins = True
            self._defects.add("no-header")
            return 0
        return pos

    def _take(self, field: re.Match[bytes]) -> None:
        name, space, value = field.groups()
        lower = name.decode("ascii").lower()
        value = value.replace(b"\n", b"").strip(b" \t")
        if space:
            self._defects.add("space-before-colon")
            if lower == "from":
                self._defects.add("ambiguous-from")
        if len(value) > self._limits.header_bytes:
            self._defects.add("header-cut")
            value = _cut(lower, value, self._limits.header_bytes)
        self.headers.append(Header(lower, value))

    def _odd_line(self, pos: int) -> int:
        """Deal with a line that begins no field; returns where to go on."""
        line_end = self._block.find(b"\n", pos) + 1 or len(self._block)
        known_follows = self._known_until() >= line_end
        if pos == 0 and self._block.startswith((b"From ", b">From ")) and known_follows:
            return line_end  # mbox
        if _SPACE_LINE.match(self._block, pos):
            self._defects.add("space-line")
            self.body_begins = not _KNOWN.match(self._block, line_end)
            return line_end
        if pos == 0 and self._block[:1] in b" \t":
            indent = len(self._block) - len(self._block.lstrip(b" \t"))
            if field := _FIELD.match(self._block, indent):
                self._defects.add("leading-space")
                self._take(field)
                return field.end()
        if known_follows and (next_field := _FIELD_START.search(self._block, line_end)):
            self._defects.add("header-junk")
            return next_field.start()
        self._defects.add("no-separator")
        self.body_begins = True
        return pos

    def _known_until(self) -> int:
        """Offset of the last well-known field of the block, -1 for none; looked for once."""
        if self._last_known is None:
            self._last_known = max((match.start() for match in _KNOWN.finditer(self._block)), default=-1)
        return self._last_known


def _whole_fields(block: bytes, limit: int) -> bytes:
    """Without the last field, since an address cut in two is another one; a field over ``limit`` stays."""
    at = len(block)
    while at >= 0 and block[at + 1 : at + 2] in {b"", b" ", b"\t"}:
        at = block.rfind(b"\n", 0, at)
    return block if len(block) - at > limit else block[: at + 1]


def _cut(name: str, value: bytes, limit: int) -> bytes:
    """Keep what counts of an overlong value: its beginning, and of References also its end."""
    if name != "references":
        return value[:limit]
    return value[: limit // 8] + b" " + value[1 + limit // 8 - limit :]


def note_duplicates(headers: tuple[Header, ...], defects: set[str]) -> None:
    """Add ``duplicate-…`` for each field that may stand once and stands more often; the first wins."""
    seen: set[str] = set()
    for header in headers:
        if header.name in _ONCE:
            if header.name in seen:
                defects.add(f"duplicate-{header.name}")
            seen.add(header.name)


_ID: Final = re.compile(rb"<([^<>\x00-\x20\x7f]+)>")
_BARE_ID: Final = re.compile(rb"[^<>\x00-\x20\x7f]+")


def read_ids(values: tuple[bytes, ...], limits: Limits) -> tuple[str, ...]:
    """Message ids in order of appearance, without brackets; of too many the first and the last ones.

    Tolerant (RFC 5322 §3.6.4, §4.5.4): words between ids are skipped; where no bracket stands, words
    with an ``@`` count. No id holds a space or a control.
    """
    found: list[str] = []
    for value in values:
        tokens = _ID.findall(value)
        if b"<" not in value:
            tokens = [word for word in _BARE_ID.findall(value) if b"@" in word]
        found.extend(decode(token).text for token in tokens if len(token) <= limits.id_bytes)
    kept = (clean_line(token) for token in found)
    ids = tuple(token for token in kept if token and " " not in token)
    return ids if len(ids) <= limits.ids else (ids[0], *ids[1 - limits.ids :])


_TYPE: Final = re.compile(r"[\s\"]*([\w!#$&^.+%*'-]{1,127})\s*/\s*([\w!#$&^.+%*'-]{1,127})", re.ASCII)
_TOKEN: Final = re.compile(r"[\w!#$&^.+%*'-]{1,127}", re.ASCII)
_PARAMETER: Final = possessive(
    r"[\s;]*+(?:([^\s=;\"()]++)\s*+=\s*+(?:\"((?:[^\"\\]++|\\.)*+)(?:\"|\\?\Z)|([^;]*+)))?+[^;]*+",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SEGMENT: Final = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z", re.ASCII)
_PLAIN: Final = -1  # stands for the number of a parameter that is no segment of RFC 2231

Parameters = tuple[tuple[str, str], ...]


def read_content_type(value: bytes, limits: Limits, defects: set[str]) -> tuple[str, Parameters]:
    """``type/subtype`` in lower case and its parameters; an empty type when the value has none."""
    text = decode(value).text
    match = _TYPE.match(text)
    if match is None:
        _, semicolon, rest = text.partition(";")
        return "", read_parameters(rest, limits, defects) if semicolon else ()
    return f"{match[1]}/{match[2]}".lower(), read_parameters(text[match.end() :], limits, defects)


def read_disposition(value: bytes, limits: Limits, defects: set[str]) -> tuple[str, Parameters]:
    """``attachment`` or ``inline`` in lower case and its parameters (RFC 2183)."""
    head, _, rest = decode(value).text.partition(";")
    token = _TOKEN.match(head.strip())
    return token[0].lower() if token else "", read_parameters(rest, limits, defects)


def read_parameters(text: str, limits: Limits, defects: set[str]) -> Parameters:
    """Parameters in order, names in lower case, the first of a name wins (RFC 2045 §5.1, RFC 2231 §3, §4)."""
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    pos, count = 0, 0
    while pos < len(text) and (match := _PARAMETER.match(text, pos)):
        pos = match.end()
        name, quoted, bare = match.groups()
        if not name:
            continue
        count += 1
        if count > limits.segments:
            defects.add("too-many-parameters")
            break
        segment = _SEGMENT.match(name.lower())
        base, number, extended = segment.groups() if segment else (name.lower(), None, None)
        index = int(number) if number else 0 if extended else _PLAIN
        value = _bare_value(base, bare) if quoted is None else _ESCAPED.sub(r"\1", quoted)
        pieces.setdefault(base, {}).setdefault(index, (value, extended is not None))
    return tuple((name, _assemble(segments)) for name, segments in pieces.items())


def _bare_value(name: str, value: str) -> str:
    """A value without quotes: one word, but names of files are written with their spaces."""
    if name in {"name", "filename"}:
        return value.strip()
    return (value.split(None, 1) or [""])[0].partition("(")[0]


def _assemble(segments: dict[int, tuple[str, bool]]) -> str:
    """Join the segments of one parameter up to the first gap; without segments take the plain value."""
    numbers = sorted(number for number in segments if number != _PLAIN)
    if not numbers:
        value = segments[_PLAIN][0]
        return clean_line(decode_words(value.encode("utf-8")) if "=?" in value else value)
    octets, charset = bytearray(), ""
    for place, number in enumerate(numbers):
        if number != numbers[0] + place:
            break
        value, extended = segments[number]
        if extended and place == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        octets += unquote_to_bytes(value) if extended else value.encode("utf-8")
    return clean_line(decode(bytes(octets), charset).text)
