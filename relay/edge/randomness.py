"""Unpredictable octets from the kernel, fetched many at a time.

The composition root hands ``octets`` to the flow, and the store takes keys and nonces from it. A message
needs some twenty small portions; each call of the kernel for one of them lets the other threads go first,
which cost more than all cryptography. What was handed out is never handed out again, also not in a
forked process: it starts with an empty pool. Never fails.
"""

from __future__ import annotations

import os
import threading

POOL_OCTETS = 4096
"""About ten messages' worth; more would only keep unused secrets in memory for longer."""


class Pool:
    """A source of random octets that any thread may call; as unpredictable as ``os.urandom``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._octets = b""
        self._at = 0
        os.register_at_fork(after_in_child=self._empty)

    def __call__(self, count: int) -> bytes:
        """The next ``count`` octets."""
        with self._lock:
            end = self._at + count
            if end > len(self._octets):
                self._octets = os.urandom(max(POOL_OCTETS, count))
                self._at, end = 0, count
            octets = self._octets[self._at : end]
            self._at = end
            return octets

    def _empty(self) -> None:
        self._lock = threading.Lock()
        self._octets = b""
        self._at = 0


octets = Pool()
