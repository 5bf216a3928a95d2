"""Aliases and return-paths in the store: what a token of ours stands for.

Called by ``conversations``, which makes and retires aliases, and by ``SqlStore`` for look-ups. A token
is found by its blind index. The token itself is sealed with the data key of its conversation and bound to
that conversation and side, and opened at each look-up: a row that was made to point at another
conversation raises ``CipherError``, for it would carry one seeker's words to another's counselor. So does one that
is not retired although its conversation, whose sealed record says which aliases it has, goes by another by now:
somebody has put it back, and a counselor of before could write to the seeker again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.domain.bounces import Fact
from relay.domain.conversations import Side
from relay.domain.entries import EntryState
from relay.domain.risk import Risk
from relay.edge.store import datakeys
from relay.edge.store.datakeys import Owner
from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.record import opened_secrets
from relay.edge.store.sealing import SealingKey, place
from relay.edge.store.shortcut import Autocommit, Shortcut
from relay.edge.store.tables import (
    aliases,
    conversations,
    data_keys,
    deliveries,
    entries,
    from_micros,
    to_micros,
)
from relay.errors import CipherError
from relay.flow.ports import Stale, TokenMeaning
from relay.flow.values import TargetKind

_INSERT = insert(aliases)
_RETIRE = (
    update(aliases)
    .where(aliases.c.token == bindparam("gone"), aliases.c.retired_at.is_(None))
    .values(retired_at=bindparam("now"))
)
_NEAREST = (
    select(aliases.c.token, aliases.c.retired_at)
    .where(aliases.c.token >= bindparam("wanted"))
    .order_by(aliases.c.token)
    .limit(1)
)
_NEAREST_RETURN_PATH = (
    select(deliveries.c.return_path)
    .where(deliveries.c.return_path >= bindparam("wanted"))
    .order_by(deliveries.c.return_path)
    .limit(1)
)
"""The row of a token or, where there is none, the next: strangers may ask, and the time must tell nothing. So there is
always a row to fetch (past the last index none, and who asks cannot aim there), and always both tables are read."""
_RANK = (
    select(conversations.c.queue_rank)
    .select_from(aliases.join(conversations, conversations.c.conversation_id == aliases.c.conversation_id))
    .where(aliases.c.token == bindparam("wanted"), aliases.c.retired_at.is_(None))
)
_SELECT = (
    select(
        *aliases.c,
        data_keys.c.wrapped,
        conversations.c.version,
        conversations.c.sealed.label("conversation"),
    )
    .select_from(
        aliases.join(
            data_keys,
            and_(
                data_keys.c.owner == Owner.CONVERSATION.value,
                data_keys.c.owner_id == aliases.c.conversation_id,
            ),
            isouter=True,
        ).join(conversations, conversations.c.conversation_id == aliases.c.conversation_id)
    )
    .where(aliases.c.token == bindparam("wanted"))
)
_SELECT_RETURN_PATH = (
    select(
        deliveries.c.conversation_id,
        deliveries.c.delivery_id,
        deliveries.c.reader,
        deliveries.c.fact,
        deliveries.c.created_at,
        deliveries.c.alias,
        aliases.c.token,
        aliases.c.retired_at,
        entries.c.state,
        entries.c.settled_at,
    )
    .select_from(
        deliveries.join(aliases, aliases.c.token == deliveries.c.alias, isouter=True).join(
            entries, entries.c.entry_id == deliveries.c.entry_id, isouter=True
        )
    )
    .where(deliveries.c.return_path == bindparam("wanted"))
)
_NO_WORDS = frozenset({None, EntryState.ROUTED.value, EntryState.STOPPED.value})
"""States of an entry whose content is gone."""


def add(
    connection: Connection,
    keyring: Keyring,
    key: SealingKey,
    *,
    conversation_id: bytes,
    stands_for: Side,
    alias: str,
) -> None:
    """Make an alias stand for a side of a conversation (none when empty). Raises ``Stale`` when taken."""
    if not alias:
        return
    token = _token(alias)
    index = keyring.index(Purpose.TOKEN, token)
    row = {
        "token": index,
        "conversation_id": conversation_id,
        "stands_for": stands_for.value,
        "sealed": key.seal(token.encode(), place_of(index, conversation_id, stands_for)),
    }
    try:
        connection.execute(_INSERT, row)
    except IntegrityError:
        raise Stale("an alias is taken") from None


def retire(connection: Connection, keyring: Keyring, alias: str, now: datetime) -> None:
    """Make an alias accept nothing any more; what it stood for stays known."""
    connection.execute(_RETIRE, {"gone": keyring.index(Purpose.TOKEN, _token(alias)), "now": to_micros(now)})


class Urgency:
    """Whether what comes to a token goes before all others. One object, hung on ``SqlStore`` as ``urgency``."""

    def __init__(self, shortcut: Shortcut | Autocommit, keyring: Keyring) -> None:
        self._shortcut = shortcut
        self._keyring = keyring

    async def of(self, tokens: Sequence[str]) -> bool:
        """Tell whether one of these is an alias in a conversation that is marked with high risk. By the column that
        queues are read by, unopened: who changes it changes an order, and is found out when the row is opened.
        May raise ``StoreTrouble``.
        """
        indexes = [self._keyring.index(Purpose.TOKEN, token) for token in tokens]
        return await self._shortcut.run(
            lambda c: any(c.execute(_RANK, {"wanted": index}).scalar() == Risk.HIGH.rank for index in indexes)
        )


def is_taken(connection: Connection, keyring: Keyring, token: str) -> bool:
    """Tell whether a token is a live alias or a return-path that is not forgotten yet."""
    wanted = {"wanted": keyring.index(Purpose.TOKEN, token)}
    alias = connection.execute(_NEAREST, wanted).first()
    path = connection.execute(_NEAREST_RETURN_PATH, wanted).first()
    is_alias = alias is not None and alias.token == wanted["wanted"] and alias.retired_at is None
    is_path = path is not None and path.return_path == wanted["wanted"]
    return is_alias or is_path


def meaning(connection: Connection, keyring: Keyring, token: str) -> TokenMeaning | None:
    """What a token stands for, retired aliases included. Raises ``CipherError``."""
    index = keyring.index(Purpose.TOKEN, token)
    if row := connection.execute(_SELECT, {"wanted": index}).first():
        if row.wrapped is None:
            raise CipherError("the data key of a conversation is gone")
        stands_for = Side(row.stands_for)
        key = datakeys.unwrap(keyring, Owner.CONVERSATION, row.conversation_id, row.wrapped)
        key.open(row.sealed, place_of(index, row.conversation_id, stands_for))
        if row.retired_at is None and not _is_of_now(key, row, token, stands_for):
            raise CipherError("an alias that was retired is in use again")
        return TokenMeaning(
            TargetKind.ALIAS, row.conversation_id, stands_for, is_retired=row.retired_at is not None
        )
    if path := connection.execute(_SELECT_RETURN_PATH, {"wanted": index}).first():
        author = Side(path.reader).other if path.conversation_id else None
        is_alias_gone = path.alias is not None and (path.token is None or path.retired_at is not None)
        # Words that go along are settled anew, later than this delivery of them was made.
        is_left = author is Side.SEEKER and path.settled_at is not None and path.settled_at <= path.created_at
        is_settled = path.fact is not None and Fact(path.fact).is_final
        return TokenMeaning(
            TargetKind.RETURN_PATH,
            path.conversation_id,
            author,
            is_retired=is_settled or (is_alias_gone and not is_left),
            delivery_id=path.delivery_id,
            has_words=path.state not in _NO_WORDS,
            sent_at=from_micros(path.created_at),
            was_left=is_alias_gone and is_left,
        )
    return None


def _is_of_now(key: SealingKey, row: Any, token: str, stands_for: Side) -> bool:
    """Tell whether a conversation still goes by this alias for that side."""
    secrets = opened_secrets(key, row.conversation_id, row.version, row.conversation)
    now = secrets.seeker_alias if stands_for is Side.SEEKER else secrets.counselor_alias
    return _token(now).casefold() == token.casefold()


def _token(alias: str) -> str:
    """The token of an alias, which a caller may give alone or as the whole address, also behind a plus."""
    return alias.partition("@")[0].rpartition("+")[2]


def place_of(index: bytes, conversation_id: bytes, stands_for: Side) -> bytes:
    return place("aliases", stands_for.value, index + conversation_id)
