"""A question to a full-text search as a value: words and marks, joined. ``referral_words`` makes it, and each of
``referral_fts5`` and ``referral_tsvector`` writes it in the language of its database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Where(Enum):
    """In which words of an entry: its name and topics; those and its line and places; the made-up ones."""

    STRONG = "strong"
    TEXT = "text"
    MARKS = "marks"


@dataclass(frozen=True, slots=True)
class Term:
    """One word as ``words_of`` folds it, letters and digits only; ``is_begun``: any word that begins so."""

    word: str
    is_begun: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Each of them."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class But:
    """The one and not the other."""

    wanted: Expression
    unwanted: Expression


@dataclass(frozen=True, slots=True)
class In:
    """Terms within, looked for there."""

    where: Where
    asked: Expression


Expression = Term | All | AnyOf | But | In
