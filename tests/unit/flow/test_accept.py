"""What makes two copies of one message the same, and what is said when it cannot be stored."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.provenance import Provenance
from relay.domain.strain import Bounds, Rank
from relay.domain.voicemail import Pbx, Reading, System
from relay.errors import ACCEPTED, OUR_FAULT, SYSTEM_FULL
from relay.flow.accept import Door
from relay.flow.fingerprint import REPEAT_WINDOW, REPEAT_WINDOW_WITHOUT_ID, Fingerprint
from relay.flow.line import LARGE_OCTETS
from relay.flow.ports import StoreFull, StoreTrouble
from relay.flow.pressure import Overloaded, Pressure
from relay.flow.rates import Admission, Rates, TooMany
from relay.flow.senders import Senders
from relay.flow.values import Envelope, NewEntry

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HELP = OurAddress("help", "relay.test")
MESSAGE = b"Received: by a\r\nMessage-ID: <1@mua>\r\nSubject: x\r\n\r\nwords\r\n"


def fingerprint(
    message: bytes, path: str = "sam@mail.test", to: OurAddress = HELP, step: int = 7
) -> tuple[str, timedelta]:
    one = Fingerprint(Envelope(ReversePath(path), (to,)))
    for at in range(0, len(message), step):
        one.update(message[at : at + step])
    return one.result()


@pytest.mark.parametrize("step", [1, 2, 3, 10, 1000])
def test_a_fingerprint_does_not_depend_on_how_the_octets_arrive(step: int) -> None:
    """Chunks are an accident of the network."""
    assert fingerprint(MESSAGE, step=step) == fingerprint(MESSAGE)


def test_the_same_message_by_another_way_is_the_same() -> None:
    """A second path adds header lines; the id and the body tell that it is one message."""
    assert fingerprint(MESSAGE.replace(b"by a", b"by b")) == fingerprint(MESSAGE)


@pytest.mark.parametrize(
    ("message", "path", "to"),
    [
        (MESSAGE.replace(b"words", b"other"), "sam@mail.test", HELP),
        (MESSAGE.replace(b"<1@", b"<2@"), "sam@mail.test", HELP),
        (MESSAGE, "eve@mail.test", HELP),
        (MESSAGE, "sam@mail.test", OurAddress("hilfe", "relay.test")),
    ],
)
def test_another_body_id_author_or_recipient_is_another_message(
    message: bytes, path: str, to: OurAddress
) -> None:
    """Nobody's message may be taken for somebody else's."""
    assert fingerprint(message, path, to)[0] != fingerprint(MESSAGE)[0]


def test_without_an_id_equal_messages_are_one_only_for_an_hour() -> None:
    """Two equal letters without ids may be two cries for help."""
    assert fingerprint(MESSAGE)[1] == REPEAT_WINDOW
    assert fingerprint(MESSAGE.replace(b"Message-ID: <1@mua>\r\n", b""))[1] == REPEAT_WINDOW_WITHOUT_ID


def test_an_id_in_the_body_is_none() -> None:
    """Only the header block counts."""
    assert fingerprint(b"Subject: x\r\n\r\nMessage-ID: <1@mua>\r\n")[1] == REPEAT_WINDOW_WITHOUT_ID


EASY = Rates()


class FakeInbox:
    """Raises or answers as told; remembers whether the body was given up."""

    def __init__(self, answer: bool | Exception) -> None:
        self.answer = answer
        self.abandoned = False

    async def knows_token(self, token: str) -> bool:
        return token.startswith("a")

    def new_body(self, _entry_id: bytes) -> "FakeInbox":
        return self

    async def write(self, _chunk: bytes) -> None:
        return

    def abandon(self) -> None:
        self.abandoned = True

    async def accept(self, _entry: NewEntry, _body: object) -> bool:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def door(
    inbox: FakeInbox,
    accepted: list[bytes],
    rates: Rates = EASY,
    knows: frozenset[str] = frozenset(),
    voicemails: Mapping[str, Pbx] = {},
    pressure: Pressure | None = None,
) -> Door:
    async def belongs(_paths: object, addresses: Collection[str]) -> bool:
        return not knows.isdisjoint(addresses)

    senders = Senders(lambda n: b"k" * n)
    return Door(
        inbox,
        lambda: frozenset({"help@relay.test"}),
        lambda: NOW,
        lambda n: b"x" * n,
        lambda entry_id, _sender, _rank: accepted.append(entry_id),
        senders,
        Admission(senders, lambda: rates, lambda: NOW, belongs),
        voicemails=lambda: voicemails,
        pressure=pressure,
    )


@pytest.mark.parametrize(
    ("answer", "reply", "handed_on"),
    [
        (True, ACCEPTED, 1),
        (False, ACCEPTED, 0),
        (StoreTrouble("x"), OUR_FAULT, 0),
        (StoreFull("x"), SYSTEM_FULL, 0),
    ],
)
async def test_250_is_said_only_when_it_is_stored(
    answer: bool | Exception, reply: object, handed_on: int
) -> None:
    """P2: accepted means stored; our own trouble is a 4xx; a repetition is not routed again."""
    accepted: list[bytes] = []
    inbox = FakeInbox(answer)
    reception = await door(inbox, accepted).begin("sam@mail.test", (HELP,))
    await reception.write(MESSAGE)
    assert await reception.commit() == reply
    assert len(accepted) == handed_on
    assert inbox.abandoned is isinstance(answer, Exception)


class LargeWait:
    """Large messages wait for an hour, letters for nothing."""

    queued = 1
    is_behind = False

    def wait_s(self, _rank: Rank, *, is_large: bool = False) -> float:
        return 3600.0 if is_large else 0.0


@pytest.mark.parametrize(("octets", "is_taken"), [(LARGE_OCTETS - 1, True), (LARGE_OCTETS, False)])
async def test_where_large_messages_wait_long_the_next_is_asked_to_come_later_and_letters_are_taken(
    octets: int, is_taken: bool
) -> None:
    """421 as soon as it turns out to be one of them; without that, disk and queue would fill with them."""
    bounds = Bounds(free_bytes=0, queued=10, wait_s=60)
    pressure = Pressure(lambda: bounds, lambda: None, LargeWait(), lambda: 0.0)
    reception = await door(FakeInbox(True), [], pressure=pressure).begin("sam@mail.test", (HELP,))
    await reception.write(b"x" * 100_000)
    rest = b"x" * (octets - 100_000)
    if is_taken:
        await reception.write(rest)
        assert await reception.commit() == ACCEPTED
        return
    with pytest.raises(Overloaded) as caught:
        await reception.write(rest)
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (421, "4.3.2")


@pytest.mark.parametrize(
    ("local", "known"),
    [
        ("help", True),
        ("HELP", True),
        ("postmaster", True),
        ("abuse", True),
        ("desk", True),
        ("a" * 20, True),
        ("b" * 20, False),
        ("nobody", False),
        ("relay", False),
    ],
)
async def test_only_what_exists_is_a_recipient(local: str, known: bool) -> None:
    """Intakes, the three that always exist, and live tokens (RFC 2142)."""
    assert await door(FakeInbox(True), []).recipient(OurAddress(local, "relay.test")) is known


CALLS = OurAddress("voicemail-in", "relay.test")
TELEPHONE = Pbx(CALLS, HELP, (ip_network("192.0.2.0/29"),), Reading(System.ASTERISK, ("pbx@phone.test",)))


@pytest.mark.parametrize(
    ("client", "known"),
    [("192.0.2.7", True), ("192.0.2.9", False), ("2001:db8::7", False), ("", False)],
)
async def test_the_address_of_a_telephone_system_is_there_for_it_alone(client: str, known: bool) -> None:
    """Whoever else asks hears what they would of any address that is not there; a mailbox has no client."""
    one = door(FakeInbox(True), [], voicemails={CALLS.key: TELEPHONE})
    assert await one.recipient(CALLS, Provenance(client_ip=client)) is known
    secret = replace(TELEPHONE, hosts=())
    one = door(FakeInbox(True), [], voicemails={CALLS.key: secret})
    assert await one.recipient(CALLS, Provenance(client_ip=client))


async def test_a_telephone_system_is_not_limited_as_one_sender() -> None:
    """Its address stands for everybody who calls in that hour."""
    one = door(FakeInbox(True), [], Rates(per_sender=2), voicemails={CALLS.key: TELEPHONE})
    for number in range(4):
        reception = await one.begin("pbx@phone.test", (CALLS,))
        await reception.write(MESSAGE.replace(b"<1@mua>", b"<%d@mua>" % number))
        assert await reception.commit() == ACCEPTED


LETTER = b"From: Sam <sam@mail.test>\r\nMessage-ID: <%d@mua>\r\n\r\nwords\r\n"


async def sent(one: Door, number: int, path: str, message: bytes = LETTER, *, trusted: bool = False) -> int:
    reception = await one.begin(path, (HELP,), Provenance(is_trusted=trusted))
    await reception.write(message % number)
    return (await reception.commit()).code


async def test_a_sender_over_the_rate_is_asked_to_come_again_and_others_are_not() -> None:
    """450, nothing stored, the body given up; counted by envelope and by From, whichever is used."""
    inbox, accepted = FakeInbox(True), list[bytes]()
    one = door(inbox, accepted, Rates(per_sender=3))
    assert [await sent(one, n, "sam@mail.test") for n in range(4)] == [250, 250, 250, 450]
    assert inbox.abandoned
    assert len(accepted) == 3
    assert await sent(one, 5, "bounce-7@lists.test") == 450, "the From is Sam's"
    assert await sent(one, 6, "sam@mail.test", LETTER.replace(b"Sam <sam@", b"Eve <eve@")) == 450
    assert await sent(one, 7, "eve@mail.test", LETTER.replace(b"Sam <sam@", b"<eve@")) == 250


async def test_a_person_in_a_conversation_has_a_rate_of_its_own() -> None:
    """What was sent in their name elsewhere does not put them off."""
    accepted: list[bytes] = []
    rates = Rates(per_sender=1, in_conversation=3)
    knows = frozenset({"sam@mail.test"})
    assert [await sent(door(FakeInbox(True), accepted, rates), n, "sam@mail.test") for n in range(1)] == [250]
    one = door(FakeInbox(True), accepted, rates, knows)
    assert [await sent(one, n, "sam@mail.test") for n in range(5)] == [250, 250, 250, 450, 450]


async def test_trusted_hosts_have_no_rate_unless_they_are_to_be_counted() -> None:
    """The contract: limits per address do not apply to them; an operator may decide otherwise."""
    for counts, codes in ((False, [250] * 4), (True, [250, 250, 450, 450])):
        one = door(FakeInbox(True), [], Rates(per_sender=2, counts_trusted=counts))
        assert [await sent(one, n, "sam@mail.test", trusted=True) for n in range(4)] == codes


async def test_all_together_have_a_rate_that_is_asked_before_the_content() -> None:
    """450 instead of 354: a flood from ever new senders costs no bandwidth and no disk."""
    one = door(FakeInbox(True), [], Rates(all_together=2))
    assert [await sent(one, n, f"s{n}@mail.test", b"Message-ID: <%d@mua>\r\n\r\nx") for n in range(2)] == [
        250,
        250,
    ]
    with pytest.raises(TooMany) as caught:
        await one.begin("new@mail.test", (HELP,))
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (450, "4.7.1")


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (b"From: sam@mail.test\r\n", "sam@mail.test"),
        (b'Subject: x\r\nFROM:\r\n "Lee, Sam" <sam@mail.test>\r\n', "sam@mail.test"),
        (b"From: a@b.test (evil) <sam@mail.test>\r\n", "sam@mail.test"),
        (b"From: Sam\r\n", None),
        (b"X-From: sam@mail.test\r\n", None),
    ],
)
async def test_the_from_is_read_at_a_glance(head: bytes, address: str | None) -> None:
    """For counting alone, in linear time and without a parser."""
    one = Fingerprint(Envelope(ReversePath(""), (HELP,)))
    one.update(head + b"\r\nFrom: body@mail.test\r\n")
    one.result()
    assert one.addresses == ({address} if address else set())


@pytest.mark.parametrize("asks", [False, True])
async def test_who_brought_a_message_is_kept_only_where_proof_is_asked(asks: bool) -> None:
    """A seeker's address on the network is nothing that we keep without need."""
    senders = Senders(lambda n: b"k" * n)

    async def belongs(_paths: object, _addresses: object) -> bool:
        return False

    one = Door(
        FakeInbox(True), frozenset, lambda: NOW, lambda n: b"x" * n, lambda *_: None, senders,
        Admission(senders, Rates, lambda: NOW, belongs), asks_for_proof=lambda: asks,
    )  # fmt: skip
    brought = (
        await one.begin("sam@mail.test", (HELP,), Provenance("192.0.2.7", "laptop.lan"))
    )._envelope.provenance
    assert brought == (Provenance("192.0.2.7", "laptop.lan") if asks else Provenance())
