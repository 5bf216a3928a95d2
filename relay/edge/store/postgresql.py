"""What is PostgreSQL's own: how we connect, what each session is told, and what its errors mean.

Called by ``engines`` alone. A session waits for nobody for ever: a node that hangs in the middle of a transaction
(stopped, or cut off) is thrown out by the server after ``IDLE_S``, so that the rows it had locked are free again.
A writing session reads what is committed (READ COMMITTED): every statement that decides something says on what
condition it writes, and PostgreSQL looks at the condition again once it has waited for the row. A reading session sees
one moment (REPEATABLE READ, read only), because what is read together must fit together.

Not SERIALIZABLE: one false alarm would undo a whole group commit, up to ``lanes.MAX_BATCH`` letters of others.

Promises: the password stands in no URL, message, log line or representation of an object.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from relay.errors import ConfigError

_MIGRATING = 0x72656C6179000001
"""An advisory lock of ours: the octets of ``relay``, and a number."""

NAMED_IN_QUERY = "password_file"
"""In the query of a URL: our own word, taken out before anything is connected."""

CONNECT_S = 5
"""How long a server may take to answer; with a second one after it, a failover is over within ten seconds."""
IDLE_S = 10
"""How long a transaction of ours may stand still. Ours take milliseconds."""
LOCK_S = 5
"""As long as a write to SQLite waits for another process."""
STATEMENT_S = 30

_SETTINGS = (
    f"SET lock_timeout = '{LOCK_S}s'",
    f"SET statement_timeout = '{STATEMENT_S}s'",
    f"SET idle_in_transaction_session_timeout = '{IDLE_S}s'",
    # What we look up we look up by an index (a test sees to it); a plan made while a table was empty must not stay.
    "SET enable_seqscan = off",
    "SET jit = off",
    # No driver, role or server may answer a COMMIT before it is on the disk (P2).
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') IN ('off', 'local')",
)

_READS = "SET default_transaction_read_only = on"
"""Also where a statement is a transaction by itself."""

_DISK_FULL = "53100"
_READ_ONLY = "25006"
_LOST_CLASSES = ("08", "57P")
"""Connection exceptions, and a server that shuts down, starts up or has thrown us out."""
_IDLE_TOO_LONG = "25P03"
_COLLIDED = frozenset({"40001", "40P01", "55P03"})
"""Serialization, deadlock, a lock that was not to be had: others were quicker, and trying again helps."""

_SENTENCES = (
    ("28", "does not let this role in; look at the role in storage.url and at storage.password_file"),
    ("3D", "has no database of that name; make it (createdb), owned by the role in storage.url"),
    ("42501", "does not let this role make or change tables; make it the owner of the database"),
    ("25006", "is read only, a standby; name its primary, or all of its hosts"),
)
_SAID_WHILE_CONNECTING = {
    "password": "28",
    "authentication": "28",
    "pg_hba": "28",
    'role "': "28",
    'database "': "3D",
}
"""Words of a server that refuses a connection, for then there is no code; none of them is ever shown."""


def make(url: URL, *, writes: bool) -> Engine:
    """Make an engine; nothing is connected yet. Raises ``ConfigError`` for a password file that cannot be read."""
    engine = create_engine(
        url.difference_update_query([NAMED_IN_QUERY]),
        hide_parameters=True,
        echo=False,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        connect_args={
            "connect_timeout": CONNECT_S,
            "application_name": "relay",
            "target_session_attrs": "read-write",
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
            **_password(url),
        },
    )

    @event.listens_for(engine, "connect")
    def connected(raw: Any, _record: Any) -> None:
        with raw.cursor() as cursor:
            cursor.execute("; ".join(_SETTINGS if writes else (*_SETTINGS, _READS)))
        raw.commit()
        if not writes:
            raw.read_only = True

    return engine


def _password(url: URL) -> dict[str, str]:
    """The first line of the file that the URL names."""
    file = url.query.get(NAMED_IN_QUERY)
    if not isinstance(file, str):
        return {}
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        raise ConfigError((f"storage.password_file: cannot be read: {file}",)) from None
    if not lines or not lines[0]:
        raise ConfigError((f"storage.password_file: its first line is empty: {file}",))
    return {"password": lines[0]}


def check_careful(connection: Connection, name: str) -> None:
    """Take no server that could forget what it has acknowledged. Raises ``ConfigError``."""
    for setting in ("fsync", "full_page_writes"):
        if connection.exec_driver_sql(f"SHOW {setting}").scalar() != "on":
            problem = f"{name} has {setting} = off and can lose what it has taken; set it to on"
            raise ConfigError((problem,))


def prepare_to_migrate(connection: Connection) -> None:
    """Let one node at a time change the schema: of several that start at once the others find it done."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")


def others(connection: Connection, *beside: int) -> int:
    """How many connections of relay there are to this database but this one and those of the processes ``beside``."""
    connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    found = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'relay' "
        "AND pid <> pg_backend_pid() AND pid <> ALL (%s)",
        (list(beside),),
    )
    return int(found.scalar_one())


def is_full(error: SQLAlchemyError) -> bool:
    """No room on the server's volume."""
    return sqlstate(error) == _DISK_FULL


def is_lost(error: BaseException) -> bool:
    """The connection is gone, or of no use any more: another one has to be made."""
    if not isinstance(error, SQLAlchemyError):
        return False
    code = sqlstate(error)
    if code in {_READ_ONLY, _IDLE_TOO_LONG} or code.startswith(_LOST_CLASSES):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def has_collided(error: BaseException) -> bool:
    """Somebody else was quicker, and the same work may succeed the next time."""
    return isinstance(error, SQLAlchemyError) and sqlstate(error) in _COLLIDED


def sentence(error: SQLAlchemyError) -> str:
    """Why a database cannot be used, to follow its name. Constant words only."""
    code = sqlstate(error)
    if not code:
        said = str(getattr(error, "orig", "")).lower()
        code = next(
            (code for word, code in _SAID_WHILE_CONNECTING.items() if "fatal:" in said and word in said), ""
        )
    for begins, words in _SENTENCES:
        if code.startswith(begins):
            return words
    if code and not is_lost(error):
        return f"cannot be used (PostgreSQL says {code}); look into the server's log"
    return "cannot be reached; look at host and port in storage.url, and whether the server runs"


def sqlstate(error: SQLAlchemyError) -> str:
    """PostgreSQL's code of an error (its appendix A); empty where there is none."""
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    return code if isinstance(code, str) else ""
