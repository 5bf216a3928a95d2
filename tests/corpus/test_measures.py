"""The measures that the corpus run rests on can fail: each finds what it is there to find. Needs no corpus."""

from __future__ import annotations

import pytest

from tests.corpus import fidelity, leaks
from tests.corpus.ledger import Fate, Ledger
from tests.corpus.letters import Sample, Writer, as_message, is_the_same, on_the_wire

LETTER = (
    b"Received: from desk7.home.example (desk7.home.example [203.0.113.9])\n"
    b"From: =?utf-8?q?J=C3=B6rn?= Falk <joern.falk@home.example>\nSubject: Hello\n"
    b"Message-ID: <abc.123@desk7.home.example>\n\nI cannot sleep at night.\n\nJ\xc3\xb6rn Falk\n\n"
    b"On Monday, Robin wrote:\n> Hello\n"
)
SAMPLE = Sample("made/up.eml", frozenset({"reply"}), LETTER)
ISOLDE = Writer("Isolde Marsh", "isolde@marsh.example")
CLEAN = b"From: Maple Heron <a1@relay.test>\r\nSubject: Hello\r\n\r\nI cannot sleep at night.\r\n"


def fate(received: bytes, author: Writer | None = None) -> Fate:
    return Fate(SAMPLE, author, "relayed", received=received)


def test_a_clean_message_has_no_leak() -> None:
    """What must not be found is not found."""
    assert leaks.found(fate(CLEAN)) == []
    longer = b"Content-Transfer-Encoding: quoted-printable\r\n\r\nHost 203.0.113.9=\r\n4\r\n"
    assert leaks.found(fate(longer)) == []


@pytest.mark.parametrize(
    ("planted", "secret"),
    [
        (b"X: Joern.Falk@HOME.example\r\n" + CLEAN, "joern.falk@home.example"),
        (b"X: =?utf-8?b?SsO2cm4gRmFsaw==?=\r\n" + CLEAN, "J\u00f6rn Falk"),
        (b"References: <abc.123@desk7.home.example>\r\n" + CLEAN, "abc.123@desk7.home.example"),
        (b"Received: from x (203.0.113.9)\r\n" + CLEAN, "203.0.113.9"),
        (CLEAN + b"sent from desk7.home.example", "desk7.home.example"),
        (b"Content-Transfer-Encoding: base64\r\n\r\nam9lcm4uZmFsa0Bob21lLmV4YW1wbGU=\r\n", "joern.falk@home.example"),
    ],
)  # fmt: skip
def test_what_names_the_author_is_found_in_header_body_and_encoding(planted: bytes, secret: str) -> None:
    """Address, name, id, host; as octets, as encoded words, as a decoded part."""
    assert secret in leaks.found(fate(planted))


def test_a_letter_sent_by_one_of_ours_holds_them_wherever_it_held_its_author() -> None:
    """Only then does it try what happens to names and addresses in quotes and signatures."""
    quoted = Sample("made/up.eml", frozenset(), LETTER + b"> joern.falk@home.example said\n")
    sent = quoted.sent_by(ISOLDE)
    assert b"joern.falk" not in sent
    assert sent.startswith(b"From: Isolde Marsh <isolde@marsh.example>\n")
    assert sent.lower().count(b"\nfrom:") == 0
    assert b"> isolde@marsh.example said" in sent
    assert leaks.found(fate(b"From: x\r\n\r\nisolde@marsh.example", ISOLDE)) == ["isolde@marsh.example"]


def test_words_above_the_quote_must_arrive_and_names_need_not() -> None:
    """Five words are expected; each that does not arrive is counted."""
    assert fidelity.missing(fate(CLEAN)) == (5, {})
    total, lost = fidelity.missing(fate(CLEAN.replace(b"cannot ", b""))) or (0, {})
    assert (total, dict(lost)) == (5, {"cannot": 1})
    share, table, weak = fidelity.shares([fate(CLEAN), fate(CLEAN.replace(b"night", b""))])
    assert share == pytest.approx(0.9)
    assert "source made" in table
    assert [line.split()[1:3] for line in weak] == [["not", "named"]] * 2
    assert fidelity.shares([fate(CLEAN)])[2] == []


def test_only_the_same_message_counts_as_one_that_came_twice() -> None:
    """Same id and body, whatever the header and the line ends; without an id, every octet of text."""
    assert is_the_same(LETTER, b"X-Hop: 2\r\n" + LETTER.replace(b"\n", b"\r\n"))
    assert not is_the_same(LETTER, LETTER.replace(b"sleep", b"eat"))
    assert not is_the_same(LETTER, LETTER.replace(b"abc.123", b"abc.124"))
    assert not is_the_same(b"Subject: a\n\nb", b"Subject: c\n\nb")


def test_bodies_become_messages_and_messages_stay_as_they_are() -> None:
    """A body alone gets a header; a header in a .txt is a message."""
    assert as_message("a/b.txt", b"Hello: you\n").endswith(b"\n\nHello: you\n")
    assert b"Content-Type: text/html" in as_message("a/b.html", b"<p>")
    assert as_message("a/b.txt", LETTER) == LETTER
    assert as_message("a/b.eml", b"no header") == b"no header"
    assert b"image/png" in as_message("a/b.png", b"\x89PNG")
    assert on_the_wire(b"a\nb") == b"a\r\nb"
    assert on_the_wire(b"a\rb\n") == b"a\rb\n"


def test_the_table_counts_every_fate() -> None:
    """So that nothing is left out of what is shown."""
    fates = [fate(CLEAN), fate(CLEAN), Fate(SAMPLE, None, "held", "leak", 1.5)]
    table = Ledger("request", fates).table()
    assert "3 letters sent as request" in table
    assert "max 1500 ms" in table
    assert [row.split() for row in table.split("\n")[1:3]] == [["relayed", "2"], ["held", "leak", "1"]]
