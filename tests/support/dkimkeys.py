"""Two keys for signing, made once in a run, and the zone that publishes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from relay.edge.dkim.carrier import SigningCarrier, SigningKey
from relay.edge.dkim.keys import PrivateKey, record_of
from tests.support.nameserver import Zone

DKIM_TOML = '\n[dkim]\nselectors = { rsa1 = "rsa1.pem", ed1 = "ed1.pem" }\n'


@cache
def keys() -> dict[str, PrivateKey]:
    return {
        "rsa1": generate_private_key(public_exponent=65537, key_size=2048),
        "ed1": Ed25519PrivateKey.generate(),
    }


def write_keys(folder: Path) -> None:
    """Key files as ``DKIM_TOML`` names them."""
    for selector, key in keys().items():
        file = folder / f"{selector}.pem"
        file.touch(0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def zone(domain: str = "relay.test") -> Zone:
    """What the DNS says of both."""
    return {f"{s}._domainkey.{domain}": {"TXT": [_strings(record_of(key))]} for s, key in keys().items()}


def signer(domain: str = "relay.test") -> SigningCarrier:
    """Signs as the daemon would; there is nothing behind it."""
    return SigningCarrier(_Nowhere(), domain, [SigningKey(s, key) for s, key in keys().items()])


class _Nowhere:
    async def deliver(self, return_path: str, recipient: object, message: bytes) -> None:
        raise AssertionError("nothing is sent")


def _strings(text: str) -> str:
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
