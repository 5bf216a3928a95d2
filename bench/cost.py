"""What a message costs, hop by hop: parse, rebuild and gate, in process, on one processor.

    .venv/bin/python -m bench.cost [times]

The very functions of the worker, without its process, the daemon and the disk. Processor time, so that other
work on the machine counts little. Every message has an author whom the process has not seen, so that nothing is
cached that would not be for somebody who writes once. Prints a table as ``docs/performance.md`` has it.
"""

from __future__ import annotations

import base64
import io
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from bench.samples import SAMPLES
from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import message_id, mint_token
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import PASSES
from relay.flow import compose
from relay.flow.letters import Letters
from relay.flow.outcomes import Change
from relay.flow.values import (
    ConversationView,
    Envelope,
    Known,
    LeasedEntry,
    Minted,
    Person,
    Service,
    Target,
    TargetKind,
)
from relay.resources import folder

DOMAIN = "relay.test"
TIMES = 60
PHOTO_TIMES = 12
"""A photograph takes a thousand times as long as a letter."""
HOPS = ("parse", "rebuild", "gate", "all")

Message = Callable[[str], bytes]
"""A message by the author of this address."""


def _head(author: str) -> bytes:
    return (
        f"Received: from laptop.lan ([192.0.2.7]) by mx.example.net with ESMTPSA id 4F1A0C3\r\nFrom: Wren Tarn <{author}>\r\n"
        f"To: help@{DOMAIN}\r\nSubject: A question\r\nDate: Mon, 23 Nov 2026 13:00:00 +0100\r\n"
        f"Message-ID: <{author}>\r\nUser-Agent: Thunderbird\r\nMIME-Version: 1.0\r\n"
    ).encode()


def _sample(name: str) -> Message:
    fields, body = SAMPLES[name]()
    return lambda author: _head(author) + fields.encode() + b"\r\n" + body


def _newsletter() -> Message:
    """30 kB of HTML as newsletters are: nested tables, styles in every cell, links with trackers, hidden text."""
    _, prose = SAMPLES["plain2k"]()
    pieces = prose.decode().replace("\r\n", " ").split("  ")
    cell = (
        '<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr><td align="left" '
        'style="padding:12px 24px;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:24px;color:#333333">'
        '<p style="margin:0 0 16px 0">{}</p><a href="https://example.org/read?id={}&utm_source=letter&mc_eid=abc" '
        'style="color:#0066cc;text-decoration:underline">Read on</a><img src="https://example.org/o.gif?{}" width="1" height="1">'
        '</td></tr></table><div style="display:none;font-size:1px">{}</div>'
    )
    page, number = "", 0
    while len(page) < 30_000:
        page += cell.format(pieces[number % len(pieces)], number, number, "preview " * 8)
        number += 1
    markup = f"<html><head><style>td{{margin:0}}</style></head><body>{page}</body></html>".encode()
    fields = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = fields + base64.encodebytes(markup).replace(b"\n", b"\r\n")
    return lambda author: _head(author) + body


def _photo() -> Message:
    """A JPEG of 5 MB as telephones take them: 12 megapixels, and as much detail as makes the size."""
    size = (4032, 3024)
    random_octets = random.Random(5).randbytes(size[0] // 2 * (size[1] // 2) * 3)
    picture = Image.frombytes("RGB", (size[0] // 2, size[1] // 2), random_octets).resize(
        size, Image.Resampling.BICUBIC
    )
    low, high = 5, 95
    octets = b""
    while low < high:  # the quality that makes 5 MB
        quality = (low + high + 1) // 2
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        if file.tell() <= 5_000_000:
            low, octets = quality, file.getvalue()
        else:
            high = quality - 1
    body = (
        b'Content-Type: image/jpeg; name="IMG_2041.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(octets).replace(b"\n", b"\r\n")
    )  # fmt: skip
    print(f"photo: {len(octets) / 1e6:.1f} MB", file=sys.stderr)
    return lambda author: _head(author) + body


def _known(author: str) -> Known:
    alias, theirs = (f"{mint_token(os.urandom)}@{DOMAIN}" for _ in range(2))
    view = ConversationView(
        conversation_id=bytes(16),
        state=ConversationState.OPEN,
        version=1,
        intake=f"help@{DOMAIN}",
        language="en",
        seeker=Person((author,), ("Wren Tarn",), (), "Maple Heron", alias),
        counselor=Person(("ana.ruiz@home.test",), ("Ana Ruiz",), (), "Robin", theirs),
        counselor_id="ana",
        counselor_alias=theirs,
        acknowledged=True,
    )
    to = OurAddress.parse(theirs)
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    return Known(
        entry=LeasedEntry(os.urandom(16), Envelope(ReversePath(author), (to,)), now, 1, 1, 1),
        target=Target(TargetKind.ALIAS, to, view, Side.SEEKER),
        service=Service("Example", DOMAIN, "operator@ops.test"),
        now=now,
        minted=Minted(tuple(message_id(os.urandom, DOMAIN) for _ in range(6)), (mint_token(os.urandom),) * 2),
    )


class Stopwatch:
    """Processor time of the hops of one message. The gate is timed where ``compose`` calls it."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self._judge = compose.judge  # type: ignore[attr-defined]
        self._gate_s = 0.0
        compose.judge = self._timed  # type: ignore[assignment, attr-defined]

    def _timed(self, *args: Any) -> tuple[Change, ...]:
        begun = time.process_time()
        found = self._judge(*args)
        self._gate_s += time.process_time() - begun
        return found

    def run(self, raw: bytes, known: Known) -> tuple[float, float, float, float]:
        """Seconds of each of ``HOPS``. Raises ``RuntimeError`` when the message was not relayed."""
        self._gate_s = 0.0
        begun = time.process_time()
        mail = compose.read(raw)
        parsed = time.process_time()
        outcome = compose.compose(mail, known, self._letters)
        done = time.process_time()
        if outcome.event not in PASSES:
            raise RuntimeError(f"held: {outcome.reason}")
        return parsed - begun, done - parsed - self._gate_s, self._gate_s, done - begun


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    watch = Stopwatch(Letters.load(folder("templates")))
    rows: list[tuple[str, Message, int]] = [
        ("text, 2 kB", _sample("plain2k"), times),
        ("text and HTML, 10 kB", _sample("alt10k"), times),
        ("HTML, 30 kB", _newsletter(), times),
        ("PDF, 1 MB", _sample("pdf1m"), min(times, PHOTO_TIMES)),
        ("photo, 5 MB", _photo(), min(times, PHOTO_TIMES)),
    ]
    print("| message | " + " | ".join(f"{hop} ms, median (p95)" for hop in HOPS) + " |")
    print("| --- |" + " ---: |" * len(HOPS))
    for name, message, count in rows:
        taken = []
        for number in range(count + 1):
            author = f"wren.{number}.{os.urandom(4).hex()}@elsewhere{number}.test"
            taken.append(watch.run(message(author), _known(author)))
        columns = zip(*taken[1:], strict=True)  # the first one loads and compiles what all others share
        print(f"| {name} | " + " | ".join(_figures(list(column)) for column in columns) + " |")
    return 0


def _figures(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
    return f"{statistics.median(ordered) * 1000:.2f} ({p95 * 1000:.2f})"


if __name__ == "__main__":
    raise SystemExit(main())
