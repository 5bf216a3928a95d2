"""``relay rota`` and ``relay who``: who is on duty, where the gaps are, and who would get a request and why.

Called by ``cli``. Reads the configuration with its calendars and, where there is a database, what counselors have said
by mail and what they carry; changes nothing, also while the daemon runs. Names counselors by their ids alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from relay import rostering
from relay.config import Settings, load
from relay.domain.assignment import Candidate, Choice, Load, Request, Why, consider
from relay.domain.coverage import Coverage, coverage, queues_in_use
from relay.domain.overrides import Override
from relay.domain.roster import Roster
from relay.edge.store import SqlStore
from relay.errors import ConfigError
from relay.rota_picture import Style, picture
from relay.stores import opened

MAX_DAYS = 366

NO_DATABASE = """\
The database is not there or cannot be read: what counselors said by mail and
what they carry is left out."""

WHY: Mapping[Why, str] = {
    Why.EXCLUDED: "is not to get it",
    Why.OTHER_QUEUE: "does not answer this queue",
    Why.OFF_DUTY: "is off duty",
    Why.AWAY: "is away: their mailbox takes nothing, or answers so",
    Why.TAKES_NO_NEW: "takes nobody new",
    Why.FULL: "has no free slot",
    Why.OTHER_LANGUAGE: "speaks none of the languages",
    Why.OTHERS_FIT_BETTER: "could, and somebody else fits better",
    Why.OTHERS_TURN: "could, and it is somebody else's turn",
}


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known at one instant. ``note``: what is not, as a sentence."""

    settings: Settings
    roster: Roster
    at: datetime
    loads: Mapping[str, Load] = field(default_factory=dict)
    note: str = ""

    @property
    def zone(self) -> tzinfo:
        return self.settings.duty.zone


def show(config: Path, days: int, at: str | None, style: Style, *, as_json: bool) -> list[str]:
    """``relay rota``: the lines to print. Raises ``ConfigError``."""
    if not 1 <= days <= MAX_DAYS:
        raise ConfigError((f"relay rota --days: takes 1 to {MAX_DAYS} days",))
    scene = _scene(config, at)
    begin = scene.at.astimezone(scene.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    end = (begin.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=scene.zone)
    found = [
        coverage(scene.roster, queue, begin.astimezone(UTC), end.astimezone(UTC))
        for queue in queues_in_use(scene.roster)
    ]
    if as_json:
        return [json.dumps(_as_values(scene, found), indent=2)]
    return [*picture(found, scene.at, scene.settings.duty.zone, days, style), *filter(None, (scene.note,))]


def _as_values(scene: Scene, found: list[Coverage]) -> dict[str, Any]:
    def pairs(spans: Any) -> list[list[str]]:
        return [[each.isoformat() for each in span] for span in spans]

    return {
        "at": scene.at.isoformat(),
        "zone": scene.settings.duty.zone.key,
        "queues": [
            {
                "queue": each.queue,
                "on_duty": [who.counselor_id for who in each.people if who.spans.covers(scene.at)],
                "gaps": pairs(each.gaps),
                "counselors": [
                    {
                        "counselor": who.counselor_id,
                        "helps_out": who.helps_out,
                        "on_duty": pairs(who.spans),
                    }
                    for who in each.people
                ],
            }
            for each in found
        ],
    }


def who(config: Path, intake: str, language: str | None, topics: list[str], at: str | None) -> list[str]:
    """``relay who``: who would get a request now, and why the others would not. Raises ``ConfigError``."""
    scene = _scene(config, at)
    found = scene.roster.intake_of(intake)
    if found is None:
        have = ", ".join(each.address.key for each in scene.roster.intakes)
        raise ConfigError((f"relay who --intake: is no intake address; there are {have}",))
    queue = scene.roster.queue(found.queue)
    request = Request(
        language=language or found.language,
        queue=queue,
        topics=found.topics | frozenset(topics),
        service_language=scene.settings.service.language,
        queues={each.name: each for each in scene.roster.queues},
    )
    candidates = [Candidate(c, scene.loads.get(c.counselor_id, Load())) for c in scene.roster.counselors]
    return [*_told(consider(candidates, request, scene.at), scene, queue.name), *filter(None, (scene.note,))]


def _told(choice: Choice, scene: Scene, queue: str) -> Iterator[str]:
    when = f"{scene.at.astimezone(scene.zone):%a %d %b %Y %H:%M} {scene.settings.duty.zone.key}"
    if choice.chosen is None:
        yield f"Nobody would get it on {when}; it would wait in the queue {queue}."
    else:
        yield f"{choice.chosen} would get it on {when}: {choice.step}."
    for counselor_id, why in sorted(choice.others, key=lambda each: list(Why).index(each[1])):
        yield f"  {counselor_id} {WHY[why]}{_until(scene, queue, counselor_id, why)}"


def _until(scene: Scene, queue: str, counselor_id: str, why: Why) -> str:
    counselor = scene.roster.counselor(counselor_id)
    if why is not Why.OFF_DUTY or counselor is None:
        return ""
    start = scene.roster.queue(queue).rota_of(counselor).next_start(scene.at)
    return f" until {start.astimezone(scene.zone):%a %d %b %H:%M}" if start else " for the next year"


def _scene(config: Path, at: str | None) -> Scene:
    settings = load(config)
    moment = _moment(at, settings.duty.zone)
    roster = rostering.read(settings, moment)
    try:
        store = opened(settings)
    except ConfigError:
        return Scene(settings, roster, moment, note=NO_DATABASE)
    overrides, loads = asyncio.run(_kept(store, moment))
    return Scene(settings, roster.with_overrides(overrides), moment, loads)


async def _kept(store: SqlStore, at: datetime) -> tuple[Mapping[str, Override], Mapping[str, Load]]:
    try:
        return await store.duties.overrides(at), await store.loads()
    finally:
        await store.close()


def _moment(text: str | None, zone: tzinfo) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            ("--at: is no time; write for example 2026-12-24T18:00, by the clock of duty.zone",)
        ) from None
