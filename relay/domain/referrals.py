"""A referral: one service near a person or online, as a directory describes it and a counselor sends it on.

Readers make it (``relay.referrals``), the store keeps it, ``referral_ranking`` puts several in order. Values only:
what is in a directory is public, and nothing here is about a person who asks.

Standards: HSDS 3.0 (the words of ``Status``), ISO 3166-1 alpha-2 (countries), ISO 639-1 (languages).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum

ALWAYS_OPEN = ((0, 1, 2, 3, 4, 5, 6), 0, 1440)
MINUTES_A_DAY = 1440


class Status(Enum):
    """Only what is ``ACTIVE`` is ever offered."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class Reach(Enum):
    """For whom, as far as the place goes; the nearest comes first."""

    LOCAL = "local"
    REGION = "region"
    NATIONAL = "national"
    WORLDWIDE = "worldwide"
    UNKNOWN = "unknown"


class PhoneKind(Enum):
    """What a number is for."""

    VOICE = "voice"
    TEXT = "text"
    TEXTPHONE = "textphone"
    FAX = "fax"


class Cost(Enum):
    """What it costs; the words of the directory are beside it."""

    FREE = "free"
    LOW = "low"
    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as it is printed locally. ``country``: where it can be dialled like that."""

    number: str
    country: str = ""
    kind: PhoneKind = PhoneKind.VOICE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """On these days (0 is Monday) from one minute of the day to another; over midnight when it ends earlier."""

    days: tuple[int, ...]
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is there, in the local time of the place. ``note``: what the structure cannot say.

    Empty ``openings`` mean that the hours are not known.
    """

    openings: tuple[Opening, ...] = ()
    note: str = ""

    @property
    def is_always(self) -> bool:
        """Day and night."""
        return any((each.days, each.opens, each.closes) == ALWAYS_OPEN for each in self.openings)

    def is_open(self, weekday: int, minute: int | None) -> bool | None:
        """Whether somebody is there then, without a minute: comes that day; ``None`` when it is not known."""
        if not self.openings:
            return None
        if minute is None:
            return any(weekday in each.days for each in self.openings)
        for each in self.openings:
            over_midnight = each.closes <= each.opens
            if weekday in each.days and each.opens <= minute and (minute < each.closes or over_midnight):
                return True
            if over_midnight and (weekday - 1) % 7 in each.days and minute < each.closes:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Where:
    """Whom it serves: ``places`` are towns and service areas; ``is_online``: nobody has to go there."""

    reach: Reach = Reach.UNKNOWN
    places: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    is_online: bool = False


@dataclass(frozen=True, slots=True)
class Ages:
    """In years; ``None`` where there is no limit."""

    minimum: int | None = None
    maximum: int | None = None

    def fits(self, age: int) -> bool:
        """Tell whether somebody of this age is meant."""
        return (self.minimum is None or age >= self.minimum) and (self.maximum is None or age <= self.maximum)


@dataclass(frozen=True, slots=True)
class Referral:
    """One entry. ``number`` is what counselors type (``#412``) and is 0 until the store has given one.

    ``line``: what it does, in one line. ``description``: more of it, where there is more, to be searched.
    ``verified``: when its directory last saw to it that it is true. ``until``: what it describes ends then.
    ``aside``: columns that we know no use for, as they came.
    """

    source: str
    source_id: str
    name: str
    line: str = ""
    description: str = ""
    organization: str = ""
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    where: Where = Where()
    phones: tuple[Phone, ...] = ()
    web: str = ""
    mail: str = ""
    address: str = ""
    hours: Hours = Hours()
    cost: Cost = Cost.UNKNOWN
    cost_note: str = ""
    ages: Ages = Ages()
    status: Status = Status.ACTIVE
    alert: str = ""
    verified: date | None = None
    until: date | None = None
    aside: tuple[tuple[str, str], ...] = ()
    number: int = 0


_WORD = re.compile(r"[^\W_]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_BEFORE_PLACE = ("city of ", "county of ", "town of ", "borough of ", "greater ")
_BEHIND_PLACE = (" county", " city council", " borough", " district")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text without case and accents: what a search compares."""
    if text.isascii():
        return tuple(_ASCII_WORD.findall(text.lower()))
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def place_key(name: str) -> str:
    """A place however it is written: ``San Mateo County`` and ``san mateo`` are looked for as one."""
    folded = " ".join(words_of(name))
    for prefix in _BEFORE_PLACE:
        folded = folded.removeprefix(prefix)
    for suffix in _BEHIND_PLACE:
        folded = folded.removesuffix(suffix)
    return folded.replace(" ", "")
