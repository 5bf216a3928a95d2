"""A plain spreadsheet as CSV: every row an entry, its columns as a mapping or the header itself says (``mapping``).

Called by ``reading``. A row that cannot be used is a finding like in every other form; columns that are not mapped are
kept aside.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from relay.domain.referrals import Ages, Phone, PhoneKind, Referral, Status, place_key
from relay.errors import ConfigError
from relay.referrals import hours, values
from relay.referrals.archive import Source
from relay.referrals.context import Context
from relay.referrals.described import ASIDE_CHARS, MAX_ASIDE
from relay.referrals.findings import Reading, listed, quoted
from relay.referrals.mapping import OWN_NAMES, Mapping
from relay.referrals.names import country, languages
from relay.referrals.numbers import MIN_DIGITS, NUMBER_CHARS, country_of, without_doubles
from relay.referrals.places import placed
from relay.referrals.tables import Row, read_csv

_STATUSES = {status.value: status for status in Status} | {
    "": Status.ACTIVE, "open": Status.ACTIVE, "yes": Status.ACTIVE, "closed": Status.DEFUNCT,
    "temporarily_closed": Status.TEMPORARILY_CLOSED, "paused": Status.TEMPORARILY_CLOSED,
}  # fmt: skip
_PHONES = {
    "phone": PhoneKind.VOICE,
    "text": PhoneKind.TEXT,
    "textphone": PhoneKind.TEXTPHONE,
    "fax": PhoneKind.FAX,
}
_ID_OCTETS = 8


def read(source: Source, mapping: Mapping, context: Context, reading: Reading) -> Reading:
    """Entries out of a sheet. Raises ``ConfigError`` when the mapping is for another one."""
    reading.form = "a sheet"
    table = read_csv("sheet", source.name, source.raw, reading, mapping.delimiter)
    mapped = {column for columns in mapping.columns.values() for column in columns}
    if mapping is OWN_NAMES and "name" not in table.columns:
        there = listed(table.columns[:12])
        raise ConfigError(
            (f"{source.name}: its columns are not known ({there}); say with --map which is what",)
        )
    missing = sorted(mapped - set(table.columns)) if mapping is not OWN_NAMES else []
    if missing:
        lacks, has = listed(map(quoted, missing)), listed(table.columns)
        raise ConfigError((f"{mapping.file}: {source.name} has no column {lacks}; it has {has}",))
    seen: dict[str, int] = {}
    for row in table.rows:
        sheet_row = _SheetRow(row, mapping, context, reading)
        entry_id = sheet_row.id()
        if entry_id in seen:
            given = bool(sheet_row.one("id"))
            alike = "id as" if given else "name and place as"
            hint = "" if given else "; add a column with an id"
            column = sheet_row.column("id" if given else "name")
            reading.bad(row.file, row.line, column, f"has the same {alike} line {seen[entry_id]}{hint}")
            continue
        seen[entry_id] = row.line
        referral = sheet_row.referral(entry_id, mapped)
        if referral is None:
            reading.refused.add(entry_id)
        else:
            reading.entries.append(referral)
    return reading


class _SheetRow:
    """One row under its mapping."""

    def __init__(self, row: Row, mapping: Mapping, context: Context, reading: Reading) -> None:
        self._row = row
        self._mapping = mapping
        self._context = context
        self._reading = reading

    def all(self, name: str) -> list[str]:
        """Every cell of a field, else its constant."""
        found = [cell for column in self._mapping.columns.get(name, ()) if (cell := self._row.get(column))]
        constant = self._mapping.constants.get(name, "")
        return found or ([constant] if constant else [])

    def one(self, name: str) -> str:
        """A field as one text."""
        return " ".join(self.all(name))

    def first(self, name: str) -> str:
        """The first cell of a field: of two web addresses side by side, joined, there would be none."""
        return next(iter(self.all(name)), "")

    def many(self, name: str) -> tuple[str, ...]:
        """A field as a list."""
        return tuple(dict.fromkeys(item for cell in self.all(name) for item in values.items(cell)))

    def id(self) -> str:
        """Its id, else one that follows from name and place, so that the next import finds it again."""
        if given := self.one("id"):
            return given
        told = "|".join(place_key(self.one(name)) for name in ("name", "area", "town"))
        return sha256(told.encode()).hexdigest()[: 2 * _ID_OCTETS]

    def referral(self, entry_id: str, mapped: set[str]) -> Referral | None:
        """The entry; ``None`` when the row cannot be used."""
        name = values.clean(self.one("name"), values.NAME_CHARS)
        status = _STATUSES.get(self.one("status").casefold())
        if not name:
            self._bad("name", "is empty")
        if status is None:
            self._bad(
                "status", f"{quoted(self.one('status'))} is none of {listed(each.value for each in Status)}"
            )
        until, is_read = self._until()
        if not name or status is None or not is_read:
            return None
        description = values.clean(self.one("description"))
        line = values.one_line(description)
        countries = self._countries()
        return Referral(
            source=self._context.source,
            source_id=entry_id,
            name=name,
            line=line,
            description=description if description != line else "",
            organization=values.clean(self.one("organization"), values.NAME_CHARS),
            topics=self.many("topics"),
            languages=languages(self.many("languages")),
            where=placed(
                self.many("area"), self.many("town"), self.many("region"), countries,
                is_online=self._yes("online"),
            ),
            phones=self._phones(countries[0] if len(countries) == 1 else self._context.country),
            web=values.clean(self.first("web"), values.ADDRESS_CHARS),
            mail=values.clean(self.first("mail"), values.ADDRESS_CHARS),
            address=values.clean(self.one("address"), values.LINE_CHARS),
            hours=hours.from_text("; ".join(self.all("hours"))),
            cost=values.cost(self.one("cost")),
            cost_note=values.clean(self.one("cost"), values.LINE_CHARS),
            ages=self._ages(),
            status=status,
            alert=values.clean(self.one("alert"), values.LINE_CHARS),
            verified=self._verified(),
            until=until,
            aside=self._aside(mapped),
        )  # fmt: skip

    def _bad(self, name: str, reason: str) -> None:
        self._reading.bad(self._row.file, self._row.line, self.column(name), reason)

    def _note(self, name: str, reason: str) -> None:
        self._reading.note(self._row.file, self._row.line, self.column(name), reason)

    def column(self, name: str) -> str:
        """The column of a field, as the operator knows it."""
        columns = self._mapping.columns.get(name, ())
        return next((each for each in columns if self._row.get(each)), columns[0] if columns else name)

    def _countries(self) -> tuple[str, ...]:
        found = []
        for name in self.many("country"):
            code = country(name)
            if not code:
                self._note("country", f"{quoted(name)} is no country that we know")
            else:
                found.append(code)
        return tuple(found) or ((self._context.country,) if self._context.country else ())

    def _phones(self, home: str) -> tuple[Phone, ...]:
        found = []
        for name, kind in _PHONES.items():
            for cell in self.all(name):
                for number in values.items(cell):
                    if sum(map(str.isdigit, number)) < MIN_DIGITS or len(number) > NUMBER_CHARS:
                        self._note(name, f"{quoted(number)} is no telephone number")
                    else:
                        found.append(Phone(number, country_of(number) or home, kind))
        return without_doubles(found)

    def _yes(self, name: str) -> bool:
        try:
            return values.is_yes(self.one(name))
        except ValueError as error:
            self._note(name, str(error))
            return False

    def _ages(self) -> Ages:
        try:
            if text := self.one("ages"):
                return values.ages(text)
        except ValueError as error:
            self._note("ages", str(error))
        limits: list[int | None] = []
        for name in ("minimum_age", "maximum_age"):
            try:
                limits.append(values.age(self.one(name)))
            except ValueError as error:
                self._note(name, str(error))
                limits.append(None)
        return Ages(*limits)

    def _verified(self) -> date | None:
        try:
            day = values.day(self.first("verified"), self._mapping.dates) if self.first("verified") else None
        except ValueError as error:
            self._note("verified", str(error))
            return self._context.verified
        if day is not None and day > self._context.today:
            self._note("verified", f"{day} has not been yet")
            day = None
        return day or self._context.verified

    def _until(self) -> tuple[date | None, bool]:
        """The day on which it ends. A day that cannot be read stops the row: it may be over."""
        try:
            return (
                values.day(self.first("until"), self._mapping.dates) if self.first("until") else None
            ), True
        except ValueError as error:
            self._bad("until", str(error))
            return None, False

    def _aside(self, mapped: set[str]) -> tuple[tuple[str, str], ...]:
        cells = ((column, cell) for column, cell in self._row.cells.items() if column not in mapped)
        return tuple((column, values.clean(cell, ASIDE_CHARS)) for column, cell in cells)[:MAX_ASIDE]
