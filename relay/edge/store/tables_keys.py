"""The tables of OpenPGP keys, the line's own and those of seekers, and of notices that wait for encryption.

As ``tables`` says: times, random ids and states in clear, everything else sealed.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table

from relay.edge.store.tables import conversations, metadata

openpgp_keys = Table(
    "openpgp_keys",
    metadata,
    Column("key_id", LargeBinary(16), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    Column("sealed", LargeBinary, nullable=False),
)

seeker_keys = Table(
    "seeker_keys",
    metadata,
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

kept_notices = Table(
    "kept_notices",
    metadata,
    Column("notice_id", LargeBinary(16), primary_key=True),
    Column("conversation_id", ForeignKey(conversations.c.conversation_id), index=True),
    Column("since", BigInteger, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
