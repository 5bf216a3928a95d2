"""What the lines of gpg prove. Pure; ``gnupg`` hands it lines of a channel that carries nothing else.

The lists are closed: a line that is not named where it is read makes the whole answer worthless, and so does one that
is missing or there twice. Of what stands behind a keyword only fingerprints and numbers are read, and only where they
have exactly the form that they must have; names and texts, which key owners write, are never read.

Standards: GnuPG, doc/DETAILS, "Format of the --status-fd output".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_PREFIX: Final = b"[GNUPG:] "
_LINE: Final = re.compile(rb"([A-Z][A-Z_0-9]*)(?: (.*))?\Z", re.DOTALL)

_ABOUT_KEYS: Final = frozenset({b"KEY_CONSIDERED", b"KEYEXPIRED", b"KEYREVOKED", b"SIGEXPIRED"})
_BY_THE_WAY: Final = frozenset({b"PROGRESS", b"CARDCTRL"})
_IMPORT: Final = frozenset({b"IMPORT_OK", b"IMPORTED", b"IMPORT_RES"}) | _ABOUT_KEYS
_ENCRYPT: Final = frozenset({b"BEGIN_ENCRYPTION", b"END_ENCRYPTION"}) | _ABOUT_KEYS | _BY_THE_WAY
_DECRYPT_ONCE: Final = (
    b"BEGIN_DECRYPTION",
    b"DECRYPTION_INFO",
    b"PLAINTEXT",
    b"DECRYPTION_OKAY",
    b"END_DECRYPTION",
)
"""Each exactly once, in this order: two of any would be two layers, two texts, or two answers."""

_DECRYPT: Final = (
    frozenset(_DECRYPT_ONCE)
    | {
        b"GOODMDC",
        b"ENC_TO",
        b"NO_SECKEY",
        b"DECRYPTION_KEY",
        b"PLAINTEXT_LENGTH",
        b"DECRYPTION_COMPLIANCE_MODE",
    }
    | _ABOUT_KEYS
    | _BY_THE_WAY
)
_VALID: Final = frozenset({b"GOODSIG", b"VALIDSIG"})
_NOT_VALID: Final = frozenset({
    b"BADSIG", b"ERRSIG", b"NO_PUBKEY", b"EXPSIG", b"EXPKEYSIG", b"REVKEYSIG", b"ASSERT_SIGNER"
})  # fmt: skip
_ABOUT_SIGNATURES: Final = frozenset({
    b"NEWSIG", b"SIG_ID", b"NOTATION_NAME", b"NOTATION_FLAGS", b"NOTATION_DATA", b"POLICY_URL",
    b"VERIFICATION_COMPLIANCE_MODE", b"TRUST_UNDEFINED", b"TRUST_NEVER", b"TRUST_MARGINAL", b"TRUST_FULLY",
    b"TRUST_ULTIMATE",
})  # fmt: skip
_VERIFY: Final = _VALID | _NOT_VALID | _ABOUT_SIGNATURES | _ABOUT_KEYS | _BY_THE_WAY

_VALIDSIG: Final = re.compile(
    rb"(?P<key>[0-9A-F]{40}|[0-9A-F]{64}) [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+"
    rb" (?P<digest>[0-9]+) (?P<kind>0[01]) (?P<primary>[0-9A-F]{40}|[0-9A-F]{64})\Z"
)
_OPENED_BY: Final = re.compile(rb"[0-9A-F]{24}(?P<key_id>[0-9A-F]{16}) ")
_EXIT: Final = re.compile(rb"gpg-exit [0-9]+\Z")
_STRONG_DIGESTS: Final = frozenset({8, 9, 10, 11, 12, 14})
"""SHA-2 and SHA-3 (RFC 9580 §9.5). The others can be made to fit a second text."""

Line = tuple[bytes, bytes]


def lines(raw: Sequence[bytes]) -> tuple[Line, ...] | None:
    """Keyword and rest of every line; None when one of them is not of that form."""
    found = []
    for line in raw:
        match = _LINE.match(line[len(_PREFIX) :]) if line.startswith(_PREFIX) else None
        if match is None:
            return None
        found.append((match[1], match[2] or b""))
    return tuple(found)


def before_exit(found: tuple[Line, ...], code: int) -> tuple[Line, ...]:
    """The lines without the last, where that only says that gpg ends with a code other than 0, and it does."""
    last = found[-1] if found and code != 0 else (b"", b"")
    return found[:-1] if last[0] == b"FAILURE" and _EXIT.match(last[1]) else found


def imported(found: Sequence[Line]) -> frozenset[str]:
    """The fingerprints of the keys that were taken; nothing when anything else was said."""
    if not _only(found, _IMPORT) or sum(keyword == b"IMPORT_RES" for keyword, _ in found) != 1:
        return frozenset()
    return frozenset(
        rest.partition(b" ")[2].decode("ascii", "replace")
        for keyword, rest in found
        if keyword == b"IMPORT_OK"
    )


def answered_import(found: Sequence[Line]) -> bool:
    """Tell whether gpg has looked at a key at all, whatever it thinks of it: it sums up at the end, if it works."""
    return any(keyword == b"IMPORT_RES" for keyword, _ in found)


def refused(found: Sequence[Line]) -> bool:
    """Tell whether gpg finds that a key cannot be encrypted to."""
    return any(keyword in {b"INV_RECP", b"NO_RECP"} for keyword, _ in found)


def encrypted(found: Sequence[Line]) -> bool:
    """Tell whether it was encrypted, once, and nothing was said against it."""
    counts = Counter(keyword for keyword, _ in found)
    return _only(found, _ENCRYPT) and counts[b"BEGIN_ENCRYPTION"] == counts[b"END_ENCRYPTION"] == 1


def decrypted(found: Sequence[Line], *, with_signatures: bool) -> bool:
    """Tell whether one text came out of one layer of encryption whose integrity was proved."""
    if not _only(found, _DECRYPT | _VERIFY if with_signatures else _DECRYPT):
        return False
    if tuple(keyword for keyword, _ in found if keyword in _DECRYPT_ONCE) != _DECRYPT_ONCE:
        return False
    info = next(rest for keyword, rest in found if keyword == b"DECRYPTION_INFO").split(b" ")
    has_code = info[0] == b"2"
    has_aead = info[0] == b"0" and len(info) > 2 and info[2] in {b"1", b"2"}
    return (has_code or has_aead) and sum(keyword == b"GOODMDC" for keyword, _ in found) == 1


def opened_by(found: Sequence[Line]) -> bytes:
    """The key id of the (sub)key that opened it (v4: the last 8 octets of its fingerprint, RFC 9580 §5.5.4.2)."""
    match = next((_OPENED_BY.match(rest) for keyword, rest in found if keyword == b"DECRYPTION_KEY"), None)
    return bytes.fromhex(match["key_id"].decode()) if match else b""


def layers(found: Sequence[Line]) -> int:
    """How many layers of encryption were begun."""
    return sum(keyword == b"BEGIN_DECRYPTION" for keyword, _ in found)


def verified(found: Sequence[Line]) -> bool:
    """Tell whether the lines are those of a verification and of nothing else."""
    return _only(found, _VERIFY)


def signers(found: Sequence[Line]) -> tuple[frozenset[str], bool]:
    """The primary keys that made a valid signature, and whether another signature was found that is not valid.

    Each signature is judged by the lines between its own ``NEWSIG`` and the next: exactly one of each that is demanded,
    and none that speaks against it.
    """
    valid: set[str] = set()
    spoiled = False
    for group in _groups(found):
        counts = Counter(keyword for keyword, _ in group)
        match = next((_VALIDSIG.match(rest) for keyword, rest in group if keyword == b"VALIDSIG"), None)
        against = any(counts[keyword] for keyword in _NOT_VALID)
        if (
            not against
            and match is not None
            and counts[b"VALIDSIG"] == counts[b"GOODSIG"] == 1
            and int(match["digest"]) in _STRONG_DIGESTS
        ):
            valid.add(match["primary"].decode("ascii"))
        spoiled = spoiled or against
    return frozenset(valid), spoiled


def _groups(found: Sequence[Line]) -> list[list[Line]]:
    groups: list[list[Line]] = []
    for line in found:
        if line[0] == b"NEWSIG":
            groups.append([])
        elif groups:
            groups[-1].append(line)
        elif line[0] in _VALID | _NOT_VALID:  # of no signature
            return []
    return groups


def _only(found: Sequence[Line], known: frozenset[bytes]) -> bool:
    return all(keyword in known for keyword, _ in found)
