"""A next hop that is away, refuses, stalls, hangs up or talks nonsense: rows F12 to F18 of the fault list.

What it is to one connection, `tests/unit/edge/test_smtp_out.py` asks for every verb and answer. Here a whole line stands
before it: everything that was acknowledged arrives, once, or its author is told; and one sick delivery keeps no other.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import socket
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.support import remains
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, Load, tokens_in
from tests.support.line import Line, Person
from tests.support.sink import Sink

FOR_NOW = ("421 4.3.2 bye", "450 4.2.1 later", "451 4.3.0 later", "452 4.3.1 full")
NEVER_AGAIN = ("550 5.1.1 who is Ann Smith?", "552 5.2.2 full", "553 5.1.3 no", "554 5.6.0 no")
WORD = re.compile(r"The word is (word[a-z]+)")


def word_of(person: Person) -> str:
    """A word that stands in no other letter; no number, which could be taken for a telephone's."""
    digits = re.sub(r"\D", "", person.address)
    return "word" + "".join("abcdefghij"[int(digit)] for digit in digits)


async def test_f12_a_name_of_the_next_hop_that_nobody_knows_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such name, no answer, nobody there: first tried again within ten minutes, and no bad news within five days."""
    troubles = [
        socket.gaierror(socket.EAI_NONAME, "canary"),
        socket.gaierror(socket.EAI_AGAIN, "canary"),
        OSError(113),
    ]
    asked = Counter[str]()
    real = asyncio.BaseEventLoop.create_connection
    async with Line(tmp_path / "line") as line:

        async def create_connection(loop: asyncio.BaseEventLoop, *args: object, **kwargs: object) -> object:
            port = kwargs.get("port", args[2] if len(args) > 2 else None)
            if port != line.sink.port:
                return await real(loop, *args, **kwargs)  # type: ignore[arg-type]
            asked["times"] += 1
            raise troubles[asked["times"] % len(troubles)]

        sam = line.seeker()
        with monkeypatch.context() as patch:
            patch.setattr(
                type(asyncio.get_running_loop()), "create_connection", create_connection, raising=False
            )
            await sam.writes("Is anybody there?")
            await line.quiet()
            first = asked["times"]
            assert first
            await line.pass_time(minutes=10)
            assert asked["times"] > first, "ten minutes without a second attempt"
            for _ in range(56):
                await line.pass_time(hours=2)
            assert not line.sink.captured
        await line.pass_time(hours=2)
        assert "Is anybody there?" in (await line.ana.receives(automatic=False)).text
        assert not any("could not be delivered" in letter.text for letter in line.operator.mailbox)
        assert sum("Is anybody there?" in letter.text for letter in line.ana.mailbox) == 1


async def test_f13_what_is_refused_for_now_is_sent_later_and_once(tmp_path: Path) -> None:
    """Each code at each verb, twice in a row; the author hears nothing of it."""
    number = itertools.count()
    async with Line(tmp_path / "line", smtp="messages_per_minute_per_host = 10000") as line:
        for reply in FOR_NOW:
            for verb in ("MAIL", "RCPT", "DATA", "."):
                left = iter((True, True))
                line.sink.refuse = lambda heard, _, left=left, verb=verb, reply=reply: (  # type: ignore[misc]
                    reply if heard == verb and next(left, False) else None
                )
                sam = line.seeker(f"seeker{next(number)}@mail.test")
                await sam.writes(f"After {reply[:3]} at {verb}.")
                await line.pass_time(minutes=2)
                await line.pass_time(minutes=10)
                await line.pass_time(minutes=10)
                assert next(left, None) is None, "it was not refused twice"
                mine = [
                    letter for letter in line.ana.mailbox if f"After {reply[:3]} at {verb}." in letter.text
                ]
                assert len(mine) == 1
                assert len(sam.mailbox) == 1, "the acknowledgement, and no more"


async def test_f14_what_is_refused_for_good_is_told_once_and_neutrally(tmp_path: Path) -> None:
    """A reply that the seeker's side will not have: one notice to its author, in our words; never tried again."""
    number = itertools.count()
    async with Line(tmp_path / "line", smtp="messages_per_minute_per_host = 10000") as line:
        for reply in NEVER_AGAIN:
            for verb in ("MAIL", "RCPT", "DATA", "."):
                line.sink.refuse = lambda _heard, _: None
                sam = line.seeker(f"seeker{next(number)}@mail.test", "Sam Lee")
                await sam.writes("Hello.")
                request = await line.ana.receives()
                while "Hello." not in request.text:
                    request = await line.ana.receives()
                await sam.receives(automatic=True)
                await line.quiet()
                attempts = Counter[str]()
                at = {"seeker": False}

                def refuse(
                    heard: str, argument: str, verb=verb, reply=reply, sam=sam, attempts=attempts, at=at
                ) -> str | None:  # type: ignore[no-untyped-def]
                    if heard == "MAIL":
                        at["seeker"] = bool(argument.partition("<")[2].partition(">")[0])
                    if heard == "RCPT":
                        at["seeker"] = sam.address in argument
                    if heard != verb or not at["seeker"]:
                        return None
                    attempts[verb] += 1
                    return str(reply)

                line.sink.refuse = refuse
                await line.ana.replies(request, "I am here.")
                notice = await line.ana.receives()
                assert notice.from_address == "desk@relay.test"
                for secret in (sam.address.encode(), b"Ann Smith", reply[:9].encode()):
                    assert secret not in notice.raw
                await line.pass_time(hours=3)
                assert attempts[verb] == 1, "what is final was tried again"
                assert len(sam.mailbox) == 1


async def test_f15_a_next_hop_that_is_silent_after_one_message_keeps_no_other(tmp_path: Path) -> None:
    """Twenty seconds of silence after the dot, then 250: one copy; everybody else's mail goes on meanwhile."""
    ledger = Ledger()
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS) as daemon:
        load = Load(daemon, ledger, random.Random())
        pairs = [await load.pair(f"seeker{number}@mail.test") for number in range(3)]
        daemon.sink.pauses = {pairs[0].seeker: 20.0}
        slow = await load.offer(ANA, pairs[0].counselor_writes_to, pairs[0].seeker)
        await asyncio.sleep(0.5)
        for pair in pairs[1:]:
            await load.offer(ANA, pair.counselor_writes_to, pair.seeker)
        async with asyncio.timeout(10):
            while ledger.outstanding(daemon.sink.captured) > 1:
                await asyncio.sleep(0.05)
        assert not any(slow in tokens_in(each.message) for each in daemon.sink.captured)
        async with asyncio.timeout(40):
            while ledger.outstanding(daemon.sink.captured):
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)


async def test_f16_a_hundred_connections_that_break_in_and_after_the_data(tmp_path: Path) -> None:
    """In the middle: one copy. After the dot: at most one more for each break, the same octets."""
    source = random.Random()
    broken = Counter[str]()
    async with Line(tmp_path / "line", smtp="messages_per_minute_per_host = 10000") as line:

        def refuse(heard: str, _recipient: str) -> str | None:
            if heard in {"...", "."} and broken.total() < 100 and source.random() < 0.4:
                broken[heard] += 1
                if heard == ".":
                    lost_answers.append(line.sink.raw[-1])
                return "drop"
            return None

        lost_answers: list[bytes] = []
        line.sink.refuse = refuse
        people = [line.seeker(f"seeker{number}@mail.test") for number in range(60)]
        for person in people:
            await person.writes(f"The word is {word_of(person)}.")
        for _ in range(12):
            await line.pass_time(minutes=20)
        assert broken["..."] > 10
        assert broken["."] > 10
        words = Counter(WORD.findall("".join(letter.text for letter in line.ana.mailbox)))
        assert len(words) == len(people)
        assert set(words.values()) == {1}, "what was taken and answered was sent again"
        kept = {letter.raw for letter in line.ana.mailbox}
        ids = {letter["Message-ID"]: letter.raw for letter in line.ana.mailbox}
        for octets in lost_answers:
            content = octets[:-3].replace(b"\r\n..", b"\r\n.")
            if b"To: ana.ruiz" in content or b"<ana.ruiz@home.test>" in content:
                assert content in kept, "the second copy was made anew"
        assert len(ids) == len(line.ana.mailbox)


SCRIPTS: dict[str, tuple[bytes, ...]] = {
    "a banner without end": (b"220-" + b"x" * 10_000_000,),
    "lines without end": (b"220-hello\r\n" * 300_000,),
    "not SMTP": (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",),
    "no 354": (b"220 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"),
    "zeros": (bytes(1_000_000),),
    "hangs up": (),
}


async def test_f17_a_next_hop_that_talks_nonsense_costs_no_memory_and_no_message(tmp_path: Path) -> None:
    """Ten megabytes of banner among it: given up each time, and all is delivered when it has come to its senses."""
    ledger = Ledger()
    sink = _Mad()
    await sink.start()
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS, sink=sink) as daemon:
        load = Load(daemon, ledger, random.Random())
        pair = await load.pair("sam@mail.test")
        assert await daemon.stop() == 0
        await daemon.start()  # no connection is kept
        process = psutil.Process(daemon.process.pid)
        before = process.memory_info().rss
        for name, script in SCRIPTS.items():
            sink.script = script
            seen = len(daemon.log)
            await load.offer(ANA, pair.counselor_writes_to, pair.seeker)
            deferred = await daemon.said("delivery.deferred", "delivery.refused", after=seen, at_most_s=30)
            assert deferred.event == "delivery.deferred", name
            assert process.memory_info().rss - before < 10 * 1024 * 1024, f"{name}: it was kept"
        sink.script = None
        assert await daemon.stop() == 0
        remains.make_due(daemon.folder)
        await daemon.start()
        async with asyncio.timeout(30):
            while ledger.outstanding(daemon.sink.captured):
                await asyncio.sleep(0.05)
        ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)
        assert daemon.other_output == []
    await sink.stop()


class _Mad(Sink):
    """Says its script, one piece for each line that it hears, instead of SMTP; then hangs up."""

    script: tuple[bytes, ...] | None = None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.script is None:
            await super()._converse(reader, writer)
            return
        for piece in self.script:
            writer.write(piece)
            await writer.drain()
            if not await reader.readline():
                return


async def test_f18_one_message_for_each_connection_and_nobody_at_their_first_visit(tmp_path: Path) -> None:
    """Greylisting, and 421 from the second message on: all arrive, once."""
    visits = Counter[str]()
    on_connection = Counter[int]()
    async with Line(tmp_path / "line", smtp="messages_per_minute_per_host = 10000") as line:

        def refuse(heard: str, argument: str) -> str | None:
            if heard == "EHLO":
                on_connection[line.sink.connections] = 0
            if heard == "MAIL":
                on_connection[line.sink.connections] += 1
                if on_connection[line.sink.connections] > 1:
                    return "421 4.7.0 one message for each connection"
            if heard == "RCPT":
                visits[argument] += 1
                if visits[argument] == 1:
                    return "450 4.7.1 greylisted"
            return None

        line.sink.refuse = refuse
        people = [line.seeker(f"seeker{number}@mail.test") for number in range(12)]
        for person in people:
            await person.writes(f"The word is {word_of(person)}.")
        for _ in range(14):
            await line.pass_time(minutes=30)
        texts = Counter(WORD.findall("".join(letter.text for letter in line.ana.mailbox)))
        assert len(texts) == len(people)
        assert set(texts.values()) == {1}
        assert all(len(person.mailbox) == 1 for person in people)
