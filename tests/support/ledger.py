"""Book-keeping for tests that kill the daemon: what was promised with 250, and what came out of it.

A message carries one token that stands nowhere else. ``Ledger`` knows every token that was offered, whether
250 was said to it and who has to receive it; ``account`` holds that against what the next hop captured.
``Load`` is a few mail programs that write without pause and offer a message again until it is taken.
"""

from __future__ import annotations

import asyncio
import random
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.daemon import Submission
from tests.support.sink import Captured, Sink

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[workers]
processes = 1
"""

ANA = "ana.ruiz@home.test"
COUNSELORS_TOML = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
address = "ana.ruiz@home.test"
duty = ["{duty}"]
capacity = 10000
"""
ALWAYS = COUNSELORS_TOML.format(duty="always")
NEVER = COUNSELORS_TOML.format(duty="never")
MOST_REQUESTS = 9_000
"""Of those places; who writes when they are taken waits until one is free."""

TOKEN_BEGINS = "qanary"
"""Stands in no word of the program: what lies on the disk can be searched for it."""

_TOKEN = re.compile(rb"\bqanary[a-z]{20}\b")
_HEADER = re.compile(
    rb"^(?P<name>message-id|from): *(?:[^\r\n]*<)?(?P<value>[^<>\r\n]+)>?\r$", re.IGNORECASE | re.MULTILINE
)


def fresh_token(source: random.Random) -> str:
    """A word of letters only: digits could be taken for a telephone number."""
    return TOKEN_BEGINS + "".join(source.choices(string.ascii_lowercase, k=20))


def header(message: bytes, name: str) -> str:
    """The address or id in the one header ``From`` or ``Message-ID`` that a message must have."""
    head = message.partition(b"\r\n\r\n")[0] + b"\r\n"
    (value,) = [match["value"] for match in _HEADER.finditer(head) if match["name"].lower() == name.encode()]
    return value.decode()


def tokens_in(message: bytes) -> set[str]:
    """The tokens among the words of a message; its header may hold them too, as its author's Message-ID."""
    return {token.decode() for token in _TOKEN.findall(message.partition(b"\r\n\r\n")[2])}


def letter(author: str, to: str, token: str) -> bytes:
    """A plain message around a token."""
    return (
        f"From: {author}\r\nTo: {to}\r\nSubject: A question\r\nMessage-ID: <{token}@mua.test>\r\n"
        f"Date: Mon, 23 Nov 2026 13:00:00 +0000\r\n\r\nThese are the words: {token} and no more.\r\n"
    ).encode()


@dataclass(frozen=True)
class Account:
    """What is wrong, token by token, and what may be: ``twice`` is allowed after a kill, the rest never."""

    acknowledged: int
    once: int
    twice: int
    copies_too_many: int
    lost: tuple[str, ...]
    astray: tuple[str, ...]
    unlike: tuple[str, ...]

    def assert_whole(self, *, copies_at_most: int) -> None:
        """Nothing lost, nothing to the wrong person, and copies only as many as there can be, all alike."""
        assert not self.lost, f"{len(self.lost)} acknowledged messages were never delivered"
        assert not self.astray, f"{len(self.astray)} messages reached somebody else"
        assert not self.unlike, f"{len(self.unlike)} copies differ from their first"
        assert self.copies_too_many <= copies_at_most, f"{self.copies_too_many} copies too many"


@dataclass
class Ledger:
    """Every token: who has to receive it, and whether it was acknowledged."""

    reader_of: dict[str, str] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    requests: int = 0
    """How many loads have asked for a conversation."""

    def account(self, captured: Iterable[Captured]) -> Account:
        """Hold what the next hop took against the promises."""
        copies: dict[str, list[Captured]] = defaultdict(list)
        for each in captured:
            for token in tokens_in(each.message):
                copies[token].append(each)
        doubled = [group for group in copies.values() if len(group) > 1]
        return Account(
            acknowledged=len(self.acknowledged),
            once=sum(len(copies[token]) == 1 for token in self.acknowledged if token in copies),
            twice=len(doubled),
            copies_too_many=sum(len(group) - 1 for group in doubled),
            lost=tuple(self.acknowledged - copies.keys()),
            astray=tuple(
                token
                for token, group in copies.items()
                if any(each.recipient != self.reader_of[token] for each in group)
            ),
            unlike=tuple(header(group[0].message, "message-id") for group in doubled if len(set(group)) > 1),
        )

    def outstanding(self, captured: Iterable[Captured]) -> int:
        """How many acknowledged tokens the next hop has not seen yet."""
        seen = {token for each in captured for token in tokens_in(each.message)}
        return len(self.acknowledged - seen)


@dataclass(frozen=True)
class Pair:
    """A conversation under way: the seeker, and the alias that each side writes to."""

    seeker: str
    seeker_writes_to: str
    counselor_writes_to: str


class Service(Protocol):
    """A daemon, or several that are one service."""

    @property
    def sink(self) -> Sink: ...

    def connect(self) -> Submission: ...


class Load:
    """Mail programs that write requests and replies from both sides, each message until it is taken."""

    def __init__(self, daemon: Service, ledger: Ledger, source: random.Random) -> None:
        self.daemon = daemon
        self.ledger = ledger
        self.in_doubt = 0
        """How often a connection broke before 250 was heard."""
        self._source = source
        self._up = asyncio.Event()
        self._up.set()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def offer(self, author: str, to: str, reader: str) -> str:
        """Bring one message in, however often it takes; its token."""
        token = fresh_token(self._source)
        self.ledger.reader_of[token] = reader
        message = letter(author, to, token)
        while token not in self.ledger.acknowledged:
            await self._up.wait()
            try:
                async with self.daemon.connect() as door:
                    reply = await door.submit(author, [to], message)
            except (OSError, EOFError, TimeoutError):
                self.in_doubt += 1
                await asyncio.sleep(0.01)
                continue
            if reply.startswith("250"):
                self.ledger.acknowledged.add(token)
            else:
                assert reply.startswith("4"), f"our own trouble was answered with {reply[:3]}"
                await asyncio.sleep(0.05)
        return token

    async def pair(self, seeker: str) -> Pair:
        """Open a conversation and wait until both sides know where to write to."""
        token = await self.offer(seeker, "help@relay.test", ANA)
        async with asyncio.timeout(30):
            while True:
                captured = self.daemon.sink.captured
                request = [each for each in captured if token in tokens_in(each.message)]
                acknowledgement = [each for each in captured if each.recipient == seeker]
                if request and acknowledgement:
                    break
                await asyncio.sleep(0.01)
        return Pair(seeker, header(acknowledgement[0].message, "from"), header(request[0].message, "from"))

    def start(self, pairs: list[Pair], *, writers: int, pause_s: float) -> None:
        """Let ``writers`` write at the same time, each with a pause between two messages."""
        self._tasks = [
            asyncio.create_task(self._write(self._letters(pairs, number), pause_s))
            for number in range(writers)
        ]

    async def finish(self) -> None:
        """Stop writing once every message that was begun has been taken."""
        self._stopping = True
        async with asyncio.timeout(60):
            await asyncio.gather(*self._tasks)

    def hold(self) -> None:
        """Open no new connections: the port may belong to somebody else while the daemon is dead."""
        self._up.clear()

    def go_on(self) -> None:
        self._up.set()

    async def _write(self, letters: Iterator[tuple[str, str, str]], pause_s: float) -> None:
        for author, to, reader in letters:
            if self._stopping:
                return
            await self.offer(author, to, reader)
            await asyncio.sleep(self._source.uniform(0, 2 * pause_s))

    def _letters(self, pairs: list[Pair], number: int) -> Iterator[tuple[str, str, str]]:
        """Author, forward-path and reader of one message after the other: a third of each kind, while there are places
        for requests.
        """
        while True:
            if self.ledger.requests < MOST_REQUESTS:
                self.ledger.requests += 1
                name = "".join(self._source.choices(string.ascii_lowercase, k=12))
                yield f"{name}@mail.test", "help@relay.test", ANA
            pair = self._source.choice(pairs)
            yield pair.seeker, pair.seeker_writes_to, ANA
            pair = self._source.choice(pairs)
            yield ANA, pair.counselor_writes_to, pair.seeker
