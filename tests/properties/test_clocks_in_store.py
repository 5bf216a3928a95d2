"""Clocks in the real store under the real timer: a year of jumps, both clock changes, restarts, and crashes in between.

What each person may be told is counted beside: no rung twice in one clock and turn, each with its notice, none lost.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from relay.domain.addresses import CounselorAddress, SupervisorAddress
from relay.domain.assignment import Load
from relay.domain.clocks import HELD, OF_A_TURN, OF_RISK, WAITING, Awaits, Clock, Rung, Terms, look_at
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.pledges import Pledge, Pledges
from relay.domain.roster import Counselor, Intake, Roster, Supervisor
from relay.domain.rota import Rota
from relay.edge.store import clocks as rows
from relay.flow.dues import Done
from relay.flow.letters import Letters
from relay.flow.office import Office
from relay.flow.outcomes import LeasedDelivery, NewConversation, Outcome, Outgoing, Settled
from relay.flow.promises import Promises
from relay.flow.resolve import Plan
from relay.flow.values import Service, Target, TargetKind, ThreadLink
from relay.resources import folder
from tests.properties.profile import IS_LONG
from tests.unit.edge.store_world import HELP, World, new_conversation, opening, token

T = TypeVar("T")

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
NIGHT = Rota.parse(["daily 22:00-08:00 Europe/Berlin"])
ALWAYS = Rota.parse(["always"])
PLEDGE = Pledge(Terms(), NIGHT)
LETTERS = Letters.load(folder("templates"))
PLAN = Plan(
    Service("Support", "relay.test", "operator@ops.test"),
    Roster(
        (
            Counselor("ana", "Robin", "", CounselorAddress("ana", "home.test"), ALWAYS, capacity=1000),
            Counselor("ben", "Linden", "", CounselorAddress("ben", "home.test"), ALWAYS, capacity=1000),
        ),
        (Intake(HELP),),
        (Supervisor("rowan", "Rowan", SupervisorAddress("sage", "home.test")),),
    ),
    pledges=Pledges(PLEDGE),
)
SPANS = st.one_of(
    st.integers(1, 240).map(lambda n: timedelta(minutes=n)),
    st.integers(1, 72).map(lambda n: timedelta(hours=n)),
    st.integers(1, 40).map(lambda n: timedelta(days=n)),
)


class Killed(Exception):
    """The process has died at this point."""


class Spy:
    """The store's clocks as the timer sees them: counts what is recorded, and dies where it is told."""

    def __init__(self, machine: InStore) -> None:
        self.machine = machine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.machine.world.store.clocks, name)

    async def record(
        self, done: Sequence[Done], notices: Sequence[Outgoing], now: datetime
    ) -> tuple[LeasedDelivery, ...]:
        if self.machine.dies == "before":
            raise Killed
        sent: tuple[LeasedDelivery, ...] = await self.machine.world.store.clocks.record(done, notices, now)
        self.machine.recorded(done, sent)
        if self.machine.dies == "after":
            raise Killed
        return sent


class InStore(RuleBasedStateMachine):
    """Some conversations, one timer."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder / "state")
        self.wall = START
        self.dies = ""
        self.open: list[NewConversation] = []
        self.epoch: Counter[bytes] = Counter()
        """Counts up whenever rungs may begin anew: another clock, another turn, another flag."""
        self.told: Counter[tuple[bytes, int, Rung]] = Counter()
        self.last: dict[tuple[bytes, Rung], int] = {}
        self.notices: list[bytes] = []
        self._do(self._begin())

    async def _begin(self) -> None:
        self.world.open_fresh()
        self._timer()

    def _timer(self) -> None:
        async def loads() -> Mapping[str, Load]:
            return await self.world.store.loads()

        class Loads:
            async def loads(self) -> Mapping[str, Load]:
                return await loads()

        self.promises = Promises(
            Spy(self), Loads(), Office(LETTERS, lambda: PLAN, self, os.urandom, lambda _: None)
        )

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(what)

    # the clock that the timer is given
    def now(self) -> datetime:
        return self.wall

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        raise NotImplementedError

    def recorded(self, done: Sequence[Done], sent: Sequence[LeasedDelivery]) -> None:
        """What the timer has done, once it is committed."""
        for each in done:
            new = each.after.done & ~each.due.clock.done
            for rung in (rung for rung in Rung if rung in new):
                of = each.due.conversation_id
                epoch = self._epoch_of(of, rung)
                self.told[of, epoch, rung] += 1
                assert self.told[of, epoch, rung] == 1, f"{rung.name} twice"
        self.notices += [one.delivery_id for one in sent]

    def _epoch_of(self, of: bytes, rung: Rung) -> int:
        scope = "turn" if rung in OF_A_TURN else "clock"
        flag = "flag" if rung in OF_RISK else ""
        return hash(
            (self.epoch[of + b"clock"], self.epoch[of + scope.encode()], self.epoch[of + flag.encode()])
        )

    # --- what happens ----------------------------------------------------------------------------------

    @precondition(lambda self: len(self.open) < 4)
    @rule(counselor=st.sampled_from(["ana", None]))
    def somebody_asks(self, counselor: str | None) -> None:
        new = new_conversation(counselor)
        made = opening(new)
        due = look_at(Clock(self.wall, self.wall, is_held=counselor is not None), PLEDGE.terms, self.wall)
        settled = Settled(made.target, made.outcome, made.opens, look_at=due)
        self._do(self._settle(settled))
        self.open.append(new)

    async def _settle(self, settled: Settled) -> None:
        entry = await self.world.leased()
        object.__setattr__(entry, "received_at", self.wall)
        await self.world.store.settle(entry, [settled], self.wall)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), side=st.sampled_from(Side))
    def somebody_writes(self, data: st.DataObject, side: Side) -> None:
        new = data.draw(st.sampled_from(self.open))
        view = self._do(self.world.view(new))
        found = self._do(self.world.store.clocks.clock_of(new.conversation_id))
        assert found is not None
        if side is Side.COUNSELOR and view.counselor_id is None:
            return
        event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
        awaits = Awaits.COUNSELOR if side is Side.SEEKER else Awaits.SEEKER
        held = view.counselor_id is not None
        due = look_at(Clock(self.wall, self.wall, awaits, held, is_first=False), PLEDGE.terms, self.wall)
        link = ThreadLink(side, "", f"<{token()}@relay.test>")
        target = Target(TargetKind.ALIAS, HELP, view, side)
        decided = Outcome(EntryEvent.PLANNED, conversation_event=event, link=link)
        self._do(self._settle(Settled(target, decided, look_at=due)))
        if side is Side.COUNSELOR or found.awaits is Awaits.SEEKER:
            self.epoch[new.conversation_id + b"clock"] += 1

    @rule()
    def whoever_waits_gets_somebody(self) -> None:
        for waiting in self._do(self.world.store.waiting(10)):
            alias = f"{token()}@relay.test"
            self._do(self.world.store.assign(waiting, "ben", 1000, alias, self.wall))
            self.epoch[waiting.conversation_id + b"turn"] += 1

    @precondition(lambda self: self.open)
    @rule(data=st.data(), risk=st.booleans())
    def somebody_flags(self, data: st.DataObject, risk: bool) -> None:
        of, at = data.draw(st.sampled_from(self.open)).conversation_id, self.wall
        self._do(self.world.store._writer.run(lambda c: rows.flag(c, of, at, is_risk=risk)))
        self.epoch[of + b"flag"] += 1

    # --- time, and what becomes of the machine ---------------------------------------------------------

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        end = self.wall + span
        self._look()
        while True:
            due = self._do(self.world.store.clocks.next_look_at())
            if due is None or due > end:
                break
            self.wall = max(self.wall, due)
            self._look()
        self.wall = end

    @rule(span=SPANS)
    def the_daemon_is_down(self, span: timedelta) -> None:
        self._restart()
        self.wall += span
        self._look()

    @rule(back=st.booleans())
    def the_clock_jumps(self, back: bool) -> None:
        by = -timedelta(hours=1) if back else timedelta(days=365)
        self.wall += by
        self._look()
        if not back:
            self.wall -= by
            self._look()

    @rule(when=st.sampled_from(["before", "after"]), span=SPANS)
    def it_dies_at_a_step(self, when: str, span: timedelta) -> None:
        """Before the commit nothing has happened, after it everything has."""
        self.wall += span
        self.dies = when
        try:
            self._look()
        except Killed:
            pass
        finally:
            self.dies = ""
        self._restart()
        self._look()

    def _restart(self) -> None:
        self._do(self._restarted())

    async def _restarted(self) -> None:
        await self.world.store.close()
        self.world.open()
        self._timer()

    def _look(self) -> None:
        while self._do(self.promises.look()):
            pass

    def teardown(self) -> None:
        """A week later everything that is owed an answer is at the end of its ladder, and each notice is in the store."""
        try:
            self.time_passes(timedelta(days=7))
            for new in self.open:
                clock = self._do(self.world.store.clocks.clock_of(new.conversation_id))
                assert clock is not None
                if clock.awaits is Awaits.COUNSELOR and max(
                    clock.since, clock.turn_at
                ) < self.wall - timedelta(days=4):
                    ladder = HELD if clock.is_held else WAITING
                    left = {r for r in ladder if r not in clock.done and (clock.risk_at or r not in OF_RISK)}
                    assert not left, "a step was lost"
            self._do(self._count())
        finally:
            self._do(self.world.store.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    async def _count(self) -> None:
        """Exactly the notices of the steps that were recorded."""
        count = "SELECT count(*) FROM deliveries"
        run = self.world.store._reader.run
        assert await run(lambda c: c.exec_driver_sql(count).scalar()) == len(self.notices)


def test_with_the_real_store_every_step_is_recorded_once_with_its_notice() -> None:
    """In any order of what happens to people, to time and to the machine."""
    runs = settings(
        max_examples=400 if IS_LONG else 25, stateful_step_count=20, deadline=None, database=None, derandomize=not IS_LONG
    )  # fmt: skip
    run_state_machine_as_test(InStore, settings=runs)
