"""Which rows of a directory belong together: ids that are there, and references that lead nowhere.

Called by ``assembly``. A row of which no reference leads anywhere is reported and not used; of several references,
those that lead nowhere are reported and the others count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relay.referrals.findings import Reading, quoted
from relay.referrals.tables import Row, Tables

PARENTS = {
    "service_id": "service",
    "location_id": "location",
    "organization_id": "organization",
    "service_at_location_id": "service_at_location",
    "contact_id": "contact",
    "phone_id": "phone",
    "program_id": "program",
}


def rows_of(tables: Tables, name: str) -> Sequence[Row]:
    """The rows of a table; none when the directory has no such table."""
    table = tables.get(name)
    return table.rows if table else ()


def by_id(
    tables: Tables, name: str, required: Sequence[str], reading: Reading, *, is_unique: bool = True
) -> dict[str, Row]:
    """The usable rows of a table by id: with everything that is required, and (unless they may) no id twice."""
    found: dict[str, Row] = {}
    for row in rows_of(tables, name):
        row_id = row.get("id")
        if not has_all(row, ("id", *required), reading):
            if name == "service" and row_id:
                reading.refused.add(row_id)
            continue
        if row_id in found and is_unique:
            reading.bad(
                row.file, row.line, "id", f"{quoted(row_id)} is the id of line {found[row_id].line}, too"
            )
            continue
        found[row_id] = row
    return found


def has_all(row: Row, required: Iterable[str], reading: Reading) -> bool:
    """Report what a row lacks."""
    lacks = [column for column in required if not row.get(column)]
    for column in lacks:
        reading.bad(row.file, row.line, column, "is empty")
    return not lacks


class Links:
    """Rows by their parents."""

    def __init__(self, tables: Tables, known: dict[str, dict[str, Row]], reading: Reading) -> None:
        self._tables = tables
        self._known = known
        self._reading = reading

    def children(self, name: str, required: Sequence[str] = ()) -> dict[tuple[str, str], list[Row]]:
        """The usable rows of a table by (kind of parent, its id)."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in rows_of(self._tables, name):
            if not has_all(row, required, self._reading):
                continue
            for parent in self.parents_of(row):
                found.setdefault(parent, []).append(row)
        return found

    def parents_of(self, row: Row) -> list[tuple[str, str]]:
        """Parents of a row that are there; reports the others, and when there is none."""
        named = [(column, row.cells[column]) for column in PARENTS if column in row.cells]
        found = [(PARENTS[column], value) for column, value in named if self.has(column, value)]
        if not named:
            self._reading.bad(row.file, row.line, "", "names nothing that it belongs to")
        lost = [(column, value) for column, value in named if not self.has(column, value)]
        report = self._reading.note if found else self._reading.bad
        for column, value in lost:
            report(
                row.file,
                row.line,
                column,
                f"there is no {PARENTS[column]} {quoted(value)} that could be used",
            )
        return found

    def has(self, column: str, value: str) -> bool:
        """Tell whether a reference leads somewhere."""
        return value in self._known.get(PARENTS[column], {})
