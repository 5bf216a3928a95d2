"""The spellings of a secret that the gate looks for, and which octets can hold them at all.

Only ``gate`` calls this. A secret has some thirty forms; most messages can hold a few of them, and telling that of
some octets costs less than to make the others. ``may_hold_hex``, ``may_hold_hashes`` and ``may_hold_base64`` are
necessary conditions: where one says no, none of its forms stands. Pure; linear; never fails.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from relay.mail.gate_secrets import Secret, folded, plain

MIN_ENCODED = 6
"""Octets of a value below which chance finds it in a picture or in base64."""

LOST = (0, 2, 3)
"""Characters at the head of a base64 group that also hold bits of what stands before, by octets before it."""

_HASHES = (("md5", hashlib.md5), ("sha1", hashlib.sha1), ("sha256", hashlib.sha256))
_HASH_DIGITS = 22  # of the shortest in base64
_TO_URLSAFE = bytes.maketrans(b"+/", b"-_")
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_DIGITS = bytes(range(256)).translate(None, _DIGITS)
_AS_DIGITS = bytes.maketrans(_NO_DIGITS + b"-_", b"A" * len(_NO_DIGITS) + b"+/")
# Digits as zeros and all else as blanks: a run is found ten times as fast as by a pattern.
_RUNS = bytes(ord("0" if octet in _DIGITS + b"-_" else " ") for octet in range(256))
_HEX_RUNS = bytes(ord("0" if octet in b"0123456789abcdef" else " ") for octet in range(256))
_GROUP = 4
# Larger octets are searched for all forms at once: decoding them at each place costs more than the forms.
_DECODED_AT_MOST = 1 << 16

Words = Iterator[tuple[str, "Form"]]
"""Forms as an automaton takes them: what to look for, and what it is when found."""

Runs = Iterator[tuple[bytes, "Form"]]
"""The same for octets."""


class Form(NamedTuple):
    """One form of a secret in an automaton. ``skip``: octets of a base64 group before it, -1 if it is none."""

    length: int
    kind: str
    encoding: str
    whole_word: bool
    value: bytes = b""
    skip: int = -1


def readable(secret: Secret) -> Words:
    """Forms that survive folding: the value, as it looks in a wrong charset, in a return-path, mirrored, rot13."""
    if secret.capital:
        return
    kind, whole_word = secret.kind, secret.whole_word
    value = folded(secret.value)
    length = len(value)
    yield value, Form(length, kind, "", whole_word)
    if not value.isascii() or not secret.value.isascii():
        lowered = secret.value.lower()
        for pattern in (lowered, lowered.encode("utf-8").decode("latin-1").lower()):
            yield pattern, Form(len(pattern), kind, "", whole_word)
    if _is_address(secret) and "@" in value:
        local, _, domain = value.rpartition("@")
        yield f"{local}={domain}", Form(length, kind, "return-path", whole_word)
    if length >= MIN_ENCODED:
        yield codecs.encode(value, "rot13"), Form(length, kind, "rot13", whole_word)
        yield value[::-1], Form(length, kind, "reversed", whole_word)


def capitalised(secret: Secret) -> Words:
    """An everyday word as a name is written."""
    if not secret.capital:
        return
    value = plain(secret.value).lower()
    for pattern in (value.capitalize(), value.upper()):
        yield pattern, Form(len(pattern), secret.kind, "", whole_word=True)


def in_hex(secret: Secret) -> Words:
    """Hex of the value and of its hashes, in the small letters of folded text."""
    if secret.capital:
        return
    value = folded(secret.value)
    if _is_address(secret) and "@" in value:
        for name, hashed in _HASHES:
            digest = hashed(value.encode(), usedforsecurity=False).hexdigest()
            yield digest, Form(len(digest), secret.kind, name, secret.whole_word)
    if len(value) >= MIN_ENCODED:
        for variant in cases(secret.value):
            for charset in ("utf-8", "utf-16-be"):
                pattern = variant.encode(charset).hex()
                yield pattern, Form(len(pattern), secret.kind, "hex", whole_word=False)


def may_hold_hex(text: str) -> bool:
    """Tell whether a folded text has a run of hex digits as long as the shortest of these forms."""
    return b"0" * (2 * MIN_ENCODED) in text.encode("utf-8", "surrogatepass").translate(_HEX_RUNS)


def in_base64(secret: Secret) -> Runs:
    """The value in base64 at its three alignments, in both alphabets."""
    if not _is_encoded(secret):
        return
    for variant in cases(secret.value):
        octets = variant.encode("utf-8")
        for skip, lost in enumerate(LOST):
            encoded = binascii.b2a_base64(bytes(skip) + octets, newline=False)
            pattern = encoded[lost : (skip + len(octets)) * 8 // 6]
            found = Form(len(pattern), secret.kind, "base64", secret.whole_word, octets, skip)
            yield pattern, found
            if b"+" in pattern or b"/" in pattern:
                yield pattern.translate(_TO_URLSAFE), found


def cores(secrets: Sequence[Secret]) -> tuple[bytes, ...]:
    """What any base64 of one of these holds whole: all octets but the first and the last, in small letters."""
    written = [
        variant
        for each in secrets
        if _is_encoded(each)
        for variant in ((each.value,) if each.value.isascii() else cases(each.value))
    ]
    return tuple(dict.fromkeys(variant.encode("utf-8")[1:-1].lower() for variant in written))


def may_hold_base64(octets: bytes, of: Sequence[bytes]) -> bool:
    """Tell whether base64 of something with one of the ``cores`` in it may begin anywhere in some octets.

    All of them are taken for digits and decoded four times, each time from one digit further on: a form, wherever
    it begins, is decoded once as its writer meant it. Its outermost octets may share a digit with what is beside it.
    """
    if len(octets) > _DECODED_AT_MOST:
        return True
    digits = b"AAA" + octets.translate(_AS_DIGITS) + b"AAA"
    ends = (begin + (len(digits) - begin) // _GROUP * _GROUP for begin in range(_GROUP))
    decoded = b"".join(binascii.a2b_base64(digits[begin:end]) for begin, end in enumerate(ends)).lower()
    return any(core in decoded for core in of)


def hashes_in_base64(secret: Secret) -> Runs:
    """Hashes of an address in base64."""
    if not _is_encoded(secret) or not _is_address(secret):
        return
    for name, hashed in _HASHES:
        digest = hashed(secret.value.lower().encode(), usedforsecurity=False).digest()
        pattern = base64.b64encode(digest).rstrip(b"=")
        for alphabet in (pattern, pattern.translate(_TO_URLSAFE)):
            yield alphabet, Form(len(pattern), secret.kind, f"{name} base64", whole_word=False)


def may_hold_hashes(octets: bytes) -> bool:
    """Tell whether octets have a run of base64 digits as long as the shortest hash."""
    return b"0" * _HASH_DIGITS in octets.translate(_RUNS)


def as_it_is(secret: Secret) -> Runs:
    """The value in UTF-8 and in Latin-1, its ASCII in small letters, and as it looks in a return-path."""
    if secret.capital:
        return
    written = [folded(secret.value), *(_spellings(secret.value) if not secret.value.isascii() else ())]
    if _is_address(secret):
        written += [variant.replace("@", "=") for variant in written if "@" in variant]
    for variant in written:
        for charset in ("utf-8", "latin-1") if not variant.isascii() else ("ascii",):
            octets = variant.encode(charset, "ignore").lower()
            if len(octets) >= max(MIN_ENCODED, len(variant)):  # nothing of it was ignored
                yield octets, Form(len(octets), secret.kind, "", secret.whole_word)


def in_utf_16(secret: Secret) -> Runs:
    """Words of other scripts in UTF-16, as octets, where folding would destroy them."""
    if secret.value.isascii() or not _is_encoded(secret):
        return
    for variant in _spellings(secret.value):
        for charset in ("utf-16-le", "utf-16-be") if not variant.isascii() else ():
            octets = variant.encode(charset)
            yield octets, Form(len(octets), secret.kind, "utf-16", whole_word=False)


def wide(secret: Secret) -> Runs:
    """ASCII in UTF-16; without its last octet the little-endian form stands in the big-endian one, too."""
    if len(secret.value) < MIN_ENCODED or secret.capital or not secret.value.isascii():
        return
    for variant in cases(secret.value):
        octets = "\0".join(variant).encode("ascii")
        yield octets, Form(len(octets), secret.kind, "utf-16", whole_word=False)


def cases(value: str) -> list[str]:
    """As a value may be written where case matters."""
    return sorted({value, value.lower(), value.upper()})


def _spellings(value: str) -> list[str]:
    """As a value beyond ASCII may be written where octets are compared: in each case, letters with an accent as one
    character or two.
    """
    written = (*cases(value), value.title())
    return sorted({unicodedata.normalize(form, each) for each in written for form in ("NFC", "NFD")})


def _is_encoded(secret: Secret) -> bool:
    size = len(secret.value)
    return not secret.capital and (size >= MIN_ENCODED or len(secret.value.encode("utf-8")) >= MIN_ENCODED)


def _is_address(secret: Secret) -> bool:
    return secret.kind in {"address", "alias"}
