"""What a message changes beside being passed on: a closed union of small values, written in the settling transaction.

THE place to extend. A counselor's command, a seeker's word and a timer say what is to change as values; nothing but
``edge.store.effects`` writes. To add one:

1. a frozen dataclass here, under ``Effect``, with ``kind: Literal["…"] = "…"`` as its last field (the name by which it
   is known on the pipe from a worker), and its class in ``EFFECTS``;
2. a function in ``edge/store`` that applies it, and its row in ``edge.store.effects.APPLY``; it gets the connection,
   the conversation's ``Record`` (change it, it is saved once for all effects), the ``Settled`` and the time;
3. whoever decides puts it into ``Outcome.effects``. They are applied in order, after ``Outcome.conversation_event``
   and in the same transaction as the deliveries: all or nothing, and ``Stale`` decides anew.

Fields hold what msgspec can check: str, int, bool, bytes, enums, datetime, timedelta, tuples of them. A worker says
these values, and a worker reads hostile bytes: an applying function takes the conversation from the ``Record``, never
from the effect, and bounds what it stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from relay.domain.risk import Risk


class Effect:
    """One thing that changes with the conversation of a target, or with whoever spoke to the desk."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Noted(Effect):
    """Words for the next counselor. ``author``: the pseudonym they are shown under; never for the seeker."""

    text: str
    author: str
    kind: Literal["noted"] = "noted"


@dataclass(frozen=True, slots=True)
class LanguageSet(Effect):
    """The language of our texts to the seeker and of who answers: a tag in lower case."""

    language: str
    kind: Literal["language_set"] = "language_set"


@dataclass(frozen=True, slots=True)
class RiskSet(Effect):
    """The conversation is marked, and moves in every queue."""

    risk: Risk
    kind: Literal["risk_set"] = "risk_set"


EFFECTS: tuple[type[Effect], ...] = (Noted, LanguageSet, RiskSet)
"""The union, closed: what is not here does not come back from a worker."""


def by_kind() -> Mapping[str, type[Effect]]:
    """Every effect by the name that it has on the pipe."""
    return {each.__dataclass_fields__["kind"].default: each for each in EFFECTS}  # type: ignore[attr-defined]
