"""Who may log in to submit: names and hashes from the configuration, and how often somebody may try.

The submission listener asks (``smtp_in.Logins``). A check costs 64 MiB and a good part of a second, so one runs at a
time, in a thread, and few may wait. Failures are counted by client and by name: a client that guesses is put off, and
so is everybody who tries a name that is being guessed, except from where its owner has logged in before, so that
guessing locks nobody out. An unknown name costs as much time as a known one. Nothing is logged but that it happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from relay.edge.passwords import fits
from relay.errors import RelayError, Reply
from relay.log import Event, say

FAILURES_OF_CLIENT = 10
FAILURES_OF_NAME = 30
WINDOW_S = 600.0
MAX_WAITING = 8
_MAX_COUNTED = 10_000
"""Clients or names counted before counting starts again."""


@dataclass(frozen=True, slots=True)
class Account:
    """A counselor who may log in, by any of ``names`` (lower case): their label, their addresses."""

    counselor_id: str
    names: frozenset[str]
    password_hash: str

    def __repr__(self) -> str:
        return "Account(<redacted>)"


class NotNow(RelayError):
    """Too many tries, or too many at once (RFC 4954 §4.7.1: 454, so that a mail program asks again)."""

    reply = Reply(454, "4.7.0", "Please try to log in again later")


class Logins:
    """``accounts`` gives those in force; ``now_s`` is a monotonic clock. Call ``close`` at the end."""

    def __init__(self, accounts: Callable[[], tuple[Account, ...]], now_s: Callable[[], float]) -> None:
        self._accounts = accounts
        self._now_s = now_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="logins")
        self._waiting = 0
        self._failures: dict[tuple[str, str], list[float]] = {}
        self._known: set[tuple[str, str]] = set()

    async def check(self, client: str, name: str, password: str) -> str | None:
        """The id of the counselor who logs in; ``None`` when name or password is wrong. Raises ``NotNow``."""
        accounts = self._accounts()
        wanted = name.strip().lower()
        account = next((each for each in accounts if wanted in each.names), None)
        who = account.counselor_id if account else ""
        if self._is_put_off(client, who) or self._waiting >= MAX_WAITING or not accounts:
            say(Event.LOGIN_POSTPONED)
            raise NotNow
        stands_for = account or accounts[0]  # an unknown name takes the time of a known one
        self._waiting += 1
        try:
            is_right = await asyncio.get_running_loop().run_in_executor(
                self._thread, fits, password, stands_for.password_hash
            )
        finally:
            self._waiting -= 1
        if account is None or not is_right:
            self._note_failure(client, who)
            say(Event.LOGIN_REFUSED)
            return None
        if len(self._known) >= _MAX_COUNTED:
            self._known.clear()
        self._known.add((client, who))
        return who

    def close(self) -> None:
        """End the thread; a check that is running is waited for by nobody."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _is_put_off(self, client: str, who: str) -> bool:
        if self._recent(("client", client)) >= FAILURES_OF_CLIENT:
            return True
        return self._recent(("name", who)) >= FAILURES_OF_NAME and (client, who) not in self._known

    def _note_failure(self, client: str, who: str) -> None:
        if len(self._failures) >= _MAX_COUNTED:
            self._failures.clear()
        for key in (("client", client), ("name", who)):
            self._failures.setdefault(key, []).append(self._now_s())

    def _recent(self, key: tuple[str, str]) -> int:
        since = self._now_s() - WINDOW_S
        times = [at for at in self._failures.get(key, ()) if at > since]
        if times:
            self._failures[key] = times
        else:
            self._failures.pop(key, None)
        return len(times)
