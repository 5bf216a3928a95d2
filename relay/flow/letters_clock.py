"""Notices about time as finished messages, one to each reader, whatever they are told of. Called by ``promises``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from relay.domain.clocks import Awaits, answer_due
from relay.domain.pledges import Pledge
from relay.domain.roster import Supervisor
from relay.flow.dues import DueClock
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Outgoing
from relay.flow.people import supervisor_person
from relay.flow.resolve import Plan
from relay.flow.values import Person, Service
from relay.mail import notices_clock, notices_desk
from relay.mail.notices_clock import Standing, Waits


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
    return f"mailto:{service.at('desk')}?subject={command}&body={command}"


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


def own_reminder(
    letters: Letters,
    counselor: Person,
    pseudonym: str,
    why: str,
    alias: str,
    service: Service,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Give a counselor back what they asked to be reminded of. ``alias``: where they write, if they still do."""
    link = f"mailto:{alias}" if alias else ""
    text = notices_clock.counselor_reminder(letters.texts, counselor.language, pseudonym, why, link)
    return letters.to_counselor(counselor, text, service, now, new_id)


def digest(
    letters: Letters,
    supervisor: Supervisor,
    open_now: Sequence[DueClock],
    plan: Plan,
    now: datetime,
    new_id: str,
) -> Outgoing:
    """Tell a supervisor how things stand: counts, pseudonyms and times."""
    roster = plan.roster
    open_now = [one for one in open_now if supervisor.watches(roster.queue_for(one.intake, one.queue).name)]
    owed = [each for each in open_now if each.clock.awaits is Awaits.COUNSELOR and each.clock.since <= now]
    waiting = []
    for each in owed:
        counselor = roster.counselor(each.counselor_id) if each.counselor_id else None
        waiting.append(
            waits(each, plan.pledges.of(each.intake), now, counselor.pseudonym if counselor else "")
        )
    standing = Standing(
        held=sum(each.counselor_id is not None for each in open_now),
        waiting=sum(each.counselor_id is None for each in open_now),
        late=sum(each.left <= timedelta(0) for each in waiting),
        on_duty=tuple(each.pseudonym for each in roster.counselors if each.rota.on_duty(now)),
    )
    text = notices_clock.supervisor_digest(letters.texts, supervisor.language, standing, by_need(waiting))
    return letters.to_supervisor(supervisor_person(supervisor), text, plan.service, now, new_id)


def by_need(waiting: Sequence[Waits]) -> list[Waits]:
    """Whoever may be in danger first, then whoever has the least time left."""
    return sorted(waiting, key=lambda each: (not each.is_risk, each.left))


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
    return letters.to_supervisor(supervisor_person(supervisor), text, service, now, new_id)


def operate(
    letters: Letters, waiting: Sequence[Waits], service: Service, now: datetime, new_id: str
) -> Outgoing:
    """Tell the operator."""
    text = notices_clock.operator_waiting(letters.texts, OPERATOR_LANGUAGE, waiting)
    return letters.to_operator(text, service, now, new_id)
