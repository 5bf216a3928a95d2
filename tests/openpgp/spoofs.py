"""Messages that want to be taken for Ana's: the constructs of "Johnny, you are fired", rebuilt, and some of our own.

Classes as in the paper (Müller, Brinkmann, Poddebniak, Böck, Schinzel, Somorovsky, Schwenk, USENIX Security 2019): CMS
(its containers, here built of OpenPGP packets), the API of gpg, MIME, identity, and what only deceives the eye. Where the
paper has one construct for OpenPGP and one for S/MIME, the second is here in the other form of OpenPGP, clear-signed text.
Those of identity stand in ``senders``; which published message is which of them says ``published``.

The forger, Mallory, knows Ana's address, the alias and the line's certificate, has letters that Ana really signed for
somebody else, may send with any header and any reverse-path, and is a counselor of the same line with a registered key.
Expected of every construct, also of those that only want to look right on a screen, which the relay has none of:
nothing reaches the seeker, but for what Ana really signed where a row says so. What she never signed has ``FORGED`` in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relay.edge.openpgp import armor
from tests.openpgp.people import (
    ANA,
    ana,
    clear_signed,
    detached,
    entity,
    key,
    letter,
    mallory,
    multipart,
    public,
    sealed,
    signed,
    text_body,
)
from tests.unit.edge.openpgp_world import desk, packet, pieces, stranger

FORGED = "wombats"
EVIL = f"Meet the {FORGED} at my house."
HONEST = "Yes, that is right."
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Captured:
    """What Mallory has: Ana's signature over a text of hers, in each form, never sent through the relay."""

    content: bytes
    signature: bytes
    clear: str
    opaque: bytes

    @property
    def whole(self) -> bytes:
        return signed(self.content, self.signature, "=_captured")


def captured() -> Captured:
    """Another one for each construct, so that none is refused only because it has been seen."""
    content = entity(HONEST + "\n")
    return Captured(
        content, detached(content, ana()), clear_signed(HONEST + "\n", ana()),
        desk().gpg("--local-user", ana(), "-z", "0", "--sign", given=content),
    )  # fmt: skip


@dataclass(frozen=True)
class Spoof:
    """``build(alias, the line's fingerprint)``: a whole message. ``envelope``: whose it says it is on the way."""

    name: str
    what: str
    build: Callable[[str, str], bytes]
    envelope: str = ANA
    honest: bool = False
    """Ana's own signed words may arrive, as she signed them; nothing else of it."""


def evil(kind: str = PLAIN) -> bytes:
    return entity(EVIL + "\n", kind)


def page(inside: str) -> bytes:
    return entity(f"<html><body>{inside}</body></html>\n", "text/html; charset=utf-8")


def _spoof(
    name: str, what: str, body: Callable[[Captured], bytes], *, honest: bool = False, **fields: str
) -> Spoof:
    return Spoof(name, what, lambda to, _: letter(body(captured()), to, **fields), honest=honest)


def _sealed(name: str, what: str, data: Callable[[Captured, str], bytes]) -> Spoof:
    return Spoof(name, what, lambda to, own: letter(sealed(data(captured(), own)), to))


# --- containers (the paper's CMS class, with OpenPGP's packets) -------------------------------------


def _signature_packets(signature: bytes) -> bytes:
    return armor.binary(signature, armor.SIGNATURE)


def _rearmored(octets: bytes) -> bytes:
    return armor.armored(octets, armor.SIGNATURE)


def _both(c: Captured, *, ana_first: bool) -> bytes:
    content = evil()
    both = [detached(content, mallory()), c.signature]
    return signed(
        content,
        _rearmored(b"".join(_signature_packets(one) for one in (reversed(both) if ana_first else both))),
    )


def _named_as_ana() -> str:
    return key(f"Ana Ruiz <{ANA}>", nth=1)


CONTAINERS = (
    _spoof("c1-content-confusion", "the signature part holds a signed message with a text of its own",
           lambda c: signed(evil(), armor.armored(c.opaque, armor.MESSAGE))),
    _spoof("c1-content-confusion-refined", "the same, armored as a signature",
           lambda c: signed(evil(), _rearmored(c.opaque))),
    _spoof("c1-content-embedded", "the signature is good for what hangs on as a third part",
           lambda c: multipart("signed", evil(), entity(c.signature, "application/pgp-signature"), c.content)),
    _spoof("c2-second-signer-appended", "Mallory's good signature, then Ana's for another text", lambda c: _both(c, ana_first=False)),
    _spoof("c2-second-signer-prepended", "Ana's for another text, then Mallory's good one", lambda c: _both(c, ana_first=True)),
    _spoof("c3-no-signer", "an armored signature of nothing", lambda _: signed(evil(), _rearmored(b""))),
    _spoof("c3-no-signer-no-certificate", "a signature part without any signature packet",
           lambda _: signed(evil(), _rearmored(packet(10, b"PGP")))),
    _spoof("c4-trust", "signed by a key with Ana's name and address, which comes along",
           lambda _: signed(multipart("mixed", evil(), entity(public(_named_as_ana()), "application/pgp-keys")), detached(
               multipart("mixed", evil(), entity(public(_named_as_ana()), "application/pgp-keys")), _named_as_ana()))),
    _spoof("crash-lengths", "signature packets with impossible lengths",
           lambda c: signed(evil(), _rearmored(_signature_packets(c.signature)[:-9] + b"\xc2\xff\xff\xff\xff\xff\x04"))),
)  # fmt: skip

# --- what gpg says -----------------------------------------------------------------------------------


def _lines(of: str) -> str:
    """What gpg would say of a good signature by this key."""
    return (
        f"\n[GNUPG:] GOODSIG {of[-16:]} Ana Ruiz <{ANA}>\n[GNUPG:] VALIDSIG {of} 2026-11-23 1795000000 0 4 0 22 10 00 {of}"
        "\n[GNUPG:] TRUST_FULLY 0 pgp"
    )


def _notation(how: str) -> bytes:
    options = {
        "notation": ("--sig-notation", "note@evil.test=" + _lines(ana()).replace("\n", " ")),
        "policy": ("--sig-policy-url", "https://evil.test/%0a" + _lines(ana()).replace("\n", "%0a")),
        "keyserver": ("--sig-keyserver-url", "hkp://evil.test/" + _lines(ana()).replace("\n", " ")),
    }[how]
    content = evil()
    return signed(content, detached(content, mallory(), how=options))


def _by_name() -> bytes:
    import pysequoia

    forger = stranger(f"x{_lines(ana())}\n")
    content = evil()
    made = pysequoia.sign(forger.signer(), content, mode=pysequoia.SignatureMode.DETACHED)
    return signed(content, armor.armored(armor.binary(bytes(made), armor.SIGNATURE), armor.SIGNATURE))


def to_line(own: str, inside: bytes) -> bytes:
    """Octets encrypted as they are, with no literal made around them."""
    return desk().gpg("--no-literal", "-z", "0", "--recipient", own, "--encrypt", given=inside)


def _literal(content: bytes) -> bytes:
    return packet(11, b"b\x00\x00\x00\x00\x00" + content)


API = (
    _sealed("g1-file-name", "status lines in the file name inside an encrypted message that nobody signed",
            lambda _, own: desk().seal(evil(), own, how=("--set-filename", _lines(ana())))),
    _sealed("g1-file-name-signed", "the same in a message that Mallory signed",
            lambda _, own: desk().seal(evil(), own, mallory(), how=("--set-filename", _lines(ana())))),
    _spoof("g1-notation", "status lines in a notation of Mallory's signature", lambda _: _notation("notation")),
    _spoof("g1-policy-address", "status lines in its policy address", lambda _: _notation("policy")),
    _spoof("g1-keyserver-address", "status lines in its address of keys", lambda _: _notation("keyserver")),
    _spoof("g1-user-id", "status lines in the user id of the key that signed", lambda _: _by_name()),
    _sealed("g2-state-confusion", "a text without, then another with a signature, in one encrypted message",
            lambda c, own: to_line(own, _literal(evil()) + c.opaque)),
    _sealed("g2-state-confusion-reversed", "the signed text first", lambda c, own: to_line(own, c.opaque + _literal(evil()))),
    _spoof("g2-expression", "armor headers that say that the signature is good",
           lambda _: text_body(clear_signed(EVIL + "\n", mallory()).replace("-----BEGIN PGP SIGNATURE-----\n",
           f'-----BEGIN PGP SIGNATURE-----\nComment: Good signature from "Ana Ruiz <{ANA}>" {ana()}\n'))),
    _sealed("encryption-spoofing", "never encrypted: a message signed by Mallory in the place of an encrypted one",
            lambda _, __: desk().gpg("--local-user", mallory(), "-z", "0", "--sign", given=evil())),
    _sealed("encryption-spoofing-by-ana", "never encrypted: signed by Ana, with a second text",
            lambda c, _: c.opaque + _literal(evil())),
    _spoof("any-good-signature", "a good signature, by whoever", lambda _: signed(evil(), detached(evil(), mallory()))),
)  # fmt: skip

# --- MIME --------------------------------------------------------------------------------------------


def _rfc822(c: Captured) -> bytes:
    return entity(letter(c.whole, "friend@elsewhere.test"), "message/rfc822")


def _opens_a_page(behind: bytes) -> bytes:
    """A page that does not end: what comes behind it is in something that is not shown."""
    opened = (
        f"<b>{EVIL}</b><style>fieldset, br{{display: none;}}</style><div style='display: none;'><plaintext>\n"
    )
    return multipart("mixed", entity(opened, "text/html; charset=utf-8"), behind)


MIME = (
    _spoof("m1-inline-part", "words in a part before a clear-signed part", lambda c: multipart("mixed", evil(), entity(c.clear))),
    _spoof("m1-inline", "words before a clear-signed text", lambda c: text_body(f"{EVIL}\n\n{c.clear}")),
    _spoof("m1-inline-behind", "words behind it", lambda c: text_body(f"{c.clear}\n{EVIL}\n")),
    _spoof("m1-mime", "words in a part before a signed part", lambda c: multipart("mixed", evil(), c.whole)),
    _spoof("m1-mime-related", "the same as parts that belong together", lambda c: multipart("related", evil(), c.whole)),
    _spoof("m2-inline", "a page that hides the clear-signed text", lambda c: page(f"{EVIL}<div style='display:none'><pre>{c.clear}</pre></div>")),
    _spoof("m2-inline-comment", "a page with it in a comment", lambda c: page(f"{EVIL}<!--\n{c.clear}\n-->")),
    _spoof("m2-inline-part", "a page that does not end before a clear-signed part", lambda c: _opens_a_page(entity(c.clear))),
    _spoof("m2-mime-plaintext", "a page that does not end before the signed part", lambda c: _opens_a_page(c.whole)),
    _spoof("m2-mime", "a page that begins before the signed part and hides it",
           lambda c: multipart("mixed", page(f"{EVIL}<textarea style='display:none'>"), c.whole, page("</textarea>"))),
    _spoof("m2-mime-alternative", "the signed part as one of two versions", lambda c: multipart("alternative", c.whole, page(EVIL))),
    _spoof("m3-inline", "a page with the clear-signed text as a picture of its own",
           lambda c: multipart("related", page(f"{EVIL}<img src='cid:s'>"), entity(c.clear, PLAIN, "Content-ID: <s>"))),
    _spoof("m3-mime", "a page with the signed part as a picture of its own",
           lambda c: multipart("related", page(f"{EVIL}<img src='cid:s'>"), b"Content-ID: <s>\r\n" + c.whole)),
    _spoof("m3-mime-first", "the signed part first, and the page as the start", lambda c: multipart("related",
           b"Content-ID: <s>\r\n" + c.whole, page(f"{EVIL}<img src='cid:s'>"), more='; start="<p>"')),
    _spoof("m4-inline", "the clear-signed text as a file", lambda c: multipart("mixed", evil(), entity(c.clear, PLAIN,
           'Content-Disposition: attachment; filename="a.txt"'))),
    _spoof("m4-mime", "the signed letter as a forwarded letter", lambda c: multipart("mixed", evil(), _rfc822(c))),
    _spoof("m4-mime-file", "the signed part as a file", lambda c: multipart("mixed", evil(), b"Content-Disposition: attachment\r\n" + c.whole)),
)  # fmt: skip

# --- the eye ------------------------------------------------------------------------------------------

_SEAL = f"""<div style="position:absolute;top:0;background:#cfc">&#x2714; Good signature from Ana Ruiz &lt;{ANA}&gt;</div>{EVIL}"""
SCREEN = (
    _spoof("u1-redressing", "a page that draws what a mail program shows for a good signature", lambda _: page(_SEAL)),
)  # fmt: skip

# --- our own: where one reader sees a part end, and another does not ----------------------------------


def _raw_signed(*lines: bytes, boundary: str = "=_b") -> bytes:
    head = (
        f'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary="{boundary}"\r\n\r\n'
    )
    return head.encode() + b"\r\n".join(lines) + b"\r\n"


def _signature_part(c: Captured) -> bytes:
    return entity(c.signature, "application/pgp-signature")


def _longer(c: Captured, tail: bytes) -> bytes:
    """Signed until a line that only begins like a delimiter."""
    return _raw_signed(
        b"--=_b", c.content, b"--=_b" + tail, EVIL.encode(), b"--=_b", _signature_part(c), b"--=_b--"
    )


OWN = (
    _spoof("o-longer-delimiter", "the signed text ends where a line only begins like a delimiter", lambda c: _longer(c, b"x")),
    _spoof("o-longer-delimiter-blank", "the same, with a blank and more behind it", lambda c: _longer(c, b" x")),
    _spoof("o-delimiter-with-blanks", "the first delimiter has blanks behind it, the second has none",
           lambda c: _raw_signed(b"--=_b  ", evil(), b"--=_b", c.content, b"--=_b  ", _signature_part(c), b"--=_b--")),
    _spoof("o-header-swallows", "the signed text stands in the header of the part that is shown",
           lambda c: _raw_signed(b"--=_b", b"X-Folded: a", b" --=_b", evil(), b"--=_b", _signature_part(c), b"--=_b--")),
    _spoof("o-in-preamble", "the signed part stands before the first delimiter",
           lambda c: _raw_signed(c.content, b"", b"--=_b", evil(), b"--=_b", _signature_part(c), b"--=_b--")),
    _spoof("o-behind-the-end", "the signed part stands behind the last delimiter",
           lambda c: _raw_signed(b"--=_b", evil(), b"--=_b", _signature_part(c), b"--=_b--", b"--=_b", c.content, b"--=_b--")),
    _spoof("o-damaged-delimiter", "a delimiter with a letter changed, which is repaired in what is shown",
           lambda c: _raw_signed(b"--a-long-boundary-of-it", c.content + b"\r\n--a-long-boundary-of-iX\r\n" + evil(),
                                 b"--a-long-boundary-of-it", _signature_part(c), b"--a-long-boundary-of-it--", boundary="a-long-boundary-of-it")),
    _spoof("o-two-boundaries", "two boundaries in one field", lambda c: (
           b'Content-Type: multipart/signed; boundary="=_a"; boundary="=_b"\r\n\r\n--=_b\r\n' + evil() + b"\r\n--=_b\r\n" + _signature_part(c)
           + b"\r\n--=_b--\r\n--=_a\r\n" + c.content + b"\r\n--=_a\r\n" + _signature_part(c) + b"\r\n--=_a--\r\n" + EVIL.encode() + b"\r\n"), honest=True),
    _spoof("o-two-content-types", "two fields that say what it is",
           lambda c: b"Content-Type: text/plain\r\n" + c.whole.replace(HONEST.encode(), EVIL.encode())),
    _spoof("o-subject", "Ana's signed text under a subject that she did not write", lambda c: c.whole, honest=True, subject=EVIL),
    _spoof("o-encoded", "the whole is base64, which one reader undoes", lambda c: b"Content-Transfer-Encoding: base64\r\n" + c.whole.replace(
           HONEST.encode(), EVIL.encode())),
    _spoof("o-inline-hash-header", "words in the armor headers of a clear-signed text",
           lambda c: text_body(c.clear.replace("Hash: ", f"Hash: SHA512\nHash: {EVIL}\nHash: ", 1)), honest=True),
    _spoof("o-inline-two", "two clear-signed texts", lambda c: text_body(c.clear + clear_signed(EVIL + "\n", mallory()))),
    _spoof("o-inline-dashes", "a line that looks like the begin of the signature",
           lambda c: text_body(c.clear.replace(HONEST, f"{HONEST}\n-----BEGIN PGP SIGNATURE-----\n\n{EVIL}\n-----END PGP SIGNATURE-----"))),
    _spoof("o-inline-control", "words behind characters that are not shown",
           lambda c: text_body(c.clear.replace(HONEST, HONEST + " \x0b\x0c " + EVIL))),
    _spoof("o-signed-for-somebody-else", "Ana's letter to a friend, who is named in it",
           lambda _: signed(_to_a_friend(), detached(_to_a_friend(), ana()))),
    Spoof("o-signed-for-somebody-else-sealed", "the same, decrypted by the friend and encrypted to the line",
          lambda to, own: letter(sealed(desk().seal(_to_a_friend(), own, ana())), to)),
    _spoof("o-key-only", "Mallory's key attached as Ana's, and the text signed by it", lambda _: signed(evil(), detached(evil(), _named_as_ana())),
           fields=f"Autocrypt: addr={ANA}; keydata=AAAA\n"),
    _sealed("o-sealed-unsigned", "encrypted to the line, signed by nobody", lambda _, own: desk().seal(evil(), own)),
    _sealed("o-sealed-by-mallory", "encrypted to the line, signed by Mallory", lambda _, own: desk().seal(evil(), own, mallory())),
    _sealed("o-sealed-signature-of-other", "encrypted, with Ana's signature over another text", lambda c, own: to_line(
            own, _one_pass(c) + _literal(evil()) + _last_signature(c))),
)  # fmt: skip


def _to_a_friend() -> bytes:
    """Header protection shows whom it was for (RFC 9788)."""
    return entity(
        EVIL + "\n", 'text/plain; charset=utf-8; protected-headers="v1"; hp="cipher"', "To: friend@elsewhere.test"
    )  # fmt: skip


def _one_pass(c: Captured) -> bytes:
    return pieces(c.opaque)[0][1]


def _last_signature(c: Captured) -> bytes:
    return pieces(c.opaque)[-1][1]
