"""What reports say of deliveries, words that are kept until they are answered, and who was told something today.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add columns, an index and a table."""
    op.add_column("counselors", sa.Column("away_until", sa.BigInteger(), nullable=True))
    op.add_column("deliveries", sa.Column("entry_id", sa.LargeBinary(length=16), nullable=True))
    op.add_column("deliveries", sa.Column("alias", sa.LargeBinary(length=16), nullable=True))
    op.add_column("deliveries", sa.Column("fact", sa.String(length=24), nullable=True))
    op.create_index("ix_deliveries_entry_id", "deliveries", ["entry_id"], unique=False)
    op.create_index(
        "ix_entries_kept",
        "entries",
        ["conversation_id", "settled_at"],
        unique=False,
        sqlite_where=sa.text("state = 'kept'"),
        postgresql_where=sa.text("state = 'kept'"),
    )
    op.create_table(
        "told",
        sa.Column("person", sa.LargeBinary(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_index("ix_told_until", "told", ["until"], unique=False)
