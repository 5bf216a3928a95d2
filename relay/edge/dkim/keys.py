"""DKIM keys: files that hold one private key each, and what the DNS has to say of it.

``relay dkim`` makes a file, the configuration's check and the daemon read it, ``relay dns`` prints the record.
A file is PEM (PKCS #8), mode 0600, never written over. The kind of key is told by the key itself.

Failures are ``ConfigError`` with a sentence for the operator, which never holds anything of the key.
Standards: RFC 6376 §3.6.1, RFC 8301 §3.2 (key lengths), RFC 8463 (Ed25519).
"""

from __future__ import annotations

import base64
import os
from enum import Enum
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from relay.errors import ConfigError

RSA_BITS = 2048
"""What is made: a longer key's record does not fit everywhere, and its signature proves nothing for long anyway."""

MAX_RSA_BITS = 4096
"""More is not verified everywhere (RFC 8301 §3.2), and takes 50 ms for each message."""

_MAX_FILE_BYTES = 16_384
_FILE_MODE = 0o600

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class KeyKind(Enum):
    """The kinds of keys, by what ``k=`` calls them."""

    RSA = "rsa"
    ED25519 = "ed25519"


def create_key(path: Path, kind: KeyKind) -> PrivateKey:
    """Make a key and write it to a new file of mode 0600, and onto the disk, before returning.

    Raises ``ConfigError`` when the file exists or cannot be made.
    """
    key: PrivateKey
    if kind is KeyKind.RSA:
        key = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _FILE_MODE)
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
    except FileExistsError:
        sentence = "there is a file already; a key is never written over, because mail on its way needs it"
        raise ConfigError((f"{path}: {sentence}",)) from None
    except OSError as error:
        raise ConfigError((f"{path}: the key cannot be written ({error.strerror})",)) from None
    return key


def read_key(path: Path) -> PrivateKey:
    """Read a key file; whose file it is and who may read it is looked at by the configuration's check.

    Raises ``ConfigError`` when it is missing or no key that we sign with.
    """
    try:
        with path.open("rb") as file:
            pem = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise ConfigError((f"{path}: the DKIM key cannot be read ({error.strerror})",)) from None
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    problem = _problem_of(key)
    if problem or not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError((f"{path}: {problem}",))
    return key


def _problem_of(key: object) -> str:
    if isinstance(key, Ed25519PrivateKey):
        return ""
    if not isinstance(key, RSAPrivateKey):
        return "is not a private key for DKIM in PEM, RSA or Ed25519 without passphrase; make one with 'relay dkim'"
    if not RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return f"is an RSA key of {key.key_size} bits; take {RSA_BITS} to {MAX_RSA_BITS}, as 'relay dkim' makes it"
    return ""


def kind_of(key: PrivateKey) -> KeyKind:
    """Which kind of key it is."""
    return KeyKind.RSA if isinstance(key, RSAPrivateKey) else KeyKind.ED25519


def record_of(key: PrivateKey) -> str:
    """The text that publishes the key (RFC 6376 §3.6.1): ``t=s``, because it signs for no sub-domain."""
    if isinstance(key, RSAPrivateKey):
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:  # RFC 8463 §4.2: the 32 octets alone
        public = key.public_key().public_bytes_raw()
    encoded = base64.b64encode(public).decode("ascii")
    return f"v=DKIM1; k={kind_of(key).value}; h=sha256; t=s; p={encoded}"
