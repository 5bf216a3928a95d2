"""What the lines of a server mean. Pure; raises ``MailboxTrouble`` for what means nothing.

aioimaplib has taken the ``* `` off the front; a literal is a ``bytearray`` among lines that are ``bytes``.

Standard: RFC 9051 §7.3.4 (SEARCH, as IMAP4rev1 answers it), §7.5.2 (FETCH).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from relay.edge.imap_in.trouble import MailboxTrouble

FOLDER = re.compile(rb"\* (?:OK \[(?:UIDVALIDITY|UIDNEXT) |\d{1,10} EXISTS)", re.IGNORECASE)
UIDS = re.compile(rb"\* SEARCH\b", re.IGNORECASE)
SIZES = re.compile(rb"\* \d{1,10} FETCH \([^\r\n]*RFC822\.SIZE ", re.IGNORECASE)
BODIES = re.compile(rb"\* \d{1,10} FETCH \([^\r\n]*BODY\[", re.IGNORECASE)

_VALIDITY = re.compile(rb"OK \[UIDVALIDITY (\d{1,10})\]", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,10})\b", re.IGNORECASE)
_BODY = re.compile(rb"BODY\[(?:HEADER[^\]]*)?\] \{\d+\}\Z", re.IGNORECASE)
_FETCH = re.compile(rb"\d{1,10} FETCH \(", re.IGNORECASE)

Lines = Iterable[bytes | bytearray]


@dataclass(frozen=True, slots=True)
class Folder:
    """A selected folder."""

    validity: int
    count: int


def folder(lines: Lines) -> Folder:
    """The folder that SELECT has opened. One without UIDVALIDITY cannot be relied on."""
    validity, count = 0, 0
    for line in lines:
        if found := _VALIDITY.match(line):
            validity = int(found[1])
        elif line.upper().endswith(b" EXISTS"):
            count = int(line.split()[0])
    if not validity:
        raise MailboxTrouble("folder")
    return Folder(validity, count)


def uids(lines: Lines, above: int) -> list[int]:
    """UIDs over ``above``, lowest first. ``n:*`` always names the last message, also one below n."""
    found: set[int] = set()
    for line in lines:
        if isinstance(line, bytes) and (line.replace(b" ", b"").isdigit() or not line):
            found.update(map(int, line.split()))
    return sorted(uid for uid in found if uid > above)


def sizes(lines: Lines) -> Mapping[int, int]:
    """Octets by UID, as the server counts them."""
    found = {}
    for line in lines:
        if isinstance(line, bytes) and (uid := _UID.search(line)) and (size := _SIZE.search(line)):
            found[int(uid[1])] = int(size[1])
    return found


def literals(lines: Lines) -> Iterator[tuple[int, bytes]]:
    """UID and octets of each literal of a FETCH; the UID may stand before or behind it."""
    uid, content = 0, None
    for line in lines:
        if isinstance(line, bytearray):
            content = bytes(line)
        elif _FETCH.match(line):
            uid, content = _uid_in(line) if _BODY.search(line) else 0, None
        elif content is not None:
            uid = uid or _uid_in(line)
            if uid:
                yield uid, content
            uid, content = 0, None


def _uid_in(line: bytes) -> int:
    found = _UID.search(line)
    return int(found[1]) if found else 0
