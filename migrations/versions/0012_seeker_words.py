"""What a seeker's words to the relay look things up by: all that belongs to one conversation, to stop or erase it.

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Add indexes."""
    for table in ("entries", "deliveries"):
        op.create_index(f"ix_{table}_conversation_id", table, ["conversation_id"], unique=False)
    op.create_index("ix_signatures_bound", "signatures", ["bound"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_signatures_bound", "signatures")
    for table in ("entries", "deliveries"):
        op.drop_index(f"ix_{table}_conversation_id", table)
