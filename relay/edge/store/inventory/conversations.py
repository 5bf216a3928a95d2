"""What is kept of conversations: who, where they stand, what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.clocks import Awaits
from relay.domain.conversations import ConversationState, Side
from relay.edge.store.inventory.fields import (
    FENCE,
    ITS_CONVERSATION,
    LEASE,
    WITH_CONVERSATION,
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

CONVERSATIONS: Mapping[str, Kept] = {
    "conversations": Kept(
        "One seeker's exchange", "until it is closed and `closed_days` more, or it is erased", {
            "conversation_id": ours("names it"),
            "state": word("where it stands", ConversationState),
            "version": number("how often it was changed: an older row that somebody puts back is noticed"),
            "opened_at": instant("when it began"),
            "changed_at": instant("when it was changed last"),
            "waiting_since": instant("since when nobody is responsible"),
            "sealed": Field(Held.OF_CONVERSATION,
                "the seeker's addresses and names (of who telephoned, the number), intake address, language, "
                "pseudonym, both aliases, the counselor's id, risk, warnings, wishes about mail, calls, tags, counts, "
                "who is not to have it"),
            "queue_rank": number("how urgent it is"),
            "owes_briefing": flag("whoever is responsible has not read the notes yet"),
        }),
    "clocks": Kept(
        "Who owes whom words", WITH_CONVERSATION, {
            "conversation_id": ITS_CONVERSATION,
            "awaits": word("whose words are owed", Awaits),
            "since": instant("when the oldest unanswered message came"),
            "turn_at": instant("since when it is this counselor's turn"),
            "is_first": flag("nobody has answered yet"),
            "flagged_at": instant("since when somebody may be in danger"),
            "done": number("which rungs of the ladder are done"),
            "look_at": instant("when to look again"),
            "lease_until": LEASE,
            "fence": FENCE,
        }),
    "pseudonyms_used": Kept(
        "That a pseudonym was given, so that it never names somebody else",
        "for ever; nothing leads from it to anybody", {
            "pseudonym": index("the pseudonym"),
        }),
    "aliases": Kept(
        "An address that stands for one side toward the other", WITH_CONVERSATION, {
            "token": index("its local part"),
            "conversation_id": ITS_CONVERSATION,
            "stands_for": word("for which side", Side),
            "retired_at": instant("since when it accepts nothing"),
            "sealed": Field(Held.OF_CONVERSATION, "its local part"),
        }),
    "thread_links": Kept(
        "Message ids of a thread, so that replies find their place on both sides", WITH_CONVERSATION, {
            "conversation_id": ITS_CONVERSATION,
            "position": number("its place in the thread"),
            "sealed": Field(Held.OF_CONVERSATION, "who wrote, the author's message id, ours"),
        }),
    "notes": Kept(
        "Notes and summaries of counselors for whoever is next", WITH_CONVERSATION + ", the newest 200", {
            "conversation_id": ITS_CONVERSATION,
            "position": number("its place"),
            "sealed": Field(Held.OF_CONVERSATION, "the text, the counselor's pseudonym, when it was written"),
        }),
    "seeker_keys": Kept(
        "The OpenPGP key that a seeker gave", WITH_CONVERSATION + ", or until the seeker ends it", {
            "conversation_id": ITS_CONVERSATION,
            "sealed": Field(Held.OF_CONVERSATION,
                "the key, one that is not in force yet, words to prove it by, when letters about it were sent"),
        }),
    "kept_notices": Kept(
        "Notices that could not be encrypted to their reader", "until they can be, `held_days` at the most", {
            "notice_id": ours("names it"),
            "conversation_id": ITS_CONVERSATION,
            "since": instant("since when it waits"),
            "sealed": Field(Held.OF_OWNER, "the notice, its reader's address, the counselor's id"),
        }),
    "timers": Kept(
        "What is to be told at an instant",
        "until then, and no longer than the conversation; digests of supervisors: as long as they want them", {
            "timer_id": ours("names it; of a review the held message; of a digest an index of the supervisor's id"),
            "kind": word("what is told", "reminder", "consent", "digest", "review"),
            "conversation_id": ITS_CONVERSATION,
            "due_at": instant("when"),
            "fence": FENCE,
            "sealed": Field(Held.OF_OWNER,
                "a counselor's id and their own words, or the reply that waits for a supervisor, with its files until "
                "supervisors of other queues have them; of a digest the supervisor's id"),
        }),
}  # fmt: skip
