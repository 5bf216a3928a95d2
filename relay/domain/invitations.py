"""Addresses for two answers at the end of a conversation that say nothing of the conversation, not even to us.

An invitation is a token like all others (``aliases``) to whoever sees it: random digits, three that name the queue,
hidden by the random ones, and ten that prove with a key that we made it in this month. Nothing is stored when it is
made, so nothing is there that could lead from an answer to a conversation: what comes back says "somebody whose
conversation in this queue ended lately", and no more. It is good in the month in which it was made and in the next.

A guess at the ten digits is right once in 10**15; three that name a queue name another of fifty once in 700. Pure: the
keyed hash comes in as an argument.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from relay.domain.aliases import DIGITS, TOKEN_LENGTH, Randomness, mint_token

Keyed = Callable[[str], bytes]
"""A keyed hash of at least ten octets."""

_NONCE, _QUEUE = 7, 3
_HEAD = _NONCE + _QUEUE

MOST_LETTERS = 3
"""Letters of ours to one invitation: who answers them without end is a machine."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that was answered. ``queue``: whose conversation had ended. ``intake``: where a person reads what
    is written, and ``language``: of that address. ``is_counted``: its answers were counted before; ``told``: how many
    letters of ours went to whoever answered.
    """

    queue: str
    intake: str
    language: str
    is_counted: bool = False
    told: int = 0


def mint(randomness: Randomness, keyed: Keyed, queue: str, now: datetime) -> str:
    """Make an invitation; nobody has to be told of it."""
    nonce = mint_token(randomness)[:_NONCE]
    head = nonce + _queue_digits(keyed, queue, nonce)
    return head + _proof(keyed, _month(now), head)


def is_one(token: str, keyed: Keyed, now: datetime) -> bool:
    """Tell whether a token is an invitation that is good now; takes the same time whether or not."""
    head, proof = token[:_HEAD], token[_HEAD:]
    this, last = (_proof(keyed, month, head).encode() for month in (_month(now), _month(now) - 1))
    is_of_this, is_of_last = (hmac.compare_digest(proof.encode(), each) for each in (this, last))
    return is_of_this or is_of_last


def queue_of(token: str, keyed: Keyed, queues: Iterable[str], usual: str) -> str:
    """Which of these queues an invitation is of; ``usual`` when that is no more."""
    nonce, digits = token[:_NONCE], token[_NONCE:_HEAD]
    return next((each for each in queues if _queue_digits(keyed, each, nonce) == digits), usual)


def _queue_digits(keyed: Keyed, queue: str, nonce: str) -> str:
    return _digits(keyed(f"queue {nonce} {queue}"), _QUEUE)


def _proof(keyed: Keyed, month: int, head: str) -> str:
    return _digits(keyed(f"month {month} {head}"), TOKEN_LENGTH - _HEAD)


def _digits(octets: bytes, count: int) -> str:
    return "".join([DIGITS[octet & 31] for octet in octets[:count]])


def _month(now: datetime) -> int:
    """Months since the year 0, so that each has one before it (UTC)."""
    return now.year * 12 + now.month
