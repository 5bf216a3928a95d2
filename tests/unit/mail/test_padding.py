"""What leaves padded has one of a few sizes, and every reader sees the message that it is."""

from __future__ import annotations

import email
import email.policy
import random
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.content import read
from relay.mail.padding import KIB, SIZES, filler
from relay.mail.parse import decode_body, parse
from relay.mail.serialize import Attachment, NewMessage, serialize

LETTER = NewMessage(
    from_name="Quiet Robin",
    from_address="quiet.robin@service.example",
    to_address="joe@example.org",
    subject="Hello",
    date=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    message_id="m1@service.example",
    in_reply_to="",
    references=(),
    auto_submitted="",
    text="Hello\n",
    attachments=(),
    boundary="b1c2d3",
    padded=True,
)
PHOTO = Attachment("attachment-1.jpg", "image/jpeg", bytes(range(256)) * 40)
NOTE = Attachment("attachment-2.txt", "text/plain", "naïve notes\n.\n".encode())


def by_the_standard_library(raw: bytes) -> tuple[str, list[bytes]]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    files = [part.get_payload(decode=True) for part in message.iter_attachments()]
    return body.get_content().replace("\r\n", "\n"), [
        bytes(data) for data in files if isinstance(data, bytes)
    ]


def by_our_own_reader(raw: bytes) -> tuple[str, list[bytes]]:
    mail = parse(raw)
    said = read(mail)
    return said.text, [bytes(decode_body(mail, part)) for part in said.attached]


def by_the_letter_of_rfc_2046(raw: bytes) -> tuple[str, list[bytes]]:
    """Cut at delimiter lines up to the closing one, decode with the legacy policy one part at a time."""
    head, _, body = raw.partition(b"\r\n\r\n")
    found = re.search(rb'boundary="([^"]+)"', head)
    assert found is not None
    inside = (b"\r\n" + body).partition(b"\r\n--" + found[1] + b"--")[0]
    parts = inside.split(b"\r\n--" + found[1] + b"\r\n")[1:]
    read_parts = [email.message_from_bytes(part) for part in parts]
    decoded = [part.get_payload(decode=True) for part in read_parts]
    text, *files = (data for data in decoded if isinstance(data, bytes))
    # The line end before a delimiter is the delimiter's (RFC 2046 §5.1.1), the rest is the text's.
    charset = read_parts[0].get_content_charset() or "us-ascii"
    return text.decode(charset).replace("\r\n", "\n"), files


READERS = (by_the_standard_library, by_our_own_reader, by_the_letter_of_rfc_2046)
TEXTS = ("Hello", "Zoë\n\n.\n..leading dots\n. and one more\n", "From here\n" * 30, "x" * 3000, "", "~~~~\n--b1c2d3--\n~~\n",
         "한국어 " * 500, "> quoted\n\n-- \nno signature\n")  # fmt: skip


@pytest.mark.parametrize("files", [(), (PHOTO,), (PHOTO, NOTE)], ids=["no file", "one", "two"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_text_and_files_are_the_same_for_every_reader(reader, text: str, files) -> None:  # type: ignore[no-untyped-def]
    """Three readers see neither filler nor difference: it stands behind the closing delimiter."""
    raw = serialize(replace(LETTER, text=text, attachments=files))
    assert len(raw) in SIZES
    seen, attached = reader(raw)
    assert seen.rstrip("\n") == text.rstrip("\n")
    assert "~~" not in seen.replace(text.rstrip("\n"), "")
    assert attached == [file.data for file in files]


def test_a_thousand_letters_of_all_sizes_leave_in_at_most_twelve() -> None:
    """0.2 to 200 kB, as an onlooker would sort them."""
    chance = random.Random(1)
    longest = "".join(chance.choices("abc de\n", k=200_000))
    sizes = set()
    for _ in range(1000):
        octets = int(200 * 1000 ** chance.random())
        raw = serialize(replace(LETTER, text=longest[:octets]))
        assert len(raw) >= octets
        sizes.add(len(raw))
    assert sizes <= set(SIZES)
    assert len(sizes) <= len(SIZES) <= 12
    assert len({len(serialize(replace(LETTER, text="x" * n, padded=False))) for n in range(1000)}) > 900


@given(st.integers(0, 70_000))
@example(SIZES[0] - 1)
@example(SIZES[0])
@example(SIZES[0] + 1)
@example(SIZES[0] - 2)
@example(SIZES[0] - 79)
@example(SIZES[0] - 80)
def test_the_filler_brings_every_size_to_one_of_the_list_exactly(size_bytes: int) -> None:
    """Whole lines of one harmless character; an octet that no line can fill leads to the next size."""
    fill = filler(size_bytes)
    assert size_bytes + len(fill) in SIZES
    assert not fill or fill.endswith(b"\r\n")
    assert set(fill) <= set(b"~\r\n")
    assert all(len(line) <= 78 for line in fill.split(b"\r\n"))
    assert len(fill) < 2 * max(size_bytes, SIZES[0])


@pytest.mark.parametrize("size_bytes", [size + step for size in SIZES for step in (-79, -78, -2, -1, 0)])
def test_every_size_of_the_list_is_met_from_just_below(size_bytes: int) -> None:
    """The last lines are the difficult ones; past the largest size nothing is added."""
    total = size_bytes + len(filler(size_bytes))
    assert total in SIZES or size_bytes == SIZES[-1] - 1
    assert filler(SIZES[-1] + 1) == b""


def test_what_providers_take_without_padding_they_take_with_it() -> None:
    """A message of up to 24 MiB, the most that a limit of 25 MB lets through, is not made larger than that."""
    assert 24 * KIB * KIB in SIZES
    assert SIZES[-1] == 32 * KIB * KIB


@given(st.text(max_size=300))
@example(".")
@example("a\n.b")
@example("..")
def test_no_line_of_a_padded_message_begins_with_a_dot(text: str) -> None:
    """SMTP would double it, and the size on the wire would not be the size of the list (RFC 5321 §4.5.2)."""
    raw = serialize(replace(LETTER, text=text, attachments=(NOTE,)))
    assert not raw.startswith(b".")
    assert b"\n." not in raw
    assert len(raw) in SIZES


def test_without_padding_nothing_changes() -> None:
    """A letter without files stays a plain one, and nothing follows the last delimiter of one with files."""
    plain = serialize(replace(LETTER, padded=False))
    assert b"multipart" not in plain
    assert serialize(replace(LETTER, padded=False, attachments=(PHOTO,))).endswith(b"\r\n--b1c2d3--\r\n")
