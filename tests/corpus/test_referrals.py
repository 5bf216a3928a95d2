"""The directories of the corpus: everything in them that is valid goes in, and every row that is not is named.

The figures are those of the files as they are; when the corpus changes, so do they.
"""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from relay.domain.referrals import Reach, Status
from relay.errors import ConfigError
from relay.flow.directory import search
from relay.referrals.archive import collect
from relay.referrals.context import Context
from relay.referrals.findings import Reading
from relay.referrals.importing import take_in
from relay.referrals.reading import read
from tests.corpus.letters import FOLDER
from tests.unit.edge.store_world import World

pytestmark = pytest.mark.corpus

HSDS = FOLDER / "hsds"
SPECIFICATION = "openreferral-specification-3"
TODAY = date(2026, 11, 30)

ENDED = "these hours ended on 2005-01-01; the row was not used"
LOST = {
    "locations": "column organization_id: there is no organization '985e4a42-bd9f-4edc-911d-0243a4640aca' that could be used",
    "contacts": "column organization_id: there is no organization 'ae67a707-5893-4225-b0b1-320ab9cb596b' that could be used",
    "contacts again": "column service_at_location_id: there is no service_at_location '93eaf18d-1cd2-4ec7-bffb-3c9172ee5070' that could be used",
}
"""The only references in the examples of the specification that lead nowhere."""


def reading_of(name: str, **told: object) -> Reading:
    return read(collect(HSDS / name), Context(source="corpus", today=TODAY, **told))  # type: ignore[arg-type]


def said(reading: Reading) -> list[str]:
    return [str(finding) for finding in reading.findings]


def test_ohana() -> None:
    """23 services of San Mateo, 21 of them active; nothing in the files is wrong."""
    reading = reading_of("ohana-sample", country="US")
    assert (reading.form, said(reading)) == ("Ohana", [])
    assert len(reading.entries) == 23
    statuses = [entry.status for entry in reading.entries]
    assert [statuses.count(each) for each in Status] == [21, 1, 1, 0]
    assert sum(len(entry.phones) for entry in reading.entries) == 51
    peer = next(entry for entry in reading.entries if entry.name == "Senior Peer Counseling")
    assert "Gay" in peer.topics
    assert [phone.number for phone in peer.phones] == ["650 403-4300", "650 403-4303"]


@pytest.mark.parametrize("folder", ["all_resources", "simple"])
def test_version_1_1(folder: str) -> None:
    """13 services, three of them inactive."""
    reading = reading_of(f"sample-datapackage-1.1/{folder}")
    assert (reading.form, said(reading)) == ("HSDS 1.1 or 2", [])
    assert len(reading.entries) == 13
    assert sum(entry.status is Status.INACTIVE for entry in reading.entries) == 3
    helpline = reading.entries[0]
    assert helpline.name == "Never Homeless Helpline"
    if folder == "all_resources":
        assert helpline.languages == ("en", "es")
        assert helpline.where.places == ("Sample service area", "New York City")
        assert helpline.verified == date(2008, 9, 15)
        assert [each.days for each in helpline.hours.openings] == [(0, 1, 2)]


def test_version_3_as_tables() -> None:
    """One service, joined over ten tables; a reference that leads nowhere and hours that have ended are named."""
    for name in (f"{SPECIFICATION}/csv", f"{SPECIFICATION}/tabular.json"):
        reading = reading_of(name)
        findings = "\n".join(said(reading))
        assert [reason in findings for reason in (*LOST.values(), ENDED)] == [True] * 4
        assert (len(reading.findings), reading.bad_rows) == (4, 1)
        (entry,) = reading.entries
        assert (entry.name, entry.languages) == ("Community Counselling", ("ur",))
        assert [(phone.number, phone.country) for phone in entry.phones] == [("+44 1234 234567", "GB")]
        assert (entry.where.reach, entry.where.places) == (Reach.LOCAL, ("MyCity",))
        assert (entry.ages.minimum, entry.ages.maximum) == (12, 100)
        assert entry.alert.startswith("Following COVID-19")
        assert entry.verified == date(2005, 1, 1)


@pytest.mark.parametrize(
    "name",
    [
        "service_full",
        "organization_full",
        "service_at_location_full",
        "service_list",
        "service_at_location_list",
    ],
)
def test_version_3_as_json(name: str) -> None:
    """The same service, alone, under its organization, at its location, in a page; never the whole directory."""
    reading = reading_of(f"{SPECIFICATION}/{name}.json")
    (entry,) = reading.entries
    assert (entry.name, entry.organization) == ("Community Counselling", "Example Organization Inc.")
    assert not reading.is_whole
    wanted = f"column valid_to: {ENDED}" if name.endswith("full") else "is one page of 10"
    assert len(reading.findings) == 1
    assert wanted in said(reading)[0]


@pytest.mark.parametrize(
    "name", ["taxonomy", "taxonomy_list", "taxonomy_term", "taxonomy_term_list", "organization_list"]
)
def test_what_holds_no_service_gives_none(name: str) -> None:
    """It is said, and nothing is taken for gone."""
    reading = reading_of(f"{SPECIFICATION}/{name}.json")
    assert reading.entries == []
    assert not reading.is_whole
    assert reading.findings != []


@pytest.mark.parametrize("name", ["base", "location"])
def test_what_holds_nothing_for_us_says_so(name: str) -> None:
    """One sentence."""
    with pytest.raises(ConfigError, match=rf"{name}\.json: holds no service"):
        reading_of(f"{SPECIFICATION}/{name}.json")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "state")
    made.open_fresh()
    yield made
    await made.store.close()


async def test_all_of_it_goes_in_once_and_is_found(world: World, tmp_path: Path) -> None:
    """37 entries of three directories, one of them as a zip; a second import changes nothing."""
    with zipfile.ZipFile(tmp_path / "sample.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((HSDS / "sample-datapackage-1.1" / "all_resources").iterdir()):
            archive.write(path, f"sample/{path.name}")
    places = {
        "ohana": HSDS / "ohana-sample",
        "sample": tmp_path / "sample.zip",
        "three": HSDS / SPECIFICATION / "csv",
    }
    for turn in (0, 1):
        for source, path in places.items():
            context = Context(source, TODAY, verified=date(2026, 6, 1))
            reading = read(collect(path), context)
            summary = await take_in(
                world.store.referrals, reading, source, TODAY, keep=False, told=lambda _: None
            )
            counts = (len(summary.new), len(summary.changed), len(summary.gone), summary.same)
            assert counts == ((len(reading.entries), 0, 0, 0), (0, 0, 0, len(reading.entries)))[turn]
    assert len(await world.store.referrals.page(0, 100)) == 37

    async def found(text: str) -> list[str]:
        return [one.referral.name for one in await search(world.store.referrals, text, TODAY)]

    assert (await found("free medical san mateo"))[0] == "San Mateo Free Medical Clinic"
    assert "Al-Anon Family Group" in await found("drinking family")
    assert "Food Safety Program" not in await found("food safety program")
    assert "Community Counselling" not in await found("community counselling")
    assert (await found("lgbt counselling @San_Mateo"))[0] == "Senior Peer Counseling"
