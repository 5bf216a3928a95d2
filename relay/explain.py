"""``relay explain``: what the other side would receive of a saved message, and what happened to it on the way.

Runs the very functions of the worker, without a daemon, a database or a network, over invented aliases.
Prints the new message as its reader would get it (whose own address is not a secret to them, but is not
shown here either) and each change with its count; never a secret that the message would have hidden.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from relay.config import Settings
from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import message_id, mint_token
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.flow.compose import compose, examine, read
from relay.flow.letters import Letters
from relay.flow.resolve import with_counselor
from relay.flow.values import (
    ConversationView,
    Envelope,
    Facts,
    Known,
    LeasedEntry,
    Minted,
    Outcome,
    OutgoingKind,
    Person,
    Target,
    TargetKind,
)
from relay.mail.model import Mail
from relay.resources import folder

_READER = "reader@example.invalid"
"""Stands for whoever would read the message; a name that can never exist (RFC 2606 §2)."""


def explain(raw: bytes, settings: Settings, side_name: str) -> Iterator[str]:
    """Yield the lines to print. ``side_name``: who wrote the message, ``seeker`` or ``counselor``."""
    side = Side(side_name)
    mail = read(raw)
    facts = examine(mail, reverse_path_is_null=False)
    known = _known(mail, facts, settings, side)
    outcome = compose(mail, known, Letters.load(folder("templates")))
    yield f"Written by: the {side.value}. Read by: the {side.other.value}."
    yield from _verdict(outcome)
    for change in outcome.changes:
        yield f"  {change.what.replace('-', ' ')}: {change.count}" + (
            f" ({change.why})" if change.why else ""
        )
    for one in outcome.outgoing:
        if one.kind is OutgoingKind.RELAYED:
            yield ""
            yield f"What the {side.other.value} receives:"
            yield ""
            yield from ("  " + line for line in _shown(one.message))


def _verdict(outcome: Outcome) -> Iterator[str]:
    if outcome.event is EntryEvent.PLANNED:
        yield "It would be passed on as a new message. What was done to it:"
    elif outcome.event is EntryEvent.HELD:
        yield f"It would be held, and a person told: {_words(outcome)}."
    else:
        yield f"It would not be passed on: {_words(outcome)}."


def _words(outcome: Outcome) -> str:
    return outcome.reason.value.replace("_", " ") if outcome.reason else "nobody is on duty"


def _shown(message: bytes) -> Iterator[str]:
    for line in message.decode("ascii", "replace").split("\r\n"):
        yield line.replace(_READER, "(the reader's own address)")


def _known(mail: Mail | None, facts: Facts, settings: Settings, side: Side) -> Known:
    """A conversation with invented aliases around the message. The first counselor stands for all,
    unless the author is a registered one.
    """
    roster = settings.roster()
    author = facts.authors[0].lower() if facts.authors else ""
    counselor = next(
        (c for c in roster.counselors if any(a.key == author for a in c.addresses)), roster.counselors[0]
    )
    domain = settings.service.domain
    seeker = Person(
        addresses=(author if side is Side.SEEKER and "@" in author else _READER,),
        names=facts.author_names[:1] if side is Side.SEEKER else (),
        private=(),
        stands_as="Maple Heron",
        alias=f"{mint_token(os.urandom)}@{domain}",
        language=roster.intakes[0].language,
    )
    view = ConversationView(
        conversation_id=bytes(16),
        state=ConversationState.OPEN,
        version=1,
        intake=roster.intakes[0].address.key,
        language=roster.intakes[0].language,
        seeker=seeker,
        counselor_alias=f"{mint_token(os.urandom)}@{domain}",
        acknowledged=True,
    )
    view = with_counselor(view, counselor)
    if side is Side.SEEKER and view.counselor is not None:
        hidden = Person(
            addresses=(_READER,),
            names=(),
            private=(),
            stands_as=view.counselor.stands_as,
            alias=view.counselor.alias,
            language=view.counselor.language,
        )
        view = replace(view, counselor=hidden)
    path = seeker.addresses[0] if side is Side.SEEKER else counselor.address.reveal()
    to = OurAddress.parse(view.counselor_alias if side is Side.SEEKER else seeker.alias)
    return Known(
        entry=LeasedEntry(
            bytes(16),
            Envelope(ReversePath(path), (to,)),
            datetime.now(UTC),
            len(mail.raw) if mail else 0,
            1,
            1,
            confirmed=True,
        ),
        target=Target(TargetKind.ALIAS, to, view, side),
        service=settings.service_values(),
        now=datetime.now(UTC),
        minted=Minted(
            tuple(message_id(os.urandom, domain) for _ in range(6)),
            tuple(mint_token(os.urandom) for _ in range(2)),
        ),
    )
