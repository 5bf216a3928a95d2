"""The store: the only place that knows SQL, and where real addresses live.

One transactional store for the queue, conversations, aliases and deliveries; SQLite embedded,
PostgreSQL for several nodes. Nothing that names a person is ever in clear in a column (P5): values are
sealed, look-ups go through blind indexes.

From outside in: ``opening`` opens it, ``store`` is the object with all ports, ``inbox`` ``entries``
``settling`` ``duty`` ``deliveries`` ``sweeping`` are what its methods do, ``conversations`` ``aliases``
``counselors`` ``bodies`` ``datakeys`` what these work on, ``lanes`` the threads, ``sealing`` and ``keys``
the cryptography, ``tables`` ``schema`` ``engines`` ``files`` the database itself.
"""

from relay.edge.store.engines import database_file, parse_url
from relay.edge.store.examining import newest_at
from relay.edge.store.key_versions import Masters
from relay.edge.store.keys import create_master_key, load_master_key
from relay.edge.store.opening import look, open_store
from relay.edge.store.pruning import Pruned
from relay.edge.store.restoring import Restored, Source, restore
from relay.edge.store.store import SqlStore
from relay.edge.store.upgrade_copy import MAGIC as UPGRADE_COPY
from relay.edge.store.upgrade_copy import put_back

__all__ = [
    "UPGRADE_COPY",
    "Masters",
    "Pruned",
    "Restored",
    "Source",
    "SqlStore",
    "create_master_key",
    "database_file",
    "load_master_key",
    "look",
    "newest_at",
    "open_store",
    "parse_url",
    "put_back",
    "restore",
]
