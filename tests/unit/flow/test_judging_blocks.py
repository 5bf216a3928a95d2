"""The gate's allowance for entries of a directory: in the block, one common word, and nothing more."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import EntryEvent
from relay.flow import compose as composing
from relay.flow.compose import compose, examine, read
from relay.flow.letters import Letters
from relay.flow.outcomes import Face, Outcome
from relay.flow.parties import ConversationView, Person
from relay.flow.values import Envelope, Known, LeasedEntry, Minted, Reason, Service, Target, TargetKind
from relay.flow.views import DeskView, Insertion
from relay.mail.content import Content
from relay.mail.draft import Draft
from relay.mail.entry_lines import entries
from relay.mail.model import Mail
from relay.resources import folder
from tests.unit.mail.entry_samples import ALL

LETTERS = Letters.load(folder("templates"))
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
ANA = Person(
    ("ana.ruiz@home.test", "info@work.test"), ("Ana Ruiz",), ("+34 600 555 014", "@anaruiz"), "Robin",
    "a" * 20 + "@relay.test",
)  # fmt: skip
SAM = Person(("sam@mail.test",), ("Sam Lee",), (), "Maple Heron", "b" * 20 + "@relay.test")


def said(text: str, block: str) -> Outcome:
    """Ana writes ``text``, whose first command has been looked up as ``block``."""
    raw = (
        "From: Ana Ruiz <ana.ruiz@home.test>\r\nTo: bbbbbbbbbbbbbbbbbbbb@relay.test\r\nSubject: Re: Hello\r\n"
        f"Message-ID: <1@mua.home.test>\r\n\r\n{text}\r\n"
    ).replace("\n", "\r\n").replace("\r\r\n", "\r\n").encode()  # fmt: skip
    mail = read(raw)
    asked = examine(mail).commands
    view = ConversationView(
        b"c" * 16,
        ConversationState.OPEN,
        1,
        "help@relay.test",
        "en",
        SAM,
        ANA,
        "ana",
        ANA.alias,
        acknowledged=True,
    )
    path = OurAddress("b" * 20, "relay.test")
    known = Known(
        LeasedEntry(b"e" * 16, Envelope(ReversePath("ana.ruiz@home.test"), (path,)), NOW, len(raw), 1, 1),
        Target(TargetKind.ALIAS, path, view, Side.COUNSELOR),
        Service("Example", "relay.test", "operator@ops.test"),
        NOW,
        Minted(tuple(f"{n}@relay.test" for n in range(12)), ("tokentokentokentoken", "u" * 20)),
        desk=DeskView(),
        inserts=tuple(Insertion(each.line, block, told=("x",)) for each in asked),
    )
    return compose(mail, known, LETTERS)


def sent(outcome: Outcome) -> str:
    (message,) = [each.message for each in outcome.outgoing if each.reader is Face.SEEKER]
    return message.decode()


@pytest.mark.parametrize(
    "block", ["Ruiz Street Centre", "Write to info@hub.example", "Santa Ana clinic, Ruiz ward"]
)
def test_a_word_that_others_bear_may_stand_in_a_block(block: str) -> None:
    """A street, a town, a mailbox of an organization."""
    outcome = said("Go there.\n!refer #1", block)
    assert outcome.event is EntryEvent.PLANNED
    assert block in sent(outcome)


@pytest.mark.parametrize(
    "block",
    [
        "Ask for Ana Ruiz", "Ruiz, Ana", "anaruiz", "@anaruiz", "ana.ruiz@home.test", "mailto:ANA.RUIZ@HOME.TEST", "info@work.test",
        "https://home.test/", "ana.ruiz@elsewhere.test", "0034 600-555-014", "600 555 014",
    ],
)  # fmt: skip
def test_what_names_the_counselor_is_held_in_a_block_too(block: str) -> None:
    """Their addresses, numbers, handles, domains and full names, in whatever entry they stand."""
    outcome = said("Go there.\n!refer #1", block)
    assert (outcome.event, outcome.reason) == (EntryEvent.HELD, Reason.LEAK)
    assert not [each for each in outcome.outgoing if each.reader is Face.SEEKER]
    assert outcome.effects == ()


def test_the_allowance_ends_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the replacement of names broken, the name beside the block would still be found, and held."""
    outcome = said("Ask for Ruiz.\n!refer #1", "Ruiz Street Centre")
    assert sent(outcome).count("Ruiz") == 1
    whole = composing.rebuild.rewrite

    def careless(mail: Mail, words: Content, *rest: Any) -> Draft:
        return replace(whole(mail, words, *rest), text=words.text, own_text=words.text)

    monkeypatch.setattr(composing.rebuild, "rewrite", careless)
    outcome = said("Ask for Ruiz.\n!refer #1", "Ruiz Street Centre")
    assert (outcome.event, outcome.reason) == (EntryEvent.HELD, Reason.LEAK)
    assert said("Go there.\n!refer #1", "Ruiz Street Centre").event is EntryEvent.PLANNED


def test_a_block_is_not_touched() -> None:
    """No word of it is replaced, no link made over, no last line taken for a signature."""
    block = "Ruiz House\nCall 0113 496 0000, or @ruiz_house\nBest regards,\nThe team"
    assert block in sent(said("Go.\n!refer #1\nRobin", block)).replace("\r\n", "\n")


@pytest.mark.parametrize("language", LETTERS.texts.languages)
def test_every_golden_block_passes_the_gate(language: str) -> None:
    """Entries, crisis lines and titles in every language go out as they are."""
    for countries in (("GB",), ("DE",), ()):
        block = entries(LETTERS.texts, language, ALL, countries)
        outcome = said("Go.\n!refer #1", block)
        assert outcome.event is EntryEvent.PLANNED
        shown = email.message_from_string(sent(outcome), policy=email.policy.default).get_body()
        assert shown is not None
        assert block in shown.get_content().replace("\r\n", "\n")  # type: ignore[attr-defined]
