"""Which kinds of keys each engine seals to, opens with and believes: made by gpg and by Sequoia, none by our own code.

``CANNOT`` is what each is known not to do. An engine that cannot refuses in one word, and the daemon holds the message
(``test_faults``); it never does it halfway.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import pysequoia
import pytest

from relay.edge.openpgp import OpenPgpError, shapes
from tests.openpgp.people import ENGINES, key
from tests.unit.edge.openpgp_world import NOW, TEXT, desk, engine

ROOM = 100_000


def _gpg(algorithm: str, subkey: str) -> Callable[[], tuple[bytes, bytes]]:
    def make() -> tuple[bytes, bytes]:
        made = key(f"{algorithm} {subkey} <kinds@mail.test>", algorithm, subkey)
        return desk().certificate(made), desk().secret(made)

    return functools.cache(make)


def _sequoia(profile: object, suite: object) -> Callable[[], tuple[bytes, bytes]]:
    def make() -> tuple[bytes, bytes]:
        made = pysequoia.Tsk.generate("kinds <kinds@mail.test>", profile=profile, cipher_suite=suite)  # type: ignore[arg-type]
        return bytes(made.extract_certificate()), bytes(made)

    return functools.cache(make)


V4, V6 = pysequoia.Profile.RFC4880, pysequoia.Profile.RFC9580
SUITE = pysequoia.CipherSuite
KINDS: dict[str, Callable[[], tuple[bytes, bytes]]] = {
    "v4 ed25519, cv25519": _gpg("ed25519", "cv25519"),
    "v4 RSA 2048": _gpg("rsa2048", "rsa2048"),
    "v4 RSA 4096": _gpg("rsa4096", "rsa4096"),
    "v4 NIST P-256": _gpg("nistp256", "nistp256"),
    "v4 NIST P-384": _gpg("nistp384", "nistp384"),
    "v4 NIST P-521": _gpg("nistp521", "nistp521"),
    "v4 brainpool P-256": _gpg("brainpoolP256r1", "brainpoolP256r1"),
    "v4 secp256k1": _gpg("secp256k1", "secp256k1"),
    "v4 DSA, ElGamal": _gpg("dsa2048", "elg2048"),
    "v4 of Sequoia, signing by a subkey": _sequoia(V4, SUITE.Cv25519),
    "v4 RSA of Sequoia": _sequoia(V4, SUITE.RSA2k),
    "v6 Cv25519, AEAD": _sequoia(V6, SUITE.Cv25519),
    "v6 RSA 3072, AEAD": _sequoia(V6, SUITE.RSA3k),
    "v6 NIST P-256, AEAD": _sequoia(V6, SUITE.P256),
}
CANNOT = {
    "gnupg": {"v6 Cv25519, AEAD", "v6 RSA 3072, AEAD", "v6 NIST P-256, AEAD"},
    "sequoia": {"v4 secp256k1", "v4 brainpool P-256", "v4 DSA, ElGamal"},
}
"""gpg 2.2 knows no v6 and no AEAD, Sequoia's library here no such curves and no ElGamal."""


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_engine_seals_to_a_kind_of_key_or_says_that_it_cannot(name: str, kind: str) -> None:
    """Sealed and opened again, and a signature believed; or a certificate that nothing can be encrypted to."""
    certificate, secret = KINDS[kind]()
    read = engine(name).read_certificate(certificate, NOW)
    if kind in CANNOT[name]:
        assert not read.is_usable
        assert read.trouble in {"bad", "no-encryption-key"}
        with pytest.raises(OpenPgpError) as caught:
            engine(name).encrypt(TEXT, read.octets, NOW)
        assert caught.value.reason == read.trouble
        with pytest.raises(OpenPgpError) as caught:
            engine(name).decrypt(_sealed(certificate), [secret], [], NOW, ROOM)
        assert caught.value.reason in {"cannot-open", "bad-key", "failed", "not-encrypted"}
        return
    assert (read.is_usable, read.trouble) == (True, "")
    message = engine(name).encrypt(TEXT, read.octets, NOW)
    assert engine(name).decrypt(message, [secret], [], NOW, ROOM).content == TEXT
    has_aead = shapes.is_new(
        shapes.message(message)
    )  # only where the key itself says that its owner can read it
    others = [] if has_aead else [other for other in ENGINES if other != name and kind not in CANNOT[other]]
    for other in others:
        assert engine(other).decrypt(message, [secret], [], NOW, ROOM).content == TEXT
    signature = _signature(secret)
    if signature:
        assert engine(name).verify(TEXT, signature, [read], NOW) == {read.fingerprint}
        assert engine(name).verify(TEXT + b".", signature, [read], NOW) == frozenset()


def _sealed(certificate: bytes) -> bytes:
    try:
        return pysequoia.encrypt(TEXT, [pysequoia.Cert.from_bytes(certificate)], armor=False)
    except Exception:  # noqa: BLE001 - Sequoia cannot: gpg can
        shown = desk().gpg("--with-colons", "--show-keys", given=certificate).decode()
        owner = next(line.split(":")[9] for line in shown.splitlines() if line.startswith("fpr:"))
        return desk().seal(TEXT, owner)


def _signature(secret: bytes) -> bytes:
    """By Sequoia where it can, else by gpg."""
    try:
        made = pysequoia.Tsk.from_bytes(secret)
        return bytes(pysequoia.sign(made.signer(), TEXT, mode=pysequoia.SignatureMode.DETACHED))
    except Exception:  # noqa: BLE001
        shown = desk().gpg("--with-colons", "--show-keys", given=secret).decode()
        owner = next(line.split(":")[9] for line in shown.splitlines() if line.startswith("fpr:"))
        return desk().sign(TEXT, owner)


@pytest.mark.parametrize("name", ENGINES)
def test_the_newest_live_subkey_is_sealed_to(name: str) -> None:
    """Of several encryption subkeys, one that has ended is not used; who has only the live one can read it."""
    made = key("Many Subkeys <kinds@mail.test>")
    desk().gpg("--quick-add-key", made, "rsa2048", "encr", "seconds=2")
    desk().gpg("--quick-add-key", made, "nistp256", "encr", "never")
    read = engine(name).read_certificate(desk().certificate(made), NOW)
    assert read.is_usable
    message = engine(name).encrypt(TEXT, read.octets, NOW)
    assert engine(name).decrypt(message, [desk().secret(made)], [], NOW, ROOM).content == TEXT


def test_aead_where_the_key_says_so() -> None:
    """Sequoia writes version 2 of the encrypted packet to a key whose owner announces it, v6 or v4; gpg never does."""
    for kind, name, is_new in (
        ("v6 Cv25519, AEAD", "sequoia", True),
        ("v4 of Sequoia, signing by a subkey", "sequoia", True),
        ("v4 of Sequoia, signing by a subkey", "gnupg", False),
        ("v4 ed25519, cv25519", "sequoia", False),
        ("v4 ed25519, cv25519", "gnupg", False),
    ):
        read = engine(name).read_certificate(KINDS[kind]()[0], NOW)
        assert shapes.is_new(shapes.message(engine(name).encrypt(TEXT, read.octets, NOW))) is is_new
