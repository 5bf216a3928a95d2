"""What a large message took goes back to the machine when it is done with."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from relay.edge import large_blocks
from relay.edge.large_blocks import LARGE_OCTETS, Leftovers
from relay.edge.smtp_in.frames import Answer
from relay.edge.smtp_in.outside import FarIntake
from relay.edge.workers import child, wire
from relay.flow.letters import Letters
from relay.resources import folder

MIB = 1 << 20
_SCRIPT = f"""
import sys
from pathlib import Path
from relay.edge.large_blocks import give_back_large_blocks
if sys.argv[1] == "yes":
    give_back_large_blocks()
b"x" * (30 * {MIB})  # the allocator learns from what is freed
large, above = [], []
for _ in range(4):
    large.append(b"x" * (20 * {MIB} + len(large)))
    above.append(b"x" * (600_000 + len(above)))  # something that outlives it
status = Path("/proc/self/statm")
before = int(status.read_text().split()[1])
large.clear()
print((before - int(status.read_text().split()[1])) * 4096 // {MIB})
"""


def _given_back_mib(said: str) -> int:
    command = [sys.executable, "-c", _SCRIPT, said]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


def test_what_large_messages_took_is_given_back_although_smaller_things_outlive_them() -> None:
    """Without it a daemon that once had twenty large letters keeps their memory until it is restarted."""
    assert _given_back_mib("yes") >= 75
    assert _given_back_mib("no") < 75  # the reason: where this fails, it is not needed any more


_HOLES = f"""
from pathlib import Path
from relay.edge.large_blocks import give_back_holes
small = [bytes(600) for _ in range(100_000)]
stays = small[::100]
del small
status = Path("/proc/self/statm")
before = int(status.read_text().split()[1])
give_back_holes()
print((before - int(status.read_text().split()[1])) * 4096 // {MIB})
"""


def test_holes_between_what_stays_are_given_back() -> None:
    """Of sixty megabytes a hundredth stays, everywhere between the rest."""
    done = subprocess.run(
        [sys.executable, "-c", _HOLES], check=True, capture_output=True, text=True, timeout=60
    )
    assert int(done.stdout) >= 40


async def test_an_event_loop_looks_once_when_no_large_message_has_come_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And not between any two of them, for it takes some milliseconds."""
    looks: list[bool] = []
    monkeypatch.setattr(large_blocks, "QUIET_S", 0.1)
    monkeypatch.setattr(large_blocks, "give_back_holes", lambda: looks.append(True))
    leftovers = Leftovers()
    for _ in range(5):
        leftovers.large_is_done()
        await asyncio.sleep(0.01)
    assert looks == []
    await asyncio.sleep(0.3)
    assert looks == [True]


class _Counting(Leftovers):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def large_is_done(self) -> None:
        self.count += 1


@pytest.mark.parametrize(("octets", "looks"), [(LARGE_OCTETS - 1, 0), (LARGE_OCTETS, 1)])
@pytest.mark.parametrize("is_abandoned", [False, True])
async def test_the_process_at_the_door_looks_after_a_large_message(
    octets: int, looks: int, *, is_abandoned: bool
) -> None:
    """Whether it was taken or not."""

    async def ask(job: int, _question: object) -> Answer:
        return Answer(job)

    leftovers = _Counting()
    intake = FarIntake(1, ask, lambda _word: None, leftovers)
    await intake.write(bytes(octets - 10))
    await intake.write(bytes(10))
    if is_abandoned:
        intake.abandon()
    else:
        await intake.commit()
    assert leftovers.count == looks


@pytest.mark.parametrize(("octets", "looks"), [(1000, 0), (child.HOLES_OCTETS, 1)])
def test_a_worker_looks_after_a_large_message(
    octets: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it waits for the next."""
    count: list[bool] = []
    monkeypatch.setattr(child, "give_back_holes", lambda: count.append(True))
    monkeypatch.setattr(child, "gc", SimpleNamespace(disable=int, collect=int, freeze=int))
    ours, its = socket.socketpair()
    with ours, its, its.makefile("rb") as stream:
        letters = Letters.load(folder("templates"))

        def serve() -> None:
            child.serve(its, stream, letters, has_room=False)
            its.shutdown(socket.SHUT_WR)

        serving = threading.Thread(target=serve)
        serving.start()
        for part in wire.packed(
            wire.ToWorker(examine=wire.Examine(1, b"Subject: a\r\n\r\n" + bytes(octets)))
        ):
            ours.sendall(part)
        ours.shutdown(socket.SHUT_WR)
        while ours.recv(1 << 16):
            pass
        serving.join(30)
    assert len(count) == looks
