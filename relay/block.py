"""``relay block``: whose mail is held for a time, while the daemon runs or not.

An address is read, hashed and forgotten: it is never printed, logged or stored. Give it on standard input where
other people could see the command line. The list shows ids of ours and times, for nothing else is there. A
running daemon takes a change over with the next message.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.config import Settings, load
from relay.domain.addresses import Address
from relay.domain.standing import Block
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.operating.showing import as_json
from relay.stores import opened

ID_CHARS = 12
MAX_DAYS = 180
"""As long as anybody has a reason to remember it; then the block ends by itself."""

_ID = re.compile(rf"[0-9a-f]{{{ID_CHARS}}}\Z")


def act(config: Path, action: str, who: str, days: int, *, as_values: bool = False) -> list[str]:
    """Do it; the lines to print, or ``as_values`` JSON. Raises ``ConfigError``.

    ``who``: an address, for ``remove`` also an id.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ConfigError((f"relay block: --days must be 1 to {MAX_DAYS}",))
    settings = load(config)
    wanted = who.strip().lower()
    if action != "list" and not (action == "remove" and _ID.match(wanted)):
        _check(wanted, settings)
    store = opened(settings)
    lines, values = asyncio.run(_act(store, action, wanted, timedelta(days=days)))
    return [as_json(values)] if as_values else lines


def _check(wanted: str, settings: Settings) -> None:
    """Only somebody outside can be blocked. Nothing of the address is said."""
    try:
        address = Address.parse(wanted)
    except ValueError:
        raise ConfigError(("relay block: what was given is no address such as name@host.example",)) from None
    ours = {settings.service.operator.key} | {
        each.key for counselor in settings.counselor for each in (counselor.address, *counselor.also_from)
    }
    if settings.service_values().is_ours(address.key) or address.key in ours:
        raise ConfigError(("relay block: that address is the service's own; only a seeker's can be blocked",))


async def _act(store: SqlStore, action: str, wanted: str, span: timedelta) -> tuple[list[str], object]:
    """What came of it, in lines and in values."""
    now = datetime.now(UTC)
    try:
        if action == "add":
            await store.block(wanted, now, now + span)
            line = f"Blocked until {now + span:%Y-%m-%d %H:%M} UTC; what comes is held and can be released."
            return [line], {"blocked_until": now + span}
        found = await store.blocks(now)
        if action == "list":
            return [_line(one) for one in found] or ["Nobody is blocked."], found
        return await _remove(store, wanted, found), {"removed": True}
    finally:
        await store.close()


async def _remove(store: SqlStore, wanted: str, found: tuple[Block, ...]) -> list[str]:
    ids = [one.block_id for one in found if one.block_id.hex().startswith(wanted)]
    done = await store.unblock_id(ids[0]) if len(ids) == 1 else await store.unblock(wanted)
    if not done:
        raise ConfigError(("relay block remove: no block is in force under what was given",))
    return ["Removed. What was held meanwhile stays held: `relay held` lists it."]


def _line(one: Block) -> str:
    since, until = (f"{when:%Y-%m-%d %H:%M}" for when in (one.since, one.until))
    return f"{one.block_id.hex()[:ID_CHARS]}  since {since}  until {until} UTC"
