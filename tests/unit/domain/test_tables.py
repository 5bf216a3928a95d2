"""State tables: what is not written in them cannot happen."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from relay.domain import conversations, deliveries, entries
from relay.domain.tables import Table, diagram, step
from relay.errors import StateError

TABLES: list[Any] = [conversations.TABLE, deliveries.TABLE, entries.TABLE]
ENDS: list[tuple[Any, set[Enum]]] = [
    (conversations.TABLE, {conversations.ConversationState.ERASED}),
    (
        deliveries.TABLE,
        {
            deliveries.DeliveryState.BOUNCED,
            deliveries.DeliveryState.EXPIRED,
            deliveries.DeliveryState.CANCELLED,
        },
    ),
    (entries.TABLE, {entries.EntryState.ROUTED, entries.EntryState.STOPPED}),
]
STARTS: list[tuple[Any, Enum]] = [
    (conversations.TABLE, conversations.ConversationState.NEW),
    (deliveries.TABLE, deliveries.DeliveryState.QUEUED),
    (entries.TABLE, entries.EntryState.RECEIVED),
]


class Door(Enum):
    OPEN = "open"
    SHUT = "shut"


class Push(Enum):
    PULL = "pull"
    SLAM = "slam"


DOORS: Table[Door, Push] = {Door.SHUT: {Push.PULL: Door.OPEN}, Door.OPEN: {}}


def reachable(table: Any, start: Enum) -> set[Enum]:
    found, ahead = {start}, [start]
    while ahead:
        for after in table[ahead.pop()].values():
            if after not in found:
                found.add(after)
                ahead.append(after)
    return found


def test_a_step_gives_the_state_after_it() -> None:
    """The table is the whole behaviour."""
    assert step(DOORS, Door.SHUT, Push.PULL) is Door.OPEN


@pytest.mark.parametrize(("state", "event"), [(Door.OPEN, Push.PULL), (Door.SHUT, Push.SLAM)])
def test_an_unknown_step_raises_and_names_states_only(state: Door, event: Push) -> None:
    """Our own error, without a foreign exception behind it."""
    with pytest.raises(StateError, match=rf"^Door {state.name} does not take {event.name}$") as raised:
        step(DOORS, state, event)

    assert raised.value.__suppress_context__


def test_the_diagram_shows_every_step_and_every_end() -> None:
    """The docs draw their pictures from it."""
    assert diagram(DOORS) == "stateDiagram-v2\n    SHUT --> OPEN: pull\n    OPEN --> [*]"


@pytest.mark.parametrize("table", TABLES)
def test_a_table_names_every_state_and_uses_every_event(table: Any) -> None:
    """A state without a row would be a trap; an event without a step would be a lie."""
    states = type(next(iter(table)))
    used = {event for steps in table.values() for event in steps}

    assert set(table) == set(states)
    assert used == set(type(next(iter(used))))


@pytest.mark.parametrize(("table", "start"), STARTS)
def test_every_state_can_be_reached(table: Any, start: Enum) -> None:
    """From where it is created."""
    assert reachable(table, start) == set(table)


@pytest.mark.parametrize(("table", "ends"), ENDS)
def test_every_state_leads_to_an_end(table: Any, ends: set[Enum]) -> None:
    """Nothing that we accepted can be stuck for ever."""
    assert {state for state, steps in table.items() if not steps} == ends
    for state in table:
        assert reachable(table, state) & ends
