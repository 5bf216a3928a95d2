"""The operator's spam filter: rspamd over HTTP, asked about what seekers write. The only importer of httpx.

Called by ``flow.route`` through ``flow.ports.Screen``, when a message is stored and before a worker reads it, and only
where ``[rspamd]`` names one. Promises:

- A message is never lost, refused or changed by it: an action is mapped to pass, mark or hold, by a table.
- When it is away, slow, or says what nobody understands, ``when_away`` decides, and it is left alone for
  ``REST_S``: its trouble costs the queue one time limit, not one for each message.
- It is told the content, the envelope's sender and, for a request, the public intake address. Not told: the
  client's address and name, which we do not keep, and the alias of a conversation. ``Flags: no_log`` asks
  it to write nothing down.
- No proxy, no redirect, no more than ``MAX_ANSWER_OCTETS`` of an answer; nothing of its words is kept.

Protocol: POST /checkv2 of a normal worker or a proxy; the answer is JSON with an ``action``.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import httpx

from relay.domain.addresses import ReversePath
from relay.domain.standing import Verdict
from relay.log import Event, say

MAX_ANSWER_OCTETS: Final = 262_144
"""A few hundred symbols with their options; a usual answer has 5 KiB."""

REST_S: Final = 30.0
CONNECTIONS: Final = 12
"""As many as entries are under way at once."""

UNIX: Final = "unix:"
"""Begins an address that is a path of a socket on this machine."""


@dataclass(frozen=True, slots=True)
class RspamdSettings:
    """``url``: ``http://host:port``, ``https://host:port`` or ``unix:/path``. Actions as rspamd writes them."""

    url: str
    time_limit_s: float = 5.0
    max_bytes: int = 5_242_880
    hold: Collection[str] = ("reject",)
    mark: Collection[str] = ("soft reject", "add header", "rewrite subject", "greylist")
    when_away: Verdict = Verdict.PASS


class Rspamd:
    """One rspamd, and the connections to it."""

    def __init__(self, settings: RspamdSettings, now_s: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._now_s = now_s
        self._resting_until_s = float("-inf")
        is_unix = settings.url.startswith(UNIX)
        self._url = ("http://rspamd" if is_unix else settings.url.rstrip("/")) + "/checkv2"
        self._client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                uds=settings.url.removeprefix(UNIX) if is_unix else None,
                limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
                trust_env=False,
            ),
            headers={"User-Agent": "relay", "Accept-Encoding": "identity", "Flags": "no_log"},
            timeout=settings.time_limit_s,
            follow_redirects=False,
            trust_env=False,
        )

    async def ask(self, raw: bytes, reverse_path: ReversePath, intake: str | None) -> Verdict:
        """What is to become of a message. Never raises for anything that rspamd does or omits.

        A message over ``max_bytes`` is not asked about and passes: spam is small, and somebody's pictures are not.
        """
        if len(raw) > self._settings.max_bytes:
            return Verdict.PASS
        if self._now_s() < self._resting_until_s:
            return self._settings.when_away
        try:
            async with asyncio.timeout(self._settings.time_limit_s):
                action = await self._action(raw, reverse_path, intake)
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            self._resting_until_s = self._now_s() + REST_S
            say(Event.SCREENING_FAILED, error_class=type(error).__name__, delay_s=REST_S)
            return self._settings.when_away
        if action in self._settings.hold:
            return Verdict.HOLD
        return Verdict.MARK if action in self._settings.mark else Verdict.PASS

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _action(self, raw: bytes, reverse_path: ReversePath, intake: str | None) -> str:
        """Raises ``httpx.HTTPError``, or ``ValueError`` for an answer that is none."""
        headers = {"From": reverse_path.reveal()} | ({"Rcpt": intake} if intake else {})
        answer = bytearray()
        async with self._client.stream("POST", self._url, content=raw, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError("no answer")
            async for piece in response.aiter_raw():
                answer += piece
                if len(answer) > MAX_ANSWER_OCTETS:
                    raise ValueError("answer too long")
        try:
            said = json.loads(answer)
        except RecursionError:
            raise ValueError("answer too deep") from None
        action = said.get("action") if isinstance(said, dict) else None
        if not isinstance(action, str):
            raise ValueError("answer without an action")  # noqa: TRY004 - of theirs, not ours
        return action
