"""Letters in the shapes that mail programs give to OpenPGP: written after what each sends, sealed and signed at the desk.

Each says the same words. ``subject``: what the reader is to see as the subject; the outer one is ``OUTSIDE`` where a
program hides it. A trait of the program or of a key that stands in a letter must not be in what comes out.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from dataclasses import dataclass

from relay.edge.openpgp import armor
from tests.openpgp.people import clear_signed, crlf, detached, entity, key, multipart, public
from tests.unit.edge.openpgp_world import desk

WORDS = "I wrote this with care, \u017elutou\u010dk\u00fd."
SUBJECT, OUTSIDE = "What it is about", "..."
SAM = "sam.lee@mail.test"
PLAIN = "text/plain; charset=UTF-8; format=flowed"


def sam_key() -> str:
    return key(f"Sam Lee <{SAM}>")


@dataclass(frozen=True)
class Addressee:
    """Whom a letter is for: the fingerprint of their certificate, which is at the desk, and their address."""

    fingerprint: str
    address: str


@dataclass(frozen=True)
class Client:
    """``build(whom)``: fields and body below From, To, Subject, Date, Message-ID and MIME-Version."""

    name: str
    form: str
    build: Callable[[Addressee], bytes]
    subject: str = SUBJECT
    outside: str = SUBJECT
    is_signed: bool = True


def _sealed_octets(content: bytes, own: Addressee, *, signs: bool, how: tuple[str, ...] = ()) -> bytes:
    by = (sam_key(),) if signs else ()
    return armor.armored(
        desk().seal(content, own.fingerprint, *by, how=("--recipient", sam_key(), *how)), armor.MESSAGE
    )


def _pgp_mime(armored: bytes, *, boundary: str, fields: str = "", preamble: str = "", version: str = "", data: str = "") -> bytes:  # fmt: skip
    more = '; protocol="application/pgp-encrypted"'
    made = multipart(
        "encrypted",
        entity("Version: 1\n", "application/pgp-encrypted", *filter(None, version.split("\n"))),
        entity(armored, 'application/octet-stream; name="encrypted.asc"', *filter(None, data.split("\n"))),
        boundary=boundary, more=more, fields=crlf(fields.encode()).decode(),
    )  # fmt: skip
    head, _, body = made.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n" + crlf(preamble.encode()) + body


def _signed(
    content: bytes, *, boundary: str, fields: str = "", digest: str = "SHA256", description: str = ""
) -> bytes:
    signature = detached(content, sam_key(), how=("--digest-algo", digest))
    part = entity(signature, 'application/pgp-signature; name="OpenPGP_signature.asc"', *filter(None, (
        f"Content-Description: {description}" if description else "", 'Content-Disposition: attachment; filename="OpenPGP_signature"')))  # fmt: skip
    more = f'; micalg=pgp-{digest.lower()}; protocol="application/pgp-signature"'
    return multipart(
        "signed", content, part, boundary=boundary, more=more, fields=crlf(fields.encode()).decode()
    )


def _autocrypt(prefer: str = "mutual") -> str:
    data = base64.b64encode(desk().certificate(sam_key())).decode()
    folded = "\n ".join(data[at : at + 70] for at in range(0, len(data), 70))
    return f"Autocrypt: addr={SAM}; prefer-encrypt={prefer}; keydata=\n {folded}\n"


def _key_part() -> bytes:
    name = f"OpenPGP_0x{sam_key()[-16:]}.asc"
    return entity(public(sam_key()), f'application/pgp-keys; name="{name}"', "Content-Description: OpenPGP public key", f'Content-Disposition: attachment; filename="{name}"')  # fmt: skip


def _protected(own: Addressee) -> str:
    return (
        f"Subject: {SUBJECT}\nFrom: Sam Lee <{SAM}>\nTo: {own.address}\nMessage-ID: <inner@sams-laptop.lan>\n"
    )


_USER_AGENT = "User-Agent: Mozilla Thunderbird\nContent-Language: en-US\n"


def _thunderbird_inner(own: Addressee, *, with_key: bool) -> bytes:
    words = entity(WORDS + "\n", PLAIN, "Content-Transfer-Encoding: 8bit")
    mixed = multipart("mixed", words, *((_key_part(),) if with_key else ()), boundary="------------inner")
    return multipart("mixed", mixed, boundary="------------outer", more='; protected-headers="v1"', fields=crlf(_protected(own).encode()).decode())  # fmt: skip


def _thunderbird(own: Addressee, *, signs: bool, with_key: bool = True) -> bytes:
    return _pgp_mime(
        _sealed_octets(_thunderbird_inner(own, with_key=with_key), own, signs=signs),
        boundary="------------enc", fields=_USER_AGENT + _autocrypt(),
        preamble="This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\n",
        version="Content-Description: PGP/MIME version identification",
        data='Content-Description: OpenPGP encrypted message\nContent-Disposition: inline; filename="encrypted.asc"',
    )  # fmt: skip


def _rfc9788(own: Addressee, *, legacy: bool) -> bytes:
    shown = f"Subject: {SUBJECT}\n\n" if legacy else ""
    kind = 'text/plain; charset="utf-8"; hp="cipher"' + ('; hp-legacy-display="1"' if legacy else "")
    fields = (
        *_protected(own).strip().split("\n"), f"HP-Outer: Subject: {OUTSIDE}", f"HP-Outer: From: Sam Lee <{SAM}>", f"HP-Outer: To: {own.address}",
    )  # fmt: skip
    content = entity(shown + WORDS + "\n", kind, *fields, "Content-Transfer-Encoding: 8bit")
    return _pgp_mime(_sealed_octets(content, own, signs=True), boundary="=_hp")


def _memory_hole(own: Addressee) -> bytes:
    repeated = entity(
        f"Subject: {SUBJECT}\n", 'text/rfc822-headers; protected-headers="v1"', "Content-Disposition: inline"
    )
    words = entity(WORDS + "\n", PLAIN, "Content-Transfer-Encoding: 8bit")
    content = multipart("mixed", repeated, words, boundary="hole", more='; protected-headers="v1"', fields=f"Subject: {SUBJECT}\r\n")  # fmt: skip
    return _pgp_mime(
        _sealed_octets(content, own, signs=True), boundary="enigmail", fields="X-Enigmail-Version: 2.2\n"
    )


def _proton_inner() -> bytes:
    words = entity(quopri.encodestring((WORDS + "\n").encode()), "text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")  # fmt: skip
    name = f"publickey - {SAM} - 0x{sam_key()[:8]}.asc"
    attached = entity(base64.encodebytes(public(sam_key())), f'application/pgp-keys; filename="{name}"; name="{name}"', "Content-Transfer-Encoding: base64", f'Content-Disposition: attachment; filename="{name}"; name="{name}"')  # fmt: skip
    return multipart("mixed", words, attached, boundary="b1_proton")


_PROTON_FIELDS = "X-Pm-Message-ID: 8c1f\nX-Pm-Origin: external\nX-Pm-Content-Encryption: end-to-end\n"


def _proton(own: Addressee) -> bytes:
    return _pgp_mime(
        _sealed_octets(_proton_inner(), own, signs=True), boundary="------proton", fields=_PROTON_FIELDS
    )


def _inline(own: Addressee, *, signs: bool = False, head: str = "", fields: tuple[str, ...] = (), kind: str = "text/plain; charset=utf-8", encoding: str = "7bit") -> bytes:  # fmt: skip
    armored = _sealed_octets((WORDS + "\n").encode(), own, signs=signs).decode()
    text = (armored.replace("\n\n", f"\n{head}\n", 1) if head else armored).encode()
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding, bytes)(text)
    return entity(body, kind, f"Content-Transfer-Encoding: {encoding}", *fields)


def _deltachat(own: Addressee, *, compressed: bool) -> bytes:
    inner = "\n".join((
        'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"; format="flowed"; delsp="no"', f'From: "Sam" <{SAM}>', f"To: <{own.address}>",
        f"Subject: {SUBJECT}", "Date: Mon, 23 Nov 2026 13:00:00 +0000", "Message-ID: <Mr.x@localhost>", "Chat-Version: 1.0", "Chat-Disposition-Notification-To: " + SAM,
        "Autocrypt-Gossip: addr=help@relay.test; keydata=AAAA", "Content-Transfer-Encoding: 8bit", "", WORDS, "",
    ))  # fmt: skip
    how = ("--compress-algo", "zlib", "-z", "6") if compressed else ()
    return _pgp_mime(
        _sealed_octets(crlf(inner.encode()), own, signs=True, how=how), boundary="delta",
        fields="Chat-Version: 1.0\n" + _autocrypt(), version="Content-Description: PGP/MIME version identification",
        data='Content-Description: OpenPGP encrypted message\nContent-Disposition: inline; filename="encrypted.asc"',
    )  # fmt: skip


def _encapsulated(own: Addressee, inner: bytes, boundary: str, **how: str) -> bytes:
    """RFC 3156 §6.1: signed first, and the signed entity encrypted."""
    return _pgp_mime(_sealed_octets(_signed(inner, boundary="apple-signed", **how), own, signs=False), boundary=boundary, fields="X-Mailer: Apple Mail (2.3774)\n")  # type: ignore[arg-type]  # fmt: skip


def _apple_words() -> bytes:
    page = f"<html><body>{WORDS}</body></html>\n"
    return multipart("alternative", entity(WORDS + "\n", "text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"), entity(page, "text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit"), boundary="Apple-Mail=_1")  # fmt: skip


def _words(kind: str = "text/plain; charset=utf-8", *fields: str) -> bytes:
    return entity(WORDS + "\n", kind, "Content-Transfer-Encoding: 8bit", *fields)


def _webmail(own: Addressee) -> bytes:
    """Mailvelope in a web mail program: the block is pasted, and a page is made of it."""
    block = _sealed_octets((WORDS + "\n").encode(), own, signs=False).decode()
    block = block.replace("\n\n", "\nVersion: Mailvelope v5\nComment: https://mailvelope.com\n\n", 1)
    page = '<div dir="ltr">' + "<br>".join(block.rstrip("\n").split("\n")) + "</div>\n"
    return multipart("alternative", entity(block, "text/plain; charset=UTF-8"), entity(page, "text/html; charset=UTF-8"), boundary="0000gmail")  # fmt: skip


def _clear(kind: str = "text/plain; charset=utf-8", *fields: str) -> bytes:
    return entity(clear_signed(WORDS + "\n", sam_key()), kind, "Content-Transfer-Encoding: 8bit", *fields)


def _wrapped_anew(own: Addressee) -> bytes:
    """Gateways that know no multipart/encrypted make a mixed one of it, with an empty text before."""
    armored = _sealed_octets(_words(), own, signs=True)
    return multipart("mixed", entity("\n", "text/plain; charset=us-ascii"), entity(base64.encodebytes(b"Version: 1\n"), 'application/pgp-encrypted; name="PGPMIME version identification"', "Content-Transfer-Encoding: base64"), entity(base64.encodebytes(armored), 'application/octet-stream; name="encrypted.asc"', "Content-Transfer-Encoding: base64"), boundary="_002_EX")  # fmt: skip


_V = "Version: GnuPG v2\nComment: Using GnuPG with Thunderbird\n"

TABLE = (
    Client("Thunderbird", "encrypted and signed, key attached", lambda own: _thunderbird(own, signs=True), outside=OUTSIDE),
    Client("Thunderbird", "encrypted", lambda own: _thunderbird(own, signs=False, with_key=False), outside=OUTSIDE, is_signed=False),
    Client("Thunderbird", "signed", lambda own: _signed(_thunderbird_inner(own, with_key=True), boundary="------------sig", fields=_USER_AGENT + _autocrypt(), description="OpenPGP digital signature")),
    Client("RFC 9788", "header protection", lambda own: _rfc9788(own, legacy=False), outside=OUTSIDE),
    Client("RFC 9788", "with the subject shown again", lambda own: _rfc9788(own, legacy=True), outside=OUTSIDE),
    Client("Enigmail", "protected headers shown in a part", _memory_hole, outside="Encrypted Message"),
    Client("Proton", "encrypted and signed, key attached", _proton),
    Client("Proton", "signed, key attached", lambda _: _signed(_proton_inner(), boundary="------protonsig", fields=_PROTON_FIELDS, digest="SHA512")),
    Client("Proton", "inline", lambda own: _inline(own, signs=True, head="Version: ProtonMail\nComment: https://protonmail.com\n", fields=("X-Pm-Origin: external",))),
    Client("Delta Chat", "encrypted and signed", lambda own: _deltachat(own, compressed=False), outside=OUTSIDE),
    Client("Delta Chat", "compressed", lambda own: _deltachat(own, compressed=True), outside=OUTSIDE),
    Client("mutt", "encrypted and signed", lambda own: _pgp_mime(_sealed_octets(_words("text/plain; charset=utf-8", "Content-Disposition: inline"), own, signs=True), boundary="muttA", data='Content-Disposition: inline; filename="msg.asc"')),
    Client("mutt", "signed", lambda _: _signed(_words("text/plain; charset=utf-8", "Content-Disposition: inline"), boundary="muttS")),
    Client("mutt", "traditional, encrypted", lambda own: _inline(own, signs=True, kind="text/plain; charset=utf-8; x-action=pgp-encrypted", fields=("Content-Disposition: inline",))),
    Client("mutt", "traditional, signed", lambda _: _clear("text/plain; charset=utf-8; x-action=pgp-signed", "Content-Disposition: inline")),
    Client("mutt of old", "application/pgp, encrypted", lambda own: _inline(own, kind="application/pgp; format=text; x-action=encrypt"), is_signed=False),
    Client("mutt of old", "application/pgp, signed", lambda _: _clear("application/pgp; format=text; x-action=sign")),
    Client("Apple Mail", "GPGTools, signed within encrypted", lambda own: _encapsulated(own, _apple_words(), "Apple-Mail=_2", description="Message signed with OpenPGP")),
    Client("Apple Mail", "GPGTools, signed", lambda _: _signed(_apple_words(), boundary="Apple-Mail=_3", fields="X-Mailer: Apple Mail (2.3774)\n", digest="SHA512", description="Message signed with OpenPGP")),
    Client("K-9", "encrypted and signed, subject hidden", lambda own: _pgp_mime(_sealed_octets(_words('text/plain; charset=utf-8; protected-headers="v1"', f"Subject: {SUBJECT}", "Autocrypt-Gossip: addr=a@b.test; keydata=AAAA"), own, signs=True), boundary="----K9", fields=_autocrypt("nopreference") + "User-Agent: K-9 Mail for Android\n"), outside=OUTSIDE),
    Client("FairEmail", "encrypted and signed", lambda own: _pgp_mime(_sealed_octets(multipart("mixed", _words(), boundary="fair-in", more='; protected-headers="v1"', fields=f"Subject: {SUBJECT}\r\n"), own, signs=True), boundary="fair", fields=_autocrypt()), outside=OUTSIDE),
    Client("Mailvelope", "inline", lambda own: _inline(own, head="Version: Mailvelope v5\nComment: https://mailvelope.com\n"), is_signed=False),
    Client("Mailvelope", "inline in web mail", _webmail, is_signed=False),
    Client("GnuPG", "inline, as base64", lambda own: _inline(own, head=_V, encoding="base64"), is_signed=False),
    Client("GnuPG", "inline, as quoted-printable", lambda own: _inline(own, encoding="quoted-printable"), is_signed=False),
    Client("Exchange", "PGP/MIME wrapped anew", _wrapped_anew),
)  # fmt: skip
