"""Supervisors by mail: what they read before it goes out, what they are asked, and what a counselor's duty is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.scenarios.test_desk_commands import words
from tests.support.line import Letter, Line, Person

SUPERVISOR = """
[[supervisor]]
id = "s-01"
pseudonym = "Oak"
address = "vera@super.test"
"""


class Watched(Line):
    """A line with a supervisor; ``review`` is what holds for Ana."""

    review = ""

    def supervisor(self) -> Person:
        return Person(self, "vera@super.test", "Vera Stone")

    async def start(self) -> None:
        file = self.folder / "counselors.toml"
        text = file.read_text()
        if "[[supervisor]]" not in text:
            text = text.replace('id = "ana"\n', f'id = "ana"\n{self.review}\n', 1) + SUPERVISOR
            file.write_text(text)
        await super().start()


class Reviewed(Watched):
    review = 'review = "first 1"'


async def asked(line: Watched) -> tuple[Person, Letter, Person, Letter]:
    """A seeker, the request as Ana has it, the supervisor, and the reply that waits for them."""
    sam, vera = line.seeker(), line.supervisor()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives(automatic=False)
    await sam.receives()
    await line.ana.replies(request, "CANARY-7 Try to rest, says Ana Ruiz.\n!note CANARY-8 nervous")
    return sam, request, vera, await vera.receives()


async def test_no_byte_reaches_the_seeker_before_approval(tmp_path: Path) -> None:
    """The supervisor reads what the seeker will; one word lets it go; the second reply needs none."""
    async with Reviewed(tmp_path / "line") as line:
        sam, request, vera, question = await asked(line)
        assert "CANARY-7 Try to rest, says Robin." in question.text
        assert "CANARY-8" not in question.text
        assert b"ana.ruiz" not in question.raw
        assert b"sam.lee" not in question.raw
        assert "before it goes out" in (await line.ana.receives(automatic=True)).text
        await line.pass_time(hours=3)
        await sam.receives_nothing()
        await vera.writes("OK.", to="desk@relay.test", reply_to=question)
        answer = await sam.receives(automatic=False)
        assert "CANARY-7" in answer.text
        assert "CANARY-8" not in answer.text
        assert "note is kept" in (await line.ana.receives(automatic=True)).text
        await line.ana.replies(request, "And one more thing.")
        assert "one more thing" in (await sam.receives(automatic=False)).text
        await vera.receives_nothing()


async def test_a_reply_goes_back_with_a_comment(tmp_path: Path) -> None:
    """Anything but the word is a comment for the counselor; the seeker gets nothing, also not later."""
    async with Reviewed(tmp_path / "line") as line:
        sam, request, vera, question = await asked(line)
        await line.ana.receives(automatic=True)
        await vera.replies(question, "Please be softer.\nAsk what helps.")
        back = await line.ana.receives(automatic=True)
        assert "Oak writes:\n\nPlease be softer.\nAsk what helps." in words(back)
        assert b"vera" not in back.raw.lower()
        await vera.writes("OK", to="desk@relay.test", reply_to=question)
        await sam.receives_nothing()
        await line.ana.replies(request, "What helps you rest?")
        assert "What helps you rest?" in (await vera.receives()).text


@pytest.mark.parametrize("said", ["OK\n\nVera", "ok, thanks\nVera Stone", "Okay.\nOak", "Ja, danke!"])
async def test_a_name_below_the_word_is_no_comment(tmp_path: Path, said: str) -> None:
    """Nor is a word of thanks: what people's fingers add to everything says nothing."""
    async with Reviewed(tmp_path / "line") as line:
        sam, _, vera, question = await asked(line)
        await vera.writes(said, to="desk@relay.test", reply_to=question)
        assert "CANARY-7" in (await sam.receives(automatic=False)).text


@pytest.mark.parametrize(
    "said", ["OK?", "OK\n\nBut softer.", "OK Robin", "Not OK", "OK no", "OK\nVera\nWait!"]
)
async def test_more_than_the_word_is_a_comment(tmp_path: Path, said: str) -> None:
    """In doubt nothing goes out: a question is no approval, and a counselor's name is not the supervisor's."""
    async with Reviewed(tmp_path / "line") as line:
        sam, _, vera, question = await asked(line)
        await line.ana.receives(automatic=True)
        await vera.writes(said, to="desk@relay.test", reply_to=question)
        assert said.rsplit("\n", maxsplit=1)[-1] in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()


async def test_time_escalates_and_never_sends(tmp_path: Path) -> None:
    """Nobody reads it: the promise runs on, supervisors and operator are told, and nothing goes out."""
    async with Reviewed(tmp_path / "line") as line:
        sam, _, vera, _ = await asked(line)
        for _ in range(6):
            await line.pass_time(hours=8)
        assert len(vera.mailbox) > 1
        assert line.operator.mailbox
        await sam.receives_nothing()


async def test_nobody_but_a_supervisor_approves(tmp_path: Path) -> None:
    """Neither the counselor, nor somebody else who knows the id, nor the operator's release."""
    async with Reviewed(tmp_path / "line") as line:
        sam, _, _, question = await asked(line)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("OK", to="desk@relay.test", reply_to=question)
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=question)
        await line.quiet()
        (held,) = [one for one in await line.daemon.store.held() if one.reason == "review"]
        await line.daemon.store.release(held.entry_id, confirmed=True)
        await line.pass_time(minutes=1)
        await sam.receives_nothing()


async def test_a_supervisor_is_asked_and_answers(tmp_path: Path) -> None:
    """The question goes to them and their answer to the counselor; the seeker gets none of it."""
    async with Watched(tmp_path / "line") as line:
        sam, vera = line.seeker(), line.supervisor()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await sam.receives()
        await line.ana.replies(request, "!ask CANARY-9 what now?\nI am unsure.")
        question = await vera.receives()
        assert "Robin asks about" in question.text
        assert "CANARY-9 what now?\nI am unsure." in words(question)
        assert "supervisors have your question" in (await line.ana.receives(automatic=True)).text
        await vera.replies(question, "Just be there.")
        said = await line.ana.receives(automatic=True)
        assert "Oak answers about" in said.text
        assert "Just be there." in said.text
        await sam.receives_nothing()


async def test_escalate_reaches_supervisors_or_the_operator(tmp_path: Path) -> None:
    """And marks the conversation."""
    async with Watched(tmp_path / "line") as line:
        sam, vera = line.seeker(), line.supervisor()
        await sam.writes("I cannot go on.")
        request = await line.ana.receives(automatic=False)
        await sam.receives()
        await line.ana.replies(request, "!escalate")
        assert "step in" in (await vera.receives()).text
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!escalate O")
        assert "asks you to step in" in (await line.operator.receives()).text
        await line.ana.receives(automatic=True)
        await line.ana.writes("!list", to="desk@relay.test")
        assert "HIGH RISK" in (await line.ana.receives(automatic=True)).text
        await sam.receives_nothing()


async def test_without_supervisors_there_is_nobody_to_ask(tmp_path: Path) -> None:
    """Refused in words; to escalate goes to the operator."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives(automatic=False)
        await line.ana.replies(request, "!ask what now?")
        assert "no supervisors" in (await line.ana.receives(automatic=True)).text
        await line.ana.replies(request, "!escalate")
        assert "The operator is asked" in (await line.ana.receives(automatic=True)).text


async def test_duty_by_mail(tmp_path: Path) -> None:
    """Confirmed by one word from the registered address, then it holds; a question needs none."""
    async with Line(tmp_path / "line") as line:
        await line.ana.writes("!duty status", to="desk@relay.test")
        assert "You are on duty" in (await line.ana.receives(automatic=True)).text
        await line.ana.writes("!Duty off until 2026-11-25", to="desk@relay.test")
        question = await line.ana.receives(automatic=True)
        assert "!duty off until 2026-11-25" in question.text.lower()
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=question)
        assert "You are off duty until:" in (await line.ana.receives(automatic=True)).text
        await line.seeker().writes("Hello?")
        await line.ana.receives_nothing()
        await line.clock.move(timedelta(days=3))
        assert "Hello?" in (await line.ana.receives(automatic=False)).text
        await line.ana.writes("!duty on until 2030-01-01", to="desk@relay.test")
        assert "more than a year" in (await line.ana.receives(automatic=True)).text
