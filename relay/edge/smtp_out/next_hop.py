"""The one MTA we submit to, and the connections to it that are kept and used again."""

from __future__ import annotations

import asyncio
import ssl

from relay.domain.addresses import Address
from relay.edge.large_blocks import LARGE_OCTETS, Leftovers
from relay.edge.smtp_out.session import Session
from relay.edge.smtp_out.settings import NextHopSettings
from relay.errors import NextHopError


class NextHop:
    """The one MTA we submit to."""

    def __init__(self, settings: NextHopSettings) -> None:
        """Raises ``OSError`` or ``ssl.SSLError`` when ``ca_file`` cannot be used."""
        self._settings = settings
        self._tls = _tls_context(settings)
        self._slots = asyncio.Semaphore(settings.max_connections)
        self._kept: list[tuple[Session, asyncio.TimerHandle]] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False
        self._leftovers = Leftovers()

    async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None:
        """Hand over one message. ``return_path`` is one of our addresses, or ``""`` for the null one.

        Raises:
            Deferred: try again later.
            Refused: never try again.
            ValueError: ``return_path`` is not a plain mailbox.
        """
        sender = Address.parse(return_path).reveal() if return_path else ""
        envelope = (f"FROM:<{sender}>".encode(), f"TO:<{recipient.reveal()}>".encode())
        try:
            async with self._slots:
                await self._deliver_over_any(envelope, message)
        finally:
            if len(message) >= LARGE_OCTETS:
                self._leftovers.large_is_done()

    async def probe(self) -> None:
        """Connect, encrypt and log in as for a delivery, and take leave. Raises ``Deferred``."""
        self._part_from(await self._connect())

    async def close(self) -> None:
        """Say QUIT on all kept connections; those in use end with their delivery."""
        self._closed = True
        while (connection := self._take_kept()) is not None:
            self._part_from(connection)
        if self._farewells:
            await asyncio.wait(self._farewells)

    async def _deliver_over_any(self, envelope: tuple[bytes, bytes], message: bytes) -> None:
        kept = self._take_kept()
        if kept is not None:
            try:
                await self._deliver_over(kept, envelope, message)
            except NextHopError as error:
                if kept.content_begun or not _is_stale(error):
                    raise
            else:
                return
        await self._deliver_over(await self._connect(), envelope, message)

    async def _deliver_over(self, connection: Session, envelope: tuple[bytes, bytes], message: bytes) -> None:
        try:
            await connection.deliver(envelope, message)
        except NextHopError as error:
            if error.cause != "protocol" and error.code != 421 and await connection.recovers():
                self._keep(connection)
            else:
                connection.cut()
            raise
        except BaseException:
            connection.cut()
            raise
        self._keep(connection)

    async def _connect(self) -> Session:
        connection = Session(self._settings, self._tls)
        try:
            await connection.open()
        except BaseException:
            connection.cut()
            raise
        return connection

    def _take_kept(self) -> Session | None:
        while self._kept:
            connection, timer = self._kept.pop()
            timer.cancel()
            if connection.is_open:
                return connection
            connection.cut()
        return None

    def _keep(self, connection: Session) -> None:
        if self._closed or connection.delivered >= self._settings.messages_per_connection:
            self._part_from(connection)
            return
        timer = asyncio.get_running_loop().call_later(self._settings.idle_s, self._retire, connection)
        self._kept.append((connection, timer))

    def _retire(self, connection: Session) -> None:
        self._kept = [pair for pair in self._kept if pair[0] is not connection]
        self._part_from(connection)

    def _part_from(self, connection: Session) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


def _tls_context(settings: NextHopSettings) -> ssl.SSLContext | None:
    if settings.tls == "never":
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.tls == "opportunistic":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_stale(error: NextHopError) -> bool:
    """Tell whether a kept connection had simply had its time: gone, silent, or 421."""
    return error.cause in {"closed", "timeout", "protocol"} or error.code == 421
