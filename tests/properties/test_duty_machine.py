"""A year of a helpline on a clock of its own, over two changes of the wall clock: duty and assignment as one machine.

The clock goes from change to change as ``flow.duty`` does. What must hold is said by code that shares nothing with the
program: who is on duty is asked of the wall clock itself, minute by minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.domain.addresses import CounselorAddress
from relay.domain.assignment import Candidate, Load, Request, consider
from relay.domain.leave import Days
from relay.domain.overrides import Override, override
from relay.domain.roster import Continuity, Counselor, Overflow, Queue
from relay.domain.rota import Rota, Shift
from relay.domain.spans import NEVER, Spans
from tests.properties.profile import examples

START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=366)
"""The clocks change on 25 October 2026 and 28 March 2027 in Berlin, on other days in New York."""

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


@dataclass
class Person:
    """One counselor in the test's own words: weekly shifts as (days, first minute, last minute, zone)."""

    name: str
    shifts: list[tuple[set[int], int, int, ZoneInfo]]
    zone: ZoneInfo
    languages: tuple[str, ...]
    topics: frozenset[str]
    queues: frozenset[str]
    capacity: int
    leave: tuple[date, date] | None
    said: tuple[bool, datetime, datetime] | None = None
    away_until: datetime | None = None
    last_at: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        """By the wall clock, leave and what they said last."""
        if self.said and self.said[1] <= at < self.said[2]:
            return self.said[0]
        day = at.astimezone(self.zone).date()
        if self.leave and self.leave[0] <= day <= self.leave[1]:
            return False
        return any(self._covers(at, *shift) for shift in self.shifts)

    @staticmethod
    def _covers(at: datetime, days: set[int], first: int, last: int, zone: ZoneInfo) -> bool:
        wall = at.astimezone(zone)
        minute = wall.hour * 60 + wall.minute
        begun_today = wall.weekday() in days and first <= minute < last
        return begun_today or ((wall.weekday() - 1) % 7 in days and minute + 1440 < last)

    @property
    def counselor(self) -> Counselor:
        shifts = tuple(Shift(frozenset(days), first, last, zone) for days, first, last, zone in self.shifts)
        off = Days(*self.leave).spans(self.zone) if self.leave else NEVER
        said = Override(*self.said) if self.said else None
        return Counselor(
            self.name, self.name, "", CounselorAddress(self.name, "home.test"), Rota(shifts, NEVER, off, said),
            languages=self.languages, capacity=self.capacity, topics=self.topics, queues=self.queues, zone=self.zone,
        )  # fmt: skip


@dataclass
class Conversation:
    queue: str
    language: str
    topics: frozenset[str]
    since: datetime
    holder: str | None = None
    excluded: set[str] = field(default_factory=set)


shift = st.tuples(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 47).map(lambda half: half * 30),
    st.integers(1, 24),
    st.sampled_from([BERLIN, NEW_YORK]),
).map(lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2] * 30, drawn[3]))
people = st.builds(
    Person,
    name=st.just(""),
    shifts=st.lists(shift, max_size=3),
    zone=st.sampled_from([BERLIN, NEW_YORK]),
    languages=st.sampled_from([("en",), ("de",), ("en", "de"), ("es",)]),
    topics=st.sampled_from([frozenset(), frozenset({"grief"})]),
    queues=st.sampled_from([frozenset(), frozenset({"general"}), frozenset({"grief"})]),
    capacity=st.integers(0, 3),
    leave=st.none()
    | st.tuples(st.dates(date(2026, 10, 1), date(2027, 9, 1)), st.integers(0, 20)).map(
        lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1]))
    ),
)


class Year(RuleBasedStateMachine):
    """Requests come, people come and go, time passes; who holds what is decided by ``consider`` alone."""

    @initialize(team=st.lists(people, min_size=1, max_size=4), pool=st.booleans(), friday=shift)
    def begin(self, team: list[Person], pool: bool, friday: tuple[set[int], int, int, ZoneInfo]) -> None:
        self.now = START
        self.team = {f"c{n}": replace(person, name=f"c{n}") for n, person in enumerate(team)}
        self.conversations: list[Conversation] = []
        days, first, last, zone = friday
        self.window = friday
        grief = Queue(
            "grief",
            Continuity.POOL if pool else Continuity.STICKY,
            frozenset({"grief"}),
            overflow=(Overflow("general", (Shift(frozenset(days), first, last, zone),)),),
        )
        self.queues = {"general": Queue("general"), "grief": grief}

    # --- what the machine does, as flow.resolve and flow.duty do ------------------------------------

    def load(self, name: str) -> int:
        return sum(each.holder == name for each in self.conversations)

    def assign(self, conversation: Conversation) -> None:
        candidates = [
            Candidate(p.counselor, Load(self.load(p.name), p.last_at, p.away_until))
            for p in self.team.values()
        ]
        request = Request(
            conversation.language, self.queues[conversation.queue], conversation.topics,
            frozenset(conversation.excluded), queues=self.queues,
        )  # fmt: skip
        choice = consider(candidates, request, self.now)
        named = [name for name, _ in choice.others] + ([choice.chosen] if choice.chosen else [])
        assert sorted(named) == sorted(self.team), "a reason for everybody"
        if choice.chosen is None:
            return
        person = self.team[choice.chosen]
        assert person.is_there(self.now), "never to somebody off duty"
        assert not (person.away_until and self.now < person.away_until)
        assert self.load(choice.chosen) < person.capacity, "never over capacity"
        assert choice.chosen not in conversation.excluded
        assert self.may_answer(person, conversation.queue), "overflow only inside its window"
        conversation.holder = choice.chosen
        person.last_at = self.now

    def may_answer(self, person: Person, queue: str) -> bool:
        own = not person.queues or queue in person.queues
        helps = queue == "grief" and "general" in person.queues and Person._covers(self.now, *self.window)
        return own or helps

    def settle(self) -> None:
        """Everybody who waits, the oldest first."""
        for conversation in sorted(self.conversations, key=lambda each: each.since):
            if conversation.holder is None:
                self.assign(conversation)

    # --- rules -----------------------------------------------------------------------------------------

    @rule(
        queue=st.sampled_from(["general", "grief"]),
        language=st.sampled_from(["en", "de", "es", "fr"]),
        topics=st.sampled_from([frozenset(), frozenset({"grief"})]),
    )
    def somebody_writes(self, queue: str, language: str, topics: frozenset[str]) -> None:
        self.conversations.append(Conversation(queue, language, topics, self.now))
        self.settle()

    @rule(minutes=st.integers(1, 60) | st.integers(60, 60 * 24 * 40))
    def time_passes(self, minutes: int) -> None:
        """From change to change, none is missed."""
        until = min(self.now + timedelta(minutes=minutes), END)
        steps = 0
        while self.now < until and steps < 200:
            steps += 1
            changes = [p.counselor.rota.next_change(self.now) for p in self.team.values()]
            changes.append(Rota(self.queues["grief"].overflow[0].when).next_change(self.now))
            self.now = min([until, *filter(None, changes)])
            self.settle()
        self.now = max(self.now, until) if steps == 200 else self.now
        self.settle()

    @rule(to=st.sampled_from([datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2027, 3, 27, 20, tzinfo=UTC)]))
    def the_night_of_a_clock_change_comes(self, to: datetime) -> None:
        if self.now < to:
            self.now = to
            self.settle()

    @precondition(lambda self: any(each.holder for each in self.conversations))
    @rule(data=st.data())
    def one_is_closed(self, data: st.DataObject) -> None:
        held = [each for each in self.conversations if each.holder]
        self.conversations.remove(data.draw(st.sampled_from(held)))
        self.settle()

    @precondition(lambda self: any(each.holder for each in self.conversations))
    @rule(data=st.data())
    def one_is_given_back(self, data: st.DataObject) -> None:
        """Declined, or the seeker asked for another."""
        conversation = data.draw(st.sampled_from([each for each in self.conversations if each.holder]))
        assert conversation.holder is not None
        conversation.excluded.add(conversation.holder)
        conversation.holder = None
        self.settle()

    @rule(data=st.data(), on=st.booleans(), until=st.none() | st.times() | st.integers(0, 30))
    def somebody_says_on_or_off(self, data: st.DataObject, on: bool, until: time | int | None) -> None:
        person = self.team[data.draw(st.sampled_from(sorted(self.team)))]
        end = (
            (self.now.astimezone(person.zone).date() + timedelta(days=until))
            if isinstance(until, int)
            else until
        )
        end = end.replace(second=0, microsecond=0) if isinstance(end, time) else end
        planned = replace(person.counselor.rota, override=None)
        said = override(on, end, now=self.now, zone=person.zone, shift_ends=planned.next_end)
        assert said.since == self.now < said.until, "it ends by itself"
        person.said = (said.on, said.since, said.until)
        assert person.counselor.rota.on_duty(self.now) is on, "it wins over the rota"
        self.settle()

    @rule(data=st.data(), hours=st.integers(1, 48))
    def a_mailbox_takes_nothing(self, data: st.DataObject, hours: int) -> None:
        person = self.team[data.draw(st.sampled_from(sorted(self.team)))]
        person.away_until = self.now + timedelta(hours=hours)

    # --- what always holds -----------------------------------------------------------------------------

    @invariant()
    def nobody_carries_more_than_they_can(self) -> None:
        for name, person in getattr(self, "team", {}).items():
            assert self.load(name) <= person.capacity

    @invariant()
    def duty_is_what_the_wall_clock_says(self) -> None:
        for person in getattr(self, "team", {}).values():
            assert person.counselor.rota.on_duty(self.now) == person.is_there(self.now)

    @invariant()
    def nobody_waits_for_want_of_a_look(self) -> None:
        """Who is queued could not be given to anybody who speaks their language now."""
        for each in getattr(self, "conversations", []):
            if each.holder is None:
                for person in self.team.values():
                    is_free = person.is_there(self.now) and self.load(person.name) < person.capacity
                    is_away = person.away_until is not None and self.now < person.away_until
                    fits = each.language in person.languages and self.may_answer(person, each.queue)
                    assert not (is_free and fits and not is_away and person.name not in each.excluded)


def test_nobody_is_on_duty_twice_or_lost_over_a_year() -> None:
    """The spans of a rota and its answers minute by minute agree with the wall clock over a year."""
    team = [
        Person("a", [({4, 5}, 1320, 1800, BERLIN), ({6}, 120, 240, BERLIN)], BERLIN, ("en",), frozenset(), frozenset(), 3,
               (date(2027, 3, 26), date(2027, 3, 27))),
        Person("b", [({6, 0}, 60, 210, NEW_YORK), ({6}, 90, 1530, NEW_YORK)], NEW_YORK, ("en",), frozenset(), frozenset(),
               3, None),
    ]  # fmt: skip
    for person in team:
        rota = person.counselor.rota
        spans: Spans = rota.spans(START, END)
        moment = START
        while moment < END:
            near = moment.date() in {
                date(2026, 10, 25),
                date(2026, 11, 1),
                date(2027, 3, 28),
                date(2027, 3, 14),
            }
            expected = person.is_there(moment)
            assert spans.covers(moment) == expected == rota.on_duty(moment), moment
            moment += timedelta(minutes=1 if near else 30)


def test_a_year_of_requests_shifts_and_changes_of_the_clock() -> None:
    """One responsible counselor or queued, within capacity, on duty; what is said by mail wins until it ends."""
    run_state_machine_as_test(Year, settings=settings(examples(0.3), stateful_step_count=25))
