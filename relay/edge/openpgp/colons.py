"""What gpg says of one certificate (``--with-colons --list-keys``). Pure; ``gnupg`` calls it.

User ids stand in the same listing, with colons and line ends escaped; their lines are never read.

Standards: GnuPG, doc/DETAILS, "Format of the colon listings".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from relay.edge.openpgp import Certificate
from relay.edge.openpgp.shapes import Minimised

_VALIDITY: Final = 1
_EXPIRES: Final = 6
_FINGERPRINT: Final = 9
_CAPABILITIES: Final = 11
_FIELDS: Final = 12


def judged(listing: bytes, found: Minimised, now: datetime) -> Certificate | None:
    """The certificate as gpg judges it; None when the listing is not that of this one certificate."""
    rows = list(_rows(listing))
    primaries = [row for row in rows if row[0] == b"pub"]
    prints = [row[_FINGERPRINT] for row in rows if row[0] == b"fpr"]
    if len(primaries) != 1 or prints[:1] != [found.fingerprint.encode("ascii")]:
        return None
    primary = primaries[0]
    able = [row for row in rows if row[0] in {b"pub", b"sub"} and b"e" in row[_CAPABILITIES]]
    live = [row for row in able if row[_VALIDITY] not in {b"e", b"r", b"i", b"d", b"n"}]
    trouble = _trouble(primary, able, live)
    ends = [_instant(primary[_EXPIRES])]
    if live:
        of_those = [_instant(row[_EXPIRES]) for row in live]
        ends.append(None if None in of_those else max(end for end in of_those if end is not None))
    known = [end for end in ends if end is not None]
    expires_at = min(known) if known else None
    if not trouble and expires_at is not None and expires_at <= now:
        trouble = "expired"
    return Certificate(found.fingerprint, found.octets, expires_at, is_usable=not trouble, trouble=trouble)


def _trouble(
    primary: Sequence[bytes], able: Sequence[Sequence[bytes]], live: Sequence[Sequence[bytes]]
) -> str:
    word = {b"e": "expired", b"r": "revoked", b"i": "bad", b"n": "bad", b"d": "bad"}.get(primary[_VALIDITY])
    if word:
        return word
    if live and b"E" in primary[_CAPABILITIES]:
        return ""
    return "expired" if any(row[_VALIDITY] == b"e" for row in able) else "no-encryption-key"


def _rows(listing: bytes) -> Iterator[list[bytes]]:
    for line in listing.split(b"\n"):
        fields = line.split(b":")
        if fields[0] in {b"pub", b"sub", b"fpr"}:
            yield fields + [b""] * (_FIELDS - len(fields))


def _instant(field: bytes) -> datetime | None:
    return datetime.fromtimestamp(int(field), UTC) if field.isdigit() else None
