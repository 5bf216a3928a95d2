"""Unique words planted for everything that could tell who somebody is, and a search in every decoding.

The search shares nothing with the program: standard library only.
"""

from __future__ import annotations

import base64
import contextlib
import email
import email.policy
import gzip
import hashlib
import html
import io
import quopri
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from email.message import Message

MIN_ENCODED_OCTETS = 8
"""Shorter words have encoded forms so short that random tokens hold them by chance."""

MAX_PACKED = 4
"""Archives in archives that are opened."""


def forms(word: str) -> Iterator[bytes]:
    """A word as it could hide in octets: plain, base64 at each alignment, hex, UTF-16, percent, hashes."""
    raw = word.encode()
    yield raw
    if len(raw) < MIN_ENCODED_OCTETS:
        return
    yield raw[::-1]
    yield raw.hex().encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield urllib.parse.quote(word, safe="").encode()
    yield quopri.encodestring(raw, quotetabs=True).strip()
    yield raw.replace(b"@", b"=")
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        yield encoded[
            (0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6
        ]  # those that hold nothing of what stands beside
    for name in ("md5", "sha1", "sha256"):
        yield hashlib.new(name, raw.lower()).hexdigest().encode()


def views(message: bytes) -> Iterator[bytes]:
    """A message as octets, and everything that a standard parser makes of its parts and headers."""
    yield message
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    for part in parsed.walk():
        for name, value in part.items():
            yield f"{name}: {value}".encode("utf-8", "replace")
        if not part.is_multipart():
            yield from _payload_views(part)


def _payload_views(part: Message) -> Iterator[bytes]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return
    yield payload
    yield from _unpacked(payload)
    if part.get_content_maintype() == "text":
        text = payload.decode(part.get_content_charset() or "utf-8", "replace")
        yield text.encode()
        yield html.unescape(urllib.parse.unquote(text)).encode()
        yield re.sub(r"<[^>]*>|\s+|[\u200b-\u200f\u2060-\u2064\ufeff]", "", text).encode()


def _unpacked(payload: bytes, depth: int = 0) -> Iterator[bytes]:
    """What an archive, a PDF or the text of a picture holds, and the archives in it."""
    inside: list[bytes] = []
    with contextlib.suppress(zipfile.BadZipFile, zlib.error, EOFError, OSError):
        if payload.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(payload)) as archive:
                inside = [archive.read(name) for name in archive.namelist()]
        elif payload.startswith(b"\x1f\x8b"):
            inside = [gzip.decompress(payload)]
        elif payload.startswith(b"%PDF"):
            streams = re.findall(rb"stream\r?\n(.*?)endstream", payload, re.DOTALL)
            inside = [zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"x"]
        elif payload.startswith(b"\x89PNG"):
            inside = [zlib.decompress(chunk.partition(b"\0\0")[2]) for chunk in payload.split(b"zTXt")[1:]]
    for octets in inside:
        yield octets
        if depth < MAX_PACKED:
            yield from _unpacked(octets, depth + 1)


def found(words: Iterable[str], octets: Iterable[bytes]) -> list[str]:
    """Which of the words stand in any of the octets, whatever the case."""
    lowered = [each.lower() for each in octets]
    return [
        word for word in words if any(form.lower() in each for form in set(forms(word)) for each in lowered)
    ]
