"""Going through what is due until nothing of it has moved on meanwhile. Used by ``resolve`` and ``desk.caretaking``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from relay.flow.ports import Stale

MAX_ROUNDS = 5

_T = TypeVar("_T")


async def rounds(look: Callable[[], Awaitable[Sequence[_T]]], act: Callable[[_T], Awaitable[bool]]) -> int:
    """Act on each of what ``look`` finds; returns on how many ``act`` did something.

    One that is ``Stale``, because somebody wrote or was reported in between, is looked at again at once and not with
    the next look, a minute later; at most ``MAX_ROUNDS`` times.
    """
    count, is_stale, round_ = 0, True, 0
    while is_stale and round_ < MAX_ROUNDS:
        is_stale, round_ = False, round_ + 1
        for each in await look():
            try:
                count += await act(each)
            except Stale:
                is_stale = True
    return count
