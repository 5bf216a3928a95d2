"""Which signatures may count at all, whatever they verify to; the scenarios try whether they verify."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from relay.mail.parse import parse
from relay.mail.proof import dkim

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGNED_AT = int(NOW.timestamp())
TAGS = {
    "v": "1", "a": "rsa-sha256", "c": "relaxed/relaxed", "d": "home.test", "s": "s1", "t": str(SIGNED_AT),
    "h": "from:to:subject:date", "bh": "AAAA", "b": "BBBB",
}  # fmt: skip
HEAD = "From: ana@home.test\nTo: x@relay.test\nSubject: Hello\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"


def claims(head: str = HEAD, copies: int = 1, **tags: str | None) -> tuple[dkim.Claim, ...]:
    written = "; ".join(f"{tag}={value}" for tag, value in (TAGS | tags).items() if value is not None)
    return dkim.claims(parse((f"DKIM-Signature: {written}\n" * copies + head + "\nwords\n").encode()))


def test_a_signature_that_keeps_to_the_rules_is_looked_at() -> None:
    (claim,) = claims()
    assert (claim.key_name, claim.addressed_by) == ("s1._domainkey.home.test", ("to",))


@pytest.mark.parametrize(
    "tags",
    [
        {"l": "10"}, {"a": "rsa-sha1"}, {"a": None}, {"v": None}, {"v": "2"}, {"d": None}, {"s": None},
        {"h": "to:subject:date"}, {"h": "from:to:date"}, {"h": "from:to:subject"}, {"h": None},
        {"t": "soon"}, {"x": "later"}, {"d": "home.test'evil"}, {"s": "a b"},
    ],
    ids=str,
)  # fmt: skip
def test_a_signature_against_the_rules_is_not(tags: dict[str, str | None]) -> None:
    """Part of a body, SHA-1, From, Date or Subject left open, no domain, a name that is none, a time that is none.

    RFC 6376, RFC 8301.
    """
    assert claims(**tags) == ()


@pytest.mark.parametrize(
    "above",
    ["From: eve@evil.test", "Subject: Other", "To: other@relay.test", "Content-Type: text/html", "Date: now",
     "MIME-Version: 1.0\nMIME-Version: 1.0", "Reply-To: a@b.test\nReply-To: c@d.test"],
)  # fmt: skip
def test_no_signature_counts_where_a_field_was_put_above_the_one_it_is_about(above: str) -> None:
    head = above + "\n" + HEAD + "Content-Type: text/plain\n"
    assert claims(head) == ()


def test_a_header_without_a_from_proves_nothing() -> None:
    assert claims(HEAD.replace("From: ana@home.test\n", "Sender: ana@home.test\n")) == ()


def test_few_signatures_are_looked_at() -> None:
    assert len(claims(copies=20)) == dkim.MAX_SIGNATURES


@pytest.mark.parametrize(
    ("age", "expires_in", "is_in_time"),
    [
        (timedelta(0), None, True),
        (timedelta(days=6, hours=23), None, True),
        (timedelta(days=7, minutes=1), None, False),
        (-timedelta(hours=9), None, True),
        (-timedelta(hours=11), None, False),
        (timedelta(hours=1), timedelta(minutes=1), True),
        (timedelta(hours=1), -timedelta(minutes=1), False),
    ],
)
def test_a_signature_is_in_time(age: timedelta, expires_in: timedelta | None, is_in_time: bool) -> None:
    """A week, some slack for clocks, and no longer than it says itself."""
    (claim,) = claims()
    end = float("inf") if expires_in is None else (NOW + expires_in).timestamp()
    claim = dataclasses.replace(claim, signed_at_s=(NOW - age).timestamp(), expires_at_s=end)
    assert dkim.is_in_time(claim, NOW) is is_in_time


def test_without_a_time_of_its_own_the_signed_date_counts() -> None:
    (claim,) = claims(t=None)
    assert claim.signed_at_s == SIGNED_AT
    assert claims(HEAD.replace("Mon, 23", "Foo, 99"), t=None) == ()


@pytest.mark.parametrize(
    "record",
    ["v=DKIM1; k=rsa; t=y; p=AAAA", "v=DKIM1; k=ed25519; p=AAAA", "v=DKIM1; h=sha1; p=AAAA", "v=DKIM1; s=other; p=AAAA",
     "v=DKIM1; p=", "nonsense", ""],
)  # fmt: skip
def test_a_key_with_other_terms_is_no_key(record: str) -> None:
    """On trial, of another kind, for another hash or use, taken back, or no record at all.

    RFC 6376 §3.6.1.
    """
    mail = parse(
        ("DKIM-Signature: " + "; ".join(f"{k}={v}" for k, v in TAGS.items()) + f"\n{HEAD}\nwords\n").encode()
    )
    (claim,) = dkim.claims(mail)
    assert not dkim.check(mail, claim, (record,), NOW)
    assert not dkim.check(mail, claim, (record, record), NOW)
    assert not dkim.check(mail, claim, (), NOW)
