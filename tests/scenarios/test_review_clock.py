"""A reply that nobody reads: its own clock tells supervisors, other supervisors and the operator, and sends nothing."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from tests.scenarios.test_desk_commands import words
from tests.support.line import Letter, Line, Person

QUEUES = '\n[[intake]]\naddress = "grief@relay.test"\nqueue = "grief"\n'
VERA = '\n[[supervisor]]\nid = "vera"\npseudonym = "Oak"\naddress = "vera@super.test"\nqueues = ["general"]\n'
OTIS = '\n[[supervisor]]\nid = "otis"\npseudonym = "Elm"\naddress = "otis@super.test"\nqueues = ["grief"]\n'


def watched(folder: Path, extra: str = "", people: str = VERA + OTIS) -> Line:
    """Ana's replies are read by Vera; Otis watches over another queue."""
    always = '["always"]\nreview = "all"'
    # Promises are long here: what is told in these tests is told by the clock of the review.
    promise = '\n[promise]\nfirst_answer = "20d"\nlater_answers = "20d"\n'
    return Line(folder / "line", ana_duty=always, extra=f"{QUEUES}{promise}{extra}", people=people)


class Here:
    """Everybody who may hear of a reply that waits."""

    def __init__(self, line: Line) -> None:
        self.line, self.sam = line, line.seeker()
        self.vera = Person(line, "vera@super.test", "Vera Stone")
        self.otis = Person(line, "otis@super.test", "Otis")

    async def waits(self, text: str = "CANARY-7 Try to rest.") -> tuple[Letter, Letter]:
        """The request as Ana has it, and the question as Vera has it."""
        await self.sam.writes("I cannot sleep.")
        request = await self.line.ana.receives(automatic=False)
        await self.sam.receives()
        await self.line.ana.replies(request, text)
        question = await self.vera.receives()
        await self.line.ana.receives(automatic=True)
        return request, question

    async def nobody_hears(self) -> None:
        for person in (self.sam, self.vera, self.otis, self.line.ana, self.line.operator):
            await person.receives_nothing()


async def test_supervisors_then_others_then_the_operator_each_once(tmp_path: Path) -> None:
    """Four hours apart, also across restarts; with the words, and pseudonyms only; never to the seeker."""
    async with watched(tmp_path) as line:
        here = Here(line)
        _, question = await here.waits()
        await line.pass_time(hours=3.9)
        await here.nobody_hears()
        await line.pass_time(hours=0.2)
        again = await here.vera.receives()
        assert "Waiting for: 4 hours" in again.text
        assert "CANARY-7 Try to rest." in again.text
        assert b"sam.lee" not in again.raw
        assert b"ana.ruiz" not in again.raw
        await here.nobody_hears()
        await line.stop()
        await line.start()
        await line.pass_time(hours=1)
        await here.nobody_hears()
        await line.stop()
        await line.clock.move(timedelta(hours=3))
        await line.start()
        other = await here.otis.receives()
        assert "Waiting for: 8 hours" in other.text
        assert "CANARY-7" in other.text
        await here.nobody_hears()
        await line.pass_time(hours=4)
        told = await line.operator.receives()
        assert "no supervisor has read it" in told.text
        assert "CANARY-7" not in told.text
        await line.pass_time(days=3)
        await here.nobody_hears()
        await here.vera.writes("OK", to="desk@relay.test", reply_to=question)
        assert "CANARY-7" in (await here.sam.receives(automatic=False)).text


@pytest.mark.parametrize("who", ["vera", "otis"])
async def test_an_answer_to_any_of_the_notices_counts(who: str, tmp_path: Path) -> None:
    """Who was asked later lets it go, or sends it back, like who was asked first; then the clock is at its end."""
    async with watched(tmp_path) as line:
        here = Here(line)
        await here.waits()
        await line.pass_time(hours=4.1)
        again = await here.vera.receives()
        if who == "otis":
            await line.pass_time(hours=4.1)
            again = await here.otis.receives()
        await getattr(here, who).writes("OK", to="desk@relay.test", reply_to=again)
        assert "CANARY-7" in (await here.sam.receives(automatic=False)).text
        await line.pass_time(days=2)
        await here.nobody_hears()


async def test_what_was_sent_back_has_no_clock(tmp_path: Path) -> None:
    """The comment ends it; the counselor writes anew, and that has one of its own."""
    async with watched(tmp_path) as line:
        here = Here(line)
        request, question = await here.waits()
        await line.pass_time(hours=3)
        await here.vera.replies(question, "Softer, please.")
        await line.ana.receives(automatic=True)
        await line.pass_time(hours=2)
        await here.nobody_hears()
        assert await line.daemon.store.timers.next_due_at() is None
        await line.ana.replies(request, "CANARY-8 What helps you rest?")
        await here.vera.receives()
        await line.ana.receives(automatic=True)
        await line.pass_time(hours=4.1)
        assert "CANARY-8" in (await here.vera.receives()).text


async def test_where_somebody_may_be_in_danger_it_runs_faster(tmp_path: Path) -> None:
    """An hour a step, and the setting is heeded; quiet hours hold up only what is not about danger."""
    extra = '\n[review]\nremind_after = "3h"\n'
    async with watched(tmp_path, extra) as line:
        here = Here(line)
        await here.sam.writes("URGENT\nI cannot go on.")
        request = await line.ana.receives(automatic=False)
        await here.sam.receives()
        assert "May be in danger" in (await here.vera.receives())["Subject"]
        await line.operator.receives()
        await line.ana.replies(request, "CANARY-9 I am here.")
        await here.vera.receives()
        await line.pass_time(minutes=61)
        letters = [await here.vera.receives() for _ in range(1)]
        assert "CANARY-9" in letters[0].text


async def test_quiet_hours_put_it_off(tmp_path: Path) -> None:
    """12:00 and four hours is 16:00 UTC, in quiet hours until 18:00."""
    quiet = 'quiet_hours = ["daily 15:00-18:00 UTC"]\n'
    async with watched(tmp_path) as line:
        file = line.folder / "relay.toml"
        file.write_text(
            file.read_text().replace('later_answers = "20d"\n', f'later_answers = "20d"\n{quiet}')
        )
        await line.stop()
        await line.start()
        here = Here(line)
        await here.waits()
        await line.pass_time(hours=4.1)
        await here.nobody_hears()
        await line.pass_time(hours=2)
        assert "CANARY-7" in (await here.vera.receives()).text


PICTURE = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()


def with_picture(to: str, text: str) -> bytes:
    return (
        f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {to}\nSubject: Re: hello\nMessage-ID: <pic@home.test>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        '--b\nContent-Type: image/png\nContent-Disposition: attachment; filename="ana-ruiz-at-home.png"\n'
        f"Content-Transfer-Encoding: base64\n\n{PICTURE}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("policy", ["attach", "list"])
async def test_a_supervisor_reads_exactly_what_will_be_sent(policy: str, tmp_path: Path) -> None:
    """Text, subject and files as the seeker gets them, the files cleaned and renamed; or a list, where that is asked."""
    extra = f'\n[review]\nfiles = "{policy}"\n'
    async with watched(tmp_path, extra) as line:
        here = Here(line)
        await here.sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await here.sam.receives()
        raw = with_picture(request.from_address, "CANARY-7 Look, says Ana Ruiz.\n\n  * indented\n\n\nMore.")
        await line.ana.writes("", request.from_address, raw=raw)
        question = await here.vera.receives()
        shown = list(question.parsed.iter_attachments())
        assert len(shown) == (1 if policy == "attach" else 0)
        assert b"ana-ruiz" not in question.raw
        await here.vera.writes("OK", to="desk@relay.test", reply_to=question)
        answer = await here.sam.receives(automatic=False)
        assert words(answer).strip() in words(question)
        assert answer["Subject"] in question.text
        (sent,) = answer.parsed.iter_attachments()
        assert str(sent.get_filename()) in question.text
        if shown:
            assert shown[0].get_content() == sent.get_content()
            assert shown[0].get_filename() == sent.get_filename()


@pytest.mark.parametrize("policy", ["attach", "list"])
async def test_who_is_asked_later_reads_exactly_what_will_be_sent_too(policy: str, tmp_path: Path) -> None:
    """Those of other queues get subject and files, unless files are only listed; who had them reads their names."""
    async with watched(tmp_path, f'\n[review]\nfiles = "{policy}"\n') as line:
        here = Here(line)
        await here.sam.writes("I cannot sleep.")
        request = await line.ana.receives(automatic=False)
        await here.sam.receives()
        await line.ana.writes(
            "", request.from_address, raw=with_picture(request.from_address, "CANARY-7 Look.")
        )
        first = await here.vera.receives()
        await line.pass_time(hours=4.1)
        again = await here.vera.receives()
        assert not list(again.parsed.iter_attachments())
        await line.stop()
        await line.start()
        await line.pass_time(hours=4.1)
        later = await here.otis.receives()
        shown = list(later.parsed.iter_attachments())
        assert len(shown) == (1 if policy == "attach" else 0)
        await here.otis.writes("OK", to="desk@relay.test", reply_to=later)
        answer = await here.sam.receives(automatic=False)
        (sent,) = answer.parsed.iter_attachments()
        for letter in (first, again, later):
            assert str(sent.get_filename()) in letter.text
            assert answer["Subject"] in letter.text
        if shown:
            assert shown[0].get_content() == sent.get_content()
            assert shown[0].get_filename() == sent.get_filename()
