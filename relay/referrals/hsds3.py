"""HSDS 3.0 and 3.1: JSON of every shape, and the CSV data package.

Called by ``reading``. 3.1 adds columns to 3.0 (``url``, ``service_areas`` at a location); those that we do not use
are kept aside.

Standards: HSDS 3.0, 3.1 (schema, serialization).
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.referrals.archive import Source
from relay.referrals.assembly import Assembly
from relay.referrals.context import Context
from relay.referrals.findings import Reading
from relay.referrals.nested import flatten
from relay.referrals.records import Document
from relay.referrals.tables import Row, Tables

NAMES = {
    "organization": "organization", "organizations": "organization", "service": "service", "services": "service",
    "location": "location", "locations": "location", "phone": "phone", "phones": "phone", "contact": "contact",
    "contacts": "contact", "program": "program", "programs": "program", "address": "address",
    "addresses": "address", "schedule": "schedule", "schedules": "schedule", "language": "language",
    "languages": "language", "service_area": "service_area", "service_areas": "service_area",
    "service_at_location": "service_at_location", "service_at_locations": "service_at_location",
    "services_at_location": "service_at_location", "services_at_locations": "service_at_location",
    "attribute": "attribute", "attributes": "attribute", "taxonomy_term": "taxonomy_term",
    "taxonomy_terms": "taxonomy_term", "cost_option": "cost_option", "cost_options": "cost_option",
}  # fmt: skip
"""Tables that are used, by the names of their files."""


def from_tables(tables: Tables, context: Context, reading: Reading) -> Reading:
    """Entries out of tables whose names are those of HSDS 3."""
    reading.form = reading.form or "HSDS 3"
    _one_service_each(tables)
    reading.entries.extend(Assembly(tables, context, reading).entries())
    return reading


def _one_service_each(tables: Tables) -> None:
    """Some directories name all the services of a place in one cell."""
    table = tables.get("service_at_location")
    for row in list(table.rows) if table else ():
        first, *others = row.get("service_id").split(",")
        if others:
            row.cells["service_id"] = first.strip()
            new = (Row(row.file, row.line, {**row.cells, "service_id": each.strip()}) for each in others)
            tables["service_at_location"].rows.extend(new)


def from_json(documents: Sequence[tuple[Source, Document]], context: Context, reading: Reading) -> Reading:
    """Entries out of JSON; what several files say of one object is put together."""
    joined: Tables = {}
    for source, document in documents:
        for name, table in flatten(document, source.name, reading).items():
            kept = joined.setdefault(name, table)
            if kept is not table:
                seen = {row.get("id") for row in kept.rows}
                kept.rows.extend(row for row in table.rows if not row.get("id") or row.get("id") not in seen)
    return from_tables(joined, context, reading)
