"""The words of ``relay backup`` and ``relay restore`` on the command line; the work is loaded when one is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def add(commands: Any, config: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add both commands; ``config`` adds what all commands have."""
    backup = commands.add_parser("backup", help="make an encrypted backup, while the daemon runs or not")
    config(backup)
    backup.add_argument(
        "--to",
        metavar="FILE",
        help="where to (default: a file here, named after the time), or - for standard output",
    )
    backup.set_defaults(command=_backup)

    restore = commands.add_parser(
        "restore", help="make the database anew from a backup; the daemon must not run"
    )
    config(restore)
    restore.add_argument("file", metavar="FILE", help="the backup, or - for standard input")
    restore.add_argument("--identity", type=Path, metavar="FILE", help="the secret key of age")
    restore.add_argument(
        "--keys", type=Path, metavar="FILE", help="the copy of the data keys, if not backup.keys_copy"
    )
    restore.add_argument(
        "--replace", action="store_true", help="although there is a database, which is gone then"
    )
    restore.add_argument(
        "--old-keys", action="store_true",
        help="take a copy of the data keys that is older than the backup, and lose what came in between",
    )  # fmt: skip
    restore.set_defaults(command=_restore)


def _backup(options: argparse.Namespace) -> int:
    from relay.backing import backup

    tell = partial(print, file=sys.stderr) if options.to == "-" else print
    return backup(options.config, options.to, tell)


def _restore(options: argparse.Namespace) -> int:
    from relay.backing import restore

    return restore(
        options.config,
        options.file,
        options.identity,
        options.keys,
        replaces=options.replace,
        takes_old_keys=options.old_keys,
        tell=print,
    )
