"""HSDS in all its ages: the same service comes out, whatever form it is in, and every bad row is named."""

from __future__ import annotations

import json
from datetime import date

import pytest

from relay.domain.referrals import Ages, Cost, Opening, Phone, PhoneKind, Reach, Status
from relay.errors import ConfigError
from tests.unit.referrals.directories import read_files, said

THREE = {
    "organizations.csv": "id,name,description,website\no1,Open Door,We help,https://door.example.org/\n",
    "services.csv": (
        "id,organization_id,name,description,status,email,fees_description,minimum_age,maximum_age,assured_date,alert,wait_time\n"
        "s1,o1,Youth group,For young people. Come in.,active,youth@door.example.org,None,12,25,2030-01-02,Closed in August,none\n"
    ),
    "locations.csv": "id,location_type,organization_id\nl1,physical,o1\n",
    "service_at_location.csv": "id,service_id,location_id\na1,s1,l1\n",
    "addresses.csv": "id,location_id,address_1,city,state_province,postal_code,country,address_type\n"
    "d1,l1,1 High Street,Leeds,West Yorkshire,LS1 1AA,GB,physical\n",
    "phones.csv": 'id,service_id,location_id,number,type,extension\np1,s1,,"""0113 496 0000""",voice,4\np2,,l1,0113 496 0001,fax,\n',
    "schedules.csv": 'id,service_id,freq,byday,opens_at,closes_at\nh1,s1,WEEKLY,"MO,TU",09:00,17:00Z\n',
    "languages.csv": "id,service_id,code,name\ng1,s1,,Polish\n",
    "service_areas.csv": "id,service_id,name\nr1,s1,Bradford\n",
    "taxonomy_terms.csv": "id,name,description\nt1,LGBT,x\n",
    "attributes.csv": "id,link_id,taxonomy_term_id,link_entity\nx1,s1,t1,service\n",
}


def changed(name: str, text: str) -> dict[str, str]:
    return {**THREE, name: text}


def test_a_package_of_version_3_gives_all_of_a_service() -> None:
    """Joined over ten files."""
    reading = read_files(THREE)
    assert said(reading) == []
    (entry,) = reading.entries
    assert (entry.source, entry.source_id, entry.name) == ("test", "s1", "Youth group")
    assert (entry.organization, entry.line) == ("Open Door", "For young people. Come in.")
    assert (entry.topics, entry.languages, entry.cost) == (("LGBT",), ("pl",), Cost.FREE)
    assert entry.where.reach is Reach.LOCAL
    assert (entry.where.places, entry.where.regions) == (("Bradford", "Leeds"), ("West Yorkshire",))
    assert entry.where.countries == ("GB",)
    assert entry.phones == (
        Phone("0113 496 0000", "GB", PhoneKind.VOICE, "ext. 4"),
        Phone("0113 496 0001", "GB", PhoneKind.FAX),
    )
    assert (entry.web, entry.mail) == ("https://door.example.org/", "youth@door.example.org")
    assert entry.address == "1 High Street, Leeds, West Yorkshire, LS1 1AA"
    assert entry.hours.openings == (Opening((0, 1), 540, 1020),)
    assert (entry.ages, entry.status) == (Ages(12, 25), Status.ACTIVE)
    assert (entry.alert, entry.verified) == ("Closed in August", date(2030, 1, 2))
    assert entry.aside == (("wait_time", "none"),)


def test_older_names_give_the_same_service() -> None:
    """1.1 and 2 name tables and columns otherwise."""
    old = {
        **{
            name: text
            for name, text in THREE.items()
            if name in {"organizations.csv", "locations.csv", "phones.csv"}
        },
        "services.csv": "id,organization_id,name,description,status,email,fees\n"
        "s1,o1,Youth group,For young people. Come in.,active,youth@door.example.org,None\n",
        "services_at_location.csv": THREE["service_at_location.csv"],
        "physical_addresses.csv": "id,location_id,address_1,city,state_province,postal_code,country\n"
        "d1,l1,1 High Street,Leeds,West Yorkshire,LS1 1AA,GB\n",
        "regular_schedules.csv": "id,service_id,weekday,opens_at,closes_at\n1,s1,1,09:00:00,17:00:00\n2,s1,Tuesday,9am,5pm\n",
        "languages.csv": "id,service_id,language\ng1,s1,Polish\n",
        "service_areas.csv": "id,service_id,service_area,description\nr1,s1,Bradford,All of it\n",
        "taxonomy.csv": "id,name,parent_id,vocabulary\nt1,LGBT,,\n",
        "services_taxonomy.csv": "id,service_id,taxonomy_id,taxonomy_detail\nx1,s1,t1,\n",
        "eligibility.csv": "id,service_id,eligibility\ne1,s1,young people\n",
        "metadata.csv": "id,resource_id,last_action_date\nm1,s1,2029-01-01T10:00:00Z\nm2,s1,2030-01-02\n",
    }
    reading = read_files(old)
    assert said(reading) == []
    (new,), (entry,) = read_files(THREE).entries, reading.entries
    assert entry.line == "For young people. Come in. (young people)"
    for name in ("name", "organization", "topics", "languages", "where", "phones", "web", "mail", "address",
                 "hours", "cost", "status", "verified"):  # fmt: skip
        assert getattr(entry, name) == getattr(new, name), name
    assert entry.aside == (("eligibility_description", "young people"),)


SERVICE = {
    "id": "s1", "name": "Youth group", "status": "active", "last_modified": "2029-06-01T10:00:00.123Z",
    "organization": {"id": "o1", "name": "Open Door"},
    "phones": [{"id": "p1", "number": "0113 496 0000", "extension": 4, "languages": [{"id": "g1", "code": "ur"}]}],
    "service_areas": [{"id": "r1", "name": "Worldwide"}],
    "attributes": [{"id": "x1", "taxonomy_term": {"id": "t1", "name": "LGBT"}}],
    "service_at_locations": [{"id": "a1", "location": {"id": "l1", "location_type": "physical",
        "addresses": [{"id": "d1", "city": "Leeds", "country": "GB"}], "phones": [{"id": "p1", "number": "0113 496 0000"}]}}],
}  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        SERVICE,
        [SERVICE],
        {"total_pages": 1, "contents": [SERVICE]},
        {"services": [SERVICE]},
        {
            "id": "o1",
            "name": "Open Door",
            "services": [{k: v for k, v in SERVICE.items() if k != "organization"}],
        },
        {"id": "a1", "location": SERVICE["service_at_locations"][0]["location"], "service": SERVICE},  # type: ignore[index]
    ],
)
def test_json_of_every_shape(document: object) -> None:
    """Alone, in a list, in a page, under its organization, at its location."""
    reading = read_files({"a.json": json.dumps(document)})
    assert said(reading) == []
    (entry,) = reading.entries
    assert (entry.organization, entry.topics, entry.languages) == ("Open Door", ("LGBT",), ("ur",))
    assert (entry.where.reach, entry.where.places) == (Reach.WORLDWIDE, ("Leeds",))
    assert entry.phones == (Phone("0113 496 0000", "GB", note="ext. 4"),)
    assert entry.verified == date(2029, 6, 1)


def test_a_page_or_a_single_object_is_not_the_whole_directory() -> None:
    """Else everything that is on other pages would be taken for gone."""
    assert not read_files({"a.json": json.dumps(SERVICE)}).is_whole
    page = {"total_pages": 3, "page_number": 1, "contents": [SERVICE]}
    reading = read_files({"a.json": json.dumps(page)})
    assert not reading.is_whole
    assert said(reading) == ["a.json: is one page of 3; what is not in it is not taken for gone"]
    assert read_files({"a.json": json.dumps([SERVICE])}).is_whole
    assert read_files(THREE).is_whole


def test_json_that_breaks_off_gives_what_came_before() -> None:
    """With line and column."""
    text = json.dumps([SERVICE, {**SERVICE, "id": "s2"}], indent=1)
    reading = read_files({"a.json": text[:-40]})
    assert [entry.source_id for entry in reading.entries] == ["s1"]
    assert not reading.is_whole
    assert "is no JSON from here on" in said(reading)[0]
    assert reading.findings[0].line > 40


@pytest.mark.parametrize(
    ("name", "row", "finding"),
    [
        ("services.csv", "s2,o1,,x,active", "services.csv, line 3, column name: is empty; the row was not used"),
        ("services.csv", "s2,o1,B,x,open", "services.csv, line 3, column status: 'open' is none of active, inactive, "
         "defunct, temporarily closed; the row was not used"),
        ("services.csv", "s2,o1,B,x,", "services.csv, line 3, column status: is empty; taken as active"),
        ("services.csv", "s1,o1,B,x,active", "services.csv, line 3, column id: 's1' is the id of line 2, too; the row was not used"),
        ("services.csv", "s2,o9,B,x,active", "services.csv, line 3, column organization_id: there is no organization 'o9' that could be used"),
        ("phones.csv", "p9,s9,,0113 496 0000,voice,", "phones.csv, line 4, column service_id: there is no service 's9' that could be used; the row was not used"),
        ("phones.csv", "p9,,,0113 496 0000,voice,", "phones.csv, line 4: names nothing that it belongs to; the row was not used"),
        ("phones.csv", "p9,s1,,none,voice,", "phones.csv, line 4, column number: 'none' is no telephone number; the row was not used"),
        ("phones.csv", "p9,s1,,0113 496 0002,beeper,", "phones.csv, line 4, column type: 'beeper' is no kind of number; taken as voice"),
        ("schedules.csv", "h2,s1,WEEKLY,MO,soon,17:00", "schedules.csv, line 3, column byday, opens_at, closes_at: 'soon' is no time of day; "
         "write it as 09:30; the row was not used"),
        ("attributes.csv", "x2,s1,t9,service", "attributes.csv, line 3, column taxonomy_term_id: there is no term 't9' that could be used; the row was not used"),
        ("service_at_location.csv", "a2,s1,l9", "service_at_location.csv, line 3, column location_id: there is no location 'l9' that could be used; the row was not used"),
        ("addresses.csv", "d2,l1,a,b,c,d,e,f,g,h", "addresses.csv, line 3: the row has 10 cells, the header has 8: "
         "a comma without quotes? 'h' has no column; the row was not used"),
    ],
)  # fmt: skip
def test_every_bad_row_is_named_and_the_others_go_in(name: str, row: str, finding: str) -> None:
    """File, line, column, reason."""
    reading = read_files(changed(name, THREE[name] + row + "\n"))
    assert finding in said(reading)
    assert "s1" in [entry.source_id for entry in reading.entries]


def test_an_id_of_a_row_that_cannot_be_used_is_remembered() -> None:
    """So that the entry of the last import is not taken for gone."""
    text = THREE["services.csv"] + "s2,o1,,x,active\ns3,o1,B,x,open\n"
    assert read_files(changed("services.csv", text)).refused == {"s2", "s3"}


def test_dates_that_cannot_be_are_not_used() -> None:
    """A date to come verifies nothing."""
    text = THREE["services.csv"].replace("2030-01-02", "2031-01-02")
    reading = read_files(changed("services.csv", text), verified=date(2029, 1, 1))
    assert said(reading) == ["services.csv, line 2, column assured_date: 2031-01-02 has not been yet"]
    assert reading.entries[0].verified == date(2029, 1, 1)


def test_files_are_known_by_the_names_that_the_package_gives() -> None:
    """Also when their own names say nothing; a path is only compared, never followed."""
    package = {
        "resources": [
            {"name": "services", "path": "data/b.csv"},
            {"name": "phones", "path": "../../etc/passwd"},
        ]
    }
    files = {("b.csv" if name == "services.csv" else name): text for name, text in THREE.items()}
    reading = read_files({**files, "datapackage.json": json.dumps(package)})
    assert [entry.name for entry in reading.entries] == ["Youth group"]


def test_what_holds_no_service_says_so() -> None:
    """One sentence, with what to give instead."""
    with pytest.raises(ConfigError, match=r"a\.json: holds no service; give the file of the services"):
        read_files({"a.json": json.dumps({"version": "3.0"})})


def test_habits_of_real_directories() -> None:
    """All services of a place in one cell; a day without times is closed; ``9:00a``."""
    two = THREE["services.csv"] + "s2,o1,Second,x,active,,,,,,,\n"
    at = 'id,service_id,location_id\na1,"s1, s2",l1\n'
    days = "id,service_id,weekday,opens_at,closes_at\n1,s1,Monday,9:00a,5p\n2,s1,Sunday,,\n"
    tables = {**THREE, "services.csv": two, "service_at_location.csv": at, "regular_schedules.csv": days}
    del tables["schedules.csv"]
    reading = read_files(tables)
    assert said(reading) == []
    first, second = reading.entries
    assert first.address == second.address != ""
    assert first.hours.openings == (Opening((0,), 540, 1020),)


def test_a_number_is_taken_from_the_nearest_that_has_one() -> None:
    """Service and place, then its contact, then the organization."""
    contact = {**THREE, "contacts.csv": "id,service_id,name\nc1,s1,Somebody\n"}
    phones = "id,contact_id,organization_id,number\np1,c1,,0113 496 0002\np2,,o1,0113 496 0003\n"
    (entry,) = read_files({**contact, "phones.csv": phones}).entries
    assert [phone.number for phone in entry.phones] == ["0113 496 0002"]
    assert "Somebody" not in repr(entry)
    (entry,) = read_files(changed("phones.csv", "id,organization_id,number\np2,o1,0113 496 0003\n")).entries
    assert [phone.number for phone in entry.phones] == ["0113 496 0003"]


def test_where_a_door_is_says_not_whom_it_serves() -> None:
    """A default country, an address without a town: never offered to a whole country or region by that."""
    bare = {name: text for name, text in THREE.items() if name not in {"service_areas.csv", "addresses.csv"}}
    (entry,) = read_files(bare, country="GB").entries
    assert (entry.where.reach, entry.where.countries) == (Reach.UNKNOWN, ("GB",))
    address = "id,location_id,state_province,country\nd1,l1,West Yorkshire,GB\n"
    (entry,) = read_files({**bare, "addresses.csv": address}).entries
    assert (entry.where.reach, entry.where.regions) == (Reach.LOCAL, ("West Yorkshire",))
    (entry,) = read_files({**bare, "addresses.csv": "id,location_id,country\nd1,l1,GB\n"}).entries
    assert entry.where.reach is Reach.UNKNOWN
    virtual = {**bare, "locations.csv": "id,location_type\nl1,virtual\n"}
    (entry,) = read_files(virtual, country="GB").entries
    assert (entry.where.reach, entry.where.is_online) == (Reach.NATIONAL, True)


def test_it_is_said_for_whom_a_service_is() -> None:
    """In its one line when there is room, and to be searched for in any case."""
    services = "id,organization_id,name,description,status,eligibility_description\ns1,o1,Youth group,Come in.,active,{}\n"
    (short,) = read_files(changed("services.csv", services.format("For women under 30."))).entries
    assert (short.line, short.description) == (
        "Come in. (For women under 30)",
        "Come in. For women under 30.",
    )
    for word in ("None", "None.", "N/A"):
        (all_,) = read_files(changed("services.csv", services.format(word))).entries
        assert (all_.line, all_.description) == ("Come in.", ""), word
    (long,) = read_files(changed("services.csv", services.format("For women. " * 30))).entries
    assert long.line == "Come in."
    assert long.description.startswith("Come in. For women. For women.")


def test_a_service_without_a_usable_number_has_that_of_its_organization() -> None:
    """A row without digits, or a fax alone, is nothing to call."""
    for row in ("p1,s1,,,see our site,voice", "p1,s1,,,0113 496 0009,fax"):
        phones = (
            f"id,service_id,location_id,organization_id,number,type\n{row}\np3,,,o1,0113 496 0003,voice\n"
        )
        (entry,) = read_files(changed("phones.csv", phones)).entries
        assert [each.number for each in entry.phones if each.kind is PhoneKind.VOICE] == ["0113 496 0003"]


def test_the_hours_of_a_building_are_not_those_of_a_service_in_it() -> None:
    """They count where the service has none of its own."""
    head = "id,service_id,location_id,freq,byday,opens_at,closes_at\n"
    building = 'h2,,l1,WEEKLY,"MO,TU,WE,TH,FR",08:00,20:00\n'
    (own,) = read_files(changed("schedules.csv", head + "h1,s1,,WEEKLY,TU,14:00,16:00\n" + building)).entries
    assert own.hours.openings == (Opening((1,), 840, 960),)
    (none,) = read_files(changed("schedules.csv", head + building)).entries
    assert none.hours.openings == (Opening((0, 1, 2, 3, 4), 480, 1200),)


def test_hours_that_have_not_begun_are_not_used_yet() -> None:
    """And the operator hears of it."""
    rows = "id,service_id,freq,byday,opens_at,closes_at,valid_from\nh1,s1,WEEKLY,MO,09:00,17:00,2030-06-01\n"
    reading = read_files(changed("schedules.csv", rows))
    assert said(reading) == [
        "schedules.csv, line 2, column valid_from: these hours begin on 2030-06-01; not used yet"
    ]
    assert reading.entries[0].hours.openings == ()
