"""What the benchmark sends is what it says, and no two letters are the same message."""

from __future__ import annotations

import pytest

from bench.samples import SAMPLES, letter
from relay.mail.attachments import Cleaned, clean
from relay.mail.parse import decode_body, parse

SIZES = {
    "plain2k": (2_000, 5_000),
    "alt10k": (8_000, 14_000),
    "attach1m": (700_000, 1_400_000),
    "pdf1m": (1_000_000, 1_200_000),
    "pdf7m": (7_000_000, 8_000_000),
    "pdf20m": (19_500_000, 22_000_000),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_has_the_size_of_its_name_and_is_a_sound_message(name: str) -> None:
    """A sample that is held, or is smaller than it says, would make us look quick."""
    one = letter(SAMPLES[name](), "sam@mail.test", "help@relay.test", run="test")
    content = b"".join(one.content)
    low, high = SIZES[name]
    assert low < len(content) < high
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"\r\n." not in content
    assert not parse(content).defects


def test_every_letter_has_an_id_of_its_own() -> None:
    """A repeated Message-ID is recognised as a repetition and not relayed."""
    body = SAMPLES["plain2k"]()
    ids = {
        parse(b"".join(letter(body, "a@mail.test", "b@relay.test", run="r").content)).message_id
        for _ in range(20)
    }
    assert len(ids) == 20


def test_a_document_is_passed_on_with_its_pages_as_they_are() -> None:
    """What the relay removes or draws anew would be another measurement than a file that is passed on."""
    mail = parse(b"".join(letter(SAMPLES["pdf1m"](), "a@m.test", "b@r.test", run="r").content))
    (document,) = [part for part in mail.root.walk() if part.content_type == "application/pdf"]
    octets = decode_body(mail, document)
    done = clean(octets, document.content_type, document.filename)
    assert isinstance(done, Cleaned)
    picture = octets[octets.index(b"\xff\xda") : octets.rindex(b"\xff\xd9")]  # from its scan to its end
    assert len(picture) > 700_000
    assert picture in done.data
