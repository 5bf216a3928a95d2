"""A grammar of answers: own words above, between and below quotes, and what mail programs add to them."""

from __future__ import annotations

from hypothesis import strategies as st

from relay.domain.conversations import Side
from tests.properties.identity_words import PLANTS
from tests.properties.mime_letters import Scribe
from tests.properties.quote_habits import ATTRIBUTIONS, DEVICES, FOOTERS, HEADER_BLOCKS, MOBILE
from tests.properties.world import AUTHORS, MACHINE, Letter

CLOCK = "4:47"
"""On the author's wall: it tells their zone."""

OPENINGS = ("", "Hello,", "Dear Robin,", "Hallo,", "Hola:", "Bonjour,")
CLOSINGS = ("", "Best wishes", "Viele Grüße", "Thank you,", "Saludos", "Cordialement,")


def _own(scribe: Scribe, words: list[str]) -> list[str]:
    """One to three paragraphs of the author's."""
    lines = []
    for _ in range(scribe.count(1, 3)):
        for _ in range(scribe.count(1, 3)):
            line, spoken = scribe.sentence()
            lines.append(line)
            words += spoken
        lines.append("")
    return lines


def _quoted(scribe: Scribe, depth: int) -> list[str]:
    """Somebody's words behind quote marks, with what names people inside, perhaps with an older quote."""
    mark = scribe.pick(("> ", ">", ">> ")) if depth else "> "
    lines = [
        scribe.pick(("I wrote this before.", "", "It is long ago.", scribe.pick(PLANTS)(scribe.author)))
        for _ in range(scribe.count(1, 4))
    ]
    if depth < 3 and scribe.chance(2):
        lines += _attribution(scribe).split("\n") + _quoted(scribe, depth + 1)
    return [(mark + line).rstrip() if scribe.chance(2) else mark + line for line in lines]


def _attribution(scribe: Scribe) -> str:
    author = scribe.author
    quoted = scribe.pick(
        (("Maple Heron", author.writes_to), ("Robin", author.writes_to), (author.name, author.address))
    )
    return scribe.pick(ATTRIBUTIONS).format(n=quoted[0], a=quoted[1], t=CLOCK)


def _header_block(scribe: Scribe) -> str:
    author = scribe.author
    pair = (author.writes_to, author.address)
    sender, to = pair if scribe.chance(2) else pair[::-1]
    return scribe.pick(HEADER_BLOCKS).format(n=author.name, a=sender, o=to, t=CLOCK)


def _signature(scribe: Scribe) -> list[str]:
    """What a program puts under every letter; the delimiter is RFC 3676 §4.3."""
    author = scribe.author
    kind = scribe.pick(("none", "none", "delimited", "mobile", "footer", "both"))
    lines: list[str] = []
    if kind in {"delimited", "both"}:
        lines += ["-- ", author.name, MACHINE["organisation"], author.address, f"http://{MACHINE['host']}"]
    if kind == "mobile":
        lines += ["", scribe.pick(MOBILE)]
    if kind in {"footer", "both"}:
        lines += ["", scribe.pick(FOOTERS).format(f=MACHINE["organisation"])]
    return lines


@st.composite
def replies(draw: st.DrawFn) -> Letter:
    """An answer in plain text, as one of the usual kinds of programs and people writes it."""
    author = draw(st.sampled_from(AUTHORS))
    scribe = Scribe(draw, author)
    words: list[str] = []
    lines = [scribe.pick(OPENINGS), *_own(scribe, words)]
    style = scribe.pick(("none", "top", "between", "below", "block"))
    closing = scribe.pick(CLOSINGS)
    end = [closing, *([author.given] if closing and scribe.chance(2) else [])]
    if style in {"none", "top", "block"}:
        lines += [*end, *_signature(scribe), ""]
    if style == "top":
        lines += [_attribution(scribe), "", *_quoted(scribe, 0)]
    elif style == "block":
        lines += [_header_block(scribe), "", "I wrote this before.", scribe.pick(PLANTS)(author), "", "Robin"]
    elif style in {"between", "below"}:
        lines += [_attribution(scribe)]
        for _ in range(1 if style == "below" else scribe.count(1, 3)):
            lines += [*_quoted(scribe, 0), "", *_own(scribe, words)]
        lines += [*end, *_signature(scribe)]
    text = "\n".join(lines)
    raw = (
        f"From: {author.name} <{author.address}>\r\nSubject: Re: hello\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + text.replace("\n", "\r\n").encode()
    return Letter(
        raw, author, tuple(words), (*DEVICES, CLOCK), is_first=author.side is Side.SEEKER and scribe.chance(4)
    )
