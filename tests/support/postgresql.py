"""A PostgreSQL of the tests' own: one server for each process that runs tests, one fresh database for each that asks.

server = running()
url = server.url_of(tmp_path / "state")       # the same folder, the same database; made from a migrated template

It listens on a socket in a folder of its own and on nothing else, unless a test starts one with a port on loopback.
``fsync`` stays on, for relay takes no server without it; the folder is in memory where the system has room there, so
that it costs nothing. Where durability is the question, a test starts a ``Server`` on a disk.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

START_S = 60.0
STOP_S = 30.0
KEPT_DATABASES = 48
"""The newest that are left when more are made; each has some 9 MB."""

_IN_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 4 << 30
_SUPERUSER = "postgres"
ROLE = "relay"
PASSWORD = "only-for-tests"


def programs() -> Path:
    """Where initdb and postgres are; the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    assert which is not None, "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    return Path(which).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One server. ``on_disk``: where a power cut would leave something; ``port``: also on 127.0.0.1 (0: a free one)."""

    def __init__(
        self, *, on_disk: Path | None = None, port: int | None = None, settings: Sequence[str] = ()
    ) -> None:
        in_memory = _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM_BYTES
        parent = on_disk or (_IN_MEMORY if in_memory else None)
        self.folder = Path(tempfile.mkdtemp(prefix="relay-pg-", dir=parent))
        self.port = free_port() if port == 0 else port
        self._settings = list(settings)
        self._user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
            for above in (self.folder, *self.folder.parents):
                if above.stat().st_uid == 0 and above != Path("/"):
                    above.chmod(above.stat().st_mode | 0o001)
        self._process: subprocess.Popen[bytes] | None = None
        self._names: OrderedDict[Path, str] = OrderedDict()
        self._made = 0
        self._template = ""

    # --- the server ----------------------------------------------------------------------------------

    def start(self) -> Server:
        """Make the cluster on the first start, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            self._run("initdb", "-D", str(data), "-U", _SUPERUSER, "--auth-local=trust", "--auth-host=scram-sha-256",
                      "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")  # fmt: skip
        settings = [
            f"unix_socket_directories={self.folder}",
            f"listen_addresses={'127.0.0.1' if self.port else ''}",
            f"port={self.port or 5432}",
            "max_connections=120",
            "shared_buffers=64MB",
            "max_wal_size=64MB",
            "min_wal_size=32MB",
            "autovacuum_naptime=10s",
            "log_min_messages=fatal",
            *self._settings,
        ]
        flags = [flag for setting in settings for flag in ("-c", setting)]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs() / "postgres", "-D", str(data), *flags],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as(),
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                with self.connect(dbname=_SUPERUSER):
                    break
            except psycopg.OperationalError:
                ended = self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise AssertionError((self.folder / "server.log").read_text()) from None
                time.sleep(0.05)
        with self.connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone():
                connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{PASSWORD}'")
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def standby(self) -> Server:
        """Another server, not started yet, that takes over what this one writes; this one waits for it at each commit."""
        other = Server(port=0)
        self._run("pg_basebackup", "-h", str(self.folder), "-p", str(self.port or 5432), "-U", _SUPERUSER, "-R",
                  "-X", "stream", "-c", "fast", "-D", str(other.folder / "data"))  # fmt: skip
        return other

    def wait_for_standby(self) -> None:
        """From now on ``COMMIT`` is answered when a standby has it on its disk."""
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Let a standby be the one that takes writes."""
        with self.connect() as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: fast and clean, or as ``number`` does (SIGQUIT: as a crash)."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(STOP_S)
        self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- its databases -------------------------------------------------------------------------------

    def connect(self, dbname: str = _SUPERUSER, **how: Any) -> psycopg.Connection[Any]:
        """A connection of the superuser, committing every statement."""
        how = {"host": str(self.folder), "port": self.port or 5432, "user": _SUPERUSER, **how}
        return psycopg.connect(dbname=dbname, autocommit=True, connect_timeout=5, **how)

    def name_of(self, folder: Path) -> str:
        """The database that belongs to a folder of a test; made when it is asked for first."""
        folder = folder.resolve()
        if folder not in self._names:
            self._made += 1
            self._names[folder] = f"t{self._made}"
            with self.connect() as connection:
                connection.execute(
                    f"CREATE DATABASE {self._names[folder]} OWNER {ROLE} TEMPLATE {self.template()}"
                )
                while len(self._names) > KEPT_DATABASES:
                    _, name = self._names.popitem(last=False)
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._names.move_to_end(folder)
        return self._names[folder]

    def url_of(self, folder: Path) -> str:
        """``storage.url`` for that folder's database."""
        return self.url(self.name_of(folder))

    def url(self, name: str) -> str:
        """``storage.url`` for a database, over the socket."""
        port = f"&port={self.port}" if self.port else ""
        return f"postgresql+psycopg://{ROLE}@/{name}?host={self.folder}{port}"

    def url_over_tcp(self, name: str, port: int | None = None) -> str:
        """The same over loopback, where the role has a password."""
        return f"postgresql+psycopg://{ROLE}@127.0.0.1:{port or self.port}/{name}"

    def files_of(self, folder: Path) -> dict[str, bytes]:
        """The files of a folder's database, with all that was written, and the write-ahead log."""
        with self.connect() as connection:
            connection.execute("CHECKPOINT")
            found = connection.execute(
                "SELECT oid FROM pg_database WHERE datname = %s", (self.name_of(folder),)
            )
            ((number,),) = found.fetchall()
        data = self.folder / "data"
        paths = [*(data / "base" / str(number)).iterdir(), *(data / "pg_wal").iterdir()]
        return {str(path.relative_to(data)): path.read_bytes() for path in paths if path.is_file()}

    def empty(self) -> str:
        """The name of a new database with nothing in it."""
        self._made += 1
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE e{self._made} OWNER {ROLE}")
        return f"e{self._made}"

    def anew(self, folder: Path) -> None:
        """Make a folder's database again, with nothing in it."""
        name = self.name_of(folder)
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}")

    def template(self) -> str:
        """A database with all tables and nothing in them."""
        if not self._template:
            from alembic import command

            from relay.edge.store import schema
            from relay.edge.store.engines import make_engine, mute_libraries

            mute_libraries()
            name = self.empty()
            engine = make_engine(make_url(self.url(name)), writes=True)
            with engine.begin() as connection:
                config = schema.alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            engine.dispose()
            self._template = name
        return self._template

    def _as(self) -> dict[str, Any]:
        return {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs() / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **self._as(),
        )
        assert done.returncode == 0, done.stderr


@functools.cache
def running() -> Server:
    """The server of this process; it ends with it."""
    server = Server().start()
    atexit.register(server.remove)
    return server


@contextlib.contextmanager
def server(**how: Any) -> Iterator[Server]:
    """A server for one test."""
    made = Server(**how)
    try:
        yield made.start()
    finally:
        made.remove()
