"""500 slow connections and the load of the bench at once: people get through, memory stays, nothing stands still (F23)."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from pathlib import Path

from bench.load import send
from bench.samples import SAMPLES, letter
from tests.door.profile import FULL
from tests.support.daemon import MACHINE_TOML, ROOT, Daemon
from tests.support.ledger import ALWAYS, RELAY_TOML
from tests.support.processes import resident_bytes
from tests.unit.edge.smtp_door import certificate

SECONDS = 30 if FULL else 6
LETTERS = 3000 if FULL else 300
SLOW = 500
ACCEPTED_S = 5.0
GROWTH_BYTES = 150 << 20
STALL_S = 0.25 if FULL else 1.0
"""Beside other tests on the same processors even the time that counts is not all ours."""

assert "[smtp]\n" in MACHINE_TOML


def machine(folder: Path) -> str:
    """The door with TLS, and one address trusted of all that this machine has."""
    chain, key = certificate(folder)
    key.chmod(0o600)
    door = f'[smtp]\ntrusted_hosts = ["127.0.0.1"]\ntls_certificate = "{chain}"\ntls_key = "{key}"\n'
    return MACHINE_TOML.replace("[smtp]\n", door)


async def role(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.door.siege", *map(str, words), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )


async def most_memory(pid: int, until: asyncio.Event) -> int:
    most = 0
    while not until.is_set():
        most = max(most, resident_bytes(pid, with_children=False))
        await asyncio.sleep(0.1)
    return most


async def test_people_get_through_a_siege(tmp_path: Path) -> None:
    """Strangers with one letter each, a trusted host with thousands, and 500 who bring nothing and come again."""
    daemon = Daemon(tmp_path / "relay", RELAY_TOML, ALWAYS, machine=machine(tmp_path))
    async with daemon:
        async with daemon.connect() as door:
            await door.submit(
                "warm@mail.test", ["help@relay.test"], b"From: warm@mail.test\r\n\r\nHello.\r\n"
            )
        await daemon.said("message.routed")
        pid = daemon.process.pid
        idle = resident_bytes(pid, with_children=False)
        over = asyncio.Event()
        memory = asyncio.create_task(most_memory(pid, over))
        besiegers = await role("slow", daemon.port, SLOW, SECONDS + 4)
        await asyncio.sleep(2)
        watching, writing = (
            await role("watch", daemon.port, SECONDS, pid),
            await role("write", daemon.port, SECONDS),
        )
        body = SAMPLES["plain2k"]()
        letters = [
            letter(body, f"seeker{n}@mail.test", "help@relay.test", run="siege") for n in range(LETTERS)
        ]
        sent = asyncio.to_thread(send, (daemon.port,), letters, 8, 300.0)
        (watched, _), (written, _), load = await asyncio.gather(
            watching.communicate(), writing.communicate(), sent
        )
        await besiegers.wait()
        over.set()
        grown = await memory - idle
    greeted, accepted = sorted(json.loads(watched)), sorted(json.loads(written))
    p99 = accepted[int(0.99 * (len(accepted) - 1))]
    rate = LETTERS / (load.accepted_at - load.first_at)
    print(
        f"  letters of strangers: {len(accepted)}, median {statistics.median(accepted):.3f} s, p99 {p99:.3f} s\n"
        f"  letters of a trusted host: {LETTERS}, {rate:.0f} a second\n"
        f"  greetings: {len(greeted)}, median {statistics.median(greeted) * 1e3:.1f} ms, longest {greeted[-1] * 1e3:.0f} ms\n"
        f"  memory: {grown / 2**20:+.0f} MB over {idle / 2**20:.0f} MB idle"
    )
    assert len(accepted) > SECONDS / 2
    assert p99 < ACCEPTED_S
    assert grown < GROWTH_BYTES
    assert greeted[-1] < STALL_S
