"""Every mistake in the configuration is told at its place, in words, all at once, without values."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from relay.config import load
from relay.config.machine import file_problems
from relay.errors import ConfigError
from tests.unit.config.folder import COUNSELORS, RELAY, changed, problems, write

SQLITE = "sqlite:///state/relay.db"
SERVER = "postgresql+psycopg://{}"
A = "[authentication]"

IN_RELAY: list[tuple[str, str, str]] = [
    ("[smtp]", "[smtp]\nport = 25", "11: smtp.port: unknown key; did you mean listen?"),
    ("[smtp]", "[smtp]\nmax_mesage_bytes = 1", "11: smtp.max_mesage_bytes: unknown key; did you mean max_"),
    ("[smtp]", "[smtp]\ndomain = 'x.test'", "11: smtp.domain: unknown key here; it belongs in [service]"),
    ("[smtp]", "[smtp]\nzzz = 1", "11: smtp.zzz: unknown key; take it out, or take one of listen, max_"),
    ("[smtp]", "[smtp]\n'ana.ruiz@home.test' = 1", "11: smtp.(a key not shown): unknown key; take it"),
    ("[smtp]", "[smpt]", "10: smpt: unknown section; did you mean smtp?"),
    ("[smtp]", "[[counselor]]\n[smtp]", "10: counselor: belongs in counselors.toml"),
    ("[smtp]", "[privacy]\nnoise = 1\n[smtp]", "11: privacy.noise: unknown key"),
    ("[authentication]", "[web]\nport = 80\n[authentication]", "23: web: unknown key; take it out"),
    ('name = "Example Peer Support"', "", "1: service.name: is missing"),
    ('name = "Example Peer Support"', "name = 7", "2: service.name: must be text in quotes"),
    ("Example Peer", "Peer <x@y>", "2: service.name: has a character that mail programs take for an"),
    ("Example Peer", "a\\nBcc: x", "2: service.name: must be one line of visible text"),
    (
        "Example Peer",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "2: service.name: is too long to be shown in mail; at most 60",
    ),
    ('"relay.test"', '"relay_test"', "3: service.domain: is not a domain name; write it as in"),
    ('"relay.test"', '"10.0.0.1"', "3: service.domain: is not a domain name"),
    ("operator@ops.test", "Op <operator@ops.test>", "4: service.operator: is not a plain address;"),
    ("operator@ops.test", "operator@Relay.test", "4: service.operator: is at service.domain, where"),
    ("help@relay.test", "help@other.test", "7: intake[1].address: must be at service.domain"),
    ("help@relay.test", "Abuse@relay.test", "7: intake[1].address: is kept for other mail"),
    ("help@relay.test", "a123456789b123456789@relay.test", "7: intake[1].address: looks like an alias"),
    ("[smtp]", '[[intake]]\naddress = "HELP@relay.test"\n[smtp]', "11: intake[2].address: is the same as"),
    ("[[intake]]", "[intake]", "6: intake: is a table that may repeat; write [[intake]]"),
    ('language = "en"', 'language = "english"', "8: intake[1].language: is not a language tag"),
    ('["127.0.0.1:8025"]', '"127.0.0.1:8025"', "11: smtp.listen: must be a list in square brackets"),
    ('["127.0.0.1:8025"]', "[]", "11: smtp.listen: is empty, and there is no [[imap_intake]]"),
    ("127.0.0.1:8025", "localhost:8025", "11: smtp.listen[1]: is not an IP address and port; write"),
    ("127.0.0.1:8025", "127.0.0.1:70000", "11: smtp.listen[1]: is not an IP address and port"),
    ("127.0.0.1:8025", "127.0.0.256:25", "11: smtp.listen[1]: is not an IP address and port"),
    ('["127.0.0.1:8025"]', '[\n"[::1]:25",\n"[0::1]:25"]', "13: smtp.listen[2]: stands in the list before"),
    ("31457280", '"30 MB"', "12: smtp.max_message_bytes: must be a whole number, without quotes"),
    ("31457280", "true", "12: smtp.max_message_bytes: must be a whole number"),
    ("31457280", "10", "12: smtp.max_message_bytes: must be at least 1024"),
    ("31457280", "1_000_000_000", "12: smtp.max_message_bytes: must be at most 104857600"),
    ("[next_hop]", 'trusted_hosts = ["10.0.0.0/33"]\n[next_hop]', "14: smtp.trusted_hosts[1]: is not an IP"),
    ("[next_hop]", 'tls_key = "k.pem"\n[next_hop]', "14: smtp.tls_key: needs the other of tls_cert"),
    (
        "[next_hop]",
        'tls_certificate = "c.pem"\ntls_key = "k.pem"\n[next_hop]',
        "14: smtp.tls_certificate: names a file that is not there",
    ),
    ('host = "127.0.0.1"', "", "14: next_hop.host: is missing; it has no default"),
    ('host = "127.0.0.1"', 'host = "mx.test:25"', "15: next_hop.host: is not a host name or IP address"),
    ("port = 8026", "port = 0", "16: next_hop.port: must be at least 1"),
    ("port = 8026", "port = 8025", "16: next_hop.port: is our own: what goes out would come back"),
    ('"never"', '"always"', "17: next_hop.tls: must be 'never', 'opportunistic', 'required' or 'implicit'"),
    ('"never"', '"never"\nusername = "u"', "18: next_hop.username: needs the other of username and"),
    ('"never"', '"never"\npassword = "p"', "18: next_hop.password: unknown key; did you mean password_file?"),
    ('"never"', '"never"\nca_file = "ca.pem"', "18: next_hop.ca_file: names a file that is not there"),
    ('url = "sqlite:///state/relay.db"', 'url = "mysql://db"', "20: storage.url: is not a storage we know"),
    ("sqlite:///state/relay.db", "sqlite://", "20: storage.url: is not a storage we know"),
    ("sqlite:///state/relay.db", "sqlite:///:memory:", "20: storage.url: keeps mail in memory"),
    ("sqlite:///state/relay.db", "postgresql://u@db/r", "20: storage.url: names PostgreSQL in another form"),
    (SQLITE, SERVER.format("u:p@[::1]/r"), "20: storage.url: holds a password, which whoever sees"),
    (SQLITE, SERVER.format("u@/r?password=p"), "20: storage.url: holds a password"),
    (SQLITE, SERVER.format("[::1]/r"), "20: storage.url: names no role or no database"),
    (SQLITE, SERVER.format("u@[::1]/"), "20: storage.url: names no role or no database"),
    (SQLITE, SERVER.format("u@/r"), "20: storage.url: names no host; write @HOST/, or ?host=/run/postgresql"),
    (SQLITE, SERVER.format("u@[::1/r"), "20: storage.url: cannot be read; write postgresql+psycopg://"),
    (SQLITE, SERVER.format("u@[::1]:x/r"), "20: storage.url: cannot be read"),
    (SQLITE, SERVER.format("u@db.test/r"), "20: storage.url: leads over a network, where others could read"),
    (SQLITE, SERVER.format("u@db.test/r?sslmode=require"), "20: storage.url: leads over a network"),
    (SQLITE, SERVER.format("u@/r?host=[::1]&host=db.test"), "20: storage.url: leads over a network"),
    (
        SQLITE,
        SERVER.format("u@[::1]/r?options=-c"),
        "20: storage.url: has more behind the question mark than h",
    ),
    (
        f'"{SQLITE}"',
        f'"{SQLITE}"\npassword_file = "state/password"',
        "21: storage.password_file: is for PostgreSQL, and storage.url names the embedded",
    ),
    (
        f'"{SQLITE}"',
        f'"{SERVER.format("u@[::1]/r")}"\npassword_file = "state/password"',
        "21: storage.password_file: names a file that is not there",
    ),
    ('"state/master.key"', '"credential:../x"', "21: storage.master_key_file: must name a credential"),
    ('"state/master.key"', '"state/relay.db"', "21: storage.master_key_file: is the database itself"),
    ('"alias"', '"none"', "25: authentication.counselor: must be 'alias', 'dmarc' or 'openpgp'"),
    ("[authentication]", "[workers]\nprocesses = 0\n[authentication]", "24: workers.processes: must be at"),
    ("[authentication]", "[logging]\nlevel = 'all'\n[authentication]", "24: logging.level: must be 'debug'"),
    (A, f"[metrics]\nlisten = '0.0.0.0:9418'\n{A}", "24: metrics.listen: would show figures to other hosts"),
    (A, f"[metrics]\nlisten = 'systemd'\n{A}", "24: metrics.listen: is not where figures can be asked for"),
    (A, f"[metrics]\nlisten = 'unix:'\n{A}", "24: metrics.listen: is not where figures can be asked for"),
    (A, f"[metrics]\nport = 9418\n{A}", "24: metrics.port: unknown key"),
    ("[authentication]", "storage = 1\n[authentication]", "23: storage.storage: unknown key"),
    ("[smtp]", "[smtp", "10: is not TOML in column 6; texts stand in"),
    ("port = 8026", "port 8026", "16: is not TOML in column 6"),
    ("port = 8026", "port = 1\nport = 2", "17: says something twice"),
]
"""What is replaced, by what, and how the finding begins after the name of the file."""

IN_COUNSELORS: list[tuple[str, str, str]] = [
    ('id = "ben"', 'id = "ana"', "13: counselor[2].id: is the same as counselor[1].id"),
    ('id = "ben"', 'id = "Ben Okafor"', "13: counselor[2].id: must be 1 to 32 small letters"),
    ('"Linden"', '"robin"', "14: counselor[2].pseudonym: is the same as counselor[1].pseudonym"),
    ('"Linden"', '"Okafor B"', "14: counselor[2].pseudonym: holds a part of what must stay hidden"),
    ('"Robin"', '"AnaRuiz"', "3: counselor[1].pseudonym: holds a part of what must stay hidden"),
    ("ben.okafor@mail.test", "ARUIZ@work.test", "16: counselor[2].address: is the same as counselor[1]."),
    ("aruiz@work.test", "ana.ruiz@HOME.test", "7: counselor[1].also_from[1]: is the same as counselor[1]"),
    ("aruiz@work.test", "aruiz@relay.test", "7: counselor[1].also_from[1]: is at service.domain"),
    ("ben.okafor@mail.test", "ben.okafor", "16: counselor[2].address: is not a plain address"),
    ("ben.okafor@mail.test", "b@relay.test", "16: counselor[2].address: is at service.domain"),
    ('name = "Ben Okafor"', "", "12: counselor[2].name: is missing"),
    ('"@anaruiz"]', "7]", "5: counselor[1].private[2]: must be text in quotes"),
    ('["always"]', "[]", "9: counselor[1].duty: is missing, and there is no rota; write for example"),
    ('["always"]', '"always"', "9: counselor[1].duty: must be a list in square brackets"),
    ("fri 18:00", "fri 1800", "19: counselor[2].duty[1]: has no times like 18:00-22:00"),
    ("Europe/Berlin", "Europe/Berln", "19: counselor[2].duty[1]: ends with a time zone that is not in"),
    (
        "capacity = 3",
        "capacity = 0",
        "21: counselor[2].capacity: must be a whole number from 1 to 10000, or 'none' for nobody new",
    ),
    ("capacity = 3", 'email = "b@x.test"', "21: counselor[2].email: unknown key; did you mean address?"),
    ("capacity = 3", 'x = """', "21: is not TOML"),
]

ALL = [
    *((old, new, f"relay.toml:{finding}") for old, new, finding in IN_RELAY),
    *((old, new, f"counselors.toml:{finding}") for old, new, finding in IN_COUNSELORS),
]


@pytest.mark.parametrize(("old", "new", "finding"), ALL)
def test_a_mistake_is_found_at_its_place(old: str, new: str, finding: str, tmp_path: Path) -> None:
    """File, line, key, what is wrong and what to write instead."""
    assert [found for found in problems(changed(tmp_path, (old, new))) if found.startswith(finding)]


@pytest.mark.parametrize(("old", "new", "finding"), ALL)
def test_a_mistake_is_found_beside_others(old: str, new: str, finding: str, tmp_path: Path) -> None:
    """Mistakes of the other file are told in the same breath, and a finding is told once."""
    other = (
        ('tls = "never"', 'tls = "sometimes"')
        if finding.startswith("counselors")
        else ("capacity = 1000", "capacity = -1")
    )
    found = problems(changed(tmp_path, (old, new), other))

    assert any(each.startswith(finding) for each in found)
    assert any("next_hop.tls" in each or "counselor[1].capacity" in each for each in found)
    assert len(set(found)) == len(found)


def test_every_problem_is_told_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    """The operator mends the file once, from top to bottom."""
    edits = [
        ('"relay.test"', '"x"'),
        ("port = 8026", "prot = 1"),
        ('id = "ben"', 'id = "ana"'),
        ("= 1000", "= 0"),
    ]
    found = problems(changed(tmp_path, *edits))

    assert [each.partition(": ")[0] for each in found] == [
        "relay.toml:3",
        "relay.toml:16",
        "counselors.toml:10",
    ]
    assert "did you mean port?" in found[1]


def test_one_bad_counselor_does_not_hide_that_two_others_are_mixed_up(tmp_path: Path) -> None:
    """Elements are read one by one."""
    third = '\n[[counselor]]\nid = "kim"\npseudonym = "Robin"\nname = "K X"\naddress = "k@x.test"\nduty = ["never"]\n'
    found = problems(write(tmp_path, counselors=COUNSELORS.replace("capacity = 3", "capacity = 0") + third))

    assert [each.split(": ")[1] for each in found] == ["counselor[2].capacity", "counselor[3].pseudonym"]


def test_files_that_are_missing_or_empty_are_told(tmp_path: Path) -> None:
    """Each by its name; an empty one lacks its sections."""
    assert problems(tmp_path / "nowhere")[0].endswith(
        "is not a folder; --config names the one with relay.toml in it"
    )
    assert [each.split(":")[0] for each in problems(tmp_path)] == ["relay.toml", "counselors.toml"]

    found = problems(write(tmp_path, relay="", counselors=""))

    assert "counselors.toml: counselor: there is none; write at least one [[counselor]]" in found
    assert any(each.startswith("relay.toml: service.domain: is missing") for each in found)
    assert any(each.startswith("relay.toml: intake: there is none") for each in found)


def test_files_that_are_no_text_are_told(tmp_path: Path) -> None:
    """Wrong encoding with its line, a folder in the place of a file, a file without end, brackets without end."""
    write(tmp_path)
    (tmp_path / "relay.toml").write_bytes(b"# one\n# tw\xf6\n")

    assert problems(tmp_path) == ("relay.toml:2: is not UTF-8 text; save it with that encoding",)

    (tmp_path / "relay.toml").write_bytes(b"#" * 2_000_000)

    assert "larger than 1 MiB" in problems(tmp_path)[0]

    (tmp_path / "relay.toml").write_text("x = " + "[" * 100_000)

    assert "brackets within brackets" in problems(tmp_path)[0]

    (tmp_path / "relay.toml").unlink()
    (tmp_path / "relay.toml").mkdir()

    assert "cannot be read" in problems(tmp_path)[0]


@pytest.mark.parametrize(
    "value", ["1", "[1]", "'x'", "[['x']]", "{}", "[{}]", "1979-05-27", "true", "[[]]", "[{a = 1}]"]
)
def test_any_value_anywhere_is_a_sentence_and_not_a_crash(value: str, tmp_path: Path) -> None:
    """Whatever type stands where another belongs."""
    for file, text in (("relay.toml", RELAY), ("counselors.toml", COUNSELORS)):
        for line in text.splitlines():
            key, equals, _ = line.partition(" = ")
            bad = text.replace(line, f"{key} = {value}" if equals else f"{line.strip('[]')} = {value}", 1)
            write(tmp_path, **{file.partition(".")[0]: bad})

            assert all(
                each.startswith((f"{file}:", "counselors.toml: counselor:")) for each in told(tmp_path)
            )


def told(folder: Path) -> tuple[str, ...]:
    try:
        load(folder)
    except ConfigError as error:
        return error.problems
    return ()


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path) -> None:
    """Of a file in there nothing is known, and no stack of ours is shown."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    file = closed / "next_hop.password"
    user = os.geteuid()
    if user == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        found = list(file_problems(("next_hop", "password_file"), file))
    finally:
        os.seteuid(user)
    assert found == [
        (("next_hop", "password_file"), f"lies in a folder that this user may not enter: {file}")
    ]
