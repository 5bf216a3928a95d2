"""Notices about time as finished messages, one to each reader, whatever they are told of. Called by ``promises``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from relay.domain.clocks import answer_due
from relay.domain.pledges import Pledge
from relay.domain.roster import Supervisor
from relay.flow.dues import DueClock
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Outgoing
from relay.flow.values import Person, Service
from relay.mail import notices_clock, notices_desk
from relay.mail.notices_clock import Waits


def waits(due: DueClock, pledge: Pledge, now: datetime, counselor: str = "", link: str = "") -> Waits:
    """How somebody waits, as a notice says it. ``counselor``: the pseudonym of whoever is responsible."""
    clock = due.clock
    owed_by = answer_due(clock, pledge.terms) or now
    return Waits(due.pseudonym, owed_by - now, now - clock.since, clock.risk_at is not None, counselor, link)


def write_link(due: DueClock) -> str:
    """What a counselor taps to write to whoever waits for them."""
    return f"mailto:{due.seeker_alias}"


def take_link(due: DueClock, service: Service) -> str:
    """What a counselor taps to take a conversation over: a mail to the desk, ready to be sent."""
    command = quote(f"!take {due.pseudonym}", safe="")
    return f"mailto:desk@{service.domain}?subject={command}&body={command}"


def remind(
    letters: Letters,
    counselor: Person,
    waiting: Sequence[Waits],
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Remind a counselor."""
    text = notices_clock.counselor_answer_due(letters.texts, counselor.language, waiting)
    return letters.to_counselor(counselor, text, service, now, new_id)


def offer(
    letters: Letters,
    counselor: Person,
    waiting: Sequence[Waits],
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Ask a counselor to take over."""
    text = notices_clock.counselor_offered(letters.texts, counselor.language, waiting)
    return letters.to_counselor(counselor, text, service, now, new_id)


def idle(
    letters: Letters,
    counselor: Person,
    pseudonym: str,
    ends_at: datetime,
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Tell a counselor when a conversation will be closed in which the seeker has not written for long."""
    text = notices_desk.idle(letters.texts, counselor.language, pseudonym, f"{ends_at:%Y-%m-%d}")
    return letters.to_counselor(counselor, text, service, now, new_id)


def reassigned(
    letters: Letters, counselor: Person, pseudonym: str, service: Service, now: datetime, new_id: str
) -> Outgoing:
    """Tell a counselor whose conversation goes to somebody else."""
    text = notices_clock.counselor_reassigned(letters.texts, counselor.language, pseudonym)
    return letters.to_counselor(counselor, text, service, now, new_id)


def supervise(
    letters: Letters,
    supervisor: Supervisor,
    waiting: Sequence[Waits],
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Tell a supervisor."""
    text = notices_clock.supervisor_waiting(letters.texts, supervisor.language, waiting)
    return letters.to_supervisor(supervisor, text, service, now, new_id)


def operate(
    letters: Letters, waiting: Sequence[Waits], service: Service, now: datetime, new_id: str
) -> Outgoing:
    """Tell the operator."""
    text = notices_clock.operator_waiting(letters.texts, OPERATOR_LANGUAGE, waiting)
    return letters.to_operator(text, service, now, new_id)
