"""No file makes a reader fail: whatever is in it, there are entries and findings, or one sentence."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from relay.edge.store.referrals import digest
from relay.errors import ConfigError
from relay.referrals.archive import Source
from relay.referrals.checking import doubles, problems
from relay.referrals.context import Context
from relay.referrals.findings import Reading
from relay.referrals.reading import read
from tests.unit.referrals.directories import TODAY
from tests.unit.referrals.test_hsds import SERVICE, THREE
from tests.unit.referrals.test_ohana import BASE
from tests.unit.referrals.test_sheet import LINES

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    " ",
    "x" * 3000,
    [],
    {},
    [[]],
    [None],
    {"id": {}},
    "2030-99-99",
    "\ud800",
    "\x00",
    [1, "a"],
]
CELLS = [
    "",
    '"',
    '""',
    ",",
    "\n",
    "\x00",
    "'",
    "=1+1",
    "²",
    "٣",
    "9" * 400,
    "\u202e",
    "-",
    "None",
    "1e999",
    "24:00",
    "<a",
    "&#x110000;",
    "&amp",
    "\uff20",
]


def survives(sources: list[Source]) -> Reading | None:
    try:
        reading = read(sources, Context("test", TODAY))
    except ConfigError:
        return None
    for entry in reading.entries:
        assert entry.name
        assert digest(entry)
        list(problems(entry, TODAY))
    list(doubles(reading.entries))
    assert all(str(finding).isprintable() for finding in reading.findings)
    return reading


@pytest.mark.parametrize("seed", range(40))
def test_tables_with_odd_cells(seed: int) -> None:
    """In any column of any table; a row that has gone; a line cut off."""
    chance = random.Random(seed)
    for base in (THREE, BASE):
        files = {}
        for name, text in base.items():
            rows = text.split("\n")
            for _ in range(chance.randrange(3)):
                at = chance.randrange(len(rows))
                cells = rows[at].split(",")
                cells[chance.randrange(len(cells))] = chance.choice(CELLS)
                rows[at] = ",".join(cells)
            if chance.random() < 0.2:
                del rows[chance.randrange(len(rows))]
            files[name] = "\n".join(rows)
        survives([Source(name, "", text.encode("utf-8", "surrogatepass")) for name, text in files.items()])


def _spoiled(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.06:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: _spoiled(each, chance) for key, each in value.items()}
    if isinstance(value, list):
        return [_spoiled(each, chance) for each in value]
    return value


@pytest.mark.parametrize("seed", range(40))
def test_json_with_odd_values(seed: int) -> None:
    """A list where an object was, a number where a text was, nothing at all."""
    chance = random.Random(seed)
    for document in (
        [SERVICE, SERVICE],
        {"total_pages": 2, "contents": [SERVICE]},
        SERVICE,
        LINES,
        {"services.csv": [SERVICE]},
    ):
        text = json.dumps(_spoiled(document, chance), indent=chance.choice([None, 1]))
        survives([Source("a.json", "", text.encode())])
        survives([Source("a.json", "", text[: chance.randrange(len(text))].encode() or b"{")])


@pytest.mark.parametrize("seed", range(40))
def test_octets_turned_over(seed: int) -> None:
    """In a file that was a directory once."""
    chance = random.Random(seed)
    for files in (THREE, BASE, {"gb.json": json.dumps(LINES)}, {"list.csv": "name,town\nA,B\n"}):
        sources = []
        for name, text in files.items():
            raw = bytearray(text.encode())
            for _ in range(chance.randrange(4)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            sources.append(Source(name, "", bytes(raw)))
        survives(sources)


def test_what_is_nested_without_end_is_a_finding() -> None:
    """Not a stack that overflows."""
    for text in ("[" * 200_000, '{"a":' * 200_000, '[{"services":' + "[" * 100_000):
        reading = survives([Source("a.json", "", text.encode())])
        assert reading is None or reading.entries == []
