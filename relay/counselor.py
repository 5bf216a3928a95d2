"""``relay counselor leave``: somebody stops answering, and all that they have goes to others at once.

Works while the daemon runs or not; a running one finds new counselors within a minute. Prints counts and the id that
was given, nobody's name or address. Afterwards the operator takes the section out of ``counselors.toml``; until then
nothing new goes to them.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.config import load
from relay.domain.roster import Roster
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.stores import opened

LEFT_FOR = timedelta(days=365)
"""How long nothing goes to somebody who has left and still stands in the configuration."""


def act(config: Path, action: str, who: str) -> list[str]:
    """Do it; the lines to print. ``action`` is ``leave``. Raises ``ConfigError``."""
    settings = load(config)
    if settings.roster().counselor(who) is None:
        raise ConfigError((f"relay counselor {action}: counselors.toml has no counselor with this id",))
    store = opened(settings)
    return asyncio.run(_leave(store, settings.roster(), who))


async def _leave(store: SqlStore, roster: Roster, who: str) -> list[str]:
    now = datetime.now(UTC)
    try:
        left = await store.casebook.leave(
            who, now, now + LEFT_FOR, lambda intake, queue: roster.queue_for(intake, queue).asks_consent
        )
        await store.forgetting.scrub()
    finally:
        await store.close()
    asked = (
        [f"{left.asked} seeker(s) of these are asked first, and have time to answer."] if left.asked else []
    )
    return [
        f"{left.open} open conversation(s) of {who} wait for somebody else now, with their notes and what is not "
        "answered.",
        *asked,
        f"{left.held} held message(s) of theirs are forgotten, and nothing more about these is sent to them.",
        f"Nothing new goes to {who}. Take the section out of counselors.toml when the last of them has somebody.",
    ]
