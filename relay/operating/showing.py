"""How the commands of this package show things: ages, ids, lines of at most 80 characters, JSON."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from relay.flow.letters import ENTRY_REF_CHARS

WIDTH = 80
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def ref(row_id: bytes) -> str:
    """As many digits of an id as somebody types."""
    return row_id.hex()[:ENTRY_REF_CHARS]


def age(since: datetime, now: datetime) -> str:
    """How long ago, in its two largest units; what has not come yet is ``0 s``."""
    return span(now - since)


def span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    left = max(int(length.total_seconds()), 0)
    for number, (unit, size) in enumerate(_UNITS):
        if left >= size:
            count, rest = divmod(left, size)
            smaller = _UNITS[number + 1 : number + 2]
            second = rest // smaller[0][1] if smaller else 0
            return f"{count} {unit}" + (f" {second} {smaller[0][0]}" if second else "")
    return "0 s"


def instant(at: datetime) -> str:
    """An instant as a person reads it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def counted(count: int, one: str, many: str = "") -> str:
    """``1 message``, ``2 messages``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def times(count: int) -> str:
    """How often."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def labelled(label: str, text: str, width: int = 14) -> Iterator[str]:
    """A label and what belongs to it, wrapped beside it."""
    lines = textwrap.wrap(text, WIDTH - width, break_on_hyphens=False) or [""]
    yield f"{label:<{width}}{lines[0]}".rstrip()
    yield from (" " * width + line for line in lines[1:])


def told(text: str, indent: str = "") -> Iterator[str]:
    """A sentence or more, wrapped; further lines stand two characters further in."""
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they must be; where the line would be too long, the last stands on one of its own."""
    widths = [
        max(len(head), *(len(row[n]) for row in rows)) if rows else len(head) for n, head in enumerate(heads)
    ]
    for row in (heads, *rows):
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        if len(line) <= WIDTH:
            yield line
        else:
            yield "  ".join(
                f"{cell:<{width}}" for cell, width in zip(row[:-1], widths, strict=False)
            ).rstrip()
            yield from told(row[-1], " " * (widths[0] + 2))


def as_json(value: Any) -> str:
    """The same values for a program: instants in ISO 8601, ids as the table shows them."""
    return json.dumps(plain(value), indent=2, ensure_ascii=True)


def plain(value: Any) -> Any:
    """What JSON knows, of frozen values, instants and ids."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return ref(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
