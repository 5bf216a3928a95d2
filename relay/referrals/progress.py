"""A bar on a terminal for what takes more than a moment; nothing where nobody watches.

Used by ``command``. Written to standard error, so that a list on standard output stays a list.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_FROM = 2000
"""Fewer are done before anybody has read the bar."""
_CELLS = 30
_EVERY_S = 0.1


class Bar:
    """How many of ``total`` are done."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total
        self._is_shown = stream.isatty() and total >= _FROM
        self._last = 0.0

    def show(self, done: int) -> None:
        """Draw it, not more often than an eye can follow."""
        now = time.monotonic()
        if not self._is_shown or (now - self._last < _EVERY_S and done < self._total):
            return
        self._last = now
        cells = _CELLS * done // self._total
        bar = "#" * cells + "-" * (_CELLS - cells)
        self._stream.write(f"\r[{bar}] {done:>7} of {self._total}")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line clean."""
        if self._is_shown:
            self._stream.write("\r" + " " * (_CELLS + 30) + "\r")
            self._stream.flush()


@contextmanager
def said(stream: TextIO, words: str) -> Iterator[None]:
    """Say what is going on while it is, where nothing can be counted."""
    if not stream.isatty():
        yield
        return
    stream.write(words)
    stream.flush()
    try:
        yield
    finally:
        stream.write("\r" + " " * len(words) + "\r")
        stream.flush()
