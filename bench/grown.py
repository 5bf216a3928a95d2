"""A store that has grown: as many conversations as one likes, made by the store's own functions, sealed as they are.

``goals`` asks. The daemon must have made the database and must not run. What stands for each conversation is what is left of
one whose counselor has answered: its record, its aliases and data key, two links of its thread, and the clock of the
seeker's silence. Nothing is written to the disk for sure until the end: a crash costs the filling, and nothing else.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count as counter
from pathlib import Path

from sqlalchemy import Connection

from bench.figures import Figure, percentile
from bench.machine import BenchError, calm, free_port, wait_for
from bench.ours import DOMAIN, INTAKE, PEOPLE, Ours
from bench.scene import CONVERSATIONS, Extent, Goal, People, bench_folder, by_turns, letters, per_s, waits_ms
from bench.sink import Sink
from relay.domain.aliases import message_id, mint_token
from relay.domain.conversations import ConversationEvent, Side
from relay.edge.store import clocks, conversations, engines, key_versions
from relay.edge.store.direct import Direct
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import Keyring, load_master_key
from relay.flow.outcomes import NewConversation
from relay.flow.values import ThreadLink

BATCH = 2000
"""Conversations in a transaction: a commit then costs nothing beside them."""

_SILENCE = timedelta(days=27)
"""When a seeker's silence is looked at, by the defaults."""

NEW = 1000
"""Conversations of the store that it is compared with."""

AT_PER_S = 100
START_S = 3.0
_QUICK = ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-1000000", "PRAGMA wal_autocheckpoint=100000")


def fill(state: Path, count: int, keep: int) -> People:
    """Add ``count`` conversations; of ``keep`` of them, drawn from all, who each seeker is and the alias they answer to.

    About 0.3 ms and 3 KiB for each.
    """
    database = state / "relay.db"
    if not database.exists():
        raise BenchError("the daemon has not made its database yet")
    engine = engines.make_engine(engines.parse_url(f"sqlite:///{database}"), writes=True)
    kept = set(random.Random(1).sample(range(count), min(keep, count)))
    people: People = []
    try:
        with engine.connect() as connection:
            masters = Masters(load_master_key(state / "master.key"), None)
            keyring = key_versions.keyring(connection, masters, str(database))
            connection.rollback()
            for pragma in _QUICK:
                connection.connection.cursor().execute(pragma)
            for first in range(0, count, BATCH):
                with connection.begin():
                    face: Connection = Direct(connection)  # type: ignore[assignment]
                    for number in range(first, min(first + BATCH, count)):
                        person = _converse(face, keyring, number)
                        if number in kept:
                            people.append(person)
        engines.checkpoint(engine)
        with database.open("rb") as file:
            os.fsync(file.fileno())
    finally:
        engine.dispose()
    return people


def _converse(connection: Connection, keyring: Keyring, number: int) -> tuple[str, str]:
    """One conversation: a first letter and an answer, a day later."""
    opened_at = datetime.now(UTC) - timedelta(days=2, seconds=number % 80_000)
    answered_at = opened_at + timedelta(days=1)
    seeker, alias = f"grown{number}@mail.test", f"{mint_token(os.urandom)}@{DOMAIN}"
    new = NewConversation(
        conversation_id=os.urandom(16), intake=INTAKE, language="en", seeker_addresses=(seeker,),
        seeker_names=("Sam Example",), pseudonym=f"Maple Heron {number}",
        seeker_alias=f"{mint_token(os.urandom)}@{DOMAIN}", counselor_alias=alias,
        counselor_id=f"c{number % len(PEOPLE)}", capacity=2**31 - 1,
    )  # fmt: skip
    record = conversations.create(connection, keyring, new, opened_at)
    clocks.owe(
        connection, new.conversation_id, since=opened_at, now=opened_at, look_at=answered_at, is_new=True
    )
    for side, event in (
        (Side.SEEKER, ConversationEvent.SEEKER_WROTE),
        (Side.COUNSELOR, ConversationEvent.COUNSELOR_WROTE),
    ):
        conversations.apply(connection, keyring, record, event, answered_at)
        theirs = f"<{os.urandom(8).hex()}@mail.test>"
        conversations.add_link(connection, record, ThreadLink(side, theirs, message_id(os.urandom, DOMAIN)))
    record.change(acknowledged=True)
    conversations.save(connection, record, answered_at)
    clocks.answered(connection, new.conversation_id, answered_at, answered_at + _SILENCE)
    return seeker, alias


def _make(home: Path, sink_port: int) -> None:
    """An empty database whose daemon has noted what it promises: one that finds another looks at all clocks anew."""
    ours = Ours(home, sink_port)
    try:
        wait_for("what is promised", ours.has_promised, 30)
    finally:
        ours.close()


def growing(goal: str, *, reach: float) -> Goal:
    """A grown store against one of 1,000 conversations, both of ours; and how long a daemon takes to start on it."""

    def measure(extent: Extent) -> Iterator[Figure]:
        with bench_folder() as folder, ExitStack() as stack:
            sink = Sink(free_port())
            stack.callback(sink.close)
            sides: list[tuple[Ours, People]] = []
            starts: list[float] = []
            for name, count in (("grown", extent.grown), ("new", NEW)):
                home = folder / name
                _make(home, sink.port)
                began = time.monotonic()
                people = fill(home / "state", count, CONVERSATIONS)
                print(f"  {count} conversations made in {time.monotonic() - began:.0f} s", flush=True)
                if name == "grown":
                    for _ in range(extent.pairs):
                        calm()
                        ours = Ours(home, sink.port)
                        starts.append(ours.started_s)
                        ours.close()
                ours = Ours(home, sink.port, name=name)
                stack.callback(ours.close)
                per_s(ours, sink, people, "plain2k", extent.of(CONVERSATIONS), sessions=20)
                sides.append((ours, people))
            numbers = counter()

            def rate(side: tuple[Ours, People]) -> float:
                return per_s(side[0], sink, side[1], "plain2k", extent.of(1500), sessions=20)

            def wait(side: tuple[Ours, People]) -> float:
                of = letters("plain2k", side[1], extent.of(1000), f"wait{next(numbers)}")
                return percentile(waits_ms(side[0], sink, of, AT_PER_S), 0.5)

            many, few = by_turns(sides, rate, extent.pairs)
            late, soon = by_turns(sides, wait, extent.pairs)
        against = f"{extent.grown:,} conversations, against ours with {NEW:,}"
        yield Figure(goal, f"relayed/s with {against}", "/s", many, few, reach, at_least=True)
        yield Figure(
            goal, f"median wait for 250 with {against}", "ms", late, soon, round(1 / reach, 2), at_least=False
        )
        yield Figure(
            goal, f"start with {extent.grown:,} conversations", "s", starts, (), START_S, at_least=False
        )

    return measure
