"""Which column of a sheet is what, as the operator says in a TOML file.

Called by ``command``. A mapping names columns (``[columns]``), values for all rows (``[constants]``), how dates are
written (``dates``) and what stands between the columns (``delimiter``). One that names something that does not exist is
refused before anything is read, with a sentence for each mistake. Raises ``ConfigError``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relay.errors import ConfigError
from relay.referrals.findings import listed

FIELDS = (
    "id", "name", "description", "organization", "topics", "languages", "area", "town", "region", "country", "online",
    "phone", "text", "textphone", "fax", "web", "mail", "address", "hours", "cost", "ages", "minimum_age",
    "maximum_age", "status", "alert", "verified", "until",
)  # fmt: skip
"""What a column can be."""

_SETTINGS = {"columns", "constants", "dates", "delimiter"}
_ORDERS = {"", "dmy", "mdy"}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Columns by field, in small letters; several are read one behind the other."""

    columns: AnyMapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: AnyMapping[str, str] = field(default_factory=dict)
    dates: str = ""
    delimiter: str = ""
    file: str = ""


OWN_NAMES = Mapping({name: (name,) for name in FIELDS})
"""A sheet whose header has our own names needs no mapping."""


def read_mapping(path: Path) -> Mapping:
    """Read the file of a mapping. Raises ``ConfigError``."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            (f"{path}: cannot be read: {error.strerror}; give the path of the mapping",)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError((f"{path}: is no TOML: {error}",)) from None
    problems = [
        f"{path}: '{name}' is not known; a mapping has [columns], [constants], dates, delimiter"
        for name in sorted(set(raw) - _SETTINGS)
    ]
    columns = _part(raw, "columns", path, problems)
    constants = _part(raw, "constants", path, problems)
    named = {name: _columns(name, value, path, problems) for name, value in columns.items()}
    for name, value in constants.items():
        if not isinstance(value, str):
            problems.append(f"{path}: [constants] {name} must be a text in quotes")
    if "name" not in columns and not problems:
        problems.append(f'{path}: [columns] must say which column is the name: name = "…"')
    dates, delimiter = raw.get("dates", ""), raw.get("delimiter", "")
    if not isinstance(dates, str) or dates not in _ORDERS:
        problems.append(f'{path}: dates must be "dmy" (day first) or "mdy" (month first)')
    if not isinstance(delimiter, str) or len(delimiter) > 1:
        problems.append(f"{path}: delimiter must be one character")
    if problems:
        raise ConfigError(tuple(problems))
    return Mapping(
        named, {name: str(value) for name, value in constants.items()}, dates, delimiter, str(path)
    )


def _part(raw: dict[str, Any], name: str, path: Path, problems: list[str]) -> dict[str, Any]:
    part = raw.get(name, {})
    if not isinstance(part, dict):
        problems.append(f"{path}: [{name}] must be a table of names and values")
        return {}
    known = listed(FIELDS)
    problems += [
        f"{path}: [{name}] '{each}' is no field; the fields are {known}"
        for each in part
        if each not in FIELDS
    ]
    return part


def _columns(name: str, value: Any, path: Path, problems: list[str]) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        problems.append(f"{path}: [columns] {name} must be the name of a column, or a list of them")
        return ()
    return tuple(each.strip().casefold() for each in found)
