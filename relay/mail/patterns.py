"""Regular expressions that never go back: possessive groups, on every Python that we run on.

Python before 3.11.5 reads a possessive group wrongly when what it repeats can itself go back (python/cpython#106052):
it matches what is not there, or fails. Debian 12 has such a Python. There, and only there, another engine reads the
same expressions. What has no possessive group needs none of this and takes ``re``.
"""

from __future__ import annotations

import re
import sys
from typing import AnyStr

IS_SOUND = sys.version_info >= (3, 11, 5)
"""Whether Python's own engine can be trusted with them."""


def possessive(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Compile a pattern, of text or of octets."""
    if IS_SOUND:
        return re.compile(pattern, flags)
    import regex

    theirs = sum(regex.RegexFlag[flag.name].value for flag in re.RegexFlag(flags) if flag.name)
    compiled: re.Pattern[AnyStr] = regex.compile(pattern, theirs)
    return compiled
