"""Hops 1 and 2 for mail that lies in a mailbox: the same door and the same inbox as SMTP, with another way to say no.

``edge.imap_in`` calls ``take`` for one message after the other, in their order. A message is committed together with
where it lies, so that after a crash it is either taken and known as taken, or neither. What cannot be taken is left in
the mailbox, where a person can see it, and told to the operator once; it never holds up the next. Nobody is answered
for it: an answer would go to whoever is written in the envelope.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from relay.domain.addresses import OurAddress
from relay.domain.aliases import local_of, token_of
from relay.domain.mailboxes import CHECK_PREFIX, Fetched, Left
from relay.domain.provenance import Provenance
from relay.errors import ACCEPTED, CipherError, RelayError
from relay.flow.accept import Door
from relay.flow.ports import TokenMeaning
from relay.mail import trace
from relay.mail.trace import Trace

BLOCK_OCTETS = 262_144


class NotNow(RelayError):
    """The store could not take it; it is where it was, and is offered again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of a mailbox: where its provider writes the recipient, and how much of a header is the provider's.

    ``recipient_field``, ``own_received`` as for ``mail.trace.read``; ``authserv_id``: the name under which it writes
    what it has found out itself, empty for none.
    """

    recipient_field: str = "Delivered-To"
    own_received: int = 1
    authserv_id: str = ""


class Mailboxes(Protocol):
    """What the store knows of mailboxes. Every method is one transaction."""

    async def begin(self, place: str, validity: int) -> int:
        """The highest UID that was looked at under this UIDVALIDITY, 0 for none; what another one said is forgotten."""

    async def to_put_away(self, place: str, validity: int, limit: int) -> tuple[int, ...]:
        """UIDs that were taken and are still to be moved, flagged or deleted, lowest first."""

    async def put_away(self, place: str, validity: int, uids: tuple[int, ...]) -> None:
        """These are moved, flagged or deleted, or gone."""

    async def left(self, place: str, validity: int) -> tuple[int, ...]:
        """UIDs of what was left, lowest first."""

    async def leave(self, fetched: Fetched, why: Left) -> None:
        """Remember that a message was left; whether it was told stays as it is."""

    async def forget_left(self, place: str, validity: int, uids: tuple[int, ...]) -> None:
        """These are gone from the mailbox."""

    async def untold(self) -> Mapping[Left, int]:
        """How many were left that nobody was told of."""

    async def told(self) -> None:
        """All that were left are told now."""


Meaning = Callable[[str], Awaitable[TokenMeaning | None]]


class Gatherer:
    """Takes messages out of one mailbox. ``meaning``: what a token of ours stands for, retired ones included."""

    def __init__(self, door: Door, meaning: Meaning, terms: Terms, domain: str, mailbox: str) -> None:
        self._door = door
        self._meaning = meaning
        self._terms = terms
        self._domain = domain
        self._mailbox = mailbox

    async def take(self, fetched: Fetched, content: bytes) -> Left | None:
        """Store one message with where it lies; ``None`` when it is taken, now or before. Raises ``NotNow``."""
        terms = self._terms
        said = trace.read(content, terms.recipient_field, terms.own_received)
        if not said.recipient:
            return Left.NO_RECIPIENT
        paths = await self._paths(said)
        if not paths:
            return Left.NOT_OURS
        for path in paths[:-1]:
            await self._store(said, path, None, content)
        await self._store(said, paths[-1], fetched, content)
        return None

    async def _paths(self, said: Trace) -> list[OurAddress]:
        """Our addresses that a message is for: that of the provider, and every alias that it names itself.

        Mail to several of our addresses comes as one copy or as several, as the provider likes; each address gets it
        once, and an alias wins over an intake address (``resolve.places``). Whoever is named in To could have been
        written to directly, and an alias accepts only the person it was issued to: nothing is won by naming one.
        """
        delivered = self._ours(said.recipient)
        named = [self._ours(each) for each in said.named]
        aliases = {each.key: each for each in named if each and await self._is_alias(each)}
        is_known = delivered is not None and await self._is_known(delivered)
        if delivered is not None and is_known and (token_of(delivered, self._mailbox) or not aliases):
            aliases.setdefault(delivered.key, delivered)
        return [aliases[key] for key in sorted(aliases)]

    async def _store(self, said: Trace, path: OurAddress, fetched: Fetched | None, content: bytes) -> None:
        provenance = Provenance(
            is_trusted=True, authserv_id=self._terms.authserv_id, own_received=self._terms.own_received
        )
        reception = self._door.from_mailbox(said.reverse_path, path, provenance, fetched)
        try:
            for start in range(0, len(content), BLOCK_OCTETS):
                await reception.write(content[start : start + BLOCK_OCTETS])
        except BaseException:
            reception.abandon()
            raise
        if await reception.commit() is not ACCEPTED:
            raise NotNow("the store did not take a message from a mailbox")

    def is_check(self, content: bytes) -> bool:
        """Tell whether a message is one that ``relay check --live`` sent to see whether it arrives."""
        said = trace.read(content, self._terms.recipient_field, self._terms.own_received)
        address = self._ours(said.recipient)
        return address is not None and local_of(address, self._mailbox).startswith(CHECK_PREFIX)

    def _ours(self, recipient: str) -> OurAddress | None:
        try:
            address = OurAddress.parse(recipient)
        except ValueError:
            return None
        return address if address.domain == self._domain else None

    async def _is_known(self, address: OurAddress) -> bool:
        """Tell whether mail to it is taken. One that has been retired is: nobody hears a 550 here, so it is held."""
        return await self._is_alias(address) or await self._door.recipient(address)

    async def _is_alias(self, address: OurAddress) -> bool:
        token = token_of(address, self._mailbox)
        if token is None:
            return False
        try:
            return await self._meaning(token) is not None
        except CipherError:  # its conversation was forgotten
            return False
