"""The table of nodes: processes that work on the same database at the moment, by a random number each."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from relay.edge.store.tables import metadata

nodes = Table(
    "nodes",
    metadata,
    Column("node", BigInteger, primary_key=True, autoincrement=False),
    Column("beat_at", BigInteger, nullable=False),
)
