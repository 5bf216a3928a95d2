"""Delimiter lines that were damaged or cut off on the way reach nobody as text."""

from __future__ import annotations

import pytest

from relay.mail import content
from relay.mail.body import decode_body
from relay.mail.parse import parse

DAMAGED = (
    b'Content-Type: multipart/mixed; boundary="----=_Part_881_7263.10"\n\n'
    b"%b\nContent-Type: text/plain\n\nfirst words\n\n%b\nContent-Type: text/plain\n\nlast words\n\n%b\n"
)


@pytest.mark.parametrize("broken", range(3))
def test_a_delimiter_that_lost_a_character_on_the_way_still_ends_its_part(broken: int) -> None:
    """Else the line would reach the reader as text, and tell which program its author writes with."""
    lines = [b"------=_Part_881_7263.10"] * 2 + [b"------=_Part_881_7263.10--"]
    lines[broken] = lines[broken].replace(b"_7263", b"_763")
    mail = parse(DAMAGED % tuple(lines))
    leaves = [part for part in mail.root.walk() if not part.children]
    text = b"".join(decode_body(mail, leaf) for leaf in leaves)
    assert b"Part_881" not in text
    assert b"Content-Type" not in text
    assert text.split() == [b"first", b"words", b"last", b"words"]


def test_a_ruled_off_line_of_dashes_is_no_delimiter() -> None:
    """People underline; only what looks like a boundary of the message is taken for one."""
    said = b"before\n\n--Ana--\n------------------------\n--with-kind-regards\nbehind"
    mail = parse(b'Content-Type: multipart/mixed; boundary="=_abcdef123456"\n\n--=_abcdef123456\n\n' + said)
    assert [decode_body(mail, part) for part in mail.root.children] == [said]


def test_a_message_cut_off_in_a_delimiter_that_two_multiparts_could_own() -> None:
    """What the inner one has above it is its preamble, which nobody wrote to anybody."""
    raw = (
        b'Content-Type: multipart/mixed; boundary="----=Outer5511.2"\r\n\r\n------=Outer5511.2\r\n'
        b"Content-Type: text/plain\r\n\r\nHello.\r\n------=Outer5511.2\r\n"
        b'Content-Type: multipart/related; boundary="----=Outer5511.1"\r\n\r\nlaptop.lan\r\n------=Out'
    )
    assert "laptop" not in content.read(parse(raw)).text
    assert "Hello." in content.read(parse(raw)).text


def test_a_message_may_be_cut_off_anywhere() -> None:
    """What came of the words arrives, what came of a delimiter or of the preamble does not."""
    delimiter = b"------=_Part_881_7263.10"
    message = DAMAGED.partition(b"\n\n")[0] + b"\n\nwritten at laptop.lan\n" + b"\n".join(
        (delimiter, b"Content-Type: text/plain", b"", b"first words", delimiter, b"Content-Type: text/plain", b"",
         b"last words", delimiter + b"--", b"")
    )  # fmt: skip
    first = message.index(delimiter) + 6
    for cut in range(first, len(message)):
        mail = parse(message[:cut])
        text = b"".join(decode_body(mail, part) for part in mail.root.walk() if not part.children)
        assert b"------" not in text, cut
        assert b"laptop" not in text, cut
        for words in (b"first words", b"last words"):
            assert (words in text) == (words in message[:cut]), cut
