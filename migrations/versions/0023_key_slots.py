"""Data keys in slots that are written over where they lie (SQLite). Changes nothing for PostgreSQL.

Why: ``relay/edge/store/tables_key_slots.py``, with which a test compares this. The table of before is emptied page by
page, and ``secure_delete`` writes zeros over them, so that what it left behind until now is gone as well.
"""

from __future__ import annotations

from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    """Move them: some three seconds for a million."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE TABLE key_slots (slot INTEGER PRIMARY KEY, owner VARCHAR(24) NOT NULL, owner_id BLOB NOT NULL, "
        "wrapped BLOB NOT NULL, is_free INTEGER NOT NULL)"
    )
    op.execute(
        "INSERT INTO key_slots (owner, owner_id, wrapped, is_free) SELECT owner, owner_id, wrapped, 0 FROM data_keys"
    )
    op.execute("DROP TABLE data_keys")
    op.execute("CREATE UNIQUE INDEX uq_key_slots_owner ON key_slots (owner, owner_id)")
    op.execute("CREATE INDEX ix_key_slots_free ON key_slots (owner) WHERE is_free")
    op.execute("CREATE VIEW data_keys AS SELECT owner, owner_id, wrapped FROM key_slots WHERE NOT is_free")
    op.execute(
        "CREATE TRIGGER data_keys_come INSTEAD OF INSERT ON data_keys BEGIN "
        "UPDATE key_slots SET owner_id = NEW.owner_id, wrapped = NEW.wrapped, is_free = 0 WHERE slot = (SELECT slot "
        "FROM key_slots WHERE is_free AND owner = NEW.owner AND length(wrapped) = length(NEW.wrapped) LIMIT 1); "
        "INSERT INTO key_slots (owner, owner_id, wrapped, is_free) SELECT NEW.owner, NEW.owner_id, NEW.wrapped, 0 "
        "WHERE changes() = 0; END"
    )
    op.execute(
        "CREATE TRIGGER data_keys_go INSTEAD OF DELETE ON data_keys BEGIN "
        "UPDATE key_slots SET owner_id = randomblob(length(OLD.owner_id)), wrapped = zeroblob(length(OLD.wrapped)), "
        "is_free = 1 WHERE owner = OLD.owner AND owner_id = OLD.owner_id; END"
    )
    op.execute(
        "CREATE TRIGGER data_keys_change INSTEAD OF UPDATE ON data_keys BEGIN "
        "UPDATE key_slots SET owner = NEW.owner, owner_id = NEW.owner_id, wrapped = NEW.wrapped "
        "WHERE owner = OLD.owner AND owner_id = OLD.owner_id; END"
    )
