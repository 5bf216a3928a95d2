"""The engine that asks Sequoia, through pysequoia. Made by the composition root; every method blocks, in any thread.

Each call is a process of its own, because pysequoia is beta, reads hostile octets, knows no limit of time or output,
and holds Python's lock meanwhile. Its exceptions never leave that process. To start Python and pysequoia takes ten
times as long as to seal a letter, so a program that has done that and nothing else forks them (``prepared``);
``sequoia_child`` is what they do.

Where it is weaker than ``GnuPg``:

- The clock is the machine's. ``now`` is applied to when certificates and detached signatures begin and end, on top of
  it; the end of a signature inside of a message goes by the machine's clock alone, and so do revocations and new keys.
- It sees no signatures in what was compressed before it was encrypted (Delta Chat and Thunderbird's library do that,
  whatever a key asks for): the text is read and nobody has signed it.
- It tries one encryption subkey of each secret key, and none that has expired or was revoked.
- A signing subkey that expired or was revoked still counts for what it signed before.

Hidden readers and minimised certificates are not in pysequoia: ``shapes`` does both. Certificates may be v6.
Without the child there is no result; no content is ever written to a file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from relay.edge.openpgp import Certificate, Opened, OpenPgpError, armor, shapes
from relay.edge.openpgp.packets import ShapeError, packets
from relay.edge.openpgp.prepared import Prepared
from relay.edge.openpgp.selfsigned import announced

LIMIT_S: Final = 20.0
"""For one question. Sequoia opens 40 MB in half a second."""

_PROGRAM: Final = Path(__file__).with_name("prepared_child.py")
_QUESTIONS: Final = Path(__file__).with_name("sequoia_child.py")
_MEMORY_OCTETS: Final = 1 << 30
_COPIES: Final = 8
"""Of the input, that Python and Sequoia may hold at a time."""

_ROOM: Final = 65_536
_TROUBLES: Final = frozenset({"expired", "revoked", "no-encryption-key", "bad"})
_REFUSALS: Final = _TROUBLES | {"cannot-open", "structure", "failed"}


@dataclass(frozen=True, slots=True)
class _Answer:
    output: bytes
    said: tuple[tuple[str, str], ...]


class Sequoia:
    """An ``Engine``."""

    name = "sequoia"

    def __init__(self, python: str = sys.executable, *, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._prepared = Prepared(
            lambda descriptor: (python, "-I", str(_PROGRAM), str(_QUESTIONS), str(descriptor)),
            {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
        )

    def close(self) -> None:
        """See ``Engine``."""
        self._prepared.close()

    def read_certificate(self, octets: bytes, now: datetime) -> Certificate:
        """See ``Engine``."""
        found = shapes.certificate(octets)
        said = dict(self._ask("judge", found.octets, _epoch(now)).said)
        trouble, ends = said.get("trouble"), said.get("ends", "-")
        if trouble is None or (trouble and trouble not in _TROUBLES):
            raise OpenPgpError("failed")
        expires_at = None if ends == "-" else datetime.fromtimestamp(int(ends), UTC)
        return Certificate(
            found.fingerprint, found.octets, expires_at, is_usable=not trouble, trouble=trouble
        )

    def encrypt(self, content: bytes, certificate: bytes, now: datetime) -> bytes:
        """See ``Engine``."""
        octets = shapes.certificate(certificate).octets
        answer = self._ask("seal", octets, _epoch(now), content, max_octets=len(content) + _ROOM)
        sealed = shapes.without_readers(answer.output)
        if not shapes.names_no_reader(sealed):
            raise OpenPgpError("failed")
        return armor.armored(sealed, armor.MESSAGE, is_new=shapes.is_new(sealed))

    def decrypt(
        self,
        message: bytes,
        secret_keys: Sequence[bytes],
        signers: Sequence[Certificate],
        now: datetime,
        max_octets: int,
    ) -> Opened:
        """See ``Engine``; a process for each secret key, until one opens it."""
        octets = shapes.message(message)
        known = [one.octets for one in signers]
        for key in [shapes.secret_key(key) for key in secret_keys]:
            try:
                answer = self._ask("open", _epoch(now), octets, key, *known, max_octets=max_octets)
            except OpenPgpError as error:
                if error.reason != "cannot-open":
                    raise
                continue
            return Opened(answer.output, _signers(answer, signers))
        raise OpenPgpError("cannot-open")

    def verify(
        self, content: bytes, signature: bytes, signers: Sequence[Certificate], now: datetime
    ) -> frozenset[str]:
        """See ``Engine``."""
        octets = shapes.signature(signature)
        if not octets or not signers:
            return frozenset()
        each = [bytes(packet.octets) for packet in packets(octets, len(octets))]
        known = [one.octets for one in signers]
        answer = self._ask("verify", _epoch(now), content, str(len(each)).encode("ascii"), *each, *known)
        return _signers(answer, signers)

    def generate(self, user_id: str, expires_at: datetime, now: datetime) -> bytes:
        """See ``Engine``; made now by the machine's clock, and ending exactly then."""
        made = self._ask("generate", shapes.user_id(user_id).encode("utf-8")).output
        try:
            key = armor.armored(announced(made, expires_at), armor.SECRET_KEY)
        except (ShapeError, ValueError):
            raise OpenPgpError("failed") from None
        if self.read_certificate(self.public_of(key), max(now, _made_at(made))).trouble:
            raise OpenPgpError("failed")
        return key

    def public_of(self, secret_key: bytes) -> bytes:
        """See ``Engine``."""
        found = shapes.certificate(self._ask("public", shapes.secret_key(secret_key)).output)
        return armor.armored(found.octets, armor.CERTIFICATE, is_new=found.is_new)

    def revoke(self, secret_key: bytes, now: datetime) -> bytes:
        """See ``Engine``; not for a key that has expired."""
        answer = self._ask("revoke", shapes.secret_key(secret_key))
        found = shapes.certificate(answer.output)
        if self.read_certificate(found.octets, max(now, found.created_at)).trouble != "revoked":
            raise OpenPgpError("failed")
        return armor.armored(found.octets, armor.CERTIFICATE, is_new=found.is_new)

    def _ask(self, question: str, *fields: bytes, max_octets: int = shapes.CERTIFICATE_OCTETS) -> _Answer:
        given = b"".join(part for field in fields for part in (len(field).to_bytes(8, "big"), field))
        ended = self._prepared.ask(
            question,
            given,
            memory_octets=_MEMORY_OCTETS + _COPIES * len(given),
            max_octets=max_octets,
            deadline=time.monotonic() + self._limit_s,
        )
        lines = [line.decode("ascii", "replace").partition(" ") for line in ended.status]
        if ended.code != 0 or not lines:
            raise OpenPgpError("failed")
        *said, (verdict, _, word) = lines
        if verdict != "yes":
            raise OpenPgpError(word if word in _REFUSALS else "failed")
        return _Answer(ended.output, tuple((name, value) for name, _, value in said))


def _signers(answer: _Answer, given: Sequence[Certificate]) -> frozenset[str]:
    said = {value.upper() for name, value in answer.said if name == "signer"}
    return frozenset(said & {one.fingerprint for one in given})


def _epoch(instant: datetime) -> bytes:
    return str(int(instant.timestamp())).encode("ascii")


def _made_at(secret_key: bytes) -> datetime:
    primary = next(packets(secret_key, 16))
    return datetime.fromtimestamp(int.from_bytes(primary.body[1:5], "big"), UTC)
