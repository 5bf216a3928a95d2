# ruff: noqa: N802 - aiosmtpd dispatches on the names of these methods
"""The second door: counselors log in with their own mail program and submit (RFC 6409).

The commands of ``session`` behind a login. Promises: no password is read outside TLS; nothing is said of whether a
name is known; who has not logged in can send nothing; where mail may go is no wider than at the first door.

Standards: RFC 4954 (AUTH), RFC 4616 (PLAIN), RFC 8314 (implicit TLS); LOGIN is in no RFC, and Outlook uses it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Final, Protocol, cast

from relay.domain.provenance import Provenance
from relay.edge.smtp_in import replies
from relay.edge.smtp_in.connection import VERBS, House
from relay.edge.smtp_in.limits import client_key, client_of
from relay.edge.smtp_in.session import Session
from relay.errors import RelayError, Reply

MAX_FAILURES: Final = 3
"""Wrong passwords in one connection (RFC 4954 §4 lets us end it)."""
_MAX_LINE_OCTETS: Final = 4096
"""Of base64; passwords have at most a thousand characters. RFC 4954 §4 allows 12,288."""

LOGGED_IN = Reply(235, "2.7.0", "Logged in")
WRONG = Reply(535, "5.7.8", "Name or password is wrong")
TOO_MANY_WRONG = Reply(421, "4.7.0", "Too many wrong passwords")
NOT_LOGGED_IN = Reply(530, "5.7.0", "Log in first")
TLS_FIRST = Reply(538, "5.7.11", "Start TLS first")
LOGGED_IN_ALREADY = Reply(503, "5.5.1", "Logged in already")
NOT_NOW = Reply(503, "5.5.1", "Not within a transaction")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "PLAIN and LOGIN are offered")
BAD_ANSWER = Reply(501, "5.5.2", "Not base64, or not what was asked for")
CANCELLED = Reply(501, "5.7.0", "Login given up")


class Logins(Protocol):
    """Who may log in."""

    async def check(self, client: str, name: str, password: str) -> str | None:
        """The id of who logs in, ``None`` when name or password is wrong. May raise: 4xx."""


class Submission(Session):
    """One connection of a mail program."""

    verbs = (*VERBS, "AUTH")

    def __init__(self, logins: Logins, house: House, loop: asyncio.AbstractEventLoop) -> None:
        self._logins = logins
        self._login = ""
        self._failures = 0
        self.leave_gate: Callable[[], None] = lambda: None
        super().__init__(house, loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; under TLS from the first octet where the listener is one for that."""
        self.leave_gate()
        if transport.get_extra_info("sslcontext") is not None and not self._handshaking:
            self._secure = True
        super().connection_made(transport)

    def _start_over(self) -> None:
        super()._start_over()
        self._login = ""

    def _offers(self) -> list[str]:
        may_log_in = self._secure and not self._login
        return [*super()._offers(), *(["AUTH PLAIN LOGIN"] if may_log_in else [])]

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not self._login:
            await self._junk(NOT_LOGGED_IN if self._secure else TLS_FIRST)
            return
        await super().smtp_MAIL(arg)

    async def smtp_AUTH(self, arg: str | None) -> None:
        """Log in (RFC 4954 §4)."""
        mechanism, _, initial = (arg or "").partition(" ")
        refusal = self._refusal(mechanism.upper())
        if refusal is not None:
            await self._junk(refusal)
            return
        try:
            name, password = await (
                self._plain(initial) if mechanism.upper() == "PLAIN" else self._by_turns(initial)
            )
        except _AnswerError as error:
            await self._junk(error.reply)
            return
        try:
            login = await self._logins.check(client_key(self._client), name, password)
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail program is told to come again
            await self._junk(replies.reply_to(error))
            return
        await (self._take(login) if login else self._refuse())

    def _refusal(self, mechanism: str) -> Reply | None:
        if not self._greeted:
            return replies.HELLO_FIRST
        if not self._secure:
            return TLS_FIRST
        if self._login:
            return LOGGED_IN_ALREADY
        if self._transaction.reverse_path is not None:
            return NOT_NOW
        return None if mechanism in {"PLAIN", "LOGIN"} else UNKNOWN_MECHANISM

    async def _take(self, login: str) -> None:
        self._login = login
        self._house.on_event("login.taken")
        self._be_useful()
        await self._say(LOGGED_IN)

    async def _refuse(self) -> None:
        self._failures += 1
        self._house.on_event("login.refused")
        if self._failures >= MAX_FAILURES:
            await self._say_goodbye(TOO_MANY_WRONG)
        await self._junk(WRONG)

    async def _plain(self, initial: str) -> tuple[str, str]:
        """``[authorize as] NUL name NUL password`` (RFC 4616 §2); to act as somebody else is not offered."""
        pieces = (await self._answer("", initial)).split("\0")
        if len(pieces) != 3 or pieces[0] not in {"", pieces[1]}:
            raise _AnswerError(BAD_ANSWER)
        return pieces[1], pieces[2]

    async def _by_turns(self, initial: str) -> tuple[str, str]:
        return await self._answer("Username:", initial), await self._answer("Password:", "")

    async def _answer(self, question: str, given: str) -> str:
        """What the mail program answers; ``given`` with the command, a single ``=`` for nothing (RFC 4954 §4)."""
        if not given:
            await self.push(f"334 {base64.b64encode(question.encode()).decode()}")
            line = await self._wire.line(_MAX_LINE_OCTETS)
            if line is None:
                raise _AnswerError(replies.LINE_TOO_LONG)
            given = line.rstrip(b"\r\n").decode("ascii", "replace")
        if given == "*":
            raise _AnswerError(CANCELLED)
        try:
            return base64.b64decode("" if given == "=" else given, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            raise _AnswerError(BAD_ANSWER) from None

    def _provenance(self) -> Provenance:
        """Who logged in; where they sit is nobody's business."""
        return Provenance(login=self._login)


class _AnswerError(RelayError):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Gate(sslproto.SSLProtocol):
    """A connection to a port with implicit TLS, until its handshake is done; counted from its first packet.

    asyncio's own way would make handshakes that nobody counts, as many as a client likes; and its ``start_tls`` loses
    what a client sends before it is called, which under uvloop happens.
    """

    def __init__(self, session: Submission, house: House, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        shaken: asyncio.Future[None] = loop.create_future()
        shaken.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits for it
        super().__init__(
            loop,
            session,
            context,
            shaken,
            server_side=True,
            ssl_handshake_timeout=math.ceil(house.settings.limits.handshake_s),
        )
        self._crowd = house.crowd
        self._client = client_of(None)
        self._has_place = False
        session.leave_gate = self.leave

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, when there is a place."""
        self._client = client_of(transport.get_extra_info("peername"))
        self._has_place = self._crowd.enter(self._client, trusted=False)
        if self._has_place:
            super().connection_made(transport)
        else:
            cast("asyncio.Transport", transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back; the session, when there is one yet, gives its own."""
        self.leave()
        super().connection_lost(exc)

    def leave(self) -> None:
        """Leave the place to the session, or to others."""
        if self._has_place:
            self._has_place = False
            self._crowd.leave(self._client, trusted=False)
