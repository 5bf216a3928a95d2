"""The form of what leaves the database as a copy: a stream of values, whole or refused.

Called by ``dumping``, ``restoring`` and ``key_copy``. A line that says what it is, then frames: four octets of length
and one value in msgpack. The last frame holds the HMAC-SHA256 of all before it, under a key that only the master key
gives: who has the operator's public key can encrypt something to it, and still make nothing that we would take for a
copy of ours. A reader needs memory for one frame, and must use nothing before the last frame was there (``frames``).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Final

import msgspec

MAX_FRAME_OCTETS: Final = 64 << 20
"""Far more than a row of any table; what says more is no frame."""

_LENGTH_OCTETS = 4
_END = "end"
_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.decode


class NotWholeError(Exception):
    """What was read is no copy of ours, or not all of it, or was changed; ``reason`` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def written(kind: str, values: Iterable[Any], key: bytes) -> Iterator[bytes]:
    """The octets of a copy of some ``kind``, in pieces."""
    seal = hmac.new(key, digestmod=hashlib.sha256)
    first = _line(kind)
    seal.update(first)
    yield first
    for value in values:
        piece = _frame(value)
        seal.update(piece)
        yield piece
    yield _frame([_END, seal.digest()])


def frames(kind: str, stream: BinaryIO, keys: Sequence[bytes]) -> Iterator[Any]:
    """The values of a copy, one after the other; ends only when it was whole and made with one of these keys.

    Raises ``NotWholeError`` as soon as it is not; what was given before that is then worth nothing.
    """
    seals = [hmac.new(key, digestmod=hashlib.sha256) for key in keys]
    first = _line(kind)
    if _read(stream, len(first)) != first:
        raise NotWholeError("form")
    for seal in seals:
        seal.update(first)
    while True:
        head = _read(stream, _LENGTH_OCTETS)
        length = int.from_bytes(head, "big")
        if length > MAX_FRAME_OCTETS:
            raise NotWholeError("form")
        body = _read(stream, length)
        try:
            value = _decode(body)
        except msgspec.DecodeError:
            raise NotWholeError("form") from None
        if isinstance(value, list) and len(value) == 2 and value[0] == _END:
            if not any(hmac.compare_digest(seal.digest(), value[1]) for seal in seals):
                raise NotWholeError("seal")
            if stream.read(1):
                raise NotWholeError("form")
            return
        for seal in seals:
            seal.update(head)
            seal.update(body)
        yield value


def _line(kind: str) -> bytes:
    return f"relay {kind} 1\n".encode("ascii")


def _frame(value: Any) -> bytes:
    body = _encode(value)
    if len(body) > MAX_FRAME_OCTETS:
        raise NotWholeError("form")
    return len(body).to_bytes(_LENGTH_OCTETS, "big") + body


def _read(stream: BinaryIO, count: int) -> bytes:
    """So many octets, or ``NotWholeError``."""
    pieces, missing = [], count
    while missing:
        piece = stream.read(missing)
        if not piece:
            raise NotWholeError("short")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
