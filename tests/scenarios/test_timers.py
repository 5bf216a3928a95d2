"""What is told at an instant: a counselor's own reminder, and how things stand for a supervisor. Each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.scenarios.test_promises import ALWAYS, ROWAN, promised
from tests.support.line import FakeClock


async def test_a_counselor_is_reminded_of_their_own_words(tmp_path: Path) -> None:
    """Two days later, once, also when the daemon was stopped meanwhile; no byte of them goes to the seeker."""
    async with promised(tmp_path) as here:
        request = await here.asks()
        await here.line.ana.replies(request, "I am here.\n\n!remind 2d CANARY-0815 ask about the exam")
        await here.sam.receives(automatic=False)
        receipt = await here.line.ana.receives(automatic=True)
        assert "You will be reminded on Wednesday" in receipt.text
        await here.line.pass_time(hours=47)
        await here.only()
        await here.line.stop()
        await here.line.clock.move(timedelta(hours=2))
        await here.line.start()
        await here.line.pass_time(minutes=1)
        (reminder,) = await here.only(here.line.ana)
        assert reminder["Subject"] == f"You wanted to be reminded of {request.from_name}"
        assert "CANARY-0815 ask about the exam" in reminder.text
        assert request.from_address in reminder.text
        await here.line.pass_time(days=10)
        await here.only()
        for letter in here.sam.mailbox:
            assert b"CANARY-0815" not in letter.raw


async def test_a_reminder_goes_to_whoever_is_responsible_then(tmp_path: Path) -> None:
    """Ben has taken over: he hears what Ana wanted to think of."""
    extra = '[promise]\nat_end = "reassign"\n'
    async with promised(tmp_path, ben=ALWAYS, extra=extra) as here:
        request = await here.asks()
        await here.line.ana.replies(request, "I am here.\n!remind 3d the exam")
        answer = await here.sam.receives(automatic=False)
        await here.line.ana.receives(automatic=True)
        await here.sam.replies(answer, "Thank you.")
        await here.line.ana.receives(automatic=False)
        await here.line.pass_time(hours=48.1)
        await here.line.ana.receives(automatic=True)
        given = await here.line.ben.receives(automatic=False)
        await here.line.ben.replies(given, "Hello.")
        await here.sam.receives(automatic=False)
        here.line.ben._read = len(here.line.ben.mailbox)
        await here.line.pass_time(hours=24)
        reminder = await here.line.ben.receives(automatic=True)
        assert "the exam" in reminder.text
        assert given.from_address in reminder.text


async def test_a_supervisor_hears_how_things_stand_when_a_shift_begins_and_ends(tmp_path: Path) -> None:
    """Pseudonyms, counts and times, and nobody's address; what was missed comes once."""
    rowan = f'{ROWAN}digest = ["daily 08:00-20:00 Europe/Berlin"]\n'
    async with promised(tmp_path, supervisor=rowan) as here:  # 13:00 in Berlin
        request = await here.asks()
        await here.line.pass_time(hours=6.9)
        await here.only()
        await here.line.pass_time(hours=0.2)
        (digest,) = await here.only(here.rowan)
        assert digest["Subject"] == "How things stand"
        assert "Conversations that a counselor has: 1" in digest.text
        assert "Requests that nobody has yet: 0" in digest.text
        assert "waiting for an answer: 1" in digest.text
        assert "longer than we promise: 0" in digest.text
        assert "On duty now: Robin" in digest.text
        assert f"- {request.from_name}. Time left: 16 hours. Counselor: Robin." in digest.text
        assert "@" not in digest.text
        await here.line.stop()
        await here.line.clock.move(timedelta(days=3))
        await here.line.start()
        await here.line.pass_time(minutes=1)
        letters = [letter for letter in here.rowan.mailbox if letter["Subject"] == "How things stand"]
        assert len(letters) == 2
        assert "longer than we promise: 1" in letters[1].text


@pytest.mark.parametrize("digest", ["", 'digest = ["never"]'])
async def test_who_wants_no_digest_gets_none(tmp_path: Path, digest: str) -> None:
    """Also when they had wanted one before."""
    rowan = f'{ROWAN}digest = ["daily 08:00-20:00 Europe/Berlin"]\n'
    clock = FakeClock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    async with promised(tmp_path, supervisor=rowan, clock=clock) as here:
        await here.line.quiet()
        await here.line.stop()
        people = here.line.folder / "counselors.toml"
        people.write_text(people.read_text().replace('digest = ["daily 08:00-20:00 Europe/Berlin"]', digest))
        await here.line.start()
        await here.line.pass_time(days=2)
        await here.only()
