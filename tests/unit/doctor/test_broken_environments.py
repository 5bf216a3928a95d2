"""Environments that are broken: each is found, at its place, with what to do; one that is well has no finding.

Real sockets, a real name server, real files and databases on loopback; what a test cannot have (a full disk, a clock that
was set back) is judged from facts in ``test_judgements``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from relay.cli import main
from relay.doctor.around import Around
from relay.doctor.command import fetch, look
from relay.doctor.findings import Finding, Level
from relay.doctor.probes import PROBES
from relay.edge.store import create_master_key
from relay.mail.proof.lookups import LookupTrouble, RecordType
from relay.stores import opened
from tests.unit.config.folder import SECRETS
from tests.unit.doctor.world import CRISIS, World, well
from tests.unit.edge import openpgp_world

OF_THE_MACHINE = {"clock", "interpreter", "suffixes"}
"""Subjects on which a finding may be right: whoever runs this may have such a clock, and such a Python."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with well(tmp_path) as made:
        yield made


async def test_a_line_that_is_well_has_no_finding(world: World) -> None:
    """Every probe is asked; what is told is of the machine."""
    found = await look(world.around())
    assert {subject for subject, findings in found.items() if findings} <= OF_THE_MACHINE
    assert "mx.relay.test" in world.dns.asked


Break = Callable[[World], Awaitable[None] | None]


def no_record(name: str, kind: str) -> Callable[[World], None]:
    return lambda world: void(world.dns.zone[name].pop(kind))


def void(_: object) -> None:
    """Drop a value."""


def texts(name: str, *records: str) -> Callable[[World], None]:
    return lambda world: world.dns.zone[name].update(TXT=[f'"{each}"' for each in records])


def changed(**values: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        for name, value in values.items():
            setattr(world, name, value)

    return change


def edited(old: str, new: str) -> Callable[[World], None]:
    return lambda world: world.edits.append((old, new))


async def no_answer(_name: str, _kind: RecordType) -> tuple[str, ...]:
    raise LookupTrouble("no answer")


def exchanged_keys(world: World) -> None:
    both = world.dns.zone
    both["rsa1._domainkey.relay.test"] = both["ed1._domainkey.relay.test"]


def refuses_login(world: World) -> None:
    (world.folder / "password").touch(0o600)
    (world.folder / "password").write_text("wrong\n")
    world.edits.append(('"never"', '"never"\nusername = "relay"\npassword_file = "password"'))
    world.hop.refuse = lambda verb, _: "250-sink\r\n250 AUTH PLAIN" if verb == "EHLO" else (
        "535 5.7.8 no" if verb == "AUTH" else None
    )  # fmt: skip


def nobody_there(world: World) -> None:
    world.edits.append((f":{world.door_port}", ":1"))


def next_hop_gone(world: World) -> None:
    world.edits.append((f"port = {world.hop.port}", "port = 1"))


def next_hop_is_the_door(world: World) -> None:
    """With a socket of systemd, of which the files do not say where it is."""
    world.edits.append((f"127.0.0.1:{world.door_port}", "systemd"))
    world.edits.append((f"port = {world.hop.port}", f"port = {world.door_port}"))


def damaged(world: World) -> None:
    database = world.folder / "state" / "relay.db"
    database.parent.mkdir(mode=0o700)
    create_master_key(database.parent / "master.key")
    database.write_bytes(b"this is no database" * 1000)


async def another_master_key(world: World) -> None:
    settings = world.around().settings
    await (await asyncio.to_thread(opened, settings, exclusive=True)).close()
    settings.storage.master_key_file.unlink()
    create_master_key(settings.storage.master_key_file)


def old_suffixes(world: World) -> None:
    world.now += timedelta(days=800)
    world.edits.append(('counselor = "alias"', 'counselor = "dmarc"'))


def key_ended(world: World) -> None:
    (world.folder / "keys").mkdir()
    (world.folder / "keys" / "ana.asc").write_bytes(
        openpgp_world.desk().certificate(openpgp_world.person("expired"))
    )
    world.edits.append(('id = "ana"', 'id = "ana"\nopenpgp_key = "keys/ana.asc"'))


BROKEN: dict[str, tuple[Break, str, Level, str, str]] = {
    "no MX": (
        no_record("relay.test", "MX"), "mail host", Level.CRITICAL, "relay.test has no MX record", "publish the MX"),
    "an MX that leads nowhere": (
        no_record("mx.relay.test", "A"), "mail host", Level.CRITICAL, "mx.relay.test, the MX of relay.test, has no address",
        "A or AAAA record"),
    "no PTR": (
        no_record("1.0.0.127.in-addr.arpa", "PTR"), "mail host", Level.WARNING, "127.0.0.1, the address of mx.relay.test, has "
        "no PTR", "set its PTR record to mx.relay.test"),
    "a PTR of somebody else": (
        lambda w: w.dns.zone["1.0.0.127.in-addr.arpa"].update(PTR=["dsl-7.provider.test."]), "mail host", Level.WARNING,
        "is called dsl-7.provider.test by its PTR", "set its PTR record to mx.relay.test"),
    "name servers that are silent": (
        changed(lookup=no_answer), "mail host", Level.WARNING, "the name servers do not answer", "look at [dns] servers"),
    "no SPF": (
        texts("relay.test", "something else"), "mail senders", Level.WARNING, "relay.test has no SPF record", "'relay dns'"),
    "two SPF records": (
        texts("relay.test", "v=spf1 mx -all", "v=spf1 -all"), "mail senders", Level.WARNING, "2 SPF records", "only that"),
    "an SPF that leaves us out": (
        texts("relay.test", "v=spf1 ip4:192.0.2.1 -all"), "mail senders", Level.CRITICAL, "does not let 127.0.0.1 send",
        "ip4:127.0.0.1"),
    "an SPF for everybody": (
        texts("relay.test", "v=spf1 +all"), "mail senders", Level.WARNING, "lets everybody send", "end it with -all"),
    "a DKIM key that is not published": (
        no_record("ed1._domainkey.relay.test", "TXT"), "mail senders", Level.CRITICAL, "selector ed1 is not published at "
        "ed1._domainkey.relay.test", "'relay dns'"),
    "a DKIM key of somebody else": (
        exchanged_keys, "mail senders", Level.CRITICAL, "selector rsa1 is published with another key", "'relay dns'"),
    "no DMARC": (
        no_record("_dmarc.relay.test", "TXT"), "mail senders", Level.WARNING, "has no DMARC record", "'relay dns'"),
    "a DMARC that asks for nothing": (
        texts("_dmarc.relay.test", "v=DMARC1; p=none"), "mail senders", Level.WARNING, "asks for nothing", "p=reject"),
    "an MTA-STS policy that is not there": (
        changed(policy=None), "transport", Level.WARNING, "cannot be fetched", "https://mta-sts.relay.test/.well-known/"),
    "an MTA-STS policy for another host": (
        changed(policy="version: STSv1\nmode: enforce\nmx: old.relay.test\n"), "transport", Level.CRITICAL,
        "does not name mx.relay.test", "name the MX in the policy"),
    "no TLS-RPT": (
        no_record("_smtp._tls.relay.test", "TXT"), "transport", Level.HINT, "no TLS-RPT record", "'relay dns'"),
    "a certificate that has ended": (
        lambda w: setattr(w, "now", w.now + timedelta(days=61)), "certificate", Level.CRITICAL,
        "smtp.tls_certificate of relay.toml has ended", "renew it"),
    "a certificate that ends soon": (
        changed(days=6), "certificate", Level.WARNING, "smtp.tls_certificate of relay.toml ends in", "see why it has not"),
    "a certificate for another name": (
        changed(host="old.relay.test"), "certificate", Level.WARNING, "is not for mx.relay.test", "get one for mx.relay.test"),
    "nobody at the door": (
        nobody_there, "doors", Level.CRITICAL, "nobody answers at 127.0.0.1:1 of smtp.listen", "start the daemon"),
    "another program at the door": (
        changed(greeting="220 mail.test ESMTP Postfix"), "doors", Level.CRITICAL, "another program than the relay",
        "another port"),
    "a door without TLS": (
        changed(offers=("250 relay.test",)), "doors", Level.WARNING, "no STARTTLS is offered", "restart the daemon"),
    "a next hop that is away": (
        next_hop_gone, "next hop", Level.CRITICAL, "127.0.0.1:1 cannot be reached", "next_hop.host and port"),
    "a next hop that is the relay": (
        next_hop_is_the_door, "next hop", Level.CRITICAL, "is the relay itself", "name the port of your MTA"),
    "a next hop that will not talk": (
        lambda w: setattr(w.hop, "refuse", lambda *_: "554 5.3.2 not you"), "next hop", Level.CRITICAL,
        "does not say what it can do", "see whether it is a mail server"),
    "a next hop that wants another password": (
        refuses_login, "next hop", Level.CRITICAL, "does not take the login (it says 535)", "password_file"),
    "a next hop without TLS": (
        edited('"never"', '"required"'), "next hop", Level.CRITICAL, "offers no TLS", "next_hop.tls"),
    "a database that is none": (
        damaged, "storage", Level.CRITICAL, "relay.db: the database cannot be opened or is damaged", "from its backup"),
    "a database with another master key": (
        another_master_key, "storage", Level.CRITICAL, "relay.db: the database was made with another master key",
        "put that key file back"),
    "a database in memory": (
        edited("sqlite:///state/relay.db", "sqlite:////dev/shm/relay-of-a-test/relay.db"), "storage", Level.CRITICAL,
        "/dev/shm is in memory (tmpfs)", "a place on a disk"),
    "a list of suffixes from long ago": (
        old_suffixes, "suffixes", Level.WARNING, "the list of public suffixes is", "publicsuffixlist"),
    "nobody on duty": (
        lambda w: w.edits.extend([('["always"]', '["never"]'), ('"mon-fri 18:00-22:00 Europe/Berlin"', '"never"')]), "rota",
        Level.CRITICAL, "nobody is on duty for the queue general", "counselors.toml"),
    "a rota with a weekend": (
        edited('["always"]', '["mon-fri 08:00-20:00"]'), "rota", Level.WARNING, "nobody is on duty for the queue general for",
        "'relay rota'"),
    "a crisis line that nobody looked at": (
        changed(crisis=CRISIS.format(checked="2020-01-31")), "words", Level.WARNING,
        "crisis.toml: crisis[1] (international) was last checked on 2020-01-31", "write the new date"),
    "a country without a line": (
        edited('language = "en"\n\n[smtp]', 'language = "en"\ncountries = ["GB"]\n\n[smtp]'), "words", Level.WARNING,
        "an intake is for GB", "add one"),
    "an OpenPGP key that has ended": (
        key_ended, "keys", Level.CRITICAL, "the OpenPGP key of counselor ana does not work", "ask them for the next one"),
    "files that others can read": (
        changed(file_mode=0o644), "settings", Level.WARNING, "relay.toml: every user of the machine can read", "chmod 640 relay.toml"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
async def test_it_is_found_with_place_and_remedy(name: str, world: World) -> None:
    """What is so, why it matters, what to do; and nobody is named."""
    breaks, subject, level, what, remedy = BROKEN[name]
    if (breaking := breaks(world)) is not None:
        await breaking
    found = await world.ask(subject)
    matching = [each for each in found if what in each.what]

    assert [each.level for each in matching] == [level], found
    assert remedy in matching[0].remedy
    assert matching[0].why
    assert not [secret for secret in SECRETS if secret in str(found)]


async def command(world: World, *arguments: str) -> int:
    """The command as an operator gives it, in a loop of its own."""
    return await asyncio.to_thread(main, ["check", "--live", "--config", str(world.folder), *arguments])


async def test_the_exit_code_is_that_of_the_worst(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As monitoring plug-ins have it: 0, 1, 2."""
    world.dns.zone["_mta-sts.relay.test"].clear()  # only a hint, and nothing to fetch
    world.write()
    code = await command(world, "--json")
    told = json.loads(capsys.readouterr().out)
    assert {each["subject"] for each in told["findings"] if each["level"] != "hint"} <= OF_THE_MACHINE
    worst = max((each["level"] == "warning" for each in told["findings"]), default=False)
    assert code == told["exit_code"] == int(worst)
    assert told["looked_at"] == list(PROBES)

    nobody_there(world)
    world.write()
    assert await command(world) == 2
    out = capsys.readouterr().out
    assert "CRITICAL  doors: nobody answers at 127.0.0.1:1 of smtp.listen." in out
    assert "1 critical finding," in out
    assert max(map(len, out.splitlines())) <= 80
    assert not [secret for secret in SECRETS if secret in out]


async def test_files_that_cannot_be_read_are_critical(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake with its line, and 2."""
    world.write()
    file = world.folder / "relay.toml"
    file.write_text(file.read_text().replace("[smtp]", "[smpt]"))
    assert await command(world, "--json") == 2
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["subject"], found["level"]) == ("settings", "critical")
    assert "relay.toml:10: smpt: unknown section" in found["what"]


async def test_a_probe_that_stumbles_does_not_hide_the_others(world: World) -> None:
    """It is a finding of its own."""

    async def stumbles(_: Around) -> list[Finding]:
        raise ValueError("ana.ruiz@home.test")

    found = await look(world.around(), {"stumbling": stumbles, "disk": PROBES["disk"]})
    assert found["stumbling"][0].what == "this could not be looked at (ValueError)"
    assert found["disk"] == []


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        (b"404 Not Found\r\nContent-Length: 5\r\n\r\nhello", None),
        (b"301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", None),
        (b"200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000, None),
        (b"", None),
    ],
)
async def test_a_policy_is_fetched_within_limits(answer: bytes, text: str | None) -> None:
    """RFC 8461 §3.3: no redirection, no more than 64 KiB."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + answer if answer else b"")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await fetch(f"http://127.0.0.1:{port}/x") == text
