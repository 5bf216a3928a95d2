"""Regular expressions that never go back: possessive groups, on every Python that we run on.

Python before 3.11.5 reads a possessive group wrongly when what it repeats can itself go back (python/cpython#106052):
it matches what is not there, or fails. Debian 12 has such a Python. There, and only there, another engine reads the
same expressions. What has no possessive group needs none of this and takes ``re``.
"""

from __future__ import annotations

import re
import sys

IS_SOUND = sys.version_info >= (3, 11, 5)
"""Whether Python's own engine can be trusted with them."""


def possessive(pattern: bytes, flags: int = 0) -> re.Pattern[bytes]:
    """Compile a pattern of octets."""
    return re.compile(pattern, flags) if IS_SOUND else _compiled(pattern, flags)  # type: ignore[return-value]


def possessive_text(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern of text."""
    return re.compile(pattern, flags) if IS_SOUND else _compiled(pattern, flags)  # type: ignore[return-value]


def _compiled(pattern: str | bytes, flags: int) -> object:
    import regex

    same = {re.IGNORECASE: regex.IGNORECASE, re.MULTILINE: regex.MULTILINE, re.DOTALL: regex.DOTALL,
            re.VERBOSE: regex.VERBOSE, re.ASCII: regex.ASCII}  # fmt: skip
    return regex.compile(pattern, sum(there for here, there in same.items() if flags & here))
