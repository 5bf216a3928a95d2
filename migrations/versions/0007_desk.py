"""What counselors' commands change: notes, the order of the queue, and how often commands were answered today.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add columns, a table and an index; the index of the queue is made anew."""
    op.add_column(
        "conversations", sa.Column("queue_rank", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "conversations",
        sa.Column("owes_briefing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "counselors", sa.Column("reviewed", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "entries", sa.Column("approved", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("told", sa.Column("times", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.drop_index("ix_conversations_waiting", table_name="conversations")
    op.create_index(
        "ix_conversations_waiting",
        "conversations",
        ["queue_rank", "waiting_since"],
        unique=False,
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    op.create_index(
        "ix_conversations_unbriefed",
        "conversations",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("owes_briefing AND state = 'assigned'"),
        postgresql_where=sa.text("owes_briefing AND state = 'assigned'"),
    )
    op.create_index(
        "ix_conversations_held",
        "conversations",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('assigned', 'open')"),
        postgresql_where=sa.text("state IN ('assigned', 'open')"),
    )
    op.create_table(
        "notes",
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.conversation_id"]),
        sa.PrimaryKeyConstraint("conversation_id", "position"),
    )
