"""How SQLite keeps data keys: in slots that are written over where they lie, so that no copy of one stays anywhere.

``data_keys`` is a table for whoever reads or writes it. In SQLite it is a view of ``key_slots``, and its triggers do
what is written to it: a key that goes is overwritten in its slot with zeros, one that comes takes a free slot of its
size.

Why: ``secure_delete`` writes zeros over a row that is deleted. But a page that has lost most of its rows is put
together with its neighbours, and copies of the rows that are moved for that stay behind in the room between the rows
of a page, which nothing clears; a wrapped data key is a few octets that the master key opens. Rows that are never
deleted, and that keep their size for good, are never moved: new ones stand at the end, and an ``UPDATE`` of the same
size is written over what was there. The owner and its id may move within the index beside it; they open nothing. What
is left for seconds is the page as it was, in the WAL (``forgetting``).

There are as many slots as there were keys at the same time. A free one has random octets for an id.

PostgreSQL keeps old rows until it clears them, whatever is done to them; there ``data_keys`` is a table.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import DDL, event

from relay.edge.store.tables import data_keys

KEY_SLOTS: Final = (
    "DROP TABLE data_keys",
    "CREATE TABLE key_slots (slot INTEGER PRIMARY KEY, owner VARCHAR(24) NOT NULL, owner_id BLOB NOT NULL, "
    "wrapped BLOB NOT NULL, is_free INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX uq_key_slots_owner ON key_slots (owner, owner_id)",
    "CREATE INDEX ix_key_slots_free ON key_slots (owner) WHERE is_free",
    "CREATE VIEW data_keys AS SELECT owner, owner_id, wrapped FROM key_slots WHERE NOT is_free",
    "CREATE TRIGGER data_keys_come INSTEAD OF INSERT ON data_keys BEGIN "
    "UPDATE key_slots SET owner_id = NEW.owner_id, wrapped = NEW.wrapped, is_free = 0 WHERE slot = (SELECT slot "
    "FROM key_slots WHERE is_free AND owner = NEW.owner AND length(wrapped) = length(NEW.wrapped) LIMIT 1); "
    "INSERT INTO key_slots (owner, owner_id, wrapped, is_free) SELECT NEW.owner, NEW.owner_id, NEW.wrapped, 0 "
    "WHERE changes() = 0; END",
    "CREATE TRIGGER data_keys_go INSTEAD OF DELETE ON data_keys BEGIN "
    "UPDATE key_slots SET owner_id = randomblob(length(OLD.owner_id)), wrapped = zeroblob(length(OLD.wrapped)), "
    "is_free = 1 WHERE owner = OLD.owner AND owner_id = OLD.owner_id; END",
    "CREATE TRIGGER data_keys_change INSTEAD OF UPDATE ON data_keys BEGIN "
    "UPDATE key_slots SET owner = NEW.owner, owner_id = NEW.owner_id, wrapped = NEW.wrapped "
    "WHERE owner = OLD.owner AND owner_id = OLD.owner_id; END",
)
"""Instead of the table. What was in a slot is never read: the view shows only those that are taken."""

for _statement in KEY_SLOTS:
    event.listen(data_keys, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
