"""HSDS 1.1 and 2.x, made into the tables of HSDS 3.

Called by ``reading``. Names changed on the way to 3.0: two tables of addresses became one, weekdays became rules,
the taxonomy became terms and attributes, and ``eligibility`` went. What was said only there is kept.

Standards: HSDS 1.1, 2.0 (schema; the changes are in the changelog of 3.0).
"""

from __future__ import annotations

from collections.abc import Callable

from relay.referrals import hours, values
from relay.referrals.context import Context
from relay.referrals.findings import Reading
from relay.referrals.hsds3 import NAMES, from_tables
from relay.referrals.links import rows_of
from relay.referrals.tables import Row, Table, Tables

OLD_NAMES = {
    "physical_address": "physical_address", "physical_addresses": "physical_address",
    "postal_address": "postal_address", "postal_addresses": "postal_address",
    "regular_schedule": "regular_schedule", "regular_schedules": "regular_schedule",
    "holiday_schedule": "holiday_schedule", "holiday_schedules": "holiday_schedule",
    "services_taxonomy": "service_taxonomy", "service_taxonomy": "service_taxonomy",
    "service_attribute": "service_taxonomy", "service_attributes": "service_taxonomy",
    "taxonomy": "taxonomy", "eligibility": "eligibility", "metadata": "metadata",
    "payments_accepted": "payment_accepted", "payment_accepted": "payment_accepted",
    "accessibility_for_disabilities": "accessibility_for_disabilities",
}  # fmt: skip
SIGNS = frozenset(OLD_NAMES) - {"metadata", "taxonomy"} | {"services_at_location", "services_at_locations"}
"""Names of files that only the older forms have."""

_BYDAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def from_tables_1(tables: Tables, context: Context, reading: Reading) -> Reading:
    """Entries out of the older tables."""
    reading.form = "HSDS 1.1 or 2"
    new = {name: table for name, table in tables.items() if name in NAMES.values()}
    _extend(new, "address", tables, "physical_address", lambda row: _with(row, address_type="physical"))
    _extend(new, "address", tables, "postal_address", lambda row: _with(row, address_type="postal"))
    _extend(new, "schedule", tables, "regular_schedule", lambda row: schedule(row, reading))
    _extend(new, "taxonomy_term", tables, "taxonomy", lambda row: row)
    _extend(new, "attribute", tables, "service_taxonomy", _attribute)
    for row in rows_of(new, "service_area"):
        row.cells.setdefault("name", row.get("service_area"))
    _extend(new, "language", {"language": new.pop("language", _none("language"))}, "language", _language)
    _add_eligibility(new, tables)
    _add_last_actions(new, tables, reading)
    return from_tables(new, context, reading)


def schedule(row: Row, reading: Reading) -> Row | None:
    """A weekday and two times as a rule; also for Ohana, which has the same table."""
    if not (row.get("opens_at") or row.get("closes_at")):
        return None  # how many directories write that a day is closed
    try:
        number = hours.weekday(row.get("weekday"))
    except ValueError as error:
        reading.bad(row.file, row.line, "weekday", str(error))
        return None
    for column in ("opens_at", "closes_at"):
        try:
            hours.minute(row.get(column))
        except ValueError as error:
            reading.bad(row.file, row.line, column, str(error) if row.get(column) else "is empty")
            return None
    return _with(row, freq="WEEKLY", byday=_BYDAY[number])


def _extend(new: Tables, name: str, old: Tables, old_name: str, change: Callable[[Row], Row | None]) -> None:
    rows = old[old_name].rows if old_name in old else []
    changed = [made for row in rows if (made := change(row)) is not None]
    if changed:
        new.setdefault(name, _none(name)).rows.extend(changed)


def _none(name: str) -> Table:
    return Table(name, "", ())


def _with(row: Row, **cells: str) -> Row:
    return Row(row.file, row.line, {**row.cells, **cells})


def _language(row: Row) -> Row:
    return _with(row, name=row.get("language") or row.get("name"))


def _attribute(row: Row) -> Row:
    term = row.get("taxonomy_id") or row.get("taxonomy_term_id")
    return _with(row, link_id=row.get("service_id"), link_entity="service", taxonomy_term_id=term,
                 value=row.get("taxonomy_detail"))  # fmt: skip


def _add_eligibility(new: Tables, old: Tables) -> None:
    """Who may come is said of the service itself since 3.0."""
    by_service: dict[str, list[str]] = {}
    for row in rows_of(old, "eligibility"):
        by_service.setdefault(row.get("service_id"), []).append(row.get("eligibility"))
    for row in rows_of(new, "service"):
        if row.get("id") in by_service:
            row.cells.setdefault("eligibility_description", "; ".join(by_service[row.get("id")]))


def _add_last_actions(new: Tables, old: Tables, reading: Reading) -> None:
    """The newest entry of a service in the log of changes is when it was last changed."""
    newest: dict[str, str] = {}
    for row in rows_of(old, "metadata"):
        if row.get("last_action_date"):
            try:
                day = values.day(row.get("last_action_date")).isoformat()
            except ValueError as error:
                reading.note(row.file, row.line, "last_action_date", str(error))
                continue
            newest[row.get("resource_id")] = max(day, newest.get(row.get("resource_id"), ""))
    for row in rows_of(new, "service"):
        if changed := newest.get(row.get("id")):
            row.cells.setdefault("last_modified", changed)
