"""Large messages go to a worker and back behind their frames: as they were, without a copy, and no larger than may be."""

from __future__ import annotations

import asyncio
import os

import pytest

from relay.domain.entries import EntryEvent
from relay.edge.workers import wire
from relay.edge.workers.pool import WorkerPool, WorkerSettings, _behind
from relay.flow.outcomes import Face, Outcome, Outgoing, OutgoingKind
from relay.resources import folder

SMALL, LARGE = os.urandom(wire.BEHIND_OCTETS - 1), os.urandom(wire.BEHIND_OCTETS)


def outgoing(message: bytes) -> Outgoing:
    return Outgoing(OutgoingKind.NOTICE, Face.SEEKER, "sam@mail.test", message)


@pytest.mark.parametrize("opened", [None, b"", SMALL, LARGE])
@pytest.mark.parametrize("raw", [b"", SMALL, LARGE])
def test_a_question_comes_whole_and_what_is_large_in_it_is_not_copied(
    raw: bytes, opened: bytes | None
) -> None:
    frame = wire.ToWorker(examine=wire.Examine(7, raw, opened=opened))
    head, *behind = wire.packed(frame)
    large = [each for each in (raw, opened) if each is LARGE]
    assert all(came is sent for came, sent in zip(behind, large, strict=True))
    read = wire.unpack_to_worker(head[wire.LENGTH_OCTETS :])
    assert len(head) < 100 + sum(len(each) for each in (raw, opened or b"") if each is not LARGE)
    came = iter(behind)
    joined = wire.joined(read, [next(came) if size else b"" for size in read.behind]) if read.behind else read
    assert joined.examine == frame.examine


@pytest.mark.parametrize("messages", [(), (SMALL,), (LARGE,), (SMALL, LARGE, b""), (LARGE, LARGE)])
async def test_an_answer_comes_whole_however_it_is_cut(messages: tuple[bytes, ...]) -> None:
    frame = wire.FromWorker(7, outcome=Outcome(EntryEvent.STOPPED, outgoing=tuple(map(outgoing, messages))))
    head, *behind = wire.packed(frame)
    assert all(came is sent for came, sent in zip(behind, [m for m in messages if m is LARGE], strict=True))
    read = wire.unpack_from_worker(head[wire.LENGTH_OCTETS :])
    reader = asyncio.StreamReader()
    for each in behind:
        for start in range(0, len(each), 100_000):
            reader.feed_data(each[start : start + 100_000])
    reader.feed_data(b"next")
    if read.behind:
        read = wire.joined(read, await _behind(reader, read.behind))
    assert read.outcome == frame.outcome
    assert await reader.read(100) == b"next"


@pytest.mark.parametrize(
    ("behind", "octets"),
    [((wire.MAX_FRAME_OCTETS, 1), 0), ((5, -1), 5), ((10,), 9)],
)
async def test_an_answer_that_promises_too_much_or_too_little_is_none(
    behind: tuple[int, ...], octets: int
) -> None:
    """A worker that was taken over by a message may not fill the daemon's memory."""
    reader = asyncio.StreamReader()
    if octets:
        reader.feed_data(b"x" * octets)
        reader.feed_eof()
    async with asyncio.timeout(10):  # it is not even waited for
        with pytest.raises(ValueError, match="malformed"):
            await _behind(reader, behind)


@pytest.mark.parametrize("behind", [(), (0, 0), (LARGE,) * 2])
def test_an_answer_with_more_or_fewer_messages_than_it_has_is_none(behind: tuple[bytes, ...]) -> None:
    frame = wire.FromWorker(7, outcome=Outcome(EntryEvent.STOPPED, outgoing=(outgoing(b""),)), behind=(1,))
    with pytest.raises(ValueError, match="malformed"):
        wire.joined(frame, behind)
    with pytest.raises(ValueError, match="malformed"):
        wire.joined(wire.FromWorker(7, behind=(1,)), (b"x",))


async def test_a_worker_reads_large_and_small_messages_that_are_sent_at_the_same_time() -> None:
    """None comes between another's frame and what belongs behind it."""
    pool = WorkerPool(WorkerSettings(processes=1, templates=folder("templates"), time_limit_s=60))
    await pool.start()
    head = "From: sam@mail.test\r\nTo: x@relay.test\r\nMessage-ID: <{}@mail.test>\r\nSubject: {}\r\n\r\n"

    async def message_id(number: int, size: int) -> str:
        raw = head.format(number, number).encode() + b"words of a line\r\n" * (size // 17)
        async with pool.open(raw, alone=False) as reader:
            return str(reader.facts.message_id)

    async with asyncio.timeout(120):
        found = await asyncio.gather(*(message_id(n, 1_000_000 if n % 2 else 100) for n in range(8)))
    await pool.close()
    assert [str(n) in each for n, each in enumerate(found)] == [True] * 8
