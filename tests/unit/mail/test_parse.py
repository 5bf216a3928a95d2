"""Whole messages: line ends, MIME structure, header facts, limits."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.errors import MalformedMessage
from relay.mail.model import Mail, Part
from relay.mail.parse import Limits, decode_body, decode_text, parse

MULTIPART = b"From: a@b\nContent-Type: multipart/mixed; boundary=%s\n"
HEAD = "From: Joe <joe@example.org>\nTo: help@example.net\nSubject: Hi\n"


def read(text: str, limits: Limits = Limits()) -> Mail:  # noqa: B008  (frozen)
    return parse(text.replace("\n", "\r\n").encode(), limits)


def multipart(*parts: str, fields: str = "", kind: str = "mixed", end: str = "\n--b--\n") -> str:
    body = "".join(f"\n--b\n{part}" for part in parts)
    return f"{HEAD}{fields}Content-Type: multipart/{kind}; boundary=b\n\npreamble{body}{end}"


def outline(part: Part) -> list[str]:
    return [one.content_type for one in part.walk()]


def texts(mail: Mail) -> list[str]:
    return [decode_text(mail, part).text for part in mail.root.walk() if part.maintype == "text"]


def test_a_plain_message_becomes_facts_and_a_text() -> None:
    """The ordinary case, with no defect."""
    mail = read(HEAD + "Message-ID: <1@x>\nIn-Reply-To: <0@x>\nReferences: <r@x> <0@x>\nCc: c@d\n\nHello\n")

    assert [(one.name, one.address) for one in mail.authors] == [("Joe", "joe@example.org")]
    assert [one.address for one in mail.recipients] == ["help@example.net", "c@d"]
    assert (mail.subject, mail.message_id, mail.in_reply_to) == ("Hi", "1@x", ("0@x",))
    assert mail.references == ("r@x", "0@x")
    assert texts(mail) == ["Hello\n"]
    assert mail.defects == set()
    assert b"\r" not in mail.raw


@pytest.mark.parametrize(
    ("line_end", "defects"),
    [("\r\n", set()), ("\n", {"bare-lf"}), ("\r", {"bare-cr"}), ("\r\r\n", {"bare-cr"})],
)
def test_every_kind_of_line_end_reads_the_same(line_end: str, defects: set[str]) -> None:
    """LF files, CR files of old Macs, and CR CR LF of a doubled conversion."""
    mail = parse((HEAD + "\nHello\n\nyou\n").replace("\n", line_end).encode())

    assert (mail.subject, texts(mail), set(mail.defects)) == ("Hi", ["Hello\n\nyou\n"], defects)


def test_a_bare_cr_begins_a_new_line_as_some_mailers_see_it() -> None:
    """A field that hides behind a bare CR is seen, and makes two From."""
    mail = parse(b"Subject: x\rFrom: evil@example.org\r\nFrom: joe@example.org\r\n\r\nx")

    assert {"bare-cr", "several-from", "duplicate-from"} <= mail.defects


def test_nul_is_dropped_and_reported() -> None:
    """No octet of value 0 gets any further; in the header it also makes the author ambiguous."""
    body = parse(b"From: a@example.org\r\n\r\nHe\0llo")
    header = parse(b"From: a@example.org\0.evil.example\r\n\r\nHello")

    assert texts(body) == ["Hello"]
    assert body.defects == {"nul"}
    assert {"nul", "ambiguous-from"} <= header.defects


def test_a_message_in_utf_16_is_read() -> None:
    """Some programs write mail files like text files."""
    mail = parse((HEAD + "\nGrüße\n").replace("\n", "\r\n").encode("utf-16"))

    assert (mail.subject, texts(mail)) == ("Hi", ["Grüße\n"])


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b" \t\r\n", b"\0\0", b"\xef\xbb\xbf\n"])
def test_a_message_of_nothing_is_malformed(raw: bytes) -> None:
    """The only reason to refuse, and the reason is a constant."""
    with pytest.raises(MalformedMessage, match=r"^empty$"):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"help me", "help me"),
        (b"help me: please\n\nnow", "help me: please\n\nnow"),
        (b"\nhelp me", "help me"),
        (b"From: a@b\nSubject: x\nhelp me\nnow", "help me\nnow"),
        (MULTIPART % b"c" + b"\nhelp me", "help me"),
        (MULTIPART % b"" + b"\nhelp me", "help me"),
        (MULTIPART % b"b" + b"\n--b\n\nhelp me", "help me"),
        (MULTIPART % b"b" + b"\n--b\nhelp me\n--b--", "help me"),
        (MULTIPART % b"c" + b"\n--b\nContent-Type: text/plain\n\nhelp me\n--b--", "help me"),
        (MULTIPART % b"c" + b"\n--b\nContent-MD5: x\n\nhelp me\n--b--", "help me"),
        (MULTIPART % b"c" + b"\n--b\nX-Id: x\n y\ncontent-type: text/plain\n\nhelp me\n--b--", "help me"),
        (MULTIPART % b"b" + b"Content-Transfer-Encoding: quoted-printable\n\n--b\n\nhelp me", "help me"),
        (b"From: a@b\nContent-Type: nonsense\n\nhelp me", "help me"),
        (b"From: a@b\nContent-Type: text\n\nhelp me", "help me"),
        (b"From: a@b\nContent-Type: text/plain; charset=x-klingon\n\nhelp me", "help me"),
        (b"From: a@b\nContent-Transfer-Encoding: base64\n\nhelp me, I am lost", "help me, I am lost"),
        (
            b"From: a@b\nContent-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\nhelp me",
            "help me",
        ),
    ],
)
def test_a_message_that_a_person_wrote_is_never_lost(raw: bytes, text: str) -> None:
    """However broken it is, its text is there to be read, word for word."""
    assert texts(parse(raw)) == [text]


def test_parts_are_ranges_of_the_text_without_preamble_and_epilogue() -> None:
    """RFC 2046 §5.1.1: the line end before a delimiter belongs to the delimiter."""
    mail = read(multipart("\none\n", "Content-Type: text/html\n\n<p>", "", end="\n--b--\nepilogue"))

    assert outline(mail.root) == ["multipart/mixed", "text/plain", "text/html", "text/plain"]
    assert texts(mail) == ["one\n", "<p>", ""]
    assert mail.defects == set()


def test_a_boundary_that_begins_another_one_is_not_taken_for_it() -> None:
    """RFC 2046 §5.1.2: inner and outer boundary may share a beginning."""
    inner = "Content-Type: multipart/alternative; boundary=bb\n\n--bb\n\none\n--bb\n\ntwo\n--bb--\n"
    mail = read(multipart(inner, "\n--b x\n--bx\n---b\n--b-\n--b--x"))

    assert outline(mail.root) == ["multipart/mixed", "multipart/alternative"] + ["text/plain"] * 3
    assert texts(mail) == ["one", "two", "--b x\n--bx\n---b\n--b-\n--b--x"]


def test_delimiters_may_be_padded_with_space() -> None:
    """RFC 2046 §5.1.1, transport padding."""
    assert texts(read(multipart("\none\n--b \t\n\ntwo\n--b-- \n--b\n\nepilogue"))) == ["one", "two"]


def test_an_outer_delimiter_ends_an_inner_multipart() -> None:
    """A missing inner end loses neither the inner text nor what follows."""
    inner = "Content-Type: multipart/alternative; boundary=c\n\n--c\n\none"
    mail = read(multipart(inner, "\ntwo"))

    assert texts(mail) == ["one", "two"]
    assert mail.defects == {"no-final-boundary"}


def test_a_message_inside_has_one_child() -> None:
    """message/rfc822: the structure inside the same range; its From is not the author's."""
    inside = "Content-Type: message/rfc822\n\nFrom : a@b\nFrom: c@d\nContent-Type: text/html\n\n<p>"
    mail = read(multipart(inside))

    assert outline(mail.root) == ["multipart/mixed", "message/rfc822", "text/html"]
    assert mail.authors[0].address == "joe@example.org"
    assert not mail.defects & {"ambiguous-from", "several-from", "duplicate-from"}


def test_parts_of_a_digest_are_messages_unless_they_say_otherwise() -> None:
    """RFC 2046 §5.1.5."""
    mail = read(multipart("\nSubject: x\n\none", "Content-Type: text/plain\n\ntwo", kind="digest"))

    assert outline(mail.root) == ["multipart/digest", "message/rfc822", "text/plain", "text/plain"]
    assert texts(mail) == ["one", "two"]


@pytest.mark.parametrize(
    "kind", ["message/partial; id=1", "message/external-body", "message/delivery-status"]
)
def test_other_messages_are_leaves(kind: str) -> None:
    """RFC 2046 §5.2.2 and §5.2.3: nothing inside is for us to open."""
    assert read(f"{HEAD}Content-Type: {kind}\n\nFrom: x\n\ny").root.children == ()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_containers_that_are_encoded_are_opaque(encoding: str) -> None:
    """RFC 2045 §6.4 forbids it; a reader that decodes would see another structure."""
    fields = f"Content-Transfer-Encoding: {encoding}\n"
    inside = read(f"{HEAD}{fields}Content-Type: message/rfc822\n\nU3ViamVjdDogeA==\n")
    parts = read(f"{HEAD}{fields}Content-Type: multipart/mixed; boundary=b\n\nLS1iDQoNCnRleHQ=\n")

    assert inside.root.children == ()
    assert parts.root.content_type == "application/octet-stream"


def test_a_part_carries_its_own_facts() -> None:
    """Name from the disposition before the type's, content id without brackets, encoding in lower case."""
    attachment = (
        'Content-Type: image/png; name="a.png"\n'
        "Content-Disposition: attachment; filename*=utf-8''%C3%B6.png\n"
        "Content-Transfer-Encoding: BASE64\nContent-ID: <1@x>\n\nAAEC\n"
    )
    mail = read(multipart("\ntext", attachment))
    part = mail.root.children[1]

    assert (part.content_type, part.disposition, part.filename) == ("image/png", "attachment", "ö.png")
    assert (part.content_id, part.encoding, decode_body(mail, part)) == ("1@x", "base64", b"\x00\x01\x02")


@pytest.mark.parametrize(
    ("fields", "defects"),
    [
        ("From: a@b.example\nFrom: c@d.example", {"several-from", "duplicate-from"}),
        ("From: a@b.example\nFrom: a@b.example", {"several-from", "duplicate-from"}),
        ("From: a@b.example, c@d.example", {"several-from"}),
        ("From: a@b.example,<c@d.example>", {"several-from", "ambiguous-from"}),
        ("From: <a@b.example>c@d.example", {"ambiguous-from"}),
        ("From : a@b.example", {"ambiguous-from", "space-before-colon"}),
        (" From: a@b.example\nFrom: c@d.example", {"leading-space", "several-from", "duplicate-from"}),
        ("From\n : a@b.example", {"ambiguous-from", "space-before-colon"}),
        ("Sender: a@b.example", {"no-from"}),
        ("From:\nSubject: x", {"no-from"}),
        ("From: a@b.example\nSubject: x\nsubject: y", {"duplicate-subject"}),
        ("From: " + "a" * 3000 + "\nSubject: x", {"no-from", "ambiguous-from", "address-header-cut"}),
    ],
)
def test_an_author_who_is_not_plainly_one_is_reported(fields: str, defects: set[str]) -> None:
    """Everything that a forger has tried with From (and Subject) is a defect by name."""
    assert read(fields + "\n\nbody").defects == defects


def test_the_first_of_two_fields_wins() -> None:
    """And every mailbox of every From is an author."""
    mail = read("From: a@b\nFrom: c@d\nSubject: one\nSubject: two\n\nx")

    assert mail.subject == "one"
    assert [author.address for author in mail.authors] == ["a@b", "c@d"]


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?utf-8?q?a=0D=0ABcc=3A_b?=", "a Bcc: b"),
        ("=?utf-8?q?a=00=1B=E2=80=A8=C2=85b?=", "a b"),
        ("=?utf-16?b?" + "AA0ACgBC" + "?=", "B"),
        ("=?utf-7?q?+AA0ACg-x?=", "x"),
        ("e\u0301", "é"),
        ("x" * 5000, "x" * 2000),
        ("", ""),
    ],
)
def test_a_subject_is_one_line_whatever_is_encoded_in_it(value: str, subject: str) -> None:
    """Header injection through an encoded word is how other relays leaked."""
    assert read(f"Subject: {value}\n\nx").subject == subject


def test_what_is_nested_too_deep_stays_closed() -> None:
    """The message is read down to the limit; below it is an opaque part."""
    nest = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(1000))
    mail = read(f"{HEAD}{nest}\ntext")

    assert outline(mail.root) == ["multipart/mixed"] * 21 + ["application/octet-stream"]
    assert {"too-deep"} <= mail.defects


def test_parts_beyond_the_limit_are_one_opaque_part() -> None:
    """The first ones are read, the rest is kept in one piece."""
    mail = read(multipart(*[f"\npart {n}" for n in range(1000)]))

    assert texts(mail) == [f"part {n}" for n in range(199)]
    assert outline(mail.root)[-1] == "application/octet-stream"
    assert decode_body(mail, mail.root.children[-1]).endswith(b"part 999\n--b--\n")
    assert "too-many-parts" in mail.defects


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (b"To: " + b'"' * 20_000, b""),
        (b"Subject: " + b"=?utf-8?q?a?= " * 30_000, b""),
        (b"To: " + b"," * 20_000, b""),
        (b"Content-Type: a/b" + b"; a=b" * 5_000, b""),
        (b"Content-Type: multipart/mixed; boundary=b", b"--b\n\nx\n" * 10_000),
        (b"Content-Type: multipart/mixed; boundary=b", b"--bx\n" * 200_000),
        (
            b"Content-Type: multipart/mixed; boundary=b",
            (b"--b\nA: " + b"junk\n" * 13_000 + b"To: x\n\n") * 200,
        ),
        (b"Content-Type: message/rfc822", b"Content-Type: message/rfc822\n\n" * 1_000 + b"x\n" * 1_000_000),
        (b"X: y\n" * 50_000 + b"X: y", b""),
        (b"Message-ID: <" + b"[" * 60_000, b""),
        (b"X: " + b"y" * 1_000_000, b""),
        (b"\n".join([b"From: " + b"a@b.c," * 330] * 200), b""),
        (b"X: y", b"\r" * 2_000_000),
        (b"X: y", b"\0" * 2_000_000),
    ],
)
def test_hostile_messages_cost_linear_time(fields: bytes, body: bytes) -> None:
    """What made other parsers spend seconds or fall over."""
    start = time.process_time()
    parse(fields + b"\n\n" + body)

    assert time.process_time() - start < 2


WORDS = (
    b"From: a@b\n|From : <|Content-Type: multipart/mixed; boundary=b\n|--b\n|--b--\n|\n|\r|\r\n|\0| |: |text|\\"
    b'|=?utf-8?q?|?=|"|(|<|\xff|\xc3|Content-Type: message/rfc822\n|Content-Transfer-Encoding: base64\n|+AAA'
    b"|Content-Type: text/plain; charset=utf-7; format=flowed\n|begin 644 x\n|; name*0*=utf-16''%|\x1b$B|=\n"
).split(b"|")
FRAGMENTS = st.lists(st.sampled_from(WORDS) | st.binary(max_size=6), max_size=60).map(b"".join)


@given(FRAGMENTS)
@example(b"--b")
def test_no_input_makes_the_reader_fail(raw: bytes) -> None:
    """Any octets are read to frozen facts, or are nothing at all; ranges stay inside the text."""
    try:
        mail = parse(raw)
    except MalformedMessage:
        return
    for part in mail.root.walk():
        start, end = part.span
        assert 0 <= start <= end <= len(mail.raw)
        decode_text(mail, part).text.encode("utf-8")
    for value in (mail.subject, mail.message_id, *mail.references, *(one.name for one in mail.authors)):
        assert value == value.strip()
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in value)
