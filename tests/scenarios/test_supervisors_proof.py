"""Supervisors with a key, and where proof is asked of them: letters for their eyes alone, words that are theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.scenarios.test_openpgp import Key, openpgp_line, own_key
from tests.scenarios.test_openpgp_trouble import _engine
from tests.scenarios.test_proof import proving, reply, signed
from tests.support.line import Letter, Line, Person

VERA = """
[[supervisor]]
id = "vera"
pseudonym = "Oak"
address = "vera@super.test"
digest = ["daily 00:00-12:00"]
openpgp_key = "vera.asc"
"""


def reviewed(line: Line, people: str) -> None:
    """A supervisor reads all that Ana answers; to be said before the line starts."""
    line._people += people
    line._duty["ana_duty"] += '\nreview = "all"'


@asynccontextmanager
async def watched(
    folder: Path, vera: Key, engine: str = "gnupg", extra: str = "", ana: Key | None = None
) -> AsyncIterator[tuple[Line, Person]]:
    """A line whose supervisor has a key."""
    line = await openpgp_line(folder / "line", engine, ana, extra, ben_key=ana)
    (line.folder / "vera.asc").write_bytes(vera.public)
    reviewed(line, VERA)
    async with line:
        yield line, Person(line, "vera@super.test", "Vera Stone")


async def answered(line: Line, opens: Key | None = None) -> tuple[Person, Letter]:
    """Ana has answered Sam, and her reply waits for the supervisor; the request as Ana has it."""
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives(automatic=None if opens else False)
    await sam.receives()
    await line.ana.writes("CANARY-7 I am here.", request.from_address)
    return sam, request


@pytest.mark.parametrize("engine", ["gnupg", "sequoia"])
async def test_what_a_supervisor_reads_is_sealed_to_them(engine: str, tmp_path: Path) -> None:
    """The reply to be read, a counselor's question, a clock, a digest: all of it; their sealed word lets it go."""
    vera = Key.of(tmp_path / "vera", "Vera Stone <vera@super.test>")
    async with watched(tmp_path, vera, engine) as (line, supervisor):
        public = await own_key(line)
        sam, request = await answered(line)
        question = await supervisor.receives()
        assert "CANARY-7 I am here." in vera.opens(question)
        assert b"CANARY-7" not in question.raw
        await line.ana.receives(automatic=True)
        await line.ana.writes("!ask what now?", request.from_address)
        assert "what now?" in vera.opens(await supervisor.receives())
        await line.pass_time(hours=25)
        told = [vera.opens(await supervisor.receives()).split("\n")[0].partition(":")[0] for _ in range(3)]
        assert sorted(told) == [
            "How things stand", "Somebody is waiting for an answer", "Still waiting to be read"
        ]  # fmt: skip

        body = vera.seals("OK", public, vera.engine)
        thread = f"In-Reply-To: {question['Message-ID']}\n"
        head = "From: Vera <vera@super.test>\nTo: desk@relay.test\nSubject: ...\nMessage-ID: <1@super.test>\n"
        await line.submit("vera@super.test", ["desk@relay.test"], (head + thread + body).encode())
        assert "CANARY-7" in (await sam.receives(automatic=False)).text


async def test_what_cannot_be_sealed_to_a_supervisor_is_kept_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hear that something waits, the operator why; what it is comes once, when the engine is well, also after a
    restart; nothing of it is ever in clear.
    """
    vera = Key.of(tmp_path / "vera", "Vera Stone <vera@super.test>")
    made, program = _engine("gnupg", tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: made)
    async with watched(tmp_path, vera) as (line, supervisor):
        program.becomes("exit 2")
        sam, _ = await answered(line)
        assert (await line.operator.receives())["Subject"] == "A notice cannot be encrypted"
        waits = await supervisor.receives()
        assert waits["Subject"] == "A message for you waits"
        assert "mailto:" not in waits.text, "what a counselor can do is nothing for a supervisor"
        program.is_well()
        await line.stop()
        await line.start()
        await line.quiet()
        question = await supervisor.receives()
        assert "CANARY-7" in vera.opens(question)
        assert not any(b"CANARY-7" in captured.message for captured in line.sink.captured)
        await supervisor.writes("OK", to="desk@relay.test", reply_to=question)
        assert "CANARY-7" in (await sam.receives(automatic=False)).text
        await line.pass_time(minutes=11)
        await supervisor.receives_nothing()


async def test_at_the_level_openpgp_an_unsigned_word_approves_nothing(tmp_path: Path) -> None:
    """Whoever knows the notice can write OK in Vera's name: she is asked, and what she signs needs no question."""
    vera = Key.of(tmp_path / "vera", "Vera Stone <vera@super.test>")
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    extra = 'counselors = "off"\n\n[authentication]\ncounselor = "openpgp"\n'
    async with watched(tmp_path, vera, extra=extra, ana=ana) as (line, supervisor):
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await sam.receives()

        async def sends(who: str, to: str, body: str, number: int, thread: str = "") -> None:
            head = f"From: <{who}>\nTo: {to}\nSubject: x\nMessage-ID: <{number}@x.test>\n{thread}"
            await line.submit(who, [to], (head + body).encode())

        await sends("ana.ruiz@home.test", request.from_address, ana.signs("CANARY-7 Hello."), 1)
        question = await supervisor.receives()
        assert "CANARY-7" in question.text
        thread = f"In-Reply-To: {question['Message-ID']}\n"
        await supervisor.writes("OK", to="desk@relay.test", reply_to=question)
        asked = await supervisor.receives()
        assert "This was asked in your name" in asked.text
        await sends("vera@super.test", "desk@relay.test", ana.signs("OK"), 2, thread)
        assert "This was asked in your name" in (await supervisor.receives()).text, (
            "another's key proves nothing"
        )
        await sam.receives_nothing()
        await sends("vera@super.test", "desk@relay.test", vera.signs("OK"), 3, thread)
        assert "CANARY-7" in (await sam.receives(automatic=False)).text


async def test_at_the_level_dmarc_a_forged_word_approves_nothing(tmp_path: Path) -> None:
    """Neither a forged OK nor a forged comment; what Vera says at her registered address was hers."""
    levels = 'counselor = "dmarc"'
    async with proving(tmp_path, levels) as (line, _):
        file = line.folder / "counselors.toml"
        people = file.read_text().replace('duty = ["always"]', 'duty = ["always"]\nreview = "all"')
        vera = '[[supervisor]]\nid = "vera"\npseudonym = "Oak"\naddress = "vera@home.test"\n'
        file.write_text(f"{people}\n{vera}")
        await line.stop()
        await line.start()
        supervisor = Person(line, "vera@home.test", "Vera Stone")
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.submit("x@list.test", [request.from_address], signed(reply(request, "CANARY-7 Hello.")))
        question = await supervisor.receives()

        oak = "Vera Stone <vera@home.test>"
        for number, word in enumerate(("OK", "Please be softer.")):
            forged = reply(question, word, author=oak, number=10 + number)
            await line.submit("vera@home.test", ["desk@relay.test"], forged)
            asked = await supervisor.receives()
            assert word in asked.text
            assert "in your name" in asked.text
        await sam.receives_nothing()
        assert all("Not sent yet" not in letter["Subject"] for letter in line.ana.mailbox)

        await line.submit(
            "x@list.test", ["desk@relay.test"], signed(reply(question, "OK", author=oak, number=20))
        )
        assert "CANARY-7" in (await sam.receives(automatic=False)).text

        await line.submit(
            "x@list.test", [request.from_address], signed(reply(request, "CANARY-8 Again.", number=2))
        )
        second = await supervisor.receives()
        await line.submit("vera@home.test", ["desk@relay.test"], reply(second, "OK", author=oak, number=21))
        asked = await supervisor.receives()
        await supervisor.writes("SEND", to="desk@relay.test", reply_to=asked)
        assert "CANARY-8" in (await sam.receives(automatic=False)).text
