"""The directory of referrals: what is needed of the store, and one search over it.

Called by the operator's commands, and by whoever offers referrals to counselors. A store finds candidates by words and
places, quickly and rather too many; which of them may be offered, and in which order, is decided by
``domain.referral_ranking`` alone, so that it is the same on every database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from relay.domain.referral_choice import Choice, Why, choose
from relay.domain.referral_question import parse, possible_places, with_place
from relay.domain.referral_ranking import Ranked, Wanted, freshness, may_be_offered, ranked
from relay.domain.referrals import Referral


@dataclass(frozen=True, slots=True)
class Place:
    """What the directory knows of a place: where the services lie that are there."""

    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as an import finds it. ``digest`` tells whether it has changed."""

    number: int
    digest: bytes
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What became of entries in one step of an import."""

    new: int = 0
    changed: int = 0


class Directory(Protocol):
    """The part of a store that keeps referrals. Each method is one transaction; all may raise ``StoreTrouble``."""

    async def known(self, source: str) -> Mapping[str, Stored]:
        """Everything that was ever imported from a source, by its ids there."""

    async def put(self, referrals: Sequence[Referral]) -> None:
        """Write a few entries: what is there is replaced and keeps its number, what is new gets the next one."""

    async def leave(self, numbers: Sequence[int], today: date) -> None:
        """These are not in their source any more: kept with their numbers, and not found."""

    async def get(self, numbers: Sequence[int]) -> tuple[Referral, ...]:
        """Entries by number, in this order, whatever their state; without those that are gone or never were."""

    async def places(self, keys: Collection[str]) -> Mapping[str, Place]:
        """Which of these (``domain.referrals.place_key``) the directory knows as places."""

    async def candidates(self, wanted: Wanted, today: date) -> tuple[Referral, ...]:
        """What may answer to a question: none left out that ``ranked`` would put among the first, some too many."""

    async def given(self, month: int) -> tuple[tuple[int, int], ...]:
        """How often entries were given in a month (``202611``): number and count, the most given first."""

    async def page(self, after: int, limit: int) -> tuple[Referral, ...]:
        """Entries that are not gone, by number, from the one behind ``after``."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found, best first, and how the question was understood: with the countries of its place."""

    ranked: tuple[Ranked, ...]
    wanted: Wanted
    is_place_known: bool = False

    def choice(self) -> Choice:
        """What of it is sent without asking."""
        return choose(self.ranked, self.wanted, is_place_known=self.is_place_known)


async def search(directory: Directory, text: str, today: date) -> tuple[Ranked, ...]:
    """What may be offered for what somebody typed, best first."""
    return (await find(directory, parse(text), today)).ranked


async def find(directory: Directory, wanted: Wanted, today: date) -> Found:
    """The same for a question that was read. A word that names a place is first taken as one, then as a word."""
    known = await directory.places(possible_places(wanted))
    placed = with_place(wanted, known)
    found = await _found(directory, placed, known, today)
    if found.ranked or placed.place == wanted.place:
        return found
    return await _found(directory, wanted, known, today)


async def numbered(directory: Directory, numbers: Sequence[int], today: date) -> Choice:
    """Entries that a counselor chose by their numbers, in this order; none of them when one may not be sent."""
    wanted = tuple(dict.fromkeys(numbers))
    entries = {each.number: each for each in await directory.get(wanted)}
    found = tuple(Ranked(each, None, freshness(each, today)) for each in entries.values())
    may_go = len(found) == len(wanted) and all(may_be_offered(each, today) for each in entries.values())
    return Choice(found, None if may_go and found else Why.GONE)


async def _found(directory: Directory, wanted: Wanted, known: Mapping[str, Place], today: date) -> Found:
    place = known.get(possible_places(wanted)[0]) if wanted.place else None
    if place is not None:
        wanted = replace(
            wanted,
            regions=(*wanted.regions, *place.regions),
            countries=wanted.countries or place.countries,
        )
    found = ranked(await directory.candidates(wanted, today), wanted, today)
    return Found(found, wanted, is_place_known=place is not None)
