"""An IMAP server that can be told to misbehave: enough of the protocol for our own client, and faults on demand.

server = ImapServer(); await server.start()
server.put(b"...")            # a message arrives, and whoever idles hears of it
server.faults.silent = True   # ... and so on; every fault is a field of ``Faults``
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

CAPABILITIES = "IMAP4rev1 IDLE MOVE UIDPLUS"


@dataclass
class Faults:
    """Counts go down as they happen; flags stay until a test takes them back."""

    refuse_connections: bool = False
    silent: bool = False
    drop_in_idle: int = 0
    bye_in_idle: int = 0
    forgets_to_say: bool = False
    cut_literals: int = 0
    short_literals: int = 0
    long_literals: int = 0
    half_messages: int = 0
    wrong_sizes: int = 0
    wrong_sizes_for_ever: bool = False
    refuse_moves: int = 0
    hang_moves: bool = False
    login_wants: str = ""
    chatter: int = 0
    preauth: bool = False
    no_literals_for: set[int] = field(default_factory=set)
    poison: set[int] = field(default_factory=set)


@dataclass
class ImapServer:
    capabilities: str = CAPABILITIES
    faults: Faults = field(default_factory=Faults)
    validity: int = 7
    messages: dict[int, bytes] = field(default_factory=dict)
    moved: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    port: int = 0
    next_uid: int = 1

    async def start(self) -> None:
        self._changed = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    def cut_all(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def put(self, *messages: bytes) -> None:
        for message in messages:
            self.messages[self.next_uid] = message
            self.next_uid += 1
        async with self._changed:
            self._changed.notify_all()

    def renumber(self) -> None:
        """Another UIDVALIDITY, as after a restore: what was moved is back, too."""
        self.validity += 1
        kept = [*self.moved, *self.messages.values()]
        self.messages = dict(enumerate(kept, 1))
        self.moved, self.next_uid = [], len(kept) + 1

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            if not self.faults.refuse_connections:
                await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(*lines: str) -> None:
            if self.faults.silent:
                await asyncio.Event().wait()
            writer.write("".join(line + "\r\n" for line in lines).encode())

        await say("* PREAUTH in already" if self.faults.preauth else "* OK ready")
        while line := await reader.readline():
            tag, _, rest = line.decode().rstrip("\r\n").partition(" ")
            self.said.append(rest)
            verb = rest.upper()
            if self.faults.chatter:
                writer.write(
                    b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n" % n for n in range(1, self.faults.chatter))
                )
            if verb == "CAPABILITY":
                await say(f"* CAPABILITY {self.capabilities}", f"{tag} OK done")
            elif verb.startswith(("LOGIN", "AUTHENTICATE")):
                self.logins += 1
                is_fine = not self.faults.login_wants or self.faults.login_wants in rest
                if not is_fine and "XOAUTH2" in verb:
                    await say("+ eyJzdGF0dXMiOiI0MDAifQ==")
                    await reader.readline()
                await say(
                    f"{tag} OK in" if is_fine else f"{tag} NO [AUTHENTICATIONFAILED] canary-of-the-server"
                )
            elif verb.startswith("SELECT"):
                await say(
                    f"* {len(self.messages)} EXISTS",
                    f"* OK [UIDVALIDITY {self.validity}] x",
                    f"{tag} OK [READ-WRITE] x",
                )
            elif verb.startswith("UID SEARCH"):
                await say("* SEARCH " + " ".join(map(str, self._in(rest.split()[-1]))), f"{tag} OK done")
            elif verb.startswith("UID FETCH"):
                if not await self._fetch(rest, tag, writer, say):
                    return
            elif verb.startswith("UID MOVE"):
                if self.faults.hang_moves:
                    await asyncio.Event().wait()
                if self.faults.refuse_moves:
                    self.faults.refuse_moves -= 1
                    await say(f"{tag} NO [OVERQUOTA] not now")
                    continue
                for uid in self._in(rest.split()[2]):
                    self.moved.append(self.messages.pop(uid))
                await say(f"{tag} OK moved")
            elif verb == "IDLE":
                if not await self._idle(tag, reader, writer, say):
                    return
            else:
                await say(f"{tag} NO not here")

    async def _idle(self, tag, reader, writer, say) -> bool:  # type: ignore[no-untyped-def]
        await say("+ idling")
        if self.faults.drop_in_idle:
            self.faults.drop_in_idle -= 1
            writer.transport.abort()
            return False
        if self.faults.bye_in_idle:
            self.faults.bye_in_idle -= 1
            await say("* BYE going down")
            return False
        done = asyncio.ensure_future(reader.readline())
        known = len(self.messages)
        try:
            while not done.done():
                if len(self.messages) != known and not self.faults.forgets_to_say:
                    known = len(self.messages)
                    await say(f"* {known} EXISTS", "* 1 RECENT")
                waiting = asyncio.ensure_future(self._news())
                await asyncio.wait({done, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waiting
            if not done.result():
                return False
        finally:
            done.cancel()
        await say(f"{tag} OK idled")
        return True

    async def _news(self) -> None:
        async with self._changed:
            await self._changed.wait()

    async def _fetch(self, rest, tag, writer, say) -> bool:  # type: ignore[no-untyped-def]
        faults = self.faults
        uids = self._in(rest.split()[2])
        if "RFC822.SIZE" in rest:
            for uid in uids:
                wrong = faults.wrong_sizes_for_ever or faults.wrong_sizes > 0
                faults.wrong_sizes -= int(faults.wrong_sizes > 0)
                await say(
                    f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(self.messages[uid]) + (17 if wrong else 0)})"
                )
        else:
            for uid in uids:
                content = self.messages[uid]
                if uid in faults.no_literals_for:
                    await say(f"* {uid} FETCH (UID {uid} BODY[] NIL)")
                    continue
                if uid in faults.poison or faults.cut_literals:
                    faults.cut_literals -= int(faults.cut_literals > 0)
                    writer.write(
                        b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, len(content))
                        + content[: len(content) // 2]
                    )
                    await writer.drain()
                    writer.close()
                    return False
                if faults.half_messages:  # well-formed, and not all of it
                    faults.half_messages -= 1
                    content = content[: len(content) // 2]
                octets = len(content)
                if faults.short_literals:
                    faults.short_literals -= 1
                    octets -= 5
                elif faults.long_literals:
                    faults.long_literals -= 1
                    octets += 9
                await say()
                writer.write(b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, octets) + content + b")\r\n")
        await say(f"{tag} OK done")
        return True

    def _in(self, wanted: str) -> list[int]:
        found: set[int] = set()
        for part in wanted.split(","):
            low, _, high = part.partition(":")
            top = max(self.messages, default=0) if high == "*" else int(high or low)
            found |= {uid for uid in self.messages if int(low) <= uid <= top}
            if high == "*" and self.messages:
                found.add(top)
        return sorted(found)


TOKEN = re.compile(rb"token-[0-9]+\b")


def letter(number: int, to: str = "help@relay.test", size: int = 0, message_id: bool = True) -> bytes:
    """A message as a provider keeps it, with a token of its own."""
    head = (
        f"Return-Path: <sam@mail.test>\r\nDelivered-To: {to}\r\nReceived: from mail.test by mx.relay.test; id {number}\r\n"
        f"From: Sam <sam@mail.test>\r\nTo: {to}\r\nSubject: {number}\r\n"
        + (f"Message-ID: <{number}@mua.mail.test>\r\n" if message_id else "")
    )
    return f"{head}\r\ntoken-{number}\r\n".encode() + b"x" * 70 * 0 + b"filler line\r\n" * (size // 13)
