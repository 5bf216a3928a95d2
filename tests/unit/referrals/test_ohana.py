"""Ohana's CSV: every way in which its own importer calls a file invalid is reported, and none stops the rest."""

from __future__ import annotations

import pytest

from relay.domain.referrals import Opening, Phone, Reach
from tests.unit.referrals.directories import read_files, said

BASE = {
    "organizations.csv": 'id,date_incorporated,name\n1,1/24/70,First\n2,"January 20, 1970",Second\n',
    "locations.csv": 'id,organization_id,languages,name,virtual,website\n1,1,"Spanish, French",Hall,,http://hall.example.org\n2,2,,Web,true,\n',
    "services.csv": (
        "id,location_id,program_id,keywords,languages,name,service_areas,status,website,taxonomy_ids,fees\n"
        '1,1,,"gay, LGBT",,Peer counseling,"Belmont, Atherton",active,,101,None\n'
        "2,2,,,English,Chat,,active,http://chat.example.org,,\n"
    ),
    "addresses.csv": "id,location_id,address_1,address_2,city,state_province,postal_code,country\n1,1,1 Main Street,,Fairfax,VA,22031,US\n",
    "mail_addresses.csv": "id,location_id,attention,address_1,city,state_province,postal_code,country\n1,1,Jo,PO Box 1,Fairfax,VA,22031,US\n",
    "phones.csv": "id,contact_id,location_id,organization_id,service_id,number,extension,department,number_type,vanity_number,country_prefix\n"
    "1,,1,,,703-555-1212,12,Desk,voice,,1\n",
    "contacts.csv": "id,location_id,organization_id,service_id,name,title\n1,1,,,Jo,Boss\n",
    "programs.csv": "id,organization_id,name,alternate_name\n1,1,Defeat,\n",
    "regular_schedules.csv": "id,location_id,service_id,weekday,opens_at,closes_at\n1,,1,Monday,9:30,5:00 PM\n2,,1,Tuesday,9:30,5pm\n",
    "holiday_schedules.csv": "id,location_id,service_id,start_date,end_date,closed,opens_at,closes_at\n"
    '1,1,,1/2/14,1/12/14,TRUE,,\n2,1,,"December 24, 2014",12/24/2014,FALSE,10:00,3:00 PM\n',
    "taxonomy.csv": "taxonomy_id,name,parent_id,parent_name\n101,Emergency,,\n101-01,Disaster,101,Emergency\n",
}  # fmt: skip


def test_what_is_valid_goes_in_without_a_word() -> None:
    """Lists in cells, a location for each service, dates of the American kind."""
    reading = read_files(BASE)
    assert said(reading) == []
    peer, chat = reading.entries
    assert (peer.organization, peer.topics) == ("First", ("Emergency", "gay", "LGBT"))
    assert (peer.languages, chat.languages) == (("es", "fr"), ("en",))
    assert (peer.where.reach, peer.where.places) == (Reach.LOCAL, ("Belmont", "Atherton", "Fairfax"))
    assert peer.phones == (Phone("703-555-1212", "US", note="ext. 12; Desk"),)
    assert peer.address == "1 Main Street, Fairfax, VA, 22031"
    assert peer.hours.openings == (Opening((0, 1), 570, 1020),)
    assert (peer.web, chat.web) == ("http://hall.example.org", "http://chat.example.org")
    assert chat.where.is_online


INVALID = [
    ("holiday: a month that is none", "holiday_schedules.csv", "9,1,,1/11/2014,13/27/2014,FALSE,10:00,3:00 PM", "end_date", "is no day of the calendar"),
    ("address: no city", "addresses.csv", "9,1,2 Main Street,,,VA,22031,US", "city", "is empty"),
    ("category: no name", "taxonomy.csv", "102,,,", "name", "is empty"),
    ("contact: no name", "contacts.csv", "9,1,,,,Boss", "name", "is empty"),
    ("holiday: neither closed nor open", "holiday_schedules.csv", "9,1,,12/24/2014,12/24/2014,,9:30,", "closed", "is neither true nor false"),
    ("holiday: open and no time", "holiday_schedules.csv", "9,1,,12/24/2014,12/24/2014,false,9:30,", "closes_at", "is empty"),
    ("location: no name", "locations.csv", "9,1,,,,", "name", "is empty"),
    ("location: no such organization", "locations.csv", "9,100,,Shed,,", "organization_id", "there is no organization '100'"),
    ("mail address: no street", "mail_addresses.csv", "9,1,Jo,,Fairfax,VA,22031,US", "address_1", "is empty"),
    ("mail address: no such location", "mail_addresses.csv", "9,100,Jo,PO Box 1,Fairfax,VA,22031,US", "location_id", "there is no location '100'"),
    ("organization: no name", "organizations.csv", "9,1/1/1970,", "name", "is empty"),
    ("category: no such parent", "taxonomy.csv", "103-01,Fire,0,", "parent_id", "there is no term '0'"),
    ("phone: no kind", "phones.csv", "9,,1,,,703-555-1213,,,,,", "number_type", "is empty; taken as voice"),
    ("program: no name", "programs.csv", "9,1,,", "name", "is empty"),
    ("program: a cell too many", "programs.csv", "9,1,Defeat,,", "", "the row has 5 cells, the header has 4"),
    ("schedule: no end", "regular_schedules.csv", "9,1,,Monday,9:30,", "closes_at", "is empty"),
    ("schedule: no such day", "regular_schedules.csv", "9,1,,Funday,9:30,17:00", "weekday", "is no day of the week"),
    ("service: no name", "services.csv", "9,1,,,,,,active,,,", "name", "is empty"),
    ("service: no such location", "services.csv", "9,100,,,,Lost,,active,,,", "location_id", "there is no location '100'"),
    ("organization: a day that is none", "organizations.csv", "9,24/2/70,Third", "date_incorporated", "is no day of the calendar"),
    ("contact: no parent", "contacts.csv", "9,,,,Jo,Boss", "location_id", "names nothing that it belongs to"),
    ("holiday: no parent", "holiday_schedules.csv", "9,,,1/2/2014,1/3/2014,TRUE,,", "location_id", "names nothing that it belongs to"),
    ("phone: no parent", "phones.csv", "9,,,,,703-555-1213,,,voice,,", "location_id", "names nothing that it belongs to"),
    ("program: no parent", "programs.csv", "9,,Defeat,", "organization_id", "names nothing that it belongs to"),
    ("schedule: no parent", "regular_schedules.csv", "9,,,Monday,9:30,17:00", "location_id", "names nothing that it belongs to"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "row", "column", "reason"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID]
)
def test_a_row_that_ohana_refuses_is_named_and_the_rest_goes_in(
    name: str, row: str, column: str, reason: str
) -> None:
    """One after the other."""
    line = BASE[name].count("\n") + 1
    reading = read_files({**BASE, name: BASE[name] + row + "\n"})
    (finding,) = reading.findings
    assert (finding.file, finding.line, finding.column) == (name, line, column)
    assert reason in finding.reason
    assert [entry.source_id for entry in reading.entries] == ["1", "2"]


def test_all_of_them_together_stop_nothing() -> None:
    """Every one is reported once."""
    files = dict(BASE)
    for _, name, row, _, _ in INVALID:
        files[name] += row + "\n"
    reading = read_files(files)
    assert len(reading.findings) == len(INVALID)
    assert [entry.source_id for entry in reading.entries] == ["1", "2"]
    assert reading.refused == {"9"}


def test_of_several_parents_those_that_are_there_count() -> None:
    """A number of a service is not lost because its contact is not in the file."""
    rows = "id,contact_id,location_id,organization_id,service_id,number,number_type\n1,77,,,1,703-555-1212,voice\n"
    reading = read_files({**BASE, "phones.csv": rows})
    assert reading.entries[0].phones == (Phone("703-555-1212", "US"),)
    assert said(reading) == [
        "phones.csv, line 2, column contact_id: there is no contact '77' that could be used"
    ]


def test_a_term_may_stand_before_the_one_above_it() -> None:
    """Sorted by name, it does."""
    rows = "taxonomy_id,name,parent_id,parent_name\n101-01,Disaster,101,Emergency\n101,Emergency,,\n"
    reading = read_files({**BASE, "taxonomy.csv": rows})
    assert said(reading) == []
    assert reading.entries[0].topics == ("Emergency", "gay", "LGBT")
