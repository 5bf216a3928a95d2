"""PostgreSQL stops, crashes, throws us out, is slow, is silent, or fails over: row F09 of the fault list.

Mail is offered all the time. ``RELAY_FAULTS=full``: a stop takes a minute, and nodes are as patient as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.test_commit_in_doubt import QUICK
from tests.faults.test_kills_under_load import drained
from tests.support.ledger import ANA, Ledger, Load, Pair, letter
from tests.support.nodes import Nodes
from tests.support.pgproxy import Proxy
from tests.support.postgresql import Server, server

pytestmark = pytest.mark.postgresql

IS_FULL = os.environ.get("RELAY_FAULTS") == "full"
STOPPED_S = 60.0 if IS_FULL else 2.0
AGAIN_S = 10.0
"""How long after the database is back the first message may be taken at the latest."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with server(port=0) as made:
        yield made


class Mail:
    """A daemon under load. ``copies_at_most``: what the fault allows."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.ledger = Ledger()
        self.load = Load(nodes, self.ledger, random.Random())
        self.pairs: list[Pair] = []

    async def begin(self) -> None:
        self.pairs = [await self.load.pair("sam@mail.test")]
        self.load.start(self.pairs, writers=2, pause_s=0.1)
        await asyncio.sleep(0.5)

    async def refusal(self) -> str:
        """What a client hears that offers a message now; empty when the door is not what refuses."""
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            async with self.nodes.connect() as door:
                return await door.submit(
                    "jo@mail.test", ["help@relay.test"], letter("jo@mail.test", ANA, "none")
                )
        return ""

    async def goes_on(self) -> float:
        """Wait until a message is taken; how long that took."""
        began, before = time.monotonic(), len(self.ledger.acknowledged)
        async with asyncio.timeout(AGAIN_S):
            while len(self.ledger.acknowledged) == before:
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def end(self, what: str, record_property: Callable[[str, object], None], took_s: float) -> None:
        await asyncio.sleep(0.5)
        await self.load.finish()
        await drained(self.nodes, self.ledger)
        account = self.ledger.account(self.nodes.sink.captured)
        record_property("table", f"PostgreSQL {what}: taken again after {took_s:.1f} s; {account.acknowledged} "
                        f"acknowledged, {account.twice} doubled, {len(account.lost)} lost")  # fmt: skip
        account.assert_whole(copies_at_most=0)
        for daemon in self.nodes.all:
            assert await daemon.stop() == 0
        assert self.nodes.letters_counted() == account.acknowledged
        assert set(self.nodes.counts("deliveries")) == {"delivered"}
        assert self.nodes.strange_output == []


@contextlib.asynccontextmanager
async def mail(
    folder: Path, database: Server, where: Callable[[str, int], str] | None = None
) -> AsyncIterator[Mail]:
    async with Nodes(folder, database, 1, timing="" if IS_FULL else QUICK, where=where) as nodes:
        made = Mail(nodes)
        await made.begin()
        yield made


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_f09_the_server_is_stopped_and_started_again(
    tmp_path: Path, postgresql: Server, how: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    """451 meanwhile; the next message is taken within ten seconds, and nothing is lost or doubled."""
    async with mail(tmp_path, postgresql) as line:
        await asyncio.to_thread(postgresql.stop, how)
        await asyncio.sleep(0.3)
        assert (await line.refusal()).startswith("451 4.3.0")
        await asyncio.sleep(STOPPED_S)
        assert (await line.refusal()).startswith("451 4.3.0")
        await asyncio.to_thread(postgresql.start)
        await line.end(
            "stopped" if how is signal.SIGINT else "crashed", record_property, await line.goes_on()
        )


async def test_f09_backends_are_killed(
    tmp_path: Path, postgresql: Server, record_property: Callable[[str, object], None]
) -> None:
    """Whatever each of our connections was doing."""
    async with mail(tmp_path, postgresql) as line:
        for _ in range(20 if IS_FULL else 6):
            with postgresql.connect() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'relay'"
                )
            took_s = await line.goes_on()
        await line.end("threw us out", record_property, took_s)


async def test_f09_the_server_is_slow(
    tmp_path: Path, postgresql: Server, record_property: Callable[[str, object], None]
) -> None:
    """A trigger sleeps at every entry that comes in."""
    async with mail(tmp_path, postgresql) as line:
        with postgresql.connect(line.nodes.database) as connection:
            connection.execute(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END $$"
            )
            connection.execute(
                "CREATE TRIGGER slow BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION slow()"
            )
            await asyncio.sleep(STOPPED_S)
            connection.execute("DROP TRIGGER slow ON entries")
        await line.end("slow", record_property, await line.goes_on())


async def test_f09_the_network_swallows_everything(
    tmp_path: Path, postgresql: Server, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is refused and nothing is answered; clients wait, and hear 250 or 451 when it is over."""
    async with (
        Proxy(postgresql.port or 0) as proxy,
        mail(tmp_path, postgresql, lambda name, _: postgresql.url_over_tcp(name, proxy.port)) as line,
    ):
        proxy.is_silent = True
        await asyncio.sleep(STOPPED_S)
        proxy.cut()
        proxy.is_silent = False
        await line.end("silent", record_property, await line.goes_on())


async def test_f09_the_server_fails_over(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Both hosts are named in ``storage.url``. A standby that only reads is no database; once it is promoted, it is ours."""
    with server(port=0) as primary, contextlib.ExitStack() as stack:
        standby = primary.standby()
        stack.callback(standby.remove)
        await asyncio.to_thread(standby.start)
        primary.wait_for_standby()

        def both(name: str, _: int) -> str:
            return f"postgresql+psycopg://relay@/{name}?host=127.0.0.1:{primary.port}&host=127.0.0.1:{standby.port}"

        async with mail(tmp_path, primary, both) as line:
            await asyncio.to_thread(primary.stop, signal.SIGQUIT)
            await asyncio.sleep(0.3)
            assert (await line.refusal()).startswith("451 4.3.0")
            await asyncio.sleep(STOPPED_S)
            assert (await line.refusal()).startswith("451 4.3.0"), "it only reads"
            await asyncio.to_thread(standby.promote)
            line.nodes.server = standby
            await line.end("failed over", record_property, await line.goes_on())
