"""What has moved on meanwhile is looked at again at once, and not for ever."""

from __future__ import annotations

from relay.flow.ports import Stale
from relay.flow.rounds import MAX_ROUNDS, rounds


async def test_one_that_has_moved_on_is_looked_at_again_and_the_others_are_done_once() -> None:
    waiting, done, tries = ["a", "b", "c"], [], []

    async def look() -> list[str]:
        return [each for each in waiting if each not in done]

    async def act(each: str) -> bool:
        tries.append(each)
        if each == "b" and tries.count("b") < 3:
            raise Stale("moved on")
        done.append(each)
        return each != "c"

    assert await rounds(look, act) == 2
    assert done == ["a", "c", "b"]
    assert tries.count("a") == tries.count("c") == 1


async def test_what_moves_on_all_the_time_is_left_for_the_next_look() -> None:
    tries = []

    async def look() -> list[str]:
        return ["a"]

    async def act(each: str) -> bool:
        tries.append(each)
        raise Stale("moved on")

    assert await rounds(look, act) == 0
    assert len(tries) == MAX_ROUNDS
