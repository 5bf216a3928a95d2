"""What is wrong with entries that are in the directory: numbers, addresses, dates, doubles.

Called by ``command``; pure. Looks at the entries only: nothing is dialled, resolved or fetched.

Standards: ITU-T E.164, RFC 3986 (URI).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import urlsplit

from relay.domain.addresses import Address
from relay.domain.referral_ranking import Freshness, freshness
from relay.domain.referrals import PhoneKind, Referral, Status, place_key
from relay.referrals.findings import quoted
from relay.referrals.numbers import is_diallable

_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)\Z")


def problems(referral: Referral, today: date) -> Iterator[str]:
    """What is wrong with one entry by itself."""
    for phone in referral.phones:
        known = is_diallable(phone)
        if known is None:
            yield f"the number {phone.number} cannot be checked: its country is not known (import with --country)"
        elif not known:
            yield f"the number {phone.number} is none in {phone.country or 'any country'}"
    if referral.web and (wrong := _web(referral.web)):
        yield f"the web address {quoted(referral.web)} {wrong}"
    if referral.mail and not _is_mail(referral.mail):
        yield f"the mail address {quoted(referral.mail)} is none"
    if referral.until and referral.until < today:
        yield f"it ended on {referral.until}; it is not offered"
    if freshness(referral, today) is Freshness.EXPIRED:
        yield f"it was last checked on {referral.verified}; it is not offered"
    if not (referral.web or referral.mail or referral.address or _callable(referral)):
        yield "it has no number, no web or mail address and no place to go"


def doubles(referrals: Iterable[Referral]) -> Iterator[tuple[Referral, Referral]]:
    """Entries that seem to be one: the same name, and the same number, site or place, with the first of them."""
    first: dict[tuple[str, str], Referral] = {}
    for referral in referrals:
        name = place_key(referral.name)
        keys = [(name, mark) for mark in _marks(referral)]
        other = next((first[key] for key in keys if key in first), None)
        if other is not None:
            yield other, referral
        for key in keys:
            first.setdefault(key, referral)


def to_check(referral: Referral) -> bool:
    """What is not active is not offered, and need not be right."""
    return referral.status is Status.ACTIVE


def _marks(referral: Referral) -> Iterator[str]:
    for phone in referral.phones:
        yield "tel" + re.sub(r"\D", "", phone.number)
    if referral.web:
        yield "web" + referral.web.rstrip("/").casefold()
    for place in referral.where.places:
        yield "at" + place_key(place)


def _callable(referral: Referral) -> bool:
    return any(phone.kind is not PhoneKind.FAX for phone in referral.phones)


def _web(text: str) -> str:
    """What is wrong with a web address."""
    if text.startswith("www."):
        text = f"https://{text}"  # as people type it, and mail programs make a link of it
    if re.search(r"\s", text):
        return "has a space in it"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return "is none"
    if not parts.scheme or not parts.netloc:
        return "does not begin with https://"
    if parts.scheme not in {"http", "https"}:
        return "is no web address"
    labels = host.split(".")
    return "" if len(labels) > 1 and all(map(_LABEL.match, labels)) else "has no host that can be"


def _is_mail(text: str) -> bool:
    try:
        Address.parse(text)
    except ValueError:
        return False
    return True
