"""How long what is done with is kept, for each state that something can be in. Pure; ``[retention]`` sets it.

What has no period here is bound to what it belongs to and goes with it, or is in use (``relay.edge.store.inventory``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retention:
    """Spans of time, each from when something came into its state.

    ``grace``: a seeker's words after they were delivered; ``owed``: how much longer while nobody has answered them (the
    ladder of reminders is at its end long before). ``held``: what waits for a person's decision. ``closed``: a
    conversation that has ended, or is blocked. ``traces``: what is left of a message that is done with, its content
    gone: bounces come back for five days (RFC 5321 §4.5.4.1), those of a badly kept server later. ``blocks``: a
    block at the longest, whatever end it was given.
    """

    grace: timedelta = _DAY
    owed: timedelta = 14 * _DAY
    held: timedelta = 30 * _DAY
    closed: timedelta = 30 * _DAY
    traces: timedelta = 14 * _DAY
    blocks: timedelta = 180 * _DAY


USUAL = Retention()
