"""The per-country JSON of open-helplines, read leniently: a country, and its helplines with their ways of contact.

Called by ``reading``. Lists of helplines may be called ``helplines`` or ``records``; a number may stand in the
line itself or in its contacts. The format forces short numbers into E.164, where nobody can dial them: they are
put back.

Standards: open-helplines (JSON Schema of its records).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from relay.domain.referrals import Cost, Hours, Phone, PhoneKind, Reach, Referral, Status, Where
from relay.referrals import hours, values
from relay.referrals.archive import Source
from relay.referrals.context import Context
from relay.referrals.findings import Reading, quoted
from relay.referrals.names import country, languages
from relay.referrals.numbers import as_printed, kind_of, without_doubles
from relay.referrals.records import Document

_LISTS = frozenset({"helplines", "records", "lines"})
_USED_NAMES = """
id country name category secondary_categories categories tags contacts description website url web email mail
verified_at last_verified number phone hours languages free status region regions
"""
_USED = frozenset(_USED_NAMES.split())
_ASIDE_CHARS = 500
_NUMBER_CHARS = 40


def is_one(document: Document) -> bool:
    """Tell whether a document is of this form."""
    return any(record.key in _LISTS for record in document.records) and "total_pages" not in document.beside


def read(documents: Sequence[tuple[Source, Document]], context: Context, reading: Reading) -> Reading:
    """Entries out of one or more countries."""
    reading.form = "open-helplines"
    seen: dict[str, int] = {}
    for source, document in documents:
        home = country(str(document.beside.get("country", "")))
        for record in document.records:
            if record.key not in _LISTS:
                continue
            line = _Line(record.value, source.name, record.line, home, context, reading)
            entry = line.referral()
            if entry is None:
                continue
            if entry.source_id in seen:
                reading.bad(source.name, record.line, "id", f"{quoted(entry.source_id)} is there twice")
                continue
            seen[entry.source_id] = record.line
            reading.entries.append(entry)
    return reading


class _Line:
    """One helpline."""

    def __init__(
        self, value: Any, file: str, line: int, home: str, context: Context, reading: Reading
    ) -> None:
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        self._place = (file, line)
        self._context = context
        self._reading = reading
        self._country = country(self._text("country")) or home or context.country

    def referral(self) -> Referral | None:
        """The entry; ``None`` when it cannot be used."""
        name = values.clean(self._text("name"), values.NAME_CHARS)
        if not name:
            self._reading.bad(*self._place, "name", "is empty")
            if self._text("id"):
                self._reading.refused.add(self._text("id"))
            return None
        contacts = [each for each in self._list("contacts") if isinstance(each, dict)] or [self._value]
        description = values.clean(self._text("description"))
        line = values.one_line(description)
        free = [each.get("free") for each in contacts]
        is_free = bool(free) and all(each is True for each in free)
        regions = self._texts("regions", "region")
        is_online = any(
            str(each.get("method", "")).casefold() in {"chat", "web", "email", "online"} for each in contacts
        )
        return Referral(
            source=self._context.source,
            source_id=self._text("id") or f"{self._country}-{name}".casefold(),
            name=name,
            line=line,
            description=description if description != line else "",
            topics=self._texts("category", "categories", "secondary_categories", "tags"),
            languages=languages(tuple(word for each in contacts for word in _words(each.get("languages")))),
            where=self._where(regions, is_online=is_online),
            phones=without_doubles(self._phone(each) for each in contacts),
            web=self._first("website", "url", "web"),
            mail=self._first("email", "mail"),
            hours=self._hours(contacts),
            cost=Cost.FREE if is_free else Cost.UNKNOWN,
            status=Status.ACTIVE if self._text("status") in {"", "active"} else Status.INACTIVE,
            verified=self._verified(),
            aside=self._aside(),
        )

    def _text(self, name: str) -> str:
        value = self._value.get(name)
        return value.strip() if isinstance(value, str) else ""

    def _first(self, *names: str) -> str:
        """The first of these that is there."""
        return values.clean(next(filter(None, map(self._text, names)), ""), values.ADDRESS_CHARS)

    def _list(self, name: str) -> list[Any]:
        value = self._value.get(name)
        return value if isinstance(value, list) else []

    def _texts(self, *names: str) -> tuple[str, ...]:
        """Names of topics as words: ``suicide_prevention`` is two."""
        found = (word for name in names for word in _words(self._value.get(name)))
        return tuple(dict.fromkeys(values.clean(word.replace("_", " "), values.NAME_CHARS) for word in found))

    def _where(self, regions: tuple[str, ...], *, is_online: bool) -> Where:
        if not self._country:
            return Where(Reach.WORLDWIDE if is_online else Reach.UNKNOWN, is_online=is_online)
        reach = Reach.REGION if regions else Reach.NATIONAL
        return Where(reach, regions=regions, countries=(self._country,), is_online=is_online)

    def _phone(self, contact: dict[str, Any]) -> Phone | None:
        written = values.clean(str(contact.get("number") or contact.get("phone") or ""), _NUMBER_CHARS)
        if not any(map(str.isdigit, written)):
            return None
        kind = kind_of(str(contact.get("method", "")))
        printed = as_printed(written, self._country)
        if printed != written and len(written) - len(printed) > 0 and not printed.startswith(("+", "0", "(")):
            reason = f"{quoted(written)} cannot be dialled; taken as the short number {printed}"
            self._reading.note(*self._place, "number", reason)
        return Phone(printed, self._country, kind or PhoneKind.VOICE)

    def _hours(self, contacts: Iterable[dict[str, Any]]) -> Hours:
        found = [str(each["hours"]) for each in contacts if isinstance(each.get("hours"), str)]
        return hours.from_text(found[0]) if found else Hours()

    def _verified(self) -> date | None:
        text = self._text("verified_at") or self._text("last_verified")
        if not text:
            return self._context.verified
        try:
            day = values.day(text)
        except ValueError as error:
            self._reading.note(*self._place, "verified_at", str(error))
            return self._context.verified
        if day > self._context.today:
            self._reading.note(*self._place, "verified_at", f"{day} has not been yet")
            return self._context.verified
        return day

    def _aside(self) -> tuple[tuple[str, str], ...]:
        plain = ((name, each) for name, each in self._value.items() if name not in _USED)
        return tuple(
            (name, values.clean(str(each), _ASIDE_CHARS)) for name, each in plain if each is not None
        )


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []
