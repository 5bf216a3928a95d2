"""The keys of the line at work (``flow.ports.OpenPgp``): an engine in a few threads, and whose key is whose.

``app`` makes it. A counselor's key is judged anew before it is used, so that one that has expired meanwhile encrypts
nothing. The line's own secret keys come from the store at every opening: what was retired there opens nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, TypeVar

from relay.edge.openpgp import Certificate, Engine, OpenPgpError
from relay.edge.openpgp.naming import name_of, names_of_signed
from relay.flow.ciphers import CipherTrouble, PublicKey, Signatures, Unsealed
from relay.flow.service_keys import ServiceKey
from relay.mail.openpgp_mime import Signed

THREADS: Final = 2
MAX_OPENED_OCTETS: Final = 40 << 20
"""Of what was encrypted: a little more than the largest message that is taken."""

_T = TypeVar("_T")


class Desk:
    """``certificates``: of the counselors and supervisors with a key, by id; ``seals``: whether they are written to."""

    def __init__(
        self,
        engine: Engine,
        certificates: Callable[[], Mapping[str, Certificate]],
        keys: Callable[[], Awaitable[Sequence[ServiceKey]]],
        now: Callable[[], datetime],
        seals: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._certificates = certificates
        self._keys = keys
        self._published: dict[bytes, bytes] = {}
        self._now = now
        self._seals = seals
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="openpgp")

    def close(self) -> None:
        """End the threads; what runs is waited for by nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def seals_to(self, person_id: str) -> bool:
        return self._seals() and person_id in self._certificates()

    async def seal(self, content: bytes, person_id: str) -> bytes:
        given = self._certificates().get(person_id)
        if given is None:
            raise CipherTrouble("no-key")
        return await self.seal_for(content, given.octets)

    async def seal_for(self, content: bytes, certificate: bytes) -> bytes:
        now = self._now()

        return await self._run(lambda: self._engine.encrypt(content, certificate, now))

    async def certificate(self, octets: bytes) -> PublicKey:
        now = self._now()
        found = await self._run(lambda: self._engine.read_certificate(octets, now))
        return PublicKey(found.fingerprint, found.octets, found.trouble)

    async def own_key(self, intake: str) -> bytes:
        now = self._now()
        keys = [
            key for key in await self._keys()
            if key.address == intake and key.retired_at is None and key.expires_at > now
        ]  # fmt: skip
        if not keys:
            return b""
        newest = keys[-1]
        if newest.key_id not in self._published:
            engine = self._engine
            found = await self._run(
                lambda: engine.read_certificate(engine.public_of(newest.secret), now).octets
            )
            self._published[newest.key_id] = found
        return self._published[newest.key_id]

    async def open(self, ciphertext: bytes) -> Unsealed:
        keys = [key.secret for key in await self._keys()]
        if not keys:
            raise CipherTrouble("no-secret-key")
        try:
            binding = name_of(ciphertext)
        except OpenPgpError as error:
            raise CipherTrouble(error.reason) from None
        owners = self._owners()
        now = self._now()
        opened = await self._run(
            lambda: self._engine.decrypt(ciphertext, keys, self._signers(), now, MAX_OPENED_OCTETS)
        )
        signers = frozenset(who for each in opened.signers for who in owners.get(each, ()))
        return Unsealed(opened.content, Signatures(signers, names_of_signed(opened.content)), binding)

    async def signers(self, signed: Signed) -> Signatures:
        owners = self._owners()
        now = self._now()
        found = await self._run(
            lambda: self._engine.verify(signed.content, signed.signature, self._signers(), now)
        )
        signers = frozenset(who for each in found for who in owners.get(each, ()))
        return Signatures(signers, names_of_signed(signed.content, signed.signature))

    def _owners(self) -> dict[str, list[str]]:
        """Whose key has which fingerprint; a supervisor who is a counselor, too, has one key and two ids."""
        owners: dict[str, list[str]] = {}
        for who, each in self._certificates().items():
            owners.setdefault(each.fingerprint, []).append(who)
        return owners

    def _signers(self) -> list[Certificate]:
        """Everybody's key, each once."""
        return list({each.fingerprint: each for each in self._certificates().values()}.values())

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OpenPgpError as error:
            raise CipherTrouble(error.reason) from None
        except Exception:  # noqa: BLE001 - a fault of ours before hostile octets holds one message, not the whole line
            raise CipherTrouble("failed") from None
