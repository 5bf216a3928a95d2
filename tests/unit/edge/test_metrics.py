"""What is counted, under which labels; a small server that is no way in."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from relay import log
from relay.edge.metrics import Counters, MetricsServer
from relay.edge.metrics.reading import ask
from relay.errors import ConfigError
from relay.flow.vitals import Vitals
from relay.log import Event

NOW = datetime(2026, 11, 30, tzinfo=UTC)
VITALS = Vitals(NOW, "1", NOW, True, None, None, 1, 1, {"smtp": 3}, 200, 0.0)


async def look() -> Vitals:
    return VITALS


def test_only_words_of_ours_become_labels() -> None:
    """Whatever an event carries: what is not in a closed list is counted as other."""
    registry = CollectorRegistry()
    counters = Counters(registry)
    counters.count(Event.MESSAGE_HELD, {"reason": "leak"})
    counters.count(Event.MESSAGE_HELD, {"reason": "canary@mail.test", "entry": "canary@mail.test"})
    counters.count(Event.DELIVERY_DEFERRED, {"cause": "canary@mail.test"})
    counters.count(Event.CLOCK_STEPPED, {"kind": "canary@mail.test"})
    text = generate_latest(registry).decode()
    assert "canary" not in text
    assert 'relay_messages_settled_total{outcome="held",reason="leak"} 1.0' in text
    assert 'relay_messages_settled_total{outcome="held",reason="other"} 1.0' in text
    assert 'relay_deliveries_total{cause="other",outcome="deferred"} 1.0' in text
    assert 'relay_events_total{event="message.held"} 2.0' in text


def test_events_below_the_level_of_the_log_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """An observer hears everything, until nobody observes."""
    heard: list[Event] = []
    log.configure("error")
    log.observe(lambda event, _: heard.append(event))
    log.say(Event.MESSAGE_RECEIVED)
    log.observe(None)
    log.say(Event.MESSAGE_RECEIVED)
    log.configure("debug")
    assert heard == [Event.MESSAGE_RECEIVED]
    assert capsys.readouterr().err == ""


async def test_a_socket_of_the_file_system_is_for_user_and_group_and_goes_with_the_daemon(
    tmp_path: Path,
) -> None:
    """One that a process left behind gives way; something else that is there does not."""
    path = tmp_path / "metrics.sock"
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(path))
    left_behind.close()
    server = MetricsServer(f"unix:{path}", look)
    await server.start()
    assert path.stat().st_mode & 0o777 == 0o660
    sample = await ask(f"unix:{path}")
    assert sample is not None
    assert sample.total("relay_connections", door="smtp") == 3
    await server.close()
    assert not path.exists()
    assert await ask(f"unix:{path}") is None
    path.write_text("a file")
    with pytest.raises(ConfigError, match=r"metrics\.listen"):
        await MetricsServer(f"unix:{path}", look).start()
    assert path.read_text() == "a file"


@pytest.mark.parametrize(
    "octets", [b"", b"GET", b"\r\n\r\n", b"GET  \r\n\r\n", b"A" * 9000, b"\xff\0 /metrics\r\n\r\n"]
)
async def test_nonsense_is_answered_shortly_or_not_at_all(octets: bytes) -> None:
    """And the next request is served (RFC 9112)."""
    server = MetricsServer("127.0.0.1:0", look)
    await server.start()
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(octets)
    writer.write_eof()
    async with asyncio.timeout(8):
        answer = await reader.read(-1)
    writer.close()
    assert answer == b"" or answer.startswith((b"HTTP/1.1 405", b"HTTP/1.1 404"))
    assert await ask(server.address) is not None
    await server.close()


async def test_who_comes_in_crowds_is_sent_away() -> None:
    """A monitoring system needs one connection; the daemon keeps its memory."""
    server = MetricsServer("127.0.0.1:0", look)
    await server.start()
    host, _, port = server.address.rpartition(":")
    crowd = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
    async with asyncio.timeout(3):
        gone = 0
        while gone < 12:
            await asyncio.sleep(0.05)
            gone = sum(reader.at_eof() for reader, _ in crowd)
    for _, writer in crowd:
        writer.close()
    await server.close()
