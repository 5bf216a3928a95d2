"""The tables of the directory of referrals, in clear: it is public and names nobody who asks (``referrals``)."""

from __future__ import annotations

from sqlalchemy import DDL, Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint, event

from relay.edge.store.tables import metadata

referrals = Table(
    "referrals",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("source_id", String(120), nullable=False),
    Column("digest", LargeBinary(16), nullable=False),
    Column("verified_on", Integer),
    Column("until_on", Integer),
    Column("gone_on", Integer),
    Column("entry", Text, nullable=False),
    UniqueConstraint("source", "source_id", name="uq_referrals_source_id"),
)
referral_counts = Table(
    "referral_counts",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("given", Integer, nullable=False),
)
"""How often an entry was given in a month (``202611``), and nothing else of it."""
REFERRAL_WORDS = (
    "CREATE VIRTUAL TABLE referral_words USING fts5("
    "name, topics, line, places, marks, tokenize = 'unicode61 remove_diacritics 2')"
)
"""The words of what may be offered, for SQLite's full-text search; the row id is the entry's number."""
REFERRAL_VECTORS = (
    "CREATE TABLE referral_words (number INTEGER PRIMARY KEY REFERENCES referrals, words tsvector NOT NULL)",
    "CREATE INDEX ix_referral_words_words ON referral_words USING gin (words)",
)
"""The same for PostgreSQL's."""
for _dialect, _statements in (("sqlite", (REFERRAL_WORDS,)), ("postgresql", REFERRAL_VECTORS)):
    for _statement in _statements:
        event.listen(referrals, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
