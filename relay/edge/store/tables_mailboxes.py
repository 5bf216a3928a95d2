"""The tables of mailboxes that mail is taken from, beside the others in ``tables`` and by the same rules.

A place is a blind index of account and folder. UIDs are numbers that the provider counts up; they name nobody.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, String, Table, false

from relay.edge.store.tables import metadata

mailbox_folders = Table(
    "mailbox_folders",
    metadata,
    Column("place", LargeBinary(16), primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)

mailbox_messages = Table(
    "mailbox_messages",
    metadata,
    Column("place", LargeBinary(16), primary_key=True),
    Column("validity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("state", String(24), nullable=False),
    Column("is_told", Boolean(create_constraint=False), nullable=False, server_default=false()),
)
