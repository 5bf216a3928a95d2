"""What the gate looks for: the contract's rule of what may not leave, written a second time.

The composition of a message calls ``secrets_of`` with what the vault knows of the author, and hands the
result to ``Gate``. It is this file's purpose to agree with what ``identity`` replaces without sharing its
code: what may stay (a given name, a public provider's domain, a local part of two letters) is no secret
here either. Pure; never fails.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]+")
_INVISIBLE = re.compile(
    "[\u00ad\u0300-\u036f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]+"
)
# Letters that look like, or have no accent to take from, an ASCII letter; in both cases.
_LOOKALIKES = {
    ord(shown): plain
    for small, letter in zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u00f8\u0142\u0111\u0131\u2019\u2018\u2010\u2011\u2013",
        "aeopcyxisjoldi''---",
        strict=True,
    )
    for shown, plain in ((small, letter), (small.upper(), letter.upper()))
}
_ASCII_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f"
_FOREIGN_SPACE = re.compile("[\x85\u2028\u2029]")
_QUOTED_BREAK = re.compile(r"\n[ \t]*>[>\s]*")
_GLUED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_CJK_NAME = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+\\Z")
_NOT_A_NAME = re.compile(
    r"\A(?:dr|prof|professor|mr|mrs|ms|miss|mx|sir|rev|herr|frau|jr|sr|ii|iii|iv|phd|md|esq)\Z"
)
_PARTICLE = re.compile(
    r"\A(?:van|von|der|den|de|la|le|del|della|di|da|dos|das|do|du|bin|ibn|al|el|ter|ten|zu|zum)\Z"
)
_PHONE = re.compile(r"\+?[0-9 ().\-/]{6,}\Z")
_MIN_PHONE_DIGITS = 6
# RFC 5322 ids and aliases of ours are random; a local part of an alias that is shorter is a word.
_MIN_RANDOM = 12
# As a handle, "AnaRuiz"; shorter ones are words.
_MIN_GLUED = 7


@dataclass(frozen=True, slots=True)
class Secret:
    """One thing that may not leave. ``whole_word``: only where no letter or digit touches it.

    ``capital``: an everyday word, a secret only with a capital letter. ``kind`` is a constant word:
    address, local part, domain, name, private, phone, message id, host, alias.
    """

    value: str = field(repr=False)
    kind: str
    whole_word: bool
    capital: bool = False


def plain(text: str) -> str:
    """One spelling for all that look alike, case kept: NFKC, no marks, nothing invisible, single spaces."""
    if "\n" in text and ("\n>" in text or "\n " in text):
        text = _QUOTED_BREAK.sub(" ", text)
    if not text.isascii():
        text = _plain_letters(text)
    for space in _ASCII_SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text if text.isprintable() else _CONTROL.sub("", text)


def _plain_letters(text: str) -> str:
    """All at once: text that is mostly beyond ASCII has as many runs as words, and as many calls."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text)).translate(_LOOKALIKES)
    kept = unicodedata.normalize("NFC", _INVISIBLE.sub("", letters))
    return _FOREIGN_SPACE.sub(" ", kept)


def folded(text: str) -> str:
    """``plain`` without case."""
    return plain(text).strip().casefold()


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether no letter or digit touches ``[start, end)``; scripts without spaces touch nothing."""
    return not (
        (start > 0 and _touch(text[start - 1], text[start]))
        or (end < len(text) and _touch(text[end - 1], text[end]))
    )


def _touch(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not (_GLUED.match(left) or _GLUED.match(right))


def secrets_of(
    addresses: Sequence[str],
    names: Sequence[str],
    private: Sequence[str],
    message_ids: Sequence[str],
    hosts: Sequence[str],
    aliases: Sequence[str],
    *,
    public_domains: frozenset[str],
    ordinary_words: frozenset[str] = frozenset(),
    shown: Sequence[str] = (),
) -> tuple[Secret, ...]:
    """All secrets of one author.

    ``shown`` is text that the reader is shown anyway (pseudonym, alias, name and domain of the service, the
    words of our own notices); a secret that is a whole word of it cannot be one. ``ordinary_words`` are
    lower-case words that count only with a capital letter.
    """
    found = [
        *_of_addresses(addresses, public_domains),
        *(secret for name in names for secret in _of_name(name)),
        *(_of_private(word) for word in private),
        *(Secret(written.strip(" <>"), "message id", whole_word=False) for written in message_ids),
        *(Secret(host, "host", whole_word=True) for host in hosts if not _is_public(host, public_domains)),
        *(secret for alias in aliases for secret in _of_alias(alias)),
    ]
    known = folded("\n".join(shown))
    unique: dict[tuple[str, bool], Secret] = {}  # a number is looked for as one, whatever else it is
    for secret in found:
        value = folded(secret.value)
        place = (value, secret.kind == "phone")
        if value and not _stands_in(known, value) and place not in unique:
            capital = value in ordinary_words and secret.kind in {"name", "local part"}
            unique[place] = Secret(secret.value, secret.kind, secret.whole_word, capital)
    return tuple(unique.values())


def _stands_in(text: str, value: str) -> bool:
    at = text.find(value)
    while at != -1:
        if stands_alone(text, at, at + len(value)):
            return True
        at = text.find(value, at + 1)
    return False


def _is_public(domain: str, public_domains: frozenset[str]) -> bool:
    """Tell whether a domain or one above it is a public provider's."""
    labels = domain.lower().strip(".").split(".")
    return any(".".join(labels[i:]) in public_domains for i in range(len(labels)))


def _of_addresses(addresses: Sequence[str], public_domains: frozenset[str]) -> Iterator[Secret]:
    for address in addresses:
        yield Secret(address, "address", whole_word=True)
        local, _, domain = address.rpartition("@")
        for part in sorted({local, local.partition("+")[0]}):
            if len(part) > 2 or not (part.isalpha() or part.isdigit()):
                yield Secret(part, "local part", whole_word=True)
        if domain.lower() not in public_domains:
            yield Secret(domain, "domain", whole_word=True)


def _of_alias(alias: str) -> Iterator[Secret]:
    yield Secret(alias, "alias", whole_word=True)
    local = alias.rpartition("@")[0]
    if len(local) >= _MIN_RANDOM:
        yield Secret(local, "alias", whole_word=True)


def _of_private(word: str) -> Secret:
    written = word.strip()
    if _PHONE.match(written) and sum(map(str.isdigit, written)) >= _MIN_PHONE_DIGITS:
        return Secret(written, "phone", whole_word=True)
    return Secret(written.split("://", 1)[-1].lstrip("@").rstrip("/"), "private", whole_word=True)


def _of_name(name: str) -> Iterator[Secret]:
    """Full name in each order, and the family name: before a comma, in capitals, or the last token."""
    before, _, after = unicodedata.normalize("NFC", name).partition(",")
    tokens, rest = _name_tokens(before), _name_tokens(after)
    everything = tokens + rest
    if everything and all(_CJK_NAME.match(token) for token in everything):
        if len("".join(everything)) > 1:
            yield Secret("".join(everything), "name", whole_word=True)
            yield Secret(" ".join(everything), "name", whole_word=True)
        return
    if len(everything) < 2:
        return
    capitals = [token for token in tokens if len(token) > 1 and token.isupper()]
    if rest:
        family, given = tokens, rest
    elif capitals and len(capitals) < len(tokens):
        family, given = capitals, [token for token in tokens if token not in capitals]
    else:
        family, given = tokens[-1:], tokens[:-1]
    given = [token for token in given if not _PARTICLE.match(token.lower())] or given
    core = [token for token in family if not _PARTICLE.match(token.lower())] or family
    for word in core:
        if sum(map(str.isalpha, word)) > 1:
            yield Secret(word, "name", whole_word=True)
    surname = " ".join(core)
    for first in sorted({" ".join(given), given[0]}):
        for full in (f"{first} {surname}", f"{surname} {first}", f"{surname}, {first}"):
            yield Secret(full, "name", whole_word=True)
        for glued in ((first + surname).replace(" ", ""), (surname + first).replace(" ", "")):
            if len(glued) >= _MIN_GLUED:
                yield Secret(glued, "name", whole_word=True)


def _name_tokens(text: str) -> list[str]:
    tokens = (token.strip(".,;:'-") for token in re.split(r"[\s()\"]+", text))
    return [token for token in tokens if token and not _NOT_A_NAME.match(token.lower())]
