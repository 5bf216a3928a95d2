"""The first schema.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
A migration never imports the program: it must do the same for ever, whatever becomes of the tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "chunks",
        sa.Column("owner", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id", "number"),
    )
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["waiting_since"],
        unique=False,
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    op.create_table(
        "counselors",
        sa.Column("counselor", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("open_count", sa.Integer(), nullable=False),
        sa.Column("last_assigned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("counselor"),
    )
    op.create_table(
        "data_keys",
        sa.Column("owner", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id"),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pseudonyms_used",
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym"),
    )
    op.create_table(
        "seen",
        sa.Column("dedupe", sa.LargeBinary(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dedupe"),
    )
    op.create_index(op.f("ix_seen_until"), "seen", ["until"], unique=False)
    op.create_table(
        "unclaimed",
        sa.Column("owner", sa.String(length=24), nullable=False),
        sa.Column("owner_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id"),
    )
    op.create_table(
        "aliases",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("stands_for", sa.String(length=24), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index(op.f("ix_aliases_conversation_id"), "aliases", ["conversation_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("reader", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("return_path", sa.LargeBinary(length=16), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
        ),
        sa.PrimaryKeyConstraint("delivery_id"),
        sa.UniqueConstraint("return_path"),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_held",
        "deliveries",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_deliveries_over",
        "deliveries",
        ["ended_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("chunk_count", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("changes", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
        ),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index(
        "ix_entries_held",
        "entries",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_entries_over",
        "entries",
        ["settled_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('routed', 'stopped')"),
        postgresql_where=sa.text("state IN ('routed', 'stopped')"),
    )
    op.create_index(
        "ix_entries_received",
        "entries",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_entries_waiting",
        "entries",
        ["conversation_id", "received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "answers",
        sa.Column("answer", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.entry_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("answer"),
    )
    op.create_index("ix_answers_entry_id", "answers", ["entry_id"], unique=False)
    op.create_table(
        "thread_links",
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
        ),
        sa.PrimaryKeyConstraint("conversation_id", "position"),
    )
