"""Between us and the next hop: nothing is lost, nothing is sent twice, and nobody hears the next hop's words."""

from pathlib import Path

from tests.support.line import Line
from tests.support.sink import Sink


async def test_next_hop_down_for_an_hour_loses_nothing_and_sends_once(tmp_path: Path) -> None:
    """Deliveries are deferred and tried again by the clock."""
    async with Line(tmp_path / "line") as line:
        line.sink.is_down = True
        sam = line.seeker()
        await sam.writes("Is this on?")
        await line.quiet()
        for _ in range(12):
            await line.pass_time(minutes=5)
        assert not line.sink.captured
        line.sink.is_down = False
        await line.pass_time(hours=2)
        assert "Is this on?" in (await line.ana.receives()).text
        await sam.receives(automatic=True)
        await line.ana.receives_nothing()


async def test_every_attempt_sends_the_same_bytes_under_the_same_message_id(tmp_path: Path) -> None:
    """A next hop that takes the message and forgets to say so gets the same one again."""
    sink = Sink()
    await sink.start()
    drops = iter([True])
    kept: list[bytes] = []

    def refuse(verb: str, recipient: str) -> str | None:
        if verb == "." and recipient == "ana.ruiz@home.test":
            kept.append(sink.raw[-1])
            return "drop" if next(drops, False) else None
        return None

    sink.refuse = refuse
    async with Line(tmp_path / "line", sink=sink) as line:
        await line.seeker().writes("Once, please.")
        await line.quiet()
        await line.pass_time(minutes=2)
        assert "Once, please." in (await line.ana.receives()).text
        assert len(kept) == 2
        assert kept[0] == kept[1]
    await sink.stop()


async def test_a_refused_reply_tells_the_counselor_neutrally(tmp_path: Path) -> None:
    """5xx at the seeker's side: the counselor hears from the desk, without an address or the next hop's words."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 <sam.lee@mail.test> unknown at mx.mail.test"
            if verb == "RCPT" and "sam.lee" in argument
            else None
        )
        await line.ana.replies(request, "I am here.")
        notice = await line.ana.receives()
        assert notice.from_address == "desk@relay.test"
        assert request.from_name in notice.text
        for secret in (b"sam.lee", b"mx.mail", b"5.1.1"):
            assert secret not in notice.raw
        await sam.receives_nothing()


async def test_after_five_days_a_delivery_expires_and_its_author_is_told(tmp_path: Path) -> None:
    """The counselor's mailbox does not answer for five days: the seeker and the operator are told."""
    async with Line(tmp_path / "line") as line:
        line.sink.refuse = lambda verb, argument: (
            "451 4.2.1 later" if verb == "RCPT" and "ana.ruiz" in argument else None
        )
        sam = line.seeker()
        await sam.writes("Hello?")
        await sam.receives(automatic=True)
        for _ in range(64):
            await line.pass_time(hours=2)
        notice = await sam.receives(automatic=True)
        assert b"ana.ruiz" not in notice.raw
        assert (await line.operator.receives()).from_address == "relay@relay.test"
        assert not line.ana.mailbox


async def test_each_relayed_message_has_a_return_path_of_its_own(tmp_path: Path) -> None:
    """Bounces come back to an address that only we can read; notices have none."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("One.")
        first = await line.ana.receives()
        await sam.writes("Two.")
        second = await line.ana.receives()
        paths = {first.captured.return_path, second.captured.return_path}
        assert len(paths) == 2
        assert all(path.endswith("@relay.test") for path in paths)


async def test_a_bounce_to_our_return_path_is_absorbed_and_told_neutrally(tmp_path: Path) -> None:
    """A delivery report names the address we must hide; the counselor hears only that it failed."""
    report = (
        "From: MAILER-DAEMON@mx.mail.test\nTo: {path}\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nsam.lee@mail.test is unknown\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.mail.test\n\n"
        "Final-Recipient: rfc822; sam.lee@mail.test\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await line.ana.replies(request, "I am here.")
        answer = await sam.receives(automatic=False)
        path = answer.captured.return_path
        await line.submit("", [path], report.format(path=path).encode())
        notice = await line.ana.receives()
        assert notice.from_address == "desk@relay.test"
        assert b"sam.lee" not in notice.raw
        await sam.replies(answer, "I am still here.")
        assert "I am still here." in (await line.ana.receives()).text


class Limited(Line):
    """A next hop at a provider's, which takes twenty messages an hour."""

    @property
    def relay_toml(self) -> str:
        return super().relay_toml.replace('tls = "never"\n', 'tls = "never"\nmessages_per_hour = 20\n')


async def test_a_provider_that_limits_what_is_sent_gets_no_more_and_everything_arrives(
    tmp_path: Path,
) -> None:
    """What is over the rate waits its turn; that is no failed attempt, and nobody hears of it."""
    async with Limited(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")  # an acknowledgement and a request: as many as may go at once
        await line.quiet()
        assert len(line.sink.captured) == 2
        await sam.writes("Once more.")
        await line.quiet()
        assert len(line.sink.captured) == 2
        for _ in range(4):
            await line.pass_time(minutes=3)
        requests = [letter for letter in line.ana.mailbox if not letter.is_automatic]
        assert [letter.text.split(".")[0] for letter in requests] == ["Hello", "Once more"]
        await line.operator.receives_nothing()
