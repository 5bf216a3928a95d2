"""What is kept of messages that come in and go out, and of what they were proved by."""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.bounces import Fact
from relay.domain.deliveries import DeliveryState
from relay.domain.entries import EntryState
from relay.domain.mailboxes import Left
from relay.edge.store.datakeys import Owner
from relay.edge.store.inventory.fields import (
    FENCE,
    ITS_CONVERSATION,
    LEASE,
    NODE,
    Field,
    Held,
    Kept,
    flag,
    index,
    instant,
    number,
    ours,
    word,
)
from relay.flow.outcomes import Face, OutgoingKind
from relay.flow.values import Reason

_SMALL_WHEN_DONE = "until it is done with, and `traces_days` more"
_UNTIL_IT_LEFT = "until it is delivered or given up, five days"

MAIL: Mapping[str, Kept] = {
    "entries": Kept(
        "A message that was accepted", _SMALL_WHEN_DONE, {
            "entry_id": ours("names it"),
            "state": word("where it stands", EntryState),
            "received_at": instant("when it came"),
            "size_bytes": number("how large it was"),
            "attempts": number("how often it was worked on"),
            "fence": FENCE,
            "lease_until": LEASE,
            "settled_at": instant("when it came to its state"),
            "conversation_id": ITS_CONVERSATION,
            "reason": word("why it is held or was absorbed", Reason),
            "confirmed": flag("a person has let it go; bound to the envelope"),
            "chunk_count": number("in how many chunks its content lies"),
            "envelope": Field(Held.OF_ENTRY,
                "the sender's address, our addresses, the client's address and name, the login",
                "until it is routed; of a seeker's letter `grace_hours` after it was delivered, `owed_days` more while "
                "nobody has answered; of held mail `held_days`"),
            "body": Field(Held.OF_ENTRY, "the message as it came", "as its envelope"),
            "changes": Field(Held.OF_ENTRY,
                "of held mail: what was done to it, in constant words and counts", "as long as it is held"),
            "approved": flag("a supervisor has approved it; bound to the envelope"),
            "node": NODE,
        }),
    "chunks": Kept(
        "A piece of a message that is too large for one row", "as the message that it is of", {
            "owner": word("what it is of", Owner),
            "owner_id": ours("which one"),
            "number": number("its place"),
            "sealed": Field(Held.OF_OWNER, "the piece"),
        }),
    "unclaimed": Kept(
        "That a message is still coming in", "until it has come, six hours at the most", {
            "owner": word("what it is of", Owner),
            "owner_id": ours("which one"),
            "started_at": instant("since when"),
        }),
    "nodes": Kept(
        "A daemon of several that work on one database", "as long as it runs, some seconds more when it was killed", {
            "node": number("names it, for as long as it runs"),
            "beat_at": instant("when it was heard of last"),
        }),
    "answers": Kept(
        "By what a held message is found when its author answers", "as the entry", {
            "answer": index("the message id of the notice, or what the message says"),
            "entry_id": ours("the held message"),
        }),
    "deliveries": Kept(
        "A message that goes out to one reader", _SMALL_WHEN_DONE, {
            "delivery_id": ours("names it"),
            "conversation_id": ITS_CONVERSATION,
            "kind": word("what it is", OutgoingKind),
            "reader": word("who reads it", Face),
            "state": word("where it stands", DeliveryState),
            "attempts": number("how often it was tried"),
            "fence": FENCE,
            "created_at": instant("when it was made"),
            "due_at": instant("when it is tried again"),
            "lease_until": LEASE,
            "ended_at": instant("when it came to its end"),
            "last_code": number("the next hop's last reply code"),
            "size_bytes": number("how large it is"),
            "chunk_count": number("in how many chunks it lies"),
            "return_path": index("the return-path, by which a report is understood"),
            "address": Field(
                Held.OF_DELIVERY, "the reader's address, the return-path, whose words these are", _UNTIL_IT_LEFT),
            "body": Field(Held.OF_DELIVERY, "the message as it leaves", _UNTIL_IT_LEFT),
            "entry_id": ours("the message that it came of"),
            "alias": index("the alias that it is from"),
            "cause": word("at which step the last attempt failed", "connect", "greeting", "ehlo", "tls", "auth", "mail",
                "rcpt", "data", "timeout", "closed", "protocol", "ambiguous", "address", Reason),
            "fact": word("what a report said of it", Fact),
            "node": NODE,
        }),
    "seen": Kept(
        "That a message was taken, so that the same one is not taken twice",
        "a week, an hour without a Message-ID; 400 days when it came out of a mailbox at a provider's", {
            "dedupe": index("sender, recipients and content together"),
            "until": instant("how long it is remembered"),
        }),
    "mailbox_folders": Kept(
        "How far a folder of a mailbox at a provider's has been read", "for good", {
            "place": index("login, host and folder"),
            "validity": number("UIDVALIDITY: the numbering that the provider has now"),
            "uid": number("the highest number that was looked at"),
        }),
    "mailbox_messages": Kept(
        "A message in such a folder that is still to be put away there, or was left", "until it is put away or gone", {
            "place": index("login, host and folder"),
            "validity": number("UIDVALIDITY: the numbering that it is of"),
            "uid": number("its number"),
            "state": word("taken, or why it was left", "taken", Left),
            "is_told": flag("the operator was told that it was left"),
        }),
    "told": Kept(
        "Who had an automatic answer today, and of what the operator was told",
        "a day; of a key that ends, two months", {
            "person": index("their address, or what was told"),
            "until": instant("how long it is remembered"),
            "times": number("how often"),
        }),
    "signatures": Kept(
        "What a signature or a ciphertext is good for, so that nobody can use a copy elsewhere",
        "8 days; of OpenPGP 800 days, and no longer than the conversation", {
            "signature": index("the signature or ciphertext"),
            "bound": index("the alias, conversation or message that it is good for"),
            "until": instant("how long it is remembered"),
        }),
}  # fmt: skip
