"""A spreadsheet under a mapping, and the per-country JSON of helplines."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from relay.domain.referrals import Ages, Cost, Opening, Phone, PhoneKind, Reach, Status
from relay.errors import ConfigError
from relay.referrals.mapping import Mapping, read_mapping
from tests.unit.referrals.directories import read_files, said

MAPPING = """\
dates = "dmy"
[columns]
name = "Service"
description = ["What", "More"]
topics = "Tags"
town = "Town"
phone = "Tel"
text = "SMS"
hours = "Open"
ages = "Who"
cost = "Cost"
status = "State"
verified = "Checked"
until = "Until"
[constants]
country = "GB"
languages = "English, Polish"
"""
HEADER = "Service;What;More;Tags;Town;Tel;SMS;Open;Who;Cost;State;Checked;Until;Room\n"
ROW = 'LGBT youth group;We meet.;Come in.;"lgbt, youth";Leeds;0113 496 0000;85258;Mon-Fri 9-17;12-25;free;;01/02/2030;;7\n'


def mapping(tmp_path: Path, text: str = MAPPING) -> Mapping:
    (tmp_path / "map.toml").write_text(text)
    return read_mapping(tmp_path / "map.toml")


def test_a_sheet_with_a_mapping(tmp_path: Path) -> None:
    """Semicolons, two columns for one field, constants, days first; what is not mapped is kept aside."""
    reading = read_files({"list.csv": HEADER + ROW}, mapping(tmp_path))
    assert said(reading) == []
    (entry,) = reading.entries
    assert (entry.name, entry.line) == ("LGBT youth group", "We meet. Come in.")
    assert (entry.topics, entry.languages) == (("lgbt", "youth"), ("en", "pl"))
    assert (entry.where.reach, entry.where.places, entry.where.countries) == (
        Reach.LOCAL,
        ("Leeds",),
        ("GB",),
    )
    assert entry.phones == (Phone("0113 496 0000", "GB"), Phone("85258", "GB", PhoneKind.TEXT))
    assert entry.hours.openings == (Opening((0, 1, 2, 3, 4), 540, 1020),)
    assert (entry.ages, entry.cost, entry.status) == (Ages(12, 25), Cost.FREE, Status.ACTIVE)
    assert (entry.verified, entry.aside) == (date(2030, 2, 1), (("room", "7"),))


def test_our_own_names_need_no_mapping() -> None:
    """And a row is found again by its name and place when there is no id."""
    sheet = "name,town,country,languages,web\nA line,,United Kingdom,English,https://a.example.org/\nA line,York,GB,,\n"
    first, second = read_files({"list.csv": sheet}).entries
    assert (first.where.reach, first.where.countries) == (Reach.NATIONAL, ("GB",))
    assert first.source_id != second.source_id
    again = read_files({"list.csv": sheet.replace("English", "German")}).entries
    assert [entry.source_id for entry in again] == [first.source_id, second.source_id]


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        (";x;;;;;;;;;;;;", "line 3, column service: is empty; the row was not used"),
        ("B;x;;;;;;;;;maybe;;;", "line 3, column state: 'maybe' is none of active, inactive, defunct, temporarily closed; the row was not used"),
        ("B;x;;;;abc;;;;;;;;", "line 3, column tel: 'abc' is no telephone number"),
        ("B;x;;;;;;;some;;;;;", "line 3, column who: 'some' is no range of ages; write it as 12-25, 18+ or under 18"),
        ("B;x;;;;;;;;;;31/13/2029;;", "line 3, column checked: '31/13/2029' is no day of the calendar"),
        ("B;x;;;;;;;;;;;soon;", "line 3, column until: 'soon' is no date; write it as 2026-05-31; the row was not used"),
        ("LGBT youth group;;;;Leeds;;;;;;;;;", "line 3, column service: has the same name and place as line 2; add a column with an id; the row was not used"),
        ("B;x;;;;;;;;;;;;;surplus", "line 3: the row has 15 cells, the header has 14: a comma without quotes? 'surplus' has no column; the row was not used"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_named(tmp_path: Path, row: str, finding: str) -> None:
    """By the operator's own names of the columns."""
    reading = read_files({"list.csv": HEADER + ROW + row + "\n"}, mapping(tmp_path))
    assert said(reading) == [f"list.csv, {finding}"]
    assert reading.entries[0].name == "LGBT youth group"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[columns]\nname = "A"\nnmae = "B"\n', "'nmae' is no field; the fields are id, name"),
        ('[column]\nname = "A"\n', "'column' is not known"),
        ('[columns]\nweb = "A"\n', "must say which column is the name"),
        ("[columns]\nname = 3\n", "must be the name of a column"),
        ('dates = "ymd"\n[columns]\nname = "A"\n', "dates must be"),
        ('delimiter = ";;"\n[columns]\nname = "A"\n', "delimiter must be one character"),
        ('[columns]\nname = "A"\n[constants]\ncountry = 3\n', "country must be a text"),
        ("columns = 3\n", "must be a table"),
        ("name = ", "is no TOML"),
    ],
)
def test_a_mapping_that_is_wrong_is_one_sentence(tmp_path: Path, text: str, problem: str) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError) as raised:
        mapping(tmp_path, text)
    assert any(problem in each and str(tmp_path) in each for each in raised.value.problems)


def test_a_mapping_for_another_sheet_says_what_is_there(tmp_path: Path) -> None:
    """And a sheet without one asks for it."""
    with pytest.raises(ConfigError, match=r"list\.csv has no column 'checked', .*; it has service, what"):
        read_files({"list.csv": "Service,What\nA,B\n"}, mapping(tmp_path))
    with pytest.raises(
        ConfigError, match=r"list\.csv: its columns are not known \(service, what\); say with --map"
    ):
        read_files({"list.csv": "Service,What\nA,B\n"})
    with pytest.raises(ConfigError, match="one CSV file is needed for a sheet; here are 2"):
        read_files({"a.csv": "Service\nA\n", "b.csv": "Service\nA\n"}, mapping(tmp_path))


def test_a_sheet_of_windows_is_read_and_said(tmp_path: Path) -> None:
    """Accents survive; a quote that is never closed ends the file and not the import."""
    from relay.referrals.archive import Source
    from relay.referrals.context import Context
    from relay.referrals.reading import read
    from tests.unit.referrals.directories import TODAY

    raw = "name,town\nCafé,Köln\n".encode("cp1252")
    reading = read([Source("list.csv", "", raw)], Context("test", TODAY))
    assert reading.entries[0].name == "Café"
    assert said(reading) == [
        "list.csv, line 2: is not UTF-8; read as Windows-1252, so look at the letters with accents"
    ]
    for mark in ("utf-8-sig", "utf-16"):
        reading = read(
            [Source("list.csv", "", "name,town\nCafé,Köln\n".encode(mark))], Context("test", TODAY)
        )
        assert (reading.entries[0].where.places, said(reading)) == (("Köln",), [])
    reading = read_files({"list.csv": 'name,town\nA,B\n"' + "x" * (1 << 19)})
    assert [entry.name for entry in reading.entries] == ["A"]
    assert "list.csv, line 3: is not readable from here on" in said(reading)[0]
    assert not reading.is_whole


LINES = {
    "country": "GB",
    "helplines": [
        {"id": "gb-one", "name": "One", "category": "suicide_prevention", "secondary_categories": ["general_crisis"],
         "contacts": [{"method": "phone", "number": "+44116123", "languages": ["en"], "hours": "24/7", "free": True},
                      {"method": "text", "number": "+4485258", "free": True},
                      {"method": "phone", "number": "+441134960000", "free": True}],
         "description": "Day and night.", "website": "https://one.example.org/", "verified_at": "2029-06-02",
         "tags": ["volunteers"], "government_backed": False},
        {"id": "gb-two", "name": "Two", "phone": "0113 496 0001"},
        {"id": "gb-three", "name": ""},
        {"id": "gb-two", "name": "Two again"},
        "nonsense",
    ],
}  # fmt: skip


@pytest.mark.parametrize("key", ["helplines", "records"])
def test_helplines_of_a_country(key: str) -> None:
    """Short numbers that were forced into E.164 are put back; a list may have either name."""
    document = {"country": LINES["country"], key: LINES["helplines"]}
    reading = read_files({"gb.json": json.dumps(document, indent=1)})
    one, two = reading.entries
    assert one.phones == (
        Phone("116123", "GB"),
        Phone("85258", "GB", PhoneKind.TEXT),
        Phone("0113 496 0000", "GB"),
    )
    assert (one.topics, one.languages) == (("suicide prevention", "general crisis", "volunteers"), ("en",))
    assert (one.where.reach, one.where.countries, one.cost) == (Reach.NATIONAL, ("GB",), Cost.FREE)
    assert one.hours.is_always
    assert (one.verified, one.aside) == (date(2029, 6, 2), (("government_backed", "False"),))
    assert two.phones == (Phone("0113 496 0001", "GB"),)
    assert reading.refused == {"gb-three"}
    texts = "\n".join(said(reading))
    assert "'+44116123' cannot be dialled; taken as the short number 116123" in texts
    assert texts.count("column name: is empty") == 2
    assert "'gb-two' is there twice" in texts


def test_of_two_columns_for_one_address_the_first_that_is_filled_counts(tmp_path: Path) -> None:
    """Joined they would be none."""
    told = MAPPING.replace("[columns]", '[columns]\nweb = ["Site", "Other"]\nmail = ["Mail", "Mail 2"]')
    header = HEADER.replace("Room", "Room;Site;Other;Mail;Mail 2")
    full = ROW.replace(";7\n", ";7;https://a.example/;https://b.example/;a@a.example;b@a.example\n")
    empty = (
        full.replace("LGBT youth", "Another")
        .replace("https://a.example/", "")
        .replace("a@a.example;", ";", 1)
    )
    first, second = read_files({"list.csv": header + full + empty}, mapping(tmp_path, told)).entries
    assert (first.web, first.mail) == ("https://a.example/", "a@a.example")
    assert (second.web, second.mail) == ("https://b.example/", "b@a.example")


def test_a_sentence_is_no_telephone_number(tmp_path: Path) -> None:
    """It is named, and the entry goes without."""
    row = ROW.replace("0113 496 0000", "Call our friendly team Monday to Friday on 0113 496 0000 (option 2)")
    reading = read_files({"list.csv": HEADER + row}, mapping(tmp_path))
    assert [each.number for each in reading.entries[0].phones] == ["85258"]
    assert any("column tel" in each and "is no telephone number" in each for each in said(reading))


def test_a_number_is_in_the_country_of_its_row(tmp_path: Path) -> None:
    """Where the row names one; where it names several, in that of the directory."""
    told = MAPPING.replace('country = "GB"\n', "").replace("[columns]", '[columns]\ncountry = "Land"')
    header, rows = (
        HEADER.replace("Room", "Room;Land"),
        [ROW.replace(";7\n", f";7;{land}\n") for land in ("Ireland", "GB, IE")],
    )
    rows[1] = rows[1].replace("LGBT youth", "Another")
    one, two = read_files({"list.csv": header + "".join(rows)}, mapping(tmp_path, told), country="GB").entries
    assert one.phones[0].country == "IE"
    assert (two.phones[0].country, two.where.countries) == ("GB", ("GB", "IE"))
