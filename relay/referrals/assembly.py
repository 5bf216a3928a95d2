"""From the tables of HSDS 3 to entries: everything that belongs to a service, put together.

Called by ``hsds3``, and for older forms by ``hsds1`` and ``ohana`` when they have made the tables those of HSDS 3.
A service that lacks its id, its name or a status that we know is reported and not used; what it lacks besides is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from relay.domain.referrals import Ages, Cost, Hours, Opening, Phone, PhoneKind, Referral, Status
from relay.referrals import hours, values
from relay.referrals.context import Context
from relay.referrals.described import MAX_ASIDE, aside, described
from relay.referrals.findings import Reading, listed, quoted
from relay.referrals.links import Links, by_id, rows_of
from relay.referrals.names import languages
from relay.referrals.numbers import phone, without_doubles
from relay.referrals.places import address_line, where
from relay.referrals.tables import Row, Tables

_STATUSES = {status.value: status for status in Status} | {"temporarily_closed": Status.TEMPORARILY_CLOSED}
_USED_NAMES = """
id name description url email status fees_description fees minimum_age maximum_age assured_date last_modified
alert organization_id program_id
"""
_USED = frozenset(_USED_NAMES.split())
_UNUSUAL = ("interval", "bymonthday", "byweekno", "byyearday", "count")
"""Columns of a schedule that make it something else than a plain week."""

Children = dict[tuple[str, str], list[Row]]
Parent = tuple[str, str]


class Assembly:
    """All tables of one directory, and entries out of them."""

    def __init__(self, tables: Tables, context: Context, reading: Reading) -> None:
        self._context = context
        self._reading = reading
        self._services = by_id(tables, "service", ("name",), reading)
        self._organizations = by_id(tables, "organization", ("name",), reading)
        known = {
            "service": self._services,
            "organization": self._organizations,
            "location": by_id(tables, "location", (), reading),
            "contact": by_id(tables, "contact", (), reading, is_unique=False),
            "program": by_id(tables, "program", ("name",), reading),
        }
        self._locations = known["location"]
        links = Links(tables, known, reading)
        self._at_locations: dict[str, list[Parent]] = {}
        known["service_at_location"] = self._read_at_locations(tables)
        known["phone"] = {row.get("id"): row for row in rows_of(tables, "phone")}
        for row in self._locations.values():
            if row.get("organization_id"):
                self._lost(links, row, "organization_id")
        self._links = links
        self._contacts = self._by_parent(rows_of(tables, "contact"))
        self._phones = links.children("phone", ("number",))
        self._addresses = links.children("address")
        self._schedules = links.children("schedule")
        self._areas = links.children("service_area")
        self._languages = links.children("language")
        self._costs = links.children("cost_option")
        self._topics = self._read_topics(tables)
        for table in tables.values():
            table.rows = []  # each row is where it belongs, and can go when that is done

    def entries(self) -> Iterable[Referral]:
        """One for each service that can be used. What belongs to it alone is given up, so that it is asked for once."""
        for row in self._services.values():
            referral = self._entry(row)
            self._give_up(("service", row.get("id")))
            if referral is None:
                self._reading.refused.add(row.get("id"))
            else:
                yield referral

    def _entry(self, row: Row) -> Referral | None:
        status = self._status(row)
        name = values.clean(row.get("name"), values.NAME_CHARS)
        if not name:
            self._reading.bad(row.file, row.line, "name", "has nothing in it that could be printed")
        if status is None or not name:
            return None
        service_id = row.get("id")
        places = self._at_locations.get(service_id, [])
        parents: list[Parent] = [("service", service_id), *places]
        organization_id = row.get("organization_id")
        if organization_id:
            self._lost(self._links, row, "organization_id")
        organization = self._organizations.get(organization_id)
        above: list[Parent] = [("organization", organization_id)] if organization else []
        addresses = self._of(self._addresses, [*places, *above])
        locations = [self._locations[each] for kind, each in places if kind == "location"]
        description, line = described(row)
        fees = row.get("fees_description") or row.get("fees")
        areas = [area.get("name") or area.get("description") for area in self._of(self._areas, parents[:1])]
        of_all = organization.get if organization else lambda _: ""
        web = row.get("url") or of_all("website") or of_all("url")
        mail = row.get("email") or of_all("email")
        place = where(areas, addresses, locations, self._context.country)
        return Referral(
            source=self._context.source,
            source_id=service_id,
            name=name,
            line=line,
            description=description if description != line else "",
            organization=values.clean(of_all("name"), values.NAME_CHARS),
            topics=self._topics.get(service_id, ())[:MAX_ASIDE],
            languages=self._spoken(parents),
            where=place,
            phones=self._numbers(parents, above, place.countries),
            web=values.clean(web, values.ADDRESS_CHARS),
            mail=values.clean(mail, values.ADDRESS_CHARS),
            address=address_line(addresses),
            hours=self._hours(parents),
            cost=self._cost(service_id, fees),
            cost_note=values.clean(fees, values.LINE_CHARS),
            ages=self._ages(row),
            status=status,
            alert=values.clean(row.get("alert"), values.LINE_CHARS),
            verified=self._verified(row),
            aside=aside(row, _USED),
        )

    # --- parts of an entry ---------------------------------------------------------------------------

    def _status(self, row: Row) -> Status | None:
        text = row.get("status").casefold()
        if not text:
            self._reading.note(row.file, row.line, "status", "is empty; taken as active")
            return Status.ACTIVE
        if text not in _STATUSES:
            known = listed(status.value for status in Status)
            self._reading.bad(row.file, row.line, "status", f"{quoted(text)} is none of {known}")
        return _STATUSES.get(text)

    def _numbers(
        self, parents: Sequence[Parent], above: Sequence[Parent], countries: Sequence[str]
    ) -> tuple[Phone, ...]:
        """Of the nearest that can be called: the service and its places, its contacts, its organization."""
        country = countries[0] if len(countries) == 1 else self._context.country
        contacts = [
            ("contact", each) for parent in (*parents, *above) for each in self._contacts.get(parent, ())
        ]
        found: tuple[Phone, ...] = ()
        for level in (parents, contacts, above):
            rows = self._of(self._phones, level)
            found = without_doubles((*found, *(phone(row, country, self._reading) for row in rows)))
            if any(each.kind is not PhoneKind.FAX for each in found):
                break
        return found

    def _hours(self, parents: Sequence[Parent]) -> Hours:
        """Of the service itself, there or anywhere, where it has any: a building is open longer than what is in it."""
        own = [parent for parent in parents if parent[0] != "location"]
        rows = self._of(self._schedules, own) or self._of(self._schedules, parents)
        openings: list[Opening] = []
        notes: list[str] = []
        for row in rows:
            if not self._is_current(row):
                continue
            notes.append(row.get("description") or row.get("notes"))
            others = any(row.get(name) not in {"", "1"} for name in _UNUSUAL)
            try:
                opening = hours.weekly(
                    row.get("byday"),
                    row.get("freq"),
                    row.get("opens_at"),
                    row.get("closes_at"),
                    others=others,
                )
            except ValueError as error:
                self._reading.bad(row.file, row.line, "byday, opens_at, closes_at", str(error))
                continue
            if opening is not None:
                openings.append(opening)
        return hours.together(openings, "; ".join(dict.fromkeys(filter(None, notes))))

    def _is_current(self, row: Row) -> bool:
        """Whether a schedule has begun and has not ended; reports it otherwise, and a date that is none."""
        begins = self._date(row, "valid_from")
        if begins is not None and begins > self._context.today:
            self._reading.note(
                row.file, row.line, "valid_from", f"these hours begin on {begins}; not used yet"
            )
            return False
        for column in ("valid_to", "until"):
            ends = self._date(row, column)
            if ends is not None and ends < self._context.today:
                self._reading.bad(row.file, row.line, column, f"these hours ended on {ends}")
                return False
        return True

    def _cost(self, service_id: str, fees: str) -> Cost:
        known = values.cost(fees)
        if known is not Cost.UNKNOWN:
            return known
        for row in self._costs.get(("service", service_id), ()):
            try:
                amount = float(row.get("amount") or "nan")
            except ValueError:
                self._reading.note(row.file, row.line, "amount", f"{quoted(row.get('amount'))} is no number")
                continue
            if amount == 0:
                known = Cost.FREE
            elif amount > 0:
                return Cost.PAID
        return known

    def _ages(self, row: Row) -> Ages:
        limits: list[int | None] = []
        for column in ("minimum_age", "maximum_age"):
            try:
                limits.append(values.age(row.get(column)))
            except ValueError as error:
                self._reading.note(row.file, row.line, column, str(error))
                limits.append(None)
        return Ages(*limits)

    def _verified(self, row: Row) -> date | None:
        """When somebody vouched for it, else when it was last changed, else what the operator says of all."""
        for column in ("assured_date", "last_modified"):
            day = self._date(row, column)
            if day is not None and day <= self._context.today:
                return day
            if day is not None:
                self._reading.note(row.file, row.line, column, f"{day} has not been yet")
        return self._context.verified

    def _date(self, row: Row, column: str) -> date | None:
        if not row.get(column):
            return None
        try:
            return values.day(row.get(column))
        except ValueError as error:
            self._reading.note(row.file, row.line, column, str(error))
            return None

    def _spoken(self, parents: Sequence[Parent]) -> tuple[str, ...]:
        """Of the service and its places; where nothing is said of them, of its numbers."""
        rows = self._of(self._languages, parents)
        names = [row.get("code") or row.get("name") for row in rows]
        for row in () if names else self._of(self._phones, parents):
            spoken = self._languages.get(("phone", row.get("id")), ())
            names += [
                *values.items(row.get("language")),
                *(each.get("code") or each.get("name") for each in spoken),
            ]
        return languages(tuple(names))

    def _give_up(self, parent: Parent) -> None:
        for children in (
            self._phones,
            self._addresses,
            self._schedules,
            self._areas,
            self._languages,
            self._costs,
        ):
            children.pop(parent, None)

    # --- what belongs to what ------------------------------------------------------------------------

    def _of(self, children: Children, parents: Iterable[Parent]) -> list[Row]:
        found: dict[int, Row] = {}
        for parent in parents:
            for row in children.get(parent, ()):
                found[id(row)] = row
        return list(found.values())

    def _lost(self, links: Links, row: Row, column: str) -> None:
        """Report a reference that leads nowhere; the row stands without it."""
        value = row.get(column)
        if not links.has(column, value):
            kind = column.removesuffix("_id")
            self._reading.note(
                row.file, row.line, column, f"there is no {kind} {quoted(value)} that could be used"
            )

    def _read_at_locations(self, tables: Tables) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for row in rows_of(tables, "service_at_location"):
            service, location = row.get("service_id"), row.get("location_id")
            lost = [
                (column, value)
                for column, value, known in (
                    ("service_id", service, self._services),
                    ("location_id", location, self._locations),
                )
                if value not in known
            ]
            for column, value in lost:
                kind = column.removesuffix("_id")
                reason = f"there is no {kind} {quoted(value)} that could be used" if value else "is empty"
                self._reading.bad(row.file, row.line, column, reason)
            if not lost:
                row_id = row.get("id")
                places = self._at_locations.setdefault(service, [])
                places.extend((("service_at_location", row_id), ("location", location)))
                found[row_id] = row
        return found

    def _by_parent(self, contacts: Iterable[Row]) -> dict[Parent, list[str]]:
        """Contacts are only a way to a number; whose they are is nobody's business."""
        found: dict[Parent, list[str]] = {}
        for row in contacts:
            for parent in self._links.parents_of(row):
                found.setdefault(parent, []).append(row.get("id"))
        return found

    def _read_topics(self, tables: Tables) -> dict[str, tuple[str, ...]]:
        terms = by_id(tables, "taxonomy_term", ("name",), self._reading)
        found: dict[str, list[str]] = {}
        for row in rows_of(tables, "attribute"):
            term, service = row.get("taxonomy_term_id"), row.get("link_id")
            is_services = service in self._services
            if not is_services and row.get("link_entity").casefold() not in {"", "service", "services"}:
                continue  # said of a location or an organization
            if not is_services:
                self._reading.bad(
                    row.file, row.line, "link_id", f"there is no service {quoted(service)} that could be used"
                )
            elif term in terms:
                found.setdefault(service, []).append(values.clean(terms[term].get("name"), values.NAME_CHARS))
            elif term or not row.get("value"):
                self._reading.bad(
                    row.file,
                    row.line,
                    "taxonomy_term_id",
                    f"there is no term {quoted(term)} that could be used",
                )
            else:
                found.setdefault(service, []).append(values.clean(row.get("value"), values.NAME_CHARS))
        return {service: tuple(dict.fromkeys(names)) for service, names in found.items()}
