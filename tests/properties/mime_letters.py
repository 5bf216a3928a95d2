"""A grammar of MIME messages: what mail programs, servers and enemies make of a few words.

``letters()`` draws a message in which the author's words stand among everything that names them: in free
text in the spellings that the contract covers, and in every header, parameter, part header, comment,
preamble, epilogue, file and attribute that a machine writes.
"""

from __future__ import annotations

import base64
import html
import quopri
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from relay.domain.conversations import Side
from relay.flow.values import Reason
from tests.properties.files import files
from tests.properties.identity_words import (
    CHARSETS,
    DISTRIBUTED,
    FIELDS,
    HOSTILE,
    NAMED,
    NOT_IN_HEADERS,
    PART_FIELDS,
    PLANTS,
)
from tests.properties.world import AUTHORS, MACHINE, Author, Letter

T = TypeVar("T")

MAX_DEPTH = 4
ABSORBED = frozenset({Reason.AUTO_REPLY, Reason.RECEIPT, Reason.BOUNCE, Reason.CALENDAR_REPLY})
_DIGITS = "bcdfghjklmnpqrstvwxz"


@dataclass(frozen=True)
class Node:
    """One part: its header fields and body, and the words in it that have to arrive."""

    head: tuple[bytes, ...]
    body: bytes
    words: tuple[str, ...] = ()
    is_text: bool = False

    @property
    def octets(self) -> bytes:
        return b"\r\n".join(self.head) + b"\r\n\r\n" + self.body


class Scribe:
    """Draws choices, and words that nobody else writes."""

    def __init__(self, draw: st.DrawFn, author: Author) -> None:
        self.draw = draw
        self.author = author
        self._count = 0
        self._boundaries = 0

    def pick(self, choices: Sequence[T]) -> T:
        return self.draw(st.sampled_from(choices))

    def chance(self, one_in: int) -> bool:
        """Whether the rare thing happens; the smallest example is without it."""
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def count(self, at_least: int, at_most: int) -> int:
        return self.draw(st.integers(at_least, at_most))

    def word(self) -> str:
        self._count += 1
        tail, number = "", self._count
        while number:
            number, digit = divmod(number, len(_DIGITS))
            tail += _DIGITS[digit]
        return f"own{tail}e"

    def boundary(self) -> str:
        self._boundaries += 1
        return f"----={MACHINE['boundary']}.{self._boundaries}"

    def named(self) -> str:
        return self.pick(NAMED)(self.author)

    def sentence(self, more: str = "") -> tuple[str, tuple[str, ...]]:
        """A line of the author's words with what names them in between, and the words alone."""
        words = [self.word() for _ in range(self.count(1, 4))]
        pieces = list(words)
        if more:
            words.append(more)
            pieces.append(more)
        for _ in range(self.count(0, 2)):
            pieces.insert(self.count(0, len(pieces)), self.pick(PLANTS)(self.author))
        return " ".join(pieces) + self.pick((".", ",", "", "!", " -")), tuple(words)


# --- header fields ---------------------------------------------------------------------------------


def encoded_word(scribe: Scribe, text: str, charset: str) -> str:
    """RFC 2047, in Q or B, in one word or several."""
    octets = text.encode(charset, "replace")
    if scribe.chance(2):
        step = 30 if charset.lower().startswith(("utf", "us", "iso-8859", "windows", "koi8")) else len(octets)
        pieces = [octets[at : at + step] for at in range(0, len(octets), step)]
        return "\r\n ".join(f"=?{charset}?B?{base64.b64encode(piece).decode()}?=" for piece in pieces)
    quoted = "".join(chr(o) if chr(o).isalnum() and o < 128 else f"={o:02X}" for o in octets)
    return f"=?{charset}?q?{quoted}?="


def _header_text(scribe: Scribe, text: str) -> str:
    if text.isascii() and not scribe.chance(3):
        return text
    return encoded_word(scribe, text, "utf-8")


def _from(scribe: Scribe, *, is_first: bool) -> str:
    """The author; what is to be masked in a first letter is what its From shows, so that shows a name."""
    author = scribe.author
    name = scribe.pick((author.name, f"{author.family}, {author.given}", author.name.upper()))
    shown = scribe.pick((f'"{name}"', author.name, encoded_word(scribe, name, "utf-8")))
    address = scribe.pick((author.address, author.address.upper()))
    named = (
        f"{shown} <{address}>",
        f"({MACHINE['comment']}) {shown} <{address}>",
        f"{shown}\r\n <{address}>",
    )
    nameless = (address, f"{address} ({MACHINE['comment']})")
    return scribe.pick(named if is_first else named + nameless)


def _subject(scribe: Scribe) -> tuple[str, tuple[str, ...]]:
    charset = scribe.pick([c for c in CHARSETS if c not in NOT_IN_HEADERS])
    text, words = scribe.sentence(CHARSETS[charset])
    text = scribe.pick(("", "Re: ", "AW: WG: ", "[EXTERN] ")) + text
    if text.isascii() and scribe.chance(2):
        return text, words
    encodable = text.encode(charset, "ignore").decode(charset)
    return encoded_word(scribe, encodable, charset), words


def _parameter(scribe: Scribe, name: str, value: str) -> str:
    """A parameter as token, quoted, with a comment, or by RFC 2231, in one piece or continued."""
    half = len(value) // 2
    return scribe.pick((
        f'{name}="{value}"', f'{name} = "{value}" ({MACHINE["comment"]})',
        f'{name}*0="{value[:half]}";\r\n {name}*1="{value[half:]}"', f"{name}*=utf-8'en'{value.replace('=', '%3D')}",
    ))  # fmt: skip


def _part_fields(scribe: Scribe) -> list[bytes]:
    return [
        scribe.pick(PART_FIELDS).format(scribe.named()).encode()
        for _ in range(scribe.count(0, 2))
    ]  # fmt: skip


# --- parts -----------------------------------------------------------------------------------------


def _transfer(scribe: Scribe, octets: bytes) -> tuple[str, bytes]:
    choices = ["base64", "quoted-printable"]
    if b"\0" not in octets and len(max(octets.split(b"\n"), key=len)) < 900:
        choices.append("8bit")
    encoding = scribe.pick(choices)
    if encoding == "base64":
        return encoding, base64.encodebytes(octets).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return encoding, quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return encoding, octets


def _text(scribe: Scribe, *, as_html: bool) -> Node:
    charset = scribe.pick(list(CHARSETS))
    lines: list[str] = []
    words: list[str] = []
    for _ in range(scribe.count(1, 4)):
        line, spoken = scribe.sentence(CHARSETS[charset])
        lines.append(line.encode(charset, "ignore").decode(charset))
        words += spoken
    text = _page(scribe, lines) if as_html else scribe.pick(("\r\n", "\r\n\r\n")).join(lines)
    encoding, body = _transfer(
        scribe, (text + "\r\n").encode(charset, "xmlcharrefreplace" if as_html else "ignore")
    )
    label = _parameter(scribe, "charset", charset) if scribe.chance(4) else f"charset={charset}"
    kind = f"Content-Type: text/{'html' if as_html else 'plain'}; {label}"
    head = [kind.encode(), f"Content-Transfer-Encoding: {encoding}".encode(), *_part_fields(scribe)]
    if scribe.chance(4):
        head.append(b"Content-Disposition: inline")
    return Node(tuple(scribe.draw(st.permutations(head))), body, tuple(words), is_text=True)


def _page(scribe: Scribe, lines: Sequence[str]) -> str:
    """HTML around the lines, with traces wherever no reader looks."""
    trace = html.escape(scribe.named())
    pieces = [scribe.pick((
        "", f"<!-- {trace} -->", f"<head><title>{trace}</title><meta name=author content='{trace}'></head>",
        f"<style>.{MACHINE['element']} {{background:url(http://{MACHINE['host']}/x.png)}}</style>",
        f"<!--[if mso]><xml>{trace}</xml><![endif]-->",
    ))]  # fmt: skip
    for line in lines:
        said = html.escape(line)
        if scribe.chance(4):
            said = "".join(f"&#{ord(c)};" if ord(c) > 32 else c for c in line)
        pieces.append(scribe.pick((
            f"<p class='{MACHINE['element']}' id=\"{trace}\">{said}</p>", f"<div title='{trace}'>{said}</div>",
            f"<table><tr><td bgcolor=white data-x='{trace}'>{said}</td></tr></table>", f"<ul><li>{said}</ul>",
            f"{said}<br>", f"<blockquote cite='mid:{trace}'><p>{said}</p></blockquote><p>x</p>",
        )))  # fmt: skip
        pieces.append(scribe.pick((
            "", f"<img src='http://{MACHINE['host']}/{trace}.gif' width=1 height=1>", f"<span style='display:none'>{trace}</span>",
            f"<input type=hidden value='{trace}'>", f"<script>var x='{trace}'</script>", f"<img src='data:image/svg+xml,{trace}'>",
            f"<a href='https://example.org/?utm_id={trace}'>here</a>", f"<base href='http://{MACHINE['host']}/'>",
            f"<div style='font-size:0'>{trace}</div>", f"<object data='cid:{trace}'></object>",
        )))  # fmt: skip
    return "<html><body>" + "\r\n".join(pieces) + "</body></html>"


def _file(scribe: Scribe) -> Node:
    kind, octets = scribe.pick(files(scribe.author))
    name = scribe.pick((f"{MACHINE['file']}.jpg", f"{scribe.author.name}.pdf", f"{scribe.author.local}"))
    disposition = scribe.pick(("attachment", "inline"))
    return Node(
        (
            f"Content-Type: {kind}; {_parameter(scribe, 'name', name)}".encode(),
            f"Content-Disposition: {disposition}; {_parameter(scribe, 'filename', name)}".encode(),
            b"Content-Transfer-Encoding: base64",
            *_part_fields(scribe),
        ),
        base64.encodebytes(octets).replace(b"\n", b"\r\n"),
    )


def _text_file(scribe: Scribe) -> Node:
    text = _text(scribe, as_html=False)
    name = f"attachment; {_parameter(scribe, 'filename', MACHINE['file'] + '.txt')}"
    head = [field for field in text.head if not field.startswith(b"Content-Disposition")]
    return Node((*head, f"Content-Disposition: {name}".encode()), text.body, text.words)


def _nested(scribe: Scribe, depth: int) -> Node:
    """A forwarded message: it names everybody, so nothing of it need arrive."""
    inner = part(scribe, depth + 1)
    fields = [scribe.pick(FIELDS).format(*[scribe.named()] * 2).encode() for _ in range(3)]
    kind = scribe.pick((b"Content-Type: message/rfc822", b"Content-Type: message/global"))
    return Node((kind, *_part_fields(scribe)), b"\r\n".join([*fields, inner.octets]))


def _multipart(scribe: Scribe, depth: int) -> Node:
    subtype = scribe.pick(("mixed", "related", "x-unknown", "digest-like", "signed"))
    children = [part(scribe, depth + 1) for _ in range(scribe.count(1, 3))]
    return join(scribe, subtype, children, [word for child in children for word in child.words])


def _alternative(scribe: Scribe, depth: int) -> Node:
    """The plain version is what counts; without one the page."""
    plain, page = _text(scribe, as_html=False), _text(scribe, as_html=True)
    rich = join(scribe, "related", [page, _file(scribe)], page.words) if scribe.chance(3) else page
    if scribe.chance(4):
        return join(scribe, "alternative", [rich], page.words)
    return join(scribe, "alternative", [plain, rich], plain.words)


def join(scribe: Scribe, subtype: str, children: Sequence[Node], words: Sequence[str]) -> Node:
    """A multipart of these, with traces before and behind them."""
    boundary = scribe.boundary()
    before, behind = scribe.named().encode(), scribe.named().encode()
    delimiter = b"--" + boundary.encode()
    pieces = [before if scribe.chance(3) else b""]
    pieces += [delimiter + scribe.pick((b"", b"  ")) + b"\r\n" + child.octets for child in children]
    pieces += [delimiter + b"--", behind if scribe.chance(3) else b""]
    kind = f"Content-Type: multipart/{subtype}; {_parameter(scribe, 'boundary', boundary)}"
    return Node((kind.encode(), *_part_fields(scribe)), b"\r\n".join(pieces), tuple(words))


def part(scribe: Scribe, depth: int = 0) -> Node:
    """Any part; near the depth limit only leaves."""
    kinds = ["plain", "html", "plain", "text file", "file"]
    kinds += ["mixed", "alternative", "alternative", "nested"] if depth < MAX_DEPTH else []
    kind = scribe.pick(kinds)
    if kind == "mixed":
        return _multipart(scribe, depth)
    if kind == "alternative":
        return _alternative(scribe, depth)
    if kind == "nested":
        return _nested(scribe, depth)
    if kind in {"plain", "html"}:
        return _text(scribe, as_html=kind == "html")
    return _text_file(scribe) if kind == "text file" else _file(scribe)


# --- whole messages --------------------------------------------------------------------------------


def _broken(scribe: Scribe, octets: bytes) -> bytes:
    """What gateways, programs and enemies do to a finished message.

    A cut spares From: of somebody who writes for the first time nothing else tells the name, and half of one is none.
    """
    author_at = octets.find(b"\r\nFrom: ") + 2 if not octets.startswith(b"From: ") else 0
    cut_at = max(len(octets) * 2 // 3, octets.find(b"\r\n", author_at))
    name = MACHINE["boundary"].encode()
    return scribe.pick((
        octets.replace(b"\r\n", b"\n"), octets.replace(b"\r\n", b"\r"), octets.replace(b"boundary", b"boundry", 1),
        octets.replace(name, name[:-1], 1), octets.rpartition(b"\r\n--")[0] or octets, octets[:cut_at],
        octets.replace(b"\r\n\r\n", b"\r\n \r\n", 1), octets.replace(b"Content-Type", b"content-type ", 1),
        octets.replace(b"\r\n", b"\r\r\n"), b"From " + scribe.named().encode() + b" Mon Nov 23\r\n" + octets,
        octets.replace(b"e", b"e\0", 2),
    ))  # fmt: skip


def _mislabelled(scribe: Scribe, octets: bytes) -> bytes:
    """Another encoding than the one that was used: the words are no words any more."""
    label, other = scribe.pick((
        (b"base64", b"quoted-printable"), (b"quoted-printable", b"base64"), (b"charset=", b"charset=x-none"),
        (b"base64", b"x-unknown"), (b"quoted-printable", b"8bit"), (b"8bit", b"base64"),
    ))  # fmt: skip
    return octets.replace(label, other, scribe.count(1, 3))


@st.composite
def letters(draw: st.DrawFn, *, intact: bool = True) -> Letter:
    """A message. ``intact``: as its author's program made it, so that every word of theirs must arrive."""
    author = draw(st.sampled_from(AUTHORS))
    scribe = Scribe(draw, author)
    is_first = author.side is Side.SEEKER and scribe.chance(3)
    body = part(scribe)
    subject, words = _subject(scribe)
    fields = [
        f"From: {_from(scribe, is_first=is_first)}".encode(),
        f"Subject: {subject}".encode(),
        b"MIME-Version: 1.0",
    ]
    for _ in range(scribe.count(0, 5)):
        value = _header_text(scribe, scribe.named())
        fields.append(scribe.pick(FIELDS).format(*[value] * 2).encode())
    reasons: frozenset[Reason] = frozenset()
    if not intact:
        fields += [scribe.pick(HOSTILE) for _ in range(scribe.count(0, 3))]
        fields += [
            scribe.pick(DISTRIBUTED).format(scribe.named()).encode() for _ in range(scribe.count(0, 1))
        ]
        reasons = ABSORBED | {Reason.UNREADABLE, Reason.LEAK}
    raw = b"\r\n".join([*draw(st.permutations(fields)), b""]) + body.octets
    if intact:
        return Letter(raw, author, (*words, *body.words), is_first=is_first)
    if scribe.chance(4):
        raw = _mislabelled(scribe, raw)
        return Letter(raw, author, may_be_held=reasons, is_first=is_first, is_mislabelled=True)
    return Letter(_broken(scribe, raw), author, may_be_held=reasons, is_first=is_first)
