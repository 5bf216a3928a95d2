"""Who has written too much is asked to come again; who is in a conversation goes on; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import aiosmtplib
import pytest

from tests.support.line import Line

STRANGERS = 'trusted_hosts = ["192.0.2.1"]'
TIGHT = "\n[limits]\nmessages_per_hour_per_sender = 2\nconversation_messages_per_hour = 4\n"


async def test_a_seeker_over_the_limit_of_requests_goes_on_within_the_conversation(tmp_path: Path) -> None:
    """And so does the counselor; the request that was put off is taken when its hour has come."""
    async with Line(tmp_path / "line", smtp=STRANGERS, extra=TIGHT) as line:
        sam = line.seeker()
        for number in range(2):
            await sam.writes(f"Request {number}.")
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await sam.writes("Once more.")
        assert caught.value.code == 450
        request = await line.ana.receives()
        answer = await sam.receives(automatic=True)
        for number in range(4):
            await sam.replies(answer, f"I go on {number}.")
            await line.ana.replies(request, f"So do I {number}.")
        with pytest.raises(aiosmtplib.SMTPDataError):
            await sam.replies(answer, "Five.")
        await line.quiet()
        texts = [letter.text for letter in line.ana.mailbox]
        assert sum("I go on" in text for text in texts) == 4
        await line.pass_time(minutes=31)
        await sam.writes("Once more.")
        await line.quiet()
        assert any("Once more." in letter.text for letter in line.ana.mailbox)


async def test_a_stranger_at_an_alias_is_counted_like_everybody_else(tmp_path: Path) -> None:
    """Knowing the address is not being the person: no larger rate, and none of the person's."""
    async with Line(tmp_path / "line", smtp=STRANGERS, extra=TIGHT) as line:
        sam, eve = line.seeker(), line.seeker("eve@mail.test", "Eve")
        await sam.writes("Hello.")
        await line.ana.receives()
        answer = await sam.receives(automatic=True)
        for number in range(2):
            await eve.writes(f"Let me in {number}.", to=answer.from_address)
        with pytest.raises(aiosmtplib.SMTPDataError):
            await eve.writes("Let me in.", to=answer.from_address)
        await sam.replies(answer, "I am still here.")
        assert "I am still here." in (await line.ana.receives()).text


async def test_through_a_trusted_host_nobody_is_put_off_unless_the_operator_says_so(tmp_path: Path) -> None:
    """By default; and with the word that counts them."""
    async with Line(tmp_path / "line", extra=TIGHT) as line:
        for number in range(10):
            await line.seeker().writes(f"Request {number}.")
    async with Line(tmp_path / "counted", extra=TIGHT + "count_trusted_hosts = true\n") as line:
        for number in range(2):
            await line.seeker().writes(f"Request {number}.")
        with pytest.raises(aiosmtplib.SMTPDataError):
            await line.seeker().writes("Request 3.")
