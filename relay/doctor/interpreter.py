"""Python and its e-mail library: which of their known flaws are here, found by trying where that can be done."""

from __future__ import annotations

import email.policy
import email.utils
import inspect
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from relay.doctor.around import Around
from relay.doctor.findings import Finding, hint, warning

ENDS: Final[Mapping[tuple[int, int], date]] = {
    (3, 11): date(2027, 10, 31),
    (3, 12): date(2028, 10, 31),
    (3, 13): date(2029, 10, 31),
    (3, 14): date(2030, 10, 31),
}
"""Until when each version is mended (PEP 664, 693, 719, 745)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``misreads``: possessive groups are read wrongly; ``lets_headers_in``: a folded subject can write headers."""

    version: str
    series: tuple[int, int]
    today: date
    misreads: bool
    lets_headers_in: bool
    takes_two_addresses: bool


async def look(around: Around) -> list[Finding]:
    """Try them."""
    return list(
        judge(
            Facts(
                platform.python_version(),
                sys.version_info[:2],
                around.now.date(),
                misreads=misreads(),
                lets_headers_in=not hasattr(email.policy.default, "verify_generated_headers"),
                takes_two_addresses="strict" not in inspect.signature(email.utils.getaddresses).parameters,
            )
        )
    )


def misreads() -> bool:
    """Whether a possessive group is read wrongly (python/cpython#106052)."""
    found = re.match("(?:ab?c)*+", "aca")
    return found is None or found.end() != 2


def judge(facts: Facts) -> Iterator[Finding]:
    """Flaws that the relay is built around are hints; what nobody mends any more is a warning."""
    newer = "install Python 3.11.10 or later, from your distribution if it has that"
    if facts.misreads:
        yield hint(
            f"Python {facts.version} reads possessive groups of regular expressions wrongly",
            "the relay uses another engine for them, which is slower",
            newer,
        )
    if facts.lets_headers_in:
        yield warning(
            f"the e-mail library of Python {facts.version} lets a received subject write headers (CVE-2024-6923)",
            "the relay checks what it sends, so that this alone does no harm; it is one wall less",
            newer,
        )
    if facts.takes_two_addresses:
        yield hint(
            f"the e-mail library of Python {facts.version} reads some addresses as two (CVE-2023-27043)",
            "the relay reads addresses with a grammar of its own",
            newer,
        )
    ends_on = ENDS.get(facts.series)
    if ends_on is not None and facts.today > ends_on:
        yield warning(
            f"Python {facts.version} is mended no more since {ends_on}",
            "flaws that are found from now on stay in it",
            "upgrade the system, and install the relay's package for it",
        )
