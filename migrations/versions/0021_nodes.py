"""Nodes that work on one database: who they are, what each has leased, and what wakes the others (PostgreSQL).

What each column may hold in clear is said in ``relay/edge/store/tables.py``; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: None = None
depends_on: None = None

RINGS = (
    ("entries", "came", "INSERT", "NEW.state = 'received' AND NEW.lease_until IS NULL"),
    ("entries", "again", "UPDATE OF state", "NEW.state = 'received' AND OLD.state <> 'received'"),
    ("deliveries", "again", "UPDATE OF state", "NEW.state = 'queued' AND OLD.state <> 'queued'"),
    ("conversations", "opened", "INSERT", "NEW.waiting_since IS NOT NULL"),
    (
        "conversations",
        "waits",
        "UPDATE OF waiting_since",
        "NEW.waiting_since IS NOT NULL AND OLD.waiting_since IS NULL",
    ),
    ("counselors", "freed", "UPDATE OF open_count", "NEW.open_count < OLD.open_count"),
)


def upgrade() -> None:
    """Add the table and two columns; of a server also what rings."""
    op.create_table(
        "nodes",
        sa.Column("node", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node"),
    )
    for table in ("entries", "deliveries"):
        op.add_column(table, sa.Column("node", sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION relay_ring() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_notify('relay', TG_TABLE_NAME); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION relay_now() RETURNS bigint LANGUAGE sql AS "
        "$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$"
    )
    for table, name, when, condition in RINGS:
        op.execute(
            f"CREATE TRIGGER relay_{name} AFTER {when} ON {table} FOR EACH ROW WHEN ({condition}) "
            "EXECUTE FUNCTION relay_ring()"
        )
