"""One way to write a state table and one way to take a step in it.

Every state machine of the relay is a literal dict of dicts, so that diagrams in the docs and
model-based tests come from the same source as the behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from relay.errors import StateError

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)

Table = Mapping[S, Mapping[E, S]]


def step(table: Table[S, E], state: S, event: E) -> S:
    """Return the state after ``event``. Raises ``StateError`` when the table knows no such step."""
    try:
        return table[state][event]
    except KeyError:
        raise StateError(f"{type(state).__name__} {state.name} does not take {event.name}") from None


def diagram(table: Table[S, E]) -> str:
    """Draw a table as Mermaid ``stateDiagram-v2``, one line per step, for the docs."""
    lines = ["stateDiagram-v2"]
    for state, steps in table.items():
        lines += [
            f"    {state.name} --> {after.name}: {event.name.lower()}" for event, after in steps.items()
        ]
        if not steps:
            lines.append(f"    {state.name} --> [*]")
    return "\n".join(lines)
