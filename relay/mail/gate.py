"""The last judge: searches the finished bytes of an outgoing message for every secret, in every decoding.

The composition of a message calls ``Gate.search`` after everything else and stops the message on any
finding. It trusts no module that had a hand in the message and imports none: only ``gate_secrets`` (what
may not leave), ``gate_views`` and ``gate_packed`` (the ways to read octets), which serve nobody else.

It promises linear time, bounded memory, and that a finding never holds what was found. What it cannot
read (an encrypted archive, a stream that unpacks without end) is itself a finding. It never raises.

Automata are built once per set of secrets: one over folded text, and others for forms that folding would destroy or
that few messages can hold (``gate_forms``), which are built for octets that can.
"""

from __future__ import annotations

import binascii
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain

import ahocorasick

from relay.mail.gate_forms import (
    LOST,
    MIN_ENCODED,
    Form,
    Words,
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
from relay.mail.gate_packed import Budget, Unsearchable
from relay.mail.gate_secrets import Secret, plain, secrets_of, stands_alone
from relay.mail.gate_views import Piece, View, is_large_base64, pieces, texts, unpacked

__all__ = ["Finding", "Gate", "Secret", "secrets_of"]

_MAX_DEPTH = 10
_MAX_WRAPPED = 5000  # pieces of one message; ours have tens

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*")
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


_PHONE_FORM = Form(0, "phone", "", whole_word=True)


class Gate:
    """Holds one set of secrets, ready to search. Immutable; may be shared and cached."""

    def __init__(self, secrets: Sequence[Secret]) -> None:
        self._secrets = tuple(secrets)
        self._phones = [_Phone(secret.value) for secret in secrets if secret.kind == "phone"]
        self._cores = cores(secrets)
        self._folded = self._automaton(readable)
        self._cased = self._automaton(capitalised)
        self._utf_16 = self._automaton(in_utf_16)

    @cached_property
    def _hex(self) -> ahocorasick.Automaton:
        """For folded text with a run of hex digits; prose has none."""
        return self._automaton(in_hex)

    @cached_property
    def _exact(self) -> ahocorasick.Automaton:
        """For octets that show a secret when they are taken for base64, or have a run as long as a hash in it."""
        return self._automaton(lambda secret: chain(in_base64(secret), hashes_in_base64(secret)))

    @cached_property
    def _wide(self) -> ahocorasick.Automaton:
        """For octets with NUL among them, which no text of ours has."""
        return self._automaton(wide)

    @cached_property
    def _long(self) -> ahocorasick.Automaton:
        """For octets that are no text, where chance makes short words; most messages have none."""
        return self._automaton(_long_forms)

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
        for view in texts(piece):
            for form in self._in_text(view):
                steps = filter(None, (piece.encoding, view.reading, form.encoding))
                yield Finding(form.kind, piece.place, "+".join(steps) or "plain")
        if not is_large_base64(piece.octets):
            for form in self._in_octets(piece.octets):
                yield Finding(form.kind, piece.place, "+".join(filter(None, (piece.encoding, form.encoding))))

    def _in_octets(self, octets: bytes) -> Iterator[Form]:
        """Forms that depend on every bit of the octets as they are."""
        letters = octets.decode("latin-1")
        if may_hold_base64(octets, self._cores) or may_hold_hashes(octets):
            for last, form in self._exact.iter(letters):
                if not form.whole_word or _alone_in_base64(letters, last + 1 - form.length, form):
                    yield form
        if "\0" in letters:
            yield from _standing(self._wide, letters)
        if self._utf_16 is not _nothing():
            yield from _standing(self._utf_16, letters)

    def _in_text(self, view: View) -> Iterator[Form]:
        """Forms of secrets in one reading."""
        if not view.is_text:
            yield from _standing(self._long, view.text)
            return
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


def _long_forms(secret: Secret) -> Words:
    """Of the forms that can be read, those that chance does not make."""
    for pattern, form in (*readable(secret), *in_hex(secret)):
        if form.length >= MIN_ENCODED and form.encoding in {"", "return-path", "hex"}:
            yield pattern, form


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


def _alone_in_base64(text: str, start: int, form: Form) -> bool:
    """Tell whether a base64 form of a whole word has no letter or digit beside it once decoded."""
    group = start - LOST[form.skip]
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
