"""What cannot be read, and what breaks its reader: held, told, and the queue goes on."""

from dataclasses import replace
from pathlib import Path

from tests.support.line import Line


async def test_an_encrypted_request_is_held_and_its_author_is_asked_to_write_plainly(tmp_path: Path) -> None:
    """Nobody can read it; the seeker is told from the alias they can answer to, and the operator too."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("-----BEGIN PGP MESSAGE-----\n\nhQIMA\n-----END PGP MESSAGE-----")
        notice = await sam.receives(automatic=True)
        assert notice.from_address.endswith("@relay.test")
        assert (await line.operator.receives()).from_address == "relay@relay.test"
        await line.ana.receives_nothing()
        await sam.replies(notice, "In plain words, then.")
        assert "In plain words, then." in (await line.ana.receives()).text


async def test_an_encrypted_reply_is_held_and_its_counselor_is_told(tmp_path: Path) -> None:
    """P4: never passed on unread."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        await line.ana.writes("-----BEGIN PGP MESSAGE-----\n\nhQIMA\n", to=request.from_address)
        assert (await line.ana.receives()).from_address == "desk@relay.test"
        await sam.receives_nothing()


async def test_a_message_that_breaks_its_worker_three_times_is_parked_and_the_queue_goes_on(
    tmp_path: Path,
) -> None:
    """Attempts are counted before the work; then a person looks, and everybody else is served."""
    async with Line(tmp_path / "line") as line:
        pool = line.daemon.workers
        usual = pool.settings
        pool.settings = replace(usual, time_limit_s=0.0)
        pool._workers[0]._settings = pool.settings
        await line.seeker("one@mail.test", "").writes("This one breaks it.")
        notice = await line.operator.receives()
        assert notice.from_address == "relay@relay.test"
        pool.settings = usual
        await line.seeker("two@mail.test", "").writes("This one does not.")
        assert "This one does not." in (await line.ana.receives()).text
        held = await line.daemon.store.held()
        assert [one.reason for one in held] == ["poison"]


async def test_a_message_whose_from_cannot_be_answered_is_held_for_the_operator(tmp_path: Path) -> None:
    """Neither From nor envelope gives an address: nobody can be answered, but somebody must know."""
    async with Line(tmp_path / "line") as line:
        raw = b"From: nobody at all\r\nSubject: help\r\n\r\nPlease.\r\n"
        await line.submit("", ["help@relay.test"], raw)
        assert (await line.operator.receives()).from_address == "relay@relay.test"
        await line.ana.receives_nothing()


async def test_mail_to_postmaster_reaches_the_operator_without_its_author(tmp_path: Path) -> None:
    """The operator sees what was written, not by whom."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Your server is slow, says Sam Lee.", to="postmaster@relay.test")
        letter = await line.operator.receives()
        assert "Your server is slow" in letter.text
        assert b"sam.lee" not in letter.raw
        assert b"Sam Lee" not in letter.raw


async def test_what_a_machine_writes_to_abuse_reaches_the_operator(tmp_path: Path) -> None:
    """Providers report abuse by machine. Bounces there are still used up: nothing leaves from these addresses."""
    async with Line(tmp_path / "line") as line:
        raw = b"From: reports@provider.test\r\nSubject: abuse\r\nAuto-Submitted: auto-generated\r\n\r\nSpam at noon.\r\n"
        await line.submit("reports@provider.test", ["abuse@relay.test"], raw)
        letter = await line.operator.receives()
        assert "Spam at noon." in letter.text
        assert b"provider.test" not in letter.raw
