"""The engine that asks GnuPG. Made by the composition root; every method blocks, in any thread.

Each call has a private home of its own below ``home`` (mode 0700), with exactly the keys that it needs, and an agent of
its own where a secret key is used; both are gone when it returns. Secret keys lie in that home for some milliseconds:
let ``home`` be in memory (systemd: ``RuntimeDirectory=``), which also takes away what a killed daemon leaves.
Content is never written to a file. gpg gets no configuration, starts no other program and asks no network.

python-gnupg knows the program and builds its arguments. Its results are not used, and it does not run what matters: it
reads status lines and what key owners wrote from one stream, gives out what was decrypted before integrity was proved,
and waits for ever. ``process`` runs the same command lines instead, with a status pipe that carries nothing else, a
limit of octets and one of time; ``status`` says what the lines prove.

gpg 2.2 reads and writes no v6 keys: such a certificate is ``bad`` here.

Failures are ``OpenPgpError``; without a result there is no content in it, in a file or in a log.
"""

from __future__ import annotations

import contextlib
import copy
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import gnupg

from relay.edge.openpgp import Certificate, Opened, OpenPgpError, armor, shapes, status
from relay.edge.openpgp.colons import judged
from relay.edge.openpgp.process import Ended, kill_group, run

LIMIT_S: Final = 20.0
"""For a whole call. A message of 40 MB takes two seconds on a small machine."""

OLDEST: Final = (2, 2)

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
_PREFERENCES: Final = "AES256 AES192 AES SHA512 SHA384 SHA256 Uncompressed"
"""For keys of ours. What is compressed before it is encrypted tells of itself by its length, and Sequoia refuses it."""

_ENDING_S: Final = 5.0
_ANSWER_OCTETS: Final = 262_144
_ARMOR_ROOM: Final = 65_536


class GnuPg:
    """An ``Engine``."""

    name = "gnupg"

    def __init__(self, home: Path, binary: str = "gpg", *, limit_s: float = LIMIT_S) -> None:
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

    def read_certificate(self, octets: bytes, now: datetime) -> Certificate:
        """See ``Engine``."""
        found = shapes.certificate(octets)
        bad = Certificate(found.fingerprint, found.octets, None, is_usable=False, trouble="bad")
        with self._session(now) as session:
            if not session.take(found.octets, found.fingerprint):
                return bad
            ended = session.gpg(("--list-keys", found.fingerprint))
            return judged(ended.output, found, now) or bad if ended.code == 0 else bad

    def encrypt(self, content: bytes, to: Certificate, now: datetime) -> bytes:
        """See ``Engine``; AES-256 whatever the certificate prefers, and never compressed."""
        with self._session(now) as session:
            if not session.take(to.octets, to.fingerprint):
                raise OpenPgpError("not-usable")
            how = ("--armor", "--throw-keyids", "--compress-algo", "none", "--cipher-algo", "AES256")
            ended = session.gpg(
                (*how, "--recipient", to.fingerprint, "--encrypt"), content, 2 * len(content) + _ARMOR_ROOM
            )
            if ended.code != 0 or not status.encrypted(session.said(ended)):
                raise OpenPgpError("not-usable")
        try:
            is_sealed = shapes.names_no_reader(armor.binary(ended.output, armor.MESSAGE))
        except armor.NoArmor:
            is_sealed = False
        if not is_sealed:
            raise OpenPgpError("failed")
        return ended.output

    def decrypt(
        self,
        message: bytes,
        secret_keys: Sequence[bytes],
        signers: Sequence[Certificate],
        now: datetime,
        max_octets: int,
    ) -> Opened:
        """See ``Engine``. Opens twice where signatures count: only a run that ignores them has a clear return code."""
        octets = shapes.message(message)
        keys = [shapes.secret_key(key) for key in secret_keys]
        with self._session(now, with_agent=True) as session:
            for key in keys:
                session.take(key)
            ended = session.gpg(("--skip-verify", "--decrypt"), octets, max_octets)
            said = session.said(ended)
            if status.layers(said) > 1:
                raise OpenPgpError("structure")
            if ended.code != 0 or not status.decrypted(said, with_signatures=False):
                raise OpenPgpError("cannot-open")
            known = session.take_all(signers)
            if not known:
                return Opened(ended.output, frozenset())
            again = session.gpg(("--decrypt",), octets, max_octets)
            said = session.said(again)
            if again.output != ended.output or not status.decrypted(said, with_signatures=True):
                raise OpenPgpError("cannot-open")
            return Opened(ended.output, _signers(again, said, known))

    def verify(
        self, content: bytes, signature: bytes, signers: Sequence[Certificate], now: datetime
    ) -> frozenset[str]:
        """See ``Engine``."""
        octets = shapes.signature(signature)
        if not octets or not signers:
            return frozenset()
        with self._session(now) as session:
            known = session.take_all(signers)
            ended = session.gpg(("--verify", "--", session.file("signature", octets), "-"), content)
            said = session.said(ended)
            return _signers(ended, said, known) if status.verified(said) else frozenset()

    def generate(self, user_id: str, expires_at: datetime, now: datetime) -> bytes:
        """See ``Engine``."""
        parameters = (
            "%no-protection", "Key-Type: eddsa", "Key-Curve: ed25519", "Key-Usage: sign,cert",
            "Subkey-Type: ecdh", "Subkey-Curve: cv25519", "Subkey-Usage: encrypt",
            f"Name-Real: {shapes.user_id(user_id)}", f"Preferences: {_PREFERENCES}",
            f"Creation-Date: {_gpg_time(now)}", f"Expire-Date: {_gpg_time(expires_at)}", "%commit", "",
        )  # fmt: skip
        with self._session(now, with_agent=True) as session:
            ended = session.gpg(
                ("--allow-freeform-uid", "--rfc4880", "--generate-key"), "\n".join(parameters).encode("utf-8")
            )
            made = [rest.split(b" ") for keyword, rest in session.said(ended) if keyword == b"KEY_CREATED"]
            if ended.code != 0 or len(made) != 1 or made[0][0] != b"B":
                raise OpenPgpError("failed")
            key = session.exported(made[0][1].decode("ascii"), "--export-secret-keys")
        shapes.secret_key(key)
        return key

    def public_of(self, secret_key: bytes) -> bytes:
        """See ``Engine``."""
        octets = shapes.secret_key(secret_key)
        with self._session(None, with_agent=True) as session:
            return session.exported(session.take(octets), "--export")

    def revoke(self, secret_key: bytes, now: datetime) -> bytes:
        """See ``Engine``; without a reason, which would only tell something."""
        octets = shapes.secret_key(secret_key)
        with self._session(now, with_agent=True) as session:
            primary = session.take(octets)
            session.gpg(("--import-ownertrust",))  # of nobody; without that file gpg imports no revocation
            answers = b"y\n0\n\ny\n"  # do it; no reason; no words; yes
            made = session.gpg(("--no-batch", "--command-fd", "0", "--gen-revoke", primary), answers)
            if made.code != 0 or session.gpg(("--import",), made.output).code != 0:
                raise OpenPgpError("failed")
            found = shapes.certificate(session.exported(primary, "--export"))
            certificate = judged(session.gpg(("--list-keys", primary)).output, found, now)
        if certificate is None or certificate.trouble != "revoked":
            raise OpenPgpError("failed")
        return armor.armored(found.octets, armor.CERTIFICATE)

    @contextlib.contextmanager
    def _session(self, now: datetime | None, *, with_agent: bool = False) -> Iterator[_Session]:
        deadline = time.monotonic() + self._limit_s
        try:
            self._home.mkdir(mode=0o700, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix="g", dir=self._home))
            descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            raise OpenPgpError("failed") from None
        # The same folder by a short name: the path of a socket has at most 107 octets (unix(7)).
        home = Path(f"/proc/{os.getpid()}/fd/{descriptor}")
        agent = None
        try:
            arguments = copy.copy(self._arguments(home, deadline))
            arguments.gnupghome = str(home)
            session = _Session(home, arguments, self._environment, deadline, now)
            if with_agent:
                agent = session.start_agent()
            yield session
        finally:
            if agent is not None:
                self._end_agent(home, agent)
            os.close(descriptor)
            shutil.rmtree(made, ignore_errors=True)
            if made.exists():  # a secret key may be in it: somebody has to look
                raise OpenPgpError("failed")

    def _arguments(self, home: Path, deadline: float) -> Any:
        """python-gnupg's object, made once. Making it asks the program without a limit: so we ask before, with one."""
        with self._lock:
            if self._builder is None:
                run(
                    lambda _: (self._binary, "--no-options", "--version"), b"", max_octets=_ANSWER_OCTETS,
                    deadline=deadline, environment=self._environment, directory=home,
                )  # fmt: skip
                try:
                    builder = gnupg.GPG(
                        gpgbinary=self._binary,
                        gnupghome=str(home),
                        options=list(_OPTIONS),
                        env=self._environment,
                    )
                except (OSError, ValueError):
                    raise OpenPgpError("failed") from None
                if (builder.version or (0,)) < OLDEST:
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


class _Session:
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
        """Run gpg once. Whether what it gave may be used is for the caller to say, by code and status lines."""
        return run(
            lambda descriptor: self._arguments.make_args(
                ["--status-fd", str(descriptor), *self._clock, *arguments], passphrase=False
            ),
            given,
            max_octets=max_octets,
            deadline=self._deadline,
            environment=self._environment,
            directory=self._home,
        )

    @staticmethod
    def said(ended: Ended) -> tuple[status.Line, ...]:
        """The status lines. Raises ``OpenPgpError`` when they are none."""
        found = status.lines(ended.status)
        if found is None:
            raise OpenPgpError("failed")
        return found

    def take(self, key: bytes, expected: str = "") -> str:
        """Import one key; its fingerprint, or nothing when gpg will not have it as the one that is expected."""
        ended = self.gpg(("--import",), key)
        fingerprints = status.imported(self.said(ended))
        if not expected and (ended.code != 0 or len(fingerprints) != 1):
            raise OpenPgpError("bad-key")
        return next(iter(fingerprints)) if not expected or fingerprints == {expected} else ""

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
        raise OpenPgpError("failed") from None
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        process.wait()
        raise OpenPgpError("timeout") from None
    return process.pid


def _signers(ended: Ended, said: Sequence[status.Line], known: frozenset[str]) -> frozenset[str]:
    """Those of the known keys that signed. A code other than 0 must be explained by a signature that is not valid."""
    valid, spoiled = status.signers(said)
    return valid & known if ended.code == 0 or spoiled else frozenset()


def _gpg_time(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
