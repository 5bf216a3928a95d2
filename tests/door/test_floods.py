"""More than is due (A03, A07, A09, A10): each kind of flood, by strangers and beside people who only want to write."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from relay.edge.smtp_in.limits import Limits
from relay.errors import Deferred
from tests.support.line import Line
from tests.unit.edge.smtp_door import LOOPBACK, Client, RememberingDoor, client_of, listening, server_context
from tests.unit.edge.test_smtp_out import CLOSE, MESSAGE, RETURN_PATH, SEEKER, Sink, sinking


def address(number: int) -> str:
    """One of the many addresses of this machine: a client of its own to the door."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def greeting(port: int, source: str) -> tuple[str, Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    client = Client(reader, writer)
    return await client.reply(), client


async def test_one_address_has_twenty_places_and_all_have_two_hundred() -> None:
    """A09: 421 and closed beyond; strangers leave a tenth of all to trusted hosts."""
    async with listening(RememberingDoor()) as listener:
        port = int(listener.addresses[0].rpartition(":")[2])
        open_now: list[Client] = []
        refused = 0
        for number in range(12):
            here = 0
            for _ in range(25):
                reply, client = await greeting(port, address(number))
                open_now.append(client)
                here += reply.startswith("220")
                refused += reply == "421 4.3.2 Too many connections, please try again later"
            assert here <= 20
        assert len(listener._sessions) == 180
        assert refused == 300 - 180
        for client in open_now:
            await client.close()


async def test_a_thousand_connections_in_a_rush_are_all_answered() -> None:
    """Nobody waits in the kernel: each hears 220 or 421, and the loop goes on."""
    async with listening(RememberingDoor(), trusted_hosts=LOOPBACK) as listener:
        port = int(listener.addresses[0].rpartition(":")[2])

        async def knock() -> str:
            async with Client.to("127.0.0.1", port) as client:
                return (await client.reply())[:3]

        began = time.perf_counter()
        heard: list[str] = []
        for _ in range(10):
            heard += await asyncio.gather(*(knock() for _ in range(100)))
        assert time.perf_counter() - began < 5
    assert len(heard) == 1000
    assert set(heard) <= {"220", "421"}


async def test_five_thousand_recipients_are_a_hundred() -> None:
    """452 for each beyond, and the message goes to those that were taken."""
    door = RememberingDoor()
    many = frozenset(f"a{number}@relay.test" for number in range(5000))
    door.known |= many
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        client.writer.write(b"".join(b"RCPT TO:<%b>\r\n" % path.encode() for path in sorted(many)))
        replies = [await client.reply() for _ in range(5000)]
        assert [reply[:9] for reply in replies] == ["250 2.1.5"] * 100 + ["452 4.5.3"] * 4900
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(".")).startswith("250")
    assert len(door.messages[0].forward_paths) == 100
    assert len(door.asked) == 100


@pytest.mark.parametrize("command", ["NOOP", "RSET"])
async def test_a_thousand_commands_without_a_message_are_twenty(command: str) -> None:
    """Junk ends the connection, a stranger's and a trusted host's."""
    async with (
        listening(RememberingDoor(), trusted_hosts=LOOPBACK) as listener,
        client_of(listener) as client,
    ):
        await client.greet()
        client.writer.write(f"{command}\r\n".encode() * 1000)
        codes = [line[:3] for line in (await client.rest()).splitlines()]
    assert codes == [b"250"] * 20 + [b"421"]


async def test_a_line_of_a_hundred_megabytes_is_never_kept() -> None:
    """A command without end costs the memory of one block, and is one piece of junk."""
    async with listening(RememberingDoor()) as listener, client_of(listener) as client:
        await client.greet()
        (session,) = listener._sessions
        held = 0
        for _ in range(1000):
            client.writer.write(b"x" * 100_000)
            await client.writer.drain()
            held = max(held, len(session._wire))
        assert held <= 512 * 1024
        assert await client.say("") == "500 5.5.2 Command line too long"
        assert (await client.say("NOOP")).startswith("250")


@pytest.mark.parametrize("where", ["silent", "command", "data", "handshake"])
async def test_slow_clients_give_way_to_people_who_write(where: str, tmp_path: Path) -> None:
    """All places taken by those who bring nothing: the next one who writes is served within seconds."""
    door = RememberingDoor()
    limits = Limits(
        connections=20, crowded_s=1.5
    )  # longer than it takes them all to come, on a busy machine, too
    async with listening(door, limits=limits, tls_context=server_context(tmp_path)) as listener:
        port = int(listener.addresses[0].rpartition(":")[2])
        slow = [(await greeting(port, address(number)))[1] for number in range(18)]
        for client in slow:
            await client.say("EHLO slow.test")
            if where == "command":
                await client.send(b"MAI")
            elif where == "data":
                await client.envelope()
                await client.send(b"Subject: s")
            elif where == "handshake":
                assert (await client.say("STARTTLS")).startswith("220")
                await client.send(b"\x16\x03\x01")
        async with Client.to("127.0.0.1", port, address(100)) as early:
            assert (await early.reply()).startswith("421")
        await asyncio.sleep(limits.crowded_s)
        began = time.perf_counter()
        for number in range(101, 119):
            async with Client.to("127.0.0.1", port, address(number)) as person:
                await person.greet()
                await person.envelope()
                assert (await person.say("help\r\n.")).startswith("250")
        assert time.perf_counter() - began < 5
        for client in slow:
            await client.close()
    assert sum(message.content == b"help\r\n" for message in door.messages) == 18


async def test_no_place_is_lost_by_giving_way() -> None:
    """Counted exactly, however a session ends: after all have gone, all places are there again."""
    limits = Limits(connections=10, crowded_s=0.0)
    async with listening(RememberingDoor(), limits=limits) as listener:
        port = int(listener.addresses[0].rpartition(":")[2])
        clients = [(await greeting(port, address(number)))[1] for number in range(60)]
        for client in clients:
            await client.close()
        async with asyncio.timeout(5):
            while listener._sessions:
                await asyncio.sleep(0.01)
        crowd = listener.crowd
        assert (crowd._here, crowd._strangers, dict(crowd._connections)) == (0, 0, {})


@pytest.mark.parametrize(
    "name",
    [
        b"a\x1b[31mred",
        b"x" * 500,
        b"<script>",
        b"[192.0.2.1]",
        b"a b c",
        b"\xff\xfe",
        b"%s%s%n",
        b"{name}",
        b"../../x",
    ],
)
async def test_no_name_that_a_client_gives_itself_is_kept(name: bytes, tmp_path: Path) -> None:
    """A10: the argument of EHLO stands in nothing that goes out and in no line of the log."""
    async with Line(tmp_path / "line") as line:
        async with Client.to("127.0.0.1", line.port) as client:
            await client.reply()
            assert (await client.say(b"EHLO canary" + name)).startswith("250-relay.test")
            await client.envelope()
            assert (await client.say("From: sam@mail.test\r\nSubject: x\r\n\r\nHello.\r\n.")).startswith(
                "250"
            )
        await line.ana.receives()
        await line.quiet()
        assert not [one for one in line.sink.raw if b"canary" in one]


async def test_a_next_hop_that_is_injected_into_is_not_believed(tmp_path: Path) -> None:
    """A03, as a client: what stands behind 220 in clear is no answer to anything said inside TLS."""
    injected = b"250-evil\r\n250 SIZE 1\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n250 2.0.0 taken\r\n"
    sink = Sink(
        tls=server_context(tmp_path, "localhost"),
        offers=(b"STARTTLS",),
        go_ahead=b"220 go\r\n" + injected,
        script={"MAIL": [CLOSE]},
    )
    ca_file = str(tmp_path / "localhost.crt")
    async with sinking(sink, tls="required", host="localhost", ca_file=ca_file) as hop:
        with pytest.raises(Deferred):
            await hop.deliver(RETURN_PATH, SEEKER, MESSAGE)
    assert sink.contents == []


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_a_next_hop_with_an_old_tls_gets_nothing(version: ssl.TLSVersion, tmp_path: Path) -> None:
    """A04: no envelope and no content goes over TLS 1.0 or 1.1."""
    context = server_context(tmp_path, "localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = context.maximum_version = version
    sink = Sink(tls=context, offers=(b"STARTTLS",))
    ca_file = str(tmp_path / "localhost.crt")
    async with sinking(sink, tls="required", host="localhost", ca_file=ca_file) as hop:
        with pytest.raises(Deferred) as caught:
            await hop.deliver(RETURN_PATH, SEEKER, MESSAGE)
    assert caught.value.cause == "tls"
    assert not [command for command in sink.commands if command.startswith(b"MAIL")]


async def test_who_gave_way_takes_nobodys_place_when_it_comes_again() -> None:
    """It may sit where there is room, and is the first to go; a letter makes it a client like others."""
    door = RememberingDoor()
    limits = Limits(connections=3, crowded_s=0.2)
    async with listening(door, limits=limits) as listener:
        port = int(listener.addresses[0].rpartition(":")[2])
        idlers = [(await greeting(port, address(number)))[1] for number in range(3)]
        await asyncio.sleep(0.3)
        people = [(await greeting(port, address(number)))[1] for number in range(10, 13)]
        assert len(listener._sessions) == 3
        reply, again = await greeting(port, address(0))
        assert reply.startswith("421"), "it takes nobody's place, however long they idle"
        await asyncio.sleep(0.3)
        late_reply, late = await greeting(port, address(0))
        assert late_reply.startswith("421")
        assert (await people[0].say("QUIT")).startswith("221")
        await people[0].rest()
        await asyncio.sleep(0.02)
        reply, idler = await greeting(port, address(0))
        assert reply.startswith("220"), "there is room"
        reply, person = await greeting(port, address(20))
        assert reply.startswith("220"), "and it goes at once"
        assert (await idler.reply()).startswith("421 4.3.2")
        for client in (*idlers, *people, again, late, idler, person):
            await client.close()
