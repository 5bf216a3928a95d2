"""Where OpenPGP stands in a message: all of it or none of it, and nothing of its outside is believed twice."""

from __future__ import annotations

import email
import email.policy

import pytest

from relay.mail import content, openpgp_mime
from relay.mail.openpgp_mime import NEUTRAL_SUBJECT, opened, sealed_in, signed_in
from relay.mail.parse import parse

ARMOUR = b"-----BEGIN PGP MESSAGE-----\n\nhQEMAwAAAAAAAAAAAQf/\n=abcd\n-----END PGP MESSAGE-----"
HEAD = b"From: Ana <ana@home.test>\r\nTo: x@relay.test\r\nSubject: %s\r\nMessage-ID: <1@home.test>\r\nMIME-Version: 1.0\r\n"


def multipart(
    subtype: bytes, *parts: tuple[bytes, bytes], protocol: bytes = b"application/pgp-encrypted"
) -> bytes:
    head = HEAD % b"..." + b'Content-Type: multipart/%s; protocol="%s"; boundary="b1"\r\n\r\n' % (
        subtype,
        protocol,
    )
    body = b"".join(b"--b1\r\nContent-Type: %s\r\n\r\n%s\r\n" % part for part in parts)
    return head + body + b"--b1--\r\n"


VERSION = (b"application/pgp-encrypted", b"Version: 1")
DATA = (b'application/octet-stream; name="encrypted.asc"', ARMOUR)


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"encrypted", VERSION, DATA),
        multipart(b"mixed", VERSION, DATA),
        multipart(b"mixed", (b"text/plain", b"  "), VERSION, DATA),
        HEAD % b"x" + b"Content-Type: text/plain\r\n\r\n" + ARMOUR + b"\r\n",
        HEAD % b"x" + b"\r\n\r\n\r\n" + ARMOUR + b"\r\n\r\n",
    ],
)
def test_a_message_that_is_encrypted_as_a_whole_is_found(raw: bytes) -> None:
    """PGP/MIME, as a gateway wraps it anew, and one armoured block for a text."""
    assert b"hQEMAwAAAAAAAAAAAQf/" in sealed_in(parse(raw))


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"mixed", (b"text/plain", b"Hello."), VERSION, DATA),
        multipart(b"mixed", VERSION, DATA, (b"text/html", b"<img src='")),
        multipart(b"mixed", DATA),
        multipart(b"encrypted", VERSION),
        multipart(b"encrypted", VERSION, DATA, DATA),
        HEAD % b"x" + b"Content-Type: text/plain\r\n\r\nHello.\r\n" + ARMOUR + b"\r\n",
        HEAD % b"x" + b"Content-Type: text/plain\r\n\r\n" + ARMOUR + b"\r\n" + ARMOUR + b"\r\n",
        HEAD % b"x" + b"Content-Type: text/html\r\n\r\n" + ARMOUR + b"\r\n",
        HEAD % b"x" + b"\r\nHello.\r\n",
    ],
)
def test_a_message_of_which_a_part_is_encrypted_stays_closed(raw: bytes) -> None:
    """Clear and opened parts side by side are what lets one be shown as the other (P4)."""
    assert sealed_in(parse(raw)) == b""


def test_opened_it_has_its_header_from_outside_and_its_body_from_within() -> None:
    """An inner From is words, not truth; the inner subject is the subject (RFC 9788 §4)."""
    inner = (
        b'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"\r\nSubject: What it is about\r\n'
        b"From: Mallory <mallory@evil.test>\r\nMessage-ID: <evil@evil.test>\r\n\r\nHello.\r\n"
    )
    mail = parse(opened(multipart(b"encrypted", VERSION, DATA), inner))
    assert [author.address for author in mail.authors] == ["ana@home.test"]
    assert (mail.subject, mail.message_id) == ("What it is about", "1@home.test")
    assert content.read(mail).text.strip() == "Hello."


def test_opened_without_inner_subject_it_keeps_the_outer_one() -> None:
    """Most programs still send it in clear."""
    mail = parse(opened(multipart(b"encrypted", VERSION, DATA), b"Content-Type: text/plain\n\nHello.\n"))
    assert mail.subject == "..."
    bare = parse(opened(multipart(b"encrypted", VERSION, DATA), b"\nHello.\n"))
    assert content.read(bare).text.strip() == "Hello."


def test_an_armoured_text_opened_is_a_text() -> None:
    """What was encrypted inline is no MIME entity, even if it looks like one."""
    raw = HEAD % b"x" + b"Content-Type: text/plain\r\n\r\n" + ARMOUR + b"\r\n"
    mail = parse(opened(raw, "Content-Type: text/html\n\n<b>Grüße</b>\n".encode()))
    assert mail.root.content_type == "text/plain"
    assert content.read(mail).text.startswith("Content-Type: text/html")
    assert "Grüße" in content.read(mail).text


def test_what_was_signed_is_found_with_its_own_header_and_line_ends() -> None:
    """RFC 3156 §5: the first part whole, CRLF, without the line end that belongs to the delimiter."""
    signed = b"Content-Type: text/plain\r\n\r\nI am here.\r\n"
    raw = HEAD % b"x" + (
        b'Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha512; boundary="b1"\r\n\r\n'
        b"preamble\r\n--b1\r\n"
        + signed
        + b"\r\n--b1\r\nContent-Type: application/pgp-signature\r\n\r\nSIGNATURE\r\n--b1--\r\n"
    )
    for form in (raw, raw.replace(b"\r\n", b"\n")):
        found = signed_in(parse(form))
        assert found is not None
        assert found.content == signed
        assert found.signature.strip() == b"SIGNATURE"


def test_a_clear_signed_text_gives_what_its_signature_covers() -> None:
    """RFC 9580 §7: without dash-escapes and trailing blanks, lines joined by CRLF."""
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nI am here.  \n- -- \nAna\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
    )
    found = signed_in(parse(HEAD % b"x" + b"Content-Type: text/plain\r\n\r\n" + body.encode()))
    assert found is not None
    assert found.content == b"I am here.\r\n--\r\nAna"
    assert found.signature.startswith(b"-----BEGIN PGP SIGNATURE-----")


@pytest.mark.parametrize("around", [("Mallory says:\n\n%s", 1), ("%s\nand more", 1), ("%s%s", 2)])
def test_a_signature_that_does_not_cover_everything_proves_nothing(around: tuple[str, int]) -> None:
    """Words around a signed text are nobody's."""
    block = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nI am here.\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
    )
    text = around[0] % ((block,) * around[1])
    found = signed_in(parse(HEAD % b"x" + b"Content-Type: text/plain\r\n\r\n" + text.encode()))
    assert found is None


OURS = (
    b"From: Robin <a@relay.test>\r\nTo: ana@home.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n and more\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <m@relay.test>\r\nReferences: <a@x.test>\r\n <b@x.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHello.\r\n"
)


def test_what_we_encrypt_protects_every_field_and_shows_a_neutral_subject() -> None:
    """RFC 9788: the outer header has what carries the message, the inner one all of it.

    RFC 9788 §2, §3.2.1.
    """
    inner = openpgp_mime.inner_of(OURS)
    outer = openpgp_mime.outer_of(OURS, ARMOUR + b"\n", "edge")
    within = email.message_from_bytes(inner, policy=email.policy.default)
    assert within["Subject"] == "Grüße and more"
    assert within["Content-Type"].params["hp"] == "cipher"
    assert within.get_content().strip() == "Hello."
    shown = email.message_from_bytes(outer, policy=email.policy.default)
    assert shown["Subject"] == NEUTRAL_SUBJECT
    assert shown["References"] == within["References"]
    assert [part.get_content_type() for part in shown.iter_parts()] == [
        "application/pgp-encrypted",
        "application/octet-stream",
    ]
    assert b"Hello" not in outer
    assert b"Gr=C3" not in outer
    assert outer.isascii()
    assert b"\n" not in outer.replace(b"\r\n", b"")
    assert sealed_in(parse(outer)).strip() == ARMOUR
