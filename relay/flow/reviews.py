"""The clock of a reply that waits for a supervisor: who is told when, and by what. Pure; called by ``timers``.

Time never sends it. First those who were asked are told again; then supervisors of other queues are asked, too, with
all that would be sent; then the operator hears that nobody reads it. Each step once, written with its notices. An
answer to any of these notices counts like one to the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.domain.roster import Supervisor
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Outgoing
from relay.flow.people import supervisor_person
from relay.flow.plan import Plan
from relay.mail import notices_supervisors
from relay.mail.serialize import Attachment

AGAIN, OTHERS, OPERATOR = 1, 2, 3
"""The steps, in their order."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply under review whose step is due. ``since``: when it began to wait; ``step``: which is due.

    ``files``: until supervisors of other queues have them.
    """

    step: int
    since: datetime
    author: str
    draft: str
    pseudonym: str
    intake: str
    is_risk: bool
    queue: str = ""
    subject: str = ""
    files: tuple[Attachment, ...] = ()

    def __repr__(self) -> str:
        return "Waiting(<redacted>)"


def told(one: Waiting, plan: Plan, letters: Letters, now: datetime, new_id: str) -> tuple[Outgoing, ...]:
    """The notices of a step; all to supervisors have ``new_id``."""
    waited, asked = now - one.since, _asked(one, plan)
    whom = asked if one.step == AGAIN else _others(one, plan) if one.step == OTHERS else []
    if whom:
        return tuple(_to_supervisor(each, one, waited, plan, letters, now, new_id) for each in whom)
    text = notices_supervisors.review_late_for_operator(
        letters.texts, OPERATOR_LANGUAGE, one.author, one.pseudonym, waited
    )
    return (letters.to_operator(text, plan.service, now, new_id),)


def next_at(one: Waiting, plan: Plan, now: datetime) -> datetime | None:
    """When the next step is due; ``None`` after the one that tells the operator."""
    tells_operator = one.step >= OPERATOR or (one.step == OTHERS and not _others(one, plan))
    interval = plan.service.review_in_danger if one.is_risk else plan.service.review_after
    return None if tells_operator else now + interval


def put_off(one: Waiting, plan: Plan, now: datetime) -> datetime | None:
    """Until when quiet hours keep this step from being done; ``None`` when they do not."""
    quiet = plan.pledges.of(one.intake).quiet
    if one.is_risk or not quiet.on_duty(now):
        return None
    return quiet.next_change(now)


def _asked(one: Waiting, plan: Plan) -> list[Supervisor]:
    """Those who got the reply first."""
    roster = plan.roster
    return list(roster.supervisors_of(roster.queue_for(one.intake, one.queue).name) or roster.supervisors)


def _others(one: Waiting, plan: Plan) -> list[Supervisor]:
    asked = _asked(one, plan)
    return [each for each in plan.roster.supervisors if each not in asked]


def _to_supervisor(
    supervisor: Supervisor,
    one: Waiting,
    waited: timedelta,
    plan: Plan,
    letters: Letters,
    now: datetime,
    new_id: str,
) -> Outgoing:
    attached = one.files if one.step == OTHERS and plan.service.review_files else ()
    text = notices_supervisors.review_late(
        letters.texts, supervisor.language, one.author, one.pseudonym, one.subject, one.draft, waited,
        [(each.filename, len(each.data)) for each in one.files], are_attached=bool(attached),
    )  # fmt: skip
    person = supervisor_person(supervisor)
    return letters.to_supervisor(person, text, plan.service, now, new_id, attached)
