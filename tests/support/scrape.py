"""What ``/metrics`` prints at the end of a test is heard by the watch, like the log: a label must name nobody."""

from __future__ import annotations

import asyncio

from tests.support import watch

METRICS_TOML = '\n[metrics]\nlisten = "{place}"\n'
ANSWER_S = 10.0


def fit(toml: str, place: str) -> str:
    """With ``make test-canaries`` a configuration that shows its figures; as it is where a test says itself where."""
    return toml if "[metrics]" in toml or not watch.IS_FULL else toml + METRICS_TOML.format(place=place)


async def scraped(address: str) -> str:
    """What a daemon shows at ``host:port`` or ``unix:path``, without the head of the answer, which is HTTP's."""
    if address.startswith("unix:"):
        reader, writer = await asyncio.open_unix_connection(address.removeprefix("unix:"))
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
    async with asyncio.timeout(ANSWER_S):
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        shown = await reader.read(-1)
    writer.close()
    return shown.decode().partition("\r\n\r\n")[2]


async def heard(address: str) -> None:
    """Let the watch hear it. What is asked must be answered, or nothing would be searched."""
    shown = await scraped(address)
    assert "relay_events_total" in shown, shown[:200]
    watch.heard(shown)
