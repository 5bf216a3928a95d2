"""Where a service is and whom it serves, from areas, addresses and locations.

Called by the readers. A service area that is named counts before the address of an office; the name of a country
as an area means all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from relay.domain.referrals import Reach, Where
from relay.referrals.names import country, is_national, is_worldwide
from relay.referrals.tables import Row
from relay.referrals.values import clean

_PLACE_CHARS = 80
_MAX_PLACES = 60
_ADDRESS_CHARS = 200
_AREA_SENTENCE_WORDS = 6
"""An area with more words than this is a sentence about it, and no name that somebody would type."""


def where(areas: Sequence[str], addresses: Sequence[Row], locations: Sequence[Row], home: str) -> Where:
    """Put it together; ``home`` is the country of a directory that names none."""
    named = _names(areas)
    towns = _names(row.get("city") for row in addresses)
    regions = _names(row.get("region") or row.get("state_province") for row in addresses)
    states = _names(row.get("state_province") for row in addresses)
    countries = _countries(row.get("country") for row in addresses)
    is_virtual = bool(locations) and all(
        row.get("location_type").casefold() == "virtual" for row in locations
    )
    found = placed(
        named, towns, (*regions, *states), countries or ((home,) if home else ()), is_online=is_virtual
    )
    if named or is_virtual or found.reach not in {Reach.REGION, Reach.NATIONAL}:
        return found
    # An address in a region says where the door is, and not that all the region is served.
    return replace(found, reach=Reach.LOCAL if regions or states else Reach.UNKNOWN)


def placed(
    areas: Sequence[str],
    towns: Sequence[str],
    regions: Sequence[str],
    countries: Sequence[str],
    *,
    is_online: bool = False,
) -> Where:
    """The reach follows from the widest area that is named, else from the nearest place that is known."""
    whole = [code for area in areas if (code := country(area))]
    countries = tuple(dict.fromkeys((*countries, *whole)))
    regions = tuple(dict.fromkeys(regions))
    lower = {region.casefold() for region in regions}
    local = tuple(
        area for area in areas
        if not (country(area) or is_worldwide(area) or is_national(area) or area.casefold() in lower)
        and len(area.split()) <= _AREA_SENTENCE_WORDS
    )  # fmt: skip
    if any(map(is_worldwide, areas)):
        reach = Reach.WORLDWIDE
    elif whole or any(map(is_national, areas)):
        reach = Reach.NATIONAL
    elif any(area.casefold() in lower for area in areas):
        reach = Reach.REGION
    elif local or (towns and not is_online):
        reach = Reach.LOCAL
    elif is_online:
        reach = Reach.NATIONAL if countries else Reach.WORLDWIDE
    elif regions:
        reach = Reach.REGION
    else:
        reach = Reach.NATIONAL if countries else Reach.UNKNOWN
    places = tuple(dict.fromkeys((*local, *towns)))[:_MAX_PLACES]
    return Where(reach, places, regions[:_MAX_PLACES], countries, is_online=is_online)


def address_line(addresses: Sequence[Row]) -> str:
    """One address on one line; a physical one before a postal one."""
    if not addresses:
        return ""
    row = min(addresses, key=lambda each: "postal" in each.get("address_type").casefold())
    columns = ("address_1", "address_2", "city", "state_province", "postal_code")
    return clean(", ".join(filter(None, (row.get(column).strip() for column in columns))), _ADDRESS_CHARS)


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    cleaned = (clean(text, _PLACE_CHARS) for text in texts if text.strip())
    return tuple(dict.fromkeys(cleaned))


def _countries(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for text in texts if (code := country(text))))
