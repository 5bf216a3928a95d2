"""Where other systems failed, by the name of the failure: each is a conversation that goes well here.

What the names stand for was collected from the trackers of helpdesks and relays; the letters are our own.
"""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.leaks import papers
from tests.leaks.who import Who
from tests.scenarios.test_reports import report
from tests.scenarios.test_who_may_speak import conversation
from tests.support import canaries
from tests.support.line import FakeClock, Letter, Line, Person

ANA = ("ana.ruiz", "home.test", "aruiz", "work.test", "Ruiz", "+34 600 555 014", "600555014", "anaruiz")
"""Everything that would tell who the counselor is; her given name alone may stand."""


def shows_ana(letter: Letter) -> list[str]:
    """What of Ana a letter shows, in any decoding."""
    return canaries.found(ANA, canaries.views(letter.raw))


async def ana_sends(line: Line, request: Letter, *fields: str, body: str | bytes, **how: str) -> None:
    """Ana answers with a message of her own making: its header fields and its body."""
    octets = body.encode() if isinstance(body, str) else body
    head = (
        f"From: Ana Ruiz <{how.get('sender', 'ana.ruiz@home.test')}>",
        f"To: {request.from_address}",
        f"In-Reply-To: {request['Message-ID']}",
        f"Subject: {how.get('subject', 'Re: ' + request['Subject'])}",
        "Date: Mon, 23 Nov 2026 14:00:00 +0100",
        "Message-ID: <one@mua.home.test>",
        "MIME-Version: 1.0",
        *fields,
    )
    raw = "\r\n".join(head).encode() + b"\r\n\r\n" + octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    await line.ana.writes("", to=request.from_address, raw=raw, envelope=how.get("envelope"))  # type: ignore[arg-type]


def with_file(content_type: str, data: bytes, name: str) -> tuple[str, str]:
    """A text with one file: the field that says so, and the body."""
    encoded = base64.encodebytes(data).decode()
    return 'Content-Type: multipart/mixed; boundary="b"', (
        "--b\nContent-Type: text/plain; charset=utf-8\n\nPlease read this.\n"
        f'--b\nContent-Type: {content_type}; name="{name}"\nContent-Transfer-Encoding: base64\n'
        f'Content-Disposition: attachment; filename="{name}"\n\n{encoded}\n--b--\n'
    )


async def answered(line: Line, *fields: str, body: str | bytes, **how: str) -> Letter:
    """What the seeker receives of such an answer of Ana's."""
    sam, request, _ = await conversation(line)
    await ana_sends(line, request, *fields, body=body, **how)
    return await sam.receives(automatic=False)


async def test_reply_from_second_address(tmp_path: Path) -> None:
    """From her address at work, which is registered: it passes, and shows neither."""
    async with Line(tmp_path / "line") as line:
        answer = await answered(
            line, body="From the office.", sender="aruiz@work.test", envelope="aruiz@work.test"
        )
        assert "From the office." in answer.text
        assert shows_ana(answer) == []


async def test_reply_all_with_cc_friend(tmp_path: Path) -> None:
    """Sam's friend was in Cc; Ana answers to all. Sam gets it from the alias, and Ana hears who else has it."""
    async with Line(tmp_path / "line") as line:
        answer = await answered(line, "Cc: Kim Friend <kim@third.test>", body="To all of you.")
        assert "To all of you." in answer.text
        assert shows_ana(answer) == []
        assert b"third.test" not in answer.raw
        warning = await line.ana.receives(automatic=True)
        assert "other people" in warning.text


async def test_bcc_stranger(tmp_path: Path) -> None:
    """Somebody who was in Bcc answers to the alias: they take over nothing, and nobody learns who they are."""
    async with Line(tmp_path / "line") as line:
        sam, request, answer = await conversation(line)
        eve = line.seeker("eve@evil.test", "Eve")
        await eve.writes("Who is this?", to=answer.from_address, reply_to=answer, headers="Bcc: x@y.test\n")
        await eve.receives_nothing()
        await line.ana.receives_nothing()
        assert b"evil.test" not in (await line.operator.receives()).raw
        await line.ana.replies(request, "Still with you, Sam.")
        assert "Still with you" in (await sam.receives(automatic=False)).text


async def test_counselor_vacation_notice(tmp_path: Path) -> None:
    """Ana's mail program answers that she is away, with her full name: Sam hears nothing of it."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await ana_sends(
            line, request, "Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All",
            body="Ana Ruiz is out of the office until Monday.", subject="Automatic reply", envelope="",
        )  # fmt: skip
        await sam.receives_nothing()


async def test_seeker_vacation_vs_our_ack(tmp_path: Path) -> None:
    """Two machines greet each other once: our acknowledgement, Sam's vacation answer, and that is all."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("I need help.")
        request = await line.ana.receives()
        acknowledgement = await sam.receives()
        for _ in range(3):
            await sam.writes(
                "I am on holiday.", to=acknowledgement.from_address, subject="Auto: holiday", envelope="",
                headers="Auto-Submitted: auto-replied\n", reply_to=acknowledgement,
            )  # fmt: skip
        await sam.receives_nothing()
        await line.ana.receives_nothing()
        await line.ana.replies(request, "I am here.")
        assert "I am here." in (await sam.receives()).text


async def test_bounce_from_counselor_host(tmp_path: Path) -> None:
    """The counselor's host reports that she is unknown, naming her: Sam is never told that, nor by whom."""
    async with Line(tmp_path / "line", ben_duty='["always"]') as line:
        sam = line.seeker()
        await sam.writes("I need help.")
        acknowledgement = await sam.receives()
        path, dsn = report(await line.ana.receives(), "ana.ruiz@home.test")
        await line.submit("", [path], dsn)
        assert "I need help." in (await line.ben.receives()).text
        await sam.receives_nothing()
        assert shows_ana(acknowledgement) == []


@pytest.mark.parametrize(
    "attribution",
    [
        "Am 23.11.2026 um 13:00 schrieb Ana Ruiz <ana.ruiz@home.test>:",
        "Am Montag, 23. November 2026 um 13:00 schrieb Ana Ruiz\n<ana.ruiz@home.test>:",
        "-------- Ursprüngliche Nachricht --------\nVon: Ana Ruiz <ana.ruiz@home.test>\nGesendet: Montag",
    ],
)
async def test_quoted_own_address_in_german_attribution_line(attribution: str, tmp_path: Path) -> None:
    """Ana answers to a mail of her own; her program writes her address above the quotation."""
    async with Line(tmp_path / "line") as line:
        answer = await answered(
            line,
            "Content-Type: text/plain; charset=utf-8",
            body=f"Noch etwas dazu.\n\n{attribution}\n> I am here.\n",
        )
        assert "Noch etwas dazu." in answer.text
        assert shows_ana(answer) == []


async def test_signature_with_phone(tmp_path: Path) -> None:
    """Her block with name and number is cut, and nobody is asked about a number that did not travel."""
    async with Line(tmp_path / "line") as line:
        answer = await answered(
            line, body="Take your time.\n\n-- \nAna Ruiz\nRuiz Consulting\n+34 600 555 014\nwww.home.test\n"
        )
        assert "Take your time." in answer.text
        assert shows_ana(answer) == []
        await line.ana.receives_nothing()


FILES = {
    "outlook_winmail_dat": ("application/ms-tnef", papers.winmail, "winmail.dat"),
    "exif_gps_jpeg": ("image/jpeg", papers.picture("JPEG"), "IMG_20261123_ana_ruiz.jpg"),
    "docx_author": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        papers.word,
        "Ana Ruiz.docx",
    ),
    "smime_signed_reply_carries_cert": (
        "application/pkcs7-signature",
        lambda who: b"0\x82\x01" + who.address.encode() + who.name.encode(),
        "smime.p7s",
    ),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_tells_who_made_it(name: str, tmp_path: Path) -> None:
    """The words pass; of the file passes what can be made anew, without its marks and its name."""
    content_type, build, file_name = FILES[name]
    who = Who(f"ana {name}", "help@relay.test")
    async with Line(tmp_path / "line") as line:
        field, body = with_file(content_type, build(who), file_name)
        answer = await answered(line, field, body=body)
        assert "Please read this." in answer.text
        planted = (who.token, who.address, who.client, *ANA)
        assert canaries.found(planted, canaries.views(answer.raw)) == []


async def test_calendar_invite(tmp_path: Path) -> None:
    """An invitation names its organiser; the words pass without it."""
    async with Line(tmp_path / "line") as line:
        field, body = with_file("text/calendar; method=REQUEST", (
            b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nORGANIZER;CN=Ana Ruiz:mailto:ana.ruiz@home.test\r\n"
            b"END:VEVENT\r\nEND:VCALENDAR\r\n"), "invite.ics")  # fmt: skip
        answer = await answered(line, field, body=body)
        assert "Please read this." in answer.text
        assert shows_ana(answer) == []
        assert b"VCALENDAR" not in answer.raw


async def test_html_only_with_remote_image(tmp_path: Path) -> None:
    """The words of the page pass as text; what would be fetched when it is opened does not."""
    async with Line(tmp_path / "line") as line:
        answer = await answered(
            line,
            "Content-Type: text/html; charset=utf-8",
            body='<p>You are not alone.</p><img src="https://t.home.test/o.gif?u=ana.ruiz" width=1 height=1>',
        )
        assert "You are not alone." in answer.text
        assert shows_ana(answer) == []
        assert b"<img" not in answer.raw


async def test_pgp_inline_with_key_uid(tmp_path: Path) -> None:
    """A public key below the words names its owner; it stays behind."""
    async with Line(tmp_path / "line") as line:
        armour = base64.encodebytes(b"\x99\x01" + b"Ana Ruiz <ana.ruiz@home.test>" * 4).decode()
        answer = await answered(
            line,
            body="My thoughts are with you.\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: Ana Ruiz\n\n"
            f"{armour}\n-----END PGP PUBLIC KEY BLOCK-----\n",
        )
        assert "My thoughts are with you." in answer.text
        assert shows_ana(answer) == []
        assert b"BEGIN PGP" not in answer.raw


async def test_mailing_list_subscribes_alias(tmp_path: Path) -> None:
    """Somebody subscribes the alias to a list: neither side is bothered, and the list gets no answer."""
    async with Line(tmp_path / "line") as line:
        _, _, answer = await conversation(line)
        news = Person(line, "bounces@lists.test", "Daily News")
        for number in range(5):
            await news.writes(
                f"Issue {number}", to=answer.from_address,
                headers="List-Id: <news.lists.test>\nList-Unsubscribe: <https://lists.test/u>\nPrecedence: list\n",
            )  # fmt: skip
        await line.ana.receives_nothing()
        await news.receives_nothing()
        await line.operator.receives_nothing()


async def test_spam_to_alias_after_leak(tmp_path: Path) -> None:
    """The alias has come into the wrong hands: what strangers send is held, and the conversation goes on."""
    async with Line(tmp_path / "line") as line:
        sam, request, answer = await conversation(line)
        for number in range(5):
            eve = line.seeker(f"offer{number}@spam.test", "Best Offers")
            await eve.writes("Buy now!", to=answer.from_address)
            await eve.receives_nothing()
        await line.ana.receives_nothing()
        await sam.replies(answer, "Thank you for being there.")
        assert "Thank you for being there." in (await line.ana.receives(automatic=False)).text
        await line.ana.replies(request, "Always.")
        assert "Always." in (await sam.receives(automatic=False)).text


async def test_same_sender_new_conversation_after_purge(tmp_path: Path) -> None:
    """Sam was forgotten on their word, and writes again: somebody new, with another name and other addresses."""
    async with Line(tmp_path / "line") as line:
        sam, request, answer = await conversation(line)
        await sam.writes("FORGET ME", to=answer.from_address, reply_to=answer)
        farewell = await sam.receives()
        assert farewell.is_automatic
        await line.ana.receives(automatic=True)
        await sam.writes("Hello, it is me again.")
        again = await line.ana.receives(automatic=False)
        assert again.from_name != request.from_name
        assert again.from_address != request.from_address
        assert again["In-Reply-To"] == again["References"] == ""
        assert "I am here." not in again.text
        welcome = await sam.receives(automatic=True)
        assert welcome.from_address != answer.from_address


async def test_dst_gap_shift(tmp_path: Path) -> None:
    """A shift that begins in the hour that does not exist: on duty from the hour after it, and off at its end."""
    clock = FakeClock(datetime(2027, 3, 28, 0, 30, tzinfo=UTC))  # 01:30 in Berlin; at 02:00 it is 03:00
    shift = '["sun 02:30-06:00 Europe/Berlin"]'
    async with Line(tmp_path / "line", ana_duty=shift, ben_duty='["never"]', clock=clock) as line:
        await line.seeker().writes("I cannot sleep.")
        await line.ana.receives_nothing()
        await line.pass_time(minutes=65)  # 03:35 in Berlin
        assert "I cannot sleep." in (await line.ana.receives(automatic=False)).text
        await line.pass_time(hours=2, minutes=20)  # 05:55
        await line.seeker("kim@mail.test", "Kim").writes("Second.")
        assert "Second." in (await line.ana.receives(automatic=False)).text
        await line.pass_time(minutes=10)  # 06:05
        await line.seeker("lou@mail.test", "Lou").writes("Third.")
        await line.ana.receives_nothing()
