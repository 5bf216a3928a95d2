"""What is kept of people beside their conversations, and the keys."""

from __future__ import annotations

from collections.abc import Mapping

from relay.edge.store.datakeys import Owner
from relay.edge.store.dumping import GENERATION, SOMEBODY_LEFT
from relay.edge.store.inventory.fields import Field, Held, Kept, index, instant, number, ours, word
from relay.edge.store.seals import Of

PEOPLE: Mapping[str, Kept] = {
    "meta": Kept(
        "What the database says of itself", "as long as the database", {
            "name": word("what the value is",
                "key_check", "key_number", "key_next", "key_former", "key_chain", "terms", GENERATION, SOMEBODY_LEFT,
                "duty_counted_until"),
            "value": Field(Held.DERIVED,
                "which master key is the right one, and the one before it; index keys of former ones, sealed; whether "
                "what is promised has changed; which copy of the data keys is the newest, and whether somebody was "
                "forgotten since; until when hours of duty are counted"),
        }),
    "data_keys": Kept(
        "A random key for each conversation, message and kept notice: without it what it sealed is noise",
        "destroyed with its owner, and written over", {
            "owner": word("what it is for", Owner),
            "owner_id": ours("which one"),
            "wrapped": Field(Held.WRAPPED, "the key"),
        }),
    "counselors": Kept(
        "What a counselor carries", "as long as they are configured or have a conversation", {
            "counselor": index("their id"),
            "sealed": Field(Held.OF_COUNSELORS, "their id"),
            "open_count": number("how many conversations they have"),
            "last_assigned_at": instant("when they were given one last"),
            "away_until": instant("how long they are away"),
            "reviewed": number("how many of their replies were reviewed"),
        }),
    "overrides": Kept(
        "What a counselor has said of their own duty", "until its end, 366 days at the most", {
            "counselor": index("their id"),
            "until": instant("its end"),
            "sealed": Field(Held.OF_COUNSELORS, "their id, on or off, from when until when"),
        }),
    "acquaintances": Kept(
        "Which counselor a seeker knows", "30 days after somebody was found for them, and until they are forgotten", {
            "seeker": index("the seeker's address"),
            "until": instant("how long it is remembered"),
            "sealed": Field(Held.OF_COUNSELORS, "the counselor's id"),
        }),
    "blocks": Kept(
        "Whose mail is held", "until the block ends, `blocks_days` at the most", {
            "sender": index("their address"),
            "since": instant("when it began"),
            "until": instant("when it ends"),
            "told_at": instant("when the operator was told of it"),
        }),
    "seals": Kept(
        "What a row in clear says, once more and sealed, so that it is noticed when somebody changes it or puts an old "
        "one back",
        "of a block: until the last end that was said of it; of a counselor: as their row; of a key: for good", {
            "of_table": word("whose row", Of),
            "row_id": index("the row: of a block or a counselor its index, of a key its random id"),
            "version": instant("when it was said, and always later than what was said before"),
            "sealed": Field(Held.OF_ROWS,
                "of a block its beginning and its end; of a counselor how many of their replies were reviewed; of a "
                "key since when it is retired, and whether it was dropped"),
        }),
    "reveals": Kept(
        "That somebody looked at a real address, or at everything", "two years", {
            "reveal_id": ours("names it"),
            "at": instant("when"),
            "sealed": Field(Held.OF_OWNER, "the account of the machine, and the reason that was given; not whose"),
        }),
    "openpgp_keys": Kept(
        "The line's own OpenPGP keys", "until the operator drops them", {
            "key_id": ours("names it"),
            "created_at": instant("when it was made"),
            "expires_at": instant("when it ends"),
            "retired_at": instant("since when it is not given out"),
            "sealed": Field(Held.OF_LINE, "the intake address, the fingerprint, the secret key"),
        }),
}  # fmt: skip
