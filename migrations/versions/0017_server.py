"""How PostgreSQL keeps what is sealed, and how often it clears the queue's tables. Changes nothing for SQLite.

What is sealed cannot be made smaller, so it is not tried. The tables of the queue hold few rows at a time and change
all the time: they are cleared after some hundred changes and not after a fifth of the table.
"""

from __future__ import annotations

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: None = None
depends_on: None = None

SEALED = {
    "chunks": ("sealed",),
    "conversations": ("sealed",),
    "deliveries": ("address", "body"),
    "entries": ("body", "changes", "envelope"),
    "kept_notices": ("sealed",),
    "notes": ("sealed",),
    "openpgp_keys": ("sealed",),
    "seeker_keys": ("sealed",),
}
BUSY = ("chunks", "clocks", "counselors", "data_keys", "deliveries", "entries", "seen", "unclaimed")


def upgrade() -> None:
    """Tell the server."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in SEALED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    for table in BUSY:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0.02, "
            "autovacuum_analyze_threshold = 500, autovacuum_analyze_scale_factor = 0.05)"
        )
