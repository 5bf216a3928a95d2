"""What clocks cost: 10,000 open conversations, each owed an answer, in an embedded store on this disk.

    .venv/bin/python -m bench.clocks [conversations]

Three things: what the one statement adds to the transaction that settles a message (with and without it, taking turns,
processor time of the writing thread, without the commit); what the start of a daemon pays; and what it costs when all of them
are due at once. The notices are counted and thrown away.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay import log
from relay.domain.addresses import CounselorAddress, OperatorAddress, OurAddress, ReversePath
from relay.domain.aliases import mint_token
from relay.domain.assignment import Load
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.roster import Counselor, Intake, Roster
from relay.domain.rota import Rota
from relay.edge.store import SqlStore, open_store, settling
from relay.flow.letters import Letters
from relay.flow.office import Office
from relay.flow.outcomes import NewConversation, Outcome, Settled
from relay.flow.people import view_of
from relay.flow.promises import Promises
from relay.flow.resolve import Plan
from relay.flow.values import Envelope, LeasedEntry, NewEntry, Service, Target, TargetKind, ThreadLink
from relay.resources import folder

HELP = OurAddress("help", "relay.test")
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COUNSELORS = 40
ROUNDS, MESSAGES = 30, 40


class Still:
    """A clock that a bench moves."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        async with asyncio.timeout(at_most_s):
            await event.wait()


def _counselor(number: int) -> Counselor:
    address = CounselorAddress(f"c{number}", "home.test")
    return Counselor(f"c-{number}", f"Linden {number}", "", address, Rota.parse(["always"]), capacity=10_000)


async def _entry(store: SqlStore) -> LeasedEntry:
    entry_id = os.urandom(16)
    body = store.new_body(entry_id)
    await body.write(b"Subject: hello\r\n\r\nHelp.\r\n")
    envelope = Envelope(ReversePath("sam@mail.test"), (HELP,))
    await store.accept(NewEntry(entry_id, envelope, START, 25, entry_id.hex(), START), body)
    leased = await store.lease_entry(entry_id, START)
    assert leased is not None
    return leased


async def _open(store: SqlStore, number: int, roster: Roster) -> bytes:
    new = NewConversation(
        conversation_id=os.urandom(16), intake=HELP.key, language="en", seeker_addresses=(f"s{number}@mail.test",),
        seeker_names=(), pseudonym=f"Maple Heron {number}", seeker_alias=f"{mint_token(os.urandom)}@relay.test",
        counselor_alias=f"{mint_token(os.urandom)}@relay.test",
        counselor_id=roster.counselors[number % COUNSELORS].counselor_id, capacity=10_000,
    )  # fmt: skip
    outcome = Outcome(EntryEvent.PLANNED, conversation_event=ConversationEvent.SEEKER_WROTE)
    target = Target(TargetKind.INTAKE, HELP, None, Side.SEEKER)
    due = START + timedelta(hours=12, milliseconds=number)
    await store.settle(await _entry(store), [Settled(target, outcome, new, look_at=due)], START)
    return new.conversation_id


async def _message(
    store: SqlStore, conversation_id: bytes, roster: Roster, side: Side
) -> tuple[LeasedEntry, Settled]:
    stored = await store.conversation(conversation_id)
    assert stored is not None
    link = ThreadLink(side, f"<{os.urandom(8).hex()}@mail.test>", f"<{os.urandom(8).hex()}@relay.test>")
    event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
    target = Target(TargetKind.ALIAS, HELP, view_of(stored, roster), side)
    return await _entry(store), Settled(
        target, Outcome(EntryEvent.PLANNED, conversation_event=event, link=link)
    )


async def _settling(store: SqlStore, ids: list[bytes], roster: Roster) -> None:
    """With the clock's statement and without it, by turns: the work of the transaction, without its commit."""
    wind = settling._wind  # noqa: SLF001
    spent: dict[bool, list[float]] = {True: [], False: []}
    settle, clock = settling.settle, [0]

    def timed(*arguments: object, **named: object) -> None:
        began = time.thread_time_ns()
        settle(*arguments, **named)  # type: ignore[arg-type]
        clock[0] += time.thread_time_ns() - began

    settling.settle = timed
    for turn in range(2 * ROUNDS):
        has_clock, clock[0] = turn % 2 == 0, 0
        settling._wind = wind if has_clock else lambda *_: None  # noqa: SLF001
        for number in range(MESSAGES):
            side = Side.SEEKER if number % 2 else Side.COUNSELOR
            entry, settled = await _message(store, ids[number % len(ids)], roster, side)
            await store.settle(entry, [settled], START)
        spent[has_clock].append(clock[0] / MESSAGES / 1000)
    settling.settle, settling._wind = settle, wind  # noqa: SLF001
    ratios = [a / b for a, b in zip(spent[True], spent[False], strict=True)]
    print(f"settling a message: {statistics.median(spent[False]):.0f} µs without a clock, "
          f"{statistics.median(spent[True]):.0f} µs with it; ratio {statistics.median(ratios):.3f}")  # fmt: skip


async def _due(store: SqlStore, roster: Roster) -> None:
    """All at once: the worst that a long stop leaves behind."""
    clock, sent = Still(), [0]
    service = Service("Support", "relay.test", OperatorAddress("op", "ops.test").reveal())

    class Loads:
        async def loads(self) -> Mapping[str, Load]:
            return await store.loads()

    def count_it(_delivery: object) -> None:
        sent[0] += 1

    office = Office(
        Letters.load(folder("templates")), lambda: Plan(service, roster), clock, os.urandom, count_it
    )
    promises = Promises(store.clocks, Loads(), office)
    began = time.perf_counter()
    looked = 0
    while await promises.agree():
        while found := await promises.look():
            looked += found
    print(f"the first start: {looked} clocks looked at, nothing due: {time.perf_counter() - began:.2f} s")
    again = Promises(store.clocks, Loads(), office)
    began = time.perf_counter()
    assert not await again.agree()
    assert not await again.look()
    next_at = await store.clocks.next_look_at()
    print(f"every later start: {(time.perf_counter() - began) * 1000:.1f} ms; next due {next_at:%H:%M:%S}")
    clock.at = START + timedelta(hours=13)
    began, looked = time.perf_counter(), 0
    while found := await again.look():
        looked += found
    spent = time.perf_counter() - began
    print(f"{looked} steps at once: {spent:.2f} s, {spent / looked * 1e6:.0f} µs each, {sent[0]} notices")


async def main(count: int) -> None:
    """Build, then measure."""
    log.configure("error")
    roster = Roster(tuple(_counselor(n) for n in range(COUNSELORS)), (Intake(HELP),))
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "state"
        store = open_store(f"sqlite:///{state}/relay.db", state / "master.key")
        began = time.perf_counter()
        ids: list[bytes] = []
        for first in range(0, count, 100):
            ids += await asyncio.gather(
                *(_open(store, n, roster) for n in range(first, min(first + 100, count)))
            )
        print(f"{count} conversations opened: {time.perf_counter() - began:.1f} s")
        await _settling(store, ids[:MESSAGES], roster)
        await store.close()
        began = time.perf_counter()
        store = open_store(f"sqlite:///{state}/relay.db", state / "master.key")
        print(f"opening the store: {(time.perf_counter() - began) * 1000:.0f} ms")
        await _due(store, roster)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
