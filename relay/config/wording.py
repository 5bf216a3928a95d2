"""Findings, and how they are told: which file, which line, which key, what is wrong, what to do.

``reading`` collects findings from pydantic and ``checks`` adds its own; both are turned into lines here.
Whatever pydantic says beside its error type is not used: some of its texts repeat the input.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from relay.config.crisis import OPTIONAL_SECTIONS
from relay.config.places import Path
from relay.config.schema import SECTIONS

_ALL = {**SECTIONS, **OPTIONAL_SECTIONS}
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")

_MEANT: Mapping[str, tuple[str, ...]] = {
    "port": ("listen",),
    "bind": ("listen",),
    "host": ("listen",),
    "address": ("listen", "host"),
    "server": ("host",),
    "hostname": ("host", "domain"),
    "smarthost": ("host",),
    "user": ("username",),
    "login": ("username",),
    "password": ("password_file",),
    "email": ("address",),
    "mail": ("address",),
    "nickname": ("pseudonym",),
    "alias": ("pseudonym",),
    "shift": ("duty",),
    "shifts": ("duty",),
    "rota": ("duty",),
    "schedule": ("duty",),
    "hours": ("duty",),
    "aliases": ("also_from",),
    "database": ("url",),
    "path": ("url",),
    "key": ("master_key_file", "tls_key"),
    "key_file": ("master_key_file", "tls_key"),
    "certificate": ("tls_certificate",),
    "cert": ("tls_certificate",),
    "starttls": ("tls",),
    "admin": ("operator",),
    "max_size": ("max_message_bytes",),
    "timeout": ("time_limit_s",),
    "memory": ("memory_limit_mb",),
}
"""What other programs call our keys: the first that the section has is suggested."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``path`` as in ``places``; ``sentence`` goes on after the key."""

    file: str
    path: Path
    sentence: str

    def render(self, lines: Mapping[Path, int]) -> str:
        """Write ``file:line: key: sentence``; without an own line, that of the nearest table around it."""
        line = next(
            (lines[self.path[:n]] for n in range(len(self.path), 0, -1) if self.path[:n] in lines), None
        )
        place = self.file if line is None else f"{self.file}:{line}"
        return f"{place}: {dotted(self.path)}: {self.sentence}" if self.path else f"{place}: {self.sentence}"

    def order(self, lines: Mapping[Path, int]) -> tuple[int, int]:
        """Sorts as the files read: ``relay.toml`` first, then by line."""
        near = (lines[self.path[:n]] for n in range(len(self.path), 0, -1) if self.path[:n] in lines)
        return (list(_ALL).index(self.file), next(near, 0))


def dotted(path: Path) -> str:
    """Write a path as people do: ``counselor[2].duty[1]``, counted from 1; a strange key is not repeated."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            text += ("." if text else "") + (step if _PLAIN_KEY.match(step) else "(a key not shown)")
    return text


def unknown_key(key: str, known: Collection[str]) -> str:
    """Say that a key is unknown, and which one was probably meant."""
    meant = [name for name in _MEANT.get(key.lower(), ()) if name in known]
    near = meant or difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.6)
    if near:
        return f"unknown key; did you mean {near[0]}?"
    homes = [
        f"[{name}] of {file}"
        for file, sections in SECTIONS.items()
        for name, section in sections.items()
        if key in section.model_fields
    ]
    if len(homes) == 1:
        return f"unknown key here; it belongs in {homes[0]}"
    return f"unknown key; take it out, or take one of {', '.join(sorted(known))}"


def unknown_section(key: str, file: str) -> str:
    """Say that a table is unknown, and where it belongs or what was meant."""
    home = next((name for name, sections in _ALL.items() if key in sections), None)
    if home:
        return f"belongs in {home}"
    near = difflib.get_close_matches(key.lower(), _ALL[file], n=1, cutoff=0.6)
    if near:
        return f"unknown section; did you mean {near[0]}?"
    return unknown_key(key, _ALL[file])


def sentence(error: Mapping[str, Any], known: Collection[str]) -> str:
    """Turn one pydantic error into words; ``known`` are the keys of the section it stands in."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    match kind:
        case "extra_forbidden":
            return unknown_key(str(error["loc"][-1]), known)
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"must be {context['expected']}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "too_short":
            return "must not be empty"
        case "too_long":
            return f"has too many items; at most {context['max_length']}"
    return _PLAIN_WORDS.get(kind, "is not a value that is taken here; see the example configuration")


_PLAIN_WORDS: Mapping[str, str] = {
    "missing": "is missing; it has no default, see the example configuration",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number, without quotes",
    "tuple_type": "must be a list in square brackets, also for one value",
    "dict_type": "must be pairs in braces, as the example shows",
}
