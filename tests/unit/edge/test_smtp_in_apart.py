"""The process at the door: it serves, is replaced when it is lost, loses nothing that was handed over, and knows nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from relay import log
from relay.edge.smtp_in import apart
from relay.edge.smtp_in.answers import Answers
from relay.edge.smtp_in.apart import Apart
from relay.edge.smtp_in.frames import (
    MAX_FRAME_OCTETS,
    Begin,
    Client,
    Commit,
    ForwardPath,
    Open,
    Question,
    Recipient,
    Word,
    Write,
)
from relay.edge.smtp_in.limits import Limits
from relay.edge.smtp_in.settings import ListenerSettings
from relay.errors import BUSY, UNKNOWN_RECIPIENT, RelayError
from relay.log import Event
from tests.unit.edge import smtp_door
from tests.unit.edge.smtp_door import LOOPBACK, RememberingDoor

LETTER = b"Subject: a question\r\n\r\nHow do I go on?\r\n.\r\n"
CANARY = "zq7canary"


class Busy(RelayError):
    """Too much to do."""

    reply = BUSY


@pytest.fixture
def heard() -> Iterator[list[Event]]:
    """What was logged."""
    events: list[Event] = []
    log.observe(lambda event, _: events.append(event))
    yield events
    log.observe(None)


@asynccontextmanager
async def serving(
    door: RememberingDoor, files: tuple[str, str] | None = None, **settings: object
) -> AsyncIterator[Apart]:
    wanted = {"domain": "relay.test", "trusted_hosts": LOOPBACK} | settings
    one = Apart(door, ListenerSettings(**wanted), files)  # type: ignore[arg-type]
    await one.start(["127.0.0.1:0"])
    try:
        yield one
    finally:
        door.may_commit.set()
        door.may_write.set()
        await one.drain(0.2)


@asynccontextmanager
async def client_of(one: Apart) -> AsyncIterator[smtp_door.Client]:
    host, _, port = one.addresses[0].rpartition(":")
    async with smtp_door.Client.to(host, int(port)) as client:
        yield client


def process() -> psutil.Process:
    """The process at the door."""
    found = []
    for each in psutil.Process().children():
        with suppress(psutil.Error):  # one of another test that has ended
            found += [each] if "relay.edge.smtp_in.outside" in each.cmdline() else []
    (one,) = found
    return one


async def sends(client: smtp_door.Client) -> str:
    await client.greet()
    await client.envelope()
    await client.send(LETTER)
    return await client.reply()


async def cut_off(client: smtp_door.Client) -> bytes:
    """What comes before the end, however the connection ends."""
    with suppress(ConnectionError):
        return await client.rest()
    return b""


async def test_a_letter_goes_in_and_is_acknowledged_by_the_daemon(heard: list[Event]) -> None:
    door = RememberingDoor()
    async with serving(door) as one, client_of(one) as client:
        door.may_commit.clear()
        told = asyncio.create_task(sends(client))
        await door.settled(door.committing.is_set)
        await asyncio.sleep(0.05)
        assert not told.done(), "nothing is acknowledged before it is stored"
        door.may_commit.set()
        assert (await told).startswith("250 2.0.0")
        assert await one.connections() == 1
    (message,) = door.messages
    assert message.forward_paths == ("help@relay.test",)
    assert message.content == LETTER.removesuffix(b".\r\n")
    assert door.provenances[0].client_ip == "127.0.0.1"
    assert door.provenances[0].helo == "client.test"
    assert heard == [Event.RECEPTION_STARTED]
    assert await one.connections() == 0


async def test_what_the_daemon_says_no_to_is_answered_with_its_own_words() -> None:
    door = RememberingDoor()
    async with serving(door) as one, client_of(one) as client:
        await client.greet()
        assert (await client.say("MAIL FROM:<a@b.test>")).startswith("250 ")
        assert await client.say("RCPT TO:<nobody@relay.test>") == str(UNKNOWN_RECIPIENT)
        door.recipient_error = Busy()
        assert (await client.say("RCPT TO:<help@relay.test>")) == str(BUSY)
        door.recipient_error = None
        assert (await client.say("RCPT TO:<help@relay.test>")).startswith("250 ")
        door.begin_error = RuntimeError(CANARY)
        said = await client.say("DATA")
        assert said.startswith("451 ")
        assert CANARY not in said
    assert not door.intakes


async def test_it_is_killed_in_the_middle_and_the_next_one_serves(heard: list[Event]) -> None:
    door = RememberingDoor()
    async with serving(door) as one, client_of(one) as client:
        await client.greet()
        await client.envelope()
        await client.send(b"x" * 70_000 + b"\r\n")
        await door.settled(lambda: door.intakes)
        first = process().pid
        os.kill(first, signal.SIGKILL)
        assert await cut_off(client) == b"", "nobody is told that it is stored"
        await door.settled(lambda: door.intakes[0].ended == "abandon")
        async with client_of(one) as again:  # waits in the queue of the socket until somebody serves
            assert (await sends(again)).startswith("250 ")
        assert process().pid != first
    assert len(door.messages) == 1
    assert heard == [Event.RECEPTION_STARTED, Event.RECEPTION_LOST, Event.RECEPTION_STARTED]


async def test_what_was_handed_over_is_stored_whatever_becomes_of_it() -> None:
    door = RememberingDoor()
    door.may_commit.clear()
    async with serving(door) as one, client_of(one) as client:
        await client.greet()
        await client.envelope()
        await client.send(LETTER)
        await door.settled(door.committing.is_set)
        os.kill(process().pid, signal.SIGKILL)
        await cut_off(client)
        draining = asyncio.create_task(one.drain(0.5))
        await asyncio.sleep(0.1)
        assert not draining.done(), "a stop waits for it"
        door.may_commit.set()
        await draining
    assert len(door.messages) == 1
    assert door.intakes[0].ended == "commit"


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_chunk_that_is_being_written_is_given_up_with_its_client(is_killed: bool) -> None:
    """Or with the process, while the store is still at it."""
    door = RememberingDoor()
    async with serving(door) as one:
        async with client_of(one) as client:
            await client.greet()
            await client.envelope()
            door.may_write.clear()
            await client.send((b"x" * 998 + b"\r\n") * 300)
            await asyncio.sleep(0.1)
            if is_killed:
                os.kill(process().pid, signal.SIGKILL)
            else:
                client.reset()
                door.may_write.set()
        await door.settled(lambda: door.intakes[0].ended == "abandon")
    assert not door.messages


async def test_a_stop_says_so_and_leaves_nothing() -> None:
    door = RememberingDoor()
    async with serving(door) as one, client_of(one) as client:
        await client.greet()
        pid = process().pid
        await one.drain(5)
        assert (await client.reply()).startswith("421 4.3.2")
        assert not psutil.pid_exists(pid)
        with pytest.raises(OSError):
            async with client_of(one):
                pass


async def test_who_is_in_the_middle_of_a_message_may_finish_it() -> None:
    door = RememberingDoor()
    async with serving(door) as one, client_of(one) as client:
        await client.greet()
        await client.envelope()
        await client.send(LETTER[:20])
        stopping = asyncio.create_task(one.drain(5))
        await asyncio.sleep(0.1)
        await client.send(LETTER[20:])
        assert (await client.reply()).startswith("250 ")
        await stopping
    assert door.messages[0].content == LETTER.removesuffix(b".\r\n")


async def test_a_stop_while_the_next_one_starts_leaves_none() -> None:
    for pause_s in (0.19, 0.2, 0.205, 0.21, 0.22, 0.25):
        door = RememberingDoor()
        async with serving(door) as one:
            os.kill(process().pid, signal.SIGKILL)
            await asyncio.sleep(pause_s)
            await one.drain(1)
            with pytest.raises(ValueError, match="not enough values"):
                process()


async def test_it_ends_with_the_daemon() -> None:
    """Also when the daemon has no time to say anything."""
    program = (
        "import asyncio, sys\n"
        "from tests.unit.edge.test_smtp_in_apart import *\n"
        "async def main():\n"
        "    one = Apart(RememberingDoor(), ListenerSettings(domain='relay.test'), None)\n"
        "    await one.start(['127.0.0.1:0'])\n"
        "    print('pid', process().pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert daemon.stdout is not None
    said = b""
    while not said.startswith(b"pid "):
        said = await daemon.stdout.readline()
        assert said
    pid = int(said.split()[1])
    daemon.kill()
    await daemon.wait()
    async with asyncio.timeout(5):
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)


async def test_it_has_no_secret_and_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the daemon's environment and files hold is not there; nobody else of this account looks into it."""
    monkeypatch.setenv("CREDENTIALS", CANARY)
    with (tmp_path / "database").open("w"):
        async with serving(RememberingDoor()):
            found = process()
            assert CANARY not in str(found.cmdline())
            status = Path(f"/proc/{found.pid}/status").read_text()
            assert "Seccomp" in status
            if os.geteuid():
                with pytest.raises(PermissionError):
                    Path(f"/proc/{found.pid}/environ").read_bytes()
            else:
                assert CANARY.encode() not in Path(f"/proc/{found.pid}/environ").read_bytes()
                links = [str(each.readlink()) for each in Path(f"/proc/{found.pid}/fd").iterdir()]
                assert not [link for link in links if str(tmp_path) in link or link.endswith(".db")]
            assert found.rlimit(psutil.RLIMIT_CORE) == (0, 0)
            assert found.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)


async def test_a_new_certificate_is_shown_from_then_on(tmp_path: Path) -> None:
    async def shown(one: Apart) -> bytes:
        async with client_of(one) as client:
            await client.greet()
            assert (await client.say("STARTTLS")).startswith("220 ")
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            await client.writer.start_tls(context)
            found: ssl.SSLObject = client.writer.get_extra_info("ssl_object")
            return found.getpeercert(binary_form=True) or b""

    files = smtp_door.certificate(tmp_path)
    given = str(files[0]), str(files[1])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    async with serving(RememberingDoor(), given, tls_context=context) as one:
        first = await shown(one)
        assert first
        assert await shown(one) == first
        smtp_door.certificate(tmp_path)
        one.renew(*given)
        async with asyncio.timeout(5):
            while await shown(one) == first:
                await asyncio.sleep(0.01)


async def test_one_that_does_not_answer_any_more_is_replaced(
    monkeypatch: pytest.MonkeyPatch, heard: list[Event]
) -> None:
    monkeypatch.setattr(apart, "BEAT_S", 0.05)
    monkeypatch.setattr(apart, "SILENT_S", 0.5)
    door = RememberingDoor()
    async with serving(door) as one:
        await asyncio.sleep(0.3)
        assert heard == [Event.RECEPTION_STARTED], "one that answers is left alone"
        first = process().pid
        os.kill(first, signal.SIGSTOP)
        await door.settled(lambda: heard[-1] is Event.RECEPTION_STARTED and len(heard) == 3)
        async with client_of(one) as client:
            assert (await sends(client)).startswith("250 ")
        assert process().pid != first
    assert heard == [Event.RECEPTION_STARTED, Event.RECEPTION_LOST, Event.RECEPTION_STARTED]


async def test_one_that_never_serves_is_tried_again_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch, heard: list[Event]
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(apart, "START_LIMIT_S", 1.0)
    one = Apart(RememberingDoor(), ListenerSettings(domain="relay.test"), None)
    with pytest.raises(TimeoutError):
        await one.start(["127.0.0.1:0"])
    await one.drain(0.1)
    assert set(heard) == {Event.RECEPTION_LOST}
    assert 2 <= len(heard) <= 4, "0.2, 0.4 and 0.8 s apart"


async def test_it_serves_on_given_sockets_and_on_ipv6() -> None:
    """As systemd hands them over; what waits there already is served."""
    door = RememberingDoor()
    given = socket.create_server(("127.0.0.1", 0))
    one = Apart(door, ListenerSettings(domain="relay.test"), None)
    async with smtp_door.Client.to(*given.getsockname()) as early:
        await one.start([given, "[::1]:0"])
        assert (await sends(early)).startswith("250 ")
        host, _, port = one.addresses[1].rpartition(":")
        async with smtp_door.Client.to(host.strip("[]"), int(port)) as client:
            assert (await sends(client)).startswith("250 ")
    await one.drain(0.2)
    assert [each.client_ip for each in door.provenances] == ["127.0.0.1", "::1"]


async def test_a_place_that_somebody_has_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = Apart(RememberingDoor(), ListenerSettings(domain="relay.test"), None)
        with pytest.raises(OSError):
            await one.start([f"127.0.0.1:{taken.getsockname()[1]}"])
    await one.drain(0.1)


def frame(what: Question | Word) -> bytes:
    packed = msgspec.msgpack.encode(what)
    return len(packed).to_bytes(4, "little") + packed


HERE = Client("192.0.2.7", "client.test", False)
HELP = ForwardPath("help", "relay.test")
LATER = b"(an answer later)"


@pytest.mark.parametrize(
    "said",
    [
        (MAX_FRAME_OCTETS + 1).to_bytes(4, "little"),
        (5).to_bytes(4, "little") + b"other",
        frame(Write(7, b"of nobody's")),
        frame(Begin(1, "a@b.test", (HELP,), HERE)) + LATER + frame(Write(1, b"123456")),
        frame(Begin(1, "a@b.test", (HELP,), HERE))
        + LATER
        + frame(Write(1, b"123"))
        + LATER
        + frame(Commit(1, b"456")),
        frame(Begin(1, "a@b.test", (HELP,), HERE)) + LATER + frame(Write(1, b"12")) + frame(Write(1, b"34")),
        frame(Commit(7, b"of nobody's")),
        frame(Begin(1, "a@b.test", (HELP,), HERE)) * 2,
        frame(Open("relay.test", (), 1, (), Limits(), "", "")),
        frame(Recipient(1, HELP, Client("192.0.2.7", "client.test", False)))[:-1] + b"\xc4",
    ],
    ids=[
        "too long",
        "no frame",
        "write",
        "too large",
        "too large in all",
        "two at a time",
        "commit",
        "begun twice",
        "a word of ours",
        "no type",
    ],
)
async def test_who_says_what_nobody_may_say_is_hung_up_on(said: bytes) -> None:
    """It talks to strangers: whoever has taken it over must not get further. Nothing is stored."""
    door = RememberingDoor()
    ours, theirs = socket.socketpair()
    answering = Answers(door, messages=3, octets=5)
    await asyncio.get_running_loop().create_unix_connection(lambda: answering.channel, sock=ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    for piece in said.split(LATER):
        writer.write(piece)
        await asyncio.sleep(0.02)
    with suppress(ConnectionError):  # what it had not read yet is a reset
        async with asyncio.timeout(5):
            await reader.read()
    await asyncio.wait_for(answering.channel.gone, 5)
    await asyncio.sleep(0)
    assert all(each.ended == "abandon" for each in door.intakes)
    assert not door.messages
    writer.close()


async def test_more_messages_than_there_are_clients_are_put_off() -> None:
    door = RememberingDoor()
    ours, theirs = socket.socketpair()
    answering = Answers(door, messages=3, octets=5)
    await asyncio.get_running_loop().create_unix_connection(lambda: answering.channel, sock=ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    writer.write(b"".join(frame(Begin(job, "a@b.test", (HELP,), HERE)) for job in range(4)))
    async with asyncio.timeout(5):
        said = b""
        while str(BUSY.text).encode() not in said:
            said += await reader.read(100)
    assert len(door.intakes) == 3
    writer.close()
    await asyncio.wait_for(answering.channel.gone, 5)


@pytest.mark.parametrize("over", [-2, 0, 2, 1000, 70_000, 200_000])
async def test_a_message_that_is_too_large_ends_nobody_elses(over: int, heard: list[Event]) -> None:
    """What the daemon would hang up on must never be said for a client that only sends too much."""
    async with serving(RememberingDoor(), max_message_bytes=300_000) as one, client_of(one) as client:
        await client.greet()
        await client.envelope()
        await client.send(b"x" * 98 + b"\r\n" * ((300_000 + over - 98) // 2) + b".\r\n")
        assert (await client.reply()).startswith("250 " if over <= 0 else "552 ")
        assert heard == [Event.RECEPTION_STARTED]


def test_it_cannot_say_that_somebody_has_logged_in() -> None:
    assert not Client("192.0.2.7", "client.test", True).provenance.login
    assert "login" not in Client.__struct_fields__


def test_frames_show_nobody() -> None:
    shown = repr(
        (
            Begin(
                1, f"{CANARY}@mail.test", (ForwardPath(CANARY, "relay.test"),), Client(CANARY, CANARY, False)
            ),
        )
    )
    assert CANARY not in shown


async def test_a_count_that_does_not_come_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "COUNT_S", 0.05)
    async with serving(RememberingDoor()) as one:
        os.kill(process().pid, signal.SIGSTOP)
        assert await one.connections() == 0
        os.kill(process().pid, signal.SIGCONT)
