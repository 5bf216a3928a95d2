"""What is kept of invitations to two answers (``domain.invitations``), beside the other tables and by the same rules.

A row for one that was answered, until no invitation of that month is good any more, so that it is counted once: a blind
index of its token, whether it was counted, and how many letters of ours it has led to. No time but the month, no order
(``WITHOUT ROWID``), nothing of who answered, what, or about what.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table

from relay.edge.store.tables import metadata

invitations = Table(
    "invitations",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),
    Column("month", Integer, nullable=False, index=True),
    Column("counted", Boolean(create_constraint=False), nullable=False),
    Column("told", Integer, nullable=False),
    sqlite_with_rowid=False,
)
