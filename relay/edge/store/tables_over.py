"""Indexes by which what has had its time is found, beside the others in ``tables``."""

from __future__ import annotations

from sqlalchemy import Index, text

from relay.edge.store.tables import blocks, conversations

CONVERSATION_IS_OVER = text("state IN ('closed', 'blocked')")

Index(
    "ix_conversations_over",
    conversations.c.changed_at,
    sqlite_where=CONVERSATION_IS_OVER,
    postgresql_where=CONVERSATION_IS_OVER,
)

Index("ix_blocks_since", blocks.c.since)
