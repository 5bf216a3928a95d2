"""DMARC: whether SPF or DKIM speaks for the domain that a reader sees in From.

Called by ``flow.proof``. From is the one mailbox that every parser sees the same way, or there is nothing to prove.
A domain without a record is judged by relaxed alignment all the same: for a counselor it is the proof that counts, not
whether their provider asks others to insist on it.

Standards: RFC 7489 §3.1 (alignment), §3.2 (organisational domain), §6.3 (records), §6.6.3 (discovery).
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib.resources
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from publicsuffixlist import PublicSuffixList

_VERSION: Final = re.compile(r"v *= *DMARC1 *(?:;|\Z)")
_LIST_VERSION: Final = re.compile(r"^// VERSION: ([0-9]{4})-([0-9]{2})-([0-9]{2})", re.MULTILINE)


class Policy(Enum):
    """What a domain asks of those who find that its mail is not proven."""

    ABSENT = "absent"
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Verdict(Enum):
    """What came of it. ``UNKNOWN``: the DNS did not answer; ``UNPROVEN``: no record, and nothing aligned."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNPROVEN = "unproven"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Record:
    """A policy record. Without one everything is relaxed and nothing is asked."""

    policy: Policy = Policy.ABSENT
    subdomain_policy: Policy = Policy.ABSENT
    is_dkim_strict: bool = False
    is_spf_strict: bool = False


NO_RECORD: Final = Record()


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=True)


def organisational(domain: str) -> str:
    """The organisational domain: one label below a public suffix; a suffix itself is its own."""
    domain = domain.rstrip(".").lower()
    return _suffixes().privatesuffix(domain) or domain


def record_names(domain: str) -> tuple[str, ...]:
    """Where the record of a domain may be, in the order in which they count (§6.6.3)."""
    return tuple(dict.fromkeys(f"_dmarc.{each}" for each in (domain, organisational(domain))))


def read(texts: Sequence[str]) -> Record | None:
    """The one policy record among the texts at a name, ``None`` when there is none, or several."""
    found = [text for text in texts if _VERSION.match(text)]
    if len(found) != 1:
        return None
    tags = {
        name.strip().lower(): value.strip().lower()
        for name, _, value in (part.partition("=") for part in found[0].split(";"))
    }
    policy = _policy(tags.get("p", ""), Policy.NONE)
    return Record(
        policy,
        _policy(tags.get("sp", ""), policy),
        is_dkim_strict=tags.get("adkim") == "s",
        is_spf_strict=tags.get("aspf") == "s",
    )


def _policy(word: str, otherwise: Policy) -> Policy:
    return Policy(word) if word in {"none", "quarantine", "reject"} else otherwise


def aligned(domain: str, author_domain: str, *, is_strict: bool) -> bool:
    """Tell whether a proven domain stands for the one in From (§3.1)."""
    domain, author_domain = domain.rstrip(".").lower(), author_domain.rstrip(".").lower()
    if is_strict:
        return domain == author_domain
    return organisational(domain) == organisational(author_domain)


def suffix_list_date() -> dt.date | None:
    """When the bundled list of public suffixes was made; ``None`` when it does not say."""
    file = importlib.resources.files("publicsuffixlist") / "public_suffix_list.dat"
    with file.open("r", encoding="utf-8") as lines:
        found = _LIST_VERSION.search(lines.read(4096))
    return dt.date(*map(int, found.groups())) if found else None
