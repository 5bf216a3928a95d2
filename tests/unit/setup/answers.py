"""Answers that hold, and a person at a terminal who gives them."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]

GIVEN: Mapping[str, str] = {
    "domain": "line.test",
    "operator": "operator@ops.test",
    "counselor-name": "Ana Ruiz",
    "counselor-address": "ana.ruiz@home.test",
    "pseudonym": "Robin",
}
"""What has no usual answer."""

SECRETS = ("Ruiz", "ana.ruiz", "ops.test", "home.test")


def flags(**changes: str | None) -> list[str]:
    """As on a command line; ``None`` leaves one out."""
    answers = {**GIVEN, **{flag.replace("_", "-"): value for flag, value in changes.items()}}
    return [f"--{flag}={value}" for flag, value in answers.items() if value is not None]


class Terminal:
    """A command in a terminal of its own: ``until`` its words, ``say`` an answer, ``end`` with its exit code."""

    def __init__(self, *arguments: str) -> None:
        self.text = ""
        self._pid, self._end = pty.fork()
        if self._pid == 0:
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, "-m", "relay", *arguments])

    def until(self, words: str, within_s: float = 60.0) -> None:
        ends = time.monotonic() + within_s
        start = len(self.text)
        while not re.search(words, self.text[start:]):
            assert time.monotonic() < ends, self.text
            if select.select([self._end], [], [], 0.5)[0]:
                self.text += os.read(self._end, 65536).decode()

    def say(self, answer: str) -> None:
        os.write(self._end, answer.encode() + b"\n")

    def end(self) -> int:
        while True:
            try:
                octets = os.read(self._end, 65536)
            except OSError:  # its other side is closed
                break
            if not octets:
                break
            self.text += octets.decode()
        os.close(self._end)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
