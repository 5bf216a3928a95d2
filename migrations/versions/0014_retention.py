"""Conversations that are over are found by when they were changed last, blocks by when they began.

What each column may hold in clear is said in ``relay/edge/store/inventory.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make the indexes."""
    where = sa.text("state IN ('closed', 'blocked')")
    op.create_index(
        "ix_conversations_over",
        "conversations",
        ["changed_at"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("ix_blocks_since", "blocks", ["since"], unique=False)
