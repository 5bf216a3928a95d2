"""What the daemon and a worker say to each other: frames of four octets of length and msgpack.

A message that is large is no part of its frame but comes behind it: to copy 10 MB into one, and out of it at the other
end, took the daemon's event loop 25 ms in which nobody else was answered.

Both ends are ours and of one version; the types are the protocol. Frames toward the daemon are decoded
with the exact type expected and refused otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, TypeVar

import msgspec

from relay.domain.voicemail import Reading
from relay.flow.effects import Effect, by_kind
from relay.flow.outcomes import Outcome
from relay.flow.values import Facts, Known

LENGTH_OCTETS = 4
MAX_FRAME_OCTETS = 128 * 1024 * 1024
"""A message of 30 MiB, rebuilt with its files and base64 anew, is under 100 MiB."""

BEHIND_OCTETS = 256 * 1024
"""A message from this size on comes behind its frame. A smaller one is copied in less than a third of a millisecond."""

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
    """One frame toward a worker; exactly one of the first three is set.

    ``behind``: octets of ``raw`` and ``opened`` that come behind it; 0 for what is in it.
    """

    examine: Examine | None = None
    compose: Compose | None = None
    forget: Forget | None = None
    behind: tuple[int, ...] = ()


class FromWorker(msgspec.Struct, frozen=True, array_like=True):
    """One frame from a worker; the first has the job ``READY`` and says nothing else.

    ``behind``: octets of each message of the outcome that come behind it; 0 for what is in it.
    """

    job: int
    facts: Facts | None = None
    outcome: Outcome | None = None
    failed: str = ""
    behind: tuple[int, ...] = ()


_EFFECTS = by_kind()


def _tagged(wanted: type, value: Any) -> Any:
    """An effect by its kind: a union of dataclasses is more than msgspec tells apart by itself."""
    if wanted is not Effect or not isinstance(value, dict):
        raise NotImplementedError
    return msgspec.convert(value, _EFFECTS[value["kind"]])


Framed = TypeVar("Framed", ToWorker, FromWorker)

_encoder = msgspec.msgpack.Encoder()
_to_worker = msgspec.msgpack.Decoder(ToWorker)
_from_worker = msgspec.msgpack.Decoder(FromWorker, dec_hook=_tagged)


def packed(frame: Framed) -> tuple[bytes, ...]:
    """A frame and what comes behind it, ready to be written one after the other; what is large is not copied."""
    messages = _messages(frame)
    large: list[bytes] = [each for each in messages if _is_large(each)]
    if not large:
        return (pack(frame),)
    behind = tuple(len(each or b"") if _is_large(each) else 0 for each in messages)
    without = _with(frame, [b"" if _is_large(each) else each for each in messages])
    return (pack(msgspec.structs.replace(without, behind=behind)), *large)


def joined(frame: Framed, came: Sequence[bytes]) -> Framed:
    """A frame with what came behind it, one for each of ``behind``, in its place. Raises ``ValueError``."""
    if len(came) != len(_messages(frame)):
        raise ValueError("malformed answer")
    pairs = zip(_messages(frame), came, frame.behind, strict=True)
    return _with(frame, [large if size else inside for inside, large, size in pairs])


def _is_large(message: bytes | None) -> TypeGuard[bytes]:
    return message is not None and len(message) >= BEHIND_OCTETS


def _messages(frame: ToWorker | FromWorker) -> tuple[bytes | None, ...]:
    """What can be large in a frame, in the order of ``behind``."""
    if isinstance(frame, ToWorker):
        return (frame.examine.raw, frame.examine.opened) if frame.examine is not None else ()
    return tuple(each.message for each in frame.outcome.outgoing) if frame.outcome is not None else ()


def _with(frame: Framed, messages: Sequence[bytes | None]) -> Framed:
    if isinstance(frame, ToWorker):
        assert frame.examine is not None
        raw, opened = messages
        return msgspec.structs.replace(frame, examine=replace(frame.examine, raw=raw or b"", opened=opened))
    assert frame.outcome is not None
    pairs = zip(frame.outcome.outgoing, messages, strict=True)
    outgoing = tuple(replace(one, message=message or b"") for one, message in pairs)
    return msgspec.structs.replace(frame, outcome=replace(frame.outcome, outgoing=outgoing))


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
