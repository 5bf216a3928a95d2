"""The union of effects: closed, checked on the pipe, and applied by one table."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from enum import Enum
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from relay.domain import commands
from relay.domain.entries import EntryEvent
from relay.domain.verbs import VERBS
from relay.edge.store.effects import APPLY
from relay.edge.workers import wire
from relay.flow import effects
from relay.flow.desk.dispatch import HANDLERS
from relay.flow.effects import EFFECTS, Effect, by_kind
from relay.flow.outcomes import Outcome


def _example(hint: Any) -> Any:
    """Some value of a field's type."""
    if get_origin(hint) is tuple:
        return (_example(get_args(hint)[0]),)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return example(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    plain = {str: "word", int: 7, bool: True, bytes: b"x", timedelta: timedelta(hours=3),
             datetime: datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)}  # fmt: skip
    found = next((one for one in (hint, *get_args(hint)) if one in plain), None)
    return plain[found] if found is not None else None


def example(kind: type[Any]) -> Any:
    hints = get_type_hints(kind)
    fields = [each for each in dataclasses.fields(kind) if each.name != "kind"]  # type: ignore[arg-type]
    return kind(**{each.name: _example(hints[each.name]) for each in fields})


@pytest.mark.parametrize("kind", EFFECTS)
def test_an_effect_comes_through_the_pipe_as_it_went_in(kind: type[Effect]) -> None:
    """Checked against its own class, by its name."""
    outcome = Outcome(EntryEvent.STOPPED, effects=(example(kind),))
    frame = wire.pack(wire.FromWorker(1, outcome=outcome))
    assert wire.unpack_from_worker(frame[wire.LENGTH_OCTETS :]).outcome == outcome


@pytest.mark.parametrize(
    "effect",
    [{"kind": "nothing"}, {}, "noted", {"kind": "noted", "text": 7, "author": "x"}, {"kind": ["noted"]}],
)
def test_what_is_not_in_the_union_does_not_come_through(effect: object) -> None:
    """A worker that was taken over cannot make up an effect."""
    plain: Any = msgspec.msgpack.decode(
        wire.pack(wire.FromWorker(1, outcome=Outcome(EntryEvent.STOPPED)))[wire.LENGTH_OCTETS :]
    )
    plain[2]["effects"] = [effect]
    with pytest.raises(ValueError, match="malformed answer"):
        wire.unpack_from_worker(msgspec.msgpack.encode(plain))


def test_every_effect_is_applied_and_has_a_name_of_its_own() -> None:
    """The union, the names and the table of the store are one list."""
    assert set(APPLY) == set(EFFECTS)
    assert len(by_kind()) == len(EFFECTS)
    assert _made_of(effects, Effect) == set(EFFECTS)


def _made_of(module: ModuleType, base: type) -> set[type]:
    """The classes of a module below ``base``."""
    kinds = {each for each in vars(module).values() if isinstance(each, type)}
    return {each for each in kinds if issubclass(each, base) and each is not base}


def test_every_command_is_of_a_verb_and_every_handler_of_a_command() -> None:
    """A handler that no verb leads to would never be asked."""
    every = _made_of(commands, commands.Command)
    assert set(HANDLERS) <= every
    made = {type(command) for command in (VERBS[name].parse(words, below) for name, words, below in _LINES)}
    assert made == every


_LINES = [
    ("help", "", ""), ("list", "", ""), ("note", "x", ""), ("lang", "de", ""), ("risk", "high", ""),
    ("close", "", ""), ("hold", "3d", ""), ("pass", "", ""), ("take", "", ""), ("handover", "any", "x"),
    ("transfer", "grief", "x"),
    ("refer", "x", ""), ("broken", "#1", ""), ("insert", "x", ""), ("read", "x", ""), ("escalate", "", ""),
    ("ask", "x", ""), ("warn", "", ""), ("block", "", ""), ("spam", "", ""), ("remind", "2d x", ""),
    ("callback", "", ""), ("tag", "x", ""), ("duty", "on", ""),
]  # fmt: skip
