"""A month of a helpline in a minute: 10,000 requests, 40 counselors, real shift patterns, the real decisions.

    python bench/helpline_day.py [--requests 10000] [--days 30] [--seed 1] [--svg FILE]

Nothing is sent. Requests come as they come to helplines (most in the evening, fewest in the morning), counselors work by
rota lines in three shifts and with evenings of volunteers besides, and answer one letter after the other while they are
on duty, each in a time drawn from a log-normal distribution. Who gets what is decided by ``domain.assignment``, who
is there by ``domain.rota``, what is promised and who is told by ``domain.clocks``: the functions that the daemon calls.
A first letter is answered; some seekers write again (one or two times), hours later, and are answered again.

Prints a table, one row for each variation, and draws one picture. The same seed gives the same figures.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from relay.domain.addresses import CounselorAddress
from relay.domain.assignment import Candidate, Load, Request, consider
from relay.domain.clocks import Awaits, Clock, Rung, Terms, after, answer_due, look_at, step, turned
from relay.domain.leave import Days
from relay.domain.roster import Continuity, Counselor, Overflow, Queue
from relay.domain.rota import Rota, Shift
from relay.plots import INK, Box, stroke_of

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2027, 3, 8, tzinfo=UTC)
"""So that the clocks go forward within the month (28 March)."""

BY_HOUR = (5, 4, 3, 2, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 7, 8, 9, 10, 9, 7)
"""How many requests come in each hour of the day by the wall clock, relative to each other."""

LANGUAGES = (("en", 60), ("de", 25), ("es", 8), ("fr", 5), ("ar", 2))
WRITES_AGAIN = (0.61, 0.27, 0.12)
"""No, one, two letters more: 39 % of contacts go on (U25, in reference to one-off contacts)."""

WORK_MIN = (15.0, 0.6)
"""Minutes of work for one answer: median, and the spread of its logarithm."""

THINKS_H = (8.0, 1.0)
"""Hours until a seeker writes again."""

TERMS = Terms()


@dataclass
class Conversation:
    queue: str
    language: str
    letters: int
    opened_at: datetime
    clock: Clock
    holder: str = ""
    assigned_at: datetime | None = None
    first_answer_at: datetime | None = None
    fence: int = 0


@dataclass
class Desk:
    """One counselor at work: the letters on the table, and what they carry."""

    counselor: Counselor
    table: deque[Conversation] = field(default_factory=deque)
    busy: bool = False
    is_there: bool = False
    open: int = 0
    last_at: datetime | None = None
    assigned: int = 0
    answers: int = 0


def team(leave: int) -> dict[str, Desk]:
    """Forty people: three shifts of eight hours, and evenings of volunteers; ``leave``: so many have a week off."""
    lines: list[tuple[list[str], int]] = []
    weeks = ("mon-fri", "tue-sat", "wed-sun", "thu-mon", "fri-tue", "sat-wed", "sun-thu")
    for count, skip, times in ((10, 1, "06:00-14:00"), (12, 1, "14:00-22:00"), (8, 2, "22:00-06:00")):
        lines += [([f"{weeks[(skip * n) % 7]} {times} Europe/Berlin"], 8) for n in range(count)]
    for n in range(10):
        one, other = weeks[n % 7][:3], weeks[(n + 3) % 7][:3]
        lines.append(([f"{one},{other} 18:00-22:00 Europe/Berlin", "sun 18:00-23:00 Europe/Berlin"], 3))
    desks = {}
    for n, (shifts, capacity) in enumerate(lines):
        languages = ("en",) + (("de",) if n % 5 < 3 else ()) + (("es",) if n % 4 == 1 else ())
        languages += (("fr",) if n % 6 == 2 else ()) + (("ar",) if n in {3, 13, 24, 35} else ())
        rota = Rota.parse(shifts)
        if n % 4 == 0 and n // 4 < leave:
            first = date(2027, 3, 10) + timedelta(days=n // 4 * 2)
            rota = replace(rota, off=Days(first, first + timedelta(days=6)).spans(BERLIN))
        queues = frozenset({"grief"}) if n % 8 == 7 else frozenset({"general"}) if n % 2 else frozenset[str]()
        counselor = Counselor(
            f"c{n:02}", f"C{n}", "", CounselorAddress(f"c{n}", "home.test"), rota, languages=languages,
            capacity=capacity, queues=queues, zone=BERLIN,
        )  # fmt: skip
        desks[counselor.counselor_id] = Desk(counselor)
    return desks


def arrivals(count: int, days: int, chance: random.Random) -> list[datetime]:
    """When requests come in."""
    found = []
    for _ in range(count):
        day = START + timedelta(days=chance.randrange(days))
        hour = chance.choices(range(24), BY_HOUR)[0]
        wall = day.replace(tzinfo=BERLIN) + timedelta(hours=hour, seconds=chance.randrange(3600))
        found.append(wall.astimezone(UTC))
    return sorted(found)


@dataclass
class Month:
    """One run: events by time, whoever waits, and what is counted."""

    desks: dict[str, Desk]
    queues: dict[str, Queue]
    chance: random.Random
    days: int
    now: datetime = START
    events: list[tuple[datetime, int, str, object]] = field(default_factory=list)
    waiting: list[Conversation] = field(default_factory=list)
    done: list[Conversation] = field(default_factory=list)
    rungs: Counter[Rung] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    history: list[tuple[float, int, int]] = field(default_factory=list)
    decisions: int = 0
    deciding_s: float = 0.0

    def __post_init__(self) -> None:
        self._order = itertools.count()

    def at(self, when: datetime, kind: str, what: object) -> None:
        heapq.heappush(self.events, (when, next(self._order), kind, what))

    def run(self, requests: list[datetime]) -> None:
        for when in requests:
            self.at(when, "request", None)
        for who, desk in self.desks.items():
            desk.is_there = desk.counselor.rota.on_duty(START)
            change = desk.counselor.rota.next_change(START)
            if change:
                self.at(change, "shift", who)
        self.at(START, "count", None)
        end = START + timedelta(days=self.days + 7)
        while self.events:
            self.now, _, kind, what = heapq.heappop(self.events)
            if self.now > end:
                return
            getattr(self, f"on_{kind}")(what)

    # --- what happens ----------------------------------------------------------------------------------

    def on_request(self, _: object) -> None:
        language = self.chance.choices([each for each, _ in LANGUAGES], [share for _, share in LANGUAGES])[0]
        queue = "grief" if self.chance.random() < 0.15 else "general"
        letters = 1 + self.chance.choices(range(3), WRITES_AGAIN)[0]
        clock = Clock(self.now, self.now, is_held=False)
        conversation = Conversation(queue, language, letters, self.now, clock)
        self.wind(conversation)
        if not self.assign(conversation):
            self.waiting.append(conversation)

    def on_shift(self, who: object) -> None:
        desk = self.desks[str(who)]
        change = desk.counselor.rota.next_change(self.now)
        if change:
            self.at(change, "shift", who)
        desk.is_there = desk.counselor.rota.on_duty(self.now)
        if desk.is_there:
            self.work(desk)
            self.find()

    def on_answer(self, what: object) -> None:
        desk, conversation = cast("tuple[Desk, Conversation]", what)
        desk.busy = False
        desk.answers += 1
        due = answer_due(conversation.clock, TERMS)
        self.late["late" if due and self.now > due else "kept"] += 1
        if conversation.first_answer_at is None:
            conversation.first_answer_at = self.now
            self.done.append(conversation)
        conversation.letters -= 1
        conversation.fence += 1
        conversation.clock = Clock(self.now, self.now, Awaits.SEEKER, is_first=False)
        if conversation.letters:
            hours = self.chance.lognormvariate(0, THINKS_H[1]) * THINKS_H[0]
            self.at(self.now + timedelta(hours=hours), "letter", conversation)
            self.work(desk)
        else:
            desk.open -= 1
            self.work(desk)
            self.find()

    def on_letter(self, what: object) -> None:
        """A seeker writes again: to the same counselor or, in a pool, to whoever is there."""
        conversation = what
        assert isinstance(conversation, Conversation)
        conversation.clock = Clock(self.now, self.now, is_first=False)
        self.wind(conversation)
        desk = self.desks[conversation.holder]
        queue = self.queues[conversation.queue]
        if queue.continuity is Continuity.POOL and not queue.rota_of(desk.counselor).on_duty(self.now):
            desk.open -= 1
            conversation.holder = ""
            conversation.clock = turned(conversation.clock, self.now, is_held=False)
            if not self.assign(conversation):
                self.waiting.append(conversation)
        else:
            desk.table.append(conversation)
            self.work(desk)

    def on_clock(self, what: object) -> None:
        conversation, fence = cast("tuple[Conversation, int]", what)
        if conversation.fence != fence:
            return
        due = step(conversation.clock, TERMS, self.now)
        if due is not None:
            self.rungs[due.rung] += 1
            conversation.clock = after(conversation.clock, due, self.now)
        self.wind(conversation)

    def on_count(self, _: object) -> None:
        there = sum(each.is_there for each in self.desks.values())
        self.history.append(((self.now - START) / timedelta(days=1), len(self.waiting), there))
        self.at(self.now + timedelta(hours=1), "count", None)

    # --- decisions, all of them the daemon's -------------------------------------------------------------

    def wind(self, conversation: Conversation) -> None:
        conversation.fence += 1
        when = look_at(conversation.clock, TERMS, self.now)
        if when is not None:
            self.at(max(when, self.now), "clock", (conversation, conversation.fence))

    def find(self) -> None:
        """Give what waits to whoever is free, the oldest first; the same need is not asked for twice in vain."""
        in_vain: set[tuple[str, str]] = set()
        left = []
        for place, conversation in enumerate(self.waiting):
            if not self.has_room():
                left += self.waiting[place:]
                break
            need = conversation.queue, conversation.language
            if need in in_vain or not self.assign(conversation):
                in_vain.add(need)
                left.append(conversation)
        self.waiting = left

    def has_room(self) -> bool:
        """Whether there is any point in asking; who is there was asked at the last change of their rota."""
        return any(each.is_there and each.open < each.counselor.capacity for each in self.desks.values())

    def assign(self, conversation: Conversation) -> bool:
        candidates = [
            Candidate(desk.counselor, Load(desk.open, desk.last_at)) for desk in self.desks.values()
        ]
        request = Request(conversation.language, self.queues[conversation.queue], queues=self.queues)
        begun = time.process_time()
        choice = consider(candidates, request, self.now)
        self.deciding_s += time.process_time() - begun
        self.decisions += 1
        if choice.chosen is None:
            return False
        desk = self.desks[choice.chosen]
        assert desk.open < desk.counselor.capacity, "over capacity"
        assert desk.counselor.rota.on_duty(self.now), "off duty"
        desk.open, desk.last_at, desk.assigned = desk.open + 1, self.now, desk.assigned + 1
        conversation.holder, conversation.assigned_at = choice.chosen, conversation.assigned_at or self.now
        conversation.clock = turned(conversation.clock, self.now, is_held=True)
        self.wind(conversation)
        desk.table.append(conversation)
        self.work(desk)
        return True

    def work(self, desk: Desk) -> None:
        """Take up the next letter, when on duty and not at one; a letter is finished, also after the shift."""
        if desk.busy or not desk.table or not desk.counselor.rota.on_duty(self.now):
            return
        desk.busy = True
        minutes = self.chance.lognormvariate(0, WORK_MIN[1]) * WORK_MIN[0]
        self.at(self.now + timedelta(minutes=minutes), "answer", (desk, desk.table.popleft()))


@dataclass(frozen=True)
class Result:
    """The figures of one variation."""

    name: str
    month: Month
    requests: int

    def waits(self) -> list[float]:
        """Hours from a request to its first answer, shortest first; what was never answered is not in it."""
        return sorted(
            (c.first_answer_at - c.opened_at) / timedelta(hours=1)
            for c in self.month.done
            if c.first_answer_at
        )

    def row(self) -> list[str]:
        waits, month = self.waits(), self.month
        within = [sum(w <= limit for w in waits) / self.requests for limit in (1, 4, 24)]
        to_assign = [
            (c.assigned_at - c.opened_at) / timedelta(minutes=1) for c in month.done if c.assigned_at
        ]
        per_hour = sorted(self.per_hour())
        return [
            self.name,
            f"{len(waits)}",
            *(f"{share:.1%}" for share in within),
            f"{statistics.median(waits):.1f} h",
            f"{waits[int(len(waits) * 0.99) - 1]:.1f} h",
            f"{waits[-1]:.1f} h",
            f"{sum(m < 1 for m in to_assign) / self.requests:.1%}",
            f"{max(waiting for _, waiting, _ in month.history)}",
            f"{per_hour[0]:.1f} / {statistics.median(per_hour):.1f} / {per_hour[-1]:.1f}",
            f"{month.rungs[Rung.HALF]} / {month.rungs[Rung.ENDED]} / {month.rungs[Rung.OPERATOR]}",
        ]

    def per_hour(self) -> list[float]:
        """New conversations of each counselor for each hour of their duty."""
        end = START + timedelta(days=self.month.days)
        found = []
        for desk in self.month.desks.values():
            spans = desk.counselor.rota.spans(START, end)
            hours = sum((b - a) / timedelta(hours=1) for a, b in spans)
            found.append(desk.assigned / max(hours, 1))
        return found


HEAD = ("variation", "answered", "in 1 h", "in 4 h", "in 24 h", "median", "99 %", "longest", "given in 1 min",
        "most waiting", "new per duty hour", "reminded / ended / operator")  # fmt: skip


def simulate(name: str, *, requests: int, days: int, seed: int, share: float = 1.0, leave: int = 0, pool: bool = False,
             overflow: bool = True) -> Result:  # fmt: skip
    """One variation. ``share``: of the usual demand."""
    chance = random.Random(seed)
    agreed = (Overflow("general", (Shift.parse("mon-sun 18:00-06:00 Europe/Berlin"),)),) if overflow else ()
    continuity = Continuity.POOL if pool else Continuity.STICKY
    queues = {"general": Queue("general", continuity), "grief": Queue("grief", continuity, overflow=agreed)}
    month = Month(team(leave), queues, chance, days)
    count = round(requests * share)
    month.run(arrivals(count, days, chance))
    return Result(name, month, count)


def table(results: list[Result]) -> Iterator[str]:
    """As Markdown."""
    yield "| " + " | ".join(HEAD) + " |"
    yield "|" + " --- |" * len(HEAD)
    for each in results:
        yield "| " + " | ".join(each.row()) + " |"


# --- the picture ---------------------------------------------------------------------------------------

WIDTH, HEIGHT, MARGIN = 860, 240, 60


def svg(results: list[Result]) -> str:
    """Three panels in one file that needs nothing else; lines differ by their dashes, too."""
    usual = results[0]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {3 * HEIGHT + 40}" font-family="sans-serif" '
        'font-size="12" role="img" aria-label="Waiting times, load and queue of a simulated helpline">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    parts += _curves(results, 0)
    parts += _bars(usual, HEIGHT)
    parts += _queue(usual, 2 * HEIGHT)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(top: int) -> Box:
    return Box(MARGIN, top + 36, WIDTH - 2 * MARGIN, HEIGHT - 80)


def _curves(results: list[Result], top: int) -> Iterator[str]:
    hours, panel = 36.0, _panel(top)
    marks = [(h / hours, f"{h} h") for h in (1, 4, 8, 12, 24, 36)]
    yield from panel.frame(
        "Requests with a first answer within so many hours", [(s / 4, f"{25 * s} %") for s in range(5)], marks
    )
    for n, each in enumerate(results):
        waits = each.waits()
        cells = range(1, 145)
        within = [(c / 144, sum(w <= hours * c / 144 for w in waits) / each.requests) for c in cells]
        yield panel.line([(0, 0), *within], stroke_of(n, 1.8))
        y = top + HEIGHT - 62 - 16 * (len(results) - n)
        yield f'<line x1="{WIDTH - 330}" x2="{WIDTH - 295}" y1="{y}" y2="{y}" {stroke_of(n, 1.8)}/>'
        yield f'<text x="{WIDTH - 288}" y="{y + 4}">{each.name}</text>'


def _bars(result: Result, top: int) -> Iterator[str]:
    rates, panel = sorted(result.per_hour()), _panel(top)
    highest = max(rates) * 1.1
    left = [(step_ / highest, f"{step_:.1f}") for step_ in (0.0, 0.5, 1.0, 1.5, 2.0) if step_ <= highest]
    yield from panel.frame(
        "New conversations of each counselor for each hour on duty (usual month)", left, []
    )
    yield from panel.bars([rate / highest for rate in rates], 2, f'fill="{INK[0]}"')


def _queue(result: Result, top: int) -> Iterator[str]:
    month, panel = result.month, _panel(top)
    rows = [row for row in month.history if row[0] <= month.days]
    highest = max(*(waiting for _, waiting, _ in rows), *(there for _, _, there in rows), 1) * 1.1
    left = [(n / highest, str(n)) for n in range(0, int(highest) + 1, max(1, int(highest) // 4))]
    below = [(day / month.days, f"day {day}") for day in range(0, month.days + 1, 5)]
    yield from panel.frame(
        "Waiting for a counselor (line) and counselors on duty (dashes), hour by hour", left, below
    )
    for n, column in ((0, 1), (2, 2)):
        points = [(row[0] / month.days, row[column] / highest) for row in rows]
        yield panel.line(points, stroke_of(n, 1.2))


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A month of a helpline, simulated with the daemon's own decisions."
    )
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path, default=None, help="write the picture there")
    options = parser.parse_args()
    same = {"requests": options.requests, "days": options.days, "seed": options.seed}
    results = [
        simulate("usual", **same),
        simulate("pool", **same, pool=True),
        simulate("no overflow", **same, overflow=False),
        simulate("ten on leave", **same, leave=10),
        simulate("a third more", **same, share=4 / 3),
    ]
    print("\n".join(table(results)), flush=True)
    decisions = sum(each.month.decisions for each in results)
    spent = sum(each.month.deciding_s for each in results)
    kept = results[0].month.late
    print(f"\n{decisions} decisions, {spent / decisions * 1e6:.0f} µs of processor time each.")
    print(
        f"Usual month: {kept['kept']} answers within the promise, {kept['late']} after it (first 24 h, later 48 h)."
    )
    if options.svg:
        options.svg.write_text(svg(results), "utf-8")
        print(f"The picture is in {options.svg}.")


if __name__ == "__main__":
    main()
