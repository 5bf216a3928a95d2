"""The tables, for the statements of this package; the migrations create them (a test compares both).

What a column may hold in clear: random ids of ours, states, times, sizes, counts, reply codes and
constant reasons. Everything that could name a person is either sealed (``sealing``) or a blind
index (``keys``). Types and indexes are those that SQLite and PostgreSQL share; partial indexes keep
what is finished out of the way, so that no look-up grows with the archive.
The tables of referrals are the exception: a directory of services is public and stored as it came
(``tables_referrals``).

Instants are whole microseconds since 1970 UTC: exact, portable, comparable.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

from relay.edge.store.micros import from_micros as from_micros  # noqa: PLC0414 (known from here)
from relay.edge.store.micros import to_micros as to_micros  # noqa: PLC0414

_WORD_LENGTH = 24
"""Longest state, kind or reason, with room."""

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", String(_WORD_LENGTH), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("owner", String(_WORD_LENGTH), primary_key=True),
    Column("owner_id", LargeBinary(16), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("owner", String(_WORD_LENGTH), primary_key=True),
    Column("owner_id", LargeBinary(16), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

unclaimed = Table(
    "unclaimed",
    metadata,
    Column("owner", String(_WORD_LENGTH), primary_key=True),
    Column("owner_id", LargeBinary(16), primary_key=True),
    Column("started_at", BigInteger, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", LargeBinary(16), primary_key=True),
    Column("state", String(_WORD_LENGTH), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("waiting_since", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
    Column("queue_rank", Integer, nullable=False, server_default=text("1")),
    Column("owes_briefing", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
)
IS_WAITING = text("waiting_since IS NOT NULL")
IS_WITH_A_COUNSELOR = text("state IN ('assigned', 'open')")
Index(
    "ix_conversations_waiting",
    conversations.c.queue_rank,
    conversations.c.waiting_since,
    sqlite_where=IS_WAITING,
    postgresql_where=IS_WAITING,
)

OWES_BRIEFING = text("owes_briefing AND state = 'assigned'")
Index(
    "ix_conversations_unbriefed",
    conversations.c.opened_at,
    sqlite_where=OWES_BRIEFING,
    postgresql_where=OWES_BRIEFING,
)
Index(
    "ix_conversations_held",
    conversations.c.opened_at,
    sqlite_where=IS_WITH_A_COUNSELOR,
    postgresql_where=IS_WITH_A_COUNSELOR,
)

clocks = Table(
    "clocks",
    metadata,
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), primary_key=True),
    Column("awaits", String(_WORD_LENGTH), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("turn_at", BigInteger, nullable=False),
    Column("is_first", Boolean(create_constraint=False), nullable=False),
    Column("flagged_at", BigInteger),
    Column("done", Integer, nullable=False),
    Column("look_at", BigInteger),
    Column("lease_until", BigInteger),
    Column("fence", BigInteger, nullable=False),
)
CLOCK_IS_DUE = text("look_at IS NOT NULL")
CLOCK_IS_LEASED = text("lease_until IS NOT NULL")
Index("ix_clocks_due", clocks.c.look_at, sqlite_where=CLOCK_IS_DUE, postgresql_where=CLOCK_IS_DUE)
Index(
    "ix_clocks_leased", clocks.c.lease_until, sqlite_where=CLOCK_IS_LEASED, postgresql_where=CLOCK_IS_LEASED
)

pseudonyms_used = Table(
    "pseudonyms_used",
    metadata,
    Column("pseudonym", LargeBinary(16), primary_key=True),
)

aliases = Table(
    "aliases",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), nullable=False, index=True),
    Column("stands_for", String(_WORD_LENGTH), nullable=False),
    Column("retired_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
)

thread_links = Table(
    "thread_links",
    metadata,
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

counselors = Table(
    "counselors",
    metadata,
    Column("counselor", LargeBinary(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("open_count", Integer, nullable=False),
    Column("last_assigned_at", BigInteger),
    Column("away_until", BigInteger),
    Column("reviewed", Integer, nullable=False, server_default=text("0")),
)

overrides, acquaintances = (
    Table(
        name,
        metadata,
        Column(key, LargeBinary(16), primary_key=True),
        Column("until", BigInteger, nullable=False, index=True),
        Column("sealed", LargeBinary, nullable=False),
    )
    for name, key in (("overrides", "counselor"), ("acquaintances", "seeker"))
)

seen = Table(
    "seen",
    metadata,
    Column("dedupe", LargeBinary(16), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)

entries = Table(
    "entries",
    metadata,
    Column("entry_id", LargeBinary(16), primary_key=True),
    Column("state", String(_WORD_LENGTH), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("settled_at", BigInteger),
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), index=True),
    Column("reason", String(_WORD_LENGTH)),
    Column("confirmed", Boolean(create_constraint=False), nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("envelope", LargeBinary),
    Column("body", LargeBinary),
    Column("changes", LargeBinary),
    Column("approved", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
    Column("node", BigInteger),
)
ENTRY_IS_RECEIVED = text("state = 'received'")
ENTRY_IS_WAITING = text("state = 'waiting'")
ENTRY_IS_HELD = text("state = 'held'")
ENTRY_IS_KEPT = text("state = 'kept'")
ENTRY_IS_OVER = text("state IN ('routed', 'stopped')")
ENTRY_IS_LEASED = text("lease_until IS NOT NULL")
Index(
    "ix_entries_received",
    entries.c.received_at,
    sqlite_where=ENTRY_IS_RECEIVED,
    postgresql_where=ENTRY_IS_RECEIVED,
)
Index(
    "ix_entries_waiting",
    entries.c.conversation_id,
    entries.c.received_at,
    sqlite_where=ENTRY_IS_WAITING,
    postgresql_where=ENTRY_IS_WAITING,
)
Index("ix_entries_held", entries.c.received_at, sqlite_where=ENTRY_IS_HELD, postgresql_where=ENTRY_IS_HELD)
Index(
    "ix_entries_kept",
    entries.c.conversation_id,
    entries.c.settled_at,
    sqlite_where=ENTRY_IS_KEPT,
    postgresql_where=ENTRY_IS_KEPT,
)
Index("ix_entries_over", entries.c.settled_at, sqlite_where=ENTRY_IS_OVER, postgresql_where=ENTRY_IS_OVER)

answers = Table(
    "answers",
    metadata,
    Column("answer", LargeBinary(16), primary_key=True),
    Column("entry_id", ForeignKey(entries.c.entry_id, ondelete="CASCADE"), nullable=False, index=True),
)

signatures = Table(
    "signatures",
    metadata,
    Column("signature", LargeBinary(16), primary_key=True),
    Column("bound", LargeBinary(16), nullable=False, index=True),
    Column("until", BigInteger, nullable=False, index=True),
)

blocks = Table(
    "blocks",
    metadata,
    Column("sender", LargeBinary(16), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
    Column("told_at", BigInteger),
)

told = Table(
    "told",
    metadata,
    Column("person", LargeBinary(16), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
    Column("times", Integer, nullable=False, server_default=text("1")),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", LargeBinary(16), primary_key=True),
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), index=True),
    Column("kind", String(_WORD_LENGTH), nullable=False),
    Column("reader", String(_WORD_LENGTH), nullable=False),
    Column("state", String(_WORD_LENGTH), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("lease_until", BigInteger),
    Column("ended_at", BigInteger),
    Column("last_code", Integer),
    Column("size_bytes", BigInteger, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("return_path", LargeBinary(16), unique=True),
    Column("address", LargeBinary),
    Column("body", LargeBinary),
    Column("entry_id", LargeBinary(16), index=True),
    Column("alias", LargeBinary(16)),
    Column("fact", String(_WORD_LENGTH)),
    Column("cause", String(_WORD_LENGTH)),
    Column("node", BigInteger),
)
DELIVERY_IS_DUE = text("due_at IS NOT NULL")
DELIVERY_IS_LEASED = text("lease_until IS NOT NULL")
DELIVERY_IS_OVER = text("ended_at IS NOT NULL")
DELIVERY_IS_HELD = text("state = 'held'")
Index(
    "ix_deliveries_due", deliveries.c.due_at, sqlite_where=DELIVERY_IS_DUE, postgresql_where=DELIVERY_IS_DUE
)
Index(
    "ix_deliveries_leased",
    deliveries.c.lease_until,
    sqlite_where=DELIVERY_IS_LEASED,
    postgresql_where=DELIVERY_IS_LEASED,
)
Index(
    "ix_deliveries_over",
    deliveries.c.ended_at,
    sqlite_where=DELIVERY_IS_OVER,
    postgresql_where=DELIVERY_IS_OVER,
)
Index(
    "ix_deliveries_held",
    deliveries.c.created_at,
    sqlite_where=DELIVERY_IS_HELD,
    postgresql_where=DELIVERY_IS_HELD,
)
