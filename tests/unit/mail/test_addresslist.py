"""Address headers: mailboxes as written, and never a silent disagreement with another parser."""

from __future__ import annotations

import time

import pytest

from relay.mail.addresslist import read_addresses


def boxes(value: str | bytes) -> list[tuple[str, str]]:
    octets = value if isinstance(value, bytes) else value.encode()
    return [(box.name, box.address) for box in read_addresses(octets).mailboxes]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("joe@example.org", [("", "joe@example.org")]),
        ("<joe@example.org>", [("", "joe@example.org")]),
        ("Joe Doe <joe@example.org>", [("Joe Doe", "joe@example.org")]),
        ("J. R. Doe <joe@example.org>", [("J. R. Doe", "joe@example.org")]),
        ('"Doe, Joe" <joe@example.org>', [("Doe, Joe", "joe@example.org")]),
        ("Doe, Joe <joe@example.org>", [("Doe, Joe", "joe@example.org")]),
        ('"say \\"hi\\"" <joe@example.org>', [('say "hi"', "joe@example.org")]),
        ("joe@example.org (Joe (the) Doe)", [("Joe (the) Doe", "joe@example.org")]),
        ("Joe (at work) <joe@example.org>", [("Joe", "joe@example.org")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.org>", [("Jörg", "j@example.org")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@example.org>', [("Jörg", "j@example.org")]),
        ("Jörg <j@example.org>", [("Jörg", "j@example.org")]),
        (b"J\xf6rg <j@example.org>", [("Jörg", "j@example.org")]),
        ("joe@example.org <joe@example.org>", [("joe@example.org", "joe@example.org")]),
        ('"foo..bar"@example.jp', [("", '"foo..bar"@example.jp')]),
        ("foo..bar.@example.jp", [("", "foo..bar.@example.jp")]),
        ("A <a@example.org>, B <b@example.org>", [("A", "a@example.org"), ("B", "b@example.org")]),
        (",, a@example.org ,,", [("", "a@example.org")]),
        ("", []),
        ("Joe", []),
    ],
)
def test_what_all_parsers_read_alike_is_read_and_is_not_ambiguous(
    value: str | bytes, expected: list[tuple[str, str]]
) -> None:
    """RFC 5322 §3.4, 8-bit names, and a bare comma in a name."""
    assert boxes(value) == expected
    assert not read_addresses(value if isinstance(value, bytes) else value.encode()).ambiguous


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("a@b.example,<c@d.example>", ["a@b.example", "c@d.example"]),
        ("<a@b.example>c@d.example", ["a@b.example"]),
        ("<a@b.example>.evil.example", ["a@b.example"]),
        ("<a@b.example> Joe", ["a@b.example"]),
        ("<a@b.example><c@d.example>", ["c@d.example"]),
        ("<<a@b.example>>", ["a@b.example"]),
        ("<a@b.example", ["a@b.example"]),
        ("a@b.example>", ["a@b.example"]),
        ('"x@evil.example"@victim.example', ['"x@evil.example"@victim.example']),
        ("=?utf-8?q?a=40b?=@c.example", ["=?utf-8?q?a=40b?=@c.example"]),
        ("=?utf-8?q?Joe_=3Cjoe=40x.example=3E?=", ["joe@x.example"]),
        ("=?utf-8?b?YUBiIDxjQGQ+?= <e@f.example>", ["e@f.example"]),
        ("a@b.example <c@d.example>", ["c@d.example"]),
        ("<@r.example,@s.example:a@b.example>", ["a@b.example"]),
        ("group: a@b.example;", ["a@b.example"]),
        ("group: a@b.example, c@d.example; e@f.example", ["a@b.example", "c@d.example", "e@f.example"]),
        ("undisclosed-recipients:;", []),
        ("mailto:a@b.example", ["a@b.example"]),
        ("a@b.example; c@d.example", ["a@b.example", "c@d.example"]),
        ("a(c)@b.example", ["a@b.example"]),
        ("a\\,b <c@d.example>", ["c@d.example"]),
        ("a@b@c.example", ["a@b@c.example"]),
        ("a@b.example c@d.example", ["a@b.example c@d.example"]),
        ("Joe Doe joe@b.example", ["joe@b.example"]),
        ('"never closed <a@b.example>', ["a@b.example"]),
        ("(never closed <a@b.example>", ["a@b.example"]),
        ("a@b.example\x01", ["a@b.example"]),
        ("jörg@b.example", ["jörg@b.example"]),
        ("Mailer <>", []),
        ("Mailer <mailer>", []),
        ("x" * 400 + "@b.example", []),
    ],
)
def test_what_parsers_read_differently_is_ambiguous(value: str, addresses: list[str]) -> None:
    """Each of these has passed for somebody else somewhere."""
    assert read_addresses(value.encode()).ambiguous
    assert [address for _, address in boxes(value)] == addresses


@pytest.mark.parametrize(
    "unit",
    ['"', "\\", ",", "(", ")", "<", ">", "@", ":", ";", "a@b,", "<a@b>,", "a ", "=?a?q?a?= ", "[", '"a@b" '],
)
def test_hostile_lists_cost_linear_time(unit: str) -> None:
    """Twenty thousand quotes took six seconds elsewhere; the caller also cuts at 2 KiB."""
    start = time.process_time()
    read_addresses(unit.encode() * 20_000)

    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ('"Quinn Zebra" <quinn', ("Quinn Zebra",)),
        ('"Quinn Zebra', ("Quinn Zebra",)),
        ("Quinn Zebra", ("Quinn Zebra",)),
        ("Zebra, Quinn", ("Zebra, Quinn",)),
        ("=?utf-8?q?Quinn_Zebra?= <>", ("Quinn Zebra",)),
        ("Quinn Zebra quinn@example.org", ("Quinn Zebra",)),
        ("Quinn Zebra <quinn@example.org>", ()),
        ("undisclosed-recipients:;", ()),
    ],
)
def test_a_name_without_a_readable_address_still_names_somebody(value: str, names: tuple[str, ...]) -> None:
    """It is nobody to write to, and still what has to be masked in their words."""
    assert read_addresses(value.encode()).bare_names == names
