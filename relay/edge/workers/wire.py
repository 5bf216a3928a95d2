"""What the daemon and a worker say to each other: frames of four octets of length and msgpack.

Both ends are ours and of one version; the types are the protocol. Frames toward the daemon are decoded
with the exact type expected and refused otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from relay.domain.voicemail import Reading
from relay.flow.effects import Effect, by_kind
from relay.flow.outcomes import Outcome
from relay.flow.values import Facts, Known

LENGTH_OCTETS = 4
MAX_FRAME_OCTETS = 128 * 1024 * 1024
"""A message of 30 MiB, rebuilt with its files and base64 anew, is under 100 MiB."""

READY = 0
"""Stands for a job in the frame by which a worker says that it can read; jobs count from 1."""


@dataclass(frozen=True, slots=True)
class Examine:
    """Read this message and keep it under ``job``; with ``known`` decide about it as well, and keep nothing.

    Who knows all that already asks the DNS nothing, and is not told what could be asked.

    ``opened``: what was encrypted in it, which is read in its place. ``languages``: which of them it is written in is
    to be found out. ``voice``: it is a telephone system's.
    """

    job: int
    raw: bytes
    known: Known | None = None
    opened: bytes | None = None
    languages: tuple[str, ...] = ()
    voice: Reading | None = None


@dataclass(frozen=True, slots=True)
class Compose:
    """Decide about the message kept under ``job``."""

    job: int
    known: Known


@dataclass(frozen=True, slots=True)
class Forget:
    """The message kept under ``job`` is done with."""

    job: int


class ToWorker(msgspec.Struct, frozen=True, array_like=True):
    """One frame toward a worker; exactly one field is set."""

    examine: Examine | None = None
    compose: Compose | None = None
    forget: Forget | None = None


class FromWorker(msgspec.Struct, frozen=True, array_like=True):
    """One frame from a worker; the first has the job ``READY`` and says nothing else."""

    job: int
    facts: Facts | None = None
    outcome: Outcome | None = None
    failed: str = ""


_EFFECTS = by_kind()


def _tagged(wanted: type, value: Any) -> Any:
    """An effect by its kind: a union of dataclasses is more than msgspec tells apart by itself."""
    if wanted is not Effect or not isinstance(value, dict):
        raise NotImplementedError
    return msgspec.convert(value, _EFFECTS[value["kind"]])


_encoder = msgspec.msgpack.Encoder()
_to_worker = msgspec.msgpack.Decoder(ToWorker)
_from_worker = msgspec.msgpack.Decoder(FromWorker, dec_hook=_tagged)


def pack(frame: msgspec.Struct) -> bytes:
    """One frame, ready to be written."""
    body = _encoder.encode(frame)
    return len(body).to_bytes(LENGTH_OCTETS, "big") + body


def unpack_to_worker(body: bytes) -> ToWorker:
    return _to_worker.decode(body)


def unpack_from_worker(body: bytes) -> FromWorker:
    """Raises ``ValueError`` when the frame is not exactly what the types say."""
    try:
        return _from_worker.decode(body)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, NotImplementedError):
        raise ValueError("malformed answer") from None
