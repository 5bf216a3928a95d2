"""The other end, for commands beside the daemon: ask its metrics once, give figures by name and labels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

UNIX = "unix:"
ASK_S = 3.0
MAX_ANSWER_OCTETS = 4 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What a daemon has counted since its start."""

    values: Mapping[tuple[str, tuple[tuple[str, str], ...]], float]

    def has(self, name: str) -> bool:
        """Whether there is any series of that name."""
        return any(each == name for each, _ in self.values)

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of that name that have these labels."""
        wanted = labels.items()
        return sum(
            value
            for (each, has), value in self.values.items()
            if each == name and wanted <= dict(has).items()
        )


async def ask(place: str) -> Sample | None:
    """Ask at ``host:port`` or ``unix:path``; ``None`` when nobody answers, or with something else."""
    try:
        async with asyncio.timeout(ASK_S):
            if place.startswith(UNIX):
                reader, writer = await asyncio.open_unix_connection(place.removeprefix(UNIX))
            else:
                host, _, port = place.rpartition(":")
                reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = await reader.read(-1) if await _drained(writer) else b""
            finally:
                writer.close()
    except (TimeoutError, OSError):
        return None
    head, _, body = answer[:MAX_ANSWER_OCTETS].partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return None
    try:
        return Sample(
            {
                (sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in text_string_to_metric_families(body.decode("utf-8"))
                for sample in family.samples
            }
        )
    except ValueError:
        return None


async def _drained(writer: asyncio.StreamWriter) -> bool:
    await writer.drain()
    return True
