"""What the daemon and the process that reads calendars say to each other: four octets of length and msgpack."""

from __future__ import annotations

from datetime import datetime
from typing import IO

import msgspec

LENGTH_OCTETS = 4
MAX_OCTETS = 8 << 20
SECONDS_PER_FILE = 10.0
"""A year of a well kept calendar takes a tenth of a second."""


class Question(msgspec.Struct, frozen=True, array_like=True):
    """Unfold this calendar between two UTC instants (``unfolding.unfold``)."""

    octets: bytes
    zone: str
    begin: datetime
    end: datetime
    only_busy: bool


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What it holds; or, with a sentence, what is wrong with it and on which line (0: as a whole)."""

    stretches: list[tuple[datetime, datetime]] = []
    line: int = 0
    sentence: str = ""


_question = msgspec.msgpack.Decoder(Question)
_answer = msgspec.msgpack.Decoder(Answer)


def packed(frame: Question | Answer) -> bytes:
    """One frame, ready to be written."""
    body = msgspec.msgpack.encode(frame)
    return len(body).to_bytes(LENGTH_OCTETS, "big") + body


def read(stream: IO[bytes]) -> bytes | None:
    """The next frame; ``None`` when the other end has hung up or says nonsense."""
    head = stream.read(LENGTH_OCTETS)
    length = int.from_bytes(head, "big")
    if len(head) < LENGTH_OCTETS or length > MAX_OCTETS:
        return None
    body = stream.read(length)
    return body if len(body) == length else None


def question(body: bytes) -> Question:
    return _question.decode(body)


def answer(body: bytes) -> Answer | None:
    """``None`` when it is none: a child that was taken over says what it likes."""
    try:
        return _answer.decode(body)
    except msgspec.MsgspecError:
        return None
