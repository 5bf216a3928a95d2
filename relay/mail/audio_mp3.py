"""MP3 with nothing but its frames. Called by ``audio``; raises ``ValueError`` for what is none.

Only whole frames of one stream are copied; whatever stands before, between and behind them (ID3v1 and v2, APE, Lyrics3)
is not. A frame that holds no sound but what an encoder says of itself (Xing, Info, VBRI) is left out, too; players then
count the frames. The bits in a frame's header that anybody may use are cleared where no checksum covers them.

Standards: ISO/IEC 11172-3 §2.4.2.3 and 13818-3 (frame header); layer III alone.
"""

from __future__ import annotations

from dataclasses import dataclass

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the two bits of the version: MPEG 1, 2 and 2.5."""
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG_1, _MONO = 3, 3
MIN_FRAMES = 3
"""Fewer that follow each other may be chance."""


@dataclass(frozen=True, slots=True)
class _Frame:
    octets: int
    samples: int
    rate: int
    has_checksum: bool
    side_octets: int


def begins(data: bytes) -> bool:
    """Tell whether frames begin at once."""
    return _runs(data, 0, None)


def rebuild(data: bytes) -> tuple[bytes, float]:
    """The file anew, and its length in seconds."""
    at, count, first = _after_id3(data), 0, None
    kept: list[bytes] = []
    while at + 4 <= len(data):
        frame = _frame(data, at)
        is_one = frame is not None and at + frame.octets <= len(data)
        is_same = first is None or (frame is not None and frame.rate == first.rate)
        if frame is None or not is_one or not is_same or (not count and not _runs(data, at, None)):
            at = _next(data, at + 1, first)
            if at < 0:
                break
            continue
        first = first or frame
        if not (not count and _is_about(data, at, frame)):
            kept.append(_plain(data[at : at + frame.octets], frame))
        count += 1
        at += frame.octets
    if first is None or len(kept) < MIN_FRAMES:
        raise ValueError("no frames")
    return b"".join(kept), len(kept) * first.samples / first.rate


def _frame(data: bytes, at: int) -> _Frame | None:
    """What the header at this place says; ``None`` when it is none."""
    if len(data) < at + 4 or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    second, third, fourth = data[at + 1], data[at + 2], data[at + 3]
    version, layer = second >> 3 & 3, second >> 1 & 3
    bitrate, rate = third >> 4, third >> 2 & 3
    if version not in _RATES or layer != 1 or bitrate in {0, 15} or rate == 3:
        return None
    is_first = version == _MPEG_1
    kilobits = (_BITRATES_1 if is_first else _BITRATES_2)[bitrate]
    hertz = _RATES[version][rate]
    samples = 1152 if is_first else 576
    is_mono = fourth >> 6 == _MONO
    side = (17 if is_mono else 32) if is_first else (9 if is_mono else 17)
    octets = samples // 8 * kilobits * 1000 // hertz + (third >> 1 & 1)
    return _Frame(octets, samples, hertz, not second & 1, side)


def _runs(data: bytes, at: int, like: _Frame | None) -> bool:
    """Tell whether frames of one rate follow each other from here."""
    for _ in range(MIN_FRAMES):
        frame = _frame(data, at)
        if frame is None or (like is not None and frame.rate != like.rate):
            return False
        like = like or frame
        at += frame.octets
    return True


def _next(data: bytes, at: int, like: _Frame | None) -> int:
    """Where frames go on behind something that is none; -1 for nowhere."""
    while (at := data.find(b"\xff", at)) >= 0:
        if _runs(data, at, like):
            return at
        at += 1
    return -1


def _after_id3(data: bytes) -> int:
    """Where the tags at the beginning end (ID3v2.4 §3.1: sizes of four times seven bits, a footer of ten octets)."""
    at = 0
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = 0
        for octet in data[at + 6 : at + 10]:
            size = size << 7 | octet & 0x7F
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    return at


def _is_about(data: bytes, at: int, frame: _Frame) -> bool:
    begin = at + 4 + (2 if frame.has_checksum else 0)
    place = begin + frame.side_octets
    return data[place : place + 4] in {b"Xing", b"Info"} or data[at + 36 : at + 40] == b"VBRI"


def _plain(octets: bytes, frame: _Frame) -> bytes:
    """A frame without its private, copyright and original bits; under a checksum as it is."""
    if frame.has_checksum:
        return octets
    return octets[:2] + bytes((octets[2] & 0xFE, octets[3] & 0xF3)) + octets[4:]
