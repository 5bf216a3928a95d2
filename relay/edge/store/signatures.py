"""Signatures that have proven who wrote a message: each is good for one alias, so that nobody can replay it to another.

Called by ``settling`` when a message that a signature proved is settled, and by ``SqlStore`` before that. Blind indexes
only. Kept a little longer than a signature is proof (``mail.proof.dkim``), then swept; ciphertexts, and signatures by
a counselor's own key, much longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from relay.edge.store.keys import Keyring, Purpose
from relay.edge.store.tables import signatures, to_micros
from relay.flow.ports import Stale

KEPT_FOR = timedelta(days=8)

OPENPGP_KEPT_FOR = timedelta(days=800)
"""An encrypted message proves nothing, but whoever has captured one may try to have it opened for a long time: until
the key that opens it has long been replaced. A signature by a person's own key does not end by itself."""

_OF_OPENPGP = ("ciphertext:", "signed:")
"""How ``edge.openpgp.naming`` begins its names."""

_INSERT = insert(signatures)
_REBIND = (
    update(signatures)
    .where(signatures.c.signature == bindparam("wanted"), signatures.c.bound == bindparam("before"))
    .values(bound=bindparam("after"))
)
_FIND = select(signatures.c.bound).where(signatures.c.signature == bindparam("wanted"))


def used_elsewhere(
    connection: Connection, keyring: Keyring, given: Sequence[str], alias: str
) -> tuple[str, ...]:
    """Those that have proven a message to another alias than this."""
    bound = keyring.index(Purpose.TOKEN, alias)
    found = ((each, _bound_to(connection, keyring, each)) for each in given)
    return tuple(each for each, to in found if to is not None and to != bound)


def remember(
    connection: Connection,
    keyring: Keyring,
    given: Sequence[str],
    alias: str,
    now: datetime,
) -> None:
    """Bind signatures to an alias. Raises ``Stale`` when one was bound to another in the meantime."""
    bound = keyring.index(Purpose.TOKEN, alias)
    for each in given:
        known = _bound_to(connection, keyring, each)
        if known is not None and known != bound:
            raise Stale("a signature was used for another alias")
        if known is None:
            row = {
                "signature": keyring.index(Purpose.SIGNATURE, each),
                "bound": bound,
                "until": to_micros(now + _kept_for(each)),
            }
            try:
                connection.execute(_INSERT, row)
            except IntegrityError:
                raise Stale("a signature was used at the same time") from None


def bind(
    connection: Connection, keyring: Keyring, ciphertext: str, bound_to: str, now: datetime, *, before: str
) -> None:
    """Bind a ciphertext to a conversation, or to the entry that brought it while there is none (``before``).

    Raises ``Stale`` when it was bound to another meanwhile.
    """
    rebound = {
        "wanted": keyring.index(Purpose.SIGNATURE, ciphertext),
        "before": keyring.index(Purpose.TOKEN, before),
        "after": keyring.index(Purpose.TOKEN, bound_to),
    }
    if not connection.execute(_REBIND, rebound).rowcount:
        remember(connection, keyring, (ciphertext,), bound_to, now)


def _kept_for(name: str) -> timedelta:
    return OPENPGP_KEPT_FOR if name.startswith(_OF_OPENPGP) else KEPT_FOR


def _bound_to(connection: Connection, keyring: Keyring, given: str) -> bytes | None:
    found = connection.execute(_FIND, {"wanted": keyring.index(Purpose.SIGNATURE, given)}).scalar()
    return None if found is None else bytes(found)
