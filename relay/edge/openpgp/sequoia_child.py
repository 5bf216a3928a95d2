"""One question to Sequoia, in a process of its own, which ``prepared_child`` forks: it calls ``answer``.

It is a file that needs nothing of ours. It is loaded once and answers in many processes: what happens here before
``answer`` is the same in all of them, so nothing may be drawn, made or opened there.
Standard input holds fields, each with eight octets of length before it; standard output gets octets; the status pipe
gets lines: ``yes`` or ``no WORD`` at the end, and before it what was found out. No text of the library leaves this
process: its exceptions hold back traces and parts of keys. pysequoia holds Python's lock while it works and cannot be
interrupted; here it holds up nobody, and the one who asks ends the process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pysequoia
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

SKEW: Final = timedelta(minutes=30)
"""How far ahead a signer's clock may be; Sequoia's own figure."""

UNSIGNED: Final = "Signature verification failed: no valid signatures found."
"""What pysequoia says, when a message was opened and is not compressed, and it found no signature of ours. Any other
sentence than this and the next is a refusal, so that a new wording can only refuse too much."""

COMPRESSED: Final = "Unexpected message structure"
"""What it says of a message that it has opened and whose text is compressed; of its signatures it says nothing then. It
opens no second layer of encryption, compressed or not: that a new version still does not is for the tests to see."""

_KEYS: Final = (Tag.PublicKey, Tag.PublicSubkey)
_MOST_BINDINGS: Final = 16


class No(Exception):
    """The answer is this word."""


def answer(question: str, status: int) -> None:
    """Answer one question; ``status``: the descriptor of the status pipe."""
    try:
        said = [*QUESTIONS[question](list(_fields(sys.stdin.buffer.read()))), "yes"]
    except No as word:
        said = [f"no {word}"]
    except Exception:  # noqa: BLE001 - whatever it was, its text is not for others
        said = ["no failed"]
    sys.stdout.flush()
    os.write(status, "".join(line + "\n" for line in said).encode("ascii"))


def _fields(given: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(given):
        end = at + 8 + int.from_bytes(given[at : at + 8], "big")
        yield given[at + 8 : end]
        at = end


def _judge(fields: Sequence[bytes]) -> list[str]:
    """A certificate, now: when it ends, and what is wrong with it."""
    octets, now = fields[0], _instant(fields[1])
    ends, trouble = _judged(octets, now)
    return [f"ends {'-' if ends is None else int(ends.timestamp())}", f"trouble {trouble}"]


def _seal(fields: Sequence[bytes]) -> list[str]:
    """A certificate, now, content. Judged again: pysequoia falls back to keys that have expired."""
    octets, now, content = fields[0], _instant(fields[1]), fields[2]
    trouble = _judged(octets, now)[1]
    if trouble:
        raise No(trouble)
    cert = pysequoia.Cert.from_bytes(octets)
    sys.stdout.buffer.write(pysequoia.encrypt(content, [cert], armor=False))
    return []


def _open(fields: Sequence[bytes]) -> list[str]:
    """Now, a message, one secret key, certificates.

    Twice: without asking about signatures it opens or fails, and says nothing of how; with them it says how, and fails
    where there is no signature. The content is the first one's, the second one's sentence may stop it.
    """
    now, message, key, *certificates = fields
    try:
        decryptor = pysequoia.Tsk.from_bytes(key).decryptor()
    except Exception:  # noqa: BLE001
        raise No("cannot-open") from None
    descriptor = os.memfd_create("message")
    with os.fdopen(descriptor, "wb") as file:
        file.write(message)
        file.flush()
        source = f"/proc/self/fd/{descriptor}"
        try:
            pysequoia.decrypt_file(source, "/proc/self/fd/1", decryptor)
        except Exception:  # noqa: BLE001
            raise No("cannot-open") from None
        known = _live(certificates, _instant(now))
        try:
            found = pysequoia.decrypt_file(source, os.devnull, decryptor, _store(known))
        except Exception as error:  # noqa: BLE001
            if str(error).partition("\n")[0] not in {UNSIGNED, COMPRESSED}:
                raise No("structure") from None
            return []
    return [f"signer {one}" for one in _of(found, known)]


def _verify(fields: Sequence[bytes]) -> list[str]:
    """Now, content, number of signatures, signatures, certificates."""
    now, content, count = _instant(fields[0]), fields[1], int(fields[2])
    known = _live(fields[3 + count :], now)
    signers: set[str] = set()
    for octets in fields[3 : 3 + count]:
        try:
            sig = pysequoia.Sig.from_bytes(octets)
            if sig.signature_type not in (SignatureType.Binary, SignatureType.Text):
                continue
            if sig.created is None or sig.created > now + SKEW:
                continue
            if sig.expiration is not None and sig.expiration <= now:
                continue
            signers |= _of(pysequoia.verify(content, _store(known), signature=sig), known)
        except Exception:  # noqa: BLE001, S112 - not a valid one
            continue
    return [f"signer {one}" for one in sorted(signers)]


def _generate(fields: Sequence[bytes]) -> list[str]:
    """A user id."""
    made = pysequoia.Tsk.generate(
        fields[0].decode("utf-8"),
        profile=pysequoia.Profile.RFC4880,
        cipher_suite=pysequoia.CipherSuite.Cv25519,
    )
    sys.stdout.buffer.write(bytes(made))
    return []


def _public(fields: Sequence[bytes]) -> list[str]:
    """A secret key."""
    sys.stdout.buffer.write(bytes(pysequoia.Tsk.from_bytes(fields[0]).extract_certificate()))
    return []


def _revoke(fields: Sequence[bytes]) -> list[str]:
    """A secret key."""
    key = pysequoia.Tsk.from_bytes(fields[0])
    cert = key.extract_certificate()
    revocation = PacketPile.from_bytes(bytes(cert.revoke(key.certifier())))
    sys.stdout.buffer.write(
        bytes(pysequoia.Cert.from_packets([*PacketPile.from_bytes(bytes(cert)), *revocation]))
    )
    return []


QUESTIONS: Final[dict[str, Callable[[Sequence[bytes]], list[str]]]] = {
    "judge": _judge, "seal": _seal, "open": _open, "verify": _verify, "generate": _generate, "public": _public,
    "revoke": _revoke,
}  # fmt: skip


def _judged(octets: bytes, now: datetime) -> tuple[datetime | None, str]:
    try:
        cert = pysequoia.Cert.from_bytes(octets)
        ends = cert.expiration
        pieces = list(PacketPile.from_bytes(octets))
    except Exception:  # noqa: BLE001
        return None, "bad"
    created = pieces[0].key_created
    if created is None or created > now:
        return ends, "bad"
    if cert.is_revoked:
        return ends, "revoked"
    if ends is not None and ends <= now:
        return ends, "expired"
    chosen = _chosen(cert)
    if not chosen:
        return ends, "no-encryption-key"
    of_those = [_end_of(one, pieces, now) for one in chosen]
    live = [end for end in of_those if end is None or end > now]
    if not live:
        return ends, "expired"
    last = None if None in live else max(end for end in live if end is not None)
    both = [end for end in (ends, last) if end is not None]
    return (min(both) if both else None), ""


def _chosen(cert: pysequoia.Cert) -> set[str]:
    """What pysequoia would encrypt to: key ids or fingerprints, read from what it makes, for it does not say."""
    try:
        sealed = pysequoia.encrypt(b"", [cert], armor=False)
    except Exception:  # noqa: BLE001
        return set()
    bodies = [one.body for one in PacketPile.from_bytes(sealed) if one.tag == Tag.PKESK]
    return {(body[1:9] if body[0] == 3 else body[3 : 2 + body[1]]).hex() for body in bodies}


def _is(packet: Packet, handle: str) -> bool:
    name = packet.fingerprint or ""
    return handle in {name, name[-16:] if len(name) == 40 else name[:16]}


def _end_of(handle: str, pieces: Sequence[Packet], now: datetime) -> datetime | None:
    """When the key of that name ends by the newest binding that holds; ``now`` when none is found."""
    at = next((n for n, one in enumerate(pieces) if one.tag in _KEYS and _is(one, handle)), None)
    if at is None:
        return now
    if at == 0:
        return None  # the primary key: the certificate's own end
    subkey = pieces[at]
    stop = next((n for n in range(at + 1, len(pieces)) if pieces[n].tag == Tag.PublicSubkey), len(pieces))
    own = [one for one in pieces[at + 1 : stop] if one.signature_type == SignatureType.SubkeyBinding]
    bindings = sorted(
        ((one.signature_created, one) for one in own if one.signature_created is not None),
        key=lambda pair: pair[0],
        reverse=True,
    )
    first = next(n for n, one in enumerate(pieces) if one.tag == Tag.PublicSubkey)
    for made, binding in bindings[:_MOST_BINDINGS]:
        if made > now or handle not in _chosen_of([*pieces[:first], subkey, binding]):
            continue
        if binding.key_validity_period is None or subkey.key_created is None:
            return None
        return subkey.key_created + binding.key_validity_period
    return now


def _chosen_of(pieces: Sequence[Packet]) -> set[str]:
    try:
        return _chosen(pysequoia.Cert.from_packets(pieces))
    except Exception:  # noqa: BLE001
        return set()


def _live(certificates: Sequence[bytes], now: datetime) -> dict[str, pysequoia.Cert]:
    """Those that are neither revoked nor expired now; Sequoia would count what they signed before."""
    found = {}
    for octets in certificates:
        try:
            cert = pysequoia.Cert.from_bytes(octets)
            if not cert.is_revoked and (cert.expiration is None or cert.expiration > now):
                found[cert.fingerprint] = cert
        except Exception:  # noqa: BLE001, S112 - not a valid one
            continue
    return found


def _store(known: dict[str, pysequoia.Cert]) -> Callable[[object], list[pysequoia.Cert]]:
    return lambda _: list(known.values())


def _of(found: pysequoia.Decrypted, known: dict[str, pysequoia.Cert]) -> set[str]:
    return {one.certificate for one in found.valid_sigs} & set(known)


def _instant(field: bytes) -> datetime:
    return datetime.fromtimestamp(int(field), UTC)
