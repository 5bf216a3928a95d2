"""The full names in what mail shows as somebody's name.

People and their employers decorate it: ``Ana Ruiz (Example Ltd)``, ``Ana Ruiz | Support``,
``Ana Ruiz via Forum``, ``ana.ruiz``, a flower on either side. Taken as it stands, the last of those words would
pass for the family name, and the family name for a given name, which may stay. Called by ``flow.judging`` on
every name that is known of an author, before the replacement and the gate each read it in their own way.
Pure, linear, never fails; in doubt there are two names rather than none. Only what is made of everyday words alone
("I need help", "Mum and Dad") names nobody: replaced, it would take the same words out of the letter.
"""

from __future__ import annotations

import re

MAX_SHOWN_CHARS = 300
"""Longer ones are no name; what is over is not looked at."""

_BRACKETED = re.compile(r"[(\[{<][^()\[\]{}<>]*[)\]}>]")
_ADDRESS = re.compile(r"\S+@\S+")
_SEPARATOR = re.compile(r"\s*[|•·/\\;]\s*|\s+[-–—@:+&~]+\s+|:\s+|\s+(?:via|c/o)\s+", re.IGNORECASE)  # noqa: RUF001
_LETTERS = re.compile(r"[^\W\d_](?:.*[^\W\d_])?\.?,?")
_INNER_MARKS = re.compile(r"[._]+")
_DEVICE_WORDS = "iphone ipad android mobile phone handy smartphone samsung huawei laptop tablet"
_EVERYDAY_WORDS = """
i i'm me my mine need want please help thanks no not name none nobody someone somebody anyone anonymous anon
unknown guest user student girl boy kid child teen mum mom mummy mommy dad daddy mother father sad lonely
lost scared afraid tired broken one and the
ich brauche bitte hilfe niemand jemand anonym unbekannt kein mama papa und
j'ai besoin d'aide aide anonyme inconnu inconnue personne maman et necesito ayuda anónimo anónima nadie mamá papá
"""
# Words of which no name is made, also not by chance.
_DEVICES = frozenset(_DEVICE_WORDS.split())
_EVERYDAY = _DEVICES | frozenset(_EVERYDAY_WORDS.split())


def full_names(shown: str) -> tuple[str, ...]:
    """The names in a display name, each of two words or more; the whole, as it stands, when there are none.

    Empty when nobody is named: everyday words alone, or one word and its device ("Ana (mobile)", "Ana's phone").
    Without such a mark the second word is a name: there are people who are called Handy.
    """
    text = shown[:MAX_SHOWN_CHARS]
    if _names_nobody(text):
        return ()
    bare = _ADDRESS.sub(" ", _BRACKETED.sub(" ", text))
    pieces = [_words(piece) for piece in _SEPARATOR.split(bare)]
    names = [" ".join(words) for words in pieces if len(words) > 1]
    return tuple(dict.fromkeys(names)) or (shown,)


def _names_nobody(text: str) -> bool:
    words = _plain(text)
    if len(words) < 2 or _EVERYDAY.issuperset(words):
        return len(words) > 1
    others = [word for word in words if word not in _DEVICES]
    is_marked = others == _plain(_BRACKETED.sub(" ", text)) or others[0].endswith("'s")
    return len(others) == 1 < len(words) and is_marked


def _plain(text: str) -> list[str]:
    """The words in small letters, without what surrounds them."""
    tokens = (_LETTERS.search(token) for token in text.replace("\u2019", "'").split())
    return [match.group().casefold() for match in tokens if match]


def _words(piece: str) -> list[str]:
    """The words of a piece without what surrounds them; one word with dots in it is several."""
    found = (_LETTERS.search(token) for token in piece.split())
    words = [match.group() for match in found if match]
    if len(words) == 1:
        parts = [part for part in _INNER_MARKS.split(words[0]) if part]
        return parts if all(len(part) > 1 for part in parts) else words
    return words
