"""Reads folders of reading lists: short texts and pointers to good ones, each a Markdown file with a head.

    ---
    title: Sleeping when your head does not stop
    language: en
    topics: sleep, anxiety
    checked: 2026-11-30
    about: What helps on a bad night.        (one line; may be missing)
    link: https://www.example.org/sleep      (where it is to be read; may be missing)
    ---
    The text, as it is sent.

``<name>.<language>.md``: ``!insert sleep-tips`` looks for ``sleep-tips`` in the seeker's language. Called at start and
by ``relay check``; a later folder replaces what has the same name and language in an earlier one. Raises
``ConfigError`` with every problem, each with file, line and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from relay.domain.reading import Reading, Shelf
from relay.errors import ConfigError
from relay.mail.links import tidy_text, tidy_url

MAX_FILE_OCTETS = 16_384
"""A few pages; more belongs on a web site."""
MAX_TEXT_CHARS = 6_000
MAX_LINE_CHARS = 200

_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,39})\.(?P<language>[a-z]{2,3}(?:-[a-z0-9]{2,8})?)\.md\Z")
_FENCE = "---"
_NEEDED = ("title", "language", "topics", "checked")
_KNOWN = frozenset({*_NEEDED, "about", "link"})
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def read_shelf(folders: Sequence[Path]) -> Shelf:
    """Everything in these folders; one that is not there holds nothing. Raises ``ConfigError``."""
    found: dict[tuple[str, str], Reading] = {}
    problems: list[str] = []
    for folder in folders:
        for file in sorted(folder.glob("*.md")) if folder.is_dir() else ():
            reading = _read(file, f"{folder.name}/{file.name}", problems)
            if reading is not None:
                found[reading.name, reading.language] = reading
    if problems:
        raise ConfigError(tuple(problems))
    return Shelf(tuple(found.values()))


def _read(file: Path, shown: str, problems: list[str]) -> Reading | None:
    named = _NAME.match(file.name)
    if named is None:
        problems.append(f"{shown}: is not named like a text; call it sleep-tips.en.md, with its language")
        return None
    lines = _lines(file, shown, problems)
    if lines is None:
        return None
    before = len(problems)
    head, body = _head(lines, shown, problems)
    values = {key: value for key, (_, value) in head.items()}
    problems += [f"{shown}:{line}: {what}" for line, what in _wrong(head, named["language"])]
    problems += [f"{shown}:{line}: {what}" for line, what in _wrong_lines(body, len(lines) - len(body) + 1)]
    text = "\n".join(body).strip("\n")
    if not (text or values.get("link")):
        problems.append(f"{shown}:{len(lines)}: has neither a text nor a link to one")
    if len(text) > MAX_TEXT_CHARS:
        problems.append(
            f"{shown}: is longer than {MAX_TEXT_CHARS} characters, more than anybody reads in a mail"
        )
    if len(problems) > before:
        return None
    topics = tuple(filter(None, (each.strip() for each in values["topics"].split(","))))
    return Reading(named["name"], values["language"], values["title"], topics, date.fromisoformat(values["checked"]),
                   text, values.get("about", ""), values.get("link", ""))  # fmt: skip


def _lines(file: Path, shown: str, problems: list[str]) -> list[str] | None:
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_FILE_OCTETS + 1)
    except OSError:
        problems.append(f"{shown}: cannot be read")
        return None
    if len(octets) > MAX_FILE_OCTETS:
        problems.append(f"{shown}: is larger than {MAX_FILE_OCTETS} octets; a text is a few pages at most")
        return None
    try:
        lines = [line.rstrip() for line in octets.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        problems.append(f"{shown}:{line}: is not UTF-8; save it as UTF-8")
        return None
    problems += [
        f"{shown}:{number}: holds a control character; use spaces and ordinary line ends"
        for number, line in enumerate(lines, 1)
        if _CONTROL.search(line)
    ]
    return lines


def _head(
    lines: Sequence[str], shown: str, problems: list[str]
) -> tuple[dict[str, tuple[int, str]], Sequence[str]]:
    """Keys with their line and value, and what comes behind the head."""
    end = next((place for place, line in enumerate(lines[1:], 1) if line == _FENCE), None)
    if lines[0] != _FENCE or end is None:
        problems.append(f"{shown}:1: has no head; it begins with a line '{_FENCE}', then title, language, topics and "
                        f"checked, then '{_FENCE}' again")  # fmt: skip
        return {}, ()
    head: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[1:end], 2):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not line or line.startswith("#"):
            continue
        if not colon or key not in _KNOWN:
            problems.append(
                f"{shown}:{number}: is none of {', '.join(sorted(_KNOWN))}, each with a colon and a value"
            )
        elif key in head:
            problems.append(f"{shown}:{number}: {key} stands here twice")
        else:
            head[key] = (number, value)
    problems += [f"{shown}:1: {key} is missing in the head" for key in _NEEDED if key not in head]
    return head, lines[end + 1 :]


def _wrong_lines(body: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """What may not stand in a text that is sent, with its line."""
    for number, line in enumerate(body, first):
        if line.lstrip().startswith(("!", "\u00a1", "\uff01", ">", "--")):
            yield number, "begins like a command, a quote or a signature; begin it otherwise"
        if tidy_text(line, "") != line:
            yield number, "holds a web address that follows its readers, or cannot be read"


def _wrong(head: dict[str, tuple[int, str]], language: str) -> Iterator[tuple[int, str]]:
    """What is wrong with the values of a head, with their lines."""
    for key, (line, value) in head.items():
        if not value:
            yield line, f"{key} is empty"
        elif len(value) > MAX_LINE_CHARS:
            yield line, f"{key} is longer than {MAX_LINE_CHARS} characters"
        elif key == "language" and value != language:
            yield line, f"language is {value}, and the file's name says {language}"
        elif key == "checked":
            try:
                date.fromisoformat(value)
            except ValueError:
                yield line, "checked is no date; write it as 2026-05-31"
        elif key == "link" and tidy_url(value) != value:
            yield (
                line,
                "link is no plain web address; write it with https:// and without anything that follows readers",
            )
