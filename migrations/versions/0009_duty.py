"""What counselors say of their own duty, and whom seekers know.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make both tables."""
    for name, key in (("overrides", "counselor"), ("acquaintances", "seeker")):
        op.create_table(
            name,
            sa.Column(key, sa.LargeBinary(length=16), nullable=False),
            sa.Column("until", sa.BigInteger(), nullable=False),
            sa.Column("sealed", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint(key),
        )
        op.create_index(f"ix_{name}_until", name, ["until"], unique=False)
