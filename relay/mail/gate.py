"""The last judge: searches the finished bytes of an outgoing message for every secret, in every decoding.

The composition of a message calls ``Gate.search`` after everything else and stops the message on any
finding. It trusts no module that had a hand in the message and imports none: only ``gate_secrets`` (what
may not leave), ``gate_views`` and ``gate_packed`` (the ways to read octets), which serve nobody else.

It promises linear time, bounded memory, and that a finding never holds what was found. What it cannot
read (an encrypted archive, a stream that unpacks without end) is itself a finding. It never raises.

Two automata, built once per set of secrets: one over folded text, one over octets as they are, for forms
that folding would destroy (base64 in its three alignments, base64 of hashes, UTF-16 of other scripts).
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import ahocorasick

from relay.mail.gate_packed import Budget, Unsearchable
from relay.mail.gate_secrets import Secret, folded, plain, secrets_of, stands_alone
from relay.mail.gate_views import Piece, View, is_large_base64, pieces, texts, unpacked

__all__ = ["Finding", "Gate", "Secret", "secrets_of"]

# Octets of a value below which chance finds it in a picture or in base64.
_MIN_ENCODED = 6
_MAX_DEPTH = 10
_MAX_WRAPPED = 5000  # pieces of one message; ours have tens

_HASHES = ("md5", "sha1", "sha256")
# Characters at the head of a base64 group that also hold bits of what stands before, by octets before it.
_LOST = (0, 2, 3)
_SHORT_RUN = 24
_LONG_RUN = re.compile(rb"[A-Za-z0-9+/_-]{%d}" % (_SHORT_RUN + 1))
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*")
_TO_URLSAFE = str.maketrans("+/", "-_")
_FROM_URLSAFE = str.maketrans("-_", "+/")
_NEIGHBOURS = 4  # base64 characters behind a form that show the next octet
_MAX_PREFIX = 10
_LETTER_BEFORE = re.compile("[a-z]")
_DIGITS_BEFORE = re.compile(r"\+?[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret of this kind is in this place, in this encoding; what it is and where exactly stays unsaid."""

    kind: str
    place: str
    encoding: str


class _Form(NamedTuple):
    """One form of a secret in an automaton. ``skip``: characters of a base64 group before it, -1 if none."""

    length: int
    kind: str
    encoding: str
    whole_word: bool
    value: bytes = b""
    skip: int = -1


_PHONE_FORM = _Form(0, "phone", "", whole_word=True)


class Gate:
    """Holds one set of secrets, ready to search. Immutable; may be shared and cached."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._phones = [_Phone(secret.value) for secret in secrets if secret.kind == "phone"]
        self._readable = [form for secret in secrets for form in _folded_forms(secret)]
        self._folded = _automaton(self._readable)
        self._cased = _automaton(
            form for secret in secrets if secret.capital for form in _cased_forms(secret)
        )
        self._secrets = tuple(secrets)

    @cached_property
    def _exact(self) -> ahocorasick.Automaton:
        """For octets with a run of base64 digits as long as the longer forms; prose has none."""
        return _automaton(form for secret in self._secrets for form in _exact_forms(secret))

    @cached_property
    def _exact_short(self) -> ahocorasick.Automaton:
        """For all others: a form stands within one run, so what is longer than any run stands nowhere."""
        return _automaton(
            form for secret in self._secrets for form in _exact_forms(secret, longest=_SHORT_RUN)
        )

    @cached_property
    def _wide(self) -> ahocorasick.Automaton:
        """For octets with NUL among them, which no text of ours has."""
        return _automaton(form for secret in self._secrets for form in _wide_forms(secret))

    @cached_property
    def _long(self) -> ahocorasick.Automaton:
        """For octets that are no text, where chance makes short words; most messages have none."""
        return _automaton(
            (pattern, form)
            for pattern, form in self._readable
            if form.length >= _MIN_ENCODED and form.encoding in {"", "return-path", "hex"}
        )

    def search(self, message: bytes) -> tuple[Finding, ...]:
        """Every kind of secret in every place, once. Empty means that the message may leave."""
        findings: dict[Finding, None] = {}
        budget = Budget(len(message))
        queue = deque(pieces(message))
        seen: set[bytes] = set()
        while queue:
            piece = queue.popleft()
            if piece.octets in seen:
                continue
            seen.add(piece.octets)
            findings |= dict.fromkeys(self._look(piece))
            wrapped, is_complete = _unpacked(piece, budget)
            if is_complete and (not wrapped or (piece.depth < _MAX_DEPTH and len(seen) < _MAX_WRAPPED)):
                queue.extend(wrapped)
            else:
                findings[Finding("unsearchable", piece.place, piece.encoding or "plain")] = None
        return tuple(findings)

    def _look(self, piece: Piece) -> Iterator[Finding]:
        """Search one piece in all its readings, and its octets for exact forms."""
        for view in texts(piece):
            for form in self._in_text(view):
                steps = filter(None, (piece.encoding, view.reading, form.encoding))
                yield Finding(form.kind, piece.place, "+".join(steps) or "plain")
        octets = "" if is_large_base64(piece.octets) else piece.octets.decode("latin-1")
        exact = self._exact if _LONG_RUN.search(piece.octets) else self._exact_short
        for last, form in exact.iter(octets):
            start = last + 1 - form.length
            if not form.whole_word or form.skip < 0 or _alone_in_base64(octets, start, form):
                yield Finding(form.kind, piece.place, "+".join(filter(None, (piece.encoding, form.encoding))))
        if "\0" in octets:
            for form in _standing(self._wide, octets):
                yield Finding(form.kind, piece.place, "+".join(filter(None, (piece.encoding, form.encoding))))

    def _in_text(self, view: View) -> Iterator[_Form]:
        """Forms of secrets in one reading."""
        if not view.is_text:
            yield from _standing(self._long, view.text)
            return
        cased = plain(view.text)
        text = cased.lower() if cased.isascii() else cased.casefold()
        yield from (
            form for form in _standing(self._folded, text) if view.has_words or form.length >= _MIN_ENCODED
        )
        if view.has_words:
            yield from _standing(self._cased, cased)
            yield from (_PHONE_FORM for phone in self._phones if phone.stands_in(text))


def _unpacked(piece: Piece, budget: Budget) -> tuple[tuple[Piece, ...], bool]:
    """What is wrapped in a piece, and whether all of it could be unpacked."""
    try:
        return tuple(unpacked(piece, budget)), True
    except Unsearchable:
        return (), False


def _standing(automaton: ahocorasick.Automaton, text: str) -> Iterator[_Form]:
    """Hits, those of whole words only where they stand alone."""
    for last, form in automaton.iter(text):
        if not form.whole_word or stands_alone(text, last + 1 - form.length, last + 1):
            yield form


def _automaton(forms: Iterable[tuple[str, _Form]]) -> ahocorasick.Automaton:
    chosen: dict[str, _Form] = {}
    for pattern, form in forms:
        chosen.setdefault(pattern, form)
    if not chosen:
        return _nothing()
    automaton = ahocorasick.Automaton()
    for pattern, form in chosen.items():
        automaton.add_word(pattern, form)
    automaton.make_automaton()
    return automaton


@cache
def _nothing() -> ahocorasick.Automaton:
    """An automaton without words cannot be searched; the one of this stands in no text."""
    automaton = ahocorasick.Automaton()
    automaton.add_word("\udfff", _Form(1, "", "", whole_word=False))
    automaton.make_automaton()
    return automaton


def _folded_forms(secret: Secret) -> Iterator[tuple[str, _Form]]:
    """Forms that survive folding: the value, return-path forms, hashes in hex, mirrored, rot13, hex."""

    def form(pattern: str, encoding: str = "", *, whole_word: bool = secret.whole_word) -> tuple[str, _Form]:
        return pattern, _Form(len(pattern), secret.kind, encoding, whole_word)

    value = folded(secret.value)
    if secret.capital:
        return
    yield form(value)
    if not value.isascii() or not secret.value.isascii():
        lowered = secret.value.lower()
        yield form(lowered)
        yield form(lowered.encode("utf-8").decode("latin-1").lower())
    if secret.kind in {"address", "alias"} and "@" in value:
        local, _, domain = value.rpartition("@")
        yield form(f"{local}={domain}", "return-path")
        for name in _HASHES:
            yield form(hashlib.new(name, value.encode(), usedforsecurity=False).hexdigest(), name)
    if len(value) >= _MIN_ENCODED:
        yield form(codecs.encode(value, "rot13"), "rot13")
        yield form(value[::-1], "reversed")
        for variant in _cases(secret.value):
            yield form(variant.encode("utf-8").hex(), "hex", whole_word=False)
            yield form(variant.encode("utf-16-be").hex(), "hex", whole_word=False)


def _cased_forms(secret: Secret) -> Iterator[tuple[str, _Form]]:
    """An everyday word as a name is written."""
    value = plain(secret.value).lower()
    for pattern in (value.capitalize(), value.upper()):
        yield pattern, _Form(len(pattern), secret.kind, "", whole_word=True)


def _exact_forms(secret: Secret, longest: int | None = None) -> Iterator[tuple[str, _Form]]:
    """Forms that depend on every bit: base64 at three alignments, in both alphabets, hashes, UTF-16.

    ``longest``: leave out what is base64 and has more digits.
    """
    if len(secret.value.encode("utf-8")) < _MIN_ENCODED or secret.capital:
        return
    for variant in _cases(secret.value):
        octets = variant.encode("utf-8")
        if longest is not None and variant.isascii() and len(octets) * 4 // 3 - _LOST[-1] > longest:
            continue
        for skip, lost in enumerate(_LOST):
            encoded = binascii.b2a_base64(bytes(skip) + octets, newline=False).decode("ascii")
            pattern = encoded[lost : (skip + len(octets)) * 8 // 6]
            if longest is not None and len(pattern) > longest:
                continue
            found = _Form(len(pattern), secret.kind, "base64", secret.whole_word, octets, skip)
            yield pattern, found
            if "+" in pattern or "/" in pattern:
                yield pattern.translate(_TO_URLSAFE), found
        if not variant.isascii():
            for charset in ("utf-16-le", "utf-16-be"):
                pattern = variant.encode(charset).decode("latin-1")
                yield pattern, _Form(len(pattern), secret.kind, "utf-16", whole_word=False)
    if secret.kind in {"address", "alias"} and longest is None:
        for name in _HASHES:
            digest = hashlib.new(name, secret.value.lower().encode(), usedforsecurity=False).digest()
            pattern = base64.b64encode(digest).decode("ascii").rstrip("=")
            for alphabet in (pattern, pattern.translate(_TO_URLSAFE)):
                yield alphabet, _Form(len(pattern), secret.kind, f"{name} base64", whole_word=False)


def _wide_forms(secret: Secret) -> Iterator[tuple[str, _Form]]:
    """ASCII in UTF-16; without its last octet the little-endian form stands in the big-endian one, too."""
    if len(secret.value) < _MIN_ENCODED or secret.capital or not secret.value.isascii():
        return
    for variant in _cases(secret.value):
        pattern = "\0".join(variant)
        yield pattern, _Form(len(pattern), secret.kind, "utf-16", whole_word=False)


def _cases(value: str) -> list[str]:
    """As a value may be written where case matters."""
    return sorted({value, value.lower(), value.upper()})


def _alone_in_base64(text: str, start: int, form: _Form) -> bool:
    """Tell whether a base64 form of a whole word has no letter or digit beside it once decoded."""
    group = start - _LOST[form.skip]
    before = text[max(0, group - 4) : group]
    if group < 0 or not _BASE64.fullmatch(text, group, start):
        return True
    run = _BASE64.match(text, start, start + form.length + _NEIGHBOURS)
    window = (before if len(before) == 4 and _BASE64.fullmatch(before) else "") + text[
        group : run.end() if run else start
    ]
    window = window.translate(_FROM_URLSAFE)
    octets = binascii.a2b_base64(window[: len(window) - (len(window) % 4 == 1)] + "==")
    at = octets.find(form.value)
    return at == -1 or stands_alone(octets.decode("latin-1"), at, at + len(form.value))


class _Phone:
    """A telephone number: its last digits with any spacing, and what may touch them on the left."""

    def __init__(self, written: str) -> None:
        digits = "".join(filter(str.isdigit, written))
        self._whole = "00" + digits.removeprefix("00") if written.startswith(("+", "00")) else digits
        country = 3 if written.startswith("+") else 5 if written.startswith("00") else 0
        core = digits[country:].lstrip("0")
        core = core if len(core) >= _MIN_ENCODED else digits
        self._before = self._whole[: -len(core)]
        self._core = re.compile(r"[ ().\-/]{0,3}".join(core) + r"(?![0-9a-z])")

    def stands_in(self, text: str) -> bool:
        """Tell whether the number is in a folded text, with or without its country code."""
        for match in self._core.finditer(text):
            left = _DIGITS_BEFORE.search(text, max(0, match.start() - _MAX_PREFIX), match.start())
            touching = left.group() if left else ""
            if _LETTER_BEFORE.match(text, max(0, match.start() - len(touching) - 1)):
                continue
            if self._before.endswith(touching.lstrip("0")) or touching.startswith("00") or "+" in touching:
                return True
        return False
