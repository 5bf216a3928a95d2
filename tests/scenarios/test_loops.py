"""Mail that goes in circles ends with us, and no two machines go on answering each other through us (RFC 3834 §2)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relay.domain.aliases import is_relays
from relay.flow.outcomes import FILE_ANSWERS
from tests.support.daemon import Daemon
from tests.support.line import Line


async def test_our_own_message_that_comes_back_is_held(tmp_path: Path) -> None:
    """Ana's mailbox forwards everything to the intake address: one message comes back, and that is the end of it."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        forwarded = request.raw.replace(b"From: ", b"Resent-From: ana.ruiz@home.test\r\nX-Was: ", 1)
        forwarded = b"From: Ana Ruiz <ana.ruiz@home.test>\r\n" + forwarded
        for to in ("help@relay.test", request.from_address):
            await line.submit("ana.ruiz@home.test", [to], forwarded)
            assert "been through this service before" in (await line.operator.receives()).text
        await line.ana.receives_nothing()


async def test_every_message_that_we_make_carries_the_mark_and_no_answer_to_it_does(tmp_path: Path) -> None:
    """Only a message's own id counts, not those that it answers."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await line.ana.replies(request, "I am here.")
        letters = [request, await sam.receives(automatic=True), await sam.receives(automatic=False)]
        assert all(is_relays(letter["Message-ID"].strip("<>")) for letter in letters)


async def test_an_alias_that_writes_to_an_alias_is_held(tmp_path: Path) -> None:
    """Our own addresses write to nobody: not as a seeker, not as a counselor."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        for to in (request.from_address, "help@relay.test"):
            await line.submit(
                request.from_address,
                [to],
                f"From: {request.from_address}\nTo: {to}\nSubject: Me\n\nMe again.\n".encode(),
            )
            await line.operator.receives()
        await line.ana.receives_nothing()


async def test_two_relays_that_face_each_other_stop_at_once(tmp_path: Path) -> None:
    """Each is the other's counselor: one hop, and both operators can see why (RFC 5321 §6.3)."""

    def settings(domain: str, other: str) -> tuple[str, str]:
        return (
            f'[service]\nname = "Line"\ndomain = "{domain}"\noperator = "operator@ops.test"\n'
            f'[[intake]]\naddress = "help@{domain}"\n',
            f'[[counselor]]\nid = "c"\npseudonym = "Robin"\nname = "Other Line"\naddress = "help@{other}"\n'
            'duty = ["always"]\ncapacity = 1000\n',
        )

    async with (
        Daemon(tmp_path / "one", *settings("one.test", "two.test")) as one,
        Daemon(tmp_path / "two", *settings("two.test", "one.test")) as two,
    ):
        letter = (
            b"From: Sam Lee <sam@mail.test>\r\nSubject: Hello\r\nMessage-ID: <1@mail.test>\r\n\r\nHello.\r\n"
        )
        async with one.connect() as door:
            await door.submit("sam@mail.test", ["help@one.test"], letter)
        carried = {id(one): 0, id(two): 0}
        for _ in range(100):
            for here, there, domain in ((one, two, "two.test"), (two, one, "one.test")):
                for captured in here.sink.captured[carried[id(here)] :]:
                    carried[id(here)] += 1
                    if captured.recipient.endswith(domain):
                        async with there.connect() as door:
                            await door.submit(captured.return_path, [captured.recipient], captured.message)
            await asyncio.sleep(0.03)
        held = await two.said("message.held")
        assert held["reason"] == "loop"
        assert len(one.sink.captured) + len(two.sink.captured) <= 4


async def test_two_machines_that_answer_each_other_through_the_desk_stop_at_once(tmp_path: Path) -> None:
    """An answering machine of Ana's that does not say what it is: the desk answers it once a day."""
    async with Line(tmp_path / "line") as line:
        for number in range(5):
            await line.ana.writes(f"Thank you for your mail, number {number}.", "desk@relay.test")
            await line.quiet()
        assert len(line.ana.mailbox) == 1
        assert len(line.operator.mailbox) == 4
        await line.pass_time(days=1, minutes=1)
        await line.ana.writes("What?", "desk@relay.test")
        await line.quiet()
        assert len(line.ana.mailbox) == 2


async def test_a_seeker_gets_one_automatic_answer_a_day_besides_the_acknowledgement(tmp_path: Path) -> None:
    """Each broken message is held and told to the operator; its author hears of it once."""
    sealed = (
        'MIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\n\n'
        "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
        "--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nx\n-----END PGP MESSAGE-----\n--b--\n"
    )
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        await line.ana.receives()
        alias = (await sam.receives(automatic=True)).from_address
        for number in range(4):
            head = f"From: Sam Lee <sam.lee@mail.test>\nTo: {alias}\nSubject: s\nMessage-ID: <{number}@mua.test>\n"
            await line.submit("sam.lee@mail.test", [alias], (head + sealed).encode())
            await line.quiet()
        assert len(sam.mailbox) == 2
        assert len(line.operator.mailbox) == 4
        await sam.writes("In the clear.", alias)
        assert "In the clear." in (await line.ana.receives()).text


async def test_a_seeker_is_told_of_every_file_that_was_left_out(tmp_path: Path) -> None:
    """Not of the first alone: they would believe that the others arrived. A machine is still told so often, and no more."""
    body = (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nPlease look.\n'
        "--b\nContent-Type: application/msword\nContent-Disposition: attachment; filename=a.doc\n\nx\n--b--\n"
    )
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        await line.ana.receives()
        alias = (await sam.receives(automatic=True)).from_address
        for number in range(FILE_ANSWERS + 2):
            head = f"From: Sam Lee <sam.lee@mail.test>\nTo: {alias}\nSubject: s\nMessage-ID: <{number}@mua.test>\n"
            await line.submit("sam.lee@mail.test", [alias], (head + body).encode())
            await line.quiet()
            assert len(sam.mailbox) == 1 + min(number + 1, FILE_ANSWERS)
        assert len(line.ana.mailbox) == 1 + FILE_ANSWERS + 2


async def test_a_mailing_list_that_somebody_subscribed_to_an_alias_is_absorbed(tmp_path: Path) -> None:
    """Hundreds of postings are not hundreds of strangers; a request that came through a list is still heard (P8)."""
    async with Line(tmp_path / "line") as line:
        await line.seeker().writes("Hello.")
        request = await line.ana.receives()
        for number, to in enumerate((request.from_address, request.captured.return_path, "desk@relay.test")):
            posting = (
                f"From: member@list.test\nTo: all@list.test\nSubject: News\nMessage-ID: <{number}@list.test>\n"
                "List-Id: <all.list.test>\nList-Post: <mailto:all@list.test>\nPrecedence: list\n\nNews.\n"
            )
            await line.submit("all-bounces@list.test", [to], posting.encode())
        await line.operator.receives_nothing()
        await line.ana.receives_nothing()
        posting = posting.replace("2@list.test", "3@list.test").replace("News.", "I cannot sleep.")
        await line.submit("all-bounces@list.test", ["help@relay.test"], posting.encode())
        assert "I cannot sleep." in (await line.ana.receives()).text
