"""The second door to real clients: swaks logs in by STARTTLS and under TLS, OpenSSL talks to it by hand."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from relay.edge.passwords import hashed
from tests.support.daemon import Daemon
from tests.support.mailprograms import needed
from tests.unit.edge.smtp_door import certificate

PASSWORD = "four unusual words here"

RELAY_TOML = """
[service]
name = "Line"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[submission]
implicit_tls = ["127.0.0.1:0"]
starttls = ["127.0.0.1:0"]
"""
MACHINE_TOML = """
[smtp]
listen = ["127.0.0.1:0"]
tls_certificate = "relay.test.crt"
tls_key = "relay.test.key"

[next_hop]
host = "127.0.0.1"
port = {port}
tls = "never"

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"
"""


def _daemon(folder: Path) -> Daemon:
    folder.mkdir(mode=0o700)
    certificate(folder)
    (folder / "relay.test.key").chmod(0o600)
    counselors = (
        '[[counselor]]\nid = "ana"\npseudonym = "Robin"\nname = "Ana Ruiz"\naddress = "ana.ruiz@home.test"\n'
        f'duty = ["always"]\npassword_hash = "{hashed(PASSWORD)}"\n'
    )
    return Daemon(folder, RELAY_TOML, counselors, machine=MACHINE_TOML)


async def _ports(daemon: Daemon) -> tuple[str, str]:
    """The ports for STARTTLS and for implicit TLS."""
    _, starttls, implicit = str((await daemon.said("relay.started"))["listeners"]).split()
    return starttls.rpartition(":")[2], implicit.rpartition(":")[2]


async def _run(*command: str, said: bytes = b"") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(said), 30)
    return process.returncode or 0, output.decode(errors="replace")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", ["-tls", "--tls-on-connect"])
async def test_swaks_logs_in_and_its_message_is_taken(mechanism: str, tls: str, tmp_path: Path) -> None:
    """Both ways to TLS, both mechanisms; a wrong password sends nothing."""
    async with _daemon(tmp_path / "relay") as daemon:
        starttls, implicit = await _ports(daemon)
        command = [
            needed("swaks"), "--server", "127.0.0.1", "--port", starttls if tls == "-tls" else implicit, tls,
            "--auth", mechanism, "--auth-user", "ana.ruiz@home.test", "--from", "ana.ruiz@home.test",
            "--to", "help@relay.test", "--body", "Hello", "--timeout", "20",
        ]  # fmt: skip
        code, output = await _run(*command, "--auth-password", PASSWORD)
        assert code == 0, output
        assert "235 2.7.0" in output
        await daemon.said("message.received")
        code, output = await _run(*command, "--auth-password", "wrong wrong wrong")
        assert code == 28, output  # swaks' own code for a login that was refused
        assert "535 5.7.8" in output
        received = [line for line in daemon.log if line.event == "message.received"]
        assert len(received) == 1
    assert not any("ana" in str(line.fields) or PASSWORD in str(line.fields) for line in daemon.log)


async def test_openssl_by_hand_sees_what_is_offered(tmp_path: Path) -> None:
    """TLS 1.2 and 1.3 and nothing older; AUTH only behind it."""
    async with _daemon(tmp_path / "relay") as daemon:
        starttls, implicit = await _ports(daemon)
        login = base64.b64encode(f"\0ana\0{PASSWORD}".encode()).decode()
        said = f"EHLO me.test\r\nAUTH PLAIN {login}\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@foreign.test>\r\nQUIT\r\n"
        for version in ("-tls1_2", "-tls1_3"):
            connect = [needed("openssl"), "s_client", "-quiet", "-ign_eof", "-crlf", version, "-connect"]
            _, output = await _run(
                *connect, f"127.0.0.1:{implicit}", said=said.replace("\r\n", "\n").encode()
            )
            for expected in ("AUTH PLAIN LOGIN", "235 2.7.0", "250 2.1.0", "550 5.1.1", "221 2.0.0"):
                assert expected in output, output
            _, output = await _run(
                *connect,
                f"127.0.0.1:{starttls}",
                "-starttls",
                "smtp",
                said=said.replace("\r\n", "\n").encode(),
            )
            assert "235 2.7.0" in output
        code, output = await _run(
            needed("openssl"), "s_client", "-tls1_1", "-connect", f"127.0.0.1:{implicit}", said=b"QUIT\n"
        )
        assert code != 0, output
