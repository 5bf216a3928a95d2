"""The words in which the inventory says how something is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Held(Enum):
    """How a column is held; the value is the sentence of the documentation."""

    ID = "clear: random octets of ours"
    WORD = "clear: a word of a closed list"
    INSTANT = "clear: an instant"
    NUMBER = "clear: a number"
    FLAG = "clear: yes or no"
    DERIVED = "clear: derived from keys or settings, and tells nothing of them"
    PUBLIC = "clear: copied from public directories"
    COUNTED = "clear: a word or figure of the statistics"
    INDEX = "blind index"
    OF_CONVERSATION = "sealed with the data key of the conversation"
    OF_ENTRY = "sealed with the data key of the entry"
    OF_DELIVERY = "sealed with the data key of the delivery"
    OF_OWNER = "sealed with the data key of its owner"
    OF_COUNSELORS = "sealed with the key for counselor ids"
    OF_LINE = "sealed with the key for the line's own keys"
    OF_ROWS = "sealed with the key for what rows in clear say"
    WRAPPED = "a key, wrapped with the wrapping key"

    @property
    def is_sealed(self) -> bool:
        return self.name.startswith("OF_") or self is Held.WRAPPED


@dataclass(frozen=True, slots=True)
class Field:
    """One column. ``words``: the closed lists that its words are of. ``life``: where it is shorter than the row's."""

    held: Held
    purpose: str
    life: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """One table: what a row is, and until when it is kept."""

    purpose: str
    life: str
    fields: Mapping[str, Field]


def word(purpose: str, *lists: type[Enum] | str) -> Field:
    """A word of a closed list."""
    words = (each if isinstance(each, str) else [one.value for one in each] for each in lists)
    flat = tuple(w for each in words for w in ([each] if isinstance(each, str) else each))
    return Field(Held.WORD, purpose, words=flat)


def ours(purpose: str) -> Field:
    """Random octets of ours."""
    return Field(Held.ID, purpose)


def instant(purpose: str) -> Field:
    """An instant."""
    return Field(Held.INSTANT, purpose)


def number(purpose: str) -> Field:
    """A number."""
    return Field(Held.NUMBER, purpose)


def flag(purpose: str) -> Field:
    """Yes or no."""
    return Field(Held.FLAG, purpose)


def index(purpose: str) -> Field:
    """A blind index."""
    return Field(Held.INDEX, purpose)


def counted(purpose: str) -> Field:
    """A word or a figure of the statistics."""
    return Field(Held.COUNTED, purpose)


def public(purpose: str) -> Field:
    """What was published."""
    return Field(Held.PUBLIC, purpose)


NODE = number("of several daemons, which works on it")
LEASE = instant("until when somebody works on it")
FENCE = number("leases so far: whoever comes with an older one writes nothing")
ITS_CONVERSATION = ours("the conversation that it belongs to")
WITH_CONVERSATION = "as long as the conversation"
