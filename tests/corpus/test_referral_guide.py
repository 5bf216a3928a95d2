"""A new operator with a downloaded directory and ``docs/referrals.md``: its commands as they stand, up to the first ``!refer``."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import shlex
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.corpus.letters import FOLDER
from tests.support import storage, watch
from tests.support.daemon import ROOT, Daemon
from tests.support.sink import Captured

pytestmark = pytest.mark.corpus

GUIDE = ROOT / "docs" / "referrals.md"
MINUTES_5 = 300.0
RELAY = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"
[[intake]]
address = "help@relay.test"
countries = ["US"]
[workers]
processes = 1
"""
COUNSELORS = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
address = "ana.ruiz@home.test"
duty = ["always"]
"""


def steps() -> list[str]:
    """The indented lines of the first section, in order."""
    section = GUIDE.read_text("utf-8").split("## In five minutes")[1].split("\n## ")[0]
    return [line.strip() for line in section.split("\n") if line.startswith("    ")]


async def typed(words: list[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *words,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


async def arrives(daemon: Daemon, recipient: str, *, automatic: bool, at_most_s: float = 20.0) -> Captured:
    async with asyncio.timeout(at_most_s):
        while True:
            for one in daemon.sink.captured:
                if one.recipient == recipient and (b"Auto-Submitted" in one.message) is automatic:
                    return one
            await asyncio.sleep(0.02)


def text_of(captured: Captured) -> str:
    message = email.message_from_bytes(captured.message, policy=email.policy.default)
    body = message.get_body(("plain",))  # type: ignore[attr-defined]
    return str(body.get_content()).replace("\r\n", "\n")


async def test_from_a_downloaded_zip_to_the_first_referral_by_the_guide_alone(tmp_path: Path) -> None:
    """Every command of the guide works as it is written, and all of it takes a few seconds of the machine's time."""
    archive = tmp_path / "directory.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in sorted((FOLDER / "hsds" / "ohana-sample").iterdir()):
            made.write(file, f"directory/{file.name}")
    folder = tmp_path / "relay"
    commands = steps()
    assert [re.split(r"\s", each)[0] for each in commands] == ["relay", "relay", "!refer"]
    started = time.monotonic()
    async with Daemon(folder, RELAY, COUNSELORS) as daemon:
        output = []
        for command in commands[:2]:
            words = shlex.split(
                command.replace("/etc/relay", str(folder)).replace("directory.zip", str(archive))
            )
            output.append(await typed(words))
        assert "23 new, 0 changed, 0 gone" in output[0]
        assert "Senior Peer Counseling" in output[1]
        for (entry,) in storage.run(folder, "SELECT entry FROM referrals"):  # nobody has written to us yet
            watch.published(entry if isinstance(entry, str) else bytes(entry).decode())

        async with daemon.connect() as door:
            await door.submit("sam@mail.test", ["help@relay.test"],
                              b"From: sam@mail.test\r\nTo: help@relay.test\r\nSubject: Hello\r\nMessage-ID: <1@mail.test>\r\n\r\nI am lonely.\r\n")  # fmt: skip
        request = email.message_from_bytes(
            (await arrives(daemon, "ana.ruiz@home.test", automatic=False)).message
        )
        alias = str(request["From"]).rpartition("<")[2].rstrip(">")
        reply = (
            f"From: ana.ruiz@home.test\r\nTo: {alias}\r\nSubject: Re: Hello\r\nMessage-ID: <2@home.test>\r\n"
            f"In-Reply-To: {request['Message-ID']}\r\n\r\nThis may help:\r\n{commands[2]}\r\n"
        )
        async with daemon.connect() as door:
            await door.submit("ana.ruiz@home.test", [alias], reply.encode())
        answer = text_of(await arrives(daemon, "sam@mail.test", automatic=False))
        took_s = time.monotonic() - started
        receipt = text_of(await arrives(daemon, "ana.ruiz@home.test", automatic=True))
    assert answer.startswith("This may help:\n\nSenior Peer Counseling\n"), answer
    assert "Phone: 650 403-4300" in answer
    assert "Last checked: " in answer
    assert "  Senior Peer Counseling\n" in receipt
    assert took_s < MINUTES_5
    print(f"from the zip to the first referral: {took_s:.1f} s")
