"""Why the last attempt of a delivery failed, and who looked at an address.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add the column, make the table with its index."""
    op.add_column("deliveries", sa.Column("cause", sa.String(length=24), nullable=True))
    op.create_table(
        "reveals",
        sa.Column("reveal_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("reveal_id"),
    )
    op.create_index("ix_reveals_at", "reveals", ["at"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_reveals_at", "reveals")
    op.drop_table("reveals")
    op.drop_column("deliveries", "cause")
