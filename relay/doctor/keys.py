"""Keys that end: OpenPGP keys of the line and of its people; and the master key, whether the service is given one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay import stores
from relay.config import Settings
from relay.config.machine import is_credential
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.edge.openpgp import OpenPgpError
from relay.edge.store.keys import load_master_key
from relay.errors import ConfigError, RelayError
from relay.flow.ports import StoreTrouble
from relay.parts import certificates_of, engine_of

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Key:
    """``whose``: an intake address of the line, or ``counselor`` and an id. ``trouble``: why it does not work."""

    whose: str
    ends_at: datetime | None
    trouble: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """``problems``: of files that hold no key that can be used."""

    keys: tuple[Key, ...]
    now: datetime
    problems: tuple[str, ...] = ()


async def look(around: Around) -> list[Finding]:
    """Read the files, and the line's own keys from the database."""
    people, problems = await asyncio.to_thread(_of_people, around)
    problems = (*problems, *await asyncio.to_thread(_master_key, around.settings))
    return list(judge(Facts((*people, *await _ours(around.settings)), around.now, problems)))


def _of_people(around: Around) -> tuple[tuple[Key, ...], tuple[str, ...]]:
    settings = around.settings
    if not (
        any(c.openpgp_key for c in settings.counselor) or any(s.openpgp_key for s in settings.supervisor)
    ):
        return (), ()
    supervisors = {supervisor.id for supervisor in settings.supervisor}
    try:
        found = certificates_of(settings, engine_of(settings), around.now)
    except ConfigError as error:
        return (), error.problems
    except (RelayError, OpenPgpError, OSError):
        return (), (
            "the OpenPGP engine does not work; look at openpgp.engine and whether its program is installed",
        )
    keys = [
        Key(f"{'supervisor' if who in supervisors else 'counselor'} {who}", one.expires_at, one.trouble)
        for who, one in found.items()
    ]
    return tuple(keys), ()


def _master_key(settings: Settings) -> tuple[str, ...]:
    """A key that is missing beside a database is the storage's to tell; one that is there must be whole."""
    file = settings.storage.master_key_file
    if is_credential(file) or not file.exists():
        return ()
    try:
        load_master_key(file)
    except ConfigError as error:
        return error.problems
    return ()


async def _ours(settings: Settings) -> tuple[Key, ...]:
    """Those of the line that are given out; none where there is no database to read yet."""
    try:
        store = await asyncio.to_thread(stores.opened, settings)
    except ConfigError:
        return ()
    try:
        keys = await store.service_keys.listed()
    except StoreTrouble:
        return ()
    finally:
        await store.close()
    return tuple(Key(key.address, key.expires_at, is_ours=True) for key in keys if key.retired_at is None)


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing while every key works for a month."""
    for problem in facts.problems:
        what, _, remedy = problem.rpartition("; ")
        yield critical(
            what or problem, "what is sealed with it cannot be opened", remedy if what else problem
        )
    for key in facts.keys:
        yield from _judged(key, facts.now)


def _judged(key: Key, now: datetime) -> Iterator[Finding]:
    remedy = (
        f"make the next one with 'relay keys rotate {key.whose}', and publish it"
        if key.is_ours
        else "ask them for the next one, put it in the place of the file, and reload"
    )
    why = (
        "whoever looks it up can send in clear only"
        if key.is_ours
        else "mail to them is held, and never goes in clear"
    )
    has_ended = key.ends_at is not None and key.ends_at <= now
    if key.trouble or has_ended:
        yield critical(
            f"the OpenPGP key of {key.whose} does not work ({key.trouble or 'expired'})", why, remedy
        )
    elif key.ends_at is not None and key.ends_at - now < SOON:
        yield warning(
            f"the OpenPGP key of {key.whose} ends on {key.ends_at:%Y-%m-%d}", f"after it, {why}", remedy
        )
