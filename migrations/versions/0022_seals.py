"""Seals on what rows in clear say: blocks, how many replies were reviewed, which keys of the line are retired.

What each column may hold in clear is said in ``relay/edge/store/tables_seals.py``; a test compares the two. The seals
of rows that are there are made by whoever migrates and has the keys (``relay.edge.store.adopting``).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "seals",
        sa.Column("of_table", sa.String(length=24), nullable=False),
        sa.Column("row_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("of_table", "row_id"),
    )
