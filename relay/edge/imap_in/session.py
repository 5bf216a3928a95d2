"""One connection to a mailbox: opened, logged in, and then one command at a time, each under a limit.

Used by ``watcher``, ``sent`` and ``probe``. Whatever fails raises ``MailboxTrouble`` and ends the connection; nothing
of what the server said is in it. A command that the server refuses (NO) is told apart only where that means something.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Final, Self

from aioimaplib import aioimaplib

from relay.edge.imap_in import answers
from relay.edge.imap_in.answers import Folder
from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import LoginRefused, MailboxTrouble, Overdue
from relay.edge.imap_in.wire import CAPABILITY, NOTHING, Guarded, lines_of
from relay.flow.ports import Clock

BATCH: Final = 50
"""Messages asked about at once; aioimaplib is safe up to some hundreds of lines."""

_FAREWELL_S: Final = 3.0
_OK: Final = "OK"


class Session:
    """Made by ``open``; ``close`` takes leave, ``cut`` does not."""

    def __init__(self, settings: MailboxSettings, protocol: Guarded) -> None:
        self._settings = settings
        self._protocol = protocol

    @classmethod
    async def open(cls, settings: MailboxSettings, secret: str) -> Self:
        """Connect, encrypt, log in. Raises ``MailboxTrouble``."""
        loop = asyncio.get_running_loop()
        protocol = Guarded(loop)
        protocol.expect(CAPABILITY)
        session = cls(settings, protocol)
        try:
            await session._connect(loop)
            await session._login(secret)
        except BaseException:
            session.cut()
            raise
        return session

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server says it can, in capital letters."""
        return frozenset(each.upper() for each in self._protocol.capabilities)

    async def select(self, folder: str) -> Folder:
        """Open a folder. Raises ``MailboxTrouble("folder")`` when there is none of that name."""
        response = await self._ask(self._protocol.select(quoted(folder)), answers.FOLDER)
        if response.result != _OK:
            raise MailboxTrouble("folder")
        return answers.folder(lines_of(response))

    def look(self) -> None:
        """From now on what the server announces is news."""
        self._protocol.news.clear()

    async def uids_above(self, uid: int) -> list[int]:
        """Every UID over this one, lowest first."""
        query = self._protocol.search("UID", f"{uid + 1}:*", charset=None, by_uid=True)
        return answers.uids(lines_of(self._done(await self._ask(query, answers.UIDS))), uid)

    async def there(self, uids: Sequence[int]) -> frozenset[int]:
        """Which of these messages are in the folder."""
        query = self._protocol.search("UID", _set(uids), charset=None, by_uid=True)
        return frozenset(answers.uids(lines_of(self._done(await self._ask(query, answers.UIDS))), 0))

    async def sizes(self, uids: Sequence[int]) -> Mapping[int, int]:
        """Octets of each, as the server counts them; at most ``BATCH``."""
        fetched = self._protocol.fetch(_set(uids), "(UID RFC822.SIZE)", by_uid=True)
        return answers.sizes(lines_of(self._done(await self._ask(fetched, answers.SIZES))))

    async def bodies(self, uids: Sequence[int], largest: int, octets: int) -> Mapping[int, bytes]:
        """The messages, as far as they are given whole. ``octets``: of all together; ``largest``: of any one."""
        fetched = self._protocol.fetch(_set(uids), "(UID BODY.PEEK[])", by_uid=True)
        within_s = self._settings.command_s + octets / self._settings.octets_per_s
        response = self._done(await self._ask(fetched, answers.BODIES, largest, within_s))
        return dict(answers.literals(lines_of(response)))

    async def message_ids(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """The Message-ID fields of these, as written; at most ``BATCH``."""
        fetched = self._protocol.fetch(_set(uids), "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", by_uid=True)
        response = self._done(await self._ask(fetched, answers.BODIES, 4096))
        return dict(answers.literals(lines_of(response)))

    async def move(self, uids: Sequence[int], folder: str) -> bool:
        """Move messages, by MOVE or by copying and deleting; make the folder when it is missing.

        ``False``: the server does not want to, now; they are where they were, perhaps with copies.
        """
        for is_first in (True, False):
            if "MOVE" in self.capabilities:
                done = await self._ask(self._protocol.move(_set(uids), quoted(folder), by_uid=True))
                if done.result == _OK:
                    return True
            else:
                done = await self._ask(self._protocol.copy(_set(uids), quoted(folder), by_uid=True))
                if done.result == _OK:
                    return await self.delete(uids)
            if is_first:  # where it is there already, another node has made it meanwhile
                await self._simple("CREATE", quoted(folder))
        return False

    async def flag(self, uids: Sequence[int]) -> bool:
        """Mark messages as read and flagged."""
        stored = self._protocol.store(_set(uids), "+FLAGS.SILENT", r"(\Seen \Flagged)", by_uid=True)
        return bool((await self._ask(stored)).result == _OK)

    async def delete(self, uids: Sequence[int]) -> bool:
        """Delete messages for good. Without UIDPLUS, what somebody else has marked as deleted goes, too."""
        stored = self._protocol.store(_set(uids), "+FLAGS.SILENT", r"(\Deleted)", by_uid=True)
        if (await self._ask(stored)).result != _OK:
            return False
        has_uids = "UIDPLUS" in self.capabilities
        gone = self._protocol.expunge(_set(uids), by_uid=True) if has_uids else self._protocol.expunge()
        return bool((await self._ask(gone)).result == _OK)

    async def wait_for_news(self, clock: Clock, at_most_s: float) -> None:
        """Wait until something new may be there since ``look``, with IDLE where it is wanted and offered."""
        protocol = self._protocol
        if not (self._settings.idle and "IDLE" in self.capabilities):
            await clock.wait(protocol.news, at_most_s)
            self._check()
            return
        protocol.expect(NOTHING)
        idling = asyncio.ensure_future(protocol.idle())
        try:
            begun = asyncio.ensure_future(protocol.wait_for_idle_response())
            await self._either(begun, idling)
            if idling.done():  # refused, although offered
                await clock.wait(protocol.news, at_most_s)
                return
            await clock.wait(protocol.news, at_most_s)
            self._check()
            protocol.idle_done()
            self._done(await self._within(idling, self._settings.command_s))
        finally:
            _forget(idling)

    async def close(self) -> None:
        """Say LOGOUT; the answer does not matter."""
        with contextlib.suppress(MailboxTrouble):
            await self._ask(self._protocol.logout(), within_s=_FAREWELL_S)
        self.cut()

    def cut(self) -> None:
        """Close without a word."""
        self._protocol.end("closed")

    # --- opening -------------------------------------------------------------------------------------

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        settings = self._settings
        context = _tls_context(settings)
        try:
            async with asyncio.timeout(settings.connect_s):
                await loop.create_connection(
                    lambda: self._protocol,
                    settings.host,
                    settings.port,
                    ssl=context if settings.tls == "implicit" else None,
                    server_hostname=settings.host if settings.tls == "implicit" else None,
                )
        except ssl.SSLError:
            raise MailboxTrouble("tls") from None
        except OSError as error:  # a time-out is one, too
            raise Overdue if isinstance(error, TimeoutError) else MailboxTrouble("connect") from None
        await self._within(self._protocol.wait("NONAUTH"), settings.command_s)
        if settings.tls == "starttls":
            assert context is not None
            await self._start_tls(loop, context)

    async def _start_tls(self, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext) -> None:
        """Encrypt, or give up: nothing is said in clear because a server, or somebody on the way, offers no TLS."""
        protocol = self._protocol
        if "STARTTLS" not in self.capabilities:
            raise MailboxTrouble("starttls")
        command = aioimaplib.Command("STARTTLS", protocol.new_tag(), loop=loop)
        response = await self._ask(protocol.execute(command))
        if response.result != _OK or protocol.has_unread:  # octets from before TLS must not count after it
            raise MailboxTrouble("starttls")
        try:
            async with asyncio.timeout(self._settings.connect_s):
                transport = await loop.start_tls(
                    protocol.transport, protocol, context, server_hostname=self._settings.host
                )
        except OSError as error:
            raise Overdue if isinstance(error, TimeoutError) else MailboxTrouble("tls") from None
        if transport is None:
            raise MailboxTrouble("closed")
        protocol.transport = transport
        protocol.capabilities = set()  # what was said in clear is forgotten (RFC 2595 §3.1)
        await self._ask(protocol.capability(), CAPABILITY)

    async def _login(self, secret: str) -> None:
        protocol, settings = self._protocol, self._settings
        user = settings.username
        if settings.login == "xoauth2":
            answer = await self._ask(protocol.xoauth2(user, secret), CAPABILITY)
        elif {"AUTH=PLAIN", "SASL-IR"} <= self.capabilities:
            initial = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
            command = aioimaplib.Command("AUTHENTICATE", protocol.new_tag(), "PLAIN", initial)
            answer = await self._ask(protocol.execute(command), CAPABILITY)
            if answer.result == _OK:
                protocol.state = aioimaplib.AUTH
        elif "LOGINDISABLED" in self.capabilities or not (user + secret).isascii():
            raise LoginRefused
        else:
            answer = await self._ask(protocol.login(quoted(user), secret), CAPABILITY)
        if answer.result != _OK:
            raise LoginRefused
        await self._ask(protocol.capability(), CAPABILITY)  # many servers can more after the login

    # --- one command ---------------------------------------------------------------------------------

    async def _simple(self, name: str, *arguments: str) -> Any:
        return await self._ask(self._protocol.simple_command(name, *arguments))

    async def _ask(
        self,
        command: Awaitable[Any],
        wanted: re.Pattern[bytes] = NOTHING,
        largest: int = 0,
        within_s: float = 0.0,
    ) -> Any:
        """One command and its answer, whatever it says."""
        self._protocol.expect(wanted, largest)
        return await self._within(command, within_s or self._settings.command_s)

    def _done(self, response: Any) -> Any:
        if response.result != _OK:
            raise MailboxTrouble("refused")
        return response

    async def _within(self, what: Awaitable[Any], limit_s: float) -> Any:
        """Await something of aioimaplib's; end the connection when it takes too long or the server goes away."""
        task = asyncio.ensure_future(what)
        lost, silence_s = self._protocol.lost, self._settings.command_s
        ends_at = asyncio.get_running_loop().time() + limit_s
        try:
            while not (task.done() or lost.done()):
                heard = self._protocol.octets
                left_s = ends_at - asyncio.get_running_loop().time()
                await asyncio.wait(
                    {task, lost}, timeout=min(left_s, silence_s), return_when=asyncio.FIRST_COMPLETED
                )
                if left_s <= silence_s or self._protocol.octets == heard:
                    break
            if task.done() and task.exception() is None:
                return task.result()
            self._check()
            self.cut()
            raise MailboxTrouble("protocol") if task.done() else Overdue
        finally:
            _forget(task)

    async def _either(self, *what: asyncio.Future[Any]) -> None:
        """Wait for one of these; the first is then ended, the others go on."""
        lost = self._protocol.lost
        await asyncio.wait(
            {*what, lost}, timeout=self._settings.command_s, return_when=asyncio.FIRST_COMPLETED
        )
        _forget(what[0])
        self._check()
        if not any(each.done() and not each.cancelled() for each in what):
            self.cut()
            raise Overdue

    def _check(self) -> None:
        if self._protocol.lost.done():
            raise MailboxTrouble(self._protocol.lost.result())


def quoted(text: str) -> str:
    """An astring as a quoted string (RFC 9051 §4.3). Raises ``MailboxTrouble`` for what cannot stand in one."""
    if not text.isascii() or not text.isprintable():
        raise MailboxTrouble("folder")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _set(uids: Iterable[int]) -> str:
    return ",".join(map(str, uids))


def _forget(task: asyncio.Future[Any]) -> None:
    """End a task that nobody waits for any more; what it raises tells nobody anything."""
    task.cancel()
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _tls_context(settings: MailboxSettings) -> ssl.SSLContext | None:
    if settings.tls == "never":
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError:
        raise MailboxTrouble("tls") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
