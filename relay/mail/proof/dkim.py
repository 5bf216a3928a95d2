"""DKIM signatures of a message: which of them are proof, by rules stricter than the standard's.

The only importer of dkimpy. Called by ``flow.proof`` in a worker: ``claims`` names the keys to look up, ``check``
verifies with what the DNS said. dkimpy canonicalises, hashes and verifies; what may count is decided here, because
it accepts signatures that cover part of a body (``l=``), SHA-1, keys that somebody is testing, and a ``From`` that
is not signed.

A signature is proof when it covers the whole body and From, Date and Subject where the message has them, of which
and of all that says how to read the body there is one each; when it was made
with SHA-256 by RSA of 1024 bits or more or by Ed25519, within a week, and neither it nor its key has run out.
Nothing here raises for anything in a message or a record.

Standards: RFC 6376, RFC 8301 (SHA-256, key lengths), RFC 8463 (Ed25519).
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import dkim  # type: ignore[import-untyped]

from relay.mail.model import Mail

MAX_SIGNATURES: Final = 5
"""Signatures of one message that are looked at, the topmost; each costs a look-up and a verification."""

MAX_AGE: Final = timedelta(days=7)
"""Mail is delivered or given up within five days; what is older is somebody replaying it."""

SLACK: Final = timedelta(hours=10)
"""By how much the clock of whoever signs may be wrong."""

MAX_HEAD_OCTETS: Final = 262_144
"""A longer header is nothing that a signature is looked for in."""

MIN_RSA_BITS: Final = 1024
_ALGORITHMS: Final = frozenset({b"rsa-sha256", b"ed25519-sha256"})
_MUST_BE_SIGNED: Final = (b"from", b"date", b"subject")
_AT_MOST_ONCE: Final = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
"""A signature is about the lowest of two, a reader may see the upper one, which anybody can put there."""

_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_NAME: Final = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9])?\Z")
_TIME: Final = re.compile(rb"[0-9]{1,12}\Z")
_SILENT: Final = logging.getLogger("mail.dkim")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.disabled = True


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature that would be proof if it verifies. ``position``: among the DKIM-Signature fields.

    ``addressed_by``: the fields that say, under this signature, to whom the message was written; some large
    providers sign none of them.
    """

    position: int
    domain: str
    selector: str
    algorithm: str
    identity: str
    signed_at_s: float
    expires_at_s: float
    addressed_by: tuple[str, ...]
    signature: str = field(repr=False)

    @property
    def key_name(self) -> str:
        """Where the DNS keeps its key (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def fingerprint(self) -> str:
        """What makes two copies of one signed message the same."""
        return f"{self.domain} {self.signature}"


def claims(mail: Mail) -> tuple[Claim, ...]:
    """The signatures that keep to our rules, of the topmost few. Reads the header alone, whatever the body's size."""
    if mail.header("dkim-signature") is None:
        return ()
    end = _BLANK_LINE.search(mail.raw, 0, MAX_HEAD_OCTETS)
    if end is None:
        return ()
    with contextlib.suppress(Exception):  # dkimpy has many errors for a header that it does not like
        headers = dkim.DKIM(mail.raw[: end.end()], logger=_SILENT).headers
        names = Counter(name.lower() for name, _ in headers)
        if any(names[name] > 1 for name in _AT_MOST_ONCE) or names[b"from"] != 1:
            return ()
        fields = [value for name, value in headers if name.lower() == b"dkim-signature"]
        numbered = enumerate(fields[:MAX_SIGNATURES])
        found = (_claim(position, value, names, mail) for position, value in numbered)
        return tuple(claim for claim in found if claim is not None)
    return ()


def _claim(position: int, value: bytes, names: Collection[bytes], mail: Mail) -> Claim | None:
    try:
        tags: Mapping[bytes, bytes] = dkim.util.parse_tag_value(value)
    except dkim.util.InvalidTagValueList:
        return None
    signed = {name.strip().lower() for name in tags.get(b"h", b"").split(b":")}
    domain, selector = tags.get(b"d", b""), tags.get(b"s", b"")
    signed_at_s = _seconds(tags.get(b"t")) if b"t" in tags else _date_s(mail)
    expires_at_s = _seconds(tags.get(b"x")) if b"x" in tags else math.inf
    is_ours = (
        b"l" not in tags
        and tags.get(b"v") == b"1"
        and tags.get(b"a") in _ALGORITHMS
        and _NAME.match(domain)
        and _NAME.match(selector)
        and all(name in signed for name in _MUST_BE_SIGNED if name in names)
    )
    if not is_ours or signed_at_s is None or expires_at_s is None:
        return None
    return Claim(
        position,
        domain.decode("ascii").lower(),
        selector.decode("ascii").lower(),
        tags[b"a"].decode("ascii"),
        tags.get(b"i", b"@" + domain).decode("ascii", "replace").rpartition("@")[2].lower(),
        signed_at_s,
        expires_at_s,
        tuple(name for name in ("to", "cc") if name.encode() in signed),
        b"".join(tags.get(b"b", b"").split()).decode("ascii", "replace"),
    )


def _seconds(value: bytes | None) -> float | None:
    return float(value) if value is not None and _TIME.match(value) else None


def _date_s(mail: Mail) -> float | None:
    """The instant that a message was written, which must be signed, too."""
    try:
        date = parsedate_to_datetime((mail.header("date") or b"").decode("ascii", "replace"))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def is_in_time(claim: Claim, now: datetime) -> bool:
    """Tell whether a signature was made within ``MAX_AGE`` and has not run out."""
    age_s = now.timestamp() - claim.signed_at_s
    return (
        -SLACK.total_seconds() <= age_s <= MAX_AGE.total_seconds() and now.timestamp() <= claim.expires_at_s
    )


def check(mail: Mail, claim: Claim, records: tuple[str, ...], now: datetime) -> bool:
    """Tell whether a signature is in time and verifies with the one key record that its name has."""
    if len(records) != 1 or not is_in_time(claim, now) or not _is_usable(records[0], claim):
        return False
    record = records[0].encode("latin-1", "replace")
    try:
        verifier = dkim.DKIM(mail.raw, logger=_SILENT, minkey=MIN_RSA_BITS)
        return bool(verifier.verify(claim.position, dnsfunc=lambda _name, timeout=5: record))  # noqa: ARG005
    except Exception:  # noqa: BLE001 - whatever is wrong with a signature, it is no proof
        return False


def _is_usable(record: str, claim: Claim) -> bool:
    """The key's own terms (RFC 6376 §3.6.1): not a test, for mail, for this hash and algorithm."""
    try:
        tags = dkim.util.parse_tag_value(record.encode("latin-1", "replace"))
    except dkim.util.InvalidTagValueList:
        return False

    def listed(tag: bytes, default: bytes) -> set[bytes]:
        return {item.strip().lower() for item in tags.get(tag, default).split(b":")}

    flags = listed(b"t", b"")
    kind = claim.algorithm.partition("-")[0].encode()
    return (
        b"y" not in flags
        and (b"s" not in flags or claim.identity == claim.domain)
        and b"sha256" in listed(b"h", b"sha256")
        and bool({b"*", b"email"} & listed(b"s", b"*"))
        and tags.get(b"k", b"rsa").strip().lower() == kind
    )
