"""What stands in several sections and must agree: queues, and who answers them. Called by ``checks``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relay.config import places
from relay.config.counselors import CounselorSection
from relay.config.queues import HolidaysSection, QueueSection
from relay.config.schema import COUNSELORS_FILE, RELAY_FILE, IntakeSection
from relay.config.supervisors import SupervisorSection
from relay.config.wording import Finding, dotted
from relay.domain.roster import GENERAL

Counselors = list[tuple[places.Path, CounselorSection]]
Intakes = list[tuple[places.Path, IntakeSection]]
Queues = list[tuple[places.Path, QueueSection]]
Supervisors = list[tuple[places.Path, SupervisorSection]]
AllHolidays = list[tuple[places.Path, HolidaysSection]]


def check(
    intakes: Intakes,
    queues: Queues,
    holidays: AllHolidays,
    counselors: Counselors,
    supervisors: Supervisors,
    unread: set[str],
) -> Iterator[Finding]:
    """What names a queue or a counselor that there is not, and queues that nobody could answer.

    ``unread``: lists of which something could not be read; what is missing from the others may be that.
    """
    names: dict[str, places.Path] = {}
    for path, queue in queues:
        if queue.name in names:
            yield Finding(RELAY_FILE, (*path, "name"), f"is the same as {dotted(names[queue.name])}")
        names.setdefault(queue.name, (*path, "name"))
    known = {GENERAL, *names, *(intake.queue for _, intake in intakes)}
    people = {counselor.id for _, counselor in counselors}
    if not unread & {"queue", "intake"}:
        yield from _unknown_queues(queues, holidays, (*counselors, *supervisors), known)
    if people and "counselor" not in unread:
        yield from _unknown_people(queues, holidays, counselors, people)
        yield from _unanswered(intakes, queues, counselors)
    for path, counselor in counselors:
        if not counselor.duty and counselor.rota is None:
            sentence = (
                "is missing, and there is no rota; write for example ['mon-fri 18:00-22:00 Europe/Berlin']"
            )
            yield Finding(COUNSELORS_FILE, (*path, "duty"), sentence)


def _unanswered(intakes: Intakes, queues: Queues, counselors: Counselors) -> Iterator[Finding]:
    for path, intake in intakes:
        queue_of_it = next((queue for _, queue in queues if queue.name == intake.queue), None)
        helpers = {each.to for each in queue_of_it.overflow} if queue_of_it else set()
        has_fallback = queue_of_it is not None and queue_of_it.fallback is not None
        answered = {intake.queue, *helpers}
        if not has_fallback and not any(not c.queues or answered & set(c.queues) for _, c in counselors):
            yield Finding(
                RELAY_FILE,
                (*path, "queue"),
                "is a queue that no counselor answers; name it in their 'queues'",
            )


def _unknown_queues(
    queues: Queues,
    holidays: AllHolidays,
    people: Iterable[tuple[places.Path, CounselorSection | SupervisorSection]],
    known: set[str],
) -> Iterator[Finding]:
    named: list[tuple[str, places.Path, str]] = []
    for path, queue in queues:
        for n, each in enumerate(queue.overflow):
            named.append((RELAY_FILE, (*path, "overflow", n, "to"), each.to))
            if each.to == queue.name:
                yield Finding(RELAY_FILE, (*path, "overflow", n, "to"), "is the queue itself; name another")
    for path, rest in holidays:
        named += [(RELAY_FILE, (*path, "queues", n), name) for n, name in enumerate(rest.queues)]
    for path, person in people:
        named += [(COUNSELORS_FILE, (*path, "queues", n), name) for n, name in enumerate(person.queues)]
    have = ", ".join(sorted(known))
    for file, where, name in named:
        if name not in known:
            yield Finding(
                file, where, f"is a queue that no [[queue]] and no [[intake]] has; there are {have}"
            )


def _unknown_people(
    queues: Queues, holidays: AllHolidays, counselors: Counselors, people: set[str]
) -> Iterator[Finding]:
    named: list[tuple[str, places.Path, str]] = []
    named += [(RELAY_FILE, (*path, "fallback"), queue.fallback) for path, queue in queues if queue.fallback]
    for path, rest in holidays:
        named += [(RELAY_FILE, (*path, "keeps", n), who) for n, who in enumerate(rest.keeps)]
    for path, counselor in counselors:
        if counselor.fallback:
            named.append((COUNSELORS_FILE, (*path, "fallback"), counselor.fallback))
        if counselor.fallback == counselor.id:
            yield Finding(COUNSELORS_FILE, (*path, "fallback"), "is their own id; name somebody else's")
    for file, where, who in named:
        if who not in people:
            yield Finding(file, where, "is no counselor's id; take one of those in counselors.toml")
