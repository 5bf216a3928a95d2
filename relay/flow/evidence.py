"""Asking the DNS about who wrote a message, where a level of authentication wants proof. Called by ``route``.

Asks only for what came to an alias or from a seeker, and only at a level above the lowest: otherwise no packet
leaves because of a message. All questions of one message together are bounded in number and time; what is not
answered by then is evidence of nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from relay.domain.conversations import Side
from relay.domain.levels import CounselorLevel, SeekerLevel
from relay.flow.values import Envelope, Facts, Service
from relay.mail.proof import spf
from relay.mail.proof.evidence import Evidence
from relay.mail.proof.lookups import Lookup, LookupTrouble, RecordType
from relay.mail.proof.spf import Spf

_T = TypeVar("_T")

MAX_TEXTS = 7
"""Two places of a policy, and the keys of five signatures."""

HEAD_OCTETS = 262_144

MAX_QUESTIONS = 40
"""Of one message: the texts, and what SPF may ask within its own limits."""

TIME_LIMIT_S = 10.0
"""For all of them. A name server that takes longer mostly does not answer at all."""


class Witness:
    """``lookup`` asks one question; it is limited here for each message anew."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def of(self, envelope: Envelope, facts: Facts, head: bytes) -> Evidence:
        """All that the DNS can say about a message. Never raises for what it says or omits.

        ``head``: the message's first octets. A worker that a hostile message has taken over holds other people's
        letters, too, and must not be able to spell them out in names that we ask for.
        """
        limited = _Limited(self._lookup)
        asked = stated(facts.asks, head)
        questions = [asyncio.ensure_future(_text(limited, name)) for name in asked]
        sent = asyncio.ensure_future(_spf(limited, envelope))
        await asyncio.wait((*questions, sent), timeout=TIME_LIMIT_S)
        for task in (*questions, sent):
            task.cancel()
        texts = tuple((name, _result(task, None)) for name, task in zip(asked, questions, strict=True))
        result, domain = _result(sent, (Spf.TEMPERROR, ""))
        return Evidence(result, domain, texts)


def stated(names: Sequence[str], head: bytes) -> tuple[str, ...]:
    """Of the names that a worker wants asked those whose every part stands in the message, and no more than it may."""
    text = head[:HEAD_OCTETS].lower()
    return tuple(name for name in names[:MAX_TEXTS] if all(part in text for part in _parts(name)))


def _parts(name: str) -> tuple[bytes, ...]:
    """What was read in the message: selector and domain of a key, the domain of a policy."""
    selector, is_key, domain = name.lower().encode("utf-8").partition(b"._domainkey.")
    if is_key:
        return selector, domain
    policy = name.lower().encode("utf-8")
    return (policy.removeprefix(b"_dmarc.") if policy.startswith(b"_dmarc.") else policy + b"\0",)


def is_asked_for(service: Service, sides: Sequence[Side]) -> bool:
    """Tell whether a level asks for proof of what one of these sides wrote."""
    owing = {Side.COUNSELOR: service.counselor_level is not CounselorLevel.ALIAS,
             Side.SEEKER: service.seeker_level is not SeekerLevel.OFF}  # fmt: skip
    return any(owing[side] for side in sides)


class _Limited:
    """A ``Lookup`` for one message."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._left = MAX_QUESTIONS

    async def __call__(self, name: str, record_type: RecordType) -> tuple[str, ...]:
        self._left -= 1
        if self._left < 0:
            raise LookupTrouble("too many questions")
        return await self._lookup(name, record_type)


async def _text(lookup: Lookup, name: str) -> tuple[str, ...] | None:
    with suppress(LookupTrouble):
        return await lookup(name, RecordType.TXT)
    return None


async def _spf(lookup: Lookup, envelope: Envelope) -> tuple[Spf, str]:
    """SPF is about the host that brought a message, and says nothing about what one of ours passes on."""
    provenance = envelope.provenance
    if provenance.is_trusted or not provenance.client_ip:
        return Spf.NONE, ""
    return await spf.check(provenance.client_ip, envelope.reverse_path.reveal(), provenance.helo, lookup)


def _result(task: asyncio.Future[_T], otherwise: _T) -> _T:
    return task.result() if task.done() and not task.cancelled() and task.exception() is None else otherwise
