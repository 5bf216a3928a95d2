"""A small HTTP server for this machine: ``/metrics``, ``/healthz``, ``/readyz``. Reads a request line and nothing else.

Not a way in: it takes GET and HEAD without a body, at most ``MAX_REQUEST_OCTETS`` within ``REQUEST_S``, answers once
and closes. A unix socket is made for the user and the group alone.

Standards: RFC 9112 (as much of it as one request needs); the text format 0.0.4 of Prometheus.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from relay.edge.metrics.counters import Counters
from relay.edge.metrics.gauges import Gauges
from relay.errors import ConfigError
from relay.flow.vitals import Vitals

UNIX: Final = "unix:"
MAX_REQUEST_OCTETS: Final = 8_192
REQUEST_S: Final = 5.0
ANSWER_S: Final = 10.0
CONNECTIONS: Final = 8
"""Who comes when so many are there is sent away: a monitoring system needs one."""

SOCKET_MODE: Final = 0o660
TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The one that every version of Prometheus reads."""

_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}


class MetricsServer:
    """``look``: takes a look at the daemon; it may take long, and must not raise."""

    def __init__(self, place: str, look: Callable[[], Awaitable[Vitals]]) -> None:
        self._place = place
        self._look = look
        self._registry = CollectorRegistry()
        self._gauges = Gauges()
        self._registry.register(self._gauges)
        ProcessCollector(registry=self._registry)
        self.counters = Counters(self._registry)
        self.address = ""
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self) -> None:
        """Listen. Raises ``ConfigError`` when the place cannot be had."""
        try:
            if self._place.startswith(UNIX):
                own = _bound(Path(self._place.removeprefix(UNIX)))
                self._server = await asyncio.start_unix_server(
                    self._serve, sock=own, limit=MAX_REQUEST_OCTETS
                )
                self.address = self._place
            else:
                host, _, port = self._place.rpartition(":")
                self._server = await asyncio.start_server(
                    self._serve, host.strip("[]"), int(port), limit=MAX_REQUEST_OCTETS
                )
                bound = self._server.sockets[0].getsockname()
                self.address = f"{host}:{bound[1]}"
        except OSError as error:
            raise ConfigError(
                (
                    f"relay.toml: metrics.listen: cannot be listened on ({error.strerror}); choose another place",
                )
            ) from None

    async def close(self) -> None:
        """Listen no more."""
        if self._server is None:
            return
        self._server.close()
        if self._place.startswith(UNIX):
            _unlink(Path(self._place.removeprefix(UNIX)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > CONNECTIONS:
                return
            async with asyncio.timeout(REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
            method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
            path = rest.partition(" ")[0].partition("?")[0]
            async with asyncio.timeout(ANSWER_S):
                code, kind, body = await self._answer(method, path)
                lines = (
                    f"HTTP/1.1 {code} {_REASONS[code]}",
                    f"Content-Type: {kind}",
                    f"Content-Length: {len(body)}",
                    "Cache-Control: no-store",
                    "Connection: close",
                )
                writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else body))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        plain = "text/plain; charset=utf-8"
        if method not in {"GET", "HEAD"}:
            return 405, plain, b"only GET and HEAD\n"
        if path == "/healthz":
            return 200, plain, b"ok\n"  # who answers is alive; whether it can work is for /readyz
        if path == "/readyz":
            vitals = await self._look()
            body = json.dumps({"ready": vitals.is_ready, "checks": dict(vitals.checks)}).encode() + b"\n"
            return 200 if vitals.is_ready else 503, "application/json", body
        if path == "/metrics":
            self._gauges.vitals = await self._look()
            return 200, TEXT_FORMAT, generate_latest(self._registry)
        return 404, plain, b"there are /metrics, /healthz and /readyz\n"


def _bound(path: Path) -> socket.socket:
    """A socket of the file system for our user and group; one that a process left behind gives way."""
    if path.is_socket():
        _unlink(path)
    own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        own.bind(str(path))
        path.chmod(SOCKET_MODE)
    except OSError:
        own.close()
        raise
    return own


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
