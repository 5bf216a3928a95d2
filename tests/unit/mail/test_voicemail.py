"""Who called and for how long, out of what telephone systems really write."""

from __future__ import annotations

import time

import pytest

from relay.domain import callers
from relay.domain.voicemail import Reading, System
from relay.flow.compose import read as parsed
from relay.mail import voicemail
from relay.mail.gate import Gate, secrets_of
from tests.support.voicemails import CALLER, SHAPES, Shape
from tests.support.voicemails import voicemail as mail_of


def heard(shape: Shape, **how: str) -> voicemail.VoiceMessage:
    mail = parsed(mail_of(shape, b"x", **how).replace(b"\n", b"\r\n"))
    assert mail is not None
    reading = Reading(System(shape.system), ("a@b.test",), shape.pattern)
    return voicemail.read(mail, reading)


@pytest.mark.parametrize("name", SHAPES)
def test_number_and_length_are_found_where_each_system_writes_them(name: str) -> None:
    """Never the number of the mailbox, of somebody to ask, or of the message."""
    message = heard(SHAPES[name])
    assert message.number == CALLER["number"]
    assert message.seconds == (42 if "teletype" in name or SHAPES[name].system != "kazoo" else 0)
    assert len(message.recordings) == 1
    if SHAPES[name].system != "generic":
        assert message.names == (CALLER["name"],)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("shown", ["anonymous", "Restricted", "unknown", "201", "0000000", ""])
def test_a_number_that_is_withheld_is_none(name: str, shown: str) -> None:
    """Nor is an extension, nor the next best number in the mail."""
    assert heard(SHAPES[name], number=shown, name="Anonymous").number == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 170 5550199", "+491705550199"),
        ("0170/555 01-99", "01705550199"),
        ("tel:+491705550199", "+491705550199"),
        ("(415) 555-0199", "4155550199"),
        ("12345", ""),
        ("1" * 18, ""),
        ("000000000", ""),
        ("170555x199", ""),
        ("٠١٧٠٥٥٥٠١٩٩", ""),
    ],
)
def test_numbers_are_kept_as_they_are_dialled(written: str, number: str) -> None:
    assert callers.normalised(written) == number


def test_an_address_stands_for_a_number_and_gives_it_back() -> None:
    """And for each caller without one by itself; nobody else's address is one."""
    address = callers.address_of("+491705550199", b"")
    assert callers.is_caller(address)
    assert callers.number_of(address) == "+491705550199"
    nobody = callers.address_of("", b"\x07" * 16)
    assert callers.is_caller(nobody)
    assert callers.number_of(nobody) == ""
    assert not callers.is_caller("+491705550199@mail.test")
    assert callers.number_of("+491705550199@mail.test") == ""


@pytest.mark.parametrize(
    "written", ["+491705550199", "+49 (0)170 555 01 99", "0049 170-5550199", "0170/5550199", "01705550199"]
)
def test_the_gate_knows_a_callers_number_in_every_spelling(written: str) -> None:
    """Also beside the address that it stands in, which says it as a word."""
    address = callers.address_of("+491705550199", b"")
    secrets = secrets_of((address,), (), ("+491705550199",), (), (), (), public_domains=frozenset())
    letter = (
        b"From: <a@relay.test>\r\nSubject: x\r\n\r\nWords.\r\nIt was "
        + written.encode()
        + b" that called.\r\n"
    )
    assert Gate(secrets).search(letter) != ()
    assert Gate(secrets).search(letter.replace(written.encode(), b"1234567")) == ()


def test_a_long_hostile_text_takes_no_long_time() -> None:
    """The profiles are linear: 20,000 characters are all that is looked at."""
    shape = Shape("asterisk", "Subject: x\n", "from " * 4000 + '"' * 4000 + "(" * 4000, "audio/wav", "a.wav")
    began = time.process_time()
    heard(shape)
    assert time.process_time() - began < 1
