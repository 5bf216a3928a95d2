"""A year of clocks, with both clock changes, restarts and a machine whose time jumps: every step once, and none lost.

The machine holds what the store would (the clock and when it is looked at) and nothing else, so that each look is one
after a restart. What should have been done is kept beside it in another way: a plain set of what each person could
have been told, by turn and by flag.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from relay.domain import clocks
from relay.domain.clocks import HELD, IDLE, OF_A_TURN, OF_RISK, WAITING, Awaits, Clock, Rung, Terms, Whom
from relay.domain.pledges import Pledge
from relay.domain.rota import Rota
from tests.properties.profile import EXAMPLES, IS_LONG

START = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What the store writes for "at once"."""
NIGHT = Rota.parse(["daily 22:00-08:00 Europe/Berlin"])
OWN = Rota.parse(["mon-fri 09:00-17:00 America/New_York", "sat 00:00-24:00 America/New_York"])
PLEDGES = (
    Pledge(),
    Pledge(Terms(idle=timedelta(days=30)), NIGHT),
    Pledge(
        Terms(timedelta(hours=2), timedelta(hours=6), timedelta(minutes=10), idle=timedelta(days=7)), NIGHT
    ),
)
SPANS = st.one_of(
    st.integers(0, 180).map(lambda n: timedelta(minutes=n)),
    st.integers(0, 96).map(lambda n: timedelta(hours=n)),
    st.integers(0, 60).map(lambda n: timedelta(days=n)),
)


class Year(RuleBasedStateMachine):
    """One conversation. ``wall`` is what the machine's clock shows; nothing else is known to whoever looks."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = START
        self.clock: Clock | None = None
        self.look: datetime | None = None
        self.done: list[Rung] = []
        self.had: Rung = Rung(0)

    @initialize(pledge=st.sampled_from(PLEDGES), own=st.sampled_from([Rota(), OWN]))
    def begin(self, pledge: Pledge, own: Rota) -> None:
        self.pledge = pledge
        self.quiet = pledge.quiet_for(own)

    # --- what happens to a conversation ----------------------------------------------------------------

    def _start(self, clock: Clock) -> None:
        self.clock, self.look, self.done = clock, self.wall, []

    @rule(held=st.booleans(), age=SPANS)
    def seeker_writes(self, held: bool, age: timedelta) -> None:
        """The oldest unanswered message keeps its clock. A message may have been held for a while."""
        if self.clock is None or self.clock.awaits is Awaits.SEEKER:
            is_first = self.clock is None
            risk_at = self.clock.risk_at if self.clock else None
            self._start(
                Clock(
                    self.wall - age,
                    self.wall,
                    is_held=held or not is_first,
                    is_first=is_first,
                    risk_at=risk_at,
                )
            )

    @precondition(lambda self: self.clock is not None and self.clock.is_held)
    @rule()
    def counselor_answers(self) -> None:
        assert self.clock is not None
        self._start(Clock(self.wall, self.wall, Awaits.SEEKER, is_first=False, risk_at=self.clock.risk_at))

    @precondition(lambda self: self.clock is not None and self.clock.awaits is Awaits.COUNSELOR)
    @rule(held=st.booleans())
    def another_is_responsible(self, held: bool) -> None:
        assert self.clock is not None
        self.clock = clocks.turned(self.clock, self.wall, is_held=held)
        self.done = [rung for rung in self.done if rung not in OF_A_TURN]
        self.look = EPOCH

    @precondition(lambda self: self.clock is not None)
    @rule(risk=st.booleans())
    def flag(self, risk: bool) -> None:
        assert self.clock is not None
        self.clock = clocks.flagged(self.clock, self.wall if risk else None)
        self.done = [rung for rung in self.done if rung not in OF_RISK]
        self.look = EPOCH

    @precondition(lambda self: self.clock is not None and self.clock.is_held)
    @rule(span=SPANS)
    def hold(self, span: timedelta) -> None:
        """The seeker was told that an answer comes later."""
        assert self.clock is not None
        until = self.wall + span
        self._start(Clock(until, until, is_first=False, risk_at=self.clock.risk_at))

    # --- what happens to time --------------------------------------------------------------------------

    @rule(span=SPANS)
    def time_passes_and_the_timer_runs(self, span: timedelta) -> None:
        """The timer sleeps until the instant that it was told, and looks then."""
        end = self.wall + span
        while self.look is not None and self.look <= end:
            self.wall = max(self.wall, self.look)
            before = self.look
            self._looks()
            assert self.look is None or self.look > min(before, self.wall)
        self.wall = end
        assert self.clock is None or clocks.step(self.clock, self.pledge.terms, end, self.quiet) is None, (
            "slept too long"
        )

    @rule(span=SPANS)
    def time_passes_while_we_are_stopped(self, span: timedelta) -> None:
        self.wall += span
        self._looks()

    @rule(back=st.booleans())
    def the_clock_jumps(self, back: bool) -> None:
        """An hour back or a year ahead, and with the year back again."""
        if back:
            self.wall -= timedelta(hours=1)
            self._looks()
            return
        self.wall += timedelta(days=365)
        self._looks()
        self.wall -= timedelta(days=365)
        self._looks()

    def _looks(self) -> None:
        """As ``flow.promises`` does: one step, and when to look again."""
        if self.clock is None:
            return
        one = clocks.step(self.clock, self.pledge.terms, self.wall, self.quiet)
        if one is not None:
            self._check(one)
            self.clock = clocks.after(self.clock, one, self.wall)
        self.look = clocks.look_at(self.clock, self.pledge.terms, self.wall, self.quiet)
        assert clocks.step(self.clock, self.pledge.terms, self.wall, self.quiet) is None
        assert self.look is None or self.look > self.wall

    def _check(self, one: clocks.Step) -> None:
        assert self.clock is not None
        ladder = IDLE if self.clock.awaits is Awaits.SEEKER else HELD if self.clock.is_held else WAITING
        now = [rung for rung in Rung if rung in one.done]
        assert not set(now) & set(self.done), "a rung was done twice"
        assert one.rung is max(now)
        assert set(one.whom) == {whom for rung in now for whom in ladder[rung]}
        assert len(one.whom) == len(set(one.whom))
        for rung in now:
            assert clocks.instants(self.clock, self.pledge.terms)[rung] <= self.wall
            if self.clock.risk_at is None:
                assert not any(self.quiet[whom].on_duty(self.wall) for whom in ladder[rung])
        if Rung.IDLE_END in one.done:
            assert Rung.IDLE_NOTICE in self.done
        self.done += now

    @invariant()
    def what_was_done_is_what_is_remembered(self) -> None:
        if self.clock is not None:
            assert sum(self.done, Rung(0)) == self.clock.done

    def teardown(self) -> None:
        """A week later, with nobody answering, the whole ladder is done, but for silence, which takes its time."""
        if self.clock is None or self.clock.awaits is Awaits.SEEKER:
            return
        self.wall = max(self.wall, self.clock.since, self.clock.turn_at)
        self.time_passes_and_the_timer_runs(timedelta(days=7))
        ladder = HELD if self.clock.is_held else WAITING
        wanted = {rung for rung in ladder if self.clock.risk_at is not None or rung not in OF_RISK}
        assert wanted <= set(self.done), "a step was lost"


def test_every_step_is_done_once_and_none_is_lost() -> None:
    """Against what happened, in any order of events."""
    runs = settings(
        max_examples=min(EXAMPLES, 4000), stateful_step_count=40, deadline=None, database=None, derandomize=not IS_LONG
    )  # fmt: skip
    run_state_machine_as_test(Year, settings=runs)


@settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=not IS_LONG)
@given(
    minutes=st.integers(0, 366 * 24 * 60),
    looks=st.lists(st.integers(1, 3 * 24 * 60), min_size=1, max_size=60),
    pledge=st.sampled_from(PLEDGES),
    held=st.booleans(),
    risk=st.booleans(),
)
def test_however_often_it_is_looked_at_the_same_people_are_told(
    minutes: int, looks: list[int], pledge: Pledge, held: bool, risk: bool
) -> None:
    """Looking at other instants changes how many notices there are, never who hears, or that all is done in the end."""
    since = START + timedelta(minutes=minutes)
    clock = Clock(since, since, is_held=held, risk_at=since if risk else None)
    told: set[Whom] = set()
    now, grown = since, clock.done
    for step_minutes in (*looks, 30 * 24 * 60, 12 * 60):
        now += timedelta(minutes=step_minutes)
        one = clocks.step(clock, pledge.terms, now, pledge.quiet_for())
        if one is not None:
            told.update(one.whom)
            clock = clocks.after(clock, one, now)
            assert clock.done & grown == grown
            grown = clock.done
    ladder = HELD if held else WAITING
    wanted = {rung for rung in ladder if risk or rung not in OF_RISK}
    assert {rung for rung in Rung if rung in clock.done} == wanted
    assert told == {whom for rung in wanted for whom in ladder[rung]}
    assert replace(clock, done=Rung(0)) == Clock(since, since, is_held=held, risk_at=since if risk else None)
