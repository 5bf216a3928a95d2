"""The doors for mail, one for everybody and one where counselors log in; behind both is one inbox. Made by ``app``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from relay.config import Settings
from relay.domain.conversations import Side
from relay.edge import randomness
from relay.edge.logins import Logins
from relay.edge.smtp_in.apart import Apart
from relay.edge.smtp_in.listener import Listener
from relay.edge.smtp_in.submission import Submission
from relay.edge.store.store import SqlStore
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


@dataclass(frozen=True, slots=True)
class Doors:
    """``door``: what both listeners ask, and whoever fetches out of mailboxes.

    The listener for everybody may be a process of its own; counselors log in at the daemon.
    """

    door: Door
    listener: Listener | Apart
    submission: Listener

    async def open(self, places: Places) -> None:
        """Begin to listen. Raises ``OSError``."""
        await self.listener.start(places.smtp)
        if places.implicit_tls or places.starttls:
            await self.submission.start(places.starttls, places.implicit_tls)

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
