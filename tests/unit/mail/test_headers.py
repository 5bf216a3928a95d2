"""Header blocks: fields, what was never a header, parameters and ids."""

from __future__ import annotations

import time

import pytest

from relay.mail.headers import (
    LIMITS,
    Limits,
    note_duplicates,
    read_block,
    read_content_type,
    read_disposition,
    read_ids,
)
from relay.mail.model import Header


def block(text: bytes, limits: Limits = LIMITS) -> tuple[list[tuple[str, bytes]], bytes, set[str]]:
    """Fields, body and defects of a text with LF line ends."""
    defects: set[str] = set()
    read = read_block(text, 0, len(text), limits, defects)
    return [(header.name, header.value) for header in read.headers], text[read.body :], defects


def test_fields_are_unfolded_and_named_in_lower_case() -> None:
    """RFC 5322 §2.2.3: only the line ends go, the space after them stays."""
    fields, body, defects = block(b"FROM:a\nSubject:  one\n\ttwo\n  three \nX-Empty:\n\nbody\n\nmore")

    assert fields == [("from", b"a"), ("subject", b"one\ttwo  three"), ("x-empty", b"")]
    assert body == b"body\n\nmore"
    assert defects == set()


@pytest.mark.parametrize(
    ("text", "names", "body", "defect"),
    [
        (b"From: a\nTo: b", ["from", "to"], b"", None),
        (b"\nonly text", [], b"only text", None),
        (b"From jo Mon Jan 1\nFrom: a\n\nx", ["from"], b"x", None),
        (b">From jo Mon Jan 1\nFrom: a\n\nx", ["from"], b"x", None),
        (b"From: a\nTo: b\nHi, help\nme\n\nbye", ["from", "to"], b"Hi, help\nme\n\nbye", "no-separator"),
        (b"From: a\n \nDear all,\nyes: I mean it\n", ["from"], b"Dear all,\nyes: I mean it\n", "space-line"),
        (b"Subject: a\n \n b\nTo: c\n\nx", ["subject", "to"], b"x", None),
        (b"From: a\n \nTo: c\n\nx", ["from", "to"], b"x", "space-line"),
        (b"From: a\nno colon here\nTo: c\n\nx", ["from", "to"], b"x", "header-junk"),
        (b" continues nothing\nFrom: a\n\nx", ["from"], b"x", "header-junk"),
        (b" From: a\nTo: b\n\nx", ["from", "to"], b"x", "leading-space"),
        (b"Subject : a\n\nx", ["subject"], b"x", "space-before-colon"),
        (b"Subject\n : a\n\nx", ["subject"], b"x", "space-before-colon"),
        (b"Please: help me\n\nquick", [], b"Please: help me\n\nquick", "no-header"),
        (b"Help me\nnow", [], b"Help me\nnow", "no-header"),
        (b"From my heart: thanks\nfor all", [], b"From my heart: thanks\nfor all", "no-header"),
    ],
)  # fmt: skip
def test_a_broken_header_costs_neither_fields_nor_text(
    text: bytes, names: list[str], body: bytes, defect: str | None
) -> None:
    """What real mail does to headers; text that only looks like one is body."""
    fields, rest, defects = block(text)

    assert ([name for name, _ in fields], rest) == (names, body)
    assert defect is None or defect in defects


@pytest.mark.parametrize("text", [b"From : a\n\n", b"From\n : a\n\n", b"From\t: a\n\n"])
def test_a_from_with_space_before_its_colon_is_ambiguous(text: bytes) -> None:
    """DKIM verifiers and readers disagree whether it is a From at all."""
    assert "ambiguous-from" in block(text)[2]


def test_a_huge_field_is_cut_and_the_rest_of_the_message_stays() -> None:
    """One field of more than 8 KiB."""
    fields, body, defects = block(b"From: a\nSubject: " + b"s" * 20_000 + b"\nTo: b\n\nbody")

    assert [name for name, _ in fields] == ["from", "subject", "to"]
    assert len(fields[1][1]) == LIMITS.header_bytes
    assert (body, defects) == (b"body", {"header-cut"})


def test_references_that_are_cut_keep_their_last_ids() -> None:
    """Threads are joined by the latest ids; the first names the thread."""
    ids = [f"{number:04}@example.org" for number in range(1000)]
    fields, _, _ = block(b"References: " + " ".join(f"<{one}>" for one in ids).encode() + b"\n\n")
    read = read_ids((fields[0][1],), LIMITS)

    assert len(fields[0][1]) == LIMITS.header_bytes
    assert (read[0], read[-1]) == (ids[0], ids[-1])
    assert set(read) <= set(ids)


def test_a_header_block_is_read_up_to_its_limit_only() -> None:
    """Beyond 64 KiB fields are ignored; a field that the limit cuts in two is not half believed."""
    text = b"From: a\n" + b"X-A: b\n" * 100 + b"To: friend@example.org\nX-Z: 1\n\nbody"
    at = text.index(b"friend") + 3
    fields, body, defects = block(text, Limits(header_block_bytes=at))

    assert "to" not in dict(fields)
    assert (body, defects) == (b"body", {"header-block-cut"})


def test_fields_beyond_the_two_hundredth_are_ignored() -> None:
    """The body is still found."""
    fields, body, defects = block(b"From: a\n" + b"X-A: b\n" * 300 + b"\nbody")

    assert len(fields) == LIMITS.headers
    assert (body, defects) == (b"body", {"header-block-cut"})


@pytest.mark.parametrize("limits", [Limits(header_block_bytes=500), Limits(headers=50)])
def test_a_from_beyond_a_limit_makes_the_author_ambiguous(limits: Limits) -> None:
    """Another parser would see it."""
    assert "ambiguous-from" in block(b"From: a\n" + b"X-A: b\n" * 300 + b"From: c\n\nbody", limits)[2]


@pytest.mark.parametrize(
    "text",
    [
        b"X-A: b\n" * 100_000,
        b"a\n" * 500_000 + b"To: x\n\n",
        b"X-A: " + b"y" * 1_000_000,
        b"y" * 1_000_000,
        b"X-A: y" + b"\n y" * 300_000,
        b"X-A: y" + b"\n " * 500_000,
        b"From" + b" " * 1_000_000,
        b" " * 1_000_000,
    ],
)
def test_hostile_headers_cost_linear_time(text: bytes) -> None:
    """A megabyte of the worst kind, also without the limit of the block."""
    start = time.process_time()
    block(text)
    block(text, Limits(header_block_bytes=10_000_000, headers=1_000_000))

    assert time.process_time() - start < 3


def test_fields_that_may_stand_once_are_reported_when_they_do_not() -> None:
    """The first wins; others may believe the last."""
    defects: set[str] = set()
    names = ("from", "from", "received", "received", "subject", "content-type", "content-type")
    note_duplicates(tuple(Header(name, b"") for name in names), defects)

    assert defects == {"duplicate-from", "duplicate-content-type"}


@pytest.mark.parametrize(
    ("value", "expected", "parameters"),
    [
        (b"Text/HTML; CharSet=UTF-8", "text/html", {"charset": "UTF-8"}),
        (b'text/plain; charset="utf-8" ; a=b;', "text/plain", {"charset": "utf-8", "a": "b"}),
        (b"text/plain; charset=us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        (b"text/plain (a comment); charset=x", "text/plain", {"charset": "x"}),
        (b"text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b"text / plain", "text/plain", {}),
        (b"text", "", {}),
        (b"text; charset=utf-8", "", {"charset": "utf-8"}),
        (b"", "", {}),
        (b'multipart/mixed; boundary="a b;\\"c"', "multipart/mixed", {"boundary": 'a b;"c'}),
        (b'multipart/mixed; boundary="never closed', "multipart/mixed", {"boundary": "never closed"}),
        (b"a/b; x=1; x=2; X=3", "a/b", {"x": "1"}),
        (b"a/b; ;; =; x; y=; z = 1", "a/b", {"y": "", "z": "1"}),
        (b"a/b; name=my file.pdf; x=y z", "a/b", {"name": "my file.pdf", "x": "y"}),
        (b'a/b; name="=?utf-8?q?J=C3=B6rg=2Epdf?="', "a/b", {"name": "Jörg.pdf"}),
        (b"a/b; name=J\xf6rg.pdf", "a/b", {"name": "Jörg.pdf"}),
        (b"a/b; name*=utf-8''J%C3%B6rg.pdf", "a/b", {"name": "Jörg.pdf"}),
        (b"a/b; name*=utf-8'de'J%C3%B6rg.pdf; name=x.pdf", "a/b", {"name": "Jörg.pdf"}),
        (b"a/b; name*1=ob.pdf; name*0=b", "a/b", {"name": "bob.pdf"}),
        (b"a/b; name*0*=iso-8859-1''J%F6; name*1=rg; name*2*=%2Epdf", "a/b", {"name": "Jörg.pdf"}),
        (b"a/b; name*0*=utf-8''J%C3; name*1*=%B6rg; name*3=lost", "a/b", {"name": "Jörg"}),
        (b"a/b; name*=unicode_escape''%5Cu0041", "a/b", {"name": "\\u0041"}),
        (b"a/b; name*=utf-8''a%0D%0ABcc:%20b%00", "a/b", {"name": "a Bcc: b"}),
    ],
)  # fmt: skip
def test_parameters_are_read_as_mailers_write_them(
    value: bytes, expected: str, parameters: dict[str, str]
) -> None:
    """RFC 2045 §5.1, RFC 2231 §3 and §4, and RFC 2047 where it should not be."""
    content_type, read = read_content_type(value, LIMITS, set())

    assert (content_type, dict(read)) == (expected, parameters)


def test_a_disposition_has_a_kind_and_a_file_name() -> None:
    """RFC 2183."""
    read = read_disposition(b'ATTACHMENT; filename="a.pdf"; size=3', LIMITS, set())

    assert read == ("attachment", (("filename", "a.pdf"), ("size", "3")))
    assert read_disposition(b"", LIMITS, set()) == ("", ())


@pytest.mark.parametrize(
    "value",
    [
        b"; a=b" * 5000,
        b"".join(b"; a*%d=b" % number for number in range(5000)),
        b"; a*%d=b" % 10**200,
        b";" + b"a" * 50_000,
        b";" + b"a " * 50_000,
        b'; x="' + b"\\" * 50_000,
        b'; x="' + b'"' * 50_000,
        b"=" * 50_000,
    ],
)
def test_hostile_parameters_cost_linear_time(value: bytes) -> None:
    """Five thousand parameters took a second elsewhere; 64 are read."""
    start = time.process_time()
    defects: set[str] = set()
    _, parameters = read_content_type(b"a/b" + value, LIMITS, defects)

    assert len(parameters) <= LIMITS.segments
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b"<a@b>", ("a@b",)),
        (b"<a@b><c@d> <e@f>", ("a@b", "c@d", "e@f")),
        (b'Your message of Monday "x" <a@b>', ("a@b",)),
        (b"a@b c@d", ("a@b", "c@d")),
        (b"words only", ()),
        (b"<no-at-sign>", ("no-at-sign",)),
        (b"<a b@c> <d@e>", ("d@e",)),
        (b"<a\x01@b>", ()),
        (b"<[[[[[@b>", ("[[[[[@b",)),
        (b"<" + b"x" * 999 + b">", ()),
        (b"<\xc2\x85@b>", ("@b",)),
        (b"", ()),
    ],
)
def test_ids_are_read_tolerantly(value: bytes, ids: tuple[str, ...]) -> None:
    """Brackets count; without any, words with an @; never a control, a space or more than a line."""
    assert read_ids((value,), LIMITS) == ids


def test_of_too_many_ids_the_first_and_the_last_are_kept() -> None:
    """RFC 5322 §3.6.4 lets References grow without end."""
    read = read_ids((b"".join(b"<%d@x>" % number for number in range(1000)),), LIMITS)

    assert len(read) == LIMITS.ids
    assert (read[0], read[1], read[-1]) == ("0@x", "801@x", "999@x")
