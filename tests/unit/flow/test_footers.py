"""Below every notice to a counselor stand links to tap, each of which the relay itself understands."""

from __future__ import annotations

import ast
import email
import email.policy
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

import relay
from relay.domain import callers
from relay.domain.bounces import Fact
from relay.domain.conversations import Side
from relay.domain.verbs import VERBS, Place, parse
from relay.flow import compose, letters_clock, letters_desk, letters_supervisors, seeker_desk
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import Face, Outgoing
from relay.flow.values import Known, Person, Reason, Words
from relay.flow.views import DeskView
from relay.mail.notices_clock import Waits
from relay.resources import folder
from tests.properties.world import COUNSELOR, DOMAIN, SEEKER, SEEKER_ALIAS, Author, known, letters

Make = Callable[[Known], Outgoing]
ID = f"n9xw4hvt9cbd7prs2mzq@{DOMAIN}"
WAITING = (
    Waits("Maple Heron", timedelta(hours=6), timedelta(hours=24), is_risk=False, counselor="", link=""),
)


def here(author: Author, language: str) -> Known:
    """What is known of a message by one side; the counselor reads that language."""
    at = known(author, is_confirmed=False)
    view = at.target.conversation
    assert view is not None
    assert view.counselor is not None
    view = replace(view, counselor=replace(view.counselor, language=language))
    ids = tuple(f"n{each}xw4hvt9cbd7prs2mzq@{DOMAIN}" for each in range(12))
    return replace(
        at,
        target=replace(at.target, conversation=view),
        minted=replace(at.minted, message_ids=ids),
        desk=DeskView() if author is COUNSELOR else None,
    )


def of_a_caller(at: Known) -> Known:
    """The seeker has telephoned: nothing can be written to them."""
    view = at.target.conversation
    assert view is not None
    caller = replace(view.seeker, addresses=(callers.address_of("+441134960000", b"random"),))
    return replace(at, target=replace(at.target, conversation=replace(view, seeker=caller)))


def them(at: Known) -> Person:
    view = at.target.conversation
    assert view is not None
    assert view.counselor is not None
    return view.counselor


def held(reason: Reason) -> Make:
    return lambda at: letters().held(reason, at, tell_author=False)[0]


def written(author: Author, text: str, head: str = "", attached: str = "") -> Make:
    """What comes to the counselor of a message."""

    def make(at: Known) -> Outgoing:
        at = at if author is COUNSELOR else here(SEEKER, them(at).language)
        kind = "text/plain"
        body = text
        if attached:
            kind = 'multipart/mixed; boundary="b"'
            body = (
                f"--b\nContent-Type: text/plain\n\n{text}\n--b\nContent-Type: application/zip\n"
                f'Content-Disposition: attachment; filename="x.zip"\n\n{attached}\n--b--\n'
            )
        raw = (
            f"From: {author.name} <{author.address}>\nTo: {author.writes_to}\n{head}Subject: x\n"
            f"Message-ID: <1@mua.test>\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}\n"
        )
        outcome = compose.compose(compose.read(raw.encode()), at, letters())
        return next(
            one for one in outcome.outgoing if one.reader is Face.COUNSELOR and one.kind.value == "notice"
        )

    return make


def in_conversation(make: Callable[..., Outgoing], *more: object) -> Make:
    """A notice that is made of the conversation alone."""
    return lambda at: make(letters(), at.target.conversation, at.service, at.now, ID, *more)


def about_clocks(make: Callable[..., Outgoing], *more: object) -> Make:
    return lambda at: make(letters(), them(at), *more, at.service, at.now, ID)


OTHER = replace(
    known(COUNSELOR).target.conversation.counselor,
    stands_as="Oak",
    names=(),  # type: ignore[union-attr]
)

KINDS: dict[str, Make] = {
    "counselor-stranger": held(Reason.STRANGER),
    "counselor-unproven": held(Reason.UNPROVEN),
    "counselor-held-leak": held(Reason.LEAK),
    "counselor-unreadable": held(Reason.UNREADABLE),
    "counselor-retired": held(Reason.RETIRED),
    "counselor-asked": written(COUNSELOR, "Call me: +34 600 555 999"),
    "counselor-reply-all": written(COUNSELOR, "Sleep well.", head="Cc: friend@elsewhere.test\n"),
    "attachment-removed": written(COUNSELOR, "With a file.", attached="UEsDBAo="),
    "desk-receipt": written(COUNSELOR, "!note brave"),
    "desk-returned": written(COUNSELOR, "Sleep well.\n!nte brave"),
    "desk-confirm": written(COUNSELOR, "!block"),
    "desk-briefing": lambda at: letters_desk.briefing(
        letters(), at.target.conversation, (), at.service, at.now, ID  # type: ignore[arg-type]
    ),
    "counselor-not-delivered": lambda at: letters().undelivered(
        at.target.conversation, Side.SEEKER, Fact.UNREACHABLE, at.service, at.now, (ID, ID), words=Words.HERE  # type: ignore[arg-type]
    )[0],
    "counselor-key-trouble": lambda at: letters().key_trouble(
        Face.COUNSELOR, them(at), at.service, at.now, ID
    ),
    "counselor-away": lambda at: letters().away(at, them(at))[0],
    "counselor-back": lambda at: letters().back(at, them(at))[0],
    "counselor-own-mail-elsewhere": lambda at: letters().not_understood(at, them(at))[0],
    "counselor-closed": in_conversation(letters_desk.closed_silently),
    "counselor-under-review": lambda at: letters_supervisors.under_review(letters(), at, them(at)),
    "counselor-sent-back": lambda at: letters_supervisors.sent_back(letters(), at, them(at), OTHER, "Softer."),
    "counselor-supervisor-said": lambda at: letters_supervisors.said(letters(), at, them(at), OTHER, "Wait."),
    "counselor-seeker-key": lambda at: KeyLetters(letters(), os.urandom).to_counselor(
        at.target.conversation, them(at), at.service, at.now  # type: ignore[arg-type]
    ),
    "counselor-stopped": written(SEEKER, "STOP"),
    "counselor-erased": written(SEEKER, "FORGET ME"),
    "counselor-other": written(SEEKER, "OTHER"),
    "counselor-caller": lambda at: seeker_desk.not_wanted(of_a_caller(at), letters()).outgoing[0],
    "counselor-not-wanted": lambda at: seeker_desk.not_wanted(at, letters()).outgoing[0],
    "counselor-consent": lambda at: letters_desk.told_of_silence(
        letters(), at.target.conversation, at.service, at.now, ID, goes=True  # type: ignore[arg-type]
    ),
    "counselor-answer-due": about_clocks(letters_clock.remind, WAITING),
    "counselor-offered": about_clocks(letters_clock.offer, WAITING),
    "counselor-idle": lambda at: letters_clock.idle(
        letters(), them(at), "Maple Heron", at.now, at.service, at.now, ID
    ),
    "counselor-reassigned": about_clocks(letters_clock.reassigned, "Maple Heron"),
    "counselor-reminder": about_clocks(letters_clock.own_reminder, "Maple Heron", "why", SEEKER_ALIAS),
}  # fmt: skip
"""Every kind of notice that a counselor gets, as it is made."""

_LINK = re.compile(r"mailto:(?P<to>[^?\s]+)(?:\?subject=(?P<subject>\S+)&body=(?P<body>\S+))?\Z")


def test_every_text_for_counselors_is_in_the_table() -> None:
    """A text that is added later has to be looked at here."""
    mine = {path.stem for path in (folder("templates") / "en").iterdir()}
    for_counselors = {each for each in mine if each.startswith("counselor-")}
    desk = {"desk-receipt", "desk-returned", "desk-confirm", "desk-briefing", "attachment-removed"}
    assert set(KINDS) == for_counselors | desk


@pytest.mark.parametrize("language", letters().texts.languages)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_below_each_stand_two_or_three_links_that_do_what_they_say(kind: str, language: str) -> None:
    """To the desk, or to the alias that the counselor writes to; a command in them is one, and allowed there.

    RFC 6068.
    """
    at = here(COUNSELOR, language)
    parsed = email.message_from_bytes(KINDS[kind](at).message, policy=email.policy.default)
    text = str(parsed.get_body(("plain",)).get_content()).replace("\r\n", "\n")  # type: ignore[union-attr]
    below = text.rstrip("\n").split("\n\n")[-1]
    links = [found for each in re.findall(r"mailto:\S+", below) if (found := _LINK.match(each))]
    assert len(links) in {2, 3}, below
    for link in links:
        assert link["to"] in {f"desk@{DOMAIN}", SEEKER_ALIAS}
        if link["body"] is None:
            assert link["to"] == SEEKER_ALIAS
            continue
        line = unquote(link["body"])
        assert unquote(link["subject"]) == line
        verb = line.removeprefix("!")
        assert parse(verb, "") is not None
        place = Place.ALIAS if link["to"] == SEEKER_ALIAS else Place.DESK
        assert place in VERBS[verb].places


def test_there_is_one_place_that_makes_a_notice_to_a_counselor() -> None:
    """Whoever made one elsewhere would forget the links, as five once did."""
    makers = set()
    for path in Path(relay.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "Outgoing"):
                continue
            written_out = [ast.unparse(each) for each in node.args]
            if "OutgoingKind.NOTICE" in written_out and "Face.COUNSELOR" in written_out:
                makers.add(path.name)
    assert makers == {"letters_counselor.py"}
