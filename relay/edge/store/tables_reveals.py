"""The table of looks at real addresses, beside the others in ``tables`` and by the same rules."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table

from relay.edge.store.tables import metadata

reveals = Table(
    "reveals",
    metadata,
    Column("reveal_id", LargeBinary(16), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
