"""Two people who must not know each other, and what every message between them has to satisfy.

``relay`` takes one message through reading and composing, as a worker would, without daemon or store; ``check``
holds what comes out against the promises of the contract. The search for what must not leave shares no code
with the program.
"""

from __future__ import annotations

import email
import email.policy
import functools
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.conversations import ConversationState, Side
from relay.domain.entries import PASSES
from relay.flow import compose
from relay.flow.judging import judge
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome, OutgoingKind
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
    ThreadLink,
)
from relay.resources import folder
from tests.support.canaries import found, views

DOMAIN = "relay.test"
SEEKER_ALIAS = f"m4xqk7ztw2hvb9c3rdpf@{DOMAIN}"
"""Stands for the seeker toward the counselor, who writes to it."""
COUNSELOR_ALIAS = f"t8wnz3ygc6jxr5vkq2hb@{DOMAIN}"
"""Stands for the counselor toward the seeker, who writes to it."""

MAX_CPU_S = 2.0
MAX_MEMORY_BYTES = 200 * 1024 * 1024
MAX_LINE_OCTETS = 998
ALLOWED_FIELDS = frozenset(
    "from to subject date message-id in-reply-to references mime-version content-type "
    "content-transfer-encoding".split()
)
PART_FIELDS = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})


@dataclass(frozen=True)
class Author:
    """One of the two, as they are, and the words that would betray them."""

    side: Side
    given: str
    family: str
    local: str
    domain: str
    private: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def writes_to(self) -> str:
        """The alias of the reader, which the reader must never see."""
        return COUNSELOR_ALIAS if self.side is Side.SEEKER else SEEKER_ALIAS

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the contract says may not leave, as whole words."""
        alias = self.writes_to
        own = (self.address, self.local, self.domain, self.name, self.family, alias, alias.partition("@")[0])
        return (*own, *self.private)


SEEKER = Author(Side.SEEKER, "Quokka", "Zebranowicz", "quokka.zebranowicz", "lemurhost.test")
COUNSELOR = Author(
    Side.COUNSELOR, "Numbat", "Kinkajoulski", "numbat.kinkajoulski", "marmothost.test",
    ("+34 600 555 014", "@civetpawprint", "Echidnaville"),
)  # fmt: skip
AUTHORS = (SEEKER, COUNSELOR)
MACHINE = {
    "host": "narwhal-laptop.lan",
    "ip": "203.0.113.199",
    "client": "OkapiMailer",
    "id": "axolotl.771.dugong",
    "organisation": "Pangolinwerke",
    "reply_to": "gerbilfriend@capybarahouse.test",
    "boundary": "WombatBoundary5511",
    "comment": "tapircomment",
    "file": "ibexreport-of-home",
    "element": "oryxelement",
    "document": "fossadocument",
    "device": "jerboaphone",
}
"""What programs and machines add. None of it may ever arrive; nobody writes these words on purpose."""

_EARLIER = tuple(
    ThreadLink(side, f"earlier.{number}@mua.{side.value}.test", f"k{number}mzq7xw4hvt9cbdprs2@{DOMAIN}")
    for number, side in enumerate((Side.SEEKER, Side.COUNSELOR))
)


@functools.cache
def letters() -> Letters:
    return Letters.load(folder("templates"))


def _person(author: Author, alias: str, stands_as: str, *, is_new: bool = False) -> Person:
    """As the configuration or the vault knows them; of a new seeker nothing is known but the address."""
    return Person((author.address,), () if is_new else (author.name,), author.private, stands_as, alias)


def known(author: Author, *, is_first: bool = False, is_confirmed: bool = True) -> Known:
    """What the router would tell the worker. ``is_first``: a request that opens a conversation."""
    view = ConversationView(
        conversation_id=bytes(16),
        state=ConversationState.OPEN,
        version=1,
        intake=f"help@{DOMAIN}",
        language="en",
        seeker=_person(SEEKER, SEEKER_ALIAS, "Maple Heron", is_new=is_first),
        counselor=_person(COUNSELOR, COUNSELOR_ALIAS, "Robin"),
        counselor_id="numbat",
        counselor_alias=COUNSELOR_ALIAS,
        thread=() if is_first else _EARLIER,
        acknowledged=not is_first,
        is_new=is_first,
    )
    to = OurAddress("help", DOMAIN) if is_first else OurAddress.parse(author.writes_to)
    kind = TargetKind.INTAKE if is_first else TargetKind.ALIAS
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    entry = LeasedEntry(
        bytes(16), Envelope(ReversePath(author.address), (to,)), now, 1, 1, 1, confirmed=is_confirmed
    )
    return Known(
        entry=entry,
        target=Target(kind, to, view, author.side),
        service=Service("Example Peer Support", DOMAIN, "operator@ops.test"),
        now=now,
        minted=Minted(
            tuple(f"n{i}xw4hvt9cbd7prs2mzq@{DOMAIN}" for i in range(6)), ("q7xw4hvt9cbd2prs6mzk",) * 2
        ),
    )


@dataclass(frozen=True)
class Letter:
    """One message of a test: its octets, the words that have to arrive, and those that must not."""

    raw: bytes = field(repr=False)
    author: Author
    words: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()
    may_be_held: frozenset[Reason] = frozenset()
    is_first: bool = False
    is_mislabelled: bool = False
    """Its words arrive as base64 or the like: no more than what names the author is looked for in it."""
    what: str = ""


def relay(letter: Letter) -> Outcome:
    """Hops 4 to 7."""
    return compose.compose(
        compose.read(letter.raw), known(letter.author, is_first=letter.is_first), letters()
    )


def copy_of(outcome: Outcome) -> bytes | None:
    """The one message that carries the author's words to the other side, or ``None``."""
    copies = [one.message for one in outcome.outgoing if one.kind is OutgoingKind.RELAYED]
    assert len(copies) <= 1
    return copies[0] if copies else None


def leaks(letter: Letter, message: bytes) -> list[str]:
    """Every word that must not arrive and did, in any decoding."""
    traces = () if letter.is_mislabelled else (*MACHINE.values(), *letter.canaries)
    shown = list(views(message))
    there = found(sorted({*letter.author.secrets, *traces}), shown)
    if not letter.is_mislabelled:
        return there
    # A charset or encoding that nobody can know makes other letters of what was a blank: no word is left to know.
    return [each for each in there if any(_as_word(each, view) for view in shown)]


def _as_word(secret: str, view: bytes) -> bool:
    text = view.decode("utf-8", "replace")
    return re.search(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", text, re.IGNORECASE) is not None


def check(letter: Letter) -> Outcome:
    """Send a letter and hold the result against every promise. Returns what came of it."""
    with Measured() as measured:
        outcome = relay(letter)
    assert measured.cpu_s < MAX_CPU_S, f"{measured.cpu_s:.1f} s of processor time"
    assert measured.memory_bytes < MAX_MEMORY_BYTES, f"{measured.memory_bytes} octets of memory"
    assert relay(letter) == outcome, "equal input, different outcome"
    message = copy_of(outcome)
    if outcome.event not in PASSES:
        assert message is None
        assert outcome.reason in letter.may_be_held, f"{outcome.reason} {outcome.changes}"
        return outcome
    assert outcome.reason is None
    assert message is not None
    assert not (leaked := leaks(letter, message)), f"these left: {leaked}"
    check_form(message)
    check_gate(letter, message)
    text = _text(message)
    assert not (lost := [word for word in letter.words if word not in text]), f"these did not arrive: {lost}"
    return outcome


def check_form(message: bytes) -> None:
    """RFC 5322 as we write it: allowed fields once each, CRLF only, short lines, no NUL, plain ASCII outside."""
    assert b"\0" not in message
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= MAX_LINE_OCTETS
    head, _, body = message.partition(b"\r\n\r\n")
    assert head.isascii()
    names = [name.lower() for name in re.findall(r"(?m)^([!-9;-~]+):", head.decode("ascii"))]
    assert set(names) <= ALLOWED_FIELDS
    assert len(names) == len(set(names))
    boundary = re.search(rb'boundary="([^"]+)"', head)
    for part in body.split(b"--" + boundary[1])[1:-1] if boundary else ():
        fields = re.findall(rb"(?m)^([!-9;-~]+):", part.partition(b"\r\n\r\n")[0])
        assert {name.decode().lower() for name in fields} <= PART_FIELDS


def check_gate(letter: Letter, message: bytes) -> None:
    """A message that was relayed is never one that the gate would hold."""
    mail = compose.read(letter.raw)
    assert mail is not None
    told = known(letter.author, is_first=letter.is_first)
    view = told.target.conversation
    assert view is not None
    assert view.counselor is not None
    pair = (view.seeker, view.counselor)
    author, reader = pair if letter.author.side is Side.SEEKER else pair[::-1]
    shown = letters().no_subject("en")
    removed = [line for line in _text(message).split("\n") if line.startswith("[")]
    assert judge(message, mail, author, reader, told, (shown, *removed)) == ()


def _text(message: bytes) -> str:
    """All text of a message of ours, by the standard library."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    parts = [part for part in parsed.walk() if part.get_content_type() == "text/plain"]
    return "\n".join([*(str(part.get_content()) for part in parts), str(parsed["Subject"])])


class Measured:
    """Processor time of this process, and how far its memory rose above where it stood (Linux)."""

    cpu_s = 0.0
    memory_bytes = 0

    def __enter__(self) -> Measured:
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins again
        self._rss = _status("VmRSS")
        self._begun = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s = time.process_time() - self._begun
        self.memory_bytes = max(0, _status("VmHWM") - self._rss)


def _status(name: str) -> int:
    """A size of this process in octets."""
    match = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) * 1024 if match else 0
