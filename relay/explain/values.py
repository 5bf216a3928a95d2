"""What an explanation is made of: frozen values that ``terminal`` and ``page`` write. Nothing here is a secret.

Every field is a constant of ours, a count, or text of the author in which the hidden things are blocks already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from relay.domain.conversations import Side


class Fate(Enum):
    """What became of one thing; shown as it stands here."""

    KEPT = "kept"
    REWRITTEN = "rewritten"
    REPLACED = "replaced"
    CUT = "cut"
    REMOVED = "removed"
    MADE_ANEW = "made anew"
    READ = "read, not passed on"
    UNREAD = "not looked at"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing with its fate: a header field, a part, a kind of change.

    ``where`` is a part's path in the tree, ``also`` names the part's fields that go with it.
    """

    what: str
    fate: Fate
    why: str
    count: int = 1
    where: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the author's text: words that stay, or a block that stands for what does not."""

    text: str
    is_block: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """The new message as its reader sees it; the reader's own address is not shown here either."""

    headers: tuple[tuple[str, str], ...]
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one message. ``verdict`` and ``notes`` are sentences; ``received`` is empty when held."""

    author: Side
    verdict: str
    notes: tuple[str, ...] = ()
    headers: tuple[Row, ...] = ()
    parts: tuple[Row, ...] = ()
    subject: tuple[Piece, ...] = ()
    text: tuple[Piece, ...] = ()
    changes: tuple[Row, ...] = ()
    received: Received | None = None
