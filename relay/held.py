"""``relay held``: what is held and why, and letting one message go, while the daemon runs or not.

Shows ids, reasons, times and sizes; no address, no subject, no content. A released message takes the whole
way again with the operator's word that its author may speak; the gate still judges it. A running daemon
takes it up within twenty seconds.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from relay.config import load
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.letters import ENTRY_REF_CHARS
from relay.flow.outcomes import HeldEntry
from relay.operating.showing import as_json
from relay.stores import opened


def act(config: Path, action: str, entry: str | None, *, as_values: bool = False) -> list[str]:
    """Do it; the lines to print, or ``as_values`` JSON. Raises ``ConfigError``."""
    if action == "release" and not entry:
        raise ConfigError(("relay held release: name the entry, as `relay held` lists it",))
    settings = load(config)
    store = opened(settings)
    return asyncio.run(_act(store, action, (entry or "").lower(), as_values=as_values))


async def _act(store: SqlStore, action: str, wanted: str, *, as_values: bool = False) -> list[str]:
    try:
        held = await store.held()
        if action == "list" and as_values:
            return [as_json(held)]
        if action == "list":
            return [_line(one) for one in held] or ["Nothing is held."]
        found = [one for one in held if one.entry_id.hex().startswith(wanted)]
        if len(found) != 1:
            many = "more than one held message has" if found else "no held message has"
            raise ConfigError(
                (f"relay held release: {many} an id that begins like this; `relay held` lists them",)
            )
        await store.release(found[0].entry_id, confirmed=True)
        if as_values:
            return [as_json({"released": found[0].entry_id})]
        return [
            f"Released {found[0].entry_id.hex()[:ENTRY_REF_CHARS]}; a running daemon takes it up within 20 seconds."
        ]
    finally:
        await store.close()


def _line(one: HeldEntry) -> str:
    reason = one.reason.replace("_", " ")
    entry, received = one.entry_id.hex()[:ENTRY_REF_CHARS], f"{one.received_at:%Y-%m-%d %H:%M} UTC"
    return f"{entry}  {received}  {one.size_bytes:>9} octets  {reason}"
