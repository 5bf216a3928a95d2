"""What an operator or a counselor may choose on top of what is always on: delay, sizes, files, signatures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from relay.mail.padding import SIZES
from tests.support.line import START, Letter, Line, Person

DELAY = '\n[privacy]\ndelay = "1-5m"\n'
PADDING = '\n[privacy]\npadding = "buckets"\n'
HOLD_FILES = '\n[privacy]\nother_files = "hold"\n'
HOLD_SIGNATURE = '["always"]\nsignature = "hold"'


async def conversation(line: Line) -> tuple[Person, Letter, Letter]:
    """A seeker, the request as the counselor has it, and the answer as the seeker has it."""
    sam = line.seeker()
    await sam.writes("Hello?")
    request = await line.ana.receives()
    await sam.receives(automatic=True)
    await line.ana.replies(request, "I am here.")
    return sam, request, await sam.receives(automatic=False)


def with_file(
    author: str, to: str, text: str, name: str = "story.docx", kind: str = "application/msword"
) -> bytes:
    """A message with a file that cannot be made anew."""
    return (
        f"From: {author}\r\nTo: {to}\r\nSubject: A file\r\nMessage-ID: <{abs(hash((author, text)))}@mua.test>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
        f'--b\r\nContent-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n0M8R4KGxGuEAAAAA\r\n--b--\r\n"
    ).encode()


# --- delay -----------------------------------------------------------------------------------------


async def test_what_is_relayed_waits_and_the_acknowledgement_does_not(tmp_path: Path) -> None:
    """A person in need hears at once that the message has arrived; the counselor has it within the range."""
    async with Line(tmp_path / "line", extra=DELAY) as line:
        sam = line.seeker()
        await sam.writes("Can anybody hear me?")
        await sam.receives(automatic=True)
        await line.ana.receives_nothing()
        await line.pass_time(seconds=59)
        await line.ana.receives_nothing()
        await line.pass_time(minutes=4, seconds=2)
        assert "Can anybody hear me?" in (await line.ana.receives()).text


async def test_the_date_is_that_of_leaving(tmp_path: Path) -> None:
    """The minute at which a message came is what the delay hides; no header tells it."""
    async with Line(tmp_path / "line", extra='\n[privacy]\ndelay = "30-60m"\n') as line:
        sam = line.seeker()
        await sam.writes("What time is it?")
        await sam.receives(automatic=True)
        await line.pass_time(minutes=61)
        shown = (await line.ana.receives()).parsed["Date"].datetime
        assert timedelta(minutes=30) <= shown - START <= timedelta(minutes=60)


async def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    """Due deliveries are in the store: the daemon stops and starts, and the message leaves once."""
    async with Line(tmp_path / "line", extra=DELAY) as line:
        sam = line.seeker()
        await sam.writes("Do not forget me.")
        await sam.receives(automatic=True)
        await line.stop()
        await line.start()
        await line.ana.receives_nothing()
        await line.pass_time(minutes=6)
        assert "Do not forget me." in (await line.ana.receives()).text
        await line.ana.receives_nothing()


async def test_a_short_delay_is_not_made_longer_by_our_own_habits(tmp_path: Path) -> None:
    """The courier looks again when something is due, not at its next round."""
    async with Line(tmp_path / "line", extra='\n[privacy]\ndelay = "1-2s"\n') as line:
        sam = line.seeker()
        await sam.writes("Quick.")
        await sam.receives(automatic=True)
        await line.pass_time(seconds=3)
        assert "Quick." in (await line.ana.receives()).text


async def test_a_held_reply_is_asked_about_at_once(tmp_path: Path) -> None:
    """Notices about held mail never wait."""
    async with Line(tmp_path / "line", extra=DELAY) as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        await sam.receives(automatic=True)
        await line.pass_time(minutes=6)
        request = await line.ana.receives()
        await line.ana.replies(request, "Call my friend on +49 30 1234567.")
        assert (await line.ana.receives()).from_address == "desk@relay.test"


# --- sizes -----------------------------------------------------------------------------------------


async def test_with_padding_everything_that_leaves_has_one_of_few_sizes(tmp_path: Path) -> None:
    """Requests, answers, acknowledgements and notices; readers see the same text as ever."""
    async with Line(tmp_path / "line", extra=PADDING) as line:
        sam = line.seeker()
        for words in ("Short.", "Some more words. " * 30, "A long letter, with\n.dots\n" * 2000):
            await sam.writes(words)
            request = await line.ana.receives()
            assert request.text.replace("\r\n", "\n").strip() == words.strip()
            await line.ana.replies(request, words)
            assert words.split("\n")[0].strip() in (await sam.receives(automatic=False)).text
        await line.ana.writes("Hm?", to="desk@relay.test")
        await line.ana.receives()
        await line.quiet()
        assert len(line.sink.captured) >= 10
        assert {len(captured.message) for captured in line.sink.captured} <= set(SIZES)


async def test_without_padding_sizes_are_what_they_are(tmp_path: Path) -> None:
    """The default adds nothing."""
    async with Line(tmp_path / "line") as line:
        await conversation(line)
        assert max(len(captured.message) for captured in line.sink.captured) < SIZES[0]


# --- files that cannot be cleaned ------------------------------------------------------------------


async def test_a_file_that_cannot_be_cleaned_is_dropped_with_a_line_to_both(tmp_path: Path) -> None:
    """The default: the words go on, and both sides know that something is missing."""
    async with Line(tmp_path / "line") as line:
        sam, _, answer = await conversation(line)
        await sam.writes(
            "", answer.from_address, raw=with_file(sam.address, answer.from_address, "My story.")
        )
        received = await line.ana.receives()
        assert "My story." in received.text
        assert "office document" in received.text
        assert "office document" in (await sam.receives(automatic=True)).text


async def test_a_seekers_message_with_such_a_file_is_held_and_told(tmp_path: Path) -> None:
    """With 'hold': nothing reaches the counselor, the seeker is asked to send it again, the operator can let it go."""
    from relay.held import _act

    async with Line(tmp_path / "line", extra=HOLD_FILES) as line:
        sam, _, answer = await conversation(line)
        await sam.writes(
            "", answer.from_address, raw=with_file(sam.address, answer.from_address, "My story.")
        )
        notice = await sam.receives(automatic=True)
        assert "office document" in notice.text
        assert notice.from_address == answer.from_address
        told = await line.operator.receives()
        await line.ana.receives_nothing()

        await line.stop()
        settings = line.daemon.settings
        from relay.edge.store import open_store

        store = open_store(settings.storage.url, settings.storage.master_key_file)
        entry = told.text.partition("Entry: ")[2].split()[0]
        await _act(store, "release", entry)
        await line.start()
        received = await line.ana.receives()
        assert "My story." in received.text
        assert "office document" in received.text


async def test_a_held_first_request_can_be_written_again_by_answering_the_notice(tmp_path: Path) -> None:
    """The notice comes from the alias that the conversation has from then on."""
    async with Line(tmp_path / "line", extra=HOLD_FILES) as line:
        sam = line.seeker()
        await sam.writes("", raw=with_file(sam.address, "help@relay.test", "My story."))
        notice = await sam.receives(automatic=True)
        await line.ana.receives_nothing()
        await sam.replies(notice, "My story, in words.")
        assert "My story, in words." in (await line.ana.receives()).text


async def test_a_counselors_reply_with_such_a_file_goes_without_it_when_they_say_so(tmp_path: Path) -> None:
    """With 'hold': asked like contact details; the answer sends the words."""
    async with Line(tmp_path / "line", extra=HOLD_FILES) as line:
        sam, request, _ = await conversation(line)
        raw = with_file(line.ana.address, request.from_address, "Here is a list.")
        await line.ana.writes("", request.from_address, raw=raw)
        notice = await line.ana.receives()
        assert "office document" in notice.text
        await sam.receives_nothing()
        await line.operator.receives_nothing()
        await line.ana.writes("send", to="desk@relay.test", reply_to=notice)
        answer = await sam.receives(automatic=False)
        assert "Here is a list." in answer.text
        assert answer.parsed.is_multipart() is False


@pytest.mark.parametrize(
    ("name", "kind"), [("signature.asc", "application/pgp-signature"), ("key.asc", "application/pgp-keys")]
)
async def test_what_a_mail_program_adds_by_itself_holds_nothing(tmp_path: Path, name: str, kind: str) -> None:
    """Signatures and keys hang on every message of some people, and are dropped as always."""
    async with Line(tmp_path / "line", extra=HOLD_FILES) as line:
        sam, _, answer = await conversation(line)
        marked = "-----BEGIN PGP " + ("SIGNATURE" if "sig" in kind else "PUBLIC KEY BLOCK") + "-----\r\n"
        raw = with_file(sam.address, answer.from_address, "Signed words.", name, kind)
        raw = raw.replace(
            b"Content-Transfer-Encoding: base64\r\n\r\n0M8R4KGxGuEAAAAA", b"\r\n" + marked.encode()
        )
        await sam.writes("", answer.from_address, raw=raw)
        assert "Signed words." in (await line.ana.receives()).text


# --- signatures ------------------------------------------------------------------------------------

SIGNED = "Take the train at nine.\n\n-- \nRobin\nHouse on the Hill\n"


async def test_a_signature_is_left_out_by_default(tmp_path: Path) -> None:
    """Nobody is asked, and the words arrive without it."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        await line.ana.writes(SIGNED, request.from_address, reply_to=request)
        answer = await sam.receives(automatic=False)
        assert "Take the train at nine." in answer.text
        assert "House on the Hill" not in answer.text
        await line.ana.receives_nothing()


async def test_a_counselor_who_wants_it_is_asked_about_a_signature_once(tmp_path: Path) -> None:
    """With 'hold': the reply goes when they say so, and goes without the signature even then."""
    async with Line(tmp_path / "line", ana_duty=HOLD_SIGNATURE) as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.ana.writes(SIGNED, request.from_address, reply_to=request)
        notice = await line.ana.receives()
        assert "signature" in notice.text
        await sam.receives_nothing()
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=notice)
        answer = await sam.receives(automatic=False)
        assert "Take the train at nine." in answer.text
        assert "House on the Hill" not in answer.text

        await line.ana.replies(request, "And no signature here.")
        assert "And no signature here." in (await sam.receives(automatic=False)).text


async def test_several_questions_are_asked_in_one_notice(tmp_path: Path) -> None:
    """A telephone number, a file and a signature in one reply: one notice, one answer."""
    async with Line(tmp_path / "line", ana_duty=HOLD_SIGNATURE, extra=HOLD_FILES) as line:
        sam = line.seeker()
        await sam.writes("Hello?")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        text = "Call +49 30 1234567.\r\n\r\n-- \r\nRobin\r\nHouse on the Hill"
        raw = with_file(line.ana.address, request.from_address, text)
        await line.ana.writes("", request.from_address, raw=raw)
        notice = await line.ana.receives()
        for word in ("phone number", "office document", "signature"):
            assert word in notice.text
        await line.ana.writes("SEND", to="desk@relay.test", reply_to=notice)
        answer = await sam.receives(automatic=False)
        assert "+49 30 1234567" in answer.text
        assert "House on the Hill" not in answer.text


# --- what people write on purpose ------------------------------------------------------------------


async def test_contact_details_that_a_seeker_writes_stay_and_the_counselor_is_told(tmp_path: Path) -> None:
    """They are the seeker's to give; only what their mail shows of them is replaced."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes(
            "My sister reads sister@elsewhere.test, or call me: +49 151 23456789. sam.lee@mail.test"
        )
        received = await line.ana.receives()
        assert "sister@elsewhere.test" in received.text
        assert "+49 151 23456789" in received.text
        assert "sam.lee@mail.test" not in received.text
        assert received.text.rstrip().endswith("so that both of you stay safe.]")


@pytest.mark.parametrize(
    "text", ["I am so tired.", "My address is sam.lee@mail.test.", "> +49 151 23456789\n\nNo."]
)
async def test_without_contact_details_of_their_own_there_is_no_hint(tmp_path: Path, text: str) -> None:
    """Neither for what was replaced nor for what somebody else wrote."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes(text)
        assert "stay safe" not in (await line.ana.receives()).text


async def test_a_counselors_mail_never_carries_the_hint(tmp_path: Path) -> None:
    """Theirs is held instead, and goes out as it was written."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        for _ in range(2):
            await line.ana.writes("Call +49 30 1234567.", request.from_address, reply_to=request)
        assert "stay safe" not in (await sam.receives(automatic=False)).text


# --- reply to all ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["To", "Cc"])
async def test_a_counselor_who_wrote_to_others_too_is_warned(tmp_path: Path, field: str) -> None:
    """The others saw the counselor's own address, which nobody can take back; the seeker hears nothing of it."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        to = request.from_address + (", friend@third.test" if field == "To" else "")
        cc = "Cc: Friend <friend@third.test>\n" if field == "Cc" else ""
        await line.ana.writes("To both.", to, headers=cc, reply_to=request)
        assert "To both." in (await sam.receives(automatic=False)).text
        warning = await line.ana.receives()
        assert warning.from_address == "desk@relay.test"
        assert request.from_name in warning["Subject"]
        assert b"third.test" not in warning.raw
        await sam.receives_nothing()


async def test_writing_to_oneself_and_to_our_own_addresses_warns_of_nothing(tmp_path: Path) -> None:
    """A copy to one's own second mailbox, and the intake address among the recipients, show nobody anything."""
    async with Line(tmp_path / "line") as line:
        sam, request, _ = await conversation(line)
        cc = "Cc: aruiz@work.test, Ana.Ruiz@home.test, undisclosed-recipients:;\n"
        await line.ana.writes("Only you.", request.from_address, headers=cc, reply_to=request)
        await sam.receives(automatic=False)
        await line.ana.receives_nothing()


async def test_a_seeker_who_writes_to_others_too_is_not_bothered(tmp_path: Path) -> None:
    """It is their mail; the counselor's copy shows nobody else."""
    async with Line(tmp_path / "line") as line:
        sam, _, answer = await conversation(line)
        cc = "Cc: Mum <mum@third.test>\n"
        await sam.writes("Dear both.", answer.from_address, headers=cc, reply_to=answer)
        assert b"third.test" not in (await line.ana.receives()).raw
        await sam.receives_nothing()
