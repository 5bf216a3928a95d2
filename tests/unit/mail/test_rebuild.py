"""A new message from an old one: what happens to its files."""

from __future__ import annotations

import pytest

from relay.mail import content, rebuild
from relay.mail.draft import Draft, author_of
from relay.mail.parse import parse

NOBODY = author_of(
    ("ana@home.test",), ("Ana Ruiz",), (), reader_alias="", stands_as="Robin", alias="k7@relay.test"
)


def text_file(charset: str, text: str) -> Draft:
    """What becomes of a message that is one text file."""
    head = f"From: ana@home.test\nContent-Type: text/plain; charset={charset}\nContent-Disposition: attachment; filename=a.txt\n\n"
    mail = parse(head.encode() + text.encode(charset))
    return rebuild.rewrite(mail, content.read(mail), NOBODY, lambda _removed: "[removed]")


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("koi8-r", "привет"),
        ("euc-kr", "안녕하세요"),
        ("gb18030", "你好吗"),
        ("windows-1256", "مرحبا"),
        ("utf-8", "grüßen"),
    ],
)
def test_a_text_file_is_read_in_the_charset_that_it_names(charset: str, text: str) -> None:
    """A guess would make other words of it."""
    (file,) = text_file(charset, text).attachments
    assert file.data.decode("utf-8").strip() == text


def test_a_text_file_says_that_it_is_utf_8_now() -> None:
    """Without it a mail program takes it for ASCII (RFC 2046 §4.1.2)."""
    (file,) = text_file("iso-8859-1", "grüßen, Ana Ruiz").attachments
    assert file.content_type == "text/plain; charset=utf-8"
    assert file.data.decode("utf-8").strip() == "grüßen, Robin"


def test_words_below_a_signature_are_shown_and_not_greyed() -> None:
    """The reader's program hides what stands below a delimiter with its blank (RFC 3676 §4.3)."""
    mail = parse(b"From: ana@home.test\n\nHello.\n-- \nA. R.\n\nPS: Can you call me?\n")
    draft = rebuild.rewrite(mail, content.read(mail), NOBODY, lambda _removed: "[removed]")
    assert draft.text.rstrip("\n") == "Hello.\n--\nA. R.\n\nPS: Can you call me?"
