"""Bad news that cannot be encrypted is kept and arrives when it can be; until then its reader knows that it waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.test_openpgp import ENGINES, Key, openpgp_line
from tests.scenarios.test_openpgp_trouble import _engine
from tests.support.keys import in_conversation

each_engine = pytest.mark.parametrize("engine", ENGINES)


@each_engine
async def test_bad_news_for_a_counselor_waits_for_the_engine(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sam's mailbox refuses Ana's answer while encryption is out of order: nobody's words are lost, and none in clear."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    made, program = _engine(engine, tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: made)
    async with await openpgp_line(tmp_path / "line", engine, ana) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 no" if verb == "RCPT" and "sam" in argument else None
        )
        program.becomes("exit 127")
        await line.ana.writes("I am here.", request.from_address)
        told = await line.operator.receives()
        assert told["Subject"] == "A notice cannot be encrypted"
        assert "does not start" in told.text
        note = await line.ana.receives()
        assert note["Subject"] == "A message for you waits"
        assert "delivered" not in note.text

        await line.ana.writes("Are you there?", request.from_address)
        assert (await line.operator.receives())["Subject"] == "A notice cannot be encrypted"
        await line.ana.receives_nothing()
        await line.pass_time(minutes=11)
        await line.ana.receives_nothing()

        program.is_well()
        await line.stop()
        await line.start()
        for _ in range(2):
            assert "could not be delivered" in ana.opens(await line.ana.receives())
        await line.pass_time(minutes=11)
        await line.ana.receives_nothing()


@each_engine
async def test_a_notice_for_a_seeker_waits_too(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sam's words reach Ana at once; what Sam should know of them waits, and Sam and the operator know that."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    made, program = _engine(engine, tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: made)
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        program.becomes("exec sleep 60")
        await sam.sends("With a file.", sam.alias, attached="no key at all")
        assert "With a file." in (await line.ana.receives()).text
        assert "did not answer in time" in (await line.operator.receives()).text
        assert (await sam.person.receives())["Subject"] == "A message for you waits"

        program.is_well()
        await line.pass_time(minutes=11)
        assert "without a file" in await sam.reads()
        await sam.person.receives_nothing()


async def test_a_question_at_the_desk_waits_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a counselor is asked about a reply: the reply is held and found again by the answer to the question."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    made, program = _engine("gnupg", tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: made)
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        program.becomes("exit 2")
        await line.ana.writes("Call me: +44 20 7946 0958.", request.from_address)
        assert (await line.operator.receives())["Subject"] == "A notice cannot be encrypted"
        assert (await line.ana.receives())["Subject"] == "A message for you waits"
        program.is_well()
        await line.pass_time(minutes=11)
        asked = await line.ana.receives()
        assert "SEND" in ana.opens(asked)
        await line.ana.replies(asked, "SEND")
        assert "7946 0958" in (await sam.receives()).text
