"""One message of a conversation at a time."""

import asyncio

from relay.flow.turns import Turns


async def test_messages_of_one_conversation_take_turns_in_order() -> None:
    """The second begins when the first has ended."""
    turns, order = Turns(), []

    async def work(name: str, *conversations: bytes) -> None:
        async with turns.of(conversations):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(work("one", b"a"), work("two", b"a"), work("three", b"b", b"a"))
    assert order == ["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]


async def test_different_conversations_do_not_wait_for_each_other() -> None:
    """A flood in one does not hold up another."""
    turns = Turns()
    async with turns.of([b"a"]), asyncio.timeout(1), turns.of([b"b", None]):
        pass


async def test_opposite_orders_cannot_block_each_other() -> None:
    """Locks are taken in one order, whatever the order of the recipients."""
    turns = Turns()

    async def work(*conversations: bytes) -> None:
        for _ in range(50):
            async with turns.of(conversations):
                await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await asyncio.gather(work(b"a", b"b"), work(b"b", b"a"))


async def test_a_finished_or_failed_turn_leaves_nothing_behind() -> None:
    """A daemon that runs for years keeps no lock of a conversation that is over."""
    turns = Turns()
    for _ in range(3):
        try:
            async with turns.of([b"a"]):
                raise ValueError
        except ValueError:
            continue
    assert turns._locks == {}
