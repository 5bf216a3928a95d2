"""What goes into a process that reads hostile octets, and what comes out of it: bounded in time and octets.

A process gets its input on one pipe, gives its output on a second one, and says how it went on a third that carries
nothing else. ``process`` starts a program at the other ends, ``prepared`` has a child forked there; both watch here.

Failures are ``OpenPgpError``: ``timeout``, ``too-large``, ``failed``.
"""

from __future__ import annotations

import os
import selectors
import time
from dataclasses import dataclass
from typing import Final, Self

from relay.edge.openpgp import OpenPgpError

_CHUNK: Final = 65_536
_MAX_STATUS_OCTETS: Final = 262_144
"""A hundred times what a run says that goes well."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended that was not ended by us."""

    code: int
    """As in ``subprocess``: negative where a signal ended it."""
    output: bytes
    status: tuple[bytes, ...]
    """The lines on the status pipe, each without its end."""


class Pipes:
    """Three pipes, until the end of the block. The process gets ``its``: input, output, status."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        try:
            its_input, self._input = self._pipe()
            self._output, its_output = self._pipe()
            self._status, its_status = self._pipe()
        except OSError:
            self.__exit__()
            raise
        self.its = (its_input, its_output, its_status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close(*self._open)

    def hand_over(self) -> None:
        """Close its ends here: it has them."""
        self._close(*self.its)

    def watch(self, given: bytes, max_octets: int, deadline: float) -> tuple[bytes, tuple[bytes, ...]]:
        """Feed and drain until it has closed both of its ends; its output, and the lines that it said.

        ``deadline``: of ``time.monotonic``. Raises ``OpenPgpError`` at the deadline and for more octets.
        """
        taken: dict[int, list[bytes]] = {self._output: [], self._status: []}
        room = {self._output: max_octets, self._status: _MAX_STATUS_OCTETS}
        left = memoryview(given)
        os.set_blocking(self._input, False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._input, selectors.EVENT_WRITE)
            for descriptor in taken:
                selector.register(descriptor, selectors.EVENT_READ)
            while any(descriptor in selector.get_map() for descriptor in taken):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if time.monotonic() >= deadline:
                    raise OpenPgpError("timeout")
                for key, _ in ready:
                    if key.fd in taken:
                        chunk = os.read(key.fd, _CHUNK)
                        room[key.fd] -= len(chunk)
                        if room[key.fd] < 0:
                            raise OpenPgpError("too-large")
                        taken[key.fd].append(chunk)
                        if not chunk:
                            selector.unregister(key.fd)
                    else:
                        left = left[_written(key.fd, left) :]
                        if not left:
                            selector.unregister(key.fd)
                            self._close(key.fd)
        lines = b"".join(taken[self._status]).split(b"\n")
        if lines.pop():  # the last line has an end like all others, or it did not finish saying it
            raise OpenPgpError("failed")
        return b"".join(taken[self._output]), tuple(lines)

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self._open.update(ends)
        return ends

    def _close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            if descriptor in self._open:
                self._open.discard(descriptor)
                os.close(descriptor)


def _written(descriptor: int, left: memoryview) -> int:
    try:
        return os.write(descriptor, left[:_CHUNK]) if left else 0
    except BrokenPipeError:  # it wants no more; whether that is right is for its status to say
        return len(left)
