"""The CSV of the Ohana API, made into the tables of HSDS 3.

Called by ``reading``. Ohana has what HSDS had not yet: a service lies at one location, keywords and ids of a
taxonomy stand in lists in its row, and what it asks of a row is stricter. A row that Ohana refuses is reported
here, too; where a person is still served well by the rest of it (a number without a kind), it is used without.

Standards: Open Eligibility (the ids of the taxonomy are opaque here).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from relay.referrals import hours, values
from relay.referrals.context import Context
from relay.referrals.findings import Reading, quoted
from relay.referrals.hsds1 import schedule
from relay.referrals.hsds3 import from_tables
from relay.referrals.links import rows_of
from relay.referrals.tables import Row, Table, Tables

NAMES = {
    "organizations": "organization", "locations": "location", "services": "service", "phones": "phone",
    "contacts": "contact", "programs": "program", "addresses": "address", "mail_addresses": "mail_address",
    "regular_schedules": "regular_schedule", "holiday_schedules": "holiday_schedule", "taxonomy": "taxonomy",
}  # fmt: skip

_REQUIRED = {
    "organization": ("id", "name"),
    "location": ("id", "name"),
    "program": ("id", "name"),
    "contact": ("id", "name"),
    "address": ("address_1", "city"),
    "mail_address": ("address_1", "city"),
    "taxonomy": ("taxonomy_id", "name"),
    "service": ("id", "name"),
}
"""What a row must have to be of use, and what Ohana asks for, where both agree."""
_PARENTS = {
    "service": ("location_id",),
    "contact": ("location_id", "organization_id", "service_id"),
    "phone": ("location_id", "organization_id", "service_id", "contact_id"),
    "address": ("location_id",),
    "mail_address": ("location_id",),
    "regular_schedule": ("location_id", "service_id"),
    "holiday_schedule": ("location_id", "service_id"),
    "program": ("organization_id",),
}
_KIND = {column: column.removesuffix("_id") for columns in _PARENTS.values() for column in columns}


def from_tables_ohana(tables: Tables, context: Context, reading: Reading) -> Reading:
    """Entries out of Ohana's tables."""
    reading.form = "Ohana"
    for name in _REQUIRED:
        _keep(tables, name, (row for row in rows_of(tables, name) if _is_complete(name, row, reading)))
    _keep(tables, "taxonomy", _terms(rows_of(tables, "taxonomy"), reading))
    for name, columns in _PARENTS.items():
        known = {column: _ids(tables, _KIND[column]) for column in columns}
        _keep(tables, name, (row for row in rows_of(tables, name) if _has_parent(name, known, row, reading)))
    for row in rows_of(tables, "organization"):
        _check_date(row, "date_incorporated", reading)
    for row in rows_of(tables, "holiday_schedule"):
        _check_holiday(row, reading)
    for row in rows_of(tables, "phone"):
        if not row.get("number_type"):
            reading.note(row.file, row.line, "number_type", "is empty; taken as voice")
    return from_tables(_as_hsds3(tables, reading), context, reading)


def _is_complete(name: str, row: Row, reading: Reading) -> bool:
    lacks = [column for column in _REQUIRED[name] if not row.get(column)]
    for column in lacks:
        reading.bad(row.file, row.line, column, "is empty")
    if lacks and name == "service" and row.get("id"):
        reading.refused.add(row.get("id"))
    return not lacks


def _has_parent(name: str, known: Mapping[str, set[str]], row: Row, reading: Reading) -> bool:
    """A row must belong to something that is there; of several that it names, those that are there count."""
    named = [column for column in known if row.get(column)]
    lost = [column for column in named if row.get(column) not in known[column]]
    report = reading.note if len(lost) < len(named) else reading.bad
    for column in lost:
        reason = f"there is no {_KIND[column]} {quoted(row.get(column))} that could be used"
        report(row.file, row.line, column, reason)
    if not named:
        reading.bad(row.file, row.line, next(iter(known)), "names nothing that it belongs to")
    for column in lost:
        del row.cells[column]
    is_kept = len(lost) < len(named)
    if not is_kept and name == "service":
        reading.refused.add(row.get("id"))
    return is_kept


def _ids(tables: Tables, name: str) -> set[str]:
    """Ids of the rows of a table that can be used."""
    return {row.get("id") for row in rows_of(tables, name)}


def _terms(rows: Iterable[Row], reading: Reading) -> list[Row]:
    """Terms of the taxonomy whose parents are there, wherever in the file they stand."""
    rows = list(rows)
    known = {row.get("taxonomy_id") for row in rows}
    found: dict[str, Row] = {}
    for row in rows:
        parent = row.get("parent_id")
        if parent and parent not in known:
            reading.bad(row.file, row.line, "parent_id", f"there is no term {quoted(parent)} above this one")
        else:
            found[row.get("taxonomy_id")] = row
    return list(found.values())


def _check_date(row: Row, column: str, reading: Reading) -> None:
    """Not used, but a date that is none often means that columns have moved."""
    if row.get(column):
        try:
            values.day(row.get(column), "mdy")
        except ValueError as error:
            reading.note(row.file, row.line, column, str(error))


def _check_holiday(row: Row, reading: Reading) -> None:
    """Holidays are not kept: they are over too soon. Reported like everything else."""
    for column in ("start_date", "end_date"):
        if row.get(column):
            _check_date(row, column, reading)
        else:
            reading.bad(row.file, row.line, column, "is empty")
    try:
        is_closed = values.is_yes(row.get("closed") or "neither")
    except ValueError:
        reading.bad(row.file, row.line, "closed", "is neither true nor false")
        return
    for column in () if is_closed else ("opens_at", "closes_at"):
        try:
            hours.minute(row.get(column))
        except ValueError as error:
            reading.bad(row.file, row.line, column, str(error) if row.get(column) else "is empty")


def _as_hsds3(tables: Tables, reading: Reading) -> Tables:
    new: Tables = {name: tables[name] for name in ("organization", "contact", "program") if name in tables}
    organizations = _ids(tables, "organization")
    for row in rows_of(tables, "phone"):
        row.cells["type"] = row.cells.pop("number_type", "")
        row.cells["description"] = row.get("department")
    for row in rows_of(tables, "location"):
        if row.cells.pop("virtual", "").casefold() in {"true", "1", "yes"}:
            row.cells["location_type"] = "virtual"
    addresses = [
        Row(row.file, row.line, {**row.cells, "address_type": "postal"})
        for row in rows_of(tables, "mail_address")
    ]
    _keep(new, "location", rows_of(tables, "location"))
    _keep(new, "phone", rows_of(tables, "phone"))
    _keep(new, "address", [*rows_of(tables, "address"), *addresses])
    made = (schedule(row, reading) for row in rows_of(tables, "regular_schedule"))
    _keep(new, "schedule", (row for row in made if row is not None))
    terms = [
        Row(row.file, row.line, {"id": row.get("taxonomy_id"), "name": row.get("name")})
        for row in rows_of(tables, "taxonomy")
    ]
    _keep(new, "taxonomy_term", terms)
    locations = {row.get("id"): row for row in rows_of(tables, "location")}
    for row in rows_of(tables, "service"):
        location = locations[row.get("location_id")]
        if location.get("organization_id") in organizations:
            row.cells["organization_id"] = location.get("organization_id")
        _spread(row, location, new)
    return new


def _spread(row: Row, location: Row, new: Tables) -> None:
    """What stands in lists in the row of a service, as rows of their own."""
    cells = row.cells
    service_id = row.get("id")

    def add(name: str, /, **made: str) -> None:
        new.setdefault(name, Table(name, row.file, ())).rows.append(Row(row.file, row.line, made))

    add(
        "service_at_location",
        id=f"at-{service_id}",
        service_id=service_id,
        location_id=cells.pop("location_id"),
    )
    for area in values.items(cells.pop("service_areas", "")):
        add("service_area", service_id=service_id, name=area)
    for language in values.items(cells.pop("languages", "") or location.get("languages")):
        add("language", service_id=service_id, name=language)
    for term in values.items(cells.pop("taxonomy_ids", "")):
        add("attribute", link_id=service_id, link_entity="service", taxonomy_term_id=term)
    for number, keyword in enumerate(values.items(cells.pop("keywords", ""))):
        add("taxonomy_term", id=f"keyword-{service_id}-{number}", name=keyword)
        add(
            "attribute",
            link_id=service_id,
            link_entity="service",
            taxonomy_term_id=f"keyword-{service_id}-{number}",
        )
    cells["url"] = cells.pop("website", "") or location.get("website")
    cells.setdefault("email", location.get("email"))
    new.setdefault("service", Table("service", row.file, ())).rows.append(row)


def _keep(tables: Tables, name: str, rows: Iterable[Row]) -> None:
    kept = list(rows)
    if name in tables:
        tables[name].rows = kept
    elif kept:
        tables[name] = Table(name, kept[0].file, (), kept)
