"""What a row says of a service in its own words: what it is and for whom, and columns that we know no use for.

Called by ``assembly`` and ``sheet``.
"""

from __future__ import annotations

from relay.referrals import values
from relay.referrals.tables import Row

MAX_ASIDE = 40
ASIDE_CHARS = 500

_NOBODY_IN_PARTICULAR = frozenset({"none", "n/a", "na", "-", "nil"})
"""What directories write where a service is for everybody."""


def described(row: Row) -> tuple[str, str]:
    """All that is said of a service, and what it is and for whom in one line."""
    description = values.clean(row.get("description"))
    for_whom = values.clean(row.get("eligibility_description") or row.get("eligibility"), values.LINE_CHARS)
    if for_whom.rstrip(".").casefold() in _NOBODY_IN_PARTICULAR:
        for_whom = ""
    line = values.one_line(description)
    if for_whom and len(line) + len(for_whom) + len(" ()") <= values.LINE_CHARS:
        line = f"{line} ({for_whom.rstrip('.')})".strip()
    return f"{description} {for_whom}".strip(), line


def aside(row: Row, used: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Columns that we know no use for, kept as they came."""
    kept = (
        (column, values.clean(cell, ASIDE_CHARS)) for column, cell in row.cells.items() if column not in used
    )
    return tuple(pair for pair in kept if pair[1])[:MAX_ASIDE]
