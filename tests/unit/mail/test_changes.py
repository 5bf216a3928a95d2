"""What the rebuild does is counted in constant words, and what it was found to lose or to let through is not."""

from __future__ import annotations

from relay.mail import content, identity, rebuild
from relay.mail.changes import REPLACED, Place, Tally, What
from relay.mail.draft import Draft, author_of
from relay.mail.parse import parse

ANA = author_of(
    ("ana.ruiz@home.test",), ("Ana Ruiz",), (), reader_alias="", stands_as="Robin", alias="robin@relay.test"
)


def rewritten(raw: str) -> Draft:
    mail = parse(raw.encode())
    return rebuild.rewrite(mail, content.read(mail), ANA, lambda removed: f"[{removed.kind}]")


def test_changes_are_counted_by_what_where_and_why() -> None:
    """Place for what was replaced, reason for what was removed, kind for what was made anew; sorted, as plain strings."""
    draft = rewritten(
        "Subject: Ana Ruiz\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nAna Ruiz and Ana Ruiz\n-- \nx\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nAna Ruiz\n"
        "--b\nContent-Type: application/x-thing\n\n\x01\x02\n--b--\n"
    )
    assert draft.changes == (
        ("file-made-anew", "text file", 1),
        ("file-removed", "unsupported", 1),
        ("name-replaced", "file", 1),
        ("name-replaced", "subject", 1),
        ("name-replaced", "text", 2),
        ("quote-or-signature-cut", "", 1),
    )
    assert all(type(what) is type(why) is str for what, why, _ in draft.changes)


def test_every_kind_of_replacement_has_its_change() -> None:
    """A kind that the table lacks would be an error in the middle of a message."""
    assert set(REPLACED) == set(identity.KINDS)
    tally = Tally()
    tally.replaced(tuple((kind, 1) for kind in identity.KINDS), Place.TEXT)
    assert {what for what, _, _ in tally.counts()} <= set(What)


def test_a_text_file_beside_html_inside_an_alternative_is_not_lost() -> None:
    """Apple Mail puts files into the richer version; one that is text was neither words nor a file."""
    draft = rewritten(
        "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nHello.\n"
        "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hello.</p>\n"
        "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nmy diary\n--b--\n--a--\n"
    )
    assert draft.text == "Hello."
    assert [each.data for each in draft.attachments] == [b"my diary"]


def test_a_link_in_a_text_file_loses_its_trackers() -> None:
    """A text file is cleaned like a body."""
    draft = rewritten(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello.\n--b\nContent-Type: text/plain\n"
        "Content-Disposition: attachment\n\nhttps://news.test/?id=1&utm_source=ana\n--b--\n"
    )
    assert [each.data for each in draft.attachments] == [b"https://news.test/?id=1"]
