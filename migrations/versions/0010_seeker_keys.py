"""OpenPGP keys that seekers gave, sealed with the data key of their conversation; notices that wait for encryption.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "seeker_keys",
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.conversation_id"]),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "kept_notices",
        sa.Column("notice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("conversation_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.conversation_id"]),
        sa.PrimaryKeyConstraint("notice_id"),
    )
    op.create_index("ix_kept_notices_conversation_id", "kept_notices", ["conversation_id"])
    op.create_index("ix_kept_notices_since", "kept_notices", ["since"])
