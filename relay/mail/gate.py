"""The last judge: searches the finished bytes of an outgoing message for every secret, in every decoding.

The composition of a message calls ``Gate.search`` after everything else and stops the message on any
finding. It trusts no module that had a hand in the message and imports none: only ``gate_secrets`` (what
may not leave), ``gate_views`` and ``gate_packed`` (the ways to read octets), which serve nobody else.

It promises linear time, bounded memory, and that a finding never holds what was found. What it cannot
read (an encrypted archive, a stream that unpacks without end) is itself a finding. It never raises.

Automata are built once per set of secrets: one over folded text, and others for forms that folding would destroy or
that few messages can hold (``gate_forms``), which are built for octets that can (``gate_octets``).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain

import ahocorasick

from relay.mail.gate_forms import (
    MIN_ENCODED,
    Form,
    Runs,
    Words,
    as_it_is,
    capitalised,
    cores,
    hashes_in_base64,
    in_base64,
    in_hex,
    in_utf_16,
    may_hold_base64,
    may_hold_hashes,
    may_hold_hex,
    readable,
    wide,
)
from relay.mail.gate_octets import Octets
from relay.mail.gate_packed import Budget, Unsearchable
from relay.mail.gate_secrets import Secret, plain, secrets_of, stands_alone
from relay.mail.gate_views import Piece, View, is_large_base64, is_text, pieces, texts, unpacked

__all__ = ["Finding", "Gate", "Secret", "secrets_of"]

_MAX_DEPTH = 10
_MAX_WRAPPED = 5000  # pieces of one message; ours have tens

_MAX_PREFIX = 10
_LETTER_BEFORE = re.compile("[a-z]")
_DIGITS_BEFORE = re.compile(r"\+?[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret of this kind is in this place, in this encoding; what it is and where exactly stays unsaid."""

    kind: str
    place: str
    encoding: str


_PHONE_FORM = Form(0, "phone", "", whole_word=True)


class Gate:
    """Holds one set of secrets, ready to search. Immutable; may be shared and cached."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._secrets = tuple(secrets)
        self._phones = [_Phone(secret.value) for secret in secrets if secret.kind == "phone"]
        self._cores = cores(secrets)
        self._folded = self._automaton(readable)
        self._cased = self._automaton(capitalised)
        self._is_beyond_ascii = not all(secret.value.isascii() for secret in secrets)

    @cached_property
    def _hex(self) -> ahocorasick.Automaton:
        """For folded text with a run of hex digits; prose has none."""
        return self._automaton(in_hex)

    @cached_property
    def _exact(self) -> Octets:
        """For octets that show a secret when they are taken for base64, or have a run as long as a hash in it."""
        return self._octets(lambda secret: chain(in_base64(secret), hashes_in_base64(secret)))

    @cached_property
    def _wide(self) -> Octets:
        """For secrets in other scripts, whose UTF-16 can look like text."""
        return self._octets(in_utf_16)

    @cached_property
    def _any(self) -> Octets:
        """For octets that are no text, in one go; most messages have none."""
        return self._octets(
            lambda secret: chain(in_base64(secret), hashes_in_base64(secret), wide(secret), in_utf_16(secret))
        )

    @cached_property
    def _any_lower(self) -> Octets:
        """The same whatever its case, but for short words, which chance makes."""
        return self._octets(
            lambda secret: chain(as_it_is(secret), ((word.encode(), form) for word, form in in_hex(secret)))
        )

    def _octets(self, forms: Callable[[Secret], Runs]) -> Octets:
        """Everything that may be found in octets as one of these forms."""
        return Octets(word for secret in self._secrets for word in forms(secret))

    def _automaton(self, forms: Callable[[Secret], Words]) -> ahocorasick.Automaton:
        """Everything that may be found as one of these forms; of equal ones the first counts."""
        chosen: dict[str, Form] = {}
        for secret in self._secrets:
            for pattern, form in forms(secret):
                chosen.setdefault(pattern, form)
        if not chosen:
            return _nothing()
        automaton = ahocorasick.Automaton()
        for pattern, form in chosen.items():
            automaton.add_word(pattern, form)
        automaton.make_automaton()
        return automaton

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
        if is_large_base64(piece.octets):
            return
        for view in texts(piece):
            for form in self._in_text(view):
                steps = filter(None, (piece.encoding, view.reading, form.encoding))
                yield Finding(form.kind, piece.place, "+".join(steps) or "plain")
        for form in self._in_octets(piece.octets):
            yield Finding(
                form.kind, piece.place, "+".join(filter(None, (piece.encoding, form.encoding))) or "plain"
            )

    def _in_octets(self, octets: bytes) -> Iterator[Form]:
        """Forms that depend on every bit of the octets as they are."""
        if not is_text(octets):
            yield from self._any.hits(octets)
            yield from self._any_lower.hits(octets.lower())
            return
        if may_hold_base64(octets, self._cores) or may_hold_hashes(octets):
            yield from self._exact.hits(octets)
        if self._is_beyond_ascii:
            yield from self._wide.hits(octets)

    def _in_text(self, view: View) -> Iterator[Form]:
        """Forms of secrets in one reading."""
        cased = plain(view.text)
        text = cased.lower() if cased.isascii() else cased.casefold()
        automata = (self._folded, self._hex) if may_hold_hex(text) else (self._folded,)
        for automaton in automata:
            for form in _standing(automaton, text):
                if view.has_words or form.length >= MIN_ENCODED:
                    yield form
        if view.has_words and self._cased is not _nothing():
            yield from _standing(self._cased, cased)
        phones = (phone for phone in self._phones if view.has_words or phone.is_long)
        yield from (_PHONE_FORM for phone in phones if phone.stands_in(text))


def _unpacked(piece: Piece, budget: Budget) -> tuple[tuple[Piece, ...], bool]:
    """What is wrapped in a piece, and whether all of it could be unpacked."""
    try:
        return tuple(unpacked(piece, budget)), True
    except Unsearchable:
        return (), False


def _standing(automaton: ahocorasick.Automaton, text: str) -> Iterator[Form]:
    """Hits, those of whole words only where they stand alone."""
    for last, form in automaton.iter(text):
        if not form.whole_word or stands_alone(text, last + 1 - form.length, last + 1):
            yield form


@cache
def _nothing() -> ahocorasick.Automaton:
    """An automaton without words cannot be searched; the one of this stands in no text."""
    automaton = ahocorasick.Automaton()
    automaton.add_word("\udfff", Form(1, "", "", whole_word=False))
    automaton.make_automaton()
    return automaton


class _Phone:
    """A telephone number: its last digits with any spacing, and what may touch them on the left. ``is_long``: chance
    does not make it, so that it is looked for in what is no text, too (tags of a recording).
    """

    def __init__(self, written: str) -> None:
        digits = "".join(filter(str.isdigit, written))
        self._whole = "00" + digits.removeprefix("00") if written.startswith(("+", "00")) else digits
        country = 3 if written.startswith("+") else 5 if written.startswith("00") else 0
        core = digits[country:].lstrip("0")
        core = core if len(core) >= MIN_ENCODED else digits
        self.is_long = len(core) >= MIN_ENCODED
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
