"""What happens is counted with what happens: once, or not at all, and never a second time for the same words."""

from __future__ import annotations

import pytest

from relay.domain.calls import Call
from relay.domain.clocks import Terms
from relay.domain.closing import Closing
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.measures import ABOUT, Kind
from relay.domain.risk import Risk
from relay.flow.effects import (
    CallSet,
    Closed,
    Effect,
    Forgotten,
    MailStopped,
    ReadingGiven,
    ReferralsGiven,
    RiskSet,
    Tagged,
)
from relay.flow.outcomes import NewConversation, Outcome, Settled
from relay.flow.ports import Stale
from relay.flow.values import Target, TargetKind, ThreadLink
from tests.unit.edge.store_world import HELP, NOW, World, later, new_conversation, opening, relayed

SEEKER_WROTE, COUNSELOR_WROTE = ConversationEvent.SEEKER_WROTE, ConversationEvent.COUNSELOR_WROTE
TERMS = Terms()
HOUR = 3600
MONTH = 203003


def counted(world: World, month: int = MONTH) -> dict[str, int]:
    """Everything that was counted, by measure and cell."""
    rows = world.run(
        "SELECT measure, cell, sum(amount) FROM counts WHERE month = ? GROUP BY measure, cell", (month,)
    )
    return {f"{measure} {cell}": int(amount) for measure, cell, amount in rows}


async def says(
    world: World,
    new: NewConversation,
    event: ConversationEvent | None,
    *effects: Effect,
    at: float = 0.0,
) -> None:
    """One more message of a conversation, with what it changes."""
    side = Side.COUNSELOR if event is COUNSELOR_WROTE else Side.SEEKER
    when = later(at)
    link = ThreadLink(side, "", f"<{at}@relay.test>") if event else None
    passed = EntryEvent.PASSED_ON if event is SEEKER_WROTE else EntryEvent.PLANNED
    outcome = Outcome(passed, conversation_event=event, link=link, effects=effects)
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), side)
    terms = TERMS if event is COUNSELOR_WROTE else None
    await world.store.settle(await world.leased(), [Settled(target, outcome, terms=terms)], when)


async def test_a_conversation_is_counted_from_its_first_letter_to_its_end(world: World) -> None:
    """Languages, letters, the first answer, and how it ended after how many letters."""
    new = await world.opened(language="fr", queue="grief")
    await says(world, new, COUNSELOR_WROTE, ReferralsGiven((1,)), ReadingGiven(), at=8 * HOUR)
    await says(world, new, SEEKER_WROTE, RiskSet(Risk.HIGH), CallSet(Call.WANTED), at=9 * HOUR)
    await says(world, new, COUNSELOR_WROTE, Tagged(("grief", "sleep")), Tagged(("grief",)), at=10 * HOUR)
    await says(world, new, COUNSELOR_WROTE, Closed(Closing.DONE), at=11 * HOUR)
    assert counted(world) == {
        "languages fr": 1,
        "queues grief": 1,
        "conversations new": 1,
        "letters in": 2,
        "letters out": 3,
        "first_answers half": 1,
        "help referral": 1,
        "help reading": 1,
        "risk yes": 1,
        "calls yes": 1,
        "topics grief": 1,
        "topics sleep": 1,
        "endings done": 1,
        "lengths few": 1,
    }


@pytest.mark.parametrize(
    ("hours", "cell"),
    [(6, "quarter"), (12, "half"), (24, "kept"), (24.1, "double"), (48, "double"), (49, "later")],
)
async def test_a_first_answer_is_held_against_what_was_promised(
    world: World, hours: float, cell: str
) -> None:
    """Not in hours: whoever promises two is measured by two."""
    new = await world.opened()
    await says(world, new, COUNSELOR_WROTE, at=hours * HOUR)
    assert counted(world)[f"first_answers {cell}"] == 1


async def test_a_second_letter_in_a_row_answers_nothing_and_a_late_one_is_late_once_a_month(
    world: World,
) -> None:
    new = await world.opened()
    await says(world, new, COUNSELOR_WROTE, at=1)
    await says(world, new, COUNSELOR_WROTE, at=200 * HOUR)
    assert "late_answers yes" not in counted(world)
    for day in (10, 14):
        await says(world, new, SEEKER_WROTE, at=day * 24 * HOUR)
        await says(world, new, COUNSELOR_WROTE, at=(day + 3) * 24 * HOUR)
    assert counted(world)["late_answers yes"] == 1
    assert counted(world)["first_answers quarter"] == 1


async def test_in_another_month_it_is_one_that_was_begun_before(world: World) -> None:
    new = await world.opened()
    for day in (0, 1, 40, 41):
        await says(world, new, SEEKER_WROTE, at=day * 24 * HOUR)
    assert counted(world)["conversations new"] == 1
    assert counted(world, 203004) == {"letters in": 2, "conversations continued": 1}


@pytest.mark.parametrize(
    ("effect", "cell"),
    [
        (MailStopped(), "stopped"),
        (Forgotten(), "forgotten"),
        (Closed(Closing.SILENT), "silent"),
        (Closed(Closing.SPAM), "spam"),
    ],
)
async def test_an_end_without_an_answer_says_both(world: World, effect: Effect, cell: str) -> None:
    new = await world.opened()
    await says(world, new, None, effect)
    assert {"first_answers never": 1, f"endings {cell}": 1, "lengths one": 1}.items() <= counted(
        world
    ).items()


async def test_to_forget_takes_nothing_from_the_sums(world: World) -> None:
    """They are sums and of nobody; what is forgotten after its end is not an end once more."""
    new = await world.opened()
    await says(world, new, COUNSELOR_WROTE, Closed(Closing.DONE), at=60)
    before = counted(world)
    assert await world.store.forgetting.erase(new.conversation_id, later(120))
    assert counted(world) == before
    other = await world.opened()
    before = counted(world)
    assert await world.store.forgetting.erase(other.conversation_id, later(120))
    after = counted(world)
    assert {cell for cell in after if after[cell] != before.get(cell)} == {
        "endings forgotten",
        "lengths one",
        "first_answers never",
    }


async def test_words_that_are_routed_again_are_not_counted_again(world: World) -> None:
    """A request that waited, and is read once somebody is on duty."""
    new = new_conversation(None)
    entry_id = await world.accept()
    await world.store.settle(await world.lease(entry_id), [opening(new)], NOW)
    (waiting,) = await world.store.waiting(10)
    alias = new.seeker_alias.replace("@", "x@", 1)
    assert await world.store.assign(waiting, "ana", 10, alias, later(60)) == (entry_id,)
    outcome = Outcome(EntryEvent.PASSED_ON, conversation_event=SEEKER_WROTE, outgoing=(relayed(),))
    target = Target(TargetKind.INTAKE, HELP, await world.view(new), Side.SEEKER)
    await world.store.settle(await world.lease(entry_id, later(61)), [Settled(target, outcome)], later(61))
    assert counted(world)["letters in"] == 1
    assert counted(world)["conversations new"] == 1


async def test_what_is_not_written_is_not_counted(world: World) -> None:
    """The same transaction: a decision on what has moved on leaves no trace."""
    new = await world.opened()
    before = counted(world)
    target = Target(TargetKind.ALIAS, HELP, await world.view(new), Side.SEEKER)
    await says(world, new, SEEKER_WROTE)
    late = Outcome(EntryEvent.PASSED_ON, conversation_event=SEEKER_WROTE)
    with pytest.raises(Stale):
        await world.store.settle(await world.leased(), [Settled(target, late)], later(1))
    assert counted(world)["letters in"] == before["letters in"] + 1


def test_every_measure_has_its_row_and_a_keeper_where_one_is_needed() -> None:
    """To count something new is one row; what adds up needs a cell that hides the others."""
    for about in ABOUT.values():
        adds_up = about.kind in {Kind.SHARES, Kind.DAYS}
        assert (about.keeper in about.cells) == bool(adds_up and about.cells)
