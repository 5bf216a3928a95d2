"""``relay reveal``: see one real address, with a reason that stays. The only command that shows one.

For the day when somebody must be found: a court asks, or a life is in danger. What is kept for two years, sealed, is
when, by which account of the machine and why, and not whose; ``relay reveal`` without a name lists it. The operator's
mailbox and all supervisors are told each time, so that nobody looks alone. The event in the log says that it was done.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from relay.config import Settings, load
from relay.domain.aliases import message_id
from relay.domain.deliveries import DeliveryEvent
from relay.edge import randomness
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.figures import Revealed, Thing
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import LeasedDelivery
from relay.flow.people import supervisor_person
from relay.log import Event, say
from relay.mail import notices_reveal
from relay.mail.texts import Text, Texts
from relay.operating.showing import as_json, instant
from relay.resources import folder
from relay.stores import opened

WORD = "REVEAL"
MIN_REASON = 10
MAX_REASON = 500
"""Characters: enough for a sentence, too many for a letter."""

_MIN_ID_DIGITS = 6
_NOBODY = "(nobody: a notice or a report, with the null reverse-path)"


def act(config: Path, wanted: str | None, reason: str | None, *, is_sure: bool, as_values: bool) -> list[str]:
    """Do it; the lines to print. Without ``wanted``: who looked before. Raises ``ConfigError``."""
    settings = load(config)
    if wanted is not None:
        reason = checked(reason)
        if len(wanted.strip()) < _MIN_ID_DIGITS:
            raise ConfigError(
                ("relay reveal: give the whole pseudonym, or at least 6 digits of an entry's id",)
            )
        if not is_sure and not _agrees():
            return ["Nothing was shown."]
    store = opened(settings)
    if wanted is None:
        return asyncio.run(_listed(store, as_values=as_values))
    note = Revealed(datetime.now(UTC), account(), reason or "")
    return asyncio.run(_act(store, settings, wanted.strip(), note, as_values=as_values))


def checked(reason: str | None, command: str = "relay reveal") -> str:
    """The reason in one line. Raises ``ConfigError`` in the command's name when it says nothing, or names somebody."""
    text = " ".join((reason or "").split())
    if not MIN_REASON <= len(text) <= MAX_REASON or not text.isprintable():
        raise ConfigError(
            (
                f"{command}: give --reason, {MIN_REASON} to {MAX_REASON} characters that say why; do not name the "
                "person in it, for it is kept for two years",
            )
        )
    if "@" in text:
        raise ConfigError((f"{command}: --reason must hold no address, for it is kept",))
    return text


def _agrees() -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(("relay reveal: nobody is here to ask; give --yes when you are sure",))
    print("This shows a real address. The reason is kept, and the operator and all supervisors are told.")
    return input(f"Type {WORD} to go on: ").strip() == WORD


def account() -> str:
    """Who runs this, as far as the machine knows: behind sudo, whoever called it."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{before} as {name}" if before and before.isprintable() else name


async def _listed(store: SqlStore, *, as_values: bool) -> list[str]:
    try:
        found = await store.insight.reveals.listed()
    finally:
        await store.close()
    if as_values:
        return [as_json(found)]
    return [f"{instant(one.at)}  {one.account}: {one.reason}" for one in found] or [
        "Nobody has looked at an address."
    ]


async def _act(
    store: SqlStore, settings: Settings, wanted: str, note: Revealed, *, as_values: bool
) -> list[str]:
    try:
        shown = await _look(store, wanted, note)
        say(Event.ADDRESS_REVEALED)
        await tell(store, settings, note)
    finally:
        await store.close()
    return [as_json({"addresses": shown})] if as_values else [each or _NOBODY for each in shown]


async def _look(store: SqlStore, wanted: str, note: Revealed) -> tuple[str, ...]:
    conversations = await store.forgetting.find(wanted)
    is_id = set(wanted.lower()) <= set("0123456789abcdef")
    rows = await store.insight.find(wanted.lower()[:32]) if is_id else ()
    entries = [row for row in rows if row.thing is Thing.ENTRY]
    if len(conversations) + len(entries) != 1:
        many = "more than one conversation or message is" if conversations or entries else "nothing is"
        raise ConfigError((f"relay reveal: {many} named like this; nothing was shown",))
    if conversations:
        return await store.insight.reveals.of_conversation(conversations[0], note)
    path = await store.insight.reveals.of_entry(entries[0].row_id, note)
    if path is None:
        raise ConfigError(
            ("relay reveal: this message has come to its end, and whom it was from is known no more",)
        )
    return (path,)


async def tell(
    store: SqlStore,
    settings: Settings,
    note: Revealed,
    words: Callable[[Texts, str, str], Text] = notices_reveal.revealed,
) -> None:
    """A notice to the operator's mailbox and to every supervisor; a running daemon sends it within half a minute."""
    letters, service = Letters.load(folder("templates")), settings.service_values()
    roster = settings.roster()
    text = words(letters.texts, OPERATOR_LANGUAGE, note.account)
    new_id = message_id(randomness.octets, service.domain)
    outgoing = [letters.to_operator(text, service, note.at, new_id)]
    for supervisor in roster.supervisors:
        text = words(letters.texts, supervisor.language, note.account)
        new_id = message_id(randomness.octets, service.domain)
        outgoing.append(letters.to_supervisor(supervisor_person(supervisor), text, service, note.at, new_id))
    for one in outgoing:
        written = await store.queue_notice(LeasedDelivery.of(one, note.at), note.at)
        await store.record(written, DeliveryEvent.NOT_NOW, note.at, due_at=note.at)
