"""Charsets as people label them, encoded words, and what may stay in a line or a text."""

from __future__ import annotations

import codecs
import time

import pytest

from relay.mail import charset
from relay.mail.charset import clean_line, clean_text, codec_for, decode, decode_words, lenient_base64


@pytest.mark.parametrize(
    ("label", "octets", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("UTF8", "Grüße".encode(), "Grüße"),
        ('"utf-8"', "Grüße".encode(), "Grüße"),
        ("iso-8859-1", b"\x93Gr\xfc\xdfe\x94 \x80", "“Grüße” €"),
        ("ISO_8859-1:1987", b"\xe9", "é"),
        ("iso-8859-15", b"\xa4", "€"),
        ("latin-9", b"\xa4", "€"),
        ("iso-8859-8-i", "שלום".encode("cp1255"), "שלום"),
        ("iso-8859-9", "ışğ".encode("cp1254"), "ışğ"),
        ("windows-1251", "Привет".encode("cp1251"), "Привет"),
        ("Win-1251", "Привет".encode("cp1251"), "Привет"),
        ("cp-850", "Grüße".encode("cp850"), "Grüße"),
        ("ibm850", "Grüße".encode("cp850"), "Grüße"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("unicode-1-1-utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("ks_c_5601-1987", "안녕".encode("cp949"), "안녕"),
        ("euc-kr", "똠방".encode("cp949"), "똠방"),
        ("gb2312", "髙鑫".encode("gb18030"), "髙鑫"),
        ("big5", "你好".encode("big5"), "你好"),
        ("x-sjis", "①です".encode("cp932"), "①です"),
        ("iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
        ("iso-2022-jp", "日本語".encode("euc_jp"), "日本語"),
        ("iso-2022-jp", "①です".encode("cp932"), "①です"),
        ("iso-2022-kr", "안녕".encode("iso2022_kr"), "안녕"),
        ("utf-16", "Grüße".encode("utf-16-le"), "Grüße"),
        ("utf-16", "Grüße".encode("utf-16-be"), "Grüße"),
        ("utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("utf-16le", "Grüße".encode("utf-16-le"), "Grüße"),
        ("utf-32", "Grüße".encode("utf-32"), "Grüße"),
        ("macintosh", "Grüße".encode("mac_roman"), "Grüße"),
    ],
)
def test_a_label_means_what_mailers_mean_by_it(label: str, octets: bytes, text: str) -> None:
    """Aliases, and supersets where mailers write the superset."""
    decoded = decode(octets, label)

    assert (decoded.text, decoded.lossy) == (text, False)


@pytest.mark.parametrize(
    "label",
    [
        "unicode_escape",
        "idna",
        "punycode",
        "rot13",
        "zlib",
        "hex",
        "base64",
        "quopri",
        "hz",
        "charmap",
        "cp9",
    ],
)
def test_a_label_never_runs_a_codec_off_the_list(label: str) -> None:
    """A codec that is no charset, or one that is broken, is out of reach; the text comes through as it is."""
    assert codec_for(label) == ""
    assert decode(rb"\u0041~{VPND~} =41 xn--a", label).text == rb"\u0041~{VPND~} =41 xn--a".decode()


def test_every_codec_on_the_list_exists_and_makes_text() -> None:
    """A name that the interpreter does not know would be an exception for the first person who uses it."""
    names = {*charset._LABELS, *charset._NAMED_PAGES.values(), *charset._ISO_8859.values()}
    names |= {name for others in charset._SECOND.values() for name in others}
    names |= {f"cp{number}" for number in charset._CODE_PAGES}

    for name in names:
        assert codecs.lookup(name)._is_text_encoding
        assert isinstance(decode(b"plain", name).text, str)


@pytest.mark.parametrize("label", ["", "us-ascii", "iso-8859-1", "x-unknown", "klingon", "utf-7"])
def test_utf8_under_a_wrong_or_missing_label_is_utf8(label: str) -> None:
    """No one's Latin-1 text happens to be valid UTF-8."""
    decoded = decode("Grüße 你好".encode(), label)

    assert (decoded.text, decoded.lossy, decoded.charset) == ("Grüße 你好", False, "utf_8")


@pytest.mark.parametrize("label", ["", "us-ascii", "x-unknown"])
def test_eight_bit_text_that_is_not_utf8_is_windows_1252(label: str) -> None:
    """The commonest charset of unlabelled mail that is not UTF-8."""
    assert decode(b"Gr\xfc\xdfe", label).text == "Grüße"


def test_broken_utf8_loses_no_letter() -> None:
    """A half character or a pasted Latin-1 name becomes readable, and is reported."""
    decoded = decode("Grüße ".encode() + b"J\xfcrgen \xe2\x82", "utf-8")

    assert decoded.text == "Grüße Jürgen " + b"\xe2\x82".decode("cp1252")
    assert decoded.lossy


def test_wide_text_whose_zeros_were_dropped_is_read_as_plain() -> None:
    """Line ends and NUL are normalised before anybody knows the charset of a part."""
    assert decode(b"Hello", "utf-16").text == "Hello"


def test_raw_japanese_without_a_label_is_recognised_by_its_escapes() -> None:
    """RFC 1468 text is 7-bit: without this it would pass as ASCII gibberish."""
    assert decode("日本語".encode("iso2022_jp"), "").text == "日本語"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?J=C3=B6rg?=", "Jörg"),
        (b"=?UTF-8?B?SsO2cmc=?=", "Jörg"),
        (b"=?utf-8?b?SsO2cmc?=", "Jörg"),
        (b"=?utf-8*de?q?J=C3=B6rg?=", "Jörg"),
        (b"=?utf-8?q?J=C3?= =?utf-8?q?=B6rg?=", "Jörg"),
        (b"=?utf-8?q?J=C3?=\t =?UTF-8?B?tnJn?=", "Jörg"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        (b"=?utf-8?q?a_b?==?utf-8?q?c?=", "a bc"),
        (b"x=?utf-8?q?=C3=B6?=y", "xöy"),
        (b"=?utf-8?q?a b?=", "a b"),
        (b"=?utf-8?q?open =?utf-8?q?closed?=", "=?utf-8?q?open closed"),
        (b"=?utf-8?x?abc?= =?utf-8?q?never closed", "=?utf-8?x?abc?= =?utf-8?q?never closed"),
        (b"=?no-such?q?J=C3=B6rg?=", "Jörg"),
        (b"=?unicode_escape?q?=5Cu0041?=", "\\u0041"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("Jörg".encode(), "Jörg"),
        (b"J\xf6rg =?utf-8?q?M=C3=BCller?=", "Jörg Müller"),
        (b"??=?=?=?", "??=?=?=?"),
        (b"", ""),
    ],
)
def test_encoded_words_are_read_as_mailers_write_them(value: bytes, text: str) -> None:
    """RFC 2047 §6.2, and what senders make of it."""
    assert decode_words(value) == text


@pytest.mark.parametrize(
    "value",
    [
        b"=?utf-8?q?a?= " * 60_000,
        b"=?utf-8?q?a" * 60_000 + b"?=",
        b"=?utf-8?q?" * 60_000,
        b"=?" * 300_000,
        b"=?" + b"x" * 300_000,
        b"?=" * 300_000,
    ],
)
def test_encoded_words_cost_linear_time(value: bytes) -> None:
    """Thirty thousand words took twelve seconds elsewhere."""
    start = time.process_time()
    decode_words(value)

    assert time.process_time() - start < 2


def test_a_line_holds_no_control_and_no_line_separator() -> None:
    """Nothing that could begin a new header field or hide one."""
    assert clean_line("a\r\nBcc: b\x00\x1b\x85\u2028\u2029c\x7f") == "a Bcc: b c"
    assert clean_line("e\u0301 \ud83d\ude00 \ud800") == "é 😀 \ufffd"


def test_a_text_has_one_kind_of_line_end_and_no_control_but_the_tab() -> None:
    """What a reader's program would act on is gone; words, tabs and lines stay."""
    assert clean_text("a\r\nb\rc\x0bd\x0ce\u0085f\u2028g\u2029h\ti") == "a\nb\nc\nd\ne\nf\ng\nh\ti"
    assert clean_text("\ufeffa\x00\x07\x1b[0m\x7f\x9bb \ud800") == "a[0mb \ufffd"


def test_base64_is_read_whatever_stands_between() -> None:
    """Junk, missing padding and a lonely last letter."""
    assert lenient_base64(b"S G*k=\n") == b"Hi"
    assert lenient_base64(b"SGkhS") == b"Hi!"
    assert lenient_base64(b"") == b""
