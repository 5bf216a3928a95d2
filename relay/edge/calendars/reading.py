"""The daemon's side: hands calendars to the process that reads them, and waits no longer than it may."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from relay.domain.spans import Spans
from relay.edge.calendars import frames

MAX_OCTETS = 1 << 20
"""1 MiB: ten years of a full calendar have a tenth of that."""

MEMORY_BYTES = 512 << 20
_START_S = 10.0


@dataclass(frozen=True, slots=True)
class Job:
    """One calendar to be read. ``only_busy``: what is shown as free does not count."""

    octets: bytes
    zone: ZoneInfo
    only_busy: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a calendar. ``line`` from 1, 0: the file as a whole; ``sentence`` goes on after it."""

    line: int
    sentence: str


_GAVE_UP = Trouble(0, "cannot be unfolded within time and memory; export it anew, without what is long past")


def read(jobs: Sequence[Job], begin: datetime, end: datetime) -> list[Spans | Trouble]:
    """What each calendar holds between two UTC instants, or what is wrong with it. Blocks; never raises.

    Each has ten seconds in the child; a child that does not answer is ended, and a new one takes the rest.
    """
    found: list[Spans | Trouble] = []
    while len(found) < len(jobs):
        before = len(found)
        with _child() as child:
            for job in jobs[before:]:
                answered = _ask(child, job, begin, end)
                found.append(_GAVE_UP if answered is None else answered)
                if answered is None:
                    break
            child.kill()
    return found


def _child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
        [sys.executable, "-m", "relay.edge.calendars.child", str(MEMORY_BYTES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )


def _ask(child: subprocess.Popen[bytes], job: Job, begin: datetime, end: datetime) -> Spans | Trouble | None:
    """One calendar; ``None`` when the child has died or had to be ended."""
    if len(job.octets) > MAX_OCTETS:
        return Trouble(0, "is larger than 1 MiB, which no rota is")
    assert child.stdin is not None
    assert child.stdout is not None
    timer = threading.Timer(frames.SECONDS_PER_FILE + _START_S, child.kill)
    timer.start()
    try:
        child.stdin.write(frames.packed(frames.Question(job.octets, job.zone.key, begin, end, job.only_busy)))
        child.stdin.flush()
        body = frames.read(child.stdout)
    except OSError:
        return None
    finally:
        timer.cancel()
    answer = frames.answer(body) if body is not None else None
    if answer is None:
        return None
    if answer.sentence:
        return Trouble(answer.line, answer.sentence)
    if not all(begin <= since < until <= end for since, until in answer.stretches):
        return _GAVE_UP
    return Spans.of(answer.stretches)
