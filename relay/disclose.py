"""``relay disclose --everything``: all that is stored, unsealed, to whoever has the database and every key.

For an operator who must say what they have, to a court or to somebody who asks for what is kept of them, and for one
who wants to see that the inventory is true (``docs/data.md``, the same words). The one command that shows addresses and
content. Before the first of it is shown the reason is kept, as with ``relay reveal``, and it is said in the log and
to the operator's mailbox and all supervisors. Works while the daemon runs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from relay import log
from relay.config import Settings, load
from relay.edge.store import SqlStore
from relay.edge.store.disclosing import NOT_OPEN
from relay.edge.store.inventory import INVENTORY
from relay.errors import ConfigError
from relay.flow.figures import Revealed
from relay.log import Event, say
from relay.mail import notices_reveal
from relay.operating.reveal import account, checked, tell
from relay.stores import opened

BESIDE = (
    "Beside the database there are: the configuration with the counselors' addresses, the key files, the log "
    "(which names nobody), and what the machine and the mail servers on both sides keep."
)


def act(config: Path, write: Callable[[str], None], reason: str | None, *, everything: bool) -> int:
    """Write it, line by line; how many values did not open. Raises ``ConfigError``."""
    settings = load(config)
    if not everything:
        raise ConfigError(
            (
                "relay disclose: this shows addresses and messages of people who trusted the line; if that is what "
                "you want, say --everything",
            )
        )
    note = Revealed(datetime.now(UTC), account(), checked(reason, "relay disclose"))
    log.configure(settings.logging.level)
    store = opened(settings)
    return asyncio.run(_everything(store, settings, note, write))


async def _everything(
    store: SqlStore, settings: Settings, note: Revealed, write: Callable[[str], None]
) -> int:
    unopened = 0

    async def is_noted() -> None:
        say(Event.STORE_DISCLOSED)
        await tell(store, settings, note, notices_reveal.disclosed)

    def show(name: str, count: int, row: object) -> None:
        nonlocal unopened
        if row is None:
            _head(name, count, write)
            return
        line = json.dumps(row, ensure_ascii=True)
        unopened += line.count(f'"{NOT_OPEN}"')
        write(line)

    try:
        await store.insight.reveals.of_everything(note, is_noted, show)
    finally:
        await store.close()
    write("")
    write(BESIDE)
    return unopened


def _head(name: str, count: int, write: Callable[[str], None]) -> None:
    kept = INVENTORY[name]
    write("")
    write(f"== {name}: {count} ==")
    write(f"{kept.purpose}. Kept: {kept.life}.")
    for column, field in kept.fields.items():
        life = f" (kept: {field.life})" if field.life else ""
        write(f"  {column}: {field.purpose}. {field.held.value}{life}")
