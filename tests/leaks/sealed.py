"""The same passage with encryption on both legs: what the author sealed to the line, and what the reader can open.

The keys are the test's, so everything can be opened and searched, outside and inside. Of the engines the bulk has
``InProcess``: Sequoia's own functions without the process around them, because a thousand rows would start four thousand
programs. ``tests/leaks/test_matrix_sealed.py`` sends a sample of the rows through each real engine.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pysequoia

from relay.domain.conversations import Side
from relay.domain.roster import Roster
from relay.domain.seeker_keys import KeyStanding, SeekerKey
from relay.edge.openpgp import Certificate, Engine, Opened, armor, shapes
from relay.edge.openpgp.desk import Desk
from relay.edge.randomness import octets
from relay.flow.compose import compose, examine, read
from relay.flow.envelopes import Envelopes
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import OutgoingKind
from relay.flow.sealer import Sealer
from relay.flow.service_keys import ServiceKey
from tests.leaks.case import Case
from tests.leaks.passage import ENDS, Passage, known_for, letters, signed_for_dkim
from tests.leaks.who import Who

BOUNDARY = "=_sealed"
MIME = b"content-"


class InProcess:
    """What Sequoia does in a process of its own, here: as much of an ``Engine`` as sealing and opening need."""

    name = "in process"

    def read_certificate(self, octets: bytes, now: datetime) -> Certificate:
        del now
        return Certificate(shapes.certificate(octets).fingerprint, octets, None, is_usable=True, trouble="")

    def encrypt(self, content: bytes, certificate: bytes, now: datetime) -> bytes:
        del now
        message = pysequoia.encrypt(content, [pysequoia.Cert.from_bytes(certificate)], armor=False)
        return armor.armored(shapes.without_readers(message), armor.MESSAGE)

    def decrypt(
        self, message: bytes, secret_keys: Sequence[bytes], signers: Sequence[Certificate], now: datetime, max_octets: int
    ) -> Opened:  # fmt: skip
        del signers, now, max_octets
        decryptor = pysequoia.Tsk.from_bytes(secret_keys[0]).decryptor()
        return Opened(pysequoia.decrypt(shapes.message(message), decryptor).bytes, frozenset())


@dataclass(frozen=True)
class Keys:
    """The key pairs of the line, of the counselor and of the seeker."""

    line: bytes
    line_public: Certificate
    counselor: bytes
    counselor_public: Certificate
    seeker: bytes
    seeker_public: Certificate

    @property
    def names(self) -> tuple[bytes, ...]:
        """What no message may show of either, as octets and as text."""
        prints = [each.fingerprint for each in (self.line_public, self.counselor_public, self.seeker_public)]
        return tuple(form for each in prints for form in (each[-16:].encode(), bytes.fromhex(each)[-8:]))


@functools.cache
def _made() -> tuple[list[pysequoia.Tsk], datetime]:
    """Three keys, and an instant by which they are there: a process may be minutes old when it makes them."""
    made = [
        pysequoia.Tsk.generate(f"{who} <{who}@keys.test>", profile=pysequoia.Profile.RFC4880)
        for who in ("quincunx", "tamarisk", "sycamore")
    ]
    return made, datetime.now(UTC) + timedelta(seconds=2)


def now() -> datetime:
    return _made()[1]


@functools.cache
def keys() -> Keys:
    made = _made()[0]
    certificates = [
        InProcess().read_certificate(
            shapes.certificate(bytes(each.extract_certificate())).octets, now()
        )
        for each in made
    ]  # fmt: skip
    return Keys(
        bytes(made[0]), certificates[0], bytes(made[1]), certificates[1], bytes(made[2]), certificates[2]
    )


def sealed_by_author(raw: bytes, engine: Engine | InProcess) -> bytes:
    """The letter as a mail program with header protection sends it: all fields outside, and all of them inside again."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    outside = [each for each in fields if not each.lower().startswith(MIME)]
    armored = engine.encrypt(b"\r\n".join(fields) + b"\r\n\r\n" + body, keys().line_public.octets, now())
    edge = BOUNDARY.encode()
    return b"\r\n".join([
        *outside, b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="' + edge + b'"', b"",
        b"--" + edge, b"Content-Type: application/pgp-encrypted", b"", b"Version: 1", b"",
        b"--" + edge, b"Content-Type: application/octet-stream", b"", armored.replace(b"\n", b"\r\n"), b"--" + edge + b"--", b"",
    ])  # fmt: skip


async def pass_on_sealed(
    case: Case, who: Who, side: Side, engine: Engine | InProcess
) -> tuple[Passage, list[bytes]]:
    """The passage of a sealed letter, every message in it once as sent and once as its reader opens it; and the raw ones."""
    raw = sealed_by_author(case.build(who), engine)
    desk = _desk(engine)
    try:
        facts = examine(read(raw))
        assert facts.sealed, "the ciphertext was not found"
        unsealed = await desk.open(facts.sealed)
        mail = read(raw, unsealed.content)
        known = known_for(case, who, side, mail)
        view = replace(known.target.conversation, key_standing=KeyStanding.IN_FORCE)
        known = replace(known, target=replace(known.target, conversation=view))
        outcome = compose(mail, known, letters())
        sealer = Sealer(desk, SeekersKey(), octets)
        envelopes = Envelopes(sealer, KeyLetters(letters(), octets), _nobody, lambda: Roster((), ()))
        enveloped = await envelopes.seal(known, outcome)
        assert enveloped.kept == ()
        outcome = enveloped.outcome
    finally:
        desk.close()
    others = [
        replace(one, message=signed_for_dkim(one.message))
        for one in outcome.outgoing
        if one.recipient != who.address
    ]
    received, told = [], []
    for one in others:
        shown = [one.message, *opened(one.message, engine)]
        (received if one.kind is OutgoingKind.RELAYED else told).extend(shown)
    passage = Passage(ENDS[outcome.event.value], tuple(received), tuple(told))
    return passage, [one.message for one in others]


def opened(message: bytes, engine: Engine | InProcess) -> list[bytes]:
    """What its reader's mail program takes out of it; nothing of a letter that is not encrypted."""
    begin = message.find(b"-----BEGIN PGP MESSAGE-----")
    if begin < 0:
        return []
    end = message.index(b"-----END PGP MESSAGE-----", begin) + len(b"-----END PGP MESSAGE-----")
    for key in (keys().counselor, keys().seeker):
        try:
            return [engine.decrypt(message[begin:end], [key], [], now(), 40 << 20).content]
        except Exception:  # noqa: BLE001 - the other's
            continue
    raise AssertionError("nobody can open it")


def _desk(engine: Engine | InProcess) -> Desk:
    async def secret_keys() -> list[ServiceKey]:
        line, at = keys().line_public, now()
        ends = at + timedelta(days=700)
        return [ServiceKey(bytes(16), "help@relay.test", line.fingerprint, keys().line, at, ends)]

    return Desk(engine, lambda: {"robin": keys().counselor_public}, secret_keys, lambda: now() + timedelta(seconds=5), lambda: True)  # type: ignore[arg-type]  # fmt: skip


class SeekersKey:
    """The seeker of every conversation has a key in force."""

    async def of(self, _conversation_id: bytes) -> SeekerKey:
        return SeekerKey(keys().seeker_public.octets, keys().seeker_public.fingerprint)


async def _nobody(_address: str) -> bool:
    return False
