"""What mail systems say of our deliveries is used, and nobody ever reads it: the words reach somebody all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support import storage
from tests.support.line import Letter, Line

UNKNOWN = """\
From: MAILER-DAEMON@mx.home.test
To: {path}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message to {who} could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.home.test

Final-Recipient: rfc822; {who}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: text/rfc822-headers

Subject: {who} wrote this
--b--
"""


def report(
    letter: Letter, who: str, *, action: str = "failed", status: str = "5.1.1", said: str = "550 No such user"
) -> tuple[str, bytes]:
    """What a host says of a letter that it did not take, and where it says so."""
    path = letter.captured.return_path
    return path, UNKNOWN.format(path=path, who=who, action=action, status=status, said=said).encode()


async def test_the_words_of_an_unreachable_counselor_go_to_another(tmp_path: Path) -> None:
    """Ana's mailbox is gone: both of Sam's letters reach Ben, from an alias of his own, and Sam notices nothing."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        first = await line.ana.receives()
        acknowledgement = await sam.receives(automatic=True)
        await sam.writes("And I am afraid.", acknowledgement.from_address)
        second = await line.ana.receives()
        path, dsn = report(second, "ana.ruiz@home.test")
        await line.submit("", [path], dsn)

        again = [await line.ben.receives(), await line.ben.receives()]
        assert sorted("afraid" in each.text for each in again) == [False, True]
        assert "I cannot sleep." in again[0].text
        assert {each.from_address for each in again}.isdisjoint({first.from_address})
        assert {each.from_name for each in again} == {first.from_name}
        told = await line.operator.receives()
        assert "Robin" in told.text
        assert "no such mailbox" in told.text
        for secret in (b"ana.ruiz", b"mx.home", b"sam.lee"):
            assert secret not in told.raw

        await line.ben.replies(again[1], "I am here now.")
        answer = await sam.receives()
        assert answer.from_name == "Linden"
        assert answer.from_address == acknowledgement.from_address
        await line.ana.receives_nothing()


async def test_a_refusal_by_the_next_hop_means_the_same(tmp_path: Path) -> None:
    """Where the next hop knows at once that Ana's mailbox is gone, nothing waits for a report."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 <ana.ruiz@home.test> unknown" if verb == "RCPT" and "ana.ruiz" in argument else None
        )
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        assert "I cannot sleep." in (await line.ben.receives()).text
        await sam.receives(automatic=True)
        assert "no such mailbox" in (await line.operator.receives()).text
        await sam.receives_nothing()
        assert not line.ana.mailbox


async def test_two_letters_that_are_refused_at_the_same_moment_are_told_once(tmp_path: Path) -> None:
    """Both wait for the next hop, and it refuses both: the conversation is handed back by one of them."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        line.sink.refuse = lambda verb, _: "451 later" if verb == "RCPT" else None
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        await line.quiet()
        line.sink.refuse = lambda verb, argument: (
            "451 later" if verb == "RCPT" and "ana" in argument else None
        )
        await line.pass_time(minutes=20)
        acknowledgement = await sam.receives(automatic=True)
        await sam.writes("And I am afraid.", acknowledgement.from_address)
        await line.quiet()
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 unknown" if verb == "RCPT" and "ana.ruiz" in argument else None
        )
        await line.pass_time(hours=2)
        texts = {(await line.ben.receives()).text for _ in range(2)}
        assert len(texts) == 2
        assert "no such mailbox" in (await line.operator.receives()).text
        await line.operator.receives_nothing()


async def test_nobody_gets_a_new_request_whose_mailbox_is_gone_until_they_write(tmp_path: Path) -> None:
    """One report is enough for the next seeker; one word of Ana's to the desk, and she is there again."""
    async with Line(tmp_path / "line", ben_duty='["never"]') as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        request = await line.ana.receives()
        path, dsn = report(request, "ana.ruiz@home.test")
        await line.submit("", [path], dsn)
        await line.operator.receives()
        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        await line.quiet()
        await line.pass_time(days=2)
        assert len(line.ana.mailbox) == 1

        await line.ana.writes("I am back.", "desk@relay.test")
        assert (await line.ana.receives()).from_address == "desk@relay.test"
        await line.pass_time(minutes=2)
        texts = {(await line.ana.receives()).text for _ in range(2)}
        assert any("Hello?" in text for text in texts)
        assert any("Is anybody there?" in text for text in texts)


@pytest.mark.parametrize(
    ("status", "said"), [("5.7.1", "554 Message looks like spam"), ("5.3.4", "552 Message too big")]
)
async def test_what_is_refused_for_its_content_takes_nobody_off_duty(
    status: str, said: str, tmp_path: Path
) -> None:
    """Else anybody could empty the rota with a text that spam filters refuse: only this conversation moves on."""
    async with Line(tmp_path / "line", ben_duty='["never"]') as line:
        await line.seeker().writes("Hello?")
        path, dsn = report(await line.ana.receives(), "ana.ruiz@home.test", status=status, said=said)
        await line.submit("", [path], dsn)
        await line.operator.receives()
        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ana.receives()).text
        await line.pass_time(minutes=5)
        await line.ana.receives_nothing()
        await line.pass_time(days=1, minutes=5)
        assert "Hello?" in (await line.ana.receives(automatic=False)).text


async def test_a_second_report_or_one_of_a_former_counselor_changes_nothing(tmp_path: Path) -> None:
    """Reports come twice, and late; Ben keeps what he has been given."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        acknowledgement = await sam.receives(automatic=True)
        await sam.writes("And I am afraid.", acknowledgement.from_address)
        second = await line.ana.receives()
        for letter in (request, request, second):
            path, dsn = report(letter, "ana.ruiz@home.test")
            await line.submit("", [path], dsn)
            await line.quiet()
        for _ in range(2):
            await line.ben.receives()
        await line.operator.receives()
        await line.operator.receives_nothing()
        await line.ben.receives_nothing()
        await sam.writes("Are you there?", acknowledgement.from_address)
        assert "Are you there?" in (await line.ben.receives()).text


async def test_whoever_was_not_heard_before_the_conversation_went_on_is_asked_to_write_again(
    tmp_path: Path,
) -> None:
    """A server on the way kept Sam's second letter, Ana answered the first and gave Sam to Ben; then the letter comes
    back. Ben has not read it either, and nothing is wrong with Ben's mailbox.
    """
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        acknowledgement = await sam.receives(automatic=True)
        await sam.writes("And I am afraid.", acknowledgement.from_address)
        second = await line.ana.receives()
        await line.pass_time(hours=2)
        await line.ana.replies(request, "Tell me of your nights.")
        await sam.receives(automatic=False)
        await line.ana.replies(request, "!handover any\nThey cannot sleep.")
        await line.ana.writes("Send", to="desk@relay.test", reply_to=await line.ana.receives(automatic=True))
        assert "They cannot sleep." in (await line.ben.receives()).text
        for _ in range(2):
            path, dsn = report(second, "ana.ruiz@home.test")
            await line.submit("", [path], dsn)
            await line.quiet()
        told = await sam.receives(automatic=True)
        assert told.from_address == acknowledgement.from_address
        assert "write" in told.text
        await sam.receives_nothing()
        await line.operator.receives_nothing()
        await sam.replies(told, "I am afraid at night.")
        assert "afraid at night" in (await line.ben.receives(automatic=False)).text


async def test_reports_that_come_at_the_same_moment_are_told_once_and_take_nobody_else_off_duty(
    tmp_path: Path,
) -> None:
    """Of one letter twice, and of two letters: all of them are read before the first is settled, and Ben stays."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        acknowledgement = await sam.receives(automatic=True)
        await sam.writes("And I am afraid.", acknowledgement.from_address)
        second = await line.ana.receives()
        reports = [report(letter, "ana.ruiz@home.test") for letter in (request, second) * 3]
        await asyncio.gather(*(line.submit("", [path], dsn) for path, dsn in reports))
        await line.quiet()
        left = storage.run(line.folder, "SELECT count(*) FROM entries WHERE state = 'received'")
        assert left == [(0,)], "what comes too late is decided anew at once, by what is so now"
        for _ in range(2):
            await line.ben.receives()
        await line.operator.receives()
        await line.operator.receives_nothing()
        await line.ben.receives_nothing()
        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ben.receives()).text


async def test_a_seeker_who_cannot_be_reached_is_told_of_once_however_many_reports_come_at_once(
    tmp_path: Path,
) -> None:
    """Nothing of the conversation changes with it, so only the letter itself can say that it was told."""
    async with Line(tmp_path / "line", ben_duty='["never"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.ana.replies(request, "I am here.")
        path, dsn = report(await sam.receives(), "sam.lee@mail.test")
        await asyncio.gather(*(line.submit("", [path], dsn) for _ in range(6)))
        await line.quiet()
        assert "could not be delivered" in (await line.ana.receives(automatic=True)).text
        await line.ana.receives_nothing()
        await line.operator.receives_nothing()


async def test_words_are_kept_until_they_are_answered_and_then_are_gone(tmp_path: Path) -> None:
    """A report long after an answer finds no words: then their author is asked for them."""
    async with Line(tmp_path / "line", ben_duty='["never"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.pass_time(hours=3)
        await line.ana.replies(request, "I am here.")
        await sam.receives()
        path, dsn = report(request, "ana.ruiz@home.test")
        await line.submit("", [path], dsn)
        notice = await sam.receives(automatic=True)
        assert "send your message again" in notice.text
        assert b"ana.ruiz" not in notice.raw


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        ("5.1.1", "550 No such user here", "There is no such mailbox"),
        ("5.2.2", "552 Mailbox is over quota", "The mailbox is full"),
        ("5.7.1", "554 Blocked by policy", "perhaps as unwanted"),
        ("4.4.7", "421 connection timed out", "could not be reached"),
    ],
)
async def test_a_counselor_learns_why_a_seeker_cannot_be_reached(
    status: str, said: str, told: str, tmp_path: Path
) -> None:
    """In a sentence of ours; the conversation goes on."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.ana.replies(request, "I am here.")
        answer = await sam.receives()
        path, dsn = report(answer, "sam.lee@mail.test", status=status, said=said)
        await line.submit("", [path], dsn)
        notice = await line.ana.receives()
        assert notice.from_address == "desk@relay.test"
        assert told in notice.text
        assert request.from_name in notice.text
        for secret in (b"sam.lee", b"mx.home", said.encode()):
            assert secret not in notice.raw
        await line.operator.receives_nothing()
        await sam.writes("I found another mailbox.", answer.from_address)
        assert "another mailbox" in (await line.ana.receives()).text


async def test_a_report_of_a_delay_troubles_nobody(tmp_path: Path) -> None:
    """It may still arrive."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        path, dsn = report(
            await line.ana.receives(),
            "ana.ruiz@home.test",
            action="delayed",
            status="4.4.1",
            said="421 later",
        )
        await line.submit("", [path], dsn)
        await line.operator.receives_nothing()
        await line.ana.receives_nothing()


async def test_a_report_that_says_nothing_clear_is_held_for_the_operator(tmp_path: Path) -> None:
    """A person looks at it; nothing is concluded from it."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        path = request.captured.return_path
        letter = f"From: MAILER-DAEMON@mx.home.test\nTo: {path}\nSubject: Hm\n\nGreetings from the machine.\n"
        await line.submit("", [path], letter.encode())
        told = await line.operator.receives()
        assert "does not say clearly" in told.text
        await line.ana.receives_nothing()


async def test_a_complaint_is_absorbed_and_the_operator_told(tmp_path: Path) -> None:
    """A provider's feedback loop (RFC 5965) writes to abuse@, or to the return-path."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        path = (await line.ana.receives()).captured.return_path
        for to in (path, "abuse@relay.test"):
            letter = (
                f"From: feedback@provider.test\nTo: {to}\nSubject: a complaint of ours\nMIME-Version: 1.0\n"
                'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
                "--b\nContent-Type: text/plain\n\nan abuse report for ana.ruiz@home.test\n"
                "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n\n"
                "--b\nContent-Type: text/rfc822-headers\n\nTo: ana.ruiz@home.test\n--b--\n"
            )
            await line.submit("feedback@provider.test", [to], letter.encode())
            told = await line.operator.receives()
            assert "reported as unwanted" in told["Subject"]
            assert b"ana.ruiz" not in told.raw
        await line.ana.receives_nothing()


VACATION = "Auto-Submitted: auto-replied\nPrecedence: bulk\n"


@pytest.mark.parametrize("to", ["alias", "return-path"])
async def test_a_vacation_answer_takes_a_counselor_off_duty_where_the_operator_wants_it(
    to: str, tmp_path: Path
) -> None:
    """Both are told once; no seeker ever sees it; any word of the counselor's ends it."""
    duty = '\n[duty]\nvacation_answers = "off_duty"\n'
    async with Line(tmp_path / "line", ben_duty='["never"]', extra=duty) as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        acknowledgement = await sam.receives(automatic=True)
        address = request.from_address if to == "alias" else request.captured.return_path
        for _ in range(2):
            await line.ana.writes("I am at the sea until Monday.", address, envelope="", headers=VACATION)
        assert (await line.ana.receives()).from_address == "desk@relay.test"
        assert "Robin" in (await line.operator.receives()).text
        await line.ana.receives_nothing()
        await sam.receives_nothing()

        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        await line.operator.receives()
        await sam.writes("Still there?", acknowledgement.from_address)
        assert "Still there?" in (await line.ana.receives()).text
        await line.ana.receives_nothing()
        await line.ana.replies(request, "Back from the sea.")
        await sam.receives()
        await line.pass_time(minutes=2)
        assert "Is anybody there?" in (await line.ana.receives()).text


async def test_a_vacation_answer_is_only_absorbed_otherwise(tmp_path: Path) -> None:
    """By default, and whenever it is not the counselor's own."""
    async with Line(tmp_path / "line", ben_duty='["never"]') as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        await line.ana.writes("At the sea.", request.from_address, envelope="", headers=VACATION)
        await line.quiet()
        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ana.receives()).text
        await line.operator.receives_nothing()


async def test_a_stranger_cannot_take_a_counselor_off_duty(tmp_path: Path) -> None:
    """A vacation answer counts only when it is from the counselor's own address."""
    duty = '\n[duty]\nvacation_answers = "off_duty"\n'
    async with Line(tmp_path / "line", ben_duty='["never"]', extra=duty) as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        mallory = line.seeker("mallory@evil.test", "Mallory")
        await mallory.writes("I am away.", request.from_address, envelope="", headers=VACATION)
        await line.quiet()
        await line.seeker("kim@mail.test", "Kim Doe").writes("Is anybody there?")
        assert "Is anybody there?" in (await line.ana.receives()).text
