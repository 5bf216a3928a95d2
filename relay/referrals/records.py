"""JSON with line numbers: the records of a file, each with the line on which it begins.

Called by the readers of JSON. Records are the elements of lists at the top of the document, or the document itself. A
file that breaks off gives what came before, and a finding with line and column.

Standards: RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from relay.referrals.findings import Reading

_DECODER = json.JSONDecoder()
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Record:
    """One value. ``key``: the name of the list at the top that it is in; empty for a list without a name."""

    key: str
    line: int
    value: Any


@dataclass(slots=True)
class Document:
    """What a file holds: records, and the plain values beside the lists (``total_pages``)."""

    records: list[Record]
    beside: dict[str, Any]
    is_object: bool

    def whole(self) -> dict[str, Any]:
        """The document as the one object that it is."""
        value: dict[str, Any] = dict(self.beside)
        for record in self.records:
            value.setdefault(record.key, []).append(record.value)
        return value


class _Lines:
    """Line numbers of places that come in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def of(self, place: int) -> int:
        self._line += self._text.count("\n", self._at, place)
        self._at = place
        return self._line


def read_json(text: str, file: str, reading: Reading) -> Document:
    """The records of a document. What is wrong with it is in ``reading``."""
    document = Document([], {}, is_object=False)
    try:
        for record in _top(text, document):
            document.records.append(record)
    except json.JSONDecodeError as error:
        reading.bad(file, error.lineno, str(error.colno), f"is no JSON from here on ({error.msg})")
        reading.is_whole = False
    except RecursionError:
        reading.bad(file, 0, "", "is nested deeper than any directory")
        reading.is_whole = False
    return document


def _top(text: str, document: Document) -> Generator[Record, None, None]:
    lines = _Lines(text)
    place = _skip(text, 1 if text.startswith("\ufeff") else 0)
    if text.startswith("[", place):
        end = yield from _elements(text, place, "", lines)
    elif text.startswith("{", place):
        document.is_object = True
        end = yield from _members(text, place, document, lines)
    else:
        raise json.JSONDecodeError("a list or an object was expected", text, place)
    if _skip(text, end) != len(text):
        raise json.JSONDecodeError("something stands behind the end", text, _skip(text, end))


def _members(text: str, place: int, document: Document, lines: _Lines) -> Generator[Record, None, int]:
    place = _skip(text, place + 1)
    if text.startswith("}", place):
        return place + 1
    while True:
        if not text.startswith('"', place):
            raise json.JSONDecodeError("a name in quotes was expected", text, place)
        key, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
        if not text.startswith(":", place):
            raise json.JSONDecodeError("a colon was expected", text, place)
        place = _skip(text, place + 1)
        if text.startswith("[", place):
            place = yield from _elements(text, place, key, lines)
        else:
            value, place = _DECODER.raw_decode(text, place)
            document.beside[key] = _sound(value)
        place = _skip(text, place)
        if text.startswith("}", place):
            return place + 1
        if not text.startswith(",", place):
            raise json.JSONDecodeError("a comma was expected", text, place)
        place = _skip(text, place + 1)


def _elements(text: str, place: int, key: str, lines: _Lines) -> Generator[Record, None, int]:
    place = _skip(text, place + 1)
    if text.startswith("]", place):
        return place + 1
    while True:
        value, end = _DECODER.raw_decode(text, place)
        yield Record(key, lines.of(place), _sound(value) if _HALF.search(text, place, end) else value)
        place = _skip(text, end)
        if text.startswith("]", place):
            return place + 1
        if not text.startswith(",", place):
            raise json.JSONDecodeError("a comma was expected", text, place)
        place = _skip(text, place + 1)


def _sound(value: Any) -> Any:
    """A value without halves of characters, which JSON can write and nothing else can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_sound(each) for each in value]
    if isinstance(value, dict):
        return {_sound(key): _sound(each) for key, each in value.items()}
    return value


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
