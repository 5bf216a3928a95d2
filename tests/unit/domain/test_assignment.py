"""A request goes to somebody on duty with a free slot whose turn it is, or it waits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relay.domain.addresses import CounselorAddress
from relay.domain.assignment import Candidate, Load, choose, next_start
from relay.domain.roster import Counselor
from relay.domain.rota import Rota

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
NOBODY: frozenset[str] = frozenset()


def candidate(
    counselor_id: str,
    *,
    duty: str = "always",
    languages: tuple[str, ...] = ("en",),
    carries: int = 0,
    idle_min: int | None = None,
    capacity: int = 3,
) -> Candidate:
    last = None if idle_min is None else NOW - timedelta(minutes=idle_min)
    counselor = Counselor(
        counselor_id=counselor_id,
        pseudonym=counselor_id.title(),
        name="A Name",
        address=CounselorAddress(counselor_id, "home.test"),
        rota=Rota.parse([duty]),
        languages=languages,
        capacity=capacity,
    )
    return Candidate(counselor, Load(carries, last))


def test_who_was_never_asked_is_asked_first_then_who_waited_longest() -> None:
    """Turns are by the time since the last new request, not by how much somebody carries."""
    ana, ben, kim = (
        candidate("ana", idle_min=5),
        candidate("ben", idle_min=90, carries=2),
        candidate("kim", carries=1),
    )

    assert choose([ana, ben, kim], "en", NOBODY, NOW) == "kim"
    assert choose([ana, ben], "en", NOBODY, NOW) == "ben"


def test_equal_turns_go_to_the_fewest_open_and_then_by_id() -> None:
    """The same values give the same choice, whatever their order."""
    ana, ben, kim = candidate("ana", carries=1), candidate("ben"), candidate("kim")

    assert choose([ana, ben, kim], "en", NOBODY, NOW) == "ben"
    assert choose([kim, ben, ana], "en", NOBODY, NOW) == "ben"


def test_off_duty_full_and_excluded_counselors_are_not_asked() -> None:
    """With nobody else, the request waits."""
    off, full, out = candidate("off", duty="never"), candidate("full", carries=3), candidate("out")

    assert choose([off, full, out], "en", frozenset({"out"}), NOW) is None
    assert choose([off, full, out], "en", NOBODY, NOW) == "out"
    assert choose([], "en", NOBODY, NOW) is None


def test_speakers_of_the_language_come_first() -> None:
    """Also when it is somebody else's turn; a region makes no difference."""
    ana, eva = candidate("ana"), candidate("eva", languages=("de", "es-MX"), idle_min=1)

    assert choose([ana, eva], "es", NOBODY, NOW) == "eva"
    assert choose([ana, eva], "es-ES", NOBODY, NOW) == "eva"


def test_a_person_in_need_does_not_wait_for_a_speaker() -> None:
    """When no speaker is free, the service's own language will do, but not any language."""
    eva = candidate("eva", languages=("es",), duty="tue 09:00-10:00")
    ana, uwe = candidate("ana", idle_min=1), candidate("uwe", languages=("de",))

    assert choose([eva, ana, uwe], "es", NOBODY, NOW) == "ana"
    assert choose([eva, ana, uwe], "es", NOBODY, NOW, service_language="de") == "uwe"
    assert choose([eva, uwe], "es", NOBODY, NOW) is None


def test_anybody_is_asked_when_nobody_will_ever_speak_it() -> None:
    """Waiting would not help when the whole roster has no speaker."""
    uwe = candidate("uwe", languages=("de",))

    assert choose([uwe], "es", NOBODY, NOW) == "uwe"


def test_the_next_duty_is_the_first_of_all() -> None:
    """Those who never start again do not count."""
    ana, ben, off = (
        candidate("ana", duty="tue 09:00-10:00"),
        candidate("ben", duty="13:00-14:00"),
        candidate("off", duty="never"),
    )

    assert next_start([c.counselor for c in (ana, ben, off)], NOW) == NOW + timedelta(hours=1)
    assert next_start([off.counselor], NOW) is None
    assert next_start([], NOW) is None


@st.composite
def rosters(draw: st.DrawFn) -> list[Candidate]:
    return [
        candidate(
            f"c{number}",
            duty=draw(
                st.sampled_from(["always", "never", "mon 11:00-13:00", "mon 13:00-14:00", "sun 23:00-12:01"])
            ),
            languages=tuple(draw(st.lists(st.sampled_from(["en", "es", "de"]), min_size=1, max_size=2))),
            carries=draw(st.integers(0, 4)),
            idle_min=draw(st.none() | st.integers(0, 5)),
            capacity=draw(st.integers(1, 3)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@given(rosters(), st.sampled_from(["en", "es", "fr"]), st.sets(st.sampled_from(["c0", "c1", "c2"])))
def test_never_off_duty_never_over_capacity_never_excluded(
    roster: list[Candidate], language: str, excluded: set[str]
) -> None:
    """No need is great enough for that."""
    chosen = choose(roster, language, frozenset(excluded), NOW)
    if chosen is not None:
        found = next(c for c in roster if c.counselor.counselor_id == chosen)

        assert found.counselor.rota.on_duty(NOW)
        assert found.load.open < found.counselor.capacity
        assert chosen not in excluded


@given(st.integers(1, 7), st.integers(1, 40))
def test_requests_are_spread_within_one(counselors: int, requests: int) -> None:
    """Among equals, nobody gets a second request before everybody had a first one."""
    loads = {f"c{number}": Load() for number in range(counselors)}
    for minute in range(requests):
        roster = [Candidate(candidate(name, capacity=100).counselor, load) for name, load in loads.items()]
        chosen = choose(roster, "en", NOBODY, NOW + timedelta(minutes=minute))
        assert chosen is not None
        loads[chosen] = Load(loads[chosen].open + 1, NOW + timedelta(minutes=minute))
    given_out = Counter({name: load.open for name, load in loads.items()})

    assert max(given_out.values()) - min(given_out.values()) <= 1
