"""Hops 1 and 2: which recipients there are, and storing a message before ``250`` is said.

The listener calls ``Door``. Nothing slow or breakable happens here: no parsing, no look at the content
beyond two headers, one that tells a repeated message from a new one and one that tells whose it says it is. What
is over a rate (``rates``) or cannot be stored is answered with a 4xx and forgotten; what was answered with
``250`` is on stable storage (P2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import Randomness, local_of, token_of
from relay.domain.mailboxes import Fetched
from relay.domain.provenance import UNKNOWN, Provenance
from relay.domain.strain import Rank
from relay.domain.voicemail import Pbx
from relay.errors import ACCEPTED, RelayError, Reply
from relay.flow.fingerprint import REPEAT_WINDOW_WITHOUT_ID, Fingerprint
from relay.flow.line import LARGE_OCTETS
from relay.flow.ports import BodyWriter, Inbox
from relay.flow.pressure import Overloaded, Pressure
from relay.flow.rates import Admission, TooMany
from relay.flow.senders import Senders
from relay.flow.values import (
    Envelope,
    LeasedEntry,
    NewEntry,
    TargetKind,
)
from relay.log import Event, ref, say

ENTRY_ID_OCTETS = 16

REPEAT_WINDOW_OF_MAILBOX = timedelta(days=400)
"""What lies in a mailbox may come up again at any time: restored, moved back, or under a new UIDVALIDITY. One without a
Message-ID is known by all its octets, the provider's trace among them, so that two equal letters are two."""

AT_ONCE_OCTETS = 262_144
"""A larger message is read from the store again when its turn comes, and takes no memory until then."""

NO_TOKEN = ""
"""Looked up for what has not the shape of a token, and never there."""

SPECIAL = {
    "postmaster": TargetKind.OPERATOR,
    "abuse": TargetKind.OPERATOR,
    "desk": TargetKind.DESK,
}
"""Local parts at our domain that are always there (RFC 5321 §4.5.1, RFC 2142)."""


class AtOnce(Protocol):
    """Routing that begins with a message while it is still in memory: no second look at the store."""

    @property
    def has_room(self) -> bool: ...

    def take(self, entry: LeasedEntry, content: bytes, sender: bytes, rank: Rank) -> None: ...


class Door:
    """What the listener asks. ``intakes``: the intake addresses now in force.

    What was stored is told to ``at_once`` when that has room, else by its id to ``accepted``, both with the keyed
    hash of its sender and its rank. Who brought a message is kept only while ``asks_for_proof``: nobody else wants it.
    ``mailbox``: the local part of the only one that is ours, where we have no domain. ``is_invitation``: whether a
    token is an address for two answers (``domain.invitations``), of which nothing is to be remembered for long.
    ``voicemails``: telephone systems by the address that each writes to; for everybody else it is nobody's.
    ``pressure``: whether there is room for more, and ``is_urgent``, which tokens go first while there is little.
    """

    def __init__(
        self,
        inbox: Inbox,
        intakes: Callable[[], frozenset[str]],
        now: Callable[[], datetime],
        randomness: Randomness,
        accepted: Callable[[bytes, bytes, Rank], None],
        senders: Senders,
        admission: Admission,
        at_once: AtOnce | None = None,
        asks_for_proof: Callable[[], bool] = lambda: False,
        mailbox: str = "",
        is_invitation: Callable[[str, datetime], bool] = lambda _token, _now: False,
        voicemails: Callable[[], Mapping[str, Pbx]] = dict,
        pressure: Pressure | None = None,
        is_urgent: Callable[[Sequence[str]], Awaitable[bool]] | None = None,
    ) -> None:
        self._pressure = pressure
        self._is_urgent = is_urgent
        self._voicemails = voicemails
        self._is_invitation = is_invitation
        self._mailbox = mailbox
        self._asks_for_proof = asks_for_proof
        self._inbox = inbox
        self._senders = senders
        self._admission = admission
        self._at_once = at_once
        self._intakes = intakes
        self._now = now
        self._randomness = randomness
        self._accepted = accepted

    async def recipient(self, address: OurAddress, provenance: Provenance = UNKNOWN) -> bool:
        """Tell whether mail for this address is taken from whoever brings it. Raises ``StoreTrouble``.

        What is neither public nor shaped like a token is looked up all the same: a quicker no would tell
        an address that cannot be from one that was.
        """
        if address.key in self._intakes() or local_of(address, self._mailbox) in SPECIAL:
            return True
        token = token_of(address, self._mailbox)
        is_known = await self._inbox.knows_token(token or NO_TOKEN)
        is_invitation = self._is_invitation(token or NO_TOKEN, self._now())
        pbx = self._voicemails().get(address.key)
        is_its_own = pbx is not None and pbx.is_behind(provenance.client_ip)
        return is_its_own or (token is not None and (is_known or is_invitation))

    async def begin(
        self,
        reverse_path: str,
        forward_paths: tuple[OurAddress, ...],
        provenance: Provenance = UNKNOWN,
    ) -> Reception:
        """Start taking one message. Raises ``TooMany`` or ``Overloaded``."""
        is_telephone = any(
            path.key in self._voicemails() for path in forward_paths
        )  # one sender, many people
        trusted = provenance.is_trusted or is_telephone
        # What anybody may write to goes with first letters, the operator too: a flood must not stand before them.
        is_public = is_telephone or any(token_of(path, self._mailbox) is None for path in forward_paths)
        rank = Rank.REQUEST if is_public else Rank.CONVERSATION
        self._check(rank)
        try:
            self._admission.begin(trusted=trusted)
        except TooMany:
            say(Event.MESSAGE_POSTPONED, cause="all")
            raise
        entry_id = self._randomness(ENTRY_ID_OCTETS)
        if not self._asks_for_proof():
            provenance = replace(provenance, client_ip="", helo="")
        envelope = Envelope(ReversePath(reverse_path), forward_paths, provenance)
        tokens = [token_of(each, self._mailbox) or NO_TOKEN for each in forward_paths]
        is_forgotten = any(self._is_invitation(each, self._now()) for each in tokens)
        return Reception(
            entry_id,
            envelope,
            self._inbox,
            self._now,
            self._accepted,
            self._senders.of(reverse_path),
            lambda addresses: self._admission.admit(forward_paths, addresses, trusted=trusted),
            self._at_once,
            window=REPEAT_WINDOW_WITHOUT_ID if is_forgotten else None,
            rank=lambda: self._rank_now(tokens, rank),
            is_large=lambda: self._check(rank, is_large=True),
        )

    def _check(self, rank: Rank, *, is_large: bool = False) -> None:
        try:
            if self._pressure is not None:
                self._pressure.check(rank, is_large=is_large)
        except Overloaded as over:
            say(Event.MESSAGE_POSTPONED, cause=over.excess.value)
            raise

    async def _rank_now(self, tokens: Sequence[str], rank: Rank) -> Rank:
        """How urgent a message is, looked up where some have to wait for others. Never fails: it is stored already."""
        if rank is Rank.REQUEST or self._is_urgent is None or self._pressure is None:
            return rank
        try:
            return Rank.URGENT if self._pressure.is_behind and await self._is_urgent(tokens) else rank
        except RelayError:
            return rank

    def from_mailbox(
        self, reverse_path: str, address: OurAddress, provenance: Provenance, fetched: Fetched | None
    ) -> Reception:
        """Start taking one message out of a mailbox. No rate holds it up: it lies there already.

        ``fetched``: where, to be noted with it.
        """

        async def let_in(_addresses: frozenset[str]) -> None: ...

        return Reception(
            self._randomness(ENTRY_ID_OCTETS),
            Envelope(ReversePath(reverse_path), (address,), provenance),
            self._inbox,
            self._now,
            self._accepted,
            self._senders.of(reverse_path),
            let_in,
            self._at_once,
            fetched,
            REPEAT_WINDOW_OF_MAILBOX,
        )


async def _usual() -> Rank:
    return Rank.CONVERSATION


class Reception:
    """One message on its way in. ``sender``: whose turn it is, once it is here; ``admit`` raises ``TooMany``.

    ``window``: how long it is remembered that it came; ``None``: as long as it may come again. ``rank``: its urgency.
    ``is_large``: asked once it has turned out to be so; raises ``Overloaded``.
    """

    def __init__(
        self,
        entry_id: bytes,
        envelope: Envelope,
        inbox: Inbox,
        now: Callable[[], datetime],
        accepted: Callable[[bytes, bytes, Rank], None],
        sender: bytes,
        admit: Callable[[frozenset[str]], Awaitable[None]],
        at_once: AtOnce | None,
        fetched: Fetched | None = None,
        window: timedelta | None = None,
        rank: Callable[[], Awaitable[Rank]] = _usual,
        is_large: Callable[[], None] = lambda: None,
    ) -> None:
        self._is_large = is_large
        self._window = window
        self._rank = rank
        self._at_once = at_once
        self._fetched = fetched
        self._sender = sender
        self._admit = admit
        self._content: bytes | None = None
        self._entry_id = entry_id
        self._envelope = envelope
        self._inbox = inbox
        self._now = now
        self._accepted = accepted
        self._body: BodyWriter = inbox.new_body(entry_id)
        self._fingerprint = Fingerprint(envelope)
        self._size_bytes = 0

    async def write(self, chunk: bytes) -> None:
        """Take the next octets. Raises ``StoreTrouble`` or ``Overloaded``: the client is told to try again."""
        self._content = chunk if not self._size_bytes and len(chunk) <= AT_ONCE_OCTETS else None
        was_large = self._size_bytes >= LARGE_OCTETS
        self._size_bytes += len(chunk)
        if self._size_bytes >= LARGE_OCTETS and not was_large:
            self._is_large()
        self._fingerprint.update(chunk)
        await self._body.write(chunk)

    async def commit(self) -> Reply:
        """Store the message; the reply is ``250`` only after the commit. Never raises ``RelayError``."""
        now = self._now()
        dedupe, window = self._fingerprint.result()
        window = self._window or window
        router = (
            self._at_once if self._content is not None and self._at_once and self._at_once.has_room else None
        )
        entry = NewEntry(
            self._entry_id,
            self._envelope,
            now,
            self._size_bytes,
            dedupe,
            now + window,
            is_leased=router is not None,
            fetched=self._fetched,
        )
        try:
            await self._admit(self._fingerprint.addresses)
            is_new = await self._inbox.accept(entry, self._body)
        except TooMany as over:
            say(Event.MESSAGE_POSTPONED, cause="sender")
            self._body.abandon()
            return over.reply
        except RelayError as trouble:
            say(Event.RECEPTION_FAILED, error_class=type(trouble).__name__)
            self._body.abandon()
            return trouble.reply
        if is_new:
            say(Event.MESSAGE_RECEIVED, entry=ref(self._entry_id), size_bytes=self._size_bytes)
            self._hand_on(now, router, await self._rank())
        else:
            say(Event.MESSAGE_REPEATED)
        return ACCEPTED

    def _hand_on(self, now: datetime, router: AtOnce | None, rank: Rank) -> None:
        if router is None or self._content is None:
            self._accepted(self._entry_id, self._sender, rank)
            return
        lease = LeasedEntry(self._entry_id, self._envelope, now, self._size_bytes, attempts=1, fence=1)
        router.take(lease, self._content, self._sender, rank)

    def abandon(self) -> None:
        """The client went away before the end of data: nothing is kept."""
        self._body.abandon()
