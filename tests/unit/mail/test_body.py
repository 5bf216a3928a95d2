"""Transfer encodings, text and flowed paragraphs."""

from __future__ import annotations

import base64
import binascii
import time

import pytest

from relay.mail.model import Mail
from relay.mail.parse import decode_body, decode_text, parse


def mail(body: bytes, *fields: str) -> Mail:
    return parse("\r\n".join(("From: a@example.org", *fields, "", "")).encode() + body)


def body_of(body: bytes, encoding: str) -> bytes:
    read = mail(body, f"Content-Transfer-Encoding: {encoding}")
    return decode_body(read, read.root)


def text_of(body: bytes, *fields: str) -> str:
    read = mail(body, *fields)
    return decode_text(read, read.root).text


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", b"SGVsbG8=\r\n", b"Hello"),
        ("BASE64 ", b"SGVsbG8\r\n", b"Hello"),
        ("base64 (really)", b"SGVs\r\n*bG8=", b"Hello"),
        ("base64", b"SGk=\r\nSGk=\r\n", b"HiHi"),
        ("base64", b"SGkhS", b"Hi!"),
        ("base64", b"This is not base64 but words.", b"This is not base64 but words."),
        ("quoted-printable", b"Gr=FC=DFe=\r\n, a=3Db", b"Gr\xfc\xdfe, a=b"),
        ("Quoted-Printable", b"soft= \t\r\nbreak", b"softbreak"),
        ("quoted-printable", b"100% =ZZ = ok =", b"100% =ZZ = ok "),
        ("x-uuencode", b"begin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\n", b"Hello"),
        ("uuencode", b"text\r\nbegin 644 a.txt\r\n%2&5L;&\\\r\n", b"Hello"),
        ("x-uue", b"no file here", b"no file here"),
        ("8bit", b"Gr\xfc\xdfe", b"Gr\xfc\xdfe"),
        ("binary", b"x", b"x"),
        ("nonsense", b"x=41", b"x=41"),
    ],
)
def test_transfer_encodings_are_undone_leniently(encoding: str, body: bytes, expected: bytes) -> None:
    """RFC 2045 §6, and damage that real mail has."""
    assert body_of(body, encoding) == expected


@pytest.mark.parametrize("label", ["quoted-printable", "7bit", "x-unknown"])
def test_a_text_that_is_base64_without_saying_so_is_read(label: str) -> None:
    """Its words arrive, and what names its author in it can be replaced."""
    encoded = base64.encodebytes("Ich heiße Ana Ruiz, und dies ist ein längerer Text in Zeilen.\r\n".encode())
    head = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {label}\n\n".encode()
    mail = parse(head + encoded)
    assert decode_text(mail, mail.root).text.startswith("Ich heiße Ana Ruiz, und")


@pytest.mark.parametrize(
    "text",
    [
        "Donaudampfschifffahrtsgesellschaft12",
        "deadbeefdeadbeefdeadbeefdeadbeef",
        "yes yes yes yes yes yes yes",
    ],
)
def test_a_text_that_only_could_be_base64_is_what_it_is(text: str) -> None:
    """A long word, a hash, a few words."""
    mail = parse(f"Content-Type: text/plain\n\n{text}\n".encode())
    assert decode_text(mail, mail.root).text.strip() == text


def test_uuencoded_lines_survive_lost_and_added_spaces() -> None:
    """Mailers cut spaces at line ends, and uuencode writes them."""
    data = bytes(range(200)) + b"\0" * 100
    lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
    encoded = b"begin 644 x\n" + b"".join(line.rstrip() + b"\n" for line in lines) + b"`\nend\n"

    assert body_of(encoded, "x-uuencode") == data


def test_text_is_decoded_by_its_label_and_cleaned() -> None:
    """LF line ends, no control but the tab."""
    encoded = base64.b64encode("Grüße\r\n\tdu\x00\x07".encode("utf-16-le"))
    fields = ("Content-Type: text/plain; charset=utf-16le", "Content-Transfer-Encoding: base64")

    assert text_of(encoded, *fields) == "Grüße\n\tdu"


def test_a_page_may_declare_its_charset_itself() -> None:
    """Only when the header says nothing (RFC 2045 §5.2; the page's own word is better than a guess)."""
    page = b'<html><head><META http-equiv=x content="text/html; charset=koi8-r"></head>' + "Привет".encode(
        "koi8-r"
    )

    assert "Привет" in text_of(page, "Content-Type: text/html")
    assert "Привет" not in text_of(page, "Content-Type: text/html; charset=iso-8859-1")


FLOWED = "Content-Type: text/plain; charset=utf-8; format=flowed"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("one \r\ntwo \r\nthree\r\nfour\r\n", "one two three\nfour\n"),
        (">one \r\n>two\r\n>>deep \r\n> up\r\n", "> one two\n>> deep\n> up\n"),
        (" From here\r\n >not quoted\r\n", "From here\n>not quoted\n"),
        ("text \r\n-- \r\nname \r\nplace\r\n", "text\n-- \nname place\n"),
        ("> \r\n>\r\nend \r\n", "> \n> \nend "),
        ("open ", "open"),
    ],
)
def test_flowed_paragraphs_are_joined(body: str, expected: str) -> None:
    """RFC 3676 §4: level by level, stuffing removed, the signature line alone."""
    assert text_of(body.encode(), FLOWED) == expected


def test_delsp_joins_without_the_space() -> None:
    """RFC 3676 §4.2: text without spaces between words, such as Japanese."""
    assert text_of("日本 \r\n語\r\n".encode(), FLOWED + "; delsp=yes") == "日本語\n"


def test_text_that_is_not_flowed_keeps_its_lines() -> None:
    """A space at a line end means nothing without the parameter."""
    assert text_of(b"one \r\ntwo", "Content-Type: text/plain") == "one \ntwo"


@pytest.mark.parametrize(
    ("fields", "unit"),
    [
        ("Content-Transfer-Encoding: base64", b"A="),
        ("Content-Transfer-Encoding: quoted-printable", b"= "),
        ("Content-Transfer-Encoding: x-uuencode", b"begin 644 x\r\n"),
        (FLOWED, b"> a \r\n"),
        (FLOWED, b">"),
        ("Content-Type: text/html", b"<meta "),
        ("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B"),
        ("Content-Type: text/plain; charset=utf-7", b"+2AA-"),
        ("Content-Type: text/plain; charset=utf-8", b"\xc3"),
    ],
)
def test_hostile_bodies_cost_linear_time(fields: str, unit: bytes) -> None:
    """A megabyte of the worst that a decoder can be given."""
    start = time.process_time()
    text_of(unit * (1_000_000 // len(unit)), fields)

    assert time.process_time() - start < 2
