"""From what somebody types to a question for the directory: ``lgbt youth @Leeds en 3``.

``@Leeds`` or ``@"San Mateo"`` names the place, a country code in capitals (``GB``) or ``country:GB`` the country,
a language code in small letters (``en``) or ``lang:en`` the language, ``age:16`` the age, ``topic:legal`` a topic
that must be there, ``open:sat`` or ``open:sat-18:30`` when somebody is there, ``free`` and ``online`` what they say,
a single digit how many. Everything else is a word to look for. Whether one of these words is a place, the directory
knows (``possible_places``, ``with_place``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from relay.domain.referral_ranking import Wanted
from relay.domain.referrals import place_key

MAX_WORDS = 12
"""More words than a person would type; the rest is not looked for."""

_MAX_AGE = 120
_PLACE_WORDS = 3
_PART = re.compile(r'@"([^"]+)"|@(\S+)|(\w+):(\S+)|(\S+)')
_CODES = """
am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km ko ku
ky lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th ti tl tr uk ur uz vi zh
"""
_LANGUAGES = frozenset(_CODES.split())
_ALSO_WORDS = frozenset({"am", "he", "id", "is", "it", "my", "no", "so"})
"""Codes that are English words, too: a language only after ``lang:``."""
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As in the lines of the rota."""
_OPEN = re.compile(r"(?P<day>[a-z]{3})[a-z]*(?:-(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d))?)?\Z")


def parse(text: str) -> Wanted:
    """Read a question; never fails."""
    wanted = Wanted()
    words: list[str] = []
    for quoted, place, name, value, word in _PART.findall(text):
        if quoted or place:
            wanted = replace(wanted, place=(quoted or place.replace("_", " ")).strip())
        elif name:
            wanted = _told(wanted, name.casefold(), value, words)
        else:
            wanted = _word(wanted, word, words)
    return replace(wanted, words=tuple(words[:MAX_WORDS]))


def _told(wanted: Wanted, name: str, value: str, words: list[str]) -> Wanted:
    """Something with its name before it."""
    if name == "lang":
        return replace(wanted, languages=(*wanted.languages, value.casefold()))
    if name == "country":
        return replace(wanted, countries=(*wanted.countries, value.upper()))
    if name == "topic":
        return replace(wanted, topics=(*wanted.topics, value))
    if name == "age" and value.isdecimal() and int(value) <= _MAX_AGE:
        return replace(wanted, age=int(value))
    if name == "open" and (open_at := _opening(value.casefold())):
        return replace(wanted, open_at=open_at)
    words.extend((name, value))
    return wanted


def _opening(text: str) -> tuple[int, int | None] | None:
    """``sat``, ``sat-18`` or ``saturday-18:30``: the day and, where there is one, the minute of it."""
    found = _OPEN.match(text)
    if found is None or found["day"] not in _DAYS:
        return None
    minute = int(found["hour"]) * 60 + int(found["minute"] or 0) if found["hour"] else None
    return _DAYS.index(found["day"]), minute


def _word(wanted: Wanted, word: str, words: list[str]) -> Wanted:
    """A bare word, where it is not one of ours."""
    if len(word) == 1 and word.isdecimal() and word != "0":
        return replace(wanted, count=int(word))
    if word == "free":
        return replace(wanted, is_free=True)
    if word == "online":
        return replace(wanted, is_online=True)
    if word in _LANGUAGES - _ALSO_WORDS:
        return replace(wanted, languages=(*wanted.languages, word))
    if _COUNTRY.match(word):
        return replace(wanted, countries=(*wanted.countries, word))
    words.append(word)
    return wanted


def possible_places(wanted: Wanted) -> tuple[str, ...]:
    """Keys of everything in the question that could name a place."""
    if wanted.place:
        return (place_key(wanted.place),)
    return tuple(key for _, _, key in _runs(wanted.words))


def with_place(wanted: Wanted, known: Collection[str]) -> Wanted:
    """The longest run of words that the directory knows as a place becomes the place; the last of several."""
    if wanted.place:
        return wanted
    found = [(start, end) for start, end, key in _runs(wanted.words) if key in known]
    if not found:
        return wanted
    start, end = max(found, key=lambda run: (run[1] - run[0], run[0]))
    rest = (*wanted.words[:start], *wanted.words[end:])
    return replace(wanted, place=" ".join(wanted.words[start:end]), words=rest)


def _runs(words: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Up to three words in a row, with their key."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + _PLACE_WORDS, len(words)) + 1):
            if key := place_key(" ".join(words[start:end])):
                yield start, end, key
