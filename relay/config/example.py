"""The example configuration, written from the classes that read it, so that it cannot be out of date.

``python -m relay.config FOLDER`` writes it; ``config/`` in the repository is its output, and a test says so.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from relay.config.schema import COUNSELORS_FILE, RELAY_FILE, SECTIONS
from relay.config.section import Section
from relay.domain.lengths import write_length

WIDTH = 100

_OPENING: Mapping[str, str] = {
    RELAY_FILE: (
        "relay.toml: the service, its doors and its state. counselors.toml beside it holds the people. "
        "Relative paths begin at this folder. Keys that are commented out show an example or their default. "
        "'relay check --config FOLDER' says what is wrong; 'systemctl reload relay' takes a change over."
    ),
    COUNSELORS_FILE: (
        "counselors.toml: who answers. This file knows who the counselors are: keep it readable by relay "
        "alone (chmod 640, group relay)."
    ),
}


Given = Mapping[str, Mapping[str, Any]]
"""Values for keys, by section, as TOML has them; of a list, those of its first element."""


def render_example(given: Given = MappingProxyType({})) -> dict[str, str]:
    """Give both files by name. They load without a problem as they stand.

    ``given``: what stands in the place of examples and defaults; ``relay init`` fills in what its operator said.
    """
    return {
        file: "\n".join(_file(_OPENING[file], sections, given)) + "\n" for file, sections in SECTIONS.items()
    }


def needs_a_value(section: type[Section]) -> tuple[str, ...]:
    """Keys that stand in the open: without a value of their own they would say what the example says."""
    return () if section.may_be_none else tuple(k for k, i in section.model_fields.items() if _is_shown(i))


def _file(opening: str, sections: Mapping[str, type[Section]], given: Given) -> Iterator[str]:
    yield from _comment(opening)
    for name, section in sections.items():
        if not section.model_fields:
            continue
        yield ""
        yield ""
        yield from _comment(" ".join((section.__doc__ or "").split()))
        mark = "# " if section.may_be_none else ""
        yield f"{mark}[[{name}]]" if section.is_list else f"[{name}]"
        for key, info in section.model_fields.items():
            yield ""
            yield from _comment(f"{info.description} {_bounds_and_default(info)}".strip())
            own = given.get(name, {})
            shown = mark if _is_shown(info) or key in own else "# "
            yield f"{shown}{key} = {_toml(own[key] if key in own else _value(info))}"


def _is_shown(info: FieldInfo) -> bool:
    """Keys without default stand in the open; the rest are comments, unless the example needs its value."""
    return info.is_required() or bool(info.json_schema_extra)


def _value(info: FieldInfo) -> Any:
    return info.examples[0] if info.examples else info.default


def _bounds_and_default(info: FieldInfo) -> str:
    low = next((item.ge for item in info.metadata if isinstance(item, Ge)), None)
    high = next((item.le for item in info.metadata if isinstance(item, Le)), None)
    bounds = f"{low} to {high}" if low is not None and high is not None else ""
    has_default = (
        not info.is_required() and info.default_factory is None and info.default not in (None, (), {})
    )
    default = f"default: {_toml(info.default)}" if has_default else ""
    text = "; ".join(part for part in (bounds, default) if part)
    return f"({text[0].upper()}{text[1:]}.)" if text else ""


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _toml(value: Any) -> str:
    """Write a value of the few kinds that settings have."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (IPv4Network, IPv6Network, ZoneInfo)):
        return json.dumps(str(value))
    if isinstance(value, timedelta):
        value = write_length(value)
    return json.dumps(value, ensure_ascii=False)
