"""Mail programs write ids and names that fit no textbook; whoever uses them is helped all the same."""

from pathlib import Path

import pytest

from tests.support.line import Letter, Line, Person


async def request(line: Line, sam: Person, identifier: str, name: str = "Sam Lee") -> Letter:
    """Send a request with a Message-ID line of its own; what the counselor receives."""
    raw = f"From: {name} <{sam.address}>\nSubject: Hello\n{identifier}\nI need help.\n".encode()
    await sam.writes("", raw=raw)
    return await line.ana.receives()


@pytest.mark.parametrize(
    "identifier", ["m1@[192.0.2.7]", "m1@[IPv6:2001:db8::7]", "m1@b\u00fcro.example", '"m 1"@x.example', "m" * 400 + "@x"]
)  # fmt: skip
async def test_any_message_id_of_the_seeker_is_acknowledged_and_answered(
    tmp_path: Path, identifier: str
) -> None:
    """Address literals (RFC 5322), UTF-8 (RFC 6532), quoted and endless ones: at worst the thread is lost."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        received = await request(line, sam, f"Message-ID: <{identifier}>\n")
        assert (await sam.receives())["Auto-Submitted"] == "auto-replied"
        await line.ana.replies(received, "I am here.")
        answer = await sam.receives(automatic=False)
        assert "I am here." in answer.text
        if "[" in identifier:
            assert answer["In-Reply-To"] == f"<{identifier}>"
        assert line.operator.mailbox == []


async def test_the_acknowledgement_of_a_letter_without_an_id_is_marked_as_a_reply(tmp_path: Path) -> None:
    """RFC 3834 §5: auto-replied, whether or not there is an id to refer to."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await request(line, sam, "")
        acknowledgement = await sam.receives()
        assert acknowledgement["Auto-Submitted"] == "auto-replied"
        assert acknowledgement["In-Reply-To"] == ""


async def test_a_name_in_broken_encoded_words_does_not_hold_the_letter(tmp_path: Path) -> None:
    """What nobody can decode names nobody, although our own encoded subject begins in the same way."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        raw = (
            f"From: Sam =?UTF-8? Q?broken <{sam.address}>\nSubject: =?utf-8?q?H=C3=A4?=\n\nI need help.\n"
        ).encode()
        await sam.writes("", raw=raw)
        assert "I need help." in (await line.ana.receives()).text


async def test_somebody_named_like_a_word_of_ours_can_send_a_file(tmp_path: Path) -> None:
    """The line about a removed file says "files"; the gate knows that the relay wrote it."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker("sam@mail.test", "Sam Files")
        raw = (
            f"From: {sam.name} <{sam.address}>\nSubject: Hello\nMIME-Version: 1.0\n"
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee this.\n"
            "--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\n\nPK\n--b--\n"
        ).encode()
        await sam.writes("", raw=raw)
        received = await line.ana.receives()
        assert "See this." in received.text
        assert "removed" in received.text


async def test_two_who_have_their_mail_at_one_small_provider_go_on_in_one_thread(tmp_path: Path) -> None:
    """It writes its domain into every id; her own id names nobody to her, and the same domain in his words does."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker("sam@small-isp.test", "Sam Lee")
        await sam.writes("Hello.")
        received = await line.ana.receives()
        await sam.receives(automatic=True)
        raw = (
            f"From: Ana Ruiz <{line.ana.address}>\nTo: {received.from_address}\nSubject: Re: Hello\n"
            "Message-ID: <77@small-isp.test>\n\nI am here.\n"
        ).encode()
        await line.ana.writes("", received.from_address, raw=raw)
        answer = await sam.receives(automatic=False)
        await sam.replies(answer, "Thank you.")
        thanks = await line.ana.receives(automatic=False)
        assert "Thank you." in thanks.text
        assert thanks["In-Reply-To"] == "<77@small-isp.test>"
        assert line.operator.mailbox == []
        await sam.replies(answer, "I read you in small-isp.test.")
        said = await line.ana.receives(automatic=False)
        assert "small-isp" not in said.text


async def test_an_id_that_is_a_guess_at_the_counselors_address_tells_nothing(tmp_path: Path) -> None:
    """It is answered like any other, in its thread; and the address in the counselor's words is caught as ever."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        received = await request(line, sam, f"Message-ID: <{line.ana.address}>\n")
        await sam.receives(automatic=True)
        await line.ana.replies(received, "I am here.")
        answer = await sam.receives(automatic=False)
        assert answer["In-Reply-To"] == f"<{line.ana.address}>"
        await line.ana.replies(received, f"Write to <{line.ana.address}>, please.")
        second = await sam.receives(automatic=False)
        assert line.ana.address not in second.text
