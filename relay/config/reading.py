"""From a folder to settings, or to every reason why not.

``load`` is called at start-up, by ``relay check``, and again on SIGHUP, when a failure must leave the old
settings alone: it changes nothing anywhere. Each section and each element of a list is read on its own, so
that one mistake does not hide the next, and ``checks`` sees all that could be read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relay.config import places
from relay.config.checks import Found, check
from relay.config.crisis import OPTIONAL_SECTIONS
from relay.config.schema import COUNSELORS_FILE, RELAY_FILE, SECTIONS
from relay.config.section import Section
from relay.config.settings import Settings
from relay.config.wording import Finding, sentence, unknown_section
from relay.errors import ConfigError

MAX_FILE_BYTES = 1_048_576
"""1 MiB: some 3,000 counselors. More is not a configuration, and would be read slowly."""

_TOML_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)\Z")


@dataclass(frozen=True, slots=True)
class _File:
    """One file as TOML: its tables, and on which lines its keys stand."""

    name: str
    tables: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[places.Path, int] = field(default_factory=dict)
    problem: str = ""


def load(folder: Path, *, known_languages: Collection[str] | None = None) -> Settings:
    """Read and check the files of ``folder``. Raises ``ConfigError`` with every problem found.

    ``known_languages``: those that there are texts in; when given, others are refused for intakes and the
    service. Where systemd put credentials is read from the environment, as systemd means it.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise ConfigError((f"{folder}: is not a folder; --config names the one with {RELAY_FILE} in it",))
    there = [*SECTIONS, *(name for name in OPTIONAL_SECTIONS if (folder / name).exists())]
    files = {name: _read(folder / name) for name in there}
    found, findings = _sections(files.values(), folder)
    findings += check(found, known_languages)
    problems = [file.problem for file in files.values() if file.problem]
    findings.sort(key=lambda finding: finding.order(files[finding.file].lines))
    problems += dict.fromkeys(finding.render(files[finding.file].lines) for finding in findings)
    if problems:
        raise ConfigError(tuple(problems))
    return Settings(folder, **found.complete())


def _read(path: Path) -> _File:
    name = path.name
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return _File(
            name, problem=f"{name}: is missing; {RELAY_FILE} and {COUNSELORS_FILE} stand side by side"
        )
    except OSError as error:
        return _File(
            name, problem=f"{name}: cannot be read ({error.strerror}); it must be readable by relay's user"
        )
    if len(octets) > MAX_FILE_BYTES:
        return _File(name, problem=f"{name}: is larger than 1 MiB, which no configuration is")
    try:
        text = octets.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        return _File(name, problem=f"{name}:{line}: is not UTF-8 text; save it with that encoding")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _File(name, problem=_toml_problem(name, str(error), text))
    except RecursionError:
        return _File(name, problem=f"{name}: has brackets within brackets without end")
    return _File(name, tables, places.locate(text))


def _toml_problem(name: str, message: str, text: str) -> str:
    """Tell a TOML mistake: its place from the parser, the words ours (the parser's may repeat a key)."""
    place = _TOML_PLACE.search(message)
    line = int(place[1]) if place else max(1, len(text.rstrip().split("\n")))
    column = f" in column {place[2]}" if place else " at the end"
    if "overwrite" in message or "declare" in message or "twice" in message or "Duplicate" in message:
        return f"{name}:{line}: says something twice; the key or table stands in the file before"
    return (
        f'{name}:{line}: is not TOML{column}; texts stand in "quotes", lists in [brackets], comments after #'
    )


def _sections(files: Iterable[_File], folder: Path) -> tuple[Found, list[Finding]]:
    found, findings = Found(), []
    for file in files:
        known = {**SECTIONS, **OPTIONAL_SECTIONS}[file.name]
        findings += [
            Finding(file.name, (key,), unknown_section(key, file.name))
            for key in file.tables
            if key not in known
        ]
        for name, section in known.items() if not file.problem else ():
            value = file.tables.get(name, [] if section.is_list else {})
            if section.is_list and not isinstance(value, list):
                findings.append(Finding(file.name, (name,), f"is a table that may repeat; write [[{name}]]"))
                value = [value]
            elements = list(enumerate(value)) if section.is_list else [(None, value)]
            if not elements and section.may_be_none:
                found.many.setdefault(name, {})
            elif not elements:
                findings.append(Finding(file.name, (name,), f"there is none; write at least one [[{name}]]"))
            for index, table in elements:
                path: places.Path = (name,) if index is None else (name, index)
                read, problems = _section(section, table, file.name, path, folder)
                findings += problems
                found.add(name, index, read)
    return found, findings


def _section(
    section: type[Section], table: Any, file: str, path: places.Path, folder: Path
) -> tuple[Section | None, list[Finding]]:
    if not isinstance(table, dict):
        brackets = f"[[{path[0]}]]" if section.is_list else f"[{path[0]}]"
        return None, [Finding(file, path, f"must be a table; write {brackets} on a line of its own")]
    try:
        return section.model_validate(table, context=folder), []
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_input=False)
        return None, [
            Finding(file, (*path, *error["loc"]), sentence(error, section.model_fields)) for error in errors
        ]
