"""HSDS 3 as JSON, made into the tables that the same standard has as CSV.

Called by ``hsds3``. A service, an organization or a service at a location, alone, in a list or in a page of an
API, with everything that belongs to it inside: each object becomes a row that names its parent. What is there
several times (the organization in each of its services) is one row with all that is said of it.

Standards: HSDS 3.0 and 3.1 (serialization).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from relay.referrals.findings import Reading, quoted
from relay.referrals.records import Document
from relay.referrals.tables import Row, Table, Tables

_LISTS = {
    "services": "service", "locations": "location", "organizations": "organization", "programs": "program",
    "service_at_locations": "service_at_location", "phones": "phone", "addresses": "address",
    "schedules": "schedule", "service_areas": "service_area", "languages": "language",
    "cost_options": "cost_option", "attributes": "attribute", "contacts": "contact", "taxonomy_terms": "taxonomy_term",
}  # fmt: skip
"""Lists of objects that we use; others (funding, metadata …) are left alone."""
_SINGLE = {"service": "service", "location": "location", "organization": "organization", "program": "program",
           "taxonomy_term": "taxonomy_term"}  # fmt: skip
_PLURALS = {kind: plural for plural, kind in _LISTS.items()}
_PAGES = frozenset({"contents", "items", "results", "data"})
"""Names under which an API hands out a page of objects."""


class Flattener:
    """Collects rows out of objects."""

    def __init__(self, file: str, reading: Reading) -> None:
        self.tables: Tables = {}
        self._file = file
        self._reading = reading
        self._rows: dict[tuple[str, ...], Row] = {}

    def add(self, kind: str, value: dict[str, Any], line: int, parent: tuple[str, str] | None = None) -> str:
        """Take in an object of this kind and all that is inside; its id."""
        row_id = _text(value.get("id"))
        row = self._row(kind, row_id, line, parent)
        for key, each in value.items():
            if isinstance(each, dict) and key in _SINGLE:
                row.cells.setdefault(f"{key}_id", self.add(_SINGLE[key], each, line))
            elif isinstance(each, list) and key in _LISTS:
                self._children(_LISTS[key], each, line, (kind, row_id))
            elif not isinstance(each, dict | list) and (text := _text(each)):
                row.cells.setdefault(key.casefold(), text)
        return row_id

    def _children(self, kind: str, values: list[Any], line: int, parent: tuple[str, str]) -> None:
        for value in values:
            if isinstance(value, dict):
                self.add(kind, value, line, parent)
            else:
                self._reading.note(self._file, line, _PLURALS[kind], f"{quoted(value)} is no object")

    def _row(self, kind: str, row_id: str, line: int, parent: tuple[str, str] | None) -> Row:
        """The row of an object: the one that is there when it was met before, unless it belongs to another there."""
        column = "link_id" if kind == "attribute" else f"{parent[0]}_id" if parent else ""
        row = self._rows.get((kind, row_id)) if row_id else None
        if row is not None and parent and row.cells.get(column, parent[1]) != parent[1]:
            row = self._rows.get((kind, row_id, *parent))
        if row is None:
            row = Row(self._file, line, {})
            table = self.tables.setdefault(kind, Table(kind, self._file, ()))
            table.rows.append(row)
            self._rows.setdefault((kind, row_id), row)
            self._rows[(kind, row_id, *(parent or ()))] = row
        if parent and parent[1]:
            row.cells.setdefault(column, parent[1])
        return row


def flatten(document: Document, file: str, reading: Reading) -> Tables:
    """The tables of a document. A page of several, or one object alone, is not all that a directory holds."""
    flattener = Flattener(file, reading)
    for kind, line, value in _objects(document, reading):
        if not isinstance(value, dict):
            reading.bad(file, line, "", f"{quoted(value)} is no object of a directory")
        elif kind or (kind := kind_of(value)):
            flattener.add(kind, value, line)
        else:
            reading.note(file, line, "", "is no service, organization or location; it is not needed")
    pages = document.beside.get("total_pages")
    if isinstance(pages, int) and pages > 1:
        reading.is_whole = False
        reading.note(file, 0, "", f"is one page of {pages}; what is not in it is not taken for gone")
    return flattener.tables


def _objects(document: Document, reading: Reading) -> Iterator[tuple[str, int, Any]]:
    """Objects with their kind, where the name of the list tells it."""
    if document.is_object and document.beside.get("id"):
        reading.is_whole = False
        yield "", 1, document.whole()
        return
    for record in document.records:
        name = record.key.removesuffix(".csv")
        if not name or name in _PAGES:
            yield "", record.line, record.value
        elif name in _LISTS or name == "service_at_location":
            yield _LISTS.get(name, name), record.line, record.value


def kind_of(value: dict[str, Any]) -> str:
    """What an object is, by what only such an object has."""
    if "service" in value or ("location" in value and "service_id" in value):
        return "service_at_location"
    if "location_type" in value or ("latitude" in value and "organization_id" in value):
        return "location"
    if isinstance(value.get("organization"), dict) or "organization_id" in value or "status" in value:
        return "service"
    if (
        "services" in value
        or "tax_status" in value
        or "legal_status" in value
        or "year_incorporated" in value
    ):
        return "organization"
    return ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
