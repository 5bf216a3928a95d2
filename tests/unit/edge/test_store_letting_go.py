"""What an answer does to the entry that was held is written with the answer itself, or a crash could part them."""

from __future__ import annotations

import pytest

from relay.domain.conversations import ConversationEvent
from relay.domain.entries import EntryEvent
from relay.flow.outcomes import Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Reason, Target, TargetKind
from tests.unit.edge.store_world import HELP, NOW, World, relayed


async def held(world: World) -> bytes:
    entry = await world.leased()
    await world.store.hold(entry, Reason.CONTACT_DETAILS, NOW)
    return entry.entry_id


async def test_an_answer_that_lets_an_entry_go_releases_it_in_the_same_transaction(world: World) -> None:
    """After one call the answer is used up and the held entry is to be routed, confirmed."""
    entry_id = await held(world)
    answer = Outcome(EntryEvent.STOPPED, Reason.ANSWERED, releases=entry_id)
    await world.store.settle(await world.leased(), [Settled(Target(TargetKind.DESK, HELP), answer)], NOW)
    assert await world.store.held() == ()
    assert (await world.lease(entry_id)).confirmed


async def test_the_same_words_once_more_end_the_held_entry_in_the_same_transaction(world: World) -> None:
    """They go out themselves, so the first copy must not."""
    entry_id = await held(world)
    new = await world.opened()
    sent = await world.wrote(new, ConversationEvent.COUNSELOR_WROTE, relayed(), replaces=entry_id)
    assert len(sent) == 1
    assert await world.store.held() == ()
    assert await world.store.lease_entry(entry_id, NOW) is None


async def test_words_that_stand_for_an_entry_which_has_just_gone_out_are_decided_anew(world: World) -> None:
    """Otherwise the reader would get them twice."""
    entry_id = await held(world)
    new = await world.opened()
    assert await world.store.release(entry_id, confirmed=True)
    with pytest.raises(Stale):
        await world.wrote(new, ConversationEvent.COUNSELOR_WROTE, relayed(), replaces=entry_id)
