"""After a busy month, once everybody is forgotten or their time is over: no byte of anybody, in any spelling, in any file.

Eight conversations a day, each with every kind of row that there is and a word planted wherever a person could be named.
A third of the seekers say FORGET ME, a third are erased by the operator, a third come to their end. Runs on both
databases (``RELAY_TEST_STORE``).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import ahocorasick
import pytest

from relay.domain.addresses import OurAddress
from relay.domain.closing import Closing
from relay.domain.conversations import Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.flow.effects import Closed, Forgotten
from relay.flow.figures import Revealed
from relay.flow.outcomes import Face, Outcome, Outgoing, OutgoingKind, Settled
from relay.flow.values import Reason, Target, TargetKind
from tests.support.canaries import forms
from tests.support.storage import IS_POSTGRESQL
from tests.unit.edge.store_lived import Life, live
from tests.unit.edge.store_world import NOW, World

DAYS = 30
A_DAY = 8
CANARIES = 5_000
DAY = timedelta(days=1)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "state")
    made.open_fresh()
    yield made
    await made.store.close()


def searcher(words: Iterable[str]) -> Any:
    """One automaton for all words in all spellings, whatever the case."""
    automaton = ahocorasick.Automaton()
    for word in words:
        for form in forms(word):
            automaton.add_word(form.lower().decode("latin-1"), word)
    automaton.make_automaton()
    return automaton


def hits(automaton: Any, files: dict[str, bytes]) -> set[str]:
    return {
        word for content in files.values() for _, word in automaton.iter(content.lower().decode("latin-1"))
    }


async def forget_me(world: World, life: Life) -> None:
    """The seeker says so, and the farewell arrives."""
    bye = Outgoing(OutgoingKind.FAREWELL, Face.SEEKER, life.new.seeker_addresses[0], b"bye")
    target = Target(
        TargetKind.ALIAS, OurAddress.parse(life.new.counselor_alias), await world.view(life.new), Side.SEEKER
    )
    outcome = Outcome(EntryEvent.STOPPED, Reason.ASKED, outgoing=(bye,), effects=(Forgotten(),))
    (last,) = await world.store.settle(await world.leased(), [Settled(target, outcome)], NOW)
    assert await world.store.record(last, DeliveryEvent.ACCEPTED, NOW)


async def comes_to_its_end(world: World, life: Life) -> None:
    """Everything is delivered, the conversation is closed; the rest is a matter of time."""
    for one in await world.store.lease_due(NOW + DAY, 100):
        if one.conversation_id == life.new.conversation_id:
            assert await world.store.record(one, DeliveryEvent.ACCEPTED, NOW)
        else:
            await world.store.record(one, DeliveryEvent.NOT_NOW, NOW, due_at=NOW)
    (waiting,) = world.run(
        "SELECT entry_id FROM entries WHERE state = 'waiting' AND conversation_id = ?",
        (life.new.conversation_id,),
    )
    world.run(
        "UPDATE entries SET state = 'received' WHERE entry_id = ?", (bytes(waiting[0]),)
    )  # somebody came on duty
    entry = await world.lease(bytes(waiting[0]))
    target = Target(
        TargetKind.ALIAS, OurAddress.parse(life.new.counselor_alias), await world.view(life.new), Side.SEEKER
    )
    closed = Outcome(EntryEvent.STOPPED, Reason.ASKED, effects=(Closed(Closing.DONE),))
    await world.store.settle(entry, [Settled(target, closed)], NOW)


async def operator(world: World, life: Life) -> None:
    assert await world.store.forgetting.erase(life.new.conversation_id, NOW)


async def shown(world: World) -> str:
    """All that somebody with every key can be shown."""
    rows: list[object] = []

    async def is_noted() -> None:
        pass

    await world.store.insight.reveals.of_everything(
        Revealed(NOW, "root", "the end of the month"), is_noted, lambda _name, _count, row: rows.append(row)
    )
    return json.dumps(rows)


async def test_after_a_month_nobody_can_be_found(world: World, record_property: Any) -> None:
    """Five thousand canaries, raw and in every common encoding: none, and no key that would open a copy."""
    words: list[str] = []
    keys: dict[bytes, bytes] = {}
    ends = itertools.cycle((forget_me, operator, comes_to_its_end))
    for day in range(DAYS):
        for number in range(A_DAY):
            life = await live(world, large_octets=280_000 if number == 0 else 20)
            words += [*life.words.values(), *life.indexed.values()]
            keys |= {
                bytes(owner): bytes(key)
                for owner, key in world.run("SELECT owner_id, wrapped FROM data_keys")
            }
            await next(ends)(world, life)
        await world.store.sweep(NOW + day * timedelta(hours=1))
    assert len(words) >= CANARIES
    automaton = searcher(words)
    assert hits(automaton, world.files()) == set()  # nor while they are here
    everything = await shown(world)
    assert (
        len([word for word in words if word in everything]) > CANARIES // 10
    )  # whoever has the keys sees what is there

    planted = {f"control{number}": form for number, form in enumerate(forms(words[0]))}
    for name, form in planted.items():
        assert hits(automaton, {name: b"\0\1" + form + b"\2"}) == {words[0]}, (
            "the search does not find what is there"
        )

    counts = await world.store.sweep(NOW + 400 * DAY)
    assert counts["conversations"] == DAYS * A_DAY // 3
    assert await world.store.forgetting.scrub()
    files = world.files()
    assert hits(automaton, files) == set()
    nothing = await shown(world)
    assert [word for word in words if word in nothing] == []
    if not IS_POSTGRESQL:  # a server keeps old pages until it clears them: docs/several-nodes.md
        assert [
            owner for owner, key in keys.items() if any(key in content for content in files.values())
        ] == []
    await world.store.close()
    assert hits(automaton, world.files()) == set()
    octets = sum(len(content) for content in files.values())
    record_property(
        "table", f"A month: {len(words)} canaries in {len(list(forms(words[0])))} spellings, {len(keys)} data keys, "
        f"{octets >> 10} KiB of files: 0 hits"
    )  # fmt: skip
