"""What a migration cannot do without keys, done in its transaction by whoever has them.

Called by ``opening`` and, for databases of older versions that are put back, by ``restoring`` and ``upgrade_copy``.
It is done once, when the tables get there: what is not sealed later was not said by us.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relay.edge.store import blocks, counselors, openpgp_keys
from relay.edge.store.keys import Keyring

SEALS_SINCE: Final = "0022"
"""The revision that made the table of seals."""


def adopt(connection: Connection, keyring: Keyring, revision: str, now: datetime) -> None:
    """Seal what stood in rows when the schema was of ``revision``. ``keyring``: what its indexes were made with."""
    if revision >= SEALS_SINCE:
        return
    blocks.adopt(connection, keyring, now)
    counselors.adopt(connection, keyring, now)
    openpgp_keys.adopt(connection, keyring, now)
