"""SIGHUP: what is right is taken over while people talk, what is wrong changes nothing and is said with its place."""

from __future__ import annotations

import asyncio
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.config.settings import Settings
from relay.parts import FIXED
from tests.support.canaries import found
from tests.support.daemon import Daemon, LogLine
from tests.support.line import COUNSELORS_TOML

RELAY = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[workers]
processes = 1
"""
PEOPLE = COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')


def certificate(folder: Path, name: str) -> None:
    """A pair for this name, over the one that lies there."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "key.pem").chmod(0o600)


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    folder = tmp_path / "line"
    folder.mkdir(mode=0o700)
    certificate(folder, "first.test")
    tls = '[smtp]\ntls_certificate = "cert.pem"\ntls_key = "key.pem"\n'
    running = Daemon(folder, RELAY, PEOPLE)
    running._files["relay.toml"] = running._files["relay.toml"].replace("[smtp]\n", tls)
    async with running:
        yield running


async def reload(daemon: Daemon, *events: str) -> LogLine:
    after = len(daemon.log)
    daemon.process.send_signal(signal.SIGHUP)
    return await daemon.said(*events, after=after)


def edit(daemon: Daemon, name: str, old: str, new: str) -> None:
    path = daemon.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


async def shown(daemon: Daemon) -> str:
    """The name in the certificate that the door shows now."""
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await reader.readline()
    writer.write(b"EHLO x.test\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    writer.write(b"STARTTLS\r\n")
    assert (await reader.readline()).startswith(b"220")
    await writer.start_tls(context)
    octets = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return "second.test" if b"second.test" in octets else "first.test" if b"first.test" in octets else ""


async def test_a_wrong_configuration_changes_nothing_and_is_said_with_its_place(daemon: Daemon) -> None:
    """One event with file and line, which names nobody; a session that is open goes on, and so does the old line."""
    async with daemon.connect() as door:
        lines = (daemon.folder / "counselors.toml").read_text().splitlines()
        number = next(n for n, line in enumerate(lines, 1) if "ben.okafor@mail.test" in line)
        edit(daemon, "counselors.toml", "ben.okafor@mail.test", "ben.okafor.canary")
        refused = await reload(daemon, "config.refused", "config.loaded")
        assert refused.event == "config.refused"
        assert (refused["problems"], refused["place"]) == (1, f"counselors.toml:{number}")
        assert found(["ben.okafor", "canary"], [str(refused.fields).encode()]) == []
        assert (
            await door.submit("sam@mail.test", ["help@relay.test"], b"From: sam@mail.test\r\n\r\nHello.\r\n")
        )[:3] == "250"
    await daemon.said("delivery.accepted", where=lambda line: line["kind"] == "relayed")
    edit(daemon, "counselors.toml", "ben.okafor.canary", "ben.okafor@mail.test")
    assert (await reload(daemon, "config.refused", "config.loaded")).event == "config.loaded"
    assert daemon.other_output == []


async def test_what_needs_a_restart_is_named_until_there_was_one(daemon: Daemon) -> None:
    """By the names of sections; the rest of the same change is in force at once."""
    edit(
        daemon,
        "relay.toml",
        "[[intake]]",
        '[dns]\nservers = ["127.0.0.1:53"]\n\n[[intake]]\naddress = "hallo@relay.test"\n\n[[intake]]',
    )
    edit(daemon, "relay.toml", "processes = 1", "processes = 2")
    for _ in range(2):
        warned = await reload(daemon, "config.warned")
        assert (warned["cause"], set(str(warned["place"]).split())) == ("restart", {"dns", "workers"})
    async with daemon.connect() as door:
        assert (
            await door.submit("sam@mail.test", ["hallo@relay.test"], b"From: sam@mail.test\r\n\r\nHello.\r\n")
        )[:3] == "250"


async def test_a_renewed_certificate_is_shown_after_a_reload(daemon: Daemon) -> None:
    """No connection is lost for it; half a pair is refused, and the old one stays."""
    assert await shown(daemon) == "first.test"
    certificate(daemon.folder, "second.test")
    async with daemon.connect() as door:
        assert (await reload(daemon, "config.loaded", "config.refused")).event == "config.loaded"
        assert await shown(daemon) == "second.test"
        assert (await door._ask(b"NOOP"))[:3] == "250"
    old_key = (daemon.folder / "key.pem").read_bytes()
    certificate(daemon.folder, "first.test")
    (daemon.folder / "key.pem").write_bytes(old_key)
    assert (await reload(daemon, "config.loaded", "config.refused")).event == "config.refused"
    assert await shown(daemon) == "second.test"


def test_every_name_of_what_needs_a_restart_is_one() -> None:
    """A section that was renamed is found here and not by an operator."""
    sections = set(Settings.__dataclass_fields__)
    assert {name.partition(".")[0] for name in FIXED} <= sections
