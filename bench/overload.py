"""Twice as much as we can take, for ten minutes: what is taken, what is put off, who waits, and how it ends.

    .venv/bin/python -m bench.overload --seconds 600

Letters come at a rate of their own, whatever becomes of them: first letters and letters within conversations by turns. What is put
off (4xx) comes again after a while, as a mail server would bring it, until it is taken. Printed for each step of time: what was
offered, taken and put off, how long a letter took to be taken, and what waited inside. At the end: the time until nothing waits, and
whether everything that was taken has been delivered. Exit code 1 for anything refused for good, lost, or sent twice.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import uvloop

from bench.load import LoadError, Talk, send
from bench.machine import BenchError, free_port, wait_for
from bench.ours import INTAKE, MORE_PEOPLE, Ours, open_conversations
from bench.samples import SAMPLES, Letter, letter
from bench.sink import Sink

IN_FLIGHT = 150
"""Connections at a time; more are not begun but come a moment later, as from a mail server with a limit of its own."""

STEP_S = 30.0
RETRY_S = 20.0
_CODE = re.compile(r"got b'(\d)(\d\d)")


@dataclass
class Step:
    """What happened in one step of time; ``took_ms`` from connecting to 250, by kind of letter."""

    offered: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    took_ms: dict[str, list[float]] = field(default_factory=lambda: {"first": [], "conversation": []})


@dataclass(frozen=True)
class Outcome:
    """Of the whole run. ``taken``: first letters, and letters within conversations."""

    steps: list[Step]
    first: int
    conversation: int
    final: int


async def offer(port: int, letters: Iterator[tuple[str, Letter]], per_s: float, seconds: float) -> Outcome:
    """Bring letters at a rate; returns when each has been taken."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    steps: list[Step] = []
    taken: Counter[str] = Counter()
    final = 0
    waiting: list[tuple[float, int, str, Letter]] = []
    order = itertools.count()
    running: set[asyncio.Task[None]] = set()

    def step() -> Step:
        while len(steps) <= (loop.time() - begun) / STEP_S:
            steps.append(Step())
        return steps[-1]

    async def bring(kind: str, one: Letter) -> None:
        nonlocal final
        at, done = loop.time(), loop.create_future()
        step().offered += 1
        try:
            async with asyncio.timeout(120):
                await loop.create_connection(partial(Talk, one, done, []), "127.0.0.1", port)
                await done
        except (LoadError, OSError, TimeoutError) as error:
            code = _CODE.search(str(error))
            step().replies["".join(code.groups()) if code else type(error).__name__] += 1
            if code and code[1] == "5":
                final += 1
            else:
                heapq.heappush(waiting, (loop.time() + RETRY_S, next(order), kind, one))
            return
        now = step()
        now.replies["250"] += 1
        now.took_ms[kind].append((loop.time() - at) * 1000)
        taken[kind] += 1

    def begin(kind: str, one: Letter) -> None:
        task = asyncio.create_task(bring(kind, one))
        running.add(task)
        task.add_done_callback(running.discard)

    due = begun
    while waiting or running or loop.time() - begun < seconds:
        while waiting and waiting[0][0] <= loop.time() and len(running) < IN_FLIGHT:
            _, _, kind, one = heapq.heappop(waiting)
            begin(kind, one)
        while due <= loop.time() < begun + seconds and len(running) < IN_FLIGHT:
            begin(*next(letters))
            due += 1 / per_s
        await asyncio.sleep(0.002)
    return Outcome(steps, taken["first"], taken["conversation"], final)


def _client(answer: multiprocessing.Queue[Outcome], port: int, people: list[tuple[str, str]], per_s: float, seconds: float) -> None:  # fmt: skip
    answer.put(uvloop.run(offer(port, _letters(people), per_s, seconds)))


def _letters(people: list[tuple[str, str]]) -> Iterator[tuple[str, Letter]]:
    """A first letter and a letter within a conversation by turns, without end."""
    body = SAMPLES["plain2k"]()
    for number in itertools.count():
        yield "first", letter(body, f"new{number}@mail.test", INTAKE, run="over")
        yield "conversation", letter(body, *people[number % len(people)], run="over")


def capacity(ours: Ours, sink: Sink, people: list[tuple[str, str]]) -> float:
    """Letters a second that come out at the other end, first letters (two copies each) and others by turns."""
    count = 600
    letters = [one for _, one in itertools.islice(_letters(people), count)]
    renamed = [letter(SAMPLES["plain2k"](), f"early{n}@mail.test" if one.forward_path == INTAKE else one.reverse_path,
                      one.forward_path, run="early") for n, one in enumerate(letters)]  # fmt: skip
    before = sink.count()
    sent = send(ours.ports, renamed, 20, 120)
    arrived = wait_for("the first letters", lambda: sink.count() - before >= count * 3 // 2, 120)
    wait_for("an empty queue", lambda: not ours.queued(), 60)
    return count / (arrived - sent.first_at)


def report(outcome: Outcome) -> None:
    """A line for each step."""
    print(
        "  from   offered  replies                                   99 % of a first letter, of a conversation's, taken"
    )
    for number, step in enumerate(outcome.steps):
        replies = "  ".join(f"{code}: {count}" for code, count in sorted(step.replies.items()))
        late = [
            f"{statistics.quantiles(each, n=100)[98]:.0f} ms" if len(each) > 1 else "none"
            for each in step.took_ms.values()
        ]
        print(f"{number * STEP_S:5.0f} s {step.offered:8}   {replies:40}  {late[0]:>10} {late[1]:>10}")


def main() -> int:
    """Run and print; 0 when nothing was refused for good, lost or sent twice."""
    options = _options()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
            folder.chmod(0o755)  # smtp-sink does not work as root
            sink_port = free_port()
            limits = f"\n[limits]\nwait_seconds = {options.wait}\n"
            ours = Ours(folder / "ours", sink_port, extra=limits, people=MORE_PEOPLE)
            stack.callback(ours.close)
            people = open_conversations(ours, sink_port, folder / "kept", 200)
            sink = Sink(sink_port)
            stack.callback(sink.close)
            able = capacity(ours, sink, people)
            per_s = able * options.times
            print(
                f"taken as they come: {able:.0f}/s; offered for {options.seconds} s: {per_s:.0f}/s",
                flush=True,
            )
            before = sink.count()
            answer: multiprocessing.Queue[Outcome] = multiprocessing.get_context("spawn").Queue()
            client = multiprocessing.get_context("spawn").Process(
                target=_client, args=(answer, ours.ports[0], people, per_s, options.seconds), daemon=True
            )
            client.start()
            stack.callback(client.terminate)
            outcome = answer.get(timeout=options.seconds * 6 + 600)
            last = time.monotonic()
            copies = outcome.first * 2 + outcome.conversation
            empty = wait_for("an empty queue", lambda: not ours.queued(), options.seconds * 2 + 60)
            report(outcome)
            came = sink.count() - before
            print(
                f"taken: {outcome.first} first letters, {outcome.conversation} within conversations; {copies} copies due, {came} came; "
                f"{outcome.final} refused for good; nothing waited {empty - last:.1f} s after the last was taken"
            )
    except (BenchError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return int(bool(outcome.final) or came != copies)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.overload", description="More than we can take, and what becomes of it."
    )
    parser.add_argument("--seconds", type=int, default=600, help="how long (default: 600)")
    parser.add_argument(
        "--times", type=float, default=2.0, help="how many times what we can take (default: 2)"
    )
    parser.add_argument("--wait", type=int, default=120, help="limits.wait_seconds (default: 120, as usual)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
