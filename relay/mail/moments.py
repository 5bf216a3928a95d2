"""Instants in words: ``today at 18:00 (Berlin time)``, in the languages of ``texts``.

Called by ``notices``. Pure: the present and the zone come in. A person who is waiting reads this, so it
names the zone every time (they may live in another one) and says nothing rather than something doubtful.
An unknown zone cannot happen after the configuration was checked; should it, the words are in UTC, say
so, and are still right.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from relay.mail.texts import Texts

DAYS_BY_NAME = 7
"""Within a week the name of the day is enough; a week from today it would be today's."""

MINUTES_BELOW = 120
HOURS_BELOW = 72
"""Units in which spans are said: below two hours minutes, below three days hours."""


def when_in_words(texts: Texts, language: str, at: datetime, now: datetime, zone: str) -> str:
    """Put ``at`` (aware, after ``now``) in words that fit after a verb: "we are here ...".

    ``zone`` is an IANA name; day and hour are its wall clock's at that instant.
    """
    local = at.astimezone(_zone(zone))
    days = (local.date() - now.astimezone(local.tzinfo).date()).days
    key = "time-at-one" if local.hour == 1 else "time"
    time = texts.word(key, language, hour=f"{local:%H}", minute=f"{local:%M}")
    weekday = texts.word(f"weekday.{local.isoweekday()}", language)
    if days == 0:
        moment = texts.word("today", language, time=time)
    elif days == 1:
        moment = texts.word("tomorrow", language, time=time)
    elif days < DAYS_BY_NAME:
        moment = texts.word("on-weekday", language, weekday=weekday, time=time)
    else:
        day = texts.word("first-of-month", language) if local.day == 1 else str(local.day)
        month = texts.word(f"month.{local.month}", language)
        moment = texts.word("on-date", language, weekday=weekday, day=day, month=month, time=time)
    area, slash, city = zone.rpartition("/")
    if slash and area != "Etc" and local.tzinfo is not UTC:
        return texts.word("in-city", language, moment=moment, city=texts.city(city, language))
    return texts.word("in-offset", language, moment=moment, offset=_offset(local))


def next_duty_in_words(texts: Texts, language: str, at: datetime | None, now: datetime, zone: str) -> str:
    """One sentence on when somebody is here next; an honest one when that is not known, or is not ahead."""
    if at is None or at <= now:
        return texts.word("next-duty-unknown", language)
    return texts.word("next-duty-known", language, when=when_in_words(texts, language, at, now, zone))


def span_in_words(texts: Texts, language: str, span: timedelta) -> str:
    """How long something lasts, in its largest fitting unit and rounded down: a person who reads it has no less time.

    A negative span counts as its length; less than a minute is one.
    """
    minutes = max(1, abs(span) // timedelta(minutes=1))
    hours = minutes // 60
    if minutes < MINUTES_BELOW:
        unit, count = "minutes", minutes
    elif hours < HOURS_BELOW:
        unit, count = "hours", hours
    else:
        unit, count = "days", hours // 24
    if count == 1:
        return texts.word("span.minute", language)
    return texts.word(f"span.{unit}", language, count=str(count))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _offset(local: datetime) -> str:
    """``UTC``, ``UTC+2`` or ``UTC-3:30``: for zones that are named after no city."""
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"
