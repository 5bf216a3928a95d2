"""A PostgreSQL of the benchmark's own, as Debian installs it: stock values, on the disk of the temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from bench.machine import BenchError, end, wait_for

_SUPERUSER = "postgres"
_ROLE = "relay"


class Server:
    """One server on a socket, running from ``__init__`` until ``close``. ``parent``: where its folder is made."""

    def __init__(self, parent: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise BenchError("PostgreSQL is missing; install the package postgresql")
        self._programs = found[-1].parent
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=parent))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres").pw_name
            shutil.chown(self._folder, user)
            self._as = {"user": user, "group": user, "extra_groups": []}
        data = str(self._folder / "data")
        made = subprocess.run(
            [self._programs / "initdb", "-D", data, "-U", _SUPERUSER, "--auth=trust", "-E", "UTF8"],
            capture_output=True, check=False, cwd="/", **self._as,
        )  # fmt: skip
        if made.returncode:
            raise BenchError(f"initdb: {made.stderr.decode(errors='replace')[-300:]}")
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, "-c", "listen_addresses=",
                 "-c", f"unix_socket_directories={self._folder}"],
                stdout=log, stderr=log, cwd="/", **self._as,
            )  # fmt: skip
        self.pid = self._process.pid
        wait_for("postgresql", self._answers, 30, every_s=0.1)
        self.run(_SUPERUSER, f"CREATE ROLE {_ROLE} LOGIN")

    def database(self, name: str) -> str:
        """Make an empty database; its URL."""
        self.run(_SUPERUSER, f"CREATE DATABASE {name} OWNER {_ROLE}")
        return f"postgresql+psycopg://{_ROLE}@/{name}?host={self._folder}"

    def run(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; its rows."""
        with psycopg.connect(
            host=str(self._folder), dbname=database, user=_SUPERUSER, autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Fast and clean."""
        for name in self.run(_SUPERUSER, "SELECT pid FROM pg_stat_activity WHERE application_name = 'relay'"):
            self.run(_SUPERUSER, f"SELECT pg_terminate_backend({name[0]})")
        end(self._process)

    def _answers(self) -> bool:
        try:
            self.run(_SUPERUSER, "SELECT 1")
        except psycopg.OperationalError:
            if self._process.poll() is not None:
                raise BenchError((self._folder / "log").read_text()[-300:]) from None
            return False
        return True
