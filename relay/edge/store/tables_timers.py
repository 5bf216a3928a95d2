"""The table of timers, beside the others in ``tables`` and by the same rules."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, String, Table

from relay.edge.store.tables import conversations, metadata

timers = Table(
    "timers",
    metadata,
    Column("timer_id", LargeBinary(16), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), index=True),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("fence", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
