"""Encrypting more than fits into memory to one OpenPGP key, with gpg: for backups, never for mail.

Called by ``relay.backing``. Nothing of a key ring is used or kept: the key is read from its file at each run, in a home
of its own that is removed afterwards. Opening is the operator's own business, with their own gpg, on the machine where
their secret key is. Failures are ``OpenPgpError``: ``no-program``, ``failed``.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from relay.edge.openpgp import OpenPgpError


def encrypt(pieces: Iterator[bytes], target: BinaryIO, key: Path, folder: Path) -> None:
    """Write what ``pieces`` give to ``target``, which has a descriptor. ``folder``: where the home may be.

    Raises ``OpenPgpError``, and what ``pieces`` raise.
    """
    with tempfile.TemporaryDirectory(prefix="gpg-", dir=folder) as home:
        command = [
            "gpg", "--batch", "--quiet", "--no-options", "--no-autostart", "--homedir", home,
            "--trust-model", "always", "--compress-algo", "none", "--recipient-file", str(key),
            "--output", "-", "--encrypt",
        ]  # fmt: skip
        try:
            process = subprocess.Popen(  # noqa: S603 - every argument is ours, or a path of the operator's
                command,
                stdin=subprocess.PIPE,
                stdout=target,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            raise OpenPgpError("no-program") from None
        assert process.stdin is not None
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:  # it ended before it had read all; its code says so
            pass
        except BaseException:
            process.kill()
            raise
        finally:
            code = process.wait()
        if code != 0:
            raise OpenPgpError("failed")
