# ruff: noqa: RUF001  (letters of other scripts look like Latin ones, and are meant)
"""Two answers in a letter: a number from 1 to 5, and yes or no, as people type them.

Called by ``flow.feedback``. Only lines that hold nothing else are answers: "I have 3 children and no money" is none.
More than one number, or yes and no, is nothing clear. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from relay.mail.seeker_tables import COURTESIES
from relay.mail.seeker_words import folded

YES = "yes | ja | oui | si | sí | sim | نعم | أجل | evet | tak | да | так"
NO = "no | nein | non | não | nao | لا | كلا | hayır | nie | нет | ні | nee"

MAX_LINES = 40
_OF_FIVE = re.compile(r"([1-5]) ?(?:/|of|out of|von|sur|de|من) ?5\b")
_QUESTION_NUMBER = re.compile(r"\s*[12]\s*[.):]\s*(?=\S)")


@dataclass(frozen=True, slots=True)
class Answers:
    """``helped``: 1 to 5, 0 for none; ``again``: ``yes``, ``no`` or empty. ``has_more``: there are other words."""

    helped: int = 0
    again: str = ""
    has_more: bool = False

    @property
    def says_something(self) -> bool:
        return bool(self.helped or self.again)


def answers(text: str, names: Sequence[str] = ()) -> Answers:
    """The answers in somebody's own words. ``names``: what their mail program calls them, which says nothing."""
    known = {part for name in names for part in folded(name).split()}
    numbers: set[int] = set()
    again: set[str] = set()
    lines = [line for line in text.split("\n") if line.strip()]
    has_more = len(lines) > MAX_LINES
    for line in lines[:MAX_LINES]:
        found = _line(line, known)
        if found is None:
            has_more = True
            continue
        numbers |= found[0]
        again |= found[1]
    is_clear = len(numbers) < 2 and len(again) < 2
    if not is_clear:
        return Answers(has_more=True)
    return Answers(next(iter(numbers), 0), next(iter(again), ""), has_more)


def _line(line: str, known: set[str]) -> tuple[set[int], set[str]] | None:
    """The numbers and words of a line of answers; ``None`` for one that says something else."""
    shown = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in line.casefold())
    shown = _OF_FIVE.sub(r"\1", _QUESTION_NUMBER.sub("", shown))
    numbers: set[int] = set()
    again: set[str] = set()
    for word in _without_courtesies(folded(shown)).split():
        if word in _words(YES):
            again.add("yes")
        elif word in _words(NO):
            again.add("no")
        elif len(word) == 1 and word in "12345":
            numbers.add(int(word))
        elif word not in known:
            return None
    return numbers, again


def _without_courtesies(said: str) -> str:
    padded = f" {said} "
    for courtesy in _courtesies():
        padded = padded.replace(f" {courtesy} ", " ")
    return padded.strip()


@cache
def _courtesies() -> tuple[str, ...]:
    return tuple(sorted(filter(None, map(folded, COURTESIES.split("|"))), key=len, reverse=True))


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(folded, text.split("|"))))
