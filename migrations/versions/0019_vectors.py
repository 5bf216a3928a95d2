"""The words of the directory of referrals, for PostgreSQL's full-text search. SQLite has its own since 0006.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make the table and its index."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE TABLE referral_words (number INTEGER PRIMARY KEY REFERENCES referrals, words tsvector NOT NULL)"
    )
    op.execute("DROP SEQUENCE months_month_seq CASCADE")  # months have numbers of their own
    op.execute("CREATE INDEX ix_referral_words_words ON referral_words USING gin (words)")
