"""gpg by itself, as somebody would call it in a loop of the shell: what our engines of OpenPGP are compared with."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from bench.machine import BenchError

AT_A_TIME: Final = 2
"""As many loops as the daemon has threads for its engine."""

_LOOP: Final = (
    'n=0; while [ $n -lt "$COUNT" ]; do gpg "$@" <"$LETTER" >/dev/null || exit 1; n=$((n + 1)); done'
)


class BareGpg:
    """A home with a reader's certificate and a key to sign with, which needs no passphrase. Close it: it has an agent.

    All options are gpg's own, but for those without which it would ask somebody.
    """

    def __init__(self, home: Path, certificate: bytes, fingerprint: str, letter: bytes) -> None:
        home.mkdir(mode=0o700)
        self._environment = {"GNUPGHOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        self._letter = home / "letter"
        self._letter.write_bytes(letter)
        self._to = ("--batch", "--quiet", "--trust-model", "always", "--armor", "--recipient", fingerprint)
        self._gpg("--import", given=certificate)
        self._gpg(
            "--passphrase", "", "--quick-generate-key", "bench@line.test", "ed25519", "sign,cert", "never"
        )

    def rate(self, how: str, count: int) -> float:
        """Letters a second, two loops at a time; ``how``: ``-es`` encrypts and signs, ``-e`` only encrypts."""
        command = ("sh", "-c", _LOOP, "sh", *self._to, how)
        environment = self._environment | {"COUNT": str(count // AT_A_TIME), "LETTER": str(self._letter)}
        started = time.perf_counter()
        loops = [subprocess.Popen(command, env=environment) for _ in range(AT_A_TIME)]
        if [each.wait() for each in loops] != [0] * AT_A_TIME:
            raise BenchError("gpg by itself does not work here")
        return count // AT_A_TIME * AT_A_TIME / (time.perf_counter() - started)

    def close(self) -> None:
        subprocess.run(["gpgconf", "--kill", "all"], env=self._environment, check=False)

    def _gpg(self, *arguments: str, given: bytes = b"") -> None:
        command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments]
        subprocess.run(command, input=given, env=self._environment, check=True, stderr=subprocess.DEVNULL)
