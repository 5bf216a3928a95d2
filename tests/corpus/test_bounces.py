"""The bounces of the corpus, each as a report on a delivery of ours: classified or held, and nothing of them told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.bounces import Fact
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.flow import compose
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.values import (
    ConversationView,
    Envelope,
    Known,
    LeasedEntry,
    Minted,
    Person,
    Reason,
    Service,
    Target,
    TargetKind,
)
from relay.mail import automatic
from relay.mail.model import Mail
from relay.resources import folder
from tests.corpus.letters import on_the_wire, samples

pytestmark = pytest.mark.corpus

SHARE = 0.95
PATH = OurAddress("m4xqk7ztw2hvb9c3rdpf", "relay.test")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SEEKER = Person(("sam@mail.test",), ("Sam Lee",), (), "Maple Heron", "m4xqk7ztw2hvb9c3rdp0@relay.test")
COUNSELOR = Person(("ana@home.test",), ("Ana Ruiz",), (), "Robin", "m4xqk7ztw2hvb9c3rdp1@relay.test")


def reports() -> Iterator[tuple[str, Mail]]:
    for sample in samples():
        if "bounce" in sample.classes:
            mail = compose.read(on_the_wire(sample.raw))
            if mail is not None:
                yield sample.name, mail


def outcome(mail: Mail, letters: Letters, side: Side) -> Outcome:
    """What comes of a report at the return-path of what was sent to ``side``."""
    view = ConversationView(
        b"c" * 16,
        ConversationState.OPEN,
        1,
        "help@relay.test",
        "en",
        SEEKER,
        COUNSELOR,
        "ana",
        COUNSELOR.alias,
    )
    known = Known(
        entry=LeasedEntry(b"e" * 16, Envelope(ReversePath(""), (PATH,)), NOW, 1, 1, 1, b"c" * 16),
        target=Target(TargetKind.RETURN_PATH, PATH, view, side, delivery_id=b"d" * 16),
        service=Service("Line", "relay.test", "operator@ops.test"),
        now=NOW,
        minted=Minted(tuple(f"{number}@relay.test" for number in range(6)), ("b1", "b2")),
    )
    return compose.compose(mail, known, letters)


@pytest.mark.parametrize("side", Side)
def test_each_bounce_is_classified_or_held_and_none_of_its_words_are_told(
    side: Side, record_property: Callable[[str, object], None]
) -> None:
    """At least 95 % give a fact; all that give the same one lead to the same octets, so nothing of them leaves."""
    letters = Letters.load(folder("templates"))
    facts: Counter[Fact | None] = Counter()
    others: Counter[str] = Counter()
    told: dict[Fact, set[tuple[bytes, ...]]] = {}
    held: set[tuple[bytes, ...]] = set()
    for name, mail in reports():
        result = outcome(mail, letters, side)
        messages = tuple(one.message for one in result.outgoing)
        if automatic.classify(mail, True) is not automatic.Kind.BOUNCE:
            others[result.reason.value if result.reason else "passed"] += 1
            continue
        facts[result.fact] += 1
        if result.fact is None:
            assert (result.event, result.reason) == (EntryEvent.HELD, Reason.UNCLEAR_REPORT), name
            held.add(messages)
        else:
            assert (result.event, result.reason) == (EntryEvent.STOPPED, Reason.BOUNCE), name
            told.setdefault(result.fact, set()).add(messages)
    share = 1 - facts[None] / facts.total()
    lines = [f"  {fact.value if fact else 'held':12} {count:4}" for fact, count in facts.most_common()]
    lines += [f"  no bounce: {reason}, {count}" for reason, count in others.most_common()]
    record_property("table", "\n".join([f"reports to a {side.value}: {share:.1%} classified", *lines]))
    assert facts.total() > 300
    assert share >= SHARE
    assert {fact: len(each) for fact, each in told.items()} == dict.fromkeys(told, 1)
    assert len(held) <= 1
    assert "passed" not in others
