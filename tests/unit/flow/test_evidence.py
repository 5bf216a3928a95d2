"""What is asked of the DNS: only names that the message itself holds, however much a worker wants to know."""

from __future__ import annotations

import asyncio

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.conversations import Side
from relay.domain.levels import CounselorLevel, SeekerLevel
from relay.domain.provenance import Provenance
from relay.flow.evidence import MAX_QUESTIONS, Witness, is_asked_for, stated
from relay.flow.values import Envelope, Facts, Service
from relay.mail.proof.lookups import RecordType
from relay.mail.proof.spf import Spf

HEAD = b"DKIM-Signature: v=1; d=Home.test; s=s1; b=x\nFrom: ana@mail.home.test\n\nwords\n"
TO = (OurAddress("help", "relay.test"),)


def test_names_that_stand_in_the_message_are_asked() -> None:
    names = ("_dmarc.mail.home.test", "_dmarc.home.test", "s1._domainkey.home.test")
    assert stated(names, HEAD) == names


@pytest.mark.parametrize(
    "name",
    ["my-secret-is._domainkey.home.test", "s1._domainkey.evil.test", "_dmarc.a-phone-number.evil.test", "home.test",
     "what-sam-wrote.home.test", ""],
)  # fmt: skip
def test_a_worker_cannot_spell_out_what_it_knows(name: str) -> None:
    """The protection against a worker that a hostile message has taken over."""
    assert stated((name,), HEAD) == ()


def test_no_more_names_than_a_message_can_have() -> None:
    assert len(stated(("_dmarc.home.test",) * 50, HEAD)) == 7


@pytest.mark.parametrize(
    ("counselor", "seeker", "side", "asks"),
    [
        (CounselorLevel.ALIAS, SeekerLevel.OFF, Side.COUNSELOR, False),
        (CounselorLevel.ALIAS, SeekerLevel.OFF, Side.SEEKER, False),
        (CounselorLevel.DMARC, SeekerLevel.OFF, Side.COUNSELOR, True),
        (CounselorLevel.DMARC, SeekerLevel.OFF, Side.SEEKER, False),
        (CounselorLevel.ALIAS, SeekerLevel.REPORT, Side.SEEKER, True),
        (CounselorLevel.ALIAS, SeekerLevel.ENFORCE, Side.COUNSELOR, False),
    ],
)
def test_only_a_level_asks(counselor: CounselorLevel, seeker: SeekerLevel, side: Side, asks: bool) -> None:
    service = Service("x", "relay.test", "o@ops.test", counselor_level=counselor, seeker_level=seeker)
    assert is_asked_for(service, (side,)) is asks


def test_the_questions_of_one_message_are_limited() -> None:
    """A hostile record cannot make us ask without end; what is over is no answer."""
    asked: list[str] = []

    async def lookup(name: str, record_type: RecordType) -> tuple[str, ...]:
        asked.append(name)
        if record_type is RecordType.TXT:
            return ("v=spf1 " + "mx " * 10 + "-all",)
        return tuple(f"h{n}.evil.test" for n in range(10)) if record_type is RecordType.MX else ("192.0.2.9",)

    envelope = Envelope(ReversePath("x@evil.test"), TO, Provenance("192.0.2.1", "evil.test"))
    found = asyncio.run(Witness(lookup).of(envelope, Facts(asks=("_dmarc.home.test",)), HEAD))
    assert found.spf is Spf.TEMPERROR
    assert len(asked) == MAX_QUESTIONS


def test_what_a_trusted_host_brings_is_not_judged_by_its_address() -> None:
    async def lookup(name: str, record_type: RecordType) -> tuple[str, ...]:
        raise AssertionError(f"{record_type} of {name}")

    envelope = Envelope(ReversePath("x@evil.test"), TO, Provenance("127.0.0.1", "mx", is_trusted=True))
    assert asyncio.run(Witness(lookup).of(envelope, Facts(), HEAD)).spf is Spf.NONE
