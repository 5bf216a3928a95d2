"""The directory of referrals, and the words to find them by.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two. The words are in
SQLite's own full-text search. PostgreSQL has one of another kind, and gets it with the search that uses it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "referrals",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("verified_on", sa.Integer(), nullable=True),
        sa.Column("until_on", sa.Integer(), nullable=True),
        sa.Column("gone_on", sa.Integer(), nullable=True),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("source", "source_id", name="uq_referrals_source_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE referral_words USING fts5("
            "name, topics, line, places, marks, tokenize = 'unicode61 remove_diacritics 2')"
        )
