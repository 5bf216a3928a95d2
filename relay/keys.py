"""``relay keys``: the line's own OpenPGP keys, while the daemon runs or not.

Secret keys never leave the database, where they are sealed. What is printed or written is public: certificates, key ids
of ours, dates. A running daemon opens with a new key at once, for it looks keys up at each message.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from relay.config import Settings, load
from relay.domain.seeker_keys import KeyStanding
from relay.edge.openpgp import Engine, OpenPgpError
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.flow.service_keys import ServiceKey
from relay.mail.zbase32 import zbase32
from relay.parts import EXPIRES_SOON, engine_of
from relay.stores import opened

YEARS: Final = 2
_STANDINGS: Final = {
    KeyStanding.NONE: "none",
    KeyStanding.OFFERED: "given, not proved yet",
    KeyStanding.IN_FORCE: "in force",
}


def act(config: Path, action: str, which: str | None, target: Path | None) -> list[str]:
    """Do it; the lines to print. Raises ``ConfigError``."""
    settings = load(config)
    store = opened(settings)
    try:
        return asyncio.run(
            _Keys(settings, store, engine_of(settings), datetime.now(UTC)).act(action, which, target)
        )
    except OpenPgpError as error:
        raise ConfigError(
            (f"relay keys {action}: the OpenPGP engine could not do it ({error.reason})",)
        ) from None


def of_seekers(config: Path, action: str, pseudonym: str) -> list[str]:
    """Keys that seekers gave: who has one, by pseudonym, or forget one. Raises ``ConfigError``."""
    if action not in {"list", "drop"} or bool(pseudonym) != (action == "drop"):
        raise ConfigError(("relay keys seeker: say 'list', or 'drop' and the pseudonym of one seeker",))
    settings = load(config)
    store = opened(settings)
    return asyncio.run(_of_seekers(store, action, pseudonym))


def own_key_warnings(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Keys of the line's own that are given out and have ended or end within a month, for ``relay check``.

    Nothing where no command may look into the database yet: before the first start, and before that of a new version.
    """
    try:
        store = opened(settings)
    except ConfigError:
        return ()
    return asyncio.run(_own_key_warnings(store, now))


async def _own_key_warnings(store: SqlStore, now: datetime) -> tuple[str, ...]:
    try:
        keys = [key for key in await store.service_keys.listed() if key.retired_at is None]
    finally:
        await store.close()
    return tuple(_own_key_warning(key, now) for key in keys if key.expires_at - now < EXPIRES_SOON)


def _own_key_warning(key: ServiceKey, now: datetime) -> str:
    has_ended = key.expires_at <= now
    what = "nobody can encrypt to it since it expired" if has_ended else "it expires"
    return (
        f"the OpenPGP key of {key.address}: {what} on {key.expires_at:%Y-%m-%d}; make the next one with "
        f"'relay keys rotate {key.address}' and publish it as the former one was"
    )


async def _of_seekers(store: SqlStore, action: str, pseudonym: str) -> list[str]:
    try:
        if action == "list":
            found = await store.seeker_keys.listed()
            return [f"{name}  {_STANDINGS[standing]}" for name, standing in found] or [
                "No seeker gave a key."
            ]
        if not await store.seeker_keys.drop(pseudonym, datetime.now(UTC)):
            raise ConfigError(
                (
                    "relay keys seeker drop: nobody with that pseudonym gave a key; 'relay keys seeker list' shows who",
                )
            )
        return ["Forgotten. From now on they get ordinary e-mail; what is held for them can be released."]
    finally:
        await store.close()


class _Keys:
    def __init__(self, settings: Settings, store: SqlStore, engine: Engine, now: datetime) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._now = now

    async def act(self, action: str, which: str | None, target: Path | None) -> list[str]:
        try:
            if action == "list":
                keys = await self._store.service_keys.listed()
                return [_line(key, self._now) for key in keys] or ["There is no key yet."]
            if action == "publish":
                return await self._publish(target)
            if action in {"generate", "rotate"}:
                return await self._generate(self._intake(action, which), rotates=action == "rotate")
            if action == "export":
                return await self._export(self._intake(action, which))
            return await self._end(action, which or "")
        finally:
            await self._store.close()

    def _intake(self, action: str, which: str | None) -> str:
        known = {intake.address.key for intake in self._settings.intake}
        if (which or "").lower() not in known:
            raise ConfigError((f"relay keys {action}: name one of the intake addresses of relay.toml",))
        return (which or "").lower()

    async def _current(self, address: str) -> ServiceKey | None:
        keys = [
            key
            for key in await self._store.service_keys.listed()
            if key.address == address and key.retired_at is None
        ]
        return keys[-1] if keys else None

    async def _generate(self, address: str, *, rotates: bool) -> list[str]:
        current = await self._current(address)
        if current is not None and not rotates:
            raise ConfigError(
                ("relay keys generate: there is a key for it; 'relay keys rotate' makes the next one",)
            )
        expires_at = self._now + timedelta(days=365 * YEARS)
        name = self._settings.service.name
        secret = self._engine.generate(f"{name} <{address}>", expires_at, self._now)
        certificate = self._engine.read_certificate(self._engine.public_of(secret), self._now)
        key = ServiceKey(os.urandom(16), address, certificate.fingerprint, secret, self._now, expires_at)
        await self._store.service_keys.add(key)
        lines = [
            f"A new key is there: {_line(key, self._now)}",
            "'relay keys export' prints what to publish.",
        ]
        if current is not None:
            await self._store.service_keys.retire(current.key_id, self._now)
            lines.append("The former one is given out no more and still opens what was sent to it.")
        return lines

    async def _export(self, address: str) -> list[str]:
        current = await self._current(address)
        if current is None:
            raise ConfigError(
                ("relay keys export: there is no key for it yet; make one with 'relay keys generate'",)
            )
        self._refuse_ended("export", [current])
        return self._engine.public_of(current.secret).decode("ascii").splitlines()

    def _refuse_ended(self, action: str, keys: Sequence[ServiceKey]) -> None:
        """Nobody can encrypt to a key that has ended. Raises ``ConfigError`` before anything is given out."""
        ended = [key for key in keys if key.expires_at <= self._now]
        if ended:
            raise ConfigError(
                tuple(
                    f"relay keys {action}: the key of {key.address} ended on {key.expires_at:%Y-%m-%d}, and nobody can "
                    f"encrypt to it; make the next one with 'relay keys rotate {key.address}'"
                    for key in ended
                )
            )

    async def _end(self, action: str, wanted: str) -> list[str]:
        found = [
            key
            for key in await self._store.service_keys.listed()
            if wanted and key.key_id.hex().startswith(wanted.lower())
        ]
        if len(found) != 1:
            many = "more than one key has" if found else "no key has"
            raise ConfigError(
                (f"relay keys {action}: {many} an id that begins so; 'relay keys list' shows them",)
            )
        (key,) = found
        if action == "drop" and key.retired_at is None:
            raise ConfigError(
                (
                    "relay keys drop: this key is in use, and people go on encrypting to it; make the next one with "
                    "'relay keys rotate', or end it with 'relay keys revoke'",
                )
            )
        if action == "drop":
            await self._store.service_keys.drop(key.key_id)
            return ["Dropped. What was encrypted to it can be opened by nobody any more."]
        revoked = self._engine.revoke(key.secret, self._now)
        await self._store.service_keys.retire(key.key_id, self._now)
        return [
            *revoked.decode("ascii").splitlines(),
            "",
            "Publish this wherever the key was published. It is given out no more and still opens what was sent to it;",
            "'relay keys drop' ends that, too.",
        ]

    async def _publish(self, target: Path | None) -> list[str]:
        """A folder for a web server: both ways of looking keys up (draft-koch-openpgp-webkey-service §3.1)."""
        if target is None:
            raise ConfigError(("relay keys publish: name the folder that the web server serves",))
        written = []
        found = [await self._current(intake.address.key) for intake in self._settings.intake]
        keys = [key for key in found if key is not None]
        self._refuse_ended("publish", keys)
        for current in keys:
            local, _, domain = current.address.partition("@")
            octets = self._engine.read_certificate(self._engine.public_of(current.secret), self._now).octets
            name = zbase32(hashlib.sha1(local.encode(), usedforsecurity=False).digest())
            for root in (Path(), Path(domain)):
                folder = target / ".well-known" / "openpgpkey" / root
                try:
                    (folder / "hu").mkdir(parents=True, exist_ok=True)
                    (folder / "policy").write_bytes(b"")
                    (folder / "hu" / name).write_bytes(octets)
                except OSError as error:
                    raise ConfigError((f"{target}: cannot be written to ({error.strerror})",)) from None
            written.append(f"{current.address} is in {target}/.well-known/openpgpkey; it is good until "
                           f"{current.expires_at:%Y-%m-%d}")  # fmt: skip
        return written or ["There is no key yet; nothing was written."]


def _line(key: ServiceKey, now: datetime) -> str:
    state = "retired" if key.retired_at else "expired" if key.expires_at <= now else "in use"
    return (
        f"{key.key_id.hex()[:12]}  {key.address}  {key.fingerprint}  until {key.expires_at:%Y-%m-%d}  {state}"
    )
