"""What the tests of OpenPGP share: the engines, people with keys of their own, and gpg as an outside hand and judge."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pysequoia

from relay.edge.openpgp import Engine, armor
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.packets import packets
from relay.edge.openpgp.sequoia import Sequoia

NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
"""After the end of the longest run of the suite: whatever a test makes by the machine's own time was made before.

Ten minutes were too few: a key made in the eleventh was one of the future, and gpg opened nothing with it.
"""

START = NOW - timedelta(hours=6)
"""When GnuPg is told to have made the relay's key."""

TEXT = b"I do not know whom to ask.\n" * 20
ENGINES = ("gnupg", "sequoia")
WORDS = {
    "bad-key", "not-usable", "not-encrypted", "cannot-open", "structure", "too-large", "timeout", "failed",
    "no-program", "agent", "read-only", "full",
}  # fmt: skip


@functools.cache
def folder() -> Path:
    """A short path: names of sockets have an end."""
    made = Path(tempfile.mkdtemp(prefix="pgp"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def home() -> Path:
    """Below it, GnuPg makes its private homes."""
    return folder() / "homes"


@functools.cache
def engine(name: str) -> Engine:
    """One of the two."""
    return GnuPg(home()) if name == "gnupg" else Sequoia()


def left_behind() -> list[object]:
    """Homes, processes that know of one, and answers under way; what was killed may take a moment to be gone.

    One program that forks may stay: that of ``engine("sequoia")``.
    """
    found = _left()
    for _ in range(50):
        if not found:
            break
        time.sleep(0.02)
        found = _left()
    return found


def _left() -> list[object]:
    found: list[object] = [path.name for path in home().iterdir()] if home().exists() else []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(home()) in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    programs, answers = prepared()
    return [*found, *programs[1:], *answers]


def prepared() -> tuple[list[int], list[int]]:
    """The programs of ours that fork for Sequoia, and their children; by process id."""
    programs = _those_of_sequoia(psutil.Process(), recursive=False)
    return programs, [child for one in programs for child in _those_of_sequoia(psutil.Process(one))]


def _those_of_sequoia(parent: psutil.Process, *, recursive: bool = True) -> list[int]:
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in parent.children(recursive=recursive):
            with contextlib.suppress(psutil.NoSuchProcess):
                is_one = "sequoia_child" in " ".join(process.cmdline())
                if is_one and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
    return found


@functools.cache
def relay_key(maker: str) -> bytes:
    """A secret key of the relay's, made by one of the engines."""
    return engine(maker).generate("relay <relay@relay.test>", NOW + timedelta(days=90), START)


class Desk:
    """Somebody's own gpg, which knows nothing of ours."""

    def __init__(self) -> None:
        self.home = folder() / "desk"
        self.home.mkdir(mode=0o700)
        atexit.register(
            subprocess.run, ["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False
        )

    def gpg(self, *arguments: str, given: bytes = b"", at: datetime | None = None) -> bytes:
        clock = ["--faked-system-time", f"{int(at.timestamp())}!"] if at else []
        command = [
            "gpg", "--homedir", str(self.home), "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback",
            "--passphrase", "", "--trust-model", "always", "--disable-dirmngr", *clock, *arguments,
        ]  # fmt: skip
        return subprocess.run(command, input=given, check=True, capture_output=True).stdout

    def make(
        self, name: str, *, at: datetime | None = None, ends: str = "never", subkey: str | None = "never"
    ) -> str:
        """A new key; its fingerprint."""
        user_id = f"{name} <{name}@mail.test>"
        self.gpg("--quick-generate-key", user_id, "ed25519", "sign,cert", ends, at=at)
        listing = self.gpg("--with-colons", "--list-keys", f"={user_id}").decode().splitlines()
        made = next(line.split(":")[9] for line in listing if line.startswith("fpr:"))
        if subkey is not None:
            self.gpg("--quick-add-key", made, "cv25519", "encr", subkey, at=at)
        return made

    def certificate(self, fingerprint: str) -> bytes:
        return self.gpg("--export", fingerprint)

    def secret(self, fingerprint: str) -> bytes:
        return self.gpg("--export-secret-keys", fingerprint)

    def revoke(self, fingerprint: str) -> None:
        certificate = (self.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_bytes()
        self.gpg("--import", given=certificate.replace(b":-----BEGIN", b"-----BEGIN"))

    def sign(self, content: bytes, *by: str, how: Sequence[str] = (), at: datetime | None = None) -> bytes:
        """Detached."""
        return self.gpg(*_by(by), *how, "--detach-sign", given=content, at=at)

    def seal(
        self, content: bytes, to: str, *by: str, how: Sequence[str] = (), at: datetime | None = None
    ) -> bytes:
        """Encrypted in binary, not compressed unless ``how`` says it."""
        sign = ("--sign",) if by else ()
        return self.gpg(
            "-z", "0", *how, *_by(by), *sign, "--recipient", to, "--encrypt", given=content, at=at
        )

    def take(self, key: bytes) -> str:
        """Import a key of somebody else's; its fingerprint."""
        self.gpg("--import", given=key)
        shown = self.gpg("--with-colons", "--show-keys", given=key).decode().splitlines()
        return next(line.split(":")[9] for line in shown if line.startswith("fpr:"))


def _by(signers: Sequence[str]) -> list[str]:
    return [part for one in signers for part in ("--local-user", one)]


@functools.cache
def desk() -> Desk:
    """The one desk of this run."""
    return Desk()


@functools.cache
def person(name: str) -> str:
    """The fingerprint of somebody's key; the name says what is the matter with it."""
    past = NOW - timedelta(days=400)
    if name == "expired":
        return desk().make(name, at=past, ends="30d", subkey="30d")
    if name == "old-subkey":
        return desk().make(name, at=past, subkey="30d")
    if name == "sign-only":
        return desk().make(name, subkey=None)
    if name == "revoked":
        made = desk().make(name)
        _SIGNED_BEFORE[name] = desk().sign(TEXT, made)
        desk().revoke(made)
        return made
    return desk().make(name)


_SIGNED_BEFORE: dict[str, bytes] = {}


def before(name: str) -> bytes:
    """What somebody signed before the key was revoked or expired."""
    signer = person(name)
    if name == "expired":
        return desk().sign(TEXT, signer, at=NOW - timedelta(days=390))
    return _SIGNED_BEFORE[name]


@functools.cache
def relay_at_desk(maker: str) -> str:
    """The relay's certificate as people have it; its fingerprint."""
    return desk().take(engine(maker).public_of(relay_key(maker)))


def packet(tag: int, body: bytes) -> bytes:
    """A packet in the new format."""
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def pieces(octets: bytes) -> list[tuple[int, bytes, bytes]]:
    """Tag, whole and body of each packet, with bodies in one piece."""
    return [(one.tag, bytes(one.octets), bytes(one.body)) for one in packets(octets, 100_000)]


def judged(message: bytes) -> str:
    """What gpg, which has no key for it, sees in a message."""
    command = ["gpg", "--homedir", str(desk().home), "--batch", "--list-packets", "--list-only"]
    return subprocess.run(command, input=message, capture_output=True, check=False).stdout.decode(
        "utf-8", "replace"
    )


def stranger(user_id: str) -> pysequoia.Tsk:
    """A key with any user id, which gpg would not make."""
    return pysequoia.Tsk.generate(user_id, profile=pysequoia.Profile.RFC4880)


def unarmored(octets: bytes, kind: str = armor.MESSAGE) -> bytes:
    return armor.binary(octets, kind)
