"""Lengths of time as people write them: ``90m``, ``24h``, ``2d``. Used by the settings and by commands."""

from __future__ import annotations

import re
from datetime import timedelta

_LENGTH = re.compile(r"([0-9]{1,5})([mhd])\Z")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def read_length(text: str) -> timedelta:
    """Read one number with ``m``, ``h`` or ``d``. Raises ``ValueError`` with the end of a sentence."""
    match = _LENGTH.match(text)
    if match is None or not int(match[1]):
        raise ValueError(
            "is not a length of time; write a number with m, h or d, such as '90m', '24h' or '2d'"
        )
    return int(match[1]) * _UNITS[match[2]]


def write_length(length: timedelta) -> str:
    """The same the other way round, in hours rather than days up to two of them. ``length``: whole minutes."""
    units = [
        each for each in _UNITS if not length % _UNITS[each] and (each != "d" or length > 2 * _UNITS["d"])
    ]
    return f"{length // _UNITS[units[0]]}{units[0]}"
