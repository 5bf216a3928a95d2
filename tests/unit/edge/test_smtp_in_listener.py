"""Many connections at once: limits, clocks, sockets, and how the listener ends."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
import uvloop

from relay.edge.smtp_in.limits import Crowd, Limits, client_of, is_trusted
from relay.edge.smtp_in.listener import Listener, ListenerSettings
from tests.unit.edge import smtp_door
from tests.unit.edge.smtp_door import LOOPBACK, Client, RememberingDoor, both_ways, listening, server_context  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("both_ways")


async def connected(listener: Listener) -> Client:
    host, _, port = listener.addresses[0].rpartition(":")
    return Client(*await asyncio.open_connection(host, int(port)))


async def test_one_client_may_not_take_all_connections() -> None:
    """421 and closed; room again when one leaves."""
    async with listening(RememberingDoor(), limits=Limits(connections_per_client=2)) as listener:
        clients = [await connected(listener) for _ in range(3)]
        assert [await client.reply() for client in clients[:2]] == ["220 relay.test ESMTP"] * 2
        assert await clients[2].reply() == "421 4.3.2 Too many connections, please try again later"
        assert await clients[2].rest() == b""
        await clients[0].say("QUIT")
        await clients[0].rest()
        await asyncio.sleep(0.02)
        clients.append(await connected(listener))
        assert (await clients[3].reply()).startswith("220")
        for client in clients:
            await client.close()


async def test_the_total_counts_for_trusted_hosts_too() -> None:
    """A trusted host may have more than its share, but not more than there is."""
    limits = Limits(connections=3, connections_per_client=1)
    async with listening(RememberingDoor(), limits=limits, trusted_hosts=LOOPBACK) as listener:
        clients = [await connected(listener) for _ in range(4)]
        assert [(await client.reply())[:3] for client in clients] == ["220", "220", "220", "421"]
        for client in clients:
            await client.close()


async def test_a_client_may_send_so_many_messages_a_minute() -> None:
    """450 for the next one, in whatever connection."""
    limits = Limits(messages_per_client_per_minute=2)
    async with listening(RememberingDoor(), limits=limits) as listener:
        for expected in ("250", "250", "450"):
            client = await connected(listener)
            await client.greet()
            assert (await client.say("MAIL FROM:<a@b.test>"))[:3] == expected
            await client.close()


async def test_trusted_hosts_have_no_rate() -> None:
    """An operator's own MTA brings everybody's mail."""
    limits = Limits(messages_per_client_per_minute=1)
    async with listening(RememberingDoor(), limits=limits, trusted_hosts=LOOPBACK) as listener:
        client = await connected(listener)
        await client.greet()
        for _ in range(3):
            await client.envelope()
            assert (await client.say(".")).startswith("250")
        await client.close()


def test_a_minute_is_a_minute_and_a_network_is_one_client() -> None:
    """IPv6 is counted by /64; the count starts again after 60 s (RFC 6177)."""
    crowd = Crowd(Limits(messages_per_client_per_minute=1))
    one, other, far = (
        ipaddress.ip_address(text) for text in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    )
    assert crowd.may_send(one, 0.0)
    assert not crowd.may_send(other, 59.0)
    assert crowd.may_send(far, 59.0)
    assert crowd.may_send(other, 60.0)


def test_the_count_of_clients_is_bounded() -> None:
    """A flood from ever new addresses cannot fill memory."""
    crowd = Crowd(Limits())
    for number in range(25_000):
        crowd.may_send(ipaddress.IPv4Address(number), 0.0)
    assert len(crowd._messages) <= 10_000


@pytest.mark.parametrize(
    ("peername", "trusted"),
    [
        (("127.0.0.1", 1), True),
        (("127.9.9.9", 1), True),
        (("::ffff:127.0.0.1", 1, 0, 0), True),
        (("::1", 1, 0, 0), False),
        (("192.0.2.1", 1), False),
        (("fe80::1%eth0", 1, 0, 2), False),
        ("", False),
        (None, False),
        (("nonsense", 1), False),
    ],
)
def test_only_named_networks_are_trusted(peername: Any, trusted: bool) -> None:
    """Also in IPv4-mapped form; what is no IP peer is a stranger (RFC 4291 §2.5.5.2)."""
    assert is_trusted(client_of(peername), LOOPBACK) is trusted


async def test_a_silent_client_hears_421() -> None:
    """And commands that lead to no message do not keep it (RFC 5321 §4.5.3.2.7)."""
    door = RememberingDoor()
    async with listening(door, limits=Limits(command_s=0.4)) as listener:
        client = await connected(listener)
        began = asyncio.get_running_loop().time()
        await client.greet()
        for _ in range(4):
            await asyncio.sleep(0.08)
            assert (await client.say("NOOP")).startswith("250")
        assert (await client.reply()).startswith("421 4.4.2")
        assert asyncio.get_running_loop().time() - began < 0.6
        assert await client.rest() == b""
        await client.close()


async def test_useful_commands_keep_a_client() -> None:
    """The clock starts again at MAIL, at each new recipient and at DATA."""
    door = RememberingDoor()
    async with listening(door, limits=Limits(command_s=0.3, data_block_s=0.3)) as listener:
        client = await connected(listener)
        await client.greet()
        for command in (
            "MAIL FROM:<>",
            "RCPT TO:<help@relay.test>",
            "RCPT TO:<other@relay.test>",
            "DATA",
            "x\r\n.",
        ):
            await asyncio.sleep(0.15)
            assert (await client.say(command))[:1] in "23"
        await client.close()
    assert len(door.messages) == 1


async def test_data_that_stops_coming_is_abandoned() -> None:
    """RFC 5321 §4.5.3.2.5: a limit per block."""
    door = RememberingDoor()
    async with listening(door, limits=Limits(data_block_s=0.1)) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        await client.send(b"and then")
        assert (await client.reply()).startswith("421 4.4.2")
        await client.close()
        await door.settled(lambda: door.intakes[0].ended)
    assert door.intakes[0].ended == "abandon"


@pytest.mark.parametrize(
    "limits",
    [
        Limits(data_grace_s=0.1, data_octets_per_s=10_000),
        Limits(data_total_s=0.2, data_octets_per_s=1),
    ],
)
async def test_data_that_trickles_is_abandoned(limits: Limits) -> None:
    """A minimum rate after the grace, and a limit for the whole, so that no client holds a place for ever."""
    door = RememberingDoor()
    async with listening(door, limits=limits) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        reply = asyncio.ensure_future(client.reply())
        async with asyncio.timeout(3):
            while not reply.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.01)
        assert (await reply).startswith("421 4.4.2")
        await client.close()
        await door.settled(lambda: door.intakes[0].ended)
    assert door.intakes[0].ended == "abandon"


async def test_a_client_that_reads_nothing_is_cut_off() -> None:
    """It pipelines commands and leaves the replies: its clock runs out, its connection goes."""
    door = RememberingDoor()
    limits = Limits(command_s=0.3, linger_s=0.1, junk_commands=10**9)
    narrow = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    narrow.bind(("127.0.0.1", 0))
    listener = Listener(door, ListenerSettings(domain="relay.test", limits=limits), door.count)
    await listener.start([narrow])
    client = await connected(listener)
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.writer.transport.pause_reading()
    client.writer.write(b"VRFY x\r\n" * 300_000)
    await door.settled(lambda: "session.timed_out" in door.events and not listener._sessions)
    client.writer.transport.abort()
    await client.close()
    await listener.drain(1)


async def test_a_client_is_held_back_while_the_disk_is_slow() -> None:
    """What it sends meanwhile waits in its own machine: one connection holds no more than 320 KiB of it."""
    door = RememberingDoor()
    door.may_write.clear()
    async with listening(door) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        client.writer.write(b"x" * 20_000_000)
        await asyncio.sleep(0.3)
        (session,) = listener._sessions
        assert 0 < len(session._wire) <= 320 * 1024
        door.may_write.set()
        assert (await client.say("\r\n.")).startswith("250")
        await client.close()


async def test_drain_ends_idle_sessions_at_once() -> None:
    """421 4.3.2, and no new connection is accepted."""
    door = RememberingDoor()
    async with listening(door) as listener:
        clients = [await connected(listener) for _ in range(5)]
        for client in clients:
            await client.greet()
        began = asyncio.get_running_loop().time()
        await listener.drain(10)
        assert asyncio.get_running_loop().time() - began < 1
        for client in clients:
            assert (await client.reply()).startswith("421 4.3.2")
            await client.close()
        with pytest.raises(OSError, match="Connect"):
            await connected(listener)


async def test_drain_lets_a_message_finish() -> None:
    """What is in DATA arrives and is answered; then 421."""
    door = RememberingDoor()
    async with listening(door) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        await client.send(b"half")
        draining = asyncio.ensure_future(listener.drain(5))
        await asyncio.sleep(0.05)
        assert not draining.done()
        assert (await client.say(b" and half\r\n.")).startswith("250")
        assert (await client.reply()).startswith("421 4.3.2")
        await draining
        await client.close()
    assert door.messages[0].content == b"half and half\r\n"


async def test_drain_waits_for_commits_whose_client_has_gone() -> None:
    """The promise is to the message, not to the connection."""
    door = RememberingDoor()
    door.may_commit.clear()
    async with listening(door) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        await client.send(b"x\r\n.\r\n")
        await door.committing.wait()
        client.reset()
        await client.close()
        await asyncio.sleep(0.02)
        draining = asyncio.ensure_future(listener.drain(5))
        await asyncio.sleep(0.05)
        assert not draining.done()
        door.may_commit.set()
        await draining
        assert len(door.messages) == 1


async def test_drain_cuts_off_who_will_not_end() -> None:
    """At its limit of time, whatever the client does."""
    door = RememberingDoor()
    async with listening(door) as listener:
        client = await connected(listener)
        await client.greet()
        await client.envelope()
        await listener.drain(0.1)
        await door.settled(lambda: door.intakes[0].ended)
        await client.close()
    assert door.intakes[0].ended == "abandon"


async def test_it_listens_on_given_sockets_and_on_ipv6() -> None:
    """Sockets from the service manager, and two addresses at once."""
    given = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    given.bind(("127.0.0.1", 0))
    listener = Listener(RememberingDoor(), ListenerSettings(domain="relay.test"))
    await listener.start([given, "[::1]:0"])
    assert listener.addresses[0].startswith("127.0.0.1:")
    assert listener.addresses[1].startswith("[::1]:")
    for address in listener.addresses:
        host, _, port = address.rpartition(":")
        client = Client(*await asyncio.open_connection(host.strip("[]"), int(port)))
        assert (await client.reply()).startswith("220")
        await client.close()
    await listener.drain(1)


@pytest.mark.parametrize("place", ["127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:0"])
async def test_a_place_that_cannot_be_bound_leaves_nothing_open(place: str) -> None:
    """An error at the start, and the sockets before it closed."""
    listener = Listener(RememberingDoor(), ListenerSettings(domain="relay.test"))
    with pytest.raises((OSError, ValueError)):
        await listener.start(["127.0.0.1:0", place])
    assert not listener.addresses


def test_settings_say_what_is_wrong() -> None:
    """Domains are compared in lower case, so they must be given so."""
    with pytest.raises(ValueError, match="lower case"):
        ListenerSettings(domain="Relay.test")
    with pytest.raises(ValueError, match="positive"):
        ListenerSettings(domain="relay.test", max_message_bytes=0)


def test_it_does_the_same_on_uvloop(tmp_path: Path) -> None:
    """The loop that production uses: STARTTLS, a large message, handshakes that fail, drain."""

    async def scenario() -> None:
        door = RememberingDoor()
        context = server_context(tmp_path)
        trust = ssl.create_default_context(cafile=str(tmp_path / "relay.test.crt"))
        async with listening(door, tls_context=context, limits=Limits(handshake_s=0.2)) as listener:
            async with smtp_door.client_of(listener) as client:
                await client.greet()
                await client.send(b"STARTTLS\r\nEHLO injected\r\n")
                assert (await client.reply()).startswith("220 ")
                await client.writer.start_tls(trust, server_hostname="relay.test")
                assert (await client.say("MAIL FROM:<a@b.test>")).startswith("503")
                assert "STARTTLS" not in (await client.say("EHLO x"))
                await client.envelope()
                assert (await client.say(b"x" * 3_000_000 + b"\r\n.")).startswith("250")
                await client.say("QUIT")
            async with smtp_door.client_of(listener) as client:
                await client.greet()
                await client.say("STARTTLS")
                await client.send(b"EHLO this is no handshake\r\n")
                assert b"Error" not in await client.rest()
            async with smtp_door.client_of(listener) as client:
                await client.greet()
                await client.say("STARTTLS")
                assert await client.rest() == b""
            async with smtp_door.client_of(listener) as client:
                await client.greet()
                began = time.perf_counter()
                await listener.drain(5)
                assert time.perf_counter() - began < 1
                assert (await client.reply()).startswith("421 4.3.2")
        assert len(door.messages[0].content) == 3_000_002

    troubles: list[dict[str, Any]] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.get_loop().set_exception_handler(lambda _loop, context: troubles.append(context))
        runner.run(scenario())
    assert not troubles


async def test_whoever_brings_nothing_gives_way_when_all_places_are_taken() -> None:
    """The longest without a step toward a message hears 421; who is sending stays, and so does a commit."""
    door = RememberingDoor()
    limits = Limits(connections=3, crowded_s=0.2)
    async with listening(door, limits=limits) as listener:
        idle, busy, committing = [await connected(listener) for _ in range(3)]
        for client in (idle, busy, committing):
            await client.greet()
        door.may_commit.clear()
        await committing.envelope()
        await committing.send(b"precious\r\n.\r\n")
        await door.committing.wait()
        early = await connected(listener)
        assert (await early.reply()).startswith("421 4.3.2")
        await asyncio.sleep(0.25)
        assert (await busy.say("MAIL FROM:<a@b.test>")).startswith("250")
        newcomer = await connected(listener)
        assert (await newcomer.reply()).startswith("220")
        assert (await idle.reply()).startswith("421 4.3.2")
        assert await idle.rest() == b""
        late = await connected(listener)
        assert (await late.reply()).startswith("421 4.3.2")
        assert (await busy.say("RCPT TO:<help@relay.test>")).startswith("250")
        door.may_commit.set()
        assert (await committing.reply()).startswith("250 2.0.0")
        for client in (idle, busy, committing, early, newcomer, late):
            await client.close()
    assert [message.content for message in door.messages] == [b"precious\r\n"]


async def test_data_that_trickles_gives_way_and_data_that_comes_does_not() -> None:
    """A minimum rate tells them apart, from the first octet on when all places are taken."""
    door = RememberingDoor()
    limits = Limits(connections=2, crowded_s=0.2, data_octets_per_s=10_000)
    async with listening(door, limits=limits) as listener:
        trickling, coming = [await connected(listener) for _ in range(2)]
        for client in (trickling, coming):
            await client.greet()
            await client.envelope()
        for _ in range(30):
            trickling.writer.write(b"x")
            coming.writer.write(b"x" * 1000)
            await asyncio.sleep(0.01)
        newcomer = await connected(listener)
        assert (await newcomer.reply()).startswith("220")
        assert (await trickling.reply()).startswith("421 4.3.2")
        assert (await coming.say("\r\n.")).startswith("250 2.0.0")
        for client in (trickling, coming, newcomer):
            await client.close()


def test_a_tenth_of_all_places_is_for_trusted_hosts() -> None:
    """Strangers who fill all others keep nobody out who comes through an MTA of ours."""
    crowd = Crowd(Limits(connections=20, connections_per_client=100))
    stranger, ours = ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("127.0.0.1")
    assert [crowd.enter(stranger, trusted=False) for _ in range(20)] == [True] * 18 + [False] * 2
    assert [crowd.enter(ours, trusted=True) for _ in range(3)] == [True, True, False]
    crowd.leave(stranger, trusted=False)
    assert crowd.enter(ours, trusted=True)
    assert not crowd.enter(stranger, trusted=False)
