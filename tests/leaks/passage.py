"""A message through hops 4 to 7, as a worker takes it: read, examine, compose, and what each reader gets."""

from __future__ import annotations

import email
import email.policy
import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.aliases import Randomness, message_id, mint_token
from relay.domain.conversations import ConversationState, Side
from relay.edge.dkim.signature import Signing
from relay.flow.compose import compose, examine, read
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome, OutgoingKind
from relay.flow.values import (
    ConversationView,
    Envelope,
    Known,
    LeasedEntry,
    Minted,
    Person,
    Service,
    Target,
    TargetKind,
    ThreadLink,
)
from relay.mail.model import Mail
from relay.mail.serialize import FIELDS
from relay.resources import folder
from tests.leaks.case import ABSORBED, HELD, RELAYED, Case
from tests.leaks.who import Who
from tests.support import dkimkeys

DOMAIN = "relay.test"
NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
READER = "reader@inbox.test"
ENDS = {"planned": RELAYED, "passed_on": RELAYED, "held": HELD, "stopped": ABSORBED}

EARLIER_ID, OUR_EARLIER_ID = "earlier.of.the.reader@inbox.test", "c0ffee0123456789abcd@relay.test"
"""A message that the reader wrote before: its id in their mail program, and the one that the author knows."""


@dataclass(frozen=True)
class Passage:
    """What became of a message. ``received``: by the other side; ``told``: by anybody but its author."""

    ends: str
    received: tuple[bytes, ...]
    told: tuple[bytes, ...]

    @property
    def others(self) -> tuple[bytes, ...]:
        return self.received + self.told


def randomness_of(seed: str) -> Randomness:
    """Tokens that are the same in every run, and like any other."""
    counter = itertools.count()
    return lambda size: hashlib.sha512(f"{seed}/{next(counter)}".encode()).digest()[:size]


def author_of(case: Case, side: Side) -> Who:
    """The author of one case in one direction, with words and an alias that no other case has."""
    seed = f"{case.id}/{side.value}"
    who = Who(seed, f"{mint_token(randomness_of(seed))}@{DOMAIN}")
    return who.known_as(who.to, name=case.name.format(x=who.family)) if case.name else who


@cache
def letters() -> Letters:
    return Letters.load(folder("templates"))


def known_for(case: Case, who: Who, side: Side, mail: Mail | None) -> Known:
    """The conversation as it is stored: the reader's side invented, the author's the one of the case.

    Of somebody who writes for the first time only what their mail shows is known.
    """
    random = randomness_of(f"{who.seed}/ours")
    authors_alias = f"{mint_token(random)}@{DOMAIN}"
    is_reply = side is Side.COUNSELOR
    request = side is Side.SEEKER and not case.is_answer
    author = Person(
        addresses=(who.address, who.second) if is_reply else (who.address,),
        names=examine(mail).author_names[:1] if request else (who.name,),
        private=(who.phone, who.handle) if is_reply else (),
        stands_as="Robin" if is_reply else "Maple Heron",
        alias=authors_alias,
    )
    reader = Person((READER,), (), (), "Maple Heron" if is_reply else "Robin", who.to)
    view = ConversationView(
        conversation_id=bytes(16),
        state=ConversationState.NEW if request else ConversationState.OPEN,
        version=1,
        intake=f"help@{DOMAIN}",
        language="en",
        seeker=reader if is_reply else author,
        counselor=author if is_reply else reader,
        counselor_id="robin",
        counselor_alias=authors_alias if is_reply else who.to,
        thread=() if request else (ThreadLink(side.other, EARLIER_ID, OUR_EARLIER_ID),),
        is_new=request,
    )
    to = OurAddress.parse(f"help@{DOMAIN}" if request else who.to)
    path = "" if case.sender == "nobody" else str(getattr(who, case.sender))
    return Known(
        entry=LeasedEntry(bytes(16), Envelope(ReversePath(path), (to,)), NOW, 1000, 1, 1),
        target=Target(TargetKind.INTAKE if request else TargetKind.ALIAS, to, view, side),
        service=Service("Example Peer Support", DOMAIN, "operator@ops.test"),
        now=NOW,
        minted=Minted(
            tuple(message_id(random, DOMAIN) for _ in range(6)), tuple(mint_token(random) for _ in range(2))
        ),
    )


def pass_on(case: Case, who: Who, side: Side) -> Passage:
    """Send the case's message through, signed as it leaves. What its author is told themselves is nobody's leak."""
    mail = read(case.build(who))
    outcome: Outcome = compose(mail, known_for(case, who, side, mail), letters())
    others = [one for one in outcome.outgoing if one.recipient != who.address]
    return Passage(
        ENDS[outcome.event.value],
        tuple(signed_for_dkim(one.message) for one in others if one.kind is OutgoingKind.RELAYED),
        tuple(signed_for_dkim(one.message) for one in others if one.kind is not OutgoingKind.RELAYED),
    )


def signed_for_dkim(message: bytes) -> bytes:
    """With one signature, by RSA, and nothing else added."""
    key = dkimkeys.keys()["rsa1"]
    signature = Signing(message).field(DOMAIN, "rsa1", key)
    assert signature.startswith(b"DKIM-Signature: ")
    return signature + message


def text_of(message: bytes) -> str:
    """The text as the reader's mail program shows it."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    return str(body.get_content()) if body else ""


def faults_of(message: bytes) -> list[str]:
    """What no message of ours may have, whatever came in: other fields, bare line ends, a smuggled end."""
    head, _, _ = message.partition(b"\r\n\r\n")
    names = [
        line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))
    ]
    faults = [f"field {name}" for name in names if name not in {*FIELDS, "DKIM-Signature"}]
    faults += [f"twice {name}" for name in set(names) if names.count(name) > 1]
    without_ends = message.replace(b"\r\n", b"")
    if b"\r" in without_ends or b"\n" in without_ends or b"\0" in message:
        faults.append("bare CR, LF or NUL")
    if b"\r\n.\r\n" in message:
        faults.append("end of data")
    if not message.isascii() or max(map(len, message.split(b"\r\n"))) > 998:
        faults.append("not 7 bit, or a line too long")
    return faults
