"""The engine that asks GnuPG. Made by the composition root; every method blocks, in any thread.

Each call has a private home of its own below ``home`` (mode 0700), with exactly the keys that it needs, and an agent of
its own where a secret key is used; both are gone when it returns. Secret keys lie in that home for some milliseconds:
let ``home`` be in memory (systemd: ``RuntimeDirectory=``), which also takes away what a killed daemon leaves.
Content is never written to a file. gpg gets no configuration, starts no other program and asks no network.

python-gnupg builds the arguments. Its results are not used, and it does not run what matters: it
reads status lines and what key owners wrote from one stream, gives out what was decrypted before integrity was proved,
and waits for ever. ``process`` runs the same command lines instead, with a status pipe that carries nothing else, a
limit of octets and one of time; ``status`` says what the lines prove.

gpg 2.2 reads and writes no v6 keys: such a certificate is ``bad`` here.

Failures are ``OpenPgpError``; without a result there is no content in it, in a file or in a log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from relay.edge.openpgp import Certificate, Opened, OpenPgpError, armor, shapes, status
from relay.edge.openpgp.colons import judged
from relay.edge.openpgp.packets import literal, packets
from relay.edge.openpgp.pipes import Ended
from relay.edge.openpgp.private_home import Homes, Session

LIMIT_S: Final = 20.0
"""For a whole call. A message of 40 MB takes two seconds on a small machine."""

_PREFERENCES: Final = "AES256 AES192 AES SHA512 SHA384 SHA256 Uncompressed"
"""For keys of ours. What is compressed before it is encrypted tells of itself by its length, and Sequoia refuses it."""

_ARMOR_ROOM: Final = 65_536


class GnuPg:
    """An ``Engine``."""

    name = "gnupg"

    def __init__(self, home: Path, binary: str = "gpg", *, limit_s: float = LIMIT_S) -> None:
        self._homes = Homes(home, binary, limit_s)

    def close(self) -> None:
        """See ``Engine``: each call ends what served it."""

    def read_certificate(self, octets: bytes, now: datetime) -> Certificate:
        """See ``Engine``."""
        found = shapes.certificate(octets)
        with self._homes.open(now) as session:
            return session.judged(found, now)

    def encrypt(self, content: bytes, certificate: bytes, now: datetime) -> bytes:
        """See ``Engine``."""
        found = shapes.certificate(certificate)
        with self._homes.open(now) as session:
            to = session.judged(found, now)
            if not to.is_usable:
                raise OpenPgpError(to.trouble)
            return _encrypted(session, content, to.fingerprint)

    def decrypt(
        self,
        message: bytes,
        secret_keys: Sequence[bytes],
        signers: Sequence[Certificate],
        now: datetime,
        max_octets: int,
    ) -> Opened:
        """See ``Engine``. Opens twice where signatures count: only a run that ignores them has a clear return code.

        gpg stops at a signature that is wrong, so that one makes the others of the same message worthless.
        """
        octets = shapes.message(message)
        keys = [shapes.secret_key(key) for key in secret_keys]
        with self._homes.open(now, with_agent=True) as session:
            for key in keys:
                session.take(key)
            octets, content = session.opened(octets, max_octets)
            known = session.take_all(signers)
            if not known:
                return Opened(content, frozenset())
            again = session.gpg(("--decrypt",), octets, max_octets)
            said = status.before_exit(session.said(again), again.code)
            if again.output != content:
                raise OpenPgpError("cannot-open")
            is_whole = status.decrypted(said, with_signatures=True)
            return Opened(content, _signers(again, said, known) if is_whole else frozenset())

    def verify(
        self, content: bytes, signature: bytes, signers: Sequence[Certificate], now: datetime
    ) -> frozenset[str]:
        """See ``Engine``."""
        octets = shapes.signature(signature)
        if not octets or not signers:
            return frozenset()
        with self._homes.open(now) as session:
            known = session.take_all(signers)
            found: set[str] = set()
            for one in packets(octets, len(octets)):  # each alone, for gpg stops at the first bad one
                file = session.file("signature", bytes(one.octets))
                ended = session.gpg(("--verify", "--", file, "-"), content)
                said = status.before_exit(session.said(ended), ended.code)
                if status.verified(said):
                    found |= _signers(ended, said, known)
            return frozenset(found)

    def generate(self, user_id: str, expires_at: datetime, now: datetime) -> bytes:
        """See ``Engine``."""
        parameters = (
            "%no-protection", "Key-Type: eddsa", "Key-Curve: ed25519", "Key-Usage: sign,cert",
            "Subkey-Type: ecdh", "Subkey-Curve: cv25519", "Subkey-Usage: encrypt",
            f"Name-Real: {shapes.user_id(user_id)}", f"Preferences: {_PREFERENCES}",
            f"Creation-Date: {_gpg_time(now)}", f"Expire-Date: {_gpg_time(expires_at)}", "%commit", "",
        )  # fmt: skip
        with self._homes.open(now, with_agent=True) as session:
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
        with self._homes.open(None, with_agent=True) as session:
            return session.exported(session.take(octets), "--export")

    def revoke(self, secret_key: bytes, now: datetime) -> bytes:
        """See ``Engine``; without a reason, which would only tell something."""
        octets = shapes.secret_key(secret_key)
        with self._homes.open(now, with_agent=True) as session:
            primary = session.take(octets)
            session.gpg(("--trust-model", "pgp", "--import-ownertrust"))  # makes a file that revocations want
            answers = b"y\n0\n\ny\n"  # do it; no reason; no words; yes
            made = session.gpg(("--no-batch", "--command-fd", "0", "--gen-revoke", primary), answers)
            if made.code != 0 or session.gpg(("--import",), made.output).code != 0:
                raise OpenPgpError("failed")
            found = shapes.certificate(session.exported(primary, "--export"))
            certificate = judged(session.gpg(("--list-keys", primary)).output, found, now)
        if certificate is None or certificate.trouble != "revoked":
            raise OpenPgpError("failed")
        return armor.armored(found.octets, armor.CERTIFICATE)


def _encrypted(session: Session, content: bytes, to: str) -> bytes:
    """AES-256 whatever the certificate prefers, and never compressed.

    The literal is ours: gpg would write into it when this happens, and a letter may leave much later on purpose.
    """
    how = ("--armor", "--throw-keyids", "--compress-algo", "none", "--cipher-algo", "AES256", "--no-literal")
    ended = session.gpg(
        (*how, "--recipient", to, "--encrypt"), literal(content), 2 * len(content) + _ARMOR_ROOM
    )
    if ended.code != 0 or not status.encrypted(session.said(ended)):
        raise OpenPgpError("not-usable" if status.refused(session.said(ended)) else "failed")
    try:
        is_sealed = shapes.names_no_reader(armor.binary(ended.output, armor.MESSAGE))
    except armor.NoArmor:
        is_sealed = False
    if not is_sealed:
        raise OpenPgpError("failed")
    return ended.output


def _signers(ended: Ended, said: Sequence[status.Line], known: frozenset[str]) -> frozenset[str]:
    """Those of the known keys that signed. A code other than 0 must be explained by a signature that is not valid."""
    valid, spoiled = status.signers(said)
    return valid & known if ended.code == 0 or spoiled else frozenset()


def _gpg_time(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
