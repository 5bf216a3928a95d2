"""Tables of a directory: rows of named cells, each knowing the line it came from, and CSV as people really save it.

Called by the readers. Takes UTF-8 with and without a mark, UTF-16 with one, and what Windows made of it; commas,
semicolons, tabs and bars; any line end. A row with other cells than the header is reported, never shifted.

Standards: RFC 4180.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from relay.referrals.findings import Reading, quoted

MAX_CELL_CHARS = 1 << 18
"""A cell larger than this is a quote that was never closed."""

SHARED_FROM_ROWS = 2_000
"""After so many rows the kinds, towns and times that come again have been seen."""

_DELIMITERS = ",;\t|"


@dataclass(slots=True)
class Row:
    """Cells by the name of their column, without the spaces around them; a cell that is empty is not there."""

    file: str
    line: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        """What stands in a column, or nothing."""
        return self.cells.get(name, "")


@dataclass(slots=True)
class Table:
    """One file of rows. ``columns`` are names in small letters."""

    name: str
    file: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


Tables = dict[str, Table]


def decoded(raw: bytes, file: str, reading: Reading) -> str:
    """The text of a file; a doubtful character set is a finding."""
    for mark, charset in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(charset, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reading.note(
            file, line, "", "is not UTF-8; read as Windows-1252, so look at the letters with accents"
        )
        return raw.decode("cp1252", "replace")


def delimiter_of(text: str) -> str:
    """What stands between the columns of the first line."""
    head = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=head.count)


def read_csv(name: str, file: str, raw: bytes, reading: Reading, delimiter: str = "") -> Table:
    """A file of comma-separated values. What is wrong with it is in ``reading``."""
    text = decoded(raw, file, reading)
    rows = _rows(text, delimiter or delimiter_of(text), file, reading)
    line, header = next(rows, (0, []))
    columns = tuple(each.strip().casefold() for each in header)
    table = Table(name, file, columns)
    for again in {each for each in columns if each and columns.count(each) > 1}:
        reading.note(file, line, again, "stands twice in the header; the last one counts")
    shared = _Shared(columns)
    for line, cells in rows:
        if len(table.rows) == SHARED_FROM_ROWS:
            shared.enough()
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != len(columns) and not _is_told(table, line, cells, reading):
            continue
        named = {
            column: same(text, text)
            for column, same, cell in zip(columns, shared.of, cells, strict=False)
            if column and (text := cell.strip())
        }
        table.rows.append(Row(file, line, named))
    return table


class _Shared:
    """One object for each value of a column that comes again and again: a million rows have few kinds and towns.

    ``of`` holds for each column what to call with a value twice. References to other rows are always shared; of other
    columns those that the first rows have, so that what is different in every row fills no table.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._known: list[dict[str, str]] = [{} for _ in columns]
        self._columns = columns
        self.of: list[Callable[[str, str], str]] = [each.setdefault for each in self._known]

    def enough(self) -> None:
        """From now on only references are added."""
        self.of = [
            known.setdefault if column.endswith("_id") else known.get
            for column, known in zip(self._columns, self._known, strict=True)
        ]


def _is_told(table: Table, line: int, cells: list[str], reading: Reading) -> bool:
    """Report a row that is not as wide as the header; ``False`` when it cannot be used."""
    width = f"the row has {len(cells)} cells, the header has {len(table.columns)}"
    over = cells[len(table.columns) :]
    if any(map(str.strip, over)):
        reading.bad(
            table.file, line, "", f"{width}: a comma without quotes? {quoted(over[-1])} has no column"
        )
        return False
    reading.note(table.file, line, "", width)
    return True


def _rows(text: str, delimiter: str, file: str, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which they begin."""
    csv.field_size_limit(MAX_CELL_CHARS)
    source = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        begins = source.line_num + 1
        try:
            cells = next(source)
        except StopIteration:
            return
        except csv.Error as error:
            reading.bad(file, begins, "", f"is not readable from here on ({error}); is a quote not closed?")
            reading.is_whole = False
            return
        yield begins, cells
