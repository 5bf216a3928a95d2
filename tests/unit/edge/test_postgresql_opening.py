"""Opening a store on PostgreSQL: for the first time, by several nodes at once, and why it is refused, in words."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relay.edge.store import SqlStore, look, open_store
from relay.edge.store.keys import create_master_key
from relay.errors import ConfigError
from relay.flow.ports import StoreTrouble
from tests.support.postgresql import PASSWORD, Server, free_port, running, server

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def over_tcp() -> Iterator[Server]:
    with server(port=0) as made:
        yield made


def refused(url: str, key: Path, **how: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        open_store(url, key, **how)
    (sentence,) = caught.value.problems
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return sentence


def looked(url: str, key: Path) -> str:
    """What ``relay check`` says of a database; empty when a daemon could start."""
    try:
        return str(look(url, key) or "")
    except ConfigError as error:
        return " ".join(error.problems)


async def close(store: SqlStore) -> None:
    await store.close()


async def test_the_first_start_makes_tables_and_key_and_the_next_node_needs_the_same_key(
    tmp_path: Path,
) -> None:
    """A node with a key of its own, or with none, must not join."""
    url, key = running().url(running().empty()), tmp_path / "first" / "master.key"
    await close(open_store(url, key))
    other = tmp_path / "second" / "master.key"
    assert "missing" in refused(url, other)
    assert "missing" in looked(url, other)
    assert not other.exists()
    other.parent.mkdir(mode=0o700)
    await close(open_store(running().url(running().empty()), other))
    assert "made with another master key" in refused(url, other)
    assert "made with another master key" in looked(url, other)
    shutil.copy(key, other)
    await close(open_store(url, other))
    assert looked(url, other) == ""
    await close(open_store(url, key, exclusive=False))


async def test_tables_that_somebody_else_made_are_taken_when_nothing_is_in_them(tmp_path: Path) -> None:
    """Where the daemon's role may not make tables, its owner does; the first daemon marks them with its key."""
    url, key = running().url_of(tmp_path), tmp_path / "state" / "master.key"
    assert looked(url, key) == ""
    await close(open_store(url, key))
    key.unlink()
    assert "missing" in refused(url, key)


async def test_nodes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    """One makes the tables, and the others wait for it."""
    url, key = running().url(running().empty()), tmp_path / "state" / "master.key"
    await close(open_store(running().url(running().empty()), key))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url, key), range(4)))
    for store in stores:
        await store.close()


def test_a_command_makes_no_tables(tmp_path: Path) -> None:
    """A typing error in the configuration must not look like an empty queue."""
    key = tmp_path / "state" / "master.key"
    open_store(running().url(running().empty()), key)
    assert "not up to date" in refused(running().url(running().empty()), key, exclusive=False)


async def test_the_password_is_read_from_its_file_and_shown_nowhere(
    over_tcp: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the URL, nor in a representation, nor in a log."""
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\nmore\n")
    store = open_store(
        f"{over_tcp.url_over_tcp(over_tcp.empty())}?password_file={secret}", tmp_path / "s" / "key"
    )
    assert PASSWORD not in repr(store._engines) + str(store._engines[0].url) + caplog.text
    await store.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "wrong\n",
            "does not let this role in; look at the role in storage.url and at storage.password_file",
        ),
        ("\n", "storage.password_file: its first line is empty"),
        (None, "storage.password_file: cannot be read"),
    ],
)
def test_a_password_that_does_not_work_is_told(
    over_tcp: Server, tmp_path: Path, content: str | None, words: str
) -> None:
    """And not shown."""
    secret = tmp_path / "password"
    if content is not None:
        secret.write_text(content)
    sentence = refused(f"{over_tcp.url_over_tcp(over_tcp.empty())}?password_file={secret}", tmp_path / "key")
    assert words in sentence
    assert "wrong" not in sentence


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Its name may say what it is for."""
    assert "has no database of that name" in looked(running().url("canary"), tmp_path / "key")
    assert "has no database of that name" in refused(running().url("canary"), tmp_path / "key")
    assert "canary" not in refused(running().url("canary"), tmp_path / "key")


@pytest.mark.parametrize("what", ["closed", "silent"])
def test_a_server_that_does_not_answer_is_told(tmp_path: Path, what: str) -> None:
    """At once, or within the time to connect."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if what == "silent" else free_port()
        sentence = refused(f"postgresql+psycopg://relay@127.0.0.1:{port}/relay", tmp_path / "key")
    assert "cannot be reached; look at host and port in storage.url" in sentence


def test_a_role_that_may_make_nothing_is_told(tmp_path: Path) -> None:
    name = running().empty()
    with running().connect() as connection:
        connection.execute(f"ALTER DATABASE {name} OWNER TO postgres")
    assert "does not let this role make or change tables" in refused(running().url(name), tmp_path / "key")


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_could_forget_what_it_took_is_refused(tmp_path: Path, setting: str) -> None:
    """Accepted means stored (P2)."""
    with server(settings=[f"{setting}=off"]) as careless:
        assert f"{setting} = off" in refused(careless.url(careless.empty()), tmp_path / "key")
        assert f"{setting} = off" in looked(careless.url(careless.empty()), tmp_path / "key")


async def test_a_role_that_is_told_not_to_wait_for_the_disk_waits_all_the_same(tmp_path: Path) -> None:
    """``synchronous_commit`` of a role or database does not hold for us."""
    name = running().empty()
    with running().connect() as connection:
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    store = open_store(running().url(name), tmp_path / "state" / "key")
    asked = "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')"
    for lane, isolation in ((store._writer, "read committed"), (store._reader, "repeatable read")):
        assert await lane.run(lambda c: tuple(c.exec_driver_sql(asked).one())) == ("on", isolation)
    await store.close()


@pytest.mark.parametrize("at_one_moment", [False, True])
async def test_a_look_up_can_write_nothing(tmp_path: Path, at_one_moment: bool) -> None:
    """Whether it has a transaction around it or is one by itself."""
    store = open_store(running().url(running().empty()), tmp_path / "state" / "key")

    async def look_up(statement: str) -> Any:
        return await store._shortcut.run(
            lambda c: c.exec_driver_sql(statement).scalar(), at_one_moment=at_one_moment
        )

    assert await look_up("SELECT count(*) FROM told") == 0
    assert await look_up("SELECT pg_current_xact_id_if_assigned() IS NULL") is True
    with pytest.raises(StoreTrouble):
        await look_up("DELETE FROM told")
    moments = [await look_up("SELECT now() = statement_timestamp()") for _ in range(2)]
    assert (moments == [True, True]) is not at_one_moment
    await store.close()


async def test_a_change_of_the_master_key_waits_for_a_node_that_dies_and_refuses_beside_one_that_lives(
    tmp_path: Path,
) -> None:
    """A node that knows only the former key would refuse mail for aliases that live."""
    name = running().empty()
    url, key, new = running().url(name), tmp_path / "state" / "master.key", tmp_path / "state" / "new.key"
    node = open_store(url, key)
    create_master_key(new)
    try:
        await node.loads()  # it is connected now
        assert "other nodes are connected" in refused(url, new, former_master_key_file=key)
        with concurrent.futures.ThreadPoolExecutor(1) as starting:
            opening = starting.submit(open_store, url, new, former_master_key_file=key)
            await asyncio.sleep(0.2)
            assert not opening.done()
            await close(node)
            await close(await asyncio.wrap_future(opening))
    finally:
        await close(node)
    assert "made with another master key" in refused(url, key)
