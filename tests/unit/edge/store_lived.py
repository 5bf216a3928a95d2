"""A store in which everything has happened: a row in every table, something in every column, and a word planted wherever a
person could be named. What the tests of the inventory, of disclosing and of forgetting look through.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from relay.domain.addresses import OurAddress, ReversePath
from relay.domain.bounces import Fact
from relay.domain.conversations import ConversationEvent, Side
from relay.domain.deliveries import DeliveryEvent
from relay.domain.entries import EntryEvent
from relay.domain.mailboxes import Fetched, Left
from relay.domain.overrides import Override
from relay.domain.presence import Presence
from relay.domain.provenance import Provenance
from relay.domain.referrals import Referral
from relay.domain.risk import Risk
from relay.domain.seeker_keys import Offer, SeekerKey
from relay.edge.store.keys import Keyring, Purpose, load_master_key
from relay.edge.store.micros import to_micros
from relay.flow.effects import DiscretionSet, Noted, ReferralsGiven, Reminded, Reviewed, RiskSet
from relay.flow.figures import Revealed
from relay.flow.outcomes import (
    Change,
    Face,
    KeptNotice,
    LeasedDelivery,
    NewConversation,
    Outcome,
    Outgoing,
    OutgoingKind,
    Settled,
)
from relay.flow.service_keys import ServiceKey
from relay.flow.values import Envelope, Reason, Target, TargetKind, ThreadLink
from tests.unit.edge.store_world import NOW, World, later, token

WROTE = ConversationEvent.SEEKER_WROTE
ANSWERED = ConversationEvent.COUNSELOR_WROTE
LARGE_OCTETS = 300_000


@dataclass
class Life:
    """One conversation that has had everything. ``words``: what was planted; ``indexed``: what only a blind index was
    made of, so that nobody can read it even with all keys.
    """

    new: NewConversation
    words: dict[str, str] = field(default_factory=dict)
    indexed: dict[str, str] = field(default_factory=dict)


def plant(what: str) -> str:
    """A word that can stand in an address, and nowhere else by chance."""
    return f"canary{what}{os.urandom(5).hex()}"


PLANTED = ("seeker", "name", "pseudonym", "client", "helo", "login", "body", "large", "link", "note", "reminder", "held",
           "reply", "notice", "kept", "owncert", "offer", "code", "recipient")  # fmt: skip
INDEXED = ("dedupe", "answer", "signature", "ciphertext", "told", "mailbox", "invitation")


async def live(world: World, counselor_id: str = "ana", large_octets: int = LARGE_OCTETS) -> Life:
    """Let a conversation have everything that one can have; all of it is there at the end, and nothing of it delivered."""
    words = {what: plant(what) for what in PLANTED}
    indexed = {what: plant(what) for what in INDEXED}
    address = f"{words['seeker']}@private.example"
    to_counselor = f"{words['recipient']}@home.example"
    new = await world.opened(
        counselor_id,
        seeker_addresses=(address,),
        seeker_names=(words["name"],),
        pseudonym=f"Maple {words['pseudonym']}",
    )
    envelope = Envelope(
        ReversePath(address),
        (OurAddress.parse(new.counselor_alias),),
        Provenance(words["client"], words["helo"], login=words["login"]),
    )

    async def wrote(
        event: ConversationEvent | None, *outgoing: Outgoing, **outcome: object
    ) -> tuple[LeasedDelivery, ...]:
        return await says(world, new, event, outgoing, envelope, dedupe=plant("x"), **outcome)

    link = ThreadLink(Side.SEEKER, f"{words['link']}@mua.example", "ours@relay.test")
    await wrote(
        WROTE,
        relayed_to(to_counselor, words["body"]),
        link=link,
        becomes=EntryEvent.PASSED_ON,
        look_at=later(3600),
    )
    await wrote(
        WROTE, relayed_to(to_counselor, words["large"] * (large_octets // 10)), becomes=EntryEvent.PASSED_ON
    )
    notice = Outgoing(OutgoingKind.NOTICE, Face.SEEKER, address, words["notice"].encode())
    await wrote(
        ANSWERED,
        Outgoing(OutgoingKind.RELAYED, Face.SEEKER, address, words["reply"].encode(), alias=new.seeker_alias),
        effects=(
            Noted(words["note"], "Robin"),
            Reminded(later(86_400), words["reminder"]),
            RiskSet(Risk.HIGH),
            DiscretionSet(True, "09:00-17:00 Europe/Berlin"),
            ReferralsGiven((1,)),
        ),
        signatures=(f"dkim:{indexed['signature']}",),
        ciphertext=f"ciphertext:{indexed['ciphertext']}",
        tells=(f"{indexed['told']}@private.example",),
    )  # fmt: skip
    offer = Offer(words["offer"].encode(), "F" * 40, (words["code"],), later(86_400))
    await wrote(None, notice, becomes=EntryEvent.STOPPED, reason=Reason.KEY,
                key=SeekerKey(words["owncert"].encode(), "E" * 40, offer, letters=(NOW,)))  # fmt: skip
    await wrote(None, becomes=EntryEvent.HELD, reason=Reason.LEAK, changes=(Change("masked", "name", 2),),
                answers=(indexed["answer"],), body=words["held"].encode() + b"x" * large_octets)  # fmt: skip
    await wrote(WROTE, becomes=EntryEvent.NOBODY_ON_DUTY, look_at=later(7200))
    await world.store.kept_notices.keep(KeptNotice(
        Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, to_counselor, words["kept"].encode()), counselor_id, new.conversation_id
    ), NOW)  # fmt: skip
    return Life(new, words, indexed)


async def says(
    world: World,
    new: NewConversation,
    event: ConversationEvent | None,
    outgoing: tuple[Outgoing, ...],
    envelope: Envelope,
    *,
    body: bytes = b"Help.\r\n",
    dedupe: str = "",
    key: SeekerKey | None = None,
    look_at: object = None,
    **outcome: object,
) -> tuple[LeasedDelivery, ...]:
    """One message of a conversation and all that it comes to."""
    entry = await world.lease(await world.accept(body, envelope=envelope, dedupe=dedupe or plant("x")))
    side = Side.COUNSELOR if event is ANSWERED else Side.SEEKER
    decided = Outcome(
        outcome.pop("becomes", EntryEvent.PLANNED), outgoing=outgoing, conversation_event=event, **outcome
    )  # type: ignore[arg-type]
    target = Target(TargetKind.ALIAS, envelope.forward_paths[0], await world.view(new), side)
    return await world.store.settle(entry, [Settled(target, decided, key=key, look_at=look_at)], NOW)  # type: ignore[arg-type]


def relayed_to(recipient: str, body: str) -> Outgoing:
    return Outgoing(OutgoingKind.RELAYED, Face.COUNSELOR, recipient, body.encode())


async def surroundings(world: World) -> dict[str, str]:
    """What there is beside conversations: duty, blocks, keys, timers, the directory; in every column something."""
    words = {what: plant(what) for what in ("duty", "supervisor", "lineaddress", "operator", "knows", "why")}
    other = await world.opened("ben", seeker_addresses=(f"{words['knows']}@private.example",))
    waiting = await world.opened(None)
    await world.wrote(other, None, effects=(Reviewed(),))
    await world.store.duties.override(words["duty"], Override(True, NOW, later(86_400)))
    await world.store.timers.agree({words["supervisor"]: later(3600)}, NOW)
    await world.store.service_keys.add(
        ServiceKey(
            os.urandom(16),
            f"{words['lineaddress']}@relay.test",
            "A" * 40,
            b"\0secret",
            NOW,
            later(9),
            later(8),
        )
    )
    key = ServiceKey(os.urandom(16), "help@relay.test", "B" * 40, b"\0secret", NOW, later(9))
    await world.store.service_keys.add(key)
    await world.store.service_keys.retire(key.key_id, NOW)
    await world.store.block(f"{plant('blocked')}@private.example", NOW, later(86_400))
    (block,) = await world.store.blocks(NOW)
    await world.store.note_told(block, NOW)
    await world.store.kept_notices.keep(
        KeptNotice(
            Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, f"{words['operator']}@ops.example", b"x"), "ben"
        ),
        NOW,
    )
    await world.store.referrals.put([Referral("test", "1", "Open Door", topics=("lgbt",))])
    body = world.store.new_body(os.urandom(16))
    await body.write(b"x" * 600_000)  # still coming in
    await everything_else(world, other, waiting, words["why"])
    return words


async def everything_else(world: World, other: NewConversation, waiting: NewConversation, why: str) -> None:
    """Columns that are empty most of the time: leases, codes, facts, retirements, somebody away."""
    sent, failed = await world.wrote(
        other, None, relayed_to("ben@home.example", "one"), relayed_to("ben@home.example", "two")
    )
    await world.store.record(sent, DeliveryEvent.REFUSED, NOW, code=550, fact=Fact.UNKNOWN)
    await world.store.record(failed, DeliveryEvent.NOT_NOW, NOW, due_at=later(9), code=451, cause="rcpt")
    await world.wrote(other, ConversationEvent.RELEASED, presence=Presence("ben", later(9)))
    (first, *_) = await world.store.waiting(9)
    await world.store.assign(first, "ben", 9, f"{token()}@relay.test", NOW)
    assert await world.store.clocks.lease_due(later(86_400 * 9), 1)
    world.run("INSERT INTO months (month, figures) VALUES (?, ?)", (202911, "{}"))
    await world.leased()
    await world.store.insight.reveals.of_conversation(
        waiting.conversation_id, Revealed(NOW, "root as relay", why)
    )


async def everything(world: World) -> Life:
    """All of it."""
    beside = await surroundings(world)
    life = await live(world)
    life.words |= beside
    await world.store.mailboxes.begin(place := life.indexed["mailbox"], 7)
    await world.store.mailboxes.leave(Fetched(place, 7, 3), Left.NOT_OURS)
    token = Keyring(load_master_key(world.key_file)).index(Purpose.INVITATION, life.indexed["invitation"])
    used = "INSERT INTO invitations (token, month, counted, told) VALUES (?, ?, ?, ?)"
    world.run(used, (token, 202911, True, 1))
    world.run("INSERT INTO nodes (node, beat_at) VALUES (?, ?)", (7, to_micros(NOW)))
    for table in ("entries", "deliveries"):
        world.run(f"UPDATE {table} SET node = 7")
    return life
