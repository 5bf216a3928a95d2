"""Taking what names a person out of a text.

The stages call ``replace`` on every piece of free text of an author (body, subject, file text) with
all that is known of them. What identifies the author gives way to what the reader may know; every
other character stays as it was. Linear in the text, one automaton per author of a message. Never fails;
what it might miss is the gate's to stop.

What is replaced, as whole words, whatever the spelling (see ``folding``, ``names``, ``phones``):
addresses, also with a tag or spelled out ("ana dot ruiz at home dot test"), local parts, domains that
are not a large public provider's, full names in any order, family names, private words, and the alias
that the author writes to. A given name alone stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import ahocorasick

from relay.mail import names, phones, spelled
from relay.mail.folding import Folded, fold
from relay.mail.providers import is_public

REMOVED = "[removed]"

KINDS = ("address", "local part", "domain", "name", "private", "alias")
"""What a replacement can be of."""

# A replacement can complete another secret ("Robin" beside "at home.test"), so look again until none is left.
_MAX_PASSES = 4
# A local part of one or two letters is everybody's initials.
_MIN_LOCAL = 3
# An alias has a random local part at least this long; shorter ones ("help") are words, see relay.domain.
_MIN_RANDOM_LOCAL = 12
_MAX_HOST = 253
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@dataclass(frozen=True)
class Identity:
    """All that is known of one author, in clear, and what the reader knows them as.

    ``addresses`` are all of theirs; ``names`` are full names as their mail shows and the configuration
    holds; ``private`` are telephone numbers, handles and words; ``aliases`` are those the author writes
    to; ``stands_as`` is the pseudonym and ``alias_of_author`` the address that the reader knows. What is made of them
    for searching is kept with them, and goes with them: no process remembers an author.
    """

    addresses: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    private: tuple[str, ...] = field(repr=False)
    aliases: tuple[str, ...] = field(repr=False)
    stands_as: str
    alias_of_author: str

    @cached_property
    def searcher(self) -> _Searcher:
        """Everything precomputed for this author."""
        return _Searcher(self)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The cleaned text, and how many replacements there were of each kind, by kind."""

    text: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Word:
    """What a word of the automaton means. ``kind`` is empty for a given name, which may stand alone.

    ``capital``: only with a capital letter. ``role``: its part in a full name, or empty.
    """

    kind: str
    replacement: str
    capital: bool = False
    role: names.Role | None = None


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """``[start, end)`` of the folded text is to be replaced; ``minus_end`` sorts the longest first."""

    start: int
    minus_end: int
    kind: str
    replacement: str

    @property
    def end(self) -> int:
        return -self.minus_end


def replace(text: str, identity: Identity, blocks: Mapping[str, str] | None = None) -> Replaced:
    """Replace all that names the author; a text without any of it comes back as the same object.

    ``blocks``: what to write for a kind of secret instead of what the reader may know, for ``relay explain``.
    """
    searcher = identity.searcher
    counts: Counter[str] = Counter()
    for _ in range(_MAX_PASSES):
        folded = Folded.of(text)
        spans = _merged(searcher.spans(text, folded))
        if not spans:
            break
        counts.update(span.kind for span in spans)
        text = _written(text, folded, spans, blocks or {})
    return Replaced(text, tuple(sorted(counts.items())))


def _merged(spans: list[_Span]) -> list[_Span]:
    """Leftmost and longest win; what overlaps is swallowed whole, so that no half of a secret stays."""
    merged: list[_Span] = []
    for span in spans:
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = _Span(last.start, min(last.minus_end, span.minus_end), last.kind, last.replacement)
        else:
            merged.append(span)
    return merged


def _written(text: str, folded: Folded, spans: list[_Span], blocks: Mapping[str, str]) -> str:
    pieces: list[str] = []
    position = 0
    for span in spans:
        start, end = folded.origin(span.start, span.end)
        pieces += [text[position:start], blocks.get(span.kind, span.replacement)]
        position = max(position, end)
    return "".join([*pieces, text[position:]])


class _Searcher:
    """Everything precomputed for one author."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        # What the reader is shown anyway is no secret, and replacing it would never end.
        self._shown = Folded.of(f"{identity.stands_as} {identity.alias_of_author} {REMOVED}")
        self._words: dict[str, _Word] = {}
        self._addresses: list[spelled.SpelledAddress] = []
        self._removed_addresses: list[spelled.SpelledAddress] = []
        self._phones: list[phones.Phone] = []
        self._initials: frozenset[str] = frozenset()
        for alias in identity.aliases:
            self._add_alias(alias)
        for written in identity.private:
            self._add_private(written)
        for address in identity.addresses:
            self._add_address(address)
        for name in identity.names:
            self._add_name(name)
        self._automaton = ahocorasick.Automaton()
        for pattern, word in self._words.items():
            self._automaton.add_word(pattern, (len(pattern), word))
        self._automaton.make_automaton()

    def _add(self, pattern: str, word: _Word) -> None:
        """Add a folded word unless the reader knows it. The first meaning stays."""
        at = self._shown.text.find(pattern)
        if not pattern or (at != -1 and self._shown.is_word(at, at + len(pattern))):
            return
        known = self._words.get(pattern)
        if known:
            named = known if known.kind else word
            capital, role = known.capital and word.capital, known.role or word.role
            word = _Word(named.kind, named.replacement, capital, role)
        self._words[pattern] = word

    def _add_alias(self, alias: str) -> None:
        local = alias.rpartition("@")[0]
        self._removed_addresses.append(spelled.SpelledAddress(alias))
        if len(local) >= _MIN_RANDOM_LOCAL:
            self._add(fold(local), _Word("alias", REMOVED))

    def _add_private(self, written: str) -> None:
        folded = fold(written).strip()
        if phones.is_phone(folded):
            self._phones.append(phones.Phone(folded))
            return
        if "@" in folded.strip("@"):
            self._removed_addresses.append(spelled.SpelledAddress(written))
        bare = folded.split("://", 1)[-1].lstrip("@").rstrip("/")
        self._add(bare, _Word("private", REMOVED))

    def _add_address(self, address: str) -> None:
        local, _, domain = address.rpartition("@")
        self._addresses.append(spelled.SpelledAddress(address))
        for part in {fold(local), fold(local).partition("+")[0]}:
            if len(part) >= _MIN_LOCAL or not (part.isalpha() or part.isdigit()):
                capital = part in names.ORDINARY_WORDS
                self._add(part, _Word("local part", self._identity.stands_as, capital))
        if not is_public(domain.lower()):
            for spelling in spelled.domain_spellings(domain):
                self._add(spelling, _Word("domain", REMOVED))

    def _add_name(self, written: str) -> None:
        name = names.read(written)
        for full in name.fulls:
            self._add(full, _Word("name", self._identity.stands_as))
        for family in name.families:
            capital = family in names.ORDINARY_WORDS
            self._add(family, _Word("name", self._identity.stands_as, capital, names.Role.FAMILY))
        for given in name.givens:
            self._add(given, _Word("", "", role=names.Role.GIVEN))
        self._initials |= {given[0] for given in name.givens}

    def spans(self, text: str, folded: Folded) -> list[_Span]:
        """All that is to be replaced in a text and its folded copy, in order, overlaps included."""
        found, parts = self._words_in(text, folded)
        found += [_Span(start, -end, "private", REMOVED) for start, end in phones.find(folded, self._phones)]
        for start, end, literal in spelled.find(folded, self._addresses):
            identity = self._identity
            known = identity.alias_of_author if literal and identity.alias_of_author else identity.stands_as
            found.append(_Span(start, -end, "address", known))
        for start, end, _ in spelled.find(folded, self._removed_addresses):
            found.append(_Span(start, -end, "alias", REMOVED))
        found.sort()
        parts = _outside(parts, _merged([span for span in found if span.kind != "name"]))
        for start, end in names.joined(folded.text, parts, self._initials):
            found.append(_Span(start, -end, "name", self._identity.stands_as))
        return sorted(found)

    def _words_in(self, text: str, folded: Folded) -> tuple[list[_Span], list[names.NamePart]]:
        """Words that are replaced where they stand, and those that may be part of a full name."""
        found: list[_Span] = []
        parts: list[names.NamePart] = []
        for last, (length, word) in self._automaton.iter(folded.text) if self._words else ():
            start, end = last + 1 - length, last + 1
            if not folded.is_word(start, end):
                continue
            weak = word.capital and not text[folded.origin(start, end)[0]].isupper()
            if word.role:
                parts.append(names.NamePart(start, end, word.role, weak))
            if word.kind and not weak:
                begin = _widened(folded.text, start, word.kind)
                found.append(_Span(begin, -end, word.kind, word.replacement))
        return found, parts


def _outside(parts: list[names.NamePart], spans: list[_Span]) -> list[names.NamePart]:
    """Parts of a name that are no part of something longer, such as an address."""
    starts = [span.start for span in spans]
    kept = []
    for part in parts:
        at = bisect_right(starts, part.start) - 1
        if (
            at < 0
            or spans[at].end <= part.start
            or (spans[at].start, spans[at].end) == (part.start, part.end)
        ):
            kept.append(part)
    return kept


def _widened(text: str, start: int, kind: str) -> int:
    """Where a match begins together with what belongs to it: sub-domains of a domain, ``@`` of a handle."""
    if kind == "private" and text[start - 1 : start] == "@":
        return start - 1
    if kind != "domain" or text[start - 1 : start] != ".":
        return start
    lowest = max(0, start - _MAX_HOST)
    while start > lowest and text[start - 1] in _HOST_CHARACTERS:
        start -= 1
    return start
