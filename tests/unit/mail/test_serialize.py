"""The message that leaves: an allowlist of fields, whatever the values hold."""

from __future__ import annotations

import email
import email.policy
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.charset import clean_line, clean_text
from relay.mail.parse import decode_body, decode_text, parse
from relay.mail.serialize import FIELDS, Attachment, NewMessage, serialize

PLAIN = NewMessage(
    from_name="Quiet Robin",
    from_address="quiet.robin@service.example",
    to_address="joe@example.org",
    subject="Hello",
    date=datetime(2026, 1, 2, 3, 4, 59, 999, tzinfo=UTC),
    message_id="m1@service.example",
    in_reply_to="",
    references=(),
    auto_submitted="",
    text="Hello\n",
    attachments=(),
    boundary="=_b1",
)
FULL = replace(
    PLAIN,
    in_reply_to="m0@service.example",
    references=("r0@service.example", "m0@service.example"),
    auto_submitted="auto-replied",
    attachments=(Attachment("picture-1.png", "image/png", bytes(range(256))),),
)


def field_names(raw: bytes) -> list[str]:
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return [line.partition(":")[0] for line in head.split("\r\n") if line[0] not in " \t"]


def one_line(text: str) -> str:
    """What a reader gets back of a name or subject: cleaned, with one space between words."""
    return " ".join(word for word in clean_line(text).split(" ") if word)


def whole_lines(text: str) -> str:
    """What a reader gets back of a text: cleaned, with a line end at its end."""
    clean = clean_text(text)
    return clean if clean.endswith("\n") else clean + "\n"


def test_a_plain_message_is_these_octets() -> None:
    """Golden: order, spelling and line ends."""
    assert serialize(PLAIN) == (
        b"From: Quiet Robin <quiet.robin@service.example>\r\n"
        b"To: joe@example.org\r\n"
        b"Subject: Hello\r\n"
        b"Date: Fri, 02 Jan 2026 03:04:00 +0000\r\n"
        b"Message-ID: <m1@service.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hello\r\n"
    )


def test_a_full_message_has_every_field_in_order_and_each_id_on_its_line() -> None:
    """The closed list of fields, and nothing else in the parts either (RFC 5322 §3.6)."""
    raw = serialize(FULL)

    assert field_names(raw) == list(FIELDS)
    assert b"References: <r0@service.example>\r\n <m0@service.example>\r\n" in raw
    assert raw.endswith(b"\r\n--=_b1--\r\n")
    part = raw.split(b"--=_b1\r\n")[2]
    assert field_names(part) == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]


@pytest.mark.parametrize("foreign", ["m@b\u00e4r.example", '"m n"@b', "<a@b>", "c@d\r\nBcc: x", "a" * 251])
def test_an_id_of_the_reader_that_cannot_be_written_costs_the_thread_and_not_the_message(
    foreign: str,
) -> None:
    """RFC 6532 ids do not fit a message of ours; what is left of the thread stays."""
    raw = serialize(replace(PLAIN, in_reply_to=foreign, references=(foreign, "m0@service.example")))

    assert field_names(raw)[4:6] == ["Message-ID", "References"]
    assert b"\r\nReferences: <m0@service.example>\r\n" in raw
    assert b"References" not in serialize(replace(PLAIN, in_reply_to=foreign, references=(foreign,)))


def test_an_id_at_an_address_literal_is_referred_to() -> None:
    """Mail programs without a host name give such ids (RFC 5322 §3.6.4, no-fold-literal)."""
    raw = serialize(replace(PLAIN, in_reply_to="m@[IPv6:2001:db8::1]"))

    assert b"\r\nIn-Reply-To: <m@[IPv6:2001:db8::1]>\r\n" in raw


def test_the_date_tells_neither_zone_nor_second() -> None:
    """Both would tell two conversations of one author together (RFC 5322 §3.3)."""
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    raw = serialize(replace(PLAIN, date=datetime(2026, 3, 1, 1, 2, 3, tzinfo=kathmandu)))

    assert b"\r\nDate: Sat, 28 Feb 2026 19:17:00 +0000\r\n" in raw


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Robin", b"Robin <"),
        ("Robin 2", b"Robin 2 <"),
        ("Dr. Robin", b'"Dr. Robin" <'),
        ('a "b" \\c', b'"a \\"b\\" \\\\c" <'),
        ("x <evil@example.org>", b'"x <evil@example.org>" <'),
        ("a, b", b'"a, b" <'),
        ("Jörg of the Lake", b"=?utf-8?q?J=C3=B6rg_of_the_Lake?= <"),
        ("Jörg", b"=?utf-8?b?SsO2cmc=?= <"),
        ("=?utf-8?q?a?=", b"=?utf-8?b?PT91dGYtOD9xP2E/PQ==?= <"),
        ("Робин", b"=?utf-8?b?0KDQvtCx0LjQvQ==?= <"),
        ("", b"quiet.robin@"),
        ("a\r\nBcc: b", b'"a Bcc: b" <'),
    ],
)
def test_a_name_is_quoted_or_encoded_where_it_must_be(name: str, written: bytes) -> None:
    """RFC 5322 §3.2.4 and RFC 2047 §5 (3)."""
    assert serialize(replace(PLAIN, from_name=name)).startswith(b"From: " + written)


@pytest.mark.parametrize(
    "subject",
    [
        "word " * 100,
        "Grüße und Küsse " * 30,
        "你好" * 100,
        "😀" * 200,
        "a" * 500,
        "a  b   c",
        "=?utf-8?q?not=20encoded?=",
        "=?utf-8?q?open " * 20,
        "",
    ],
)
def test_a_subject_is_folded_between_words_and_characters(subject: str) -> None:
    """Every line fits, decodes by itself, and holds more than space (RFC 5322 §2.1.1, §2.2.3)."""
    raw = serialize(replace(PLAIN, subject=subject))
    lines = raw.partition(b"\r\nDate:")[0].partition(b"\r\nSubject:")[2].split(b"\r\n")

    assert parse(raw).subject == one_line(subject)
    assert all(
        len(line) <= (78 - len("Subject:") if number == 0 else 78) for number, line in enumerate(lines)
    )
    assert all(line.strip() for line in lines[1:])
    for line in lines:
        for word in re.findall(rb"=\?utf-8\?b\?([^?]*)\?=", line):
            parse(b"Subject: =?utf-8?b?" + word + b"?=\n\n").subject.encode("utf-8")
            assert "\ufffd" not in parse(b"Subject: =?utf-8?b?" + word + b"?=\n\n").subject


@pytest.mark.parametrize(
    "change",
    [
        {"from_address": "a@b\r\nBcc: c@d"},
        {"from_address": "a b@c"},
        {"from_address": "jörg@example.org"},
        {"to_address": "a@b>, <c@d"},
        {"to_address": ""},
        {"to_address": "a@b\n"},
        {"message_id": "a@b>\r\nBcc: <c@d"},
        {"message_id": ""},
        {"message_id": "a b@c"},
        {"message_id": "a" * 300 + "@b"},
        {"message_id": "a@b\n"},
        {"auto_submitted": "auto-replied\r\nBcc: x"},
        {"auto_submitted": "no; owner"},
        {"boundary": 'b"; x="'},
        {"boundary": ""},
        {"boundary": "b\n"},
        {"boundary": "b" * 71},
        {"date": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"attachments": (Attachment('a"b', "image/png", b""),)},
        {"attachments": (Attachment("a\nb", "image/png", b""),)},
        {"attachments": (Attachment("ö.png", "image/png", b""),)},
        {"attachments": (Attachment("", "image/png", b""),)},
        {"attachments": (Attachment("../a", "image/png", b""),)},
        {"attachments": (Attachment("a", "image/png\r\nX: y", b""),)},
        {"attachments": (Attachment("a", "message/rfc822", b""),)},
        {"attachments": (Attachment("a", "multipart/mixed", b""),)},
        {"attachments": (Attachment("a", "text/plain; charset=utf-7", b""),)},
    ],
)
def test_an_id_address_or_name_of_ours_that_is_not_plain_is_our_error(change: dict[str, object]) -> None:
    """Refused with a word about the kind of value, and without the value."""
    with pytest.raises(ValueError, match=r"^[A-Za-z :@-]+$"):
        serialize(replace(PLAIN, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Hello", b"7bit"),
        ("", b"7bit"),
        ("a" * 998, b"7bit"),
        ("a" * 999, b"quoted-printable"),
        ("Liebe Grüße, bis bald und alles Gute für dich", b"quoted-printable"),
        ("Привет, как дела?", b"base64"),
        ("From here on", b"quoted-printable"),
        ("one\n.\ntwo", b"quoted-printable"),
        ("one\n--=_b1\ntwo", b"base64"),
        ("Grüße\nFrom " + "here " * 40 + "\n.\n \n\t", b"quoted-printable"),
    ],
)
def test_a_text_is_encoded_as_it_must_be_to_arrive(text: str, encoding: bytes) -> None:
    """7bit where nothing on the way changes it, else the shorter of the two encodings (RFC 2045 §6.7)."""
    for message in (replace(PLAIN, text=text), replace(FULL, text=text)):
        raw = serialize(message)
        mail = parse(raw)
        part = next(one for one in mail.root.walk() if one.maintype == "text")

        assert part.encoding.encode() == encoding
        assert decode_text(mail, part).text.rstrip("\n") == text.rstrip("\n")
        for line in raw.split(b"\r\n"):
            assert line != b"."
            assert not line.startswith(b"From ")
            assert len(line) <= (998 if encoding == b"7bit" else 78)


def test_attachments_arrive_octet_for_octet() -> None:
    """And in lines of 76 columns (RFC 2045 §6.8)."""
    files = tuple(Attachment(f"file-{n}.bin", "application/pdf", b"\r\n\0--=_b1\n" * n) for n in range(5))
    raw = serialize(replace(PLAIN, attachments=files))
    mail = parse(raw)
    parts = mail.root.children[1:]

    assert [decode_body(mail, part) for part in parts] == [one.data for one in files]
    assert [(one.filename, one.disposition) for one in parts] == [
        (one.filename, "attachment") for one in files
    ]
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_large_attachment_is_quick() -> None:
    """5 MB; the bound is generous, the measured time is a tenth of it."""
    message = replace(PLAIN, attachments=(Attachment("a.pdf", "application/pdf", bytes(5_000_000)),))
    start = time.process_time()
    serialize(message)

    assert time.process_time() - start < 1


ANY_TEXT = st.text(
    st.characters(codec=None)
    | st.sampled_from('\r\n\0\t .=?_<>@"\\,;:()\u2028\u0085\ud83d\ude00e\u0301\x1b'),
    max_size=120,
)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.booleans())
@example("a\r\nBcc: b", "=?utf-8?q?=0D=0ABcc:_b?=", "\r\n.\r\nMAIL FROM:<x>", True)
def test_nothing_a_person_writes_changes_the_fields(name: str, subject: str, text: str, full: bool) -> None:
    """The set of fields is fixed, and our reader and another one get back what was meant."""
    raw = serialize(replace(FULL if full else PLAIN, from_name=name, subject=subject, text=text))
    mail = parse(raw)
    body = next(part for part in mail.root.walk() if part.maintype == "text")

    expected = [one for one in FIELDS if full or one not in {"In-Reply-To", "References", "Auto-Submitted"}]
    assert field_names(raw) == expected
    assert re.search(rb"[^\t\r\n -~]|\r(?!\n)|(?<!\r)\n", raw) is None
    assert re.search(rb"\r\n[ \t]+\r\n", raw.partition(b"\r\n\r\n")[0]) is None
    assert mail.subject == one_line(subject)
    assert mail.authors[0].name == one_line(name)
    assert mail.authors[0].address == PLAIN.from_address
    assert decode_text(mail, body).text.rstrip("\n") == whole_lines(text).rstrip("\n")
    assert not mail.defects - {
        "ambiguous-from"
    }  # a name may hold an "@", which we suspect when others write it

    other = email.message_from_bytes(raw, policy=email.policy.compat32)
    assert other.keys() == expected
    parts = [part for part in other.walk() if part.get_content_type() == "text/plain"]
    payload = parts[0].get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n").rstrip("\n") == whole_lines(text).rstrip("\n")
