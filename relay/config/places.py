"""On which line of a TOML text each key stands: for error messages that lead the operator to the place.

``reading`` calls it with text that ``tomllib`` has already accepted, so it need not find mistakes; it never
fails, and what it does not find has simply no line. One pass, linear time, no recursion (TOML 1.0).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys and, in lists and arrays of tables, indexes from 0, as in ``("counselor", 1, "duty", 0)``."""

_TOKEN = re.compile(
    r'''(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^']|'(?!\'\'))*'{3,5}'''
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
    r"""|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<line>\n)"""
    r"""|(?P<sign>[\[\]{},=.])|(?P<word>[^\s\[\]{},=.#"']+)|(?P<other>.)""",
    re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class _Open:
    """A value that goes on: a list with the index of its present item, or an inline table."""

    path: Path
    is_list: bool
    index: int = 0


@dataclass(slots=True)
class _Walk:
    """Where the walk is: the present table, the key being read, the open values, and what was found."""

    lines: dict[Path, int] = field(default_factory=dict)
    counts: dict[Path, int] = field(default_factory=dict)
    table: Path = ()
    key: list[str] = field(default_factory=list)
    opened: list[_Open] = field(default_factory=list)
    in_value: bool = False
    value_path: Path = ()

    def note(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)

    def header(self, keys: list[str], line: int, *, is_array: bool) -> None:
        """``[a.b]`` and ``[[a.b]]``: a name that is an array of tables means its last element."""
        path: Path = ()
        for place, name in enumerate(keys):
            path = (*path, name)
            self.note(path, line)
            if is_array and place == len(keys) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
                self.note(path, line)
        self.table = path

    def assign(self, line: int) -> None:
        """``a.b =``: the value that follows belongs to this path and those on the way to it."""
        path = self.opened[-1].path if self.opened else self.table
        for name in self.key:
            path = (*path, name)
            self.note(path, line)
        self.key, self.in_value, self.value_path = [], True, path

    def value(self, token: _Token) -> None:
        """One token of a value; scalars need no more than the line of their beginning."""
        innermost = self.opened[-1] if self.opened else None
        if innermost and innermost.is_list and token.text != "]":
            if token.kind == "sign" and token.text == ",":
                innermost.index += 1
                return
            self.value_path = (*innermost.path, innermost.index)
            self.note(self.value_path, token.line)
        if token.kind == "sign" and token.text in ("[", "{"):
            self.opened.append(_Open(self.value_path, token.text == "["))
            self.in_value = token.text == "["
        elif token.kind == "sign" and token.text in ("]", "}", ",") and innermost:
            if token.text != ",":
                self.opened.pop()
            self.in_value = token.text != ","


def locate(text: str) -> dict[Path, int]:
    """Map every key, table and list item of a valid TOML text to its line, counted from 1."""
    walk = _Walk()
    tokens = _tokens(text)
    for token in tokens:
        if token.kind == "line":
            if not walk.opened:
                walk.in_value, walk.key = False, []
        elif walk.in_value:
            walk.value(token)
        elif token.text == "=" and token.kind == "sign":
            walk.assign(token.line)
        elif token.text == "[" and token.kind == "sign" and not walk.opened:
            names, brackets = _header_names(tokens)
            walk.header(names, token.line, is_array=brackets > 0)
        elif token.text == "}" and token.kind == "sign" and walk.opened:
            walk.opened.pop()
            walk.in_value = True
        elif token.kind in ("text", "word"):
            walk.key.append(_name(token))
    return walk.lines


def _header_names(tokens: Iterator[_Token]) -> tuple[list[str], int]:
    """Read the rest of a header line after its first bracket: names, and how many more brackets opened."""
    names, brackets = [], 0
    for token in tokens:
        if token.text == "]" and token.kind == "sign":
            break
        if token.kind in ("text", "word"):
            names.append(_name(token))
        elif token.text == "[":
            brackets += 1
    if brackets:
        next(tokens, None)
    return names, brackets


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield _Token(match.lastgroup or "other", match.group(), line)
        line += match.group().count("\n")


def _name(token: _Token) -> str:
    if token.kind == "word":
        return token.text
    try:
        return str(next(iter(tomllib.loads(f"{token.text} = 0"))))
    except tomllib.TOMLDecodeError:  # the text was no TOML after all
        return token.text
