"""An entry of the directory in words for a seeker, in the seeker's language: what stands in a reply for ``!refer``.

Called by ``flow`` for what a counselor inserts and for the preview of it; pure, the same entry gives the same lines.
What the directory says in its own words (what it is, notices, notes) stays in them; everything else is said in
the reader's language. Left out: what the directory does not say, fax numbers, and anything that only the
counselor has to know (numbers of entries, what speaks against sending one).

Promises: one line a fact, no control character, no tracking parameter in any address (``links``), a notice always.
What runs the other way than the text around it is set apart (``bidi``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files

from relay.domain.referrals import Ages, Cost, Hours, Opening, Phone, PhoneKind, Referral
from relay.mail.bidi import FIRST_STRONG_ISOLATE, POP, set_apart
from relay.mail.links import tidy_text, tidy_url
from relay.mail.phone_forms import dialled
from relay.mail.referral_words import COUNTRY, LANGUAGE
from relay.mail.texts import Texts

MAX_PHONES = 3
"""Of each kind; more would bury the first."""
MAX_LANGUAGES = 8
MAX_NOTICE_CHARS = 500

_KINDS = (
    (PhoneKind.VOICE, "entry.phone"),
    (PhoneKind.TEXT, "entry.text"),
    (PhoneKind.TEXTPHONE, "entry.textphone"),
)
_COSTS = {Cost.FREE: "entry.cost-free", Cost.LOW: "entry.cost-low", Cost.PAID: "entry.cost-paid"}
_BEGINS_SOMETHING_ELSE = " !\u00a1\uff01>|"
_KEPT = f"\u200c\u200d{FIRST_STRONG_ISOLATE}{POP}"
"""Not printable by themselves: joiners, needed to write Persian or Hindi, and what sets words apart."""
_HOST_FIRST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#]|\Z)")
_BARE_WEB = re.compile(r"(?<![\w./@-])www\.[^\s<>\"]*[^\s<>\".,;:!?'*_)\]}\u2026]")


def entries(texts: Texts, language: str, referrals: Sequence[Referral], countries: Collection[str]) -> str:
    """Several, with an empty line between them. ``countries``: where the reader is, as far as somebody said so."""
    return "\n\n".join("\n".join(entry_lines(texts, language, each, countries)) for each in referrals)


def entry_lines(
    texts: Texts, language: str, referral: Referral, countries: Collection[str]
) -> tuple[str, ...]:
    """One entry: its name, what it is and for whom, then a line for each fact that is known."""
    spoken = texts.language_of_word("entry.phone", language)
    lines = _lines(RightWords(texts, spoken), referral, countries)
    return tuple(filter(None, map(_one_line, lines)))


def _one_line(text: str) -> str:
    """Nothing that begins another line, turns the direction round, or reads like a command or a quote."""
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable() or c in _KEPT)
    words = plain.lstrip(_BEGINS_SOMETHING_ELSE + _KEPT)
    return "".join(c for c in plain[: len(plain) - len(words)] if c in _KEPT) + words


def _lines(words: RightWords, referral: Referral, countries: Collection[str]) -> Iterator[str]:
    yield referral.name
    yield " ".join(filter(None, (words.apart(tidied(referral.line)), _ages(words, referral.ages))))
    if referral.alert:
        yield words("entry.notice", text=tidied(referral.alert[:MAX_NOTICE_CHARS]))
    for kind, key in _KINDS:
        numbers = [_phone(words, each, countries) for each in referral.phones if each.kind is kind]
        if numbers:
            yield words(key, numbers=words.listed(numbers[:MAX_PHONES]))
    web = shown_web(referral.web)
    if not (referral.phones or web or referral.mail) and referral.address:
        yield words("entry.address", address=referral.address)
    is_near = bool(set(referral.where.countries) & set(countries))
    if hours := _hours(words, referral.hours, "" if is_near else _zone(referral), is_near=is_near):
        yield words("entry.hours", hours=hours)
    if referral.languages:
        names = [words.named(LANGUAGE, each) or each for each in referral.languages[:MAX_LANGUAGES]]
        yield words("entry.languages", languages=words.listed(names, last="list-last"))
    if cost := _cost(words, referral):
        yield words("entry.cost", cost=cost)
    if referral.mail:
        yield words("entry.mail", mail=referral.mail)
    yield web
    if referral.verified:
        yield words("entry.checked", when=month_in_words(words.texts, words.language, referral.verified))


class RightWords:
    """The words of one language."""

    def __init__(self, texts: Texts, language: str) -> None:
        self.texts = texts
        self.language = language

    def __call__(self, key: str, **values: str) -> str:
        return self.texts.word(key, self.language, **values)

    def named(self, prefix: str, name: str) -> str:
        return self.texts.named(prefix, name, self.language)

    def listed(self, items: Sequence[str], *, last: str = "list-next") -> str:
        told = items[0]
        for place, each in enumerate(items[1:], 2):
            told = self(last if place == len(items) else "list-next", list=told, next=each)
        return told

    def apart(self, text: str) -> str:
        """What the directory says, in a line of ours: it may run the other way (``bidi``)."""
        return set_apart(text, self.language)


def month_in_words(texts: Texts, language: str, day: date) -> str:
    """``May 2026``: nobody needs the day of a check."""
    month = texts.word(f"month.{day.month}", language)
    return texts.word("month-of-year", language, month=month, year=str(day.year))


def phone_in_words(texts: Texts, language: str, phone: Phone, countries: Collection[str]) -> str:
    """One number as it is dialled from these countries, and from elsewhere when they are not its own."""
    return _phone(RightWords(texts, texts.language_of_word("entry.phone", language)), phone, countries)


def _phone(words: RightWords, phone: Phone, countries: Collection[str]) -> str:
    forms = dialled(phone, countries)
    number = forms.local
    if forms.abroad:
        number = words("entry.abroad", number=number, abroad=forms.abroad)
    elif forms.only_within is not None:
        country = words.named(COUNTRY, forms.only_within)
        number = (
            words("entry.only-within", number=number, country=country)
            if country
            else words("entry.only-there", number=number)
        )
    return words("entry.beside", text=number, more=tidied(phone.note)) if phone.note else number


def _ages(words: RightWords, ages: Ages) -> str:
    """Nought is no limit."""
    if ages.minimum and ages.maximum is not None:
        return words("entry.ages-between", youngest=str(ages.minimum), oldest=str(ages.maximum))
    if ages.minimum:
        return words("entry.ages-from", youngest=str(ages.minimum))
    return "" if ages.maximum is None else words("entry.ages-to", oldest=str(ages.maximum))


def _cost(words: RightWords, referral: Referral) -> str:
    """In the directory's own words where they say more than that it is free."""
    note = tidied(referral.cost_note)
    if referral.cost is Cost.UNKNOWN or (note and referral.cost is Cost.PAID):
        return note
    told = words(_COSTS[referral.cost])
    return words("entry.cost-told", cost=told, note=note) if note and referral.cost is not Cost.FREE else told


def _hours(words: RightWords, hours: Hours, zone: str, *, is_near: bool) -> str:
    """``is_near``: the reader's clock may well be the one that is meant, so no zone is named."""
    note = words.apart(tidied(hours.note))
    if hours.is_always:
        return "; ".join(filter(None, (words("entry.always"), note)))
    told = "; ".join(_opening(words, each) for each in hours.openings)
    if told and zone:
        city = words.texts.city(zone.rpartition("/")[2], words.language)
        told = words("in-city", moment=told, city=city)
    elif told and not is_near:
        told = words("entry.local-time", hours=told)
    return "; ".join(filter(None, (told, note)))


def _opening(words: RightWords, opening: Opening) -> str:
    opens, closes = (f"{each // 60:02}:{each % 60:02}" for each in (opening.opens, opening.closes))
    times = words("hours.times", opens=opens, closes=closes)
    return words("hours.line", days=_days(words, opening.days), times=times)


def _days(words: RightWords, days: Sequence[int]) -> str:
    """``Monday to Wednesday and Friday``."""
    if len(set(days)) == 7:
        return words("hours.every-day")
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    told: list[str] = []
    for run in runs:
        names = [words(f"weekday.{day + 1}") for day in run]
        told += [words("hours.span", first=names[0], last=names[-1])] if len(run) > 2 else names
    return words.listed(told, last="list-last") if told else ""


def _zone(referral: Referral) -> str:
    """The time zone of an entry, where its country has but one."""
    countries = referral.where.countries
    return _zones().get(countries[0], "") if len(countries) == 1 else ""


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Zones by country, of those with one; Büsingen keeps Berlin's time (tz database, ``zone.tab``)."""
    found: dict[str, list[str]] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, []).append(zone)
    return {country: zones[0] for country, zones in found.items() if len(zones) == 1 or country == "DE"}


def tidied(text: str) -> str:
    """What a directory says, on one line, with every web address in it made tidy."""
    return _BARE_WEB.sub(lambda match: shown_web(match.group()), tidy_text(" ".join(text.split()), ""))


def shown_web(address: str) -> str:
    """A web address as it is sent on: nothing in it follows people. Empty when it cannot be shown."""
    if not address:
        return ""
    if "://" in address:
        return tidy_url(address) or ""
    if not _HOST_FIRST.match(address):
        return ""
    return (tidy_url(f"https://{address}") or "").removeprefix("https://")
