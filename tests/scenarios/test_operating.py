"""The operator's day: looks at the line, moves what is stuck, follows a message, and sees no address but by asking."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from relay import cli
from tests.support.canaries import found
from tests.support.daemon import Daemon
from tests.support.line import COUNSELORS_TOML

RELAY = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[[intake]]
address = "grief@relay.test"
queue = "grief"

[workers]
processes = 1
"""
PEOPLE = (
    COUNSELORS_TOML.format(
        ana_duty='["always"]\nqueues = ["general"]',
        ben_duty='["always"]\nqueues = ["general"]',
        ben_languages='["de"]',
    )
    + """
[[counselor]]
id = "kim"
pseudonym = "Aspen"
name = "Kim Brandt"
address = "kim.b@mail.test"
queues = ["grief"]
duty = ["always"]
capacity = "none"

[[supervisor]]
id = "oak"
pseudonym = "Oak"
address = "sue.pervisor@mail.test"
"""
)
SAM, SUBJECT = "sam.canaryseeker@mail.test", "Canary subject words"
SECRETS = (SAM, "sam.canaryseeker", "Sam Canarylee", SUBJECT, "canary-id-77", "ana.ruiz", "Ana Ruiz", "ben.okafor",
           "operator@ops.test", "sue.pervisor", "stranger.canary")  # fmt: skip
REASON = "court order 17 of the district court"


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    async with Daemon(tmp_path / "line", RELAY, PEOPLE) as running:
        yield running


async def writes(daemon: Daemon, to: str, *, sender: str = SAM, number: int = 77) -> None:
    message = (
        f"From: Sam Canarylee <{sender}>\r\nTo: {to}\r\nSubject: {SUBJECT}\r\n"
        f"Message-ID: <canary-id-{number}@mail.test>\r\n\r\nI cannot sleep.\r\n"
    )
    async with daemon.connect() as door:
        assert (await door.submit(sender, [to], message.encode())).startswith("250")


async def relay(daemon: Daemon, *words: str, code: int = 0, shows: tuple[str, ...] = ()) -> str:
    """Run a command beside the daemon; what it prints, which names nobody who is not in ``shows``."""
    out, err = io.StringIO(), io.StringIO()

    def run() -> int:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            return cli.main([*words, "--config", str(daemon.folder)])

    assert await asyncio.to_thread(run) == code, err.getvalue()
    printed = out.getvalue() + err.getvalue()
    assert found([one for one in SECRETS if one not in shows], [printed.encode()]) == []
    if "--json" not in words and not shows and code == 0:
        assert max(map(len, printed.splitlines())) <= 80
    return printed


async def values(daemon: Daemon, *words: str) -> Any:
    return json.loads(await relay(daemon, *words, "--json"))


async def test_status_tells_who_is_there_what_waits_and_what_is_stuck(daemon: Daemon) -> None:
    """On one page, by pseudonyms and ids, also as values; with the daemon and without it."""
    daemon.sink.refuse = lambda verb, _: "451 4.3.0 later" if verb == "DATA" else None
    await writes(daemon, "grief@relay.test")
    await daemon.said("delivery.deferred")
    page = await relay(daemon, "status")
    assert "The daemon runs." in page
    assert "general: ana, ben" in page
    assert "grief: NOBODY in the next two weeks" in " ".join(page.split())
    assert "1 conversation, the longest for" in page
    assert "because the next hop did not take the content" in " ".join(page.split())

    status = await values(daemon, "status")
    assert status["runs"] is True
    assert [one["state"] for one in status["waiting"]] == ["waiting"]
    assert status["waiting"][0]["pseudonym"] in page
    assert status["figures"]["owed"] == 1

    await daemon.stop()
    assert "NO DAEMON RUNS" in await relay(daemon, "status")
    shown = await relay(daemon, "top")
    assert "NO DAEMON RUNS" in shown
    assert status["waiting"][0]["pseudonym"] in shown
    assert "\x1b" not in shown


async def test_what_is_held_stays_until_it_is_released(daemon: Daemon) -> None:
    """A delivery on hold is not sent, whoever asks for it; released, it goes out as it was."""
    daemon.sink.refuse = lambda verb, _: "451 4.3.0 later" if verb == "DATA" else None
    await writes(daemon, "help@relay.test")
    await daemon.said("delivery.deferred", where=lambda line: line["delivery"] is not None)
    await asyncio.sleep(0.3)
    rows = await values(daemon, "queue", "list", "--state", "deferred")
    (letter,) = [row for row in rows if row["kind"] == "relayed"]
    assert letter["why"] == "data"
    assert letter["code"] == 451

    assert "Held until" in await relay(daemon, "queue", "hold", letter["row_id"])
    assert "only what was put off" in await relay(daemon, "queue", "retry", letter["row_id"], code=1)
    assert (await values(daemon, "queue", "retry", "all"))["retried"] >= 1
    daemon.sink.refuse = lambda _verb, _: None
    await daemon.stop()
    await daemon.start()
    await daemon.said("delivery.accepted")
    await asyncio.sleep(1)
    assert not [one for one in daemon.sink.captured if one.recipient == "ana.ruiz@home.test"]

    assert "Released" in await relay(daemon, "queue", "release", letter["row_id"])
    await daemon.stop()
    said_before = len(daemon.log)  # it may go out before the doors are open
    await daemon.start()
    await daemon.said("delivery.accepted", after=said_before, where=lambda line: line["kind"] == "relayed")
    assert [one.recipient for one in daemon.sink.captured].count("ana.ruiz@home.test") == 1
    assert "only what is held" in await relay(daemon, "queue", "release", letter["row_id"], code=1)


async def test_a_message_is_followed_all_its_way(daemon: Daemon) -> None:
    """From the door to the next hop, with what was written about it."""
    await writes(daemon, "help@relay.test")
    await daemon.said("delivery.accepted", where=lambda line: line["kind"] == "relayed")
    alias = re.search(
        rb"From:[^<]*<([^>]+)>",
        next(c.message for c in daemon.sink.captured if c.recipient.startswith("ana")),
    )
    assert alias is not None
    await writes(daemon, alias[1].decode(), sender="stranger.canary@bad.test", number=78)
    await daemon.said("message.held")
    await asyncio.sleep(0.3)
    (held,) = await values(daemon, "queue", "list", "--state", "held")

    told = " ".join((await relay(daemon, "trace", held["row_id"])).split())
    assert "it is held and waits for a person" in told
    assert "by somebody to whom the alias does not belong" in told
    assert f"the conversation of {held['pseudonym']}" in told
    assert "a notice of ours to the counselor" in told
    assert "a notice of ours to the operator" in told

    way = await values(daemon, "trace", held["row_id"])
    copy = next(row for row in way["deliveries"] if row["reader"] == "counselor")
    told = " ".join((await relay(daemon, "trace", copy["row_id"])).split())
    assert "after 1 attempt: the next hop took it" in told


WRONG = (
    ("this is no id", "queue", "show", "zz"),
    ("no row has an id that begins like this", "queue", "show", "ffffffffffff"),
    ("name a row by its id", "queue", "hold"),
    ("takes no id", "queue", "list", "abcd"),
    ("--state belongs to", "queue", "show", "abcd", "--state", "held"),
    ("this is no id", "trace", "0" * 40),
    ("takes 1 to 3600 seconds", "top", "--every", "0.1"),
    ("give --reason", "reveal", "Maple Heron"),
    ("give --reason", "reveal", "Maple Heron", "--reason", "because"),
    ("must hold no address", "reveal", "Maple Heron", "--reason", f"I look for {SAM}"),
    ("the whole pseudonym", "reveal", "abc", "--reason", REASON),
    ("nobody is here to ask", "reveal", "Maple Heron", "--reason", REASON),
    ("nothing is named like this", "reveal", "Maple Heron", "--reason", REASON, "--yes"),
)


async def test_what_is_wrong_is_said_in_a_sentence(daemon: Daemon) -> None:
    """Where, what, and what to do; the address that somebody typed is not repeated."""
    for sentence, *words in WRONG:
        assert sentence in await relay(daemon, *words, code=1), words


async def test_an_address_is_shown_by_one_command_that_is_remembered_and_told(daemon: Daemon) -> None:
    """By pseudonym or by the id of a held message; the reason is kept, sealed, and others hear of it."""
    await writes(daemon, "help@relay.test")
    await daemon.said("delivery.accepted", where=lambda line: line["kind"] == "relayed")
    letter = next(c.message for c in daemon.sink.captured if c.recipient.startswith("ana"))
    sender = re.search(rb'From: "?([^"<]+?)"? <([^>]+)>', letter)
    assert sender is not None
    await writes(daemon, sender[2].decode(), sender="stranger.canary@bad.test", number=78)
    await daemon.said("message.held")
    await asyncio.sleep(0.3)
    (held,) = await values(daemon, "queue", "list", "--state", "held")
    assert "Nobody has looked" in await relay(daemon, "reveal")
    pseudonym = sender[1].decode()

    shows = (SAM, "sam.canaryseeker")
    shown = await relay(daemon, "reveal", pseudonym, "--reason", REASON, "--yes", shows=shows)
    assert SAM in shown.splitlines()
    shown = await relay(
        daemon, "reveal", held["row_id"], "--reason", REASON, "--yes", shows=("stranger.canary",)
    )
    assert "stranger.canary@bad.test" in shown.splitlines()

    looks = await values(daemon, "reveal")
    assert [one["reason"] for one in looks] == [REASON, REASON]
    assert pseudonym not in json.dumps(looks)
    await daemon.stop()
    octets = [path.read_bytes() for path in (daemon.folder / "state").rglob("*") if path.is_file()]
    assert found(["court order 17", *shows], octets) == []

    await daemon.start()
    for reader in ("operator@ops.test", "sue.pervisor@mail.test"):
        async with asyncio.timeout(15):
            while not [
                c for c in daemon.sink.captured if c.recipient == reader and b"real address" in c.message
            ]:
                await asyncio.sleep(0.05)
    notices = [c.message for c in daemon.sink.captured if b"real address" in c.message]
    assert found([SAM, pseudonym, "court order", "stranger.canary"], notices) == []
