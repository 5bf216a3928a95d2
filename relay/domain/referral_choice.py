"""Which entries a counselor's ``!refer`` sends at once, and when it is better to ask first: pure.

Called by ``flow.directory`` with what a search has found. A reply to somebody in need is sent without another look, so
it only holds what answers to the whole question; everything else is shown to the counselor, with numbers to choose by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from relay.domain.referral_ranking import Nearness, Ranked, Wanted
from relay.domain.referrals import Reach, place_key

MOST_SENT = 3
"""Entries in one reply: more and the first is not read."""
MOST_SHOWN = 6
"""Entries in a preview: whole, as they would be sent, so that more would not be read."""


class Why(Enum):
    """Why nothing was sent."""

    NOTHING = "nothing"
    """Nothing answers to it."""
    PLACE_UNKNOWN = "place_unknown"
    """The directory knows no such place, and what was found is not for everybody."""
    PLACE_TWICE = "place_twice"
    """Several places have this name."""
    NO_PLACE = "no_place"
    """What answers lies in different places, and none was asked for."""
    PARTLY = "partly"
    """What was found answers to a part of the question only."""
    LANGUAGE = "language"
    """What was found speaks another language than was asked for."""
    ASKED = "asked"
    """A preview was asked for."""
    GONE = "gone"
    """One of the numbers may not be sent: not in the directory, closed, over, or unchecked for two years."""


@dataclass(frozen=True, slots=True)
class Choice:
    """``entries``: what is sent or, with ``why``, what is shown instead, best first."""

    entries: tuple[Ranked, ...]
    why: Why | None = None


def choose(found: Sequence[Ranked], wanted: Wanted, *, is_place_known: bool) -> Choice:
    """Decide by what a search found. ``is_place_known``: the directory knows the place that was asked for."""
    count = min(wanted.count or MOST_SENT, MOST_SENT)
    whole = [each for each in found if not each.missing]
    fitting = [each for each in whole if _speaks(each, wanted)]
    why = _doubt(found, wanted, is_place_known=is_place_known)
    if why is None and not fitting:
        why = Why.LANGUAGE if whole else Why.PARTLY
    return Choice(tuple(fitting[:count])) if why is None else Choice(tuple(found[:MOST_SHOWN]), why)


def _speaks(one: Ranked, wanted: Wanted) -> bool:
    """One of the languages that were asked for, as far as anybody knows."""
    spoken = one.referral.languages
    return not (wanted.languages and spoken) or bool(set(wanted.languages) & set(spoken))


def _doubt(found: Sequence[Ranked], wanted: Wanted, *, is_place_known: bool) -> Why | None:
    """What is unclear about the question as a whole."""
    if not found:
        return Why.NOTHING
    if wanted.place and not is_place_known:
        return Why.PLACE_UNKNOWN
    here = [each for each in found if each.nearness is Nearness.HERE]
    if wanted.place and _are_two_places(here):
        return Why.PLACE_TWICE
    if not wanted.place and _lie_apart([each for each in found if not each.missing][:MOST_SHOWN]):
        return Why.NO_PLACE
    return None


def _are_two_places(here: Sequence[Ranked]) -> bool:
    """Whether a name means places in two countries, or in two regions as one and the same directory has them."""
    wheres = [(each.referral.source, each.referral.where) for each in here]
    if _share_nothing([set(where.countries) for _, where in wheres]):
        return True
    sources = {source for source, _ in wheres}
    return any(
        _share_nothing([_keys(where.regions) for by, where in wheres if by == source]) for source in sources
    )


def _lie_apart(found: Sequence[Ranked]) -> bool:
    """Whether what is only for those who live near it lies in several places.

    A region may be a county or a state as large as a country: what is in one place each is compared by place.
    """
    wheres = [each.referral.where for each in found]
    near = [where for where in wheres if where.reach is Reach.LOCAL]
    placed = [where for where in wheres if where.reach in {Reach.LOCAL, Reach.REGION}]
    if _share_nothing([_keys(where.places) for where in near]):
        return True
    return _share_nothing([_keys((*where.places, *where.regions)) for where in placed])


def _keys(names: Sequence[str]) -> set[str]:
    return {place_key(name) for name in names}


def _share_nothing(sets: Sequence[set[str]]) -> bool:
    """Whether there is nothing that all have that have anything."""
    told = [each for each in sets if each]
    return bool(told) and not set.intersection(*told)
