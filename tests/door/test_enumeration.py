"""Nobody finds out which addresses there are (A08): words, codes and times of the answers tell nothing."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from relay.edge.store.keys import Keyring, Purpose, load_master_key
from tests.door.profile import FULL
from tests.support import storage
from tests.support.daemon import Daemon
from tests.support.ledger import ALWAYS, RELAY_TOML
from tests.support.line import Line
from tests.support.ranks import p_value
from tests.unit.edge.smtp_door import Client

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
NO = "550 5.1.1 No such recipient here"
SAMPLES = 2000 if FULL else 500
LEAST_P = 0.01
ROUNDS = 3 if FULL else 12
"""The best of three counts: six comparisons at 1 in 100 would cry wolf once in seventeen runs. Beside other tests the
machine drifts within a round, which favours whoever was asked first: then the best of more counts. With a look-up that
stops early every round fails, however many there are."""


def never_was(source: random.Random) -> str:
    return "".join(source.choices(ALPHABET, k=20)) + "@relay.test"


@dataclass(frozen=True)
class Aliases:
    """What there is to find, by what became of it."""

    live: list[str]
    retired: list[str]
    erased: list[str]


@asynccontextmanager
async def conversations(folder: Path, count: int) -> AsyncIterator[tuple[Daemon, Aliases]]:
    """A daemon with so many conversations: a third of their aliases live, a third retired, a third erased."""
    async with Daemon(folder, RELAY_TOML, ALWAYS) as daemon:
        async with daemon.connect() as door:
            for number in range(count):
                message = f"From: s{number}@mail.test\r\nSubject: x\r\n\r\nHello {number}.\r\n".encode()
                await door.submit(f"s{number}@mail.test", ["help@relay.test"], message)
        for _ in range(2 * count):
            said = len([line for line in daemon.log if line.event == "delivery.accepted"])
            if said >= 2 * count:
                break
            await daemon.said("delivery.accepted", after=len(daemon.log))
        found = sorted({address_in(one.message) for one in daemon.sink.captured})
        live, retired, erased = found[::3], found[1::3], found[2::3]
        keys = Keyring(load_master_key(folder / "state" / "master.key"))
        tokens = {alias: keys.index(Purpose.TOKEN, alias.partition("@")[0]) for alias in found}
        retire, erase = "update aliases set retired_at = 1", "delete from aliases"
        for change, those in ((retire, retired), (erase, erased)):
            for one in those:
                where = f"{change} where token = ? returning token"
                assert storage.run(folder, where, (tokens[one],)) == [(tokens[one],)]
        yield daemon, Aliases(live, retired, erased)


def address_in(message: bytes) -> str:
    line = next(line for line in message.split(b"\r\n") if line.startswith(b"From: "))
    return line.decode().rpartition("<")[2].rstrip(">")


async def test_what_never_was_what_was_and_what_is_elsewhere_get_the_same_octets(tmp_path: Path) -> None:
    """Ten thousand guesses, retired and erased aliases, foreign and odd ones: one answer; VRFY and EXPN none."""
    source = random.Random(8)
    async with conversations(tmp_path / "relay", 30) as (daemon, aliases):
        guesses = [never_was(source) for _ in range(10_000 if FULL else 1_000)]
        other = ["nobody@relay.test", "help@ext.test", f"{aliases.live[0].partition('@')[0]}@ext.test"]
        async with Client.to("127.0.0.1", daemon.port) as client:
            await client.greet()
            await client.say("MAIL FROM:<a@b.test>")
            answers = {
                await client.say(f"RCPT TO:<{path}>")
                for path in (*guesses, *aliases.retired, *aliases.erased, *other)
            }
            assert answers == {NO}
            assert {await client.say(f"RCPT TO:<{path}>") for path in aliases.live} == {"250 2.1.5 OK"}
            spoken = {
                await client.say(f"{verb} {path}")
                for verb in ("VRFY", "EXPN", "HELP")
                for path in (aliases.live[0], aliases.retired[0], guesses[0])
            }
            assert spoken == {"502 5.5.1 Command not implemented"}


async def test_the_time_of_an_answer_tells_nothing(tmp_path: Path) -> None:
    """Known, retired, erased and never known: no test of ranks can tell one from another."""
    source = random.Random()
    async with conversations(tmp_path / "relay", 90) as (daemon, aliases):
        kinds = {
            "known": aliases.live,
            "retired": aliases.retired,
            "erased": aliases.erased,
            "never": [never_was(source) for _ in aliases.live],
        }
        worst: dict[tuple[str, str], float] = {}
        for _ in range(ROUNDS):
            times = await timed(daemon.port, kinds, source)
            for one, other in ((a, b) for a in kinds for b in kinds if a < b):
                p = p_value(times[one], times[other])
                worst[one, other] = max(p, worst.get((one, other), 0.0))
            if min(worst.values()) > LEAST_P:
                break
        for (one, other), p in worst.items():
            print(f"  {one:8} {other:8} p = {p:.3f}, medians {statistics.median(times[one]) / 1e3:.1f} "
                  f"and {statistics.median(times[other]) / 1e3:.1f} us")  # fmt: skip
    assert min(worst.values()) > LEAST_P


async def timed(port: int, kinds: dict[str, list[str]], source: random.Random) -> dict[str, list[int]]:
    """Nanoseconds until each answer, all kinds mixed so that whatever else the machine does meets all alike.

    Each kind has as many addresses as the others, asked as often, and every command is written before the first is
    sent: what the asking itself costs must not differ, or it is measured in place of the answer.
    """
    times: dict[str, list[int]] = {kind: [] for kind in kinds}
    commands = [
        (kind, f"RCPT TO:<{source.choice(kinds[kind])}>")
        for _ in range(SAMPLES)
        for kind in source.sample(sorted(kinds), k=len(kinds))
    ]
    async with Client.to("127.0.0.1", port) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        for kind, command in commands:
            began = time.perf_counter_ns()
            answer = await client.say(command)
            times[kind].append(time.perf_counter_ns() - began)
            assert answer[:3] == ("250" if kind == "known" else "550")
    return times


def test_the_test_of_ranks_sees_a_difference_and_no_other() -> None:
    """It would say so if there were one: a shift of a fifth of the spread among two thousand."""
    source = random.Random(1)
    one, same, shifted = ([source.gauss(mean, 1) for _ in range(2000)] for mean in (0, 0, 0.2))
    assert p_value(one, same) > LEAST_P
    assert p_value(one, shifted) < 1e-4
    assert p_value([1, 1, 1], [1, 1, 1]) == 1.0


async def test_a_stranger_may_guess_three_times_and_a_trusted_host_passes_on_what_others_guess(
    tmp_path: Path,
) -> None:
    """421 at the fourth for strangers. An MTA of ours would lose the connection for honest mail: 550 as ever."""
    async with Line(tmp_path / "line") as line, Client.to("127.0.0.1", line.port) as client:
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        assert {await client.say("RCPT TO:<nobody@relay.test>") for _ in range(50)} == {NO}
    strangers_only = tmp_path / "strangers"
    async with (
        Line(strangers_only, smtp='trusted_hosts = ["192.0.2.1"]') as line,
        Client.to("127.0.0.1", line.port) as client,
    ):
        await client.greet()
        await client.say("MAIL FROM:<a@b.test>")
        said = [await client.say("RCPT TO:<nobody@relay.test>") for _ in range(4)]
        assert said == [*[NO] * 3, "421 4.7.0 Too many unknown recipients"]
        assert await client.rest() == b""
