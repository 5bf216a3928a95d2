"""Too few file descriptors, too little memory: rows F24 and F25 of the fault list."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import shutil
from pathlib import Path

import psutil

from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, ANA, RELAY_TOML, Ledger, Load

DESCRIPTORS = 128
CLIENTS = 200
RECOVERY_S = 5.0
MEMORY_OCTETS = 256 * 1024 * 1024
DEPTH = 20_000
PARTS = 200_000


async def test_f24_more_clients_than_file_descriptors(tmp_path: Path) -> None:
    """Who finds no room is told 421 or waits; nothing crashes, and when they have gone everybody is served again."""
    prlimit = shutil.which("prlimit")
    assert prlimit, "prlimit is missing; .ci/setup test installs it (util-linux)"
    limited = [prlimit, f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"]
    roomy = RELAY_TOML + "\n"
    machine_smtp = (
        "max_connections = 1000\nmax_connections_per_host = 1000\nmessages_per_minute_per_host = 10000\n"
    )
    ledger = Ledger()
    async with Daemon(tmp_path / "line", roomy, ALWAYS, prefix=limited, smtp=machine_smtp) as daemon:
        load = Load(daemon, ledger, random.Random())
        pair = await load.pair("sam@mail.test")
        crowd = []
        greeted = told = 0
        for _ in range(CLIENTS):
            with contextlib.suppress(OSError):
                crowd.append(await asyncio.open_connection("127.0.0.1", daemon.port))
        for reader, _ in crowd:
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(0.05):
                    greeting = await reader.readline()
                    greeted += greeting.startswith(b"220")
                    told += greeting.startswith(b"421")
        assert greeted < DESCRIPTORS < greeted + told + CLIENTS
        assert greeted > DESCRIPTORS / 4
        assert daemon.process.returncode is None
        for _, writer in crowd:
            writer.close()
        async with asyncio.timeout(RECOVERY_S):
            await load.offer(ANA, pair.counselor_writes_to, pair.seeker)
            while ledger.outstanding(daemon.sink.captured):
                await asyncio.sleep(0.02)
        ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)
        assert await daemon.stop() == 0
        assert daemon.other_output == []


def bombs() -> dict[str, bytes]:
    """Small octets that a careless reader makes large, or looks at for ever."""
    head = "From: sam@mail.test\r\nTo: help@relay.test\r\nSubject: A question\r\nMessage-ID: <{}@mua.test>\r\nMIME-Version: 1.0\r\n"
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(DEPTH))
    many = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + "--b\r\n\r\nx\r\n" * PARTS + "--b--\r\n"
    lines = "Content-Type: text/html\r\n\r\n" + "<div>" * 1_000_000 + "\r\n"
    zeros = base64.encodebytes(bytes(6_000_000)).replace(b"\n", b"\r\n").decode()
    blob = f"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{zeros}"
    return {
        name: (head.format(name) + body).encode()
        for name, body in (("deep", deep), ("many", many), ("html", lines), ("blob", blob))
    }


async def test_f25_little_memory_and_mail_that_wants_much(tmp_path: Path) -> None:
    """All processes stay below 256 MiB each; the main one is never the victim, and other mail goes on."""
    ledger = Ledger()
    async with Daemon(tmp_path / "line", RELAY_TOML, ALWAYS) as daemon:
        load = Load(daemon, ledger, random.Random())
        pair = await load.pair("sam@mail.test")
        main = psutil.Process(daemon.process.pid)
        for name, message in bombs().items():
            seen = len(daemon.log)
            async with daemon.connect() as door:
                reply = await door.submit("sam@mail.test", [pair.seeker_writes_to], message)
            assert reply.startswith("250"), (name, reply)
            async with asyncio.timeout(90):
                while not fate_of(daemon, seen):
                    assert memory_of(main) < MEMORY_OCTETS, name
                    await asyncio.sleep(0.02)
            await load.offer(ANA, pair.counselor_writes_to, pair.seeker)
        async with asyncio.timeout(60):
            while ledger.outstanding(daemon.sink.captured):
                await asyncio.sleep(0.02)
        ledger.account(daemon.sink.captured).assert_whole(copies_at_most=0)
        assert main.is_running()
        assert await daemon.stop() == 0


def fate_of(daemon: Daemon, seen: int) -> str:
    return next(
        (
            line.event
            for line in daemon.log[seen:]
            if line.event in {"message.routed", "message.held", "message.absorbed"}
        ),
        "",
    )


def memory_of(main: psutil.Process) -> int:
    """The largest of the processes; shared pages are counted in each."""
    largest = main.memory_info().rss
    for child in main.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            largest = max(largest, child.memory_info().rss)
    return largest
