"""From sections to the roster that the program works with. Called by ``settings``.

Calendars are files, and reading them is somebody else's work (``relay.rostering``): here is only which files there
are, and what becomes of what stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from relay.config.counselors import CounselorSection
from relay.config.queues import HolidaysSection, QueueSection
from relay.domain.roster import (
    GENERAL,
    Continuity,
    Counselor,
    Holidays,
    Intake,
    Overflow,
    Queue,
    Roster,
    Supervisor,
)
from relay.domain.rota import Rota
from relay.domain.spans import NEVER, Spans

if TYPE_CHECKING:
    from relay.config.settings import Settings


class Use(Enum):
    """What the events of a calendar are."""

    SHIFTS = "shifts"
    DAYS_OFF = "days_off"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """One calendar to be read. ``where``: the key that names it, for messages."""

    path: Path
    use: Use
    zone: ZoneInfo
    where: str = field(compare=False)


Unfolded = Mapping[CalendarFile, Spans]


def roster_of(settings: Settings, unfolded: Unfolded) -> Roster:
    """Everybody on the service's side; a calendar that is not among ``unfolded`` counts as empty."""
    closed = [each for each in settings.holidays if not each.queues]
    common_name = settings.conversations.common_name or ""
    return Roster(
        counselors=tuple(
            replace(_counselor(c, settings.duty.zone, closed, unfolded), common_name=common_name)
            for c in settings.counselor
        ),
        intakes=tuple(
            Intake(i.address, i.language, i.queue, frozenset(i.topics), i.detect_language, i.countries)
            for i in settings.intake
        ),
        supervisors=tuple(
            Supervisor(s.id, s.pseudonym, s.address, s.also_from, s.language, s.queues, Rota(s.digest))
            for s in settings.supervisor
        ),
        queues=tuple(_queues(settings, unfolded)),
    )


def _counselor(
    section: CounselorSection, zone: ZoneInfo, closed: list[HolidaysSection], unfolded: Unfolded
) -> Counselor:
    own = section.zone or zone
    leave = [
        each.spans(own)
        if not isinstance(each, Path)
        else unfolded.get(CalendarFile(each, Use.DAYS_OFF, own, ""), NEVER)
        for each in section.leave
    ]
    leave += [_days(each, zone, unfolded) for each in closed if section.id not in each.keeps]
    calendar = unfolded.get(CalendarFile(section.rota, Use.SHIFTS, own, ""), NEVER) if section.rota else NEVER
    return Counselor(
        counselor_id=section.id,
        pseudonym=section.pseudonym,
        name=section.name,
        address=section.address,
        rota=Rota(section.duty, calendar, reduce(or_, leave, NEVER)),
        also_from=section.also_from,
        private=section.private,
        languages=section.languages,
        capacity=section.capacity,
        review=section.review,
        asks_about_signature=section.signature == "hold",
        quiet=Rota(section.quiet_hours),
        topics=frozenset(section.topics),
        queues=frozenset(section.queues),
        fallback=section.fallback or "",
        zone=own,
    )


def _queues(settings: Settings, unfolded: Unfolded) -> list[Queue]:
    """Those with settings of their own, by a section or by holidays."""
    sections = {section.name: section for section in settings.queue}
    names = dict.fromkeys((*sections, *(name for each in settings.holidays for name in each.queues)))
    return [
        _queue(sections.get(name) or QueueSection(name=name), settings, unfolded)
        for name in names or (GENERAL,)
    ]


def _queue(section: QueueSection, settings: Settings, unfolded: Unfolded) -> Queue:
    return Queue(
        name=section.name,
        continuity=Continuity(section.continuity),
        topics=frozenset(section.topics),
        fallback=section.fallback or "",
        allows_other=section.other,
        asks_feedback=section.feedback,
        asks_consent=section.handover_consent,
        overflow=tuple(Overflow(each.to, each.when) for each in section.overflow),
        holidays=tuple(
            Holidays(_days(each, settings.duty.zone, unfolded), frozenset(each.keeps))
            for each in settings.holidays
            if section.name in each.queues
        ),
    )


def _days(section: HolidaysSection, zone: ZoneInfo, unfolded: Unfolded) -> Spans:
    return unfolded.get(CalendarFile(section.file, Use.DAYS_OFF, section.zone or zone, ""), NEVER)
