"""The look at a large database, as the log tells of it."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from relay import log
from relay.edge.store.wholeness import State
from relay.looking import AGAIN_S, Looking


class Clock:
    """Notes how long somebody wanted to wait; an event that never comes is the end of the test's patience."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        self.waited.append(at_most_s)
        await asyncio.sleep(0)


class Pages:
    """Finds what it is told to find."""

    def __init__(self, *found: State, is_known: bool = False) -> None:
        self.is_known = is_known
        self.left = list(found)

    async def look(self) -> State:
        return self.left.pop(0)


async def said_of(pages: Pages, clock: Clock, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    log.configure("info")
    running = asyncio.create_task(Looking(pages, clock).run())  # type: ignore[arg-type]
    for _ in range(20):
        await asyncio.sleep(0)
    assert not running.done(), "the daemon ends when a part of it does"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_it_looks_until_all_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """Twice somebody had to cut off the WAL."""
    clock, pages = Clock(), Pages(State.UNKNOWN, State.UNKNOWN, State.WHOLE)
    (said,) = await said_of(pages, clock, capsys)
    assert (said["event"], said["severity"]) == ("store.looked_over", "info")
    assert clock.waited == [AGAIN_S, AGAIN_S]
    assert pages.left == []


async def test_damage_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """As a warning; the store sees to it that the daemon ends."""
    (said,) = await said_of(Pages(State.DAMAGED), Clock(), capsys)
    assert (said["event"], said["severity"]) == ("store.damaged", "warning")


async def test_what_was_seen_before_the_start_is_not_looked_at_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Most databases are small."""
    assert await said_of(Pages(is_known=True), Clock(), capsys) == []
