"""The clock of a conversation: which rung is due when, for whom, and what a clock that jumps does to it (nothing)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relay.domain.clocks import (
    HELD,
    IDLE,
    OF_A_TURN,
    OF_RISK,
    WAITING,
    Awaits,
    Clock,
    Rung,
    Terms,
    Whom,
    after,
    answer_due,
    flagged,
    instants,
    look_at,
    step,
    turned,
)
from relay.domain.pledges import Pledge, Pledges
from relay.domain.rota import Rota

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TERMS = Terms()
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NEVER = Rota()
NIGHT = Rota.parse(["daily 22:00-08:00 Europe/Berlin"])


def run(
    clock: Clock, *, until: timedelta, every: timedelta = MINUTE, terms: Terms = TERMS, quiet: Rota = NEVER
) -> list[tuple[timedelta, str, tuple[Whom, ...]]]:
    """Look at a clock again and again; what was done, and when."""
    pledge, done = Pledge(terms, quiet), []
    now = clock.since
    while now <= clock.since + until:
        one = step(clock, terms, now, pledge.quiet_for())
        if one is not None:
            done.append((now - clock.since, str(one.rung.name), one.whom))
            clock = after(clock, one, now)
        now += every
    return done


def test_a_first_answer_is_reminded_of_offered_and_escalated() -> None:
    """24 hours: half, three quarters, the end, and then every two hours somebody further up."""
    assert run(Clock(NOON, NOON), until=3 * DAY) == [
        (12 * HOUR, "HALF", (Whom.COUNSELOR,)),
        (18 * HOUR, "THREE_QUARTERS", (Whom.COUNSELOR,)),
        (24 * HOUR, "ENDED", (Whom.OTHERS,)),
        (26 * HOUR, "SUPERVISOR", (Whom.SUPERVISOR,)),
        (28 * HOUR, "OPERATOR", (Whom.OPERATOR,)),
    ]


def test_a_later_answer_has_its_own_time() -> None:
    """48 hours."""
    found = run(Clock(NOON, NOON, is_first=False), until=5 * DAY)
    assert [at / HOUR for at, _, _ in found] == [24, 36, 48, 50, 52]


def test_while_nobody_has_it_those_hear_who_can_find_somebody() -> None:
    """Before the promise is broken."""
    assert run(Clock(NOON, NOON, is_held=False), until=3 * DAY) == [
        (12 * HOUR, "HALF", (Whom.SUPERVISOR,)),
        (18 * HOUR, "THREE_QUARTERS", (Whom.SUPERVISOR,)),
        (24 * HOUR, "ENDED", (Whom.SUPERVISOR,)),
        (26 * HOUR, "SUPERVISOR", (Whom.OPERATOR,)),
    ]


def test_danger_has_a_ladder_of_its_own() -> None:
    """60, 90 and 120 minutes; the promise's own ladder goes on beside it."""
    found = run(Clock(NOON, NOON, risk_at=NOON), until=3 * HOUR)
    assert found == [
        (HOUR, "RISK_FIRST", (Whom.COUNSELOR,)),
        (90 * MINUTE, "RISK_SECOND", (Whom.OTHERS, Whom.SUPERVISOR)),
        (120 * MINUTE, "RISK_THIRD", (Whom.OPERATOR,)),
    ]
    waiting = run(Clock(NOON, NOON, is_held=False, risk_at=NOON), until=3 * HOUR)
    assert [(at / MINUTE, whom) for at, _, whom in waiting] == [
        (60, (Whom.SUPERVISOR,)),
        (90, (Whom.SUPERVISOR,)),
        (120, (Whom.OPERATOR,)),
    ]


def test_danger_counts_from_the_flag_when_that_comes_later() -> None:
    """A flag ten hours after the message does not find all its rungs behind it; a second flag begins anew."""
    clock = flagged(Clock(NOON, NOON), NOON + 10 * HOUR)
    assert step(clock, TERMS, NOON + 10 * HOUR) is None
    found = instants(clock, TERMS)
    assert found[Rung.RISK_FIRST] == NOON + 11 * HOUR
    one = step(clock, TERMS, NOON + 13 * HOUR)
    assert one is not None
    again = flagged(after(clock, one, NOON + 13 * HOUR), NOON + 14 * HOUR)
    assert not again.done & OF_RISK
    assert Rung.HALF in again.done
    assert not OF_RISK & sum(instants(flagged(clock, None), TERMS), Rung(0))


def test_whoever_takes_over_late_has_a_quarter_of_the_promise_before_anybody_is_told_of_them() -> None:
    """Reminders begin anew, supervisor and operator count from the seeker's message."""
    waited = Clock(NOON, NOON, is_held=False)
    now = NOON + 23 * HOUR
    one = step(waited, TERMS, now)
    assert one is not None
    taken = turned(after(waited, one, now), now, is_held=True)
    assert step(taken, TERMS, now) is None
    due = instants(taken, TERMS)
    assert due[Rung.HALF] == now + 3 * HOUR
    assert due[Rung.ENDED] == now + 6 * HOUR
    assert due[Rung.SUPERVISOR] == NOON + 26 * HOUR
    again = step(taken, TERMS, now + 3 * HOUR)
    assert again is not None
    assert again.rung is Rung.SUPERVISOR
    assert again.whom == (Whom.COUNSELOR, Whom.SUPERVISOR)


def test_after_a_jump_ahead_everybody_concerned_is_told_once() -> None:
    """The highest rung is done, the others count as passed, and nothing is left to be done again."""
    clock = Clock(NOON, NOON)
    far = NOON + 365 * DAY
    one = step(clock, TERMS, far)
    assert one is not None
    assert one.rung is Rung.OPERATOR
    assert one.whom == (Whom.COUNSELOR, Whom.OTHERS, Whom.SUPERVISOR, Whom.OPERATOR)
    clock = after(clock, one, far)
    for now in (far, far + DAY, NOON, NOON + 12 * HOUR, NOON + 24 * HOUR):
        assert step(clock, TERMS, now) is None
    assert look_at(clock, TERMS, far) is None


def test_a_clock_that_goes_back_repeats_nothing() -> None:
    """An hour back after the first reminder: the second comes when it is due."""
    clock = Clock(NOON, NOON)
    one = step(clock, TERMS, NOON + 12 * HOUR)
    assert one is not None
    clock = after(clock, one, NOON + 12 * HOUR)
    assert step(clock, TERMS, NOON + 12 * HOUR) is None
    assert look_at(clock, TERMS, NOON + 11 * HOUR) == NOON + 18 * HOUR


def test_quiet_hours_are_caught_up_once_at_their_end() -> None:
    """A message at 13:00 in Berlin, promised within 12 hours: what falls into the night comes at 8, in one notice."""
    terms = Terms(first=12 * HOUR, interval=4 * HOUR)
    found = run(Clock(NOON, NOON), until=2 * DAY, terms=terms, quiet=NIGHT)
    assert found == [
        (6 * HOUR, "HALF", (Whom.COUNSELOR,)),
        (19 * HOUR, "SUPERVISOR", (Whom.COUNSELOR, Whom.OTHERS, Whom.SUPERVISOR)),
        (20 * HOUR, "OPERATOR", (Whom.OPERATOR,)),
    ]


def test_danger_knows_no_quiet_hours() -> None:
    """Not even for what else is due in a flagged conversation."""
    night = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    found = run(Clock(night, night, risk_at=night), until=3 * HOUR, quiet=NIGHT)
    assert [at / MINUTE for at, _, _ in found] == [60, 90, 120]


@pytest.mark.parametrize(
    ("evening", "hours"),
    [
        (datetime(2026, 3, 28, 20, 0, tzinfo=UTC), 10),  # 21:00, and the night has an hour less
        (datetime(2026, 10, 24, 19, 0, tzinfo=UTC), 12),  # 21:00, and the night has an hour more
    ],
)
def test_the_night_of_a_clock_change_ends_by_the_clock_on_the_wall(evening: datetime, hours: int) -> None:
    """At eight in the morning, once."""
    terms = Terms(first=2 * HOUR, interval=3 * DAY)
    found = run(Clock(evening, evening), until=DAY, terms=terms, quiet=NIGHT)
    assert [at / HOUR for at, _, _ in found] == [hours]


def test_a_counselor_has_quiet_hours_of_their_own() -> None:
    """Where they have said so; supervisors and the operator have those of the service."""
    own = Rota.parse(["daily 12:00-20:00 UTC"])
    quiet = Pledge(TERMS, NIGHT).quiet_for(own)
    assert quiet[Whom.COUNSELOR] == own
    assert quiet[Whom.OPERATOR] == NIGHT
    assert Pledge(TERMS, NIGHT).quiet_for(Rota())[Whom.COUNSELOR] == NIGHT


def test_silence_ends_a_conversation_only_after_a_whole_notice() -> None:
    """However late the notice was given, for instance after a long stop."""
    terms = Terms(idle=30 * DAY, idle_notice=3 * DAY)
    clock = Clock(NOON, NOON, Awaits.SEEKER)
    assert look_at(clock, terms, NOON) == NOON + 27 * DAY
    late = NOON + 100 * DAY
    one = step(clock, terms, late)
    assert one is not None
    assert (one.rung, one.whom) == (Rung.IDLE_NOTICE, (Whom.COUNSELOR,))
    clock = after(clock, one, late)
    assert step(clock, terms, late + 3 * DAY - MINUTE) is None
    assert look_at(clock, terms, late) == late + 3 * DAY
    end = step(clock, terms, late + 3 * DAY)
    assert end is not None
    assert (end.rung, end.whom) == (Rung.IDLE_END, ())
    assert step(Clock(NOON, NOON, Awaits.SEEKER), TERMS, late) is None


def test_the_answer_is_due_when_it_was_promised() -> None:
    """For receipts and lists; nothing is due while the seeker's words are awaited."""
    assert answer_due(Clock(NOON, NOON), TERMS) == NOON + DAY
    assert answer_due(Clock(NOON, NOON, is_first=False), TERMS) == NOON + 2 * DAY
    assert answer_due(Clock(NOON, NOON, risk_at=NOON + HOUR), TERMS) == NOON + 2 * HOUR
    assert answer_due(Clock(NOON, NOON, risk_at=NOON + 30 * HOUR), TERMS) == NOON + DAY
    assert answer_due(Clock(NOON, NOON, Awaits.SEEKER), TERMS) is None


def test_every_rung_has_its_place() -> None:
    """Each is a bit of its own, and whoever is told stands in the tables."""
    assert sorted(rung.bit_length() for rung in Rung) == list(range(1, len(Rung) + 1))
    assert HELD.keys() | IDLE.keys() == set(Rung)
    assert WAITING.keys() <= HELD.keys()
    assert all(rung in HELD for rung in OF_A_TURN | OF_RISK)


def test_what_holds_for_an_address_is_what_it_has_of_its_own() -> None:
    """In any spelling."""
    own = Pledge(Terms(first=HOUR))
    pledges = Pledges(by_intake={"grief@relay.test": own})
    assert pledges.of("Grief@relay.test") is own
    assert pledges.of("help@relay.test").terms == TERMS
