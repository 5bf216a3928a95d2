"""Tokens: the local parts of every alias and return-path, all of one shape.

A token is 100 random bits in Crockford-like base32 (20 lower-case letters and digits without
i, l, o, u), so that it survives being read aloud and any change of case, and so that nobody can
tell from its look whom it stands for, how old it is, or that two belong together. At a domain of our own it is the
whole local part; where all that we have is a mailbox at a provider's, it stands behind a plus (RFC 5233).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from relay.domain.addresses import Address, OurAddress

TOKEN_BITS = 100
"""At 1,000 guesses a second against a million live tokens, one hit in about 40 million years."""

TOKEN_LENGTH = TOKEN_BITS // 5
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_ALPHABET = DIGITS
_PAIRS = tuple(first + second for second in _ALPHABET for first in _ALPHABET)
"""Two digits by ten bits, the first by the lower five."""
_DECIMALS = 10
_MARK_LENGTH = 5
_MARKER = hashlib.sha256(b"relay loop mark ")
"""Begun once: to set a hash up takes longer than to finish one."""
TOKEN_PATTERN = rf"[{_ALPHABET}]{{{TOKEN_LENGTH}}}"
_TOKEN = re.compile(rf"{TOKEN_PATTERN}\Z")

Randomness = Callable[[int], bytes]
"""Gives that many unpredictable octets; the kernel's in the daemon, a seeded one in tests."""


def mint_token(randomness: Randomness) -> str:
    """Make a new token that starts with a letter (some mail programs take a leading digit badly)."""
    while True:
        value = int.from_bytes(randomness((TOKEN_BITS + 7) // 8), "big") >> (-TOKEN_BITS % 8)
        if value & 31 >= _DECIMALS:
            return "".join([_PAIRS[(value >> shift) & 1023] for shift in range(0, TOKEN_BITS, 10)])


def token_of(address: OurAddress, mailbox: str = "") -> str | None:
    """The token of an address of ours, whatever the case it came back in; ``None`` if it has not the shape.

    ``mailbox``: as for ``local_of``.
    """
    local = local_of(address, mailbox)
    return local if _TOKEN.match(local) else None


def local_of(address: Address, mailbox: str = "") -> str:
    """What tells one address of ours from another, in lower case: its local part or, where all that we have is one
    ``mailbox`` (its local part), what stands behind the plus; then nothing for the mailbox itself.
    """
    local = address.local.lower()
    if not mailbox:
        return local
    before, _, after = local.partition("+")
    return after if before == mailbox.lower() else ""


def address_at(local: str, domain: str, mailbox: str = "") -> str:
    """The address of ours with this local part, as it is written; ``mailbox`` as for ``local_of``."""
    return f"{mailbox}+{local}@{domain}" if mailbox else f"{local}@{domain}"


def message_id(randomness: Randomness, domain: str) -> str:
    """Make a message id (RFC 5322 §3.6.4), without angle brackets: random, at our domain, and marked as a relay's.

    Its last digits follow from the others, so that any relay, ours or another, knows it again: this is the mark
    against loops, in the only field that goes out with every message and comes back with it.
    """
    chosen = mint_token(randomness)[:-_MARK_LENGTH]
    return f"{chosen}{_mark(chosen, domain)}@{domain}"


def is_relays(message_id: str) -> bool:
    """Tell whether a relay made this id: one in 33 million others of the same shape would pass for it."""
    local, _, domain = message_id.rpartition("@")
    chosen, mark = local[:-_MARK_LENGTH], local[-_MARK_LENGTH:]
    return _TOKEN.match(local) is not None and mark == _mark(chosen, domain)


def _mark(chosen: str, domain: str) -> str:
    marker = _MARKER.copy()
    marker.update(f"{chosen}@{domain.lower()}".encode())
    return "".join([_ALPHABET[octet & 31] for octet in marker.digest()[:_MARK_LENGTH]])
