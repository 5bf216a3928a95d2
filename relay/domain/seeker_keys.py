"""The OpenPGP key of one seeker in one conversation: given on purpose, proved by its owner, changed by its owner alone.

A key that is offered changes nothing yet. A word goes out encrypted to it, and only when that word comes back does the
key come into force; where another key is in force, a second word goes out encrypted to that one, and both have to come
back. Ending encryption takes a word that the key in force has opened. So a message that anybody can forge starts a
letter that only the right person can read, and nothing else: it never turns encryption off or to another key.

Pure: values in, values out. ``flow.seeker_keys`` decides with it, ``edge.store.seeker_keys`` keeps it, sealed.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

WORD_LASTS: Final = timedelta(days=14)
"""A word that comes back later proves nothing any more; the key can be given once more."""

MOST_LETTERS: Final = 8
LETTERS_WITHIN: Final = timedelta(days=1)
"""More letters about keys than this to one seeker are not asked for by a person."""


class KeyStanding(Enum):
    """Where a conversation stands, as far as a worker has to know it."""

    NONE = "none"
    OFFERED = "offered"
    IN_FORCE = "in_force"


class Turned(Enum):
    """What words that came back have done."""

    NOTHING = "nothing"
    HALF = "half"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that is not in force yet. ``missing``: the words that have to come back before ``until``."""

    certificate: bytes
    fingerprint: str
    missing: tuple[str, ...]
    until: datetime

    def __repr__(self) -> str:
        return "Offer(<redacted>)"


@dataclass(frozen=True, slots=True)
class SeekerKey:
    """``certificate``: what everything to this seeker is encrypted to; empty: it goes in clear.

    ``leaving``: the word that ends encryption when it comes back before ``leaving_until``. ``letters``: when letters
    about keys went out lately.
    """

    certificate: bytes = b""
    fingerprint: str = ""
    offer: Offer | None = None
    leaving: str = ""
    leaving_until: datetime | None = None
    letters: tuple[datetime, ...] = ()

    @property
    def is_in_force(self) -> bool:
        return bool(self.certificate)

    @property
    def standing(self) -> KeyStanding:
        if self.is_in_force:
            return KeyStanding.IN_FORCE
        return KeyStanding.OFFERED if self.offer else KeyStanding.NONE

    def __repr__(self) -> str:
        return f"SeekerKey({self.standing.value})"


NO_KEY: Final = SeekerKey()


def needs_old_word(key: SeekerKey, fingerprint: str) -> bool:
    """Tell whether the key in force has to agree. A new edition of the same key is its owner's own."""
    return key.is_in_force and key.fingerprint != fingerprint


def offered(
    key: SeekerKey, certificate: bytes, fingerprint: str, words: Collection[str], now: datetime
) -> SeekerKey:
    """Remember an offer, in place of any before; what was asked for before counts no more."""
    offer = Offer(certificate, fingerprint, tuple(words), now + WORD_LASTS)
    return replace(key, offer=offer, leaving="", leaving_until=None)


def withdrawn(key: SeekerKey) -> SeekerKey:
    """Forget an offer; the key in force stays."""
    return replace(key, offer=None)


def leaves(key: SeekerKey, word: str, now: datetime) -> SeekerKey:
    """Remember that somebody asks for mail in clear. An offer that waits is not touched: that may be the owner's."""
    return replace(key, leaving=word, leaving_until=now + WORD_LASTS)


def answered(key: SeekerKey, words: Collection[str], now: datetime) -> tuple[SeekerKey, Turned]:
    """What comes of words that came back."""
    if key.offer is not None and now < key.offer.until:
        missing = tuple(each for each in key.offer.missing if not _is_among(each, words))
        if not missing:
            return SeekerKey(key.offer.certificate, key.offer.fingerprint, letters=key.letters), Turned.ON
        if missing != key.offer.missing:
            return replace(key, offer=replace(key.offer, missing=missing)), Turned.HALF
    is_leaving = key.leaving_until is not None and now < key.leaving_until
    if key.leaving and is_leaving and _is_among(key.leaving, words):
        return SeekerKey(letters=key.letters), Turned.OFF
    return key, Turned.NOTHING


def _is_among(word: str, words: Collection[str]) -> bool:
    return any(hmac.compare_digest(word.encode(), each.encode("utf-8", "replace")) for each in words)


def may_write(key: SeekerKey, now: datetime) -> bool:
    """Tell whether one more letter about keys may go out now."""
    return sum(now - each < LETTERS_WITHIN for each in key.letters) < MOST_LETTERS


def wrote(key: SeekerKey, now: datetime) -> SeekerKey:
    """Count one letter."""
    return replace(key, letters=(*(each for each in key.letters if now - each < LETTERS_WITHIN), now))
