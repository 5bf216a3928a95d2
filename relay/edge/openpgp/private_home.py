"""A private home for gpg, with what it needs in it, for one call. ``gnupg`` opens one for each.

The home is a folder of mode 0700 below the one that is given. Where a secret key is used, an agent of ours serves it:
gpg's own way of starting one would put it out of our reach. Both are gone when the call ends, however it ends; a home
that cannot be taken away is an error, for a secret key may lie in it.

Failures are ``OpenPgpError``: those of ``process``, ``agent``, ``read-only``, ``bad-key``.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import gnupg

from relay.edge.openpgp import Certificate, OpenPgpError, shapes, status
from relay.edge.openpgp.colons import judged
from relay.edge.openpgp.pipes import Ended
from relay.edge.openpgp.process import NO_ROOM, kill_group, run

OLDEST: Final = (2, 2)
_VERSION: Final = re.compile(rb"^cfg:version:([0-9]{1,3})\.([0-9]{1,3})\.", re.MULTILINE)

_OPTIONS: Final = (
    "--no-options", "--no-autostart", "--disable-dirmngr", "--no-auto-key-retrieve", "--no-auto-key-locate",
    "--no-auto-check-trustdb", "--trust-model", "always", "--no-encrypt-to", "--no-emit-version", "--no-comments",
    "--no-random-seed-file", "--exit-on-status-write-error", "--pinentry-mode", "loopback",
    "--charset", "utf-8",
)  # fmt: skip
_AGENT: Final = (
    "gpg-agent", "--no-options", "--daemon", "--no-detach", "--disable-scdaemon", "--allow-loopback-pinentry",
    "--no-allow-external-cache",
)  # fmt: skip
_ENDING_S: Final = 1.0
"""An agent that has not ended by then is killed."""

_LONGEST_HOME: Final = 80
"""Octets of a path below which the agent's sockets fit: one has at most 107 (unix(7)), with a name of up to 26."""

_ANSWER_OCTETS: Final = 262_144
_ROOM_OCTETS: Final = 262_144
"""A home with a few keys in it has less."""


class Homes:
    """Where homes are made, and how gpg is started in them."""

    def __init__(self, home: Path, binary: str, limit_s: float) -> None:
        self._home = home
        self._binary = binary
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._builder: Any = None
        beside = [str(Path(binary).parent)] if "/" in binary else []
        self._environment = {
            "PATH": ":".join((*beside, "/usr/local/bin", "/usr/bin", "/bin")),
            "LC_ALL": "C.UTF-8",
        }

    @contextlib.contextmanager
    def open(self, now: datetime | None, *, with_agent: bool = False) -> Iterator[Session]:
        """A home until the end of the block. Raises ``OpenPgpError`` when it cannot be made, or not be taken away."""
        deadline = time.monotonic() + self._limit_s
        try:
            self._home.mkdir(mode=0o700, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix="g", dir=self._home))
            descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise OpenPgpError("full" if error.errno in NO_ROOM else "read-only") from None
        home = made
        if len(os.fsencode(made)) > _LONGEST_HOME:  # the same folder by a short name
            home = Path(f"/proc/{os.getpid()}/fd/{descriptor}")
        agent = None
        try:
            arguments = copy.copy(self._arguments(home, deadline))
            arguments.gnupghome = str(home)
            session = Session(home, arguments, self._environment, deadline, now)
            if with_agent:
                agent = session.start_agent()
            yield session
        except OpenPgpError:
            if agent is not None and not _lives(agent):
                raise OpenPgpError("agent") from None
            raise
        finally:
            if agent is not None:
                self._end_agent(home, agent)
            os.close(descriptor)
            shutil.rmtree(made, ignore_errors=True)
            if made.exists():  # a secret key may be in it: somebody has to look
                raise OpenPgpError("failed")

    def _arguments(self, home: Path, deadline: float) -> Any:
        """python-gnupg's object, made once, as far as it builds arguments.

        Its own ``__init__`` asks the program for its version, and waits for the answer without end.
        """
        with self._lock:
            if self._builder is None:
                builder = gnupg.GPG.__new__(gnupg.GPG)
                builder.gpgbinary, builder.gnupghome, builder.options = (
                    self._binary,
                    str(home),
                    list(_OPTIONS),
                )
                builder.keyring = builder.secret_keyring = None
                builder.use_agent = False
                ended = run(
                    lambda _: builder.make_args(["--list-config"], passphrase=False),
                    b"",
                    max_octets=_ANSWER_OCTETS,
                    deadline=deadline,
                    environment=self._environment,
                    directory=home,
                )
                found = _VERSION.search(ended.output)
                if ended.code != 0 or not found or (int(found[1]), int(found[2])) < OLDEST:
                    raise OpenPgpError("failed")
                self._builder = builder
            return self._builder

    def _end_agent(self, home: Path, leader: int) -> None:
        """Ask it to end, and do not rely on it; then take away the directory of sockets that it may have had."""
        for what in (("--kill", "gpg-agent"), ("--remove-socketdir",)):
            with contextlib.suppress(OpenPgpError):
                _helper(
                    ("gpgconf", "--homedir", str(home), *what),
                    self._environment,
                    home,
                    time.monotonic() + _ENDING_S,
                )
            kill_group(leader)


class Session:
    """One private home, for one call."""

    def __init__(
        self,
        home: Path,
        arguments: Any,
        environment: Mapping[str, str],
        deadline: float,
        now: datetime | None,
    ) -> None:
        self._home = home
        self._arguments = arguments
        self._environment = {**environment, "GNUPGHOME": str(home), "HOME": str(home)}
        self._deadline = deadline
        self._clock = () if now is None else ("--faked-system-time", f"{int(now.timestamp())}!")

    def gpg(self, arguments: Sequence[str], given: bytes = b"", max_octets: int = _ANSWER_OCTETS) -> Ended:
        """Run gpg once. Whether what it gave may be used is for the caller to say, by code and status lines.

        Raises ``full`` or ``read-only`` when it ended with a complaint, and that is why.
        """
        ended = run(
            lambda descriptor: self._arguments.make_args(
                ["--status-fd", str(descriptor), *self._clock, *arguments], passphrase=False
            ),
            given,
            max_octets=max_octets,
            deadline=self._deadline,
            environment=self._environment,
            directory=self._home,
        )
        if ended.code != 0:
            self._look_at_the_place()
        return ended

    def _look_at_the_place(self) -> None:
        """gpg says nothing of the disk; the disk does."""
        try:
            place = os.statvfs(self._home)
        except OSError:
            raise OpenPgpError("read-only") from None
        if place.f_flag & os.ST_RDONLY:
            raise OpenPgpError("read-only")
        if place.f_bavail * place.f_frsize < _ROOM_OCTETS:
            raise OpenPgpError("full")

    @staticmethod
    def said(ended: Ended) -> tuple[status.Line, ...]:
        """The status lines. Raises ``OpenPgpError`` when they are none."""
        found = status.lines(ended.status)
        if found is None:
            raise OpenPgpError("failed")
        return found

    def opened(self, message: bytes, max_octets: int) -> tuple[bytes, bytes]:
        """The message, as it is or with one reader named, as gpg opens it without a complaint; and what is in it.

        gpg complains by its return code when it tried a key of ours on a hidden reader who is somebody else, or the
        wrong one of two keys. It says which key it was in the end; with that one named it has nothing to try.
        """
        said, content = self._decrypted(message, max_octets)
        if content is not None:
            return message, content
        key_id = status.opened_by(said) if status.decrypted(said, with_signatures=False) else b""
        for octets in shapes.for_each_reader(message, key_id) if key_id else ():
            _, content = self._decrypted(octets, max_octets)
            if content is not None:
                return octets, content
        raise OpenPgpError("cannot-open")

    def _decrypted(self, message: bytes, max_octets: int) -> tuple[tuple[status.Line, ...], bytes | None]:
        """What gpg says, and the content where nothing is said against it."""
        ended = self.gpg(("--skip-verify", "--decrypt"), message, max_octets)
        said = self.said(ended)
        if status.layers(said) > 1:
            raise OpenPgpError("structure")
        is_clear = ended.code == 0 and status.decrypted(said, with_signatures=False)
        return said, ended.output if is_clear else None

    def take(self, key: bytes, expected: str = "") -> str:
        """Import one key; its fingerprint, or nothing when gpg will not have it as the one that is expected."""
        ended = self.gpg(("--import",), key)
        said = self.said(ended)
        if not status.answered_import(said):
            raise OpenPgpError("failed")
        fingerprints = status.imported(said)
        if not expected and (ended.code != 0 or len(fingerprints) != 1):
            raise OpenPgpError("bad-key")
        return next(iter(fingerprints)) if not expected or fingerprints == {expected} else ""

    def judged(self, found: shapes.Minimised, now: datetime) -> Certificate:
        """Import one certificate and have it listed; ``bad`` when gpg will not have it as itself.

        Both at once where it has nothing against it. Of one from the future, for one, it ends without a word then.
        """
        bad = Certificate(found.fingerprint, found.octets, None, is_usable=False, trouble="bad")
        ended = self.gpg(("--import-options", "import-show", "--import"), found.octets)
        if ended.code != 0 or status.imported(self.said(ended)) != {found.fingerprint}:
            if not self.take(found.octets, found.fingerprint):
                return bad
            ended = self.gpg(("--list-keys", found.fingerprint))
            if ended.code != 0:  # it has just taken it
                raise OpenPgpError("failed")
        return judged(ended.output, found, now) or bad

    def take_all(self, certificates: Sequence[Certificate]) -> frozenset[str]:
        """Import what gpg will have of them."""
        return frozenset(
            one.fingerprint
            for one in certificates
            if self.take(one.octets, one.fingerprint) == one.fingerprint
        )

    def exported(self, fingerprint: str, how: str) -> bytes:
        """One key in armor."""
        ended = self.gpg(("--armor", how, fingerprint))
        if ended.code != 0 or not ended.output:
            raise OpenPgpError("failed")
        return ended.output

    def file(self, name: str, octets: bytes) -> str:
        """A file in the home, for what cannot come on standard input."""
        path = self._home / name
        try:
            path.write_bytes(octets)
        except OSError:
            raise OpenPgpError("failed") from None
        return str(path)

    def start_agent(self) -> int:
        """Start our own agent, in a process group that we can end; gpg's own way would put it out of reach."""
        return _helper((*_AGENT, "--homedir", str(self._home)), self._environment, self._home, self._deadline)


def _helper(command: Sequence[str], environment: Mapping[str, str], home: Path, deadline: float) -> int:
    """Run one of the small programs of GnuPG, which has nothing to say; the number of its process group."""
    try:
        process = subprocess.Popen(  # noqa: S603 - constant but for the name of a directory that we made
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env=dict(environment), cwd=home,
        )  # fmt: skip
    except OSError:
        raise OpenPgpError("agent") from None
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()
        raise OpenPgpError("timeout") from None
    if code != 0 and command[0] == _AGENT[0]:
        kill_group(process.pid)
        raise OpenPgpError("agent")
    return process.pid


def _lives(leader: int) -> bool:
    """Tell whether anything of a process group of ours is at work: what only waits to be buried is not (proc(5))."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group, *_ = file.read_bytes().rpartition(b") ")[2].split(b" ")
            if int(group) == leader and state not in {b"Z", b"X"}:
                return True
    return False
