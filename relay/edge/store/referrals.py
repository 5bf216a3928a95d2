"""The directory of referrals in the store (``flow.directory.Directory``).

In clear, unlike everything else here: what is in it was copied from public directories, it names services and
nobody who asks, and a sealed copy would only be slower to search. What somebody looked for is not stored anywhere.

A number is given once and for all, because counselors type it: an entry that is gone from its source keeps its row
and its number, and has both again when it comes back. An import writes in small steps, so that the daemon's own
writes come in between; one that is cut off is finished by the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

import msgspec
from sqlalchemy import Connection, bindparam, func, insert, select, update

from relay.domain.referral_ranking import Wanted
from relay.domain.referrals import Referral
from relay.edge.store import referral_counts, referral_words
from relay.edge.store.lanes import Lane
from relay.edge.store.tables_referrals import referrals
from relay.flow.directory import Place, Stored

_DIGEST_OCTETS = 16

_KNOWN = select(
    referrals.c.source_id, referrals.c.number, referrals.c.digest, referrals.c.gone_on
).where(referrals.c.source == bindparam("wanted"))  # fmt: skip
_LAST = select(func.max(referrals.c.number))
_INSERT = insert(referrals)
_UPDATE = (
    update(referrals)
    .where(referrals.c.number == bindparam("wanted"))
    .values({name: bindparam(name) for name in ("digest", "verified_on", "until_on", "gone_on", "entry")})
)
_LEAVE = update(referrals).where(referrals.c.number == bindparam("wanted")).values(gone_on=bindparam("day"))
_GET = select(referrals.c.number, referrals.c.entry).where(
    referrals.c.number == bindparam("wanted"), referrals.c.gone_on.is_(None)
)
_PAGE = (
    select(referrals.c.number, referrals.c.entry)
    .where(referrals.c.number > bindparam("after"), referrals.c.gone_on.is_(None))
    .order_by(referrals.c.number)
    .limit(bindparam("at_most"))
)

_ALL_IN_USE = (
    select(referrals.c.number, referrals.c.entry)
    .where(referrals.c.gone_on.is_(None), referrals.c.number >= 0)
    .order_by(referrals.c.number)
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Referral).decode


def digest(referral: Referral) -> bytes:
    """What an entry says, in sixteen octets: the same again when nothing has changed."""
    return hashlib.sha256(_encode(replace(referral, number=0))).digest()[:_DIGEST_OCTETS]


class Referrals:
    """The directory on the lanes of a store; each method is one transaction."""

    def __init__(self, writer: Lane, reader: Lane) -> None:
        self._writer = writer
        self._reader = reader

    def digest(self, referral: Referral) -> bytes:
        """What ``known`` would tell of it."""
        return digest(referral)

    async def known(self, source: str) -> Mapping[str, Stored]:
        return await self._reader.run(lambda c: _known(c, source))

    async def put(self, referrals: Sequence[Referral]) -> None:
        await self._writer.run(lambda c: _put(c, referrals))

    async def leave(self, numbers: Sequence[int], today: date) -> None:
        await self._writer.run(lambda c: _leave(c, numbers, today))

    async def get(self, numbers: Sequence[int]) -> tuple[Referral, ...]:
        return await self._reader.run(lambda c: _get(c, numbers))

    async def page(self, after: int, limit: int) -> tuple[Referral, ...]:
        values = {"after": after, "at_most": limit}
        return await self._reader.run(lambda c: tuple(_read(*row) for row in c.execute(_PAGE, values)))

    async def places(self, keys: Collection[str]) -> Mapping[str, Place]:
        return await self._reader.run(lambda c: _places(c, keys))

    async def candidates(self, wanted: Wanted, today: date) -> tuple[Referral, ...]:
        found = await self._reader.run(lambda c: referral_words.looked_up(c, wanted, today))
        return tuple(_read(number, entry) for number, entry in found.items())

    async def given(self, month: int) -> tuple[tuple[int, int], ...]:
        return await self._reader.run(lambda c: referral_counts.of_month(c, month))


def _read(number: int, entry: str) -> Referral:
    return replace(_decode(entry), number=number)


def _known(connection: Connection, source: str) -> dict[str, Stored]:
    rows = connection.execute(_KNOWN, {"wanted": source})
    return {
        row.source_id: Stored(row.number, bytes(row.digest), is_gone=row.gone_on is not None) for row in rows
    }


def _put(connection: Connection, new: Sequence[Referral]) -> None:
    number = connection.execute(_LAST).scalar() or 0
    for referral in new:
        entry = _encode(replace(referral, number=0))
        row = {
            "digest": hashlib.sha256(entry).digest()[:_DIGEST_OCTETS],
            "verified_on": referral.verified.toordinal() if referral.verified else None,
            "until_on": referral.until.toordinal() if referral.until else None,
            "gone_on": None,
            "entry": entry.decode(),
        }
        if referral.number:
            connection.execute(_UPDATE, {"wanted": referral.number, **row})
        else:
            number += 1
            named = {"number": number, "source": referral.source, "source_id": referral.source_id}
            connection.execute(_INSERT, {**named, **row})
        is_new = not referral.number
        referral_words.write(connection, referral.number or number, referral, is_new=is_new)


def index_again(connection: Connection) -> None:
    """Make all entries findable, where nothing is yet: after their rows were written by somebody else."""
    rows = connection.execute(_ALL_IN_USE)
    while page := rows.fetchmany(500):
        for number, entry in page:
            referral_words.write(connection, number, _read(number, entry), is_new=True)


def _leave(connection: Connection, numbers: Sequence[int], today: date) -> None:
    for number in numbers:
        connection.execute(_LEAVE, {"wanted": number, "day": today.toordinal()})
        referral_words.remove(connection, number)


def _get(connection: Connection, numbers: Sequence[int]) -> tuple[Referral, ...]:
    rows = (connection.execute(_GET, {"wanted": number}).first() for number in numbers)
    return tuple(_read(*row) for row in rows if row is not None)


def _places(connection: Connection, keys: Collection[str]) -> dict[str, Place]:
    found = {}
    for key in keys:
        entries = [_decode(entry) for entry in referral_words.of_place(connection, key)] if key else []
        if entries:
            wheres = [each.where for each in entries]
            regions = chain.from_iterable(where.regions for where in wheres)
            countries = chain.from_iterable(where.countries for where in wheres)
            found[key] = Place(tuple(dict.fromkeys(regions)), tuple(dict.fromkeys(countries)))
    return found
