"""Statements that a server is sent without waiting: the same answers, and no error that is not noticed before a commit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, InternalError, NoResultFound, ProgrammingError, SQLAlchemyError

from relay.edge.store.engines import make_engine
from relay.edge.store.lanes import Lane
from relay.edge.store.pipelined import Pipelined
from relay.edge.store.postgresql import is_lost
from relay.edge.store.tables import metadata, seen
from relay.flow.ports import StoreTrouble
from tests.support import storage

pytestmark = storage.only_postgresql

KEY, OTHER = b"a" * 16, b"b" * 16
INSERT = insert(seen)
COUNT = select(func.count()).select_from(seen)
FIND = select(seen.c.dedupe, seen.c.until).where(seen.c.dedupe == bindparam("wanted"))
LATER = update(seen).where(seen.c.dedupe == bindparam("wanted")).values(until=7).returning(seen.c.until)
AMONG = select(seen.c.until).where(seen.c.dedupe.in_(bindparam("among", expanding=True)))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(make_url(storage.url(tmp_path)), writes=True)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=[False, True], ids=["one by one", "piped"])
def is_piped(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_answers_are_those_of_sqlalchemy(engine: Engine, is_piped: bool) -> None:
    with engine.connect() as connection, connection.begin():
        with Pipelined(connection, is_piped=is_piped) as face:
            face.execute(INSERT, {"dedupe": KEY, "until": 3})
            found = face.execute(FIND, {"wanted": KEY})
            late = face.execute(FIND, {"wanted": KEY})
            assert [(row.dedupe, row.until) for row in found] == [(KEY, 3)]
            assert tuple(late.one()) == (KEY, 3)
            assert face.execute(FIND, {"wanted": KEY}).scalar() == KEY
            assert list(face.execute(FIND, {"wanted": KEY}).scalars()) == [KEY]
            assert face.execute(FIND, {"wanted": OTHER}).first() is None
            assert face.execute(FIND, {"wanted": OTHER}).scalar() is None
            with pytest.raises(NoResultFound):
                face.execute(FIND, {"wanted": OTHER}).one()
            assert face.exec_driver_sql("SELECT %s::int + 1", (2,)).scalar_one() == 3
            assert face.exec_driver_sql("SELECT 1 AS same, 2 AS same").one() == (1, 2)
        assert tuple(connection.execute(FIND, {"wanted": KEY}).one()) == (KEY, 3)


def test_many_rows_counts_and_values_that_stand_in_a_statement(engine: Engine, is_piped: bool) -> None:
    with engine.connect() as connection, connection.begin(), Pipelined(connection, is_piped=is_piped) as face:
        face.execute(INSERT, [{"dedupe": KEY, "until": 1}, {"dedupe": OTHER, "until": 2}])
        assert sorted(face.execute(AMONG, {"among": [KEY, OTHER]}).scalars()) == [1, 2]
        face.execute(update(seen).where(seen.c.until == 1).values(until=5))
        assert face.execute(FIND, {"wanted": KEY}).one().until == 5
        assert face.execute(LATER, {"wanted": KEY}).first().until == 7
        assert face.execute(delete(seen)).rowcount == 2


def do(connection: Connection, work: Callable[[Connection], object], *, is_piped: bool) -> None:
    """Do a piece of work in a transaction, which is undone when it raises."""
    transaction = connection.begin()
    try:
        with Pipelined(connection, is_piped=is_piped) as face:
            work(cast("Connection", face))
    except Exception:
        transaction.rollback()
        raise
    transaction.commit()


def twice(face: Connection) -> None:
    """The same key again, and more after that; nobody looks."""
    face.execute(INSERT, {"dedupe": KEY, "until": 1})
    face.execute(INSERT, {"dedupe": KEY, "until": 1})
    face.execute(INSERT, {"dedupe": OTHER, "until": 1})


def test_the_error_is_the_one_of_sqlalchemy_holds_no_values_and_nothing_is_written(
    engine: Engine, is_piped: bool
) -> None:
    """Piped, it is raised at the end and before the commit: the first one, not what followed from it."""
    with engine.connect() as connection:
        with pytest.raises(IntegrityError) as raised:
            do(connection, twice, is_piped=is_piped)
        assert "aaaa" not in str(raised.value)
        assert raised.value.orig is not None
        assert connection.execute(COUNT).scalar_one() == 0


def test_an_error_is_raised_where_somebody_looks(engine: Engine, is_piped: bool) -> None:
    came_to: list[str] = []

    def work(face: Connection) -> None:
        answer = face.exec_driver_sql("SELECT nothing FROM nowhere")
        came_to.append("sent")
        answer.first()
        came_to.append("looked")

    with engine.connect() as connection, pytest.raises(ProgrammingError):
        do(connection, work, is_piped=is_piped)
    assert came_to == (["sent"] if is_piped else [])


def test_an_error_that_somebody_took_for_nothing_is_raised_before_the_commit(
    engine: Engine, is_piped: bool
) -> None:
    """The server undoes the whole transaction then, and says nothing when it is asked to commit it."""

    def work(face: Connection) -> None:
        with pytest.raises(ProgrammingError):
            face.exec_driver_sql("SELECT nothing FROM nowhere").first()

    with engine.connect() as connection, pytest.raises(InternalError):
        do(connection, work, is_piped=is_piped)


def test_what_was_sent_is_undone_with_what_goes_wrong_otherwise(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The work raises while statements are under way, one of them wrong: whichever is noticed first; nothing is logged."""

    def work(face: Connection) -> None:
        twice(face)
        raise KeyError

    caplog.set_level(logging.DEBUG)
    with engine.connect() as connection:
        with pytest.raises((KeyError, IntegrityError)):
            do(connection, work, is_piped=True)
        assert connection.execute(COUNT).scalar_one() == 0
    assert not caplog.records


def test_a_server_that_throws_us_out_is_known_as_lost(engine: Engine, is_piped: bool) -> None:
    with engine.connect() as connection, engine.connect() as other:
        number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.commit()
        other.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 5000)")
        with pytest.raises(SQLAlchemyError) as lost:
            do(connection, lambda face: face.execute(FIND, {"wanted": KEY}).first(), is_piped=is_piped)
        assert is_lost(lost.value)
        connection.invalidate()


async def test_one_that_is_wrong_late_spoils_no_other(engine: Engine) -> None:
    """Three pieces in one transaction, the second of which fails after all were sent: the others are written."""
    lane = Lane(engine, writes=True, threads=1, fatal=lambda: None)

    async def put(*keys: bytes) -> bytes:
        def work(connection: Connection) -> bytes:
            for key in keys:
                connection.execute(INSERT, {"dedupe": key, "until": 1})
            return keys[0]

        return await lane.run(work, can_wait=True)

    results = await asyncio.gather(put(KEY), put(OTHER, OTHER), put(b"c" * 16), return_exceptions=True)
    await lane.close()
    assert results[0] == KEY
    assert isinstance(results[1], StoreTrouble)
    assert results[2] == b"c" * 16
    with engine.connect() as connection:
        assert cast("int", connection.execute(COUNT).scalar_one()) == 2
