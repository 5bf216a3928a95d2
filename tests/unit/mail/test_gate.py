"""The gate finds a planted secret in every encoding and every place, and ordinary mail passes it."""

from __future__ import annotations

import ast
import base64
import codecs
import gzip
import hashlib
import html
import io
import os
import quopri
import random
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relay.mail.gate as gate_module
from relay.mail import gate_forms, gate_octets
from relay.mail.gate import Finding, Gate, Secret, secrets_of
from relay.mail.gate_forms import Form
from relay.mail.identity import Identity, replace
from relay.mail.names import ORDINARY_WORDS
from relay.mail.providers import PUBLIC_DOMAINS

ADDRESS = "ana.ruiz@home.test"
NAME = "Ana Ruíz"
SECRETS = secrets_of(
    [ADDRESS, "aruiz@work.test"],
    [NAME],
    ["+34 600 555 014", "@anaruiz"],
    ["<abc.123@laptop.home.test>"],
    ["laptop.local"],
    ["k7x2m9q4w8e5r1t6@relay.test"],
    public_domains=PUBLIC_DOMAINS,
    ordinary_words=ORDINARY_WORDS,
    shown=["Robin", "p3n5b7v9c1x2z4l6@relay.test"],
)
GATE = Gate(SECRETS)
# Knows the whole address only, so that no part of it helps.
ADDRESS_GATE = Gate([Secret(ADDRESS, "address", whole_word=True)])

HEADER = """\
From: "{name}" <p3n5b7v9c1x2z4l6@relay.test>
To: k1@relay.test
Subject: {subject}
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: {message_id}
MIME-Version: 1.0
"""


def header(name: str = "Robin", subject: str = "Re: hello", message_id: str = "<q8w7@relay.test>") -> bytes:
    return HEADER.format(name=name, subject=subject, message_id=message_id).replace("\n", "\r\n").encode()


def wrapped(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")


def flat(body: bytes, encoding: str = "8bit", kind: str = "text/plain; charset=utf-8") -> bytes:
    fields = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return header() + fields.encode() + body


def attached(octets: bytes, name: str = "file.bin", boundary: str = "b0") -> bytes:
    return (
        header()
        + f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n--{boundary}\r\n'.encode()
        + b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello, see the file.\r\n"
        + f'--{boundary}\r\nContent-Type: application/octet-stream; name="{name}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n"
        + wrapped(octets)
        + f"--{boundary}--\r\n".encode()
    )


def zipped(octets: bytes, name: str = "a.txt") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, octets)
    return packed.getvalue()


def png(chunk: bytes, data: bytes) -> bytes:
    def one(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n"
        + one(b"IHDR", bytes(13))
        + one(chunk, data)
        + one(b"IDAT", pixels)
        + one(b"IEND", b"")
    )


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "capitals": lambda s: s.upper().encode(),
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s).encode(),
    "zero width": lambda s: "\u200b".join(s).encode(),
    "soft hyphens": lambda s: "\u00ad".join(s).encode(),
    "look-alikes": lambda s: s.translate(str.maketrans("aeo", "\u0430\u0435\u043e")).encode(),
    "percent": lambda s: "".join(f"%{b:02x}" for b in s.encode()).encode(),
    "percent of the at": lambda s: s.replace("@", "%40").replace(" ", "%20").encode(),
    "percent twice": lambda s: "".join(f"%25{b:02X}" for b in s.encode()).encode(),
    "decimal references": lambda s: "".join(f"&#{ord(c)};" for c in s).encode(),
    "hexadecimal references": lambda s: "".join(f"&#x{ord(c):x};" for c in s).encode(),
    "references twice": lambda s: html.escape("".join(f"&#{ord(c)};" for c in s)).encode(),
    "backslash u": lambda s: "".join(f"\\u{ord(c):04x}" for c in s).encode(),
    "backslash x": lambda s: "".join(f"\\x{b:02x}" for b in s.encode()).encode(),
    "hex": lambda s: s.encode().hex().encode(),
    "hex capitals": lambda s: s.encode().hex().upper().encode(),
    "hex with spaces": lambda s: s.encode().hex(" ").encode(),
    "base64": lambda s: base64.b64encode(s.encode()),
    "base64 behind one octet": lambda s: base64.b64encode(b"<" + s.encode() + b">"),
    "base64 behind two octets": lambda s: base64.b64encode(b"<<" + s.encode() + b">>"),
    "base64 glued to a word": lambda s: b"tok" + base64.b64encode(b"," + s.encode() + b","),
    "base64 for addresses of pages": lambda s: base64.urlsafe_b64encode(b"\xfb\xff<" + s.encode() + b">"),
    "base64 twice": lambda s: base64.b64encode(base64.b64encode(s.encode())),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")),
    "quoted-printable": lambda s: "".join(f"={b:02X}" for b in s.encode()).encode(),
    "encoded word B": lambda s: b"=?utf-8?B?" + base64.b64encode(s.encode()) + b"?=",
    "encoded word Q": lambda s: b"=?utf-8?q?" + "".join(f"={b:02X}" for b in s.encode()).encode() + b"?=",
    "encoded word of UTF-16": lambda s: b"=?utf-16?B?" + base64.b64encode(s.encode("utf-16")) + b"?=",
    "encoded words in two": lambda s: (
        b"=?utf-8?q?"
        + s[:5].encode().hex("=").join(["=", ""]).encode()
        + b"?= =?utf-8?b?"
        + base64.b64encode(s[5:].encode())
        + b"?="
    ),
    "UTF-7": lambda s: s.encode("utf-7").replace(b"@", b"+AEA-").replace(b" ", b"+ACA-"),
    "rot13": lambda s: codecs.encode(s, "rot13").encode(),
    "reversed": lambda s: s[::-1].encode(),
}

PLACES: dict[str, Callable[[bytes], bytes]] = {
    "name in From": lambda c: header().replace(b"Robin", c) + b"\r\nHello\r\n",
    "subject": lambda c: header().replace(b"Re: hello", b"Re: about " + c) + b"\r\nHello\r\n",
    "folded subject": lambda c: header().replace(b"Re: hello", b"Re: about\r\n " + c) + b"\r\nHello\r\n",
    "message id": lambda c: header().replace(b"q8w7", c) + b"\r\nHello\r\n",
    "another header": lambda c: header() + b"X-Mailer: (" + c + b")\r\n\r\nHello\r\n",
    "text": lambda c: flat(b"I am " + c + b", really.\r\n"),
    "quoted text": lambda c: flat(b"> > from: " + c + b"\r\n> wrote\r\n"),
    "text in quoted-printable": lambda c: flat(
        quopri.encodestring(b"I am " + c + b", really.\n"), "quoted-printable"
    ),
    "text in base64": lambda c: flat(wrapped(b"I am " + c + b", really.\n"), "base64"),
    "HTML": lambda c: flat(b'<p title="' + c + b'">Hello</p>', kind="text/html"),
    "comment in HTML": lambda c: flat(b"<p>Hello<!-- " + c + b" --></p>", kind="text/html"),
    "file name": lambda c: attached(b"data").replace(b"file.bin", c),
    "boundary": lambda c: attached(b"data").replace(b"b0", c),
    "attachment": lambda c: attached(b"\x00\x01\xff\xfe--" + c + b"\x00\x02"),
    "text file": lambda c: attached(b"Dear all,\nthis is (" + c + b")\n"),
    "zip member": lambda c: attached(zipped(b"Dear all, " + c + b" wrote")),
    "zip in zip": lambda c: attached(zipped(zipped(b"Dear all, " + c + b" wrote"))),
    "gzip": lambda c: attached(gzip.compress(b"Dear all, " + c + b" wrote")),
    "PNG text": lambda c: attached(png(b"zTXt", b"Author\0\0" + zlib.compress(c))),
    "PDF stream": lambda c: attached(
        b"%PDF-1.7\n1 0 obj <</Length 9>>\nstream\n" + zlib.compress(c) + b"\nendstream"
    ),
    "forwarded message": lambda c: attached(header().replace(b"Robin", c) + b"\r\nHello\r\n"),
    "preamble": lambda c: attached(b"data").replace(b"\r\n\r\n--b0", b"\r\n\r\n(" + c + b")\r\n--b0", 1),
    "epilogue": lambda c: attached(b"data") + b"(" + c + b")\r\n",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_address_is_found_in_every_encoding_in_every_place(encoding: str, place: str) -> None:
    """No way to write an address that a reader or a program could undo leaves unseen.

    RFC 2152, RFC 3986 §2.1, RFC 2047, RFC 2045 §6.7, §6.8.
    """
    assert ADDRESS_GATE.search(PLACES[place](ENCODINGS[encoding](ADDRESS)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "secret",
    [
        "Ana Ruiz",
        "RUIZ, Ana",
        "+34600555014",
        "anaruiz",
        "home.test",
        "ana.ruiz=home.test",
        "abc.123@laptop.home.test",
        "laptop.local",
        "k7x2m9q4w8e5r1t6",
    ],
)
def test_every_kind_of_secret_is_found_in_every_place(secret: str, place: str) -> None:
    """Names, numbers, handles, hosts, ids, aliases and return-paths count like addresses.

    RFC 1950, RFC 2231 §3.
    """
    if secret.startswith("+") and place == "attachment":
        secret = "+34 600 555 014"
    assert GATE.search(PLACES[place](secret.encode()))


@pytest.mark.parametrize(
    "place", ["name in From", "subject", "text", "text in base64", "HTML", "zip member", "file name"]
)
@pytest.mark.parametrize("word", ["Ruiz", "RUIZ", "ru\u0301iz", "Rúíz", "Ru\u200biz"])
def test_a_family_name_is_found_where_people_read(word: str, place: str) -> None:
    """A short word counts as a whole word of text, whatever its accents."""
    assert GATE.search(PLACES[place](word.encode()))


@pytest.mark.parametrize(
    "number",
    [
        "600555014",
        "600 555 014",
        "(600) 555-014",
        "0034600555014",
        "+34.600.555.014",
        "0600 55 50 14",
        "tel:+34-600-555-014",
    ],
)
def test_a_telephone_number_is_found_however_it_is_spaced(number: str) -> None:
    """Spaces, dots, dashes, brackets and prefixes make no other number."""
    assert Finding("phone", "message body", "plain") in GATE.search(flat(f"Call {number} now".encode()))


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256"])
def test_a_hash_of_an_address_is_found(digest: str) -> None:
    """A picture service's hash of the address identifies as well as the address."""
    hashed = hashlib.new(digest, ADDRESS.encode())
    for written in (
        hashed.hexdigest().encode(),
        hashed.hexdigest().upper().encode(),
        base64.b64encode(hashed.digest()),
    ):
        assert GATE.search(flat(b"https://pictures.test/avatar/" + written + b"?s=80"))


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp037"])
@pytest.mark.parametrize("word", ["Ana Ruíz", ADDRESS])
def test_a_text_file_in_another_charset_is_read(charset: str, word: str) -> None:
    """The declared charset is believed as one reading more."""
    octets = f"This is {word}, she lives here.".encode(charset)
    message = attached(octets).replace(b'name="file.bin"', f"charset={charset}".encode())
    assert GATE.search(message)


@pytest.mark.parametrize("name", ["Юлія Шевченко", "Łukasz Wójcik", "山田 太郎", "김 철수", "محمد الفاسي"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be"])
def test_names_of_every_script_are_found(name: str, charset: str) -> None:
    """Scripts other than Latin are no gap."""
    gate = Gate(secrets_of([], [name], [], [], [], [], public_domains=frozenset()))
    assert gate.search(flat(wrapped(f"xx {name} yy".encode(charset)), "base64"))
    assert gate.search(flat(wrapped(f"xx {name.upper()} yy".encode(charset)), "base64"))
    assert not gate.search(flat(wrapped("nothing said".encode(charset)), "base64"))


def test_text_in_utf_16_is_read_whatever_its_case() -> None:
    """Not only the exact form is found when a byte order mark gives the charset away (RFC 2781)."""
    gate = Gate(secrets_of([], ["Юлія Шевченко"], [], [], [], [], public_domains=frozenset()))
    assert gate.search(attached("підпис: шеВЧЕнко".encode("utf-16")))


def test_an_address_split_by_markup_lines_or_parameters_is_found() -> None:
    """Spans, soft breaks and continued parameters do not hide an address."""
    assert ADDRESS_GATE.search(flat(b"<p><span>ana.</span><span>ruiz@ho</span>me.test</p>", kind="text/html"))
    assert ADDRESS_GATE.search(flat(b"write to ana.ruiz@ho=\r\nme.test", "quoted-printable"))
    assert ADDRESS_GATE.search(flat(b"write to ana.ruiz@ho\r\n> me.test"))
    assert GATE.search(flat(b"this is Ana\r\n> > Ruiz"))
    split = attached(b"data").replace(
        b'name="file.bin"', b"name*0*=utf-8''ana%2Eru;\r\n name*1*=iz%40home;\r\n name*2=.test"
    )
    assert ADDRESS_GATE.search(split)


def test_a_secret_wrapped_ten_times_is_found_and_deeper_wrapping_stops_the_message() -> None:
    """Depth is bounded, and the bound fails closed."""
    octets = b"I am " + ADDRESS.encode()
    for _ in range(9):
        octets = base64.b64encode(octets)
    assert "address" in {finding.kind for finding in GATE.search(flat(octets))}
    innocent = b"nothing to see here"
    for _ in range(14):
        innocent = base64.b64encode(innocent)
    assert "unsearchable" in {finding.kind for finding in GATE.search(flat(innocent))}


@pytest.mark.parametrize("joint", ["\r\n", " ", " \r\n"])
def test_base64_that_a_conversion_has_wrapped_anew_is_found(joint: str) -> None:
    """A part that says quoted-printable and is base64, turned from HTML to text: its lines are joined by blanks."""
    encoded = base64.b64encode(f"<p>{'padding ' * 12}{ADDRESS} {'more ' * 20}</p>".encode()).decode()
    lines = [encoded[at : at + 76] for at in range(0, len(encoded), 76)]
    body = f"Content-Type: text/plain; charset=us-ascii\r\n\r\n{joint.join(lines)}\r\n"
    assert ADDRESS_GATE.search(header() + body.encode())


def test_a_return_path_made_of_an_address_is_found() -> None:
    """VERP, BATV and SRS write the address with an equals sign."""
    gate = Gate(secrets_of(["ana@gmail.com"], [], [], [], [], [], public_domains=PUBLIC_DOMAINS))
    findings = gate.search(flat(b"list-bounce+ana=gmail.com@lists.test"))
    assert Finding("address", "message body", "return-path") in findings


def test_what_cannot_be_read_stops_the_message() -> None:
    """A stream that unpacks without end and an encrypted archive are findings themselves."""
    bomb = gzip.compress(b"all is well. " * 4_000_000)
    assert {finding.kind for finding in GATE.search(attached(bomb))} == {"unsearchable"}
    locked = bytearray(zipped(b"hello"))
    locked[6] |= 1
    assert {finding.kind for finding in GATE.search(attached(bytes(locked)))} == {"unsearchable"}


def test_a_finding_says_where_but_not_what() -> None:
    """Findings go to logs: kind, place and encoding are words of ours."""
    findings = GATE.search(attached(zipped(ADDRESS.encode())))
    assert Finding("address", "part 2 body", "base64+zip") in findings
    assert not any("ruiz" in repr(finding).lower() or "home" in repr(finding) for finding in findings)
    assert "ruiz" not in repr(SECRETS).lower()


DELIMITER = "-- "
ORDINARY = f"""\
Dear Robin,

Ana, thank you for writing to me. I will be at home on Sunday, May 3rd, and I hope that you can call. The
test at my school was hard; I wrote 600 words in 55 minutes and 014 of them were right. My doctor says
that I should work less, sleep more & talk about it.  <3  See https://example.org/a?b=c%20d&e=f#g or
write to me at someone@gmail.com. 50% of my days are fine = good!

{DELIMITER}
Sent from my telephone
"""


@pytest.mark.parametrize(
    "text",
    [
        ORDINARY,
        "Ana",
        "anaruizx xanaruiz",
        "ruizes druiz",
        "someone@outlook.com",
        "homeatest",
        "9600555014",
        "6005550149",
        "myhome.testing",
        "",
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    """A false alarm delays help: given names, public providers and parts of words may stay."""
    octets = text.encode()
    for message in (
        flat(octets),
        flat(wrapped(octets), "base64"),
        flat(quopri.encodestring(octets), "quoted-printable"),
        attached(octets),
        attached(zipped(octets)),
        flat(f"<p>{html.escape(text)}</p>".encode()),
    ):
        assert GATE.search(message) == ()


def test_random_attachments_pass() -> None:
    """Chance must not find short words in pictures."""
    gate = Gate(
        [*SECRETS, Secret("Li", "name", whole_word=True), Secret("abc", "local part", whole_word=True)]
    )
    octets = random.Random(7).randbytes(2_000_000)
    assert gate.search(attached(octets)) == ()
    assert gate.search(attached(b"\xff\xd8\xff\xe0\x00\x10JFIF" + octets)) == ()


@pytest.mark.parametrize("size", [1000, 300_000, 2_000_000])
@pytest.mark.parametrize(
    "written", ["Юлія Шевченко", "ШЕВЧЕНКО", "Inés Muñozábal", "muñozábal", "MUÑOZÁBAL", "王伟"]
)
def test_a_name_beyond_ascii_is_found_between_octets_that_are_no_text(written: str, size: int) -> None:
    """Whatever its charset, its case and how its accents are composed, and however broken the octets beside it are."""
    names = ["Юлія Шевченко", "Inés Muñozábal", "王伟"]
    gate = Gate(secrets_of([], names, [], [], [], [], public_domains=frozenset()))
    octets = random.Random(size).randbytes(size)
    broken = b"\0\xe0\x80\x80\xed\xa0\x80"
    assert gate.search(attached(octets + broken)) == ()
    for charset in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        for form in ("NFC", "NFD"):
            name = unicodedata.normalize(form, written).encode(charset, "ignore")
            if charset == "latin-1" and name.decode(charset) != written:
                continue
            found = gate.search(attached(octets + broken + name + b"\xff" + octets[:100]))
            assert {finding.kind for finding in found} == {"name"}, (charset, form)


@pytest.mark.parametrize(
    "spelled", ["\u200b".join("Шевченко"), "\u0430na.ruiz@home.test", "\uff41\uff4e\uff41.ruiz@home.test"]
)
def test_disguised_words_are_read_beside_broken_characters(spelled: str) -> None:
    """One run of octets that is no UTF-8 does not make all others unreadable."""
    gate = Gate([*SECRETS, Secret("Шевченко", "name", whole_word=True)])
    for broken in (b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xef\xbf"):
        octets = b"\0\1abcdef" + broken + b"abcdef\0\1" + spelled.encode() + b"\0\1"
        assert gate.search(attached(octets)), broken
        word = b"=?utf-8?q?" + b"".join(b"=%02X" % each for each in spelled.encode()) + b"?="
        for text in (spelled.encode(), b"<b>" + spelled.encode() + b"</b>", word):
            assert gate.search(flat(b"Hello " + broken + b" " + text + b", and bye")), (broken, text)


def test_text_that_is_not_in_the_charset_it_claims_is_read_in_both() -> None:
    """Latin-1 that is said to be UTF-8, and both in one letter."""
    gate = Gate(secrets_of([], ["Inés Muñozábal"], [], [], [], [], public_domains=frozenset()))
    for charset in ("utf-8", "latin-1"):
        for beside in ("", "Größe", "naïve ☂"):
            text = b"I am " + "MUÑOZÁBAL".encode(charset) + b" " + beside.encode("utf-8") + b" \xfc"
            assert gate.search(flat(text)), (charset, beside)


def test_a_name_that_is_part_of_a_longer_word_is_none_between_octets_either() -> None:
    """An adjective of a family name, in UTF-8, and a longer ASCII word."""
    names = ["Юлія Шевченко", "Ana Petersen"]
    gate = Gate(secrets_of([], names, [], [], [], [], public_domains=frozenset()))
    for word in ("Шевченковський", "неШевченко", "Petersenia", "4Petersen"):
        assert gate.search(attached(b"\0\1\2" + word.encode() + b"\0\1\2")) == (), word


@given(
    st.lists(st.sampled_from([b"a", b"ab", b"abc", b"bca", b"ccab", b"\0a"]), min_size=1, unique=True),
    st.lists(st.sampled_from([b"a", b"b", b"c", b"\0", b"\xff"]), max_size=40).map(b"".join),
    st.integers(1, 7),
)
def test_octets_are_searched_for_every_form_wherever_one_search_ends(
    patterns: list[bytes], octets: bytes, window: int
) -> None:
    """As a plain look for each finds them, also across the border of two windows."""
    forms = [Form(len(pattern), str(number), "", whole_word=False) for number, pattern in enumerate(patterns)]
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(gate_octets, "_WINDOW", window)
        found = set(gate_octets.Octets(zip(patterns, forms, strict=True)).hits(octets))
    assert found == {form for pattern, form in zip(patterns, forms, strict=True) if pattern in octets}


def test_nothing_to_look_for_is_found_nowhere() -> None:
    """Somebody of whom nothing is secret."""
    assert list(gate_octets.Octets([]).hits(b"anything")) == []
    assert Gate([]).search(attached(random.Random(5).randbytes(200_000))) == ()


@pytest.mark.parametrize("beside", [b"", b"\xe4" * 700_000], ids=["small", "large"])
def test_an_escaped_secret_that_is_broken_over_lines_is_found_between_octets(beside: bytes) -> None:
    """The escape stands in one line, the rest of the secret in the next."""
    for broken in (b"ana%2Eru\niz@home.test", b"ana.ruiz\n%40home.test", b"ana.r&#117;\niz@home.test"):
        octets = (
            b"\0\1\2" + beside + b"\0an unsuspicious line:\n" + broken + b"\n- and another one\0" + beside
        )
        assert ADDRESS_GATE.search(attached(octets)), broken


def test_the_words_of_our_own_headers_are_no_secrets() -> None:
    """Somebody called May, or Sun, or Text can be helped in May."""
    gate = Gate(
        secrets_of(
            ["date@gmail.com"],
            ["Jo May", "Wei Sun", "Al Text"],
            [],
            [],
            [],
            [],
            public_domains=PUBLIC_DOMAINS,
            ordinary_words=ORDINARY_WORDS,
        )
    )
    message = flat(b"I may come.").replace(b"Mon, 23 Nov 2026", b"Sun, 3 May 2026")
    assert gate.search(message) == ()
    assert gate.search(flat(b"I am Jo May."))
    assert gate.search(message.replace(b"Re: hello", b"From Sun"))


def test_an_everyday_word_counts_with_a_capital_letter_only() -> None:
    """ "I hope" is no name; "Hope" at the end of a letter is."""
    gate = Gate(
        secrets_of(
            [], ["Ana Hope"], [], [], [], [], public_domains=frozenset(), ordinary_words=ORDINARY_WORDS
        )
    )
    assert gate.search(flat(b"I hope that hope helps.")) == ()
    assert gate.search(flat(b"Yours, Hope"))
    assert gate.search(flat(b"yours, ana hope"))


def test_secrets_follow_the_contract() -> None:
    """What may stay is no secret: given names, public providers, initials, what the reader is shown."""
    secrets = secrets_of(
        ["jo@gmail.com", "jane.roe+x@mail.roe.test"],
        ["Dr. Jane van der Roe", "ROE Jane", "Jane", "王伟"],
        ["@jroe", "Roe!"],
        [],
        ["mail.gmail.com", "pc.roe.test"],
        ["help@relay.test"],
        public_domains=PUBLIC_DOMAINS,
        shown=["Robin of relay.test"],
    )
    assert {secret.value for secret in secrets} == {
        "jo@gmail.com",
        "jane.roe+x@mail.roe.test",
        "jane.roe+x",
        "jane.roe",
        "mail.roe.test",
        "Roe",
        "Jane Roe",
        "Roe Jane",
        "Roe, Jane",
        "JaneRoe",
        "RoeJane",
        "王伟",
        "jroe",
        "Roe!",
        "pc.roe.test",
        "help@relay.test",
    }


def test_a_word_that_the_reader_is_shown_anyway_is_no_secret() -> None:
    """A counselor called Robin who answers as Robin does not stop every message."""
    secrets = secrets_of(
        ["robin@posteo.de"], ["Ana Robin"], [], [], [], [], public_domains=PUBLIC_DOMAINS, shown=["Robin"]
    )
    assert "robin" not in {secret.value.lower() for secret in secrets}


def test_what_identity_has_cleaned_passes_the_gate() -> None:
    """Two copies of one rule agree on text made of secrets and separators."""
    author = Identity(
        (ADDRESS, "aruiz@work.test"),
        (NAME,),
        ("+34 600 555 014", "@anaruiz"),
        ("k7x2m9q4w8e5r1t6@relay.test",),
        "Robin",
        "p3n5b7v9c1x2z4l6@relay.test",
    )
    secrets = [
        "ana.ruiz",
        "home.test",
        ADDRESS,
        "Ana",
        "Ruíz",
        "RUIZ",
        "+34 600 555 014",
        "600555014",
        "@anaruiz",
        "aruiz",
        "ana%2eruiz%40home.test",
        "&#97;na.ruiz&commat;home.test",
        "\uff41narui\uff5a",
        "k7x2m9q4w8e5r1t6@relay.test",
    ]
    glue = [
        " ",
        "\n",
        "\n> ",
        ".",
        ",",
        ", ",
        "-",
        "_",
        "@",
        "/",
        "x",
        "1",
        "\u200b",
        "\u00a0",
        "=",
        "+",
        "<",
        ">",
        ":",
        "% ",
        "(",
        "私",
    ]
    rng = random.Random(11)
    for _ in range(1500):
        text = "".join(rng.choice(secrets) + rng.choice(glue) for _ in range(rng.randint(1, 5)))
        cleaned = replace(text, author).text
        assert GATE.search(flat(cleaned.encode())) == (), (text, cleaned)


def test_the_gate_shares_no_code_with_what_it_judges() -> None:
    """The gate and its five files import nothing of the project but each other, and what compiles their patterns."""
    folder = Path(gate_module.__file__).parent
    for name in ("gate", "gate_forms", "gate_octets", "gate_packed", "gate_secrets", "gate_views"):
        tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        ours = {module for module in modules if module.startswith("relay")}
        its_own = {f"relay.mail.gate_{name}" for name in ("forms", "octets", "packed", "secrets", "views")}
        assert ours <= its_own | {"relay.mail.patterns"}, "which compiles, and knows no pattern"


@pytest.mark.parametrize(
    "unit",
    [
        b"<",
        b"&#",
        b"=?utf-8?q?",
        b"%",
        b"=",
        b"\\u",
        b"+A",
        b"PK\x03\x04\x00\x00",
        b"stream\n\x78\x9c",
        b"aaaaaaaaaaaaaaaa\n",
        b"61 ",
        b"--\n",
        b"0 ",
        b"=41",
        b"\n>",
        b"a*0=",
    ],
)
def test_hostile_repetition_costs_linear_time(unit: bytes) -> None:
    """Half a megabyte of any marker is searched in a few seconds, not minutes."""
    started = time.process_time()
    for message in (
        flat(unit * (500_000 // len(unit))),
        attached(b"\x89PNG%PDF-" + unit * (500_000 // len(unit))),
    ):
        GATE.search(message)
    assert time.process_time() - started < 5


def test_where_octets_are_said_to_hold_no_form_none_stands() -> None:
    """Forms that are made only for octets which can hold them are found bare, at every place, between all neighbours."""
    rng = random.Random(11)
    all_secrets = (*SECRETS, *secrets_of([], ["Юлія Шевченко"], [], [], [], [], public_domains=frozenset()))
    beside = [b"", b"A", b"zz9", b"=", b"\n", b" ", b"\xe9", b"=40"]
    for secret in all_secrets:
        of = gate_forms.cores([secret])
        for pattern, form in gate_forms.in_base64(secret):
            for _ in range(12):
                octets = rng.choice(beside) + pattern + rng.choice(beside)
                assert gate_forms.may_hold_base64(octets, of), (pattern, form)
        assert all(gate_forms.may_hold_hashes(pattern) for pattern, _ in gate_forms.hashes_in_base64(secret))
        assert all(gate_forms.may_hold_hex(pattern) for pattern, _ in gate_forms.in_hex(secret))
    assert not gate_forms.may_hold_base64(
        b"An ordinary letter of a few lines.\n" * 40, gate_forms.cores(SECRETS)
    )


@pytest.mark.parametrize("before", ["", "(", "((", "(((", "Hello "])
@pytest.mark.parametrize("cut", [(0, 0), (1, 0), (0, 1), (2, 1)])
def test_base64_is_found_wherever_it_begins_and_though_it_was_cut(before: str, cut: tuple[int, int]) -> None:
    """Also without the digits in which its neighbours have a share, in the middle of a word.

    RFC 4648 §3.3.
    """
    encoded = base64.b64encode(before.encode() + ADDRESS.encode() + b"!!!").decode().rstrip("=")
    head, tail = (len(before) * 8 + 5) // 6, len(encoded) - (len(before) + len(ADDRESS)) * 8 // 6
    first, last = (head, tail) if cut == (0, 0) else (max(0, head - cut[0]), max(0, tail - cut[1]))
    shown = encoded[first : len(encoded) - last]
    for text in (f"see {shown} there", f"see ({shown})", f"{shown}\nthere"):
        kinds = {finding.kind for finding in ADDRESS_GATE.search(flat(text.encode()))}
        assert kinds == {"address"}, text


def test_random_octets_never_raise() -> None:
    """The gate answers for any octets at all."""
    rng = random.Random(3)
    marks = [
        *(encode("a@b.co") for encode in ENCODINGS.values()),
        b"\r\n\r\n",
        b"--b",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"%PDF-",
    ]
    for _ in range(400):
        GATE.search(b"".join(rng.choice([*marks, os.urandom(rng.randint(0, 40))]) for _ in range(12)))
