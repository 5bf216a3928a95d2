"""The table of seals on rows of other tables, beside the others in ``tables`` and by the same rules (``seals``)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from relay.edge.store.tables import metadata

seals = Table(
    "seals",
    metadata,
    Column("of_table", String(24), primary_key=True),
    Column("row_id", LargeBinary(16), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
