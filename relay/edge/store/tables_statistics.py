"""The tables of the statistics, beside the others in ``tables`` and by the same rules.

``counts``: how often something happened in a month (``202611``), until that month is over. ``part``: who of several
nodes counted it, so that none waits for another's row. ``months``: what may be published of a month that is over,
and nothing else of it. Both name nobody and refer to nothing.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from relay.edge.store.tables import metadata

counts = Table(
    "counts",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("measure", String(24), primary_key=True),
    Column("cell", String(80), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("amount", BigInteger, nullable=False),
)
months = Table(
    "months",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("figures", Text, nullable=False),
)
