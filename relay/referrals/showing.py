"""Entries in words, for the operator's terminal.

Called by ``command``. Everything of an entry that a counselor would send on, and beside it what speaks against
sending it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relay.domain.referral_ranking import Freshness, Nearness, Ranked
from relay.domain.referrals import (
    Ages,
    Cost,
    Hours,
    Opening,
    Phone,
    PhoneKind,
    Reach,
    Referral,
    Status,
    Where,
)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEAR = {Nearness.HERE: "here", Nearness.REGION: "in the region", Nearness.COUNTRY: "in the whole country",
         Nearness.ANYWHERE: "anywhere"}  # fmt: skip
_FRESH = {
    Freshness.UNKNOWN: "nobody knows when it was last checked: look before you send it",
    Freshness.OLD: "last checked more than a year ago: look before you send it",
    Freshness.EXPIRED: "last checked more than two years ago: not offered",
}
_MAX_PLACES = 4
_INDENT = "      "


def ranked_lines(one: Ranked) -> Iterator[str]:
    """A result of a search."""
    near = f"  [{_NEAR[one.nearness]}]" if one.nearness else ""
    yield f"#{one.referral.number}  {one.referral.name}{near}"
    yield from (_INDENT + line for line in _body(one.referral))
    if one.referral.status is not Status.ACTIVE:
        yield f"{_INDENT}! {one.referral.status.value}: not offered"
    if one.freshness in _FRESH:
        yield f"{_INDENT}! {_FRESH[one.freshness]}"
    if one.missing:
        yield f"{_INDENT}! says nothing of: {', '.join(one.missing)}"


def _body(referral: Referral) -> Iterator[str]:
    if referral.organization and referral.organization != referral.name:
        yield referral.organization
    if referral.line:
        yield referral.line
    if referral.alert:
        yield f"! {referral.alert}"
    reach = "; ".join(filter(None, (_phones(referral.phones), referral.web, referral.mail)))
    if reach:
        yield reach
    facts = (
        where_in_words(referral.where),
        hours_in_words(referral.hours),
        ", ".join(referral.languages),
        _cost(referral),
        ages_in_words(referral.ages),
    )
    if told := "; ".join(filter(None, facts)):
        yield told
    checked = f"checked {referral.verified:%Y-%m}" if referral.verified else ""
    until = f"until {referral.until}" if referral.until else ""
    yield "; ".join(filter(None, (checked, until, f"from {referral.source}")))


def _phones(phones: Sequence[Phone]) -> str:
    told = []
    for each in phones:
        if each.kind is not PhoneKind.FAX:
            kind = "" if each.kind is PhoneKind.VOICE else f"{each.kind.value} "
            told.append(f"{kind}{each.number}{f' ({each.note})' if each.note else ''}")
    return ", ".join(told)


def where_in_words(where: Where) -> str:
    """Whom it serves."""
    if where.reach is Reach.WORLDWIDE:
        return "worldwide"
    names = where.places or where.regions
    told = ", ".join(names[:_MAX_PLACES]) + (" …" if len(names) > _MAX_PLACES else "")
    place = "" if where.reach is Reach.NATIONAL else told
    return " ".join(filter(None, (place, "/".join(where.countries), "(online)" if where.is_online else "")))


def hours_in_words(hours: Hours) -> str:
    """``Mon-Fri 09:00-17:00, Sat 10:00-14:00``."""
    if hours.is_always:
        return "day and night"
    told = ", ".join(f"{_days(each)} {_clock(each.opens)}-{_clock(each.closes)}" for each in hours.openings)
    return "; ".join(filter(None, (told, hours.note)))


def ages_in_words(ages: Ages) -> str:
    """``12-25 years``."""
    if not ages.minimum:  # none, or nought, which is the same
        return "" if ages.maximum is None else f"up to {ages.maximum} years"
    return f"from {ages.minimum} years" if ages.maximum is None else f"{ages.minimum}-{ages.maximum} years"


def _cost(referral: Referral) -> str:
    return referral.cost_note or ("" if referral.cost is Cost.UNKNOWN else referral.cost.value)


def _days(opening: Opening) -> str:
    days = opening.days
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ", ".join(_DAYS[day] for day in days)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
