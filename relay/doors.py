"""The doors for mail, one for everybody and one where counselors log in; behind both is one inbox. Made by ``app``."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from relay.config import Settings
from relay.domain.conversations import Side
from relay.edge import randomness
from relay.edge.logins import Logins
from relay.edge.smtp_in.apart import Apart
from relay.edge.smtp_in.listener import Listener, Place
from relay.edge.smtp_in.submission import Submission
from relay.edge.store.store import SqlStore
from relay.errors import ConfigError
from relay.flow.accept import Door
from relay.flow.belonging import belongs
from relay.flow.evidence import is_asked_for
from relay.flow.plan import Plan
from relay.flow.ports import Clock
from relay.flow.pressure import Pressure
from relay.flow.rates import Admission
from relay.flow.route import Router
from relay.flow.senders import Senders
from relay.log import Event, say
from relay.parts import Places, free_where_kept, listener_settings, submission_settings, tls_context

_WHY: Final = {
    errno.EADDRINUSE: ("another program listens there", "stop it, or name another address"),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "name one that it has"),
    errno.EACCES: ("it is not allowed", "take a port from 1024 on, or let systemd hold the sockets"),
}
"""By error number: what is the matter, and what to do."""


@dataclass(frozen=True, slots=True)
class Doors:
    """``door``: what both listeners ask, and whoever fetches out of mailboxes.

    The listener for everybody may be a process of its own; counselors log in at the daemon.
    """

    door: Door
    listener: Listener | Apart
    submission: Listener

    async def open(self, places: Places) -> None:
        """Begin to listen. Raises ``ConfigError``."""
        try:
            await self.listener.start(places.smtp)
        except OSError as error:
            raise _cannot_listen("smtp.listen", places.smtp, error) from None
        try:
            if places.implicit_tls or places.starttls:
                await self.submission.start(places.starttls, places.implicit_tls)
        except OSError as error:
            raise _cannot_listen("submission", places.implicit_tls + places.starttls, error) from None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where they listen."""
        return (*self.listener.addresses, *self.submission.addresses)

    async def connections(self) -> Mapping[str, int]:
        """How many are open, by door."""
        return {
            "smtp": await self.listener.connections(),
            "submission": await self.submission.connections(),
        }

    async def drain(self, grace_s: float) -> None:
        """Take nothing new, and wait for what is in work."""
        await asyncio.gather(self.listener.drain(grace_s), self.submission.drain(grace_s))

    def renew_certificates(self, settings: Settings) -> None:
        """Show the certificate that lies there now to whoever comes from now on.

        One that does not fit its key changes nothing: a context that has taken half of a pair would show neither.
        """
        smtp = settings.smtp
        if not (smtp.tls_certificate and smtp.tls_key):
            return
        for listener in (self.listener, self.submission):
            try:
                tls_context(settings)
                listener.renew(str(smtp.tls_certificate), str(smtp.tls_key))
            except OSError:
                say(Event.CONFIG_WARNED, cause="certificate", place="smtp.tls_certificate")


def _cannot_listen(key: str, places: Sequence[Place], error: OSError) -> ConfigError:
    named = ", ".join(each for each in places if isinstance(each, str)) or "the sockets of systemd"
    why, remedy = _WHY.get(
        error.errno or 0,
        (
            os.strerror(error.errno) if error.errno else "nobody serves there in time",
            "look at the machine's log",
        ),
    )
    return ConfigError((f"relay.toml: {key}: cannot listen on {named}: {why}; {remedy}",))


def doors_of(
    store: SqlStore,
    router: Router,
    logins: Logins,
    clock: Clock,
    plan: Callable[[], Plan],
    settings: Callable[[], Settings],
) -> Doors:
    """Closed as yet; rates and bounds are those now in force. Raises ``ConfigError``."""
    mailbox = plan().service.mailbox
    senders = Senders(randomness.octets)
    admission = Admission(
        senders, lambda: settings().limits.rates(), clock.now,  # noqa: PLW0108 - those of the moment
        lambda paths, addresses: belongs(store, plan().roster, paths, addresses, mailbox),
    )  # fmt: skip
    pressure = Pressure(
        lambda: settings().limits.bounds(settings().smtp.max_message_bytes),
        lambda: free_where_kept(settings()), router, time.monotonic,
    )  # fmt: skip

    def intakes() -> frozenset[str]:
        return frozenset(intake.address.key for intake in plan().roster.intakes)

    door = Door(
        store, intakes, clock.now, randomness.octets, router.offer, senders, admission, router,
        lambda: is_asked_for(plan().service, tuple(Side)), mailbox, store.invitations.is_one,
        lambda: plan().voicemails, pressure, store.urgency.of,
    )  # fmt: skip
    now = settings()
    submission = Listener(door, submission_settings(now), session=partial(Submission, logins))
    return Doors(door, _listener(door, now), submission)


def _listener(door: Door, settings: Settings) -> Listener | Apart:
    smtp, wanted = settings.smtp, listener_settings(settings)
    if not smtp.own_process:
        return Listener(door, wanted)
    has_certificate = smtp.tls_certificate and smtp.tls_key
    return Apart(door, wanted, (str(smtp.tls_certificate), str(smtp.tls_key)) if has_certificate else None)
