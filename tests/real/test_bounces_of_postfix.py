"""A real Postfix as next hop takes what it cannot deliver and reports it later: the words reach somebody all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.canaries import found, views
from tests.support.daemon import Daemon
from tests.support.postfix import Postfix
from tests.support.sink import Sink

HIDDEN = ["quokka.zebrano", "lemurhost.test", "marla.ibexwood", "ibexhome.test"]
SEEKER, MARLA, PAVO = "quokka.zebrano@lemurhost.test", "marla.ibexwood@ibexhome.test", "pavo@pavohome.test"
LETTER = (
    f"From: {SEEKER}\r\nTo: %s\r\nSubject: I need to talk\r\nMessage-ID: <%d@lemurhost.test>\r\n\r\n%s\r\n"
)

RELAY_TOML = """
[service]
name = "Line"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[workers]
processes = 1
"""
COUNSELORS_TOML = f"""
[[counselor]]
id = "a"
pseudonym = "Robin"
name = "Marla Ibexwood"
address = "{MARLA}"
duty = ["always"]

[[counselor]]
id = "b"
pseudonym = "Linden"
name = "Pavo Tern"
address = "{PAVO}"
duty = ["always"]
"""


@dataclass
class Helpline:
    postfix: Postfix
    daemon: Daemon
    far: Sink
    """The host of both Marla's and the seeker's provider."""

    async def writes(self, number: int, to: str, text: str) -> None:
        async with self.daemon.connect() as door:
            await door.submit(SEEKER, [to], (LETTER % (to, number, text)).encode())

    async def comes(self, name: str, text: bytes) -> bytes:
        """Wait until a letter with this text is in a Maildir."""
        async with asyncio.timeout(30):
            while True:
                for path in self.postfix.letters(name):
                    if text in path.read_bytes():
                        return path.read_bytes()
                await asyncio.sleep(0.05)


@pytest.fixture
async def helpline(tmp_path: Path) -> AsyncIterator[Helpline]:
    far = Sink()
    await far.start()
    postfix = Postfix({PAVO: "pavo", "operator@ops.test": "operator"}, {"relay.test": 0})
    async with Daemon(tmp_path / "line", RELAY_TOML, COUNSELORS_TOML, sink=Sink(port=postfix.port)) as daemon:
        postfix.routes = {"relay.test": daemon.port, "ibexhome.test": far.port, "lemurhost.test": far.port}
        async with postfix:
            yield Helpline(postfix, daemon, far)
    await far.stop()
    assert daemon.other_output == []


async def test_a_report_of_postfix_brings_the_words_to_another_counselor(helpline: Helpline) -> None:
    """Marla's provider refuses what Postfix brings; its report names her, and nobody hears of it but in our words."""
    helpline.far.refuse = lambda verb, argument: (
        f"550 5.1.1 <{MARLA}> no such user at ibexhome.test"
        if verb == "RCPT" and "ibex" in argument
        else None
    )
    await helpline.writes(1, "help@relay.test", "I cannot sleep.")
    letter = await helpline.comes("pavo", b"I cannot sleep.")
    told = await helpline.comes("operator", b"no such mailbox")
    for message in (letter, told):
        assert found(HIDDEN, views(message.partition(b"\n\n")[2])) == []
    fates = [line for line in helpline.daemon.log if line.event == "message.absorbed"]
    assert [line["reason"] for line in fates] == ["bounce"]


async def test_a_report_of_postfix_about_a_seeker_tells_the_counselor_why(helpline: Helpline) -> None:
    """The seeker's mailbox is full."""
    helpline.far.refuse = lambda verb, argument: (
        "550 5.1.1 gone" if verb == "RCPT" and "ibex" in argument else None
    )
    await helpline.writes(1, "help@relay.test", "I cannot sleep.")
    request = await helpline.comes("pavo", b"I cannot sleep.")
    alias = request.partition(b"\nFrom: ")[2].partition(b"<")[2].partition(b">")[0].decode()
    helpline.far.refuse = lambda verb, argument: (
        f"552 5.2.2 <{SEEKER}> mailbox is over quota" if verb == "RCPT" and "quokka" in argument else None
    )
    async with helpline.daemon.connect() as door:
        reply = f"From: {PAVO}\r\nTo: {alias}\r\nSubject: Re: I need to talk\r\nMessage-ID: <2@pavohome.test>\r\n\r\nI am here.\r\n"
        await door.submit(PAVO, [alias], reply.encode())
    told = await helpline.comes("pavo", b"The mailbox is full.")
    assert found(HIDDEN, views(told.partition(b"\n\n")[2])) == []
