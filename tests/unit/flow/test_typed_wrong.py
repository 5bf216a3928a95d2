"""Every command typed wrong, in every way: nothing is relayed, nothing changes, and the mail comes back with reason and
words.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, replace

import pytest

from relay.domain.addresses import OurAddress
from relay.domain.entries import EntryEvent
from relay.domain.verbs import VERBS, Place, parse
from relay.flow import compose
from relay.flow.outcomes import Face, Outcome, OutgoingKind
from relay.flow.values import Known, Reason, Target, TargetKind
from relay.flow.views import Colleague, DeskView
from tests.properties.world import COUNSELOR, DOMAIN, known, letters

DRAFT = "CANARY-12 Try to rest tonight."
QUOTE = "On Mon, 23 Nov 2026 at 13:00, Maple Heron wrote:\n> I cannot sleep.\n> Nobody knows."


@dataclass(frozen=True)
class Row:
    """``right``: as it is understood; ``wrong``: with arguments as they are not."""

    right: str
    wrong: tuple[str, ...]


ROWS: dict[str, Row] = {
    "help": Row("!help", ("!help me",)),
    "list": Row("!list", ("!list all",)),
    "note": Row("!note brave", ("!note",)),
    "lang": Row("!lang de", ("!lang", "!lang klingon", "!lang de fr")),
    "risk": Row("!risk high", ("!risk", "!risk low", "!risk very high")),
    "close": Row("!close", ("!close see you soon", "!close \u201csoon\u201d")),
    "hold": Row("!hold 3d", ("!hold", "!hold soon", "!hold 3d please", "!hold 0d", "!hold 99w")),
    "pass": Row("!pass I know them", ()),  # whatever follows is the reason
    "take": Row("!take", ("!take #12", "!take <Maple>")),
    "handover": Row("!handover any\nBrave.", ("!handover", "!handover any", "!handover Linden")),
    "transfer": Row(
        "!transfer grief\nBrave.", ("!transfer", "!transfer grief", "!transfer grief and loss\nX.")
    ),
    "refer": Row("!refer lgbt @Leeds", ("!refer",)),
    "refer?": Row("!refer? lgbt @Leeds", ("!refer?",)),
    "refer!": Row("!refer! country GB", ("!refer!",)),
    "broken": Row("!broken #412 closed", ("!broken", "!broken it is closed")),
    "insert": Row("!insert sleep-tips", ("!insert", "!insert sleep tips")),
    "read": Row("!read grief", ("!read",)),
    "escalate": Row("!escalate", ("!escalate now", "!escalate X")),
    "ask": Row("!ask What now?", ("!ask",)),
    "warn": Row("!warn", ("!warn them",)),
    "block": Row("!block 30d", ("!block them", "!block 500d")),
    "spam": Row("!spam", ("!spam again",)),
    "remind": Row("!remind 2d call", ("!remind", "!remind soon", "!remind 300d")),
    "callback": Row("!callback", ("!callback maybe", "!callback 0170 0000000")),
    "tag": Row("!tag sleep", ("!tag", "!tag sleep; grief!")),
    "duty": Row(
        "!duty status", ("!duty", "!duty maybe", "!duty on until late", "!duty off until 2026-06-31")
    ),
}


def misspelt(verb: str) -> str:
    """As thumbs do it: the first letter twice."""
    return f"!{verb[0]}{verb}"


def cases() -> list[tuple[str, str, str, str]]:
    """Verb, what is wrong, the text, and the line that the answer names."""
    found = []
    for verb, row in ROWS.items():
        first, _, below = row.right.partition("\n")
        rest = f"\n{below}" if below else ""
        typo = first.replace(f"!{verb}", misspelt(verb), 1)
        found.append((verb, "verb", f"{DRAFT}\n{typo}{rest}", typo))
        found += [(verb, "argument", f"{DRAFT}\n{wrong}", wrong.split("\n")[0]) for wrong in row.wrong]
        for other in ("!risk high", "!list"):
            two = f"{first} {other}"
            found.append((verb, "two on a line", f"{DRAFT}\n{two}{rest}", two))
        found.append((verb, "below the quote", f"{DRAFT}\n\n{QUOTE}\n\n{row.right}", first))
    return found


OWN = Colleague("numbat", "Robin", ("en",), is_on_duty=True, has_room=True, capacity=3)


def place_of(verb: str) -> Place:
    return Place.ALIAS if Place.ALIAS in VERBS[verb].places else Place.DESK


def at(place: Place) -> Known:
    """A counselor's mail to a conversation, or to the desk."""
    here = known(COUNSELOR, is_confirmed=False)
    ids = tuple(f"n{each}xw4hvt9cbd7prs2mzq@{DOMAIN}" for each in range(12))
    here = replace(here, minted=replace(here.minted, message_ids=ids), desk=DeskView(own=OWN))
    if place is Place.ALIAS:
        return here
    view = here.target.conversation
    assert view is not None
    desk = OurAddress.parse(f"desk@{DOMAIN}")
    target = Target(TargetKind.DESK, desk, speaker=view.counselor, speaker_id="numbat")
    return replace(here, target=target, entry=replace(here.entry, confirmed=False))


def sent(place: Place, text: str) -> Outcome:
    here = at(place)
    to = COUNSELOR.writes_to if place is Place.ALIAS else f"desk@{DOMAIN}"
    raw = (
        f"From: {COUNSELOR.name} <{COUNSELOR.address}>\nTo: {to}\nSubject: Re: x\nMessage-ID: <1@mua.test>\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
    return compose.compose(compose.read(raw.encode()), here, letters())


TWICE = {
    "lang": ("!lang de", "!lang fr"),
    "risk": ("!risk high", "!risk none"),
    "hold": ("!hold 3d", "!hold 5d"),
    "take": ("!take Maple Heron", "!take Cedar Owl"),
    "broken": ("!broken #412 closed", "!broken #97 moved"),
    "escalate": ("!escalate", "!escalate O"),
    "ask": ("!ask What now?", "!ask Who else?"),
    "callback": ("!callback", "!callback no"),
    "duty": ("!duty status", "!duty off until 2026-12-04"),
}


@pytest.mark.parametrize("verb", sorted(TWICE))
def test_what_would_contradict_itself_comes_back(verb: str) -> None:
    """The second of two was lost, or done to what the first was about."""
    outcome = sent(place_of(verb), f"{DRAFT}\n" + "\n".join(TWICE[verb]))
    assert outcome.effects == ()
    (back,) = outcome.outgoing
    said = str(email.message_from_bytes(back.message, policy=email.policy.default).get_content())
    assert f"it does not go together with !{verb} in one message" in " ".join(said.split())
    assert DRAFT in said


def test_the_verbs_that_stand_once_are_these() -> None:
    """Others may stand twice: two notes, two referrals, two reminders; and what moves a conversation has a rule."""
    assert {verb.name for verb in VERBS.values() if verb.once} == set(TWICE)


def test_another_pseudonym_in_a_conversation_takes_nobody() -> None:
    """Its writer means somebody else, and would believe to have them."""
    assert sent(Place.ALIAS, "!take maple-heron").reason is Reason.COMMANDS
    back = sent(Place.ALIAS, f"{DRAFT}\n!take Cedar Owl")
    assert back.reason is Reason.UNCLEAR_COMMAND
    assert back.effects == ()


def test_every_verb_is_in_the_table_and_right_where_it_is_right() -> None:
    """A verb that is added later has to be typed wrong here, too."""
    assert set(ROWS) == set(VERBS)
    for verb, row in ROWS.items():
        first, _, below = row.right.partition("\n")
        assert parse(verb, first.removeprefix(f"!{verb}").strip(), below) is not None


@pytest.mark.parametrize(("verb", "how", "text", "line"), cases())
def test_what_is_typed_wrong_comes_back_and_does_nothing(verb: str, how: str, text: str, line: str) -> None:
    outcome = sent(place_of(verb), text)
    assert outcome.event is EntryEvent.STOPPED, how
    assert outcome.effects == ()
    assert outcome.conversation_event is None
    assert not any(one.kind is OutgoingKind.RELAYED or one.reader is Face.SEEKER for one in outcome.outgoing)
    (back,) = outcome.outgoing
    parsed = email.message_from_bytes(back.message, policy=email.policy.default)
    said = str(parsed.get_content()).replace("\r\n", "\n")
    shown = " ".join(line.translate({0x201C: '"', 0x201D: '"'}).split())
    plain = " ".join(said.translate({0x201C: '"', 0x201D: '"'}).split())
    assert f'- "{shown}": ' in plain, said
    assert DRAFT in said
    if how == "below the quote":
        assert "below the quoted part" in plain
    if how == "verb":
        assert "Did you mean !" in plain
    if how == "two on a line":
        assert "two commands on this line" in plain
