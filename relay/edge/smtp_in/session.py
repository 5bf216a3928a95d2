# ruff: noqa: N802 - aiosmtpd dispatches on the names of these methods
"""The commands of one SMTP connection and their replies. Made by ``listener`` for each client.

Promises: of HELO or EHLO nothing is kept but a host name, sealed as evidence with the envelope; every path that
is not a known address of ours gets the same octets; a transaction ends with exactly one ``commit`` or ``abandon``;
a commit runs in a task of its own that outlives the connection.
On failure of the ``Door``: 4xx for this recipient or message, and the connection goes on.

Standards: RFC 5321 §4.1, RFC 1870 (SIZE), RFC 2034 (enhanced codes), RFC 2920 (PIPELINING), RFC 3207 (STARTTLS),
RFC 6152 (8BITMIME).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass, field

from aiosmtpd.smtp import TLSSetupException

from relay.domain.addresses import OurAddress
from relay.domain.provenance import Provenance
from relay.edge.smtp_in import replies
from relay.edge.smtp_in.connection import Connection, House
from relay.edge.smtp_in.grammar import EnvelopeError, forward_path, host_name, reverse_path
from relay.edge.smtp_in.transfer import Transfer, UnbearableError, finish
from relay.edge.smtp_in.wire import EndOfStreamError
from relay.errors import UNKNOWN_RECIPIENT, Reply


@dataclass(slots=True)
class Transaction:
    """A mail transaction (RFC 5321 §3.3); ``reverse_path`` is ``None`` before MAIL."""

    reverse_path: str | None = None
    forward_paths: dict[str, OurAddress] = field(default_factory=dict)


class Session(Connection):
    """The commands that ``connection.VERBS`` names."""

    def __init__(self, house: House, loop: asyncio.AbstractEventLoop) -> None:
        self._transaction = Transaction()
        self._greeted = False
        self._helo = ""
        self._unknown_recipients = 0
        super().__init__(house, loop)

    def _start_over(self) -> None:
        self._forget_transaction()
        self._greeted = False
        self._helo = ""

    def _forget_transaction(self) -> None:
        self._transaction = Transaction()

    async def smtp_HELO(self, arg: str | None) -> None:
        if not arg:
            await self._junk(replies.NAME_MISSING)
            return
        await self._greet(arg, f"250 {self.hostname}")

    async def smtp_EHLO(self, arg: str | None) -> None:
        if not arg:
            await self._junk(replies.NAME_MISSING)
            return
        await self._greet(
            arg, "".join(f"250-{offer}\r\n" for offer in self._offers()) + "250 ENHANCEDSTATUSCODES"
        )

    def _offers(self) -> list[str]:
        offers = [self.hostname, "PIPELINING", f"SIZE {self._house.settings.max_message_bytes}", "8BITMIME"]
        return offers if self.tls_context is None or self._secure else [*offers, "STARTTLS"]

    async def _greet(self, name: str, answer: str) -> None:
        if self._greeted:
            self._junk_commands += 1
        self._forget_transaction()
        self._greeted = True
        self._helo = host_name(name)
        await self.push(answer)

    async def smtp_NOOP(self, _arg: str | None) -> None:
        await self._junk(replies.OK)

    async def smtp_RSET(self, arg: str | None) -> None:
        if arg:
            await self._junk(replies.NO_ARGUMENT)
            return
        self._forget_transaction()
        await self._junk(replies.OK)

    async def smtp_QUIT(self, arg: str | None) -> None:
        if arg:
            await self._junk(replies.NO_ARGUMENT)
            return
        await self._say(replies.BYE)
        raise EndOfStreamError

    async def smtp_STARTTLS(self, arg: str | None) -> None:
        if arg:
            await self._junk(replies.NO_ARGUMENT)
        elif self._secure:
            await self._junk(replies.ALREADY_SECURE)
        elif self.tls_context is None:
            await self._junk(replies.NOT_IMPLEMENTED)
        else:
            self._wire.discard()
            self._handshaking = True
            self._restart_clock(self._limits.handshake_s)
            with contextlib.suppress(TLSSetupException):
                await super().smtp_STARTTLS("")
            if not self._secure:  # asyncio also ends a handshake without an error, when the client hangs up
                self._house.on_event("tls.failed")
                raise EndOfStreamError

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not self._greeted:
            await self._junk(replies.HELLO_FIRST)
            return
        if self._transaction.reverse_path is not None:
            await self._junk(replies.NESTED_MAIL)
            return
        try:
            path = reverse_path(arg, self._house.settings.max_message_bytes)
        except EnvelopeError as error:
            await self._junk(error.reply)
            return
        if not self.trusted and not self._house.crowd.may_send(self._client, self.loop.time()):
            self._house.on_event("message.rate_limited")
            await self._junk(replies.TOO_MANY_MESSAGES)
            return
        self._transaction.reverse_path = path
        self._be_useful()
        await self._say(replies.REVERSE_PATH_OK)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if self._transaction.reverse_path is None:
            await self._junk(replies.MAIL_FIRST)
            return
        settings = self._house.settings
        if len(self._transaction.forward_paths) >= self._limits.recipients:
            await self._say(replies.TOO_MANY_RECIPIENTS)
            return
        try:
            address = forward_path(arg, settings.domain, settings.domains)
            known = await self._house.door.recipient(address, self._provenance())
        except EnvelopeError as error:
            await self._refuse_recipient(error.reply)
        except Exception as error:  # noqa: BLE001 - whatever it is, this recipient is not lost and not told why
            self._house.on_event("recipient.faulted")
            await self._say(replies.reply_to(error))
        else:
            await (self._take_recipient(address) if known else self._refuse_recipient(UNKNOWN_RECIPIENT))

    # Both answer first and keep book afterwards: the time of an answer must not tell what it is.

    async def _take_recipient(self, address: OurAddress) -> None:
        await self._say(replies.FORWARD_PATH_OK)
        if address.key not in self._transaction.forward_paths:
            self._be_useful()
        self._transaction.forward_paths[address.key] = address

    async def _refuse_recipient(self, reply: Reply) -> None:
        """Say no; a stranger who asked too often for nobody is searching, and is sent away.

        Trusted hosts are not: an MTA of ours that passes on what others guess would lose the connection that
        it also brings honest mail on.
        """
        if reply is not UNKNOWN_RECIPIENT:
            await self._junk(reply)
            return
        if not self.trusted and self._unknown_recipients >= self._limits.unknown_recipients:
            await self._say_goodbye(replies.TOO_MANY_UNKNOWN)
        self._house.on_event("recipient.unknown")
        await self._say(reply)
        self._unknown_recipients += 1

    async def smtp_DATA(self, arg: str | None) -> None:
        """Receive a message in blocks; aiosmtpd keeps an object for each line of it."""
        if arg:
            await self._junk(replies.NO_ARGUMENT)
            return
        transaction = self._transaction
        if transaction.reverse_path is None or not transaction.forward_paths:
            await self._junk(replies.RECIPIENT_FIRST)
            return
        self._forget_transaction()
        try:
            intake = await self._house.door.begin(
                transaction.reverse_path, tuple(transaction.forward_paths.values()), self._provenance()
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told to come again
            self._house.on_event("message.faulted")
            reply = replies.reply_to(error)
            await (self._say_goodbye(reply) if reply.code == replies.CLOSING else self._say(reply))
            return
        transfer = Transfer(self._wire, intake, self._house.settings, self.loop.time, self._data_moves)
        try:
            await self.push(replies.GO_AHEAD)
            refusal = await transfer.run()
        except UnbearableError as error:
            intake.abandon()
            self._house.on_event("message.cut_off")
            await self._say_goodbye(error.reply)
        except BaseException:
            intake.abandon()
            self._house.on_event("message.abandoned")
            raise
        if refusal is None:
            # Whatever happens to this connection and this task from here on, the message is stored.
            self._restart_clock(self._limits.commit_s)
            self.useful_at = math.inf
            reply = await asyncio.shield(self._house.commit(finish(intake, transfer.last_chunk)))
        else:
            intake.abandon()
            reply = refusal
        await self._conclude(reply, transfer.content_octets)

    def _provenance(self) -> Provenance:
        return Provenance(str(self._client or ""), self._helo, self.trusted)

    def _data_moves(self, seconds: float, *, useful: bool) -> None:
        self._restart_clock(seconds)
        if useful:
            self.useful_at = self.loop.time()

    async def _conclude(self, reply: Reply, content_octets: int) -> None:
        if reply.code == 250:
            self._junk_commands = 0
            self._house.on_event("message.accepted", octets=content_octets)
        else:
            self._house.on_event("message.refused", code=reply.code)
        self._be_useful()
        await (self._say_goodbye(reply) if reply.code == replies.CLOSING else self._say(reply))
