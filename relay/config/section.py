"""What all sections of the settings have in common. Used by ``schema`` and ``privacy``, which hold the sections."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue

SHOWN: dict[str, JsonValue] = {"shown": True}
"""Marks a key with a default whose example value the example configuration needs."""


class Section(BaseModel):
    """A table of one of the files."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    is_list: ClassVar[bool] = False
    """Written ``[[name]]``, and as often as there are elements."""

    may_be_none: ClassVar[bool] = False
    """A list that may have no element at all."""
