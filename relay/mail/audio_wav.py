"""WAV with nothing but its format and its samples. Called by ``audio``; raises ``ValueError`` for what is none.

Everything else in a RIFF file is left behind: LIST with INFO, bext, iXML, id3, cue and whatever comes after the end.
Telephone systems write PCM, A-law, µ-law, IMA ADPCM and GSM 06.10 ("wav49").

Standard: RFC 2361 (codecs); Microsoft's RIFF as of 1994 (chunks, padded to even octets).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

PCM, FLOAT, A_LAW, MU_LAW, IMA_ADPCM, GSM = 1, 3, 6, 7, 0x11, 0x31
_GSM_BLOCK, _GSM_SAMPLES = 65, 320
_BITS = {PCM: (8, 16, 24, 32), FLOAT: (32, 64), A_LAW: (8,), MU_LAW: (8,), IMA_ADPCM: (4,), GSM: (0,)}
_STREAMED = 0xFFFFFFFF
"""The size that is written where the end is not known yet; some never come back to it."""


def rebuild(data: bytes) -> tuple[bytes, float]:
    """The file anew, and its length in seconds."""
    chunks: dict[bytes, bytes] = {}
    for name, content in _chunks(data):
        chunks.setdefault(name, content)
        if name == b"data":
            break
    code, channels, rate, block, bits, samples = _format(chunks.get(b"fmt ", b""))
    sound = chunks.get(b"data", b"")
    sound = sound[: len(sound) // block * block]
    if not sound:
        raise ValueError("no sound")
    per_block = samples or 1
    count = len(sound) // block * per_block
    octets_per_s = rate * block // per_block
    form = struct.pack("<HHIIHH", code, channels, rate, octets_per_s, block, bits)
    if samples:
        form += struct.pack("<HH", 2, samples)
    elif code != PCM:
        form += struct.pack("<H", 0)
    fact = b"" if code == PCM else _chunk(b"fact", struct.pack("<I", count))
    inside = b"WAVE" + _chunk(b"fmt ", form) + fact + _chunk(b"data", sound)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside, count / rate


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data" and (size in {0, _STREAMED} or at + size > len(data)):
            size = len(data) - at
        yield name, data[at : at + size]
        at += size + size % 2


def _format(form: bytes) -> tuple[int, int, int, int, int, int]:
    """Code, channels, rate, octets and bits of a block or sample, and samples in a block where there are blocks."""
    code, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", form)
    if code not in _BITS or bits not in _BITS[code] or channels not in {1, 2} or not 4000 <= rate <= 96_000:
        raise ValueError("a format that no telephone system writes")
    if code == GSM:
        if (channels, block) != (1, _GSM_BLOCK):
            raise ValueError("blocks that are none")
        return code, channels, rate, block, bits, _GSM_SAMPLES
    if code == IMA_ADPCM:
        if not 4 * channels < block <= 8192:
            raise ValueError("blocks that are none")
        return code, channels, rate, block, bits, (block - 4 * channels) * 2 // channels + 1
    return code, channels, rate, channels * bits // 8, bits, 0


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
