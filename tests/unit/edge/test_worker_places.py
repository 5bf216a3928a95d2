"""Places in a worker: who keeps nothing there makes room for the next, everybody else stays until the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.edge.workers.pool import JOBS_PER_WORKER, WorkerPool, WorkerSettings
from relay.flow.values import Envelope, Known, LeasedEntry, Minted, Service, Target, TargetKind
from relay.resources import folder

RAW = b"From: sam@mail.test\r\nTo: x@relay.test\r\nMessage-ID: <a@mail.test>\r\n\r\nHello.\r\n"
TO = OurAddress("x", "relay.test")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
KNOWN = Known(
    LeasedEntry(b"e", Envelope(ReversePath("sam@mail.test"), (TO,)), NOW, len(RAW), 1, 1),
    Target(TargetKind.ALIAS, TO, is_retired=True),
    Service("n", "relay.test", "operator@ops.test"),
    NOW,
    Minted(tuple(f"k{n}@relay.test" for n in range(6)), ("b",) * 2),
)


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    made = WorkerPool(WorkerSettings(processes=1, templates=folder("templates"), time_limit_s=60))
    await made.start()
    yield made
    await made.close()


async def test_what_was_decided_at_once_leaves_its_place_to_the_next(pool: WorkerPool) -> None:
    """While it is written; and it may still be decided anew, should the store have moved on meanwhile."""
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        readers = [
            await stack.enter_async_context(pool.open(RAW, alone=False, known=KNOWN))
            for _ in range(3 * JOBS_PER_WORKER)
        ]
        first = readers[0].first
        assert first is not None
        assert (await readers[0].compose(KNOWN)).event is first.event


@pytest.mark.parametrize("alone", [False, True])
async def test_what_is_kept_in_a_worker_keeps_its_place(pool: WorkerPool, alone: bool) -> None:
    """Its memory is bounded by its places; whoever broke a worker is in one by itself to the end."""
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        for _ in range(1 if alone else JOBS_PER_WORKER):
            await stack.enter_async_context(pool.open(RAW, alone=alone, known=KNOWN if alone else None))
        waiting = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=False)))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        waiting.cancel()


async def test_who_works_alone_gets_a_worker_that_is_never_empty(pool: WorkerPool) -> None:
    """What a crash left behind has its turn under load: in a row of places that overlap there is no gap for it."""
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        held = [await stack.enter_async_context(AsyncExitStack()) for _ in range(2)]
        for place in held:
            await place.enter_async_context(pool.open(RAW, alone=False))
        waiting = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=True)))
        await asyncio.sleep(0.1)
        later = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=False)))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert not later.done(), "who came later is let in before who waits for an empty worker"
        for place in held:
            await place.aclose()
        await waiting
        later.cancel()


async def test_who_gives_up_waiting_to_work_alone_keeps_nobody_out(pool: WorkerPool) -> None:
    """The worker is everybody's again, also for those who waited meanwhile."""
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        await stack.enter_async_context(pool.open(RAW, alone=False))
        waiting = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=True)))
        await asyncio.sleep(0.1)
        later = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=False)))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await later


async def test_a_worker_that_starts_slowly_is_waited_for() -> None:
    """The time of a message begins when there is somebody to read it: none is to blame for a busy machine."""
    pool = WorkerPool(WorkerSettings(processes=1, templates=folder("templates"), time_limit_s=2))
    await pool.start()
    process = pool._workers[0]._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        ready = asyncio.ensure_future(pool.ready())
        reading = asyncio.ensure_future(stack.enter_async_context(pool.open(RAW, alone=True, known=KNOWN)))
        await asyncio.sleep(2.5)
        assert not ready.done()
        assert not reading.done()
        os.kill(process.pid, signal.SIGCONT)
        await ready
        assert (await reading).first is not None
        assert pool._workers[0]._process is process
    await pool.close()
