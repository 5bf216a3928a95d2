"""Statements on the driver's own connection answer as SQLAlchemy's do, and fail as SQLAlchemy's do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError

from relay.edge.store.direct import Direct
from relay.edge.store.engines import make_engine
from relay.edge.store.tables import metadata, seen

KEY, OTHER = b"a" * 16, b"b" * 16
INSERT = insert(seen)
FIND = select(seen.c.dedupe, seen.c.until).where(seen.c.dedupe == bindparam("wanted"))
LATER = update(seen).where(seen.c.dedupe == bindparam("wanted")).values(until=7).returning(seen.c.until)
AMONG = select(seen.c.until).where(seen.c.dedupe.in_(bindparam("among", expanding=True)))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = make_engine(make_url(f"sqlite:///{tmp_path}/relay.db"), writes=True)
    metadata.create_all(engine)
    with engine.connect() as opened, opened.begin():
        yield opened
    engine.dispose()


def test_rows_have_names_and_values(connection: Connection) -> None:
    direct = Direct(connection)
    direct.execute(INSERT, {"dedupe": KEY, "until": 3})
    for face in (connection, direct):
        found = face.execute(FIND, {"wanted": KEY})
        assert [(row.dedupe, row.until) for row in found] == [(KEY, 3)]
        assert tuple(face.execute(FIND, {"wanted": KEY}).one()) == (KEY, 3)
        assert face.execute(FIND, {"wanted": KEY}).scalar() == KEY
        assert list(face.execute(FIND, {"wanted": KEY}).scalars()) == [KEY]
        assert face.execute(FIND, {"wanted": OTHER}).first() is None
        assert face.execute(FIND, {"wanted": OTHER}).scalar() is None


def test_many_rows_and_counts(connection: Connection) -> None:
    direct = Direct(connection)
    direct.execute(INSERT, [{"dedupe": KEY, "until": 1}, {"dedupe": OTHER, "until": 2}])
    assert direct.execute(LATER, {"wanted": KEY}).first().until == 7
    assert direct.execute(delete(seen)).rowcount == 2


def test_values_that_stand_in_the_statement_go_along(connection: Connection) -> None:
    direct = Direct(connection)
    direct.execute(INSERT, {"dedupe": KEY, "until": 1})
    direct.execute(update(seen).where(seen.c.until == 1).values(until=5))
    assert direct.execute(FIND, {"wanted": KEY}).one().until == 5


def test_a_list_of_values_in_a_statement_goes_the_long_way(connection: Connection) -> None:
    direct = Direct(connection)
    direct.execute(INSERT, [{"dedupe": KEY, "until": 1}, {"dedupe": OTHER, "until": 2}])
    assert sorted(direct.execute(AMONG, {"among": [KEY, OTHER]}).scalars()) == [1, 2]


def test_errors_are_those_of_sqlalchemy_and_hold_no_values(connection: Connection) -> None:
    direct = Direct(connection)
    direct.execute(INSERT, {"dedupe": KEY, "until": 1})
    with pytest.raises(IntegrityError) as twice:
        direct.execute(INSERT, {"dedupe": KEY, "until": 1})
    with pytest.raises(IntegrityError):
        direct.execute(INSERT, [{"dedupe": OTHER, "until": 1}, {"dedupe": KEY, "until": 1}])
    with pytest.raises(OperationalError):
        direct.exec_driver_sql("SELECT nothing FROM nowhere")
    with pytest.raises(NoResultFound):
        direct.execute(FIND, {"wanted": b"c" * 16}).one()
    assert "aaaa" not in str(twice.value)
    assert twice.value.orig is not None
