"""The two sides of a conversation as the composer needs them, and the conversation between them. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relay.domain import callers
from relay.domain.calls import Call
from relay.domain.consent import Asked
from relay.domain.conversations import ConversationState, Side
from relay.domain.risk import Risk
from relay.domain.seeker_keys import KeyStanding
from relay.domain.wishes import NO_WISHES, Wishes


@dataclass(frozen=True, slots=True)
class Person:
    """One side of a conversation, in clear, as the composer needs it. Never logged, never stored as such.

    ``addresses``: all known for them, the first is where they read mail. ``names`` and ``private`` are
    what must be masked in their words. ``stands_as`` is the name that the other side knows;
    ``alias`` is the address that stands for them toward the other side. ``asks_about_signature``: they want
    to be asked before a signature of theirs is cut.
    """

    addresses: tuple[str, ...]
    names: tuple[str, ...]
    private: tuple[str, ...]
    stands_as: str
    alias: str
    language: str = "en"
    asks_about_signature: bool = False

    @property
    def is_caller(self) -> bool:
        """Tell whether they have telephoned: nothing can be written to them (``domain.callers``)."""
        return bool(self.addresses) and callers.is_caller(self.addresses[0])

    @property
    def number(self) -> str:
        """The number they telephoned from, where it was shown and is kept; for those who make the calls alone."""
        return callers.number_of(self.addresses[0]) if self.addresses else ""

    def __repr__(self) -> str:
        return "Person(<redacted>)"


@dataclass(frozen=True, slots=True)
class ThreadLink:
    """One relayed message: the id its author gave it, the id we gave the reader's copy, who wrote it."""

    author: Side
    author_id: str
    our_id: str


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation as one immutable snapshot. ``counselor`` is ``None`` while nobody is responsible.

    ``excluded``: counselors who are not to get it, by id, each until an instant. ``key_standing``: whether the seeker
    gave an OpenPGP key; the key itself stays where it is used. ``wishes``: the seeker's about mail. ``call``: how a
    telephone call to them stands. ``asked``: what they were asked before a hand-over. ``tags``: what it is about, in
    the operator's words; never for the seeker.
    ``queue``: that it was moved to; empty: that of its intake address. ``renews``: of a new one, the id of the one that
    it takes up anew.
    """

    conversation_id: bytes
    state: ConversationState
    version: int
    intake: str
    language: str
    seeker: Person
    counselor: Person | None = None
    counselor_id: str | None = None
    counselor_alias: str = ""
    thread: tuple[ThreadLink, ...] = ()
    acknowledged: bool = False
    is_new: bool = False
    excluded: tuple[tuple[str, datetime], ...] = ()
    wishes: Wishes = NO_WISHES
    risk: Risk = Risk.NONE
    key_standing: KeyStanding = KeyStanding.NONE
    call: Call = Call.NONE
    asked: Asked | None = None
    tags: tuple[str, ...] = ()
    closed_at: datetime | None = None
    queue: str = ""
    renews: bytes = b""

    @property
    def key_of(self) -> bytes | None:
        """The conversation whose OpenPGP key counts: its own once it is in the store, before that the one that it takes
        up anew; ``None``: nobody's.
        """
        return (self.renews or None) if self.is_new else self.conversation_id
