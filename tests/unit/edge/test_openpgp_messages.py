"""Messages: what is sealed is opened, whole, by whoever has the key; everything else is refused, whole."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pysequoia
import pytest

from relay.edge.openpgp import Certificate, OpenPgpError, armor, shapes
from tests.unit.edge import openpgp_world as world
from tests.unit.edge.openpgp_world import (
    ENGINES,
    NOW,
    TEXT,
    desk,
    engine,
    packet,
    person,
    pieces,
    relay_at_desk,
    relay_key,
)

both = pytest.mark.parametrize("name", ENGINES)
makers = pytest.mark.parametrize("maker", ENGINES)
ROOM = 10_000
SQUEEZED = ("--compress-algo", "zlib", "-z", "9")
"""Against what the key prefers."""

SESSION_KEY, LITERAL, COMPRESSED, OLD, PROTECTED = 1, 11, 8, 9, 18


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    assert world.left_behind() == []


def known(*names: str) -> list[Certificate]:
    return [engine("gnupg").read_certificate(desk().certificate(person(name)), NOW) for name in names]


def opened(
    name: str, message: bytes, maker: str = "gnupg", *, room: int = ROOM, by: Sequence[str] = ()
) -> tuple[bytes, list[str]]:
    found = engine(name).decrypt(message, [relay_key(maker)], known(*by), NOW, room)
    return found.content, sorted(found.signers)


def refused(name: str, message: bytes, *reasons: str, room: int = ROOM, by: Sequence[str] = ()) -> None:
    """Nothing comes out, and the reason is one constant word."""
    with pytest.raises(OpenPgpError) as caught:
        opened(name, message, room=room, by=by)
    assert caught.value.reason in (reasons or world.WORDS)
    assert str(caught.value) == caught.value.reason
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def sealed(content: bytes = TEXT, *by: str, how: Sequence[str] = ()) -> bytes:
    return desk().seal(content, relay_at_desk("gnupg"), *(person(one) for one in by), how=how)


@both
@makers
@pytest.mark.parametrize("reader", ENGINES)
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", TEXT, b"a\r\nb\n\rc\xff\x00" * 3, b"-----BEGIN PGP MESSAGE-----\n" * 3],
    ids=range(5),
)
def test_each_engine_opens_what_each_engine_sealed_to_a_key_of_each(
    name: str, maker: str, reader: str, content: bytes
) -> None:
    """Octet for octet (RFC 9580 §5.1)."""
    to = engine(name).read_certificate(engine(maker).public_of(relay_key(maker)), NOW)
    message = engine(name).encrypt(content, to.octets, NOW)
    assert opened(reader, message, maker) == (content, [])
    assert opened(reader, world.unarmored(message), maker) == (content, [])


@both
@pytest.mark.parametrize("maker", [*ENGINES, "desk"])
def test_what_we_send_names_nobody(name: str, maker: str) -> None:
    """No key id, no Version, no Comment, no signature; gpg, which has no part in it, is the judge.

    RFC 9580 §5.1, §5.9.
    """
    octets = (
        desk().certificate(person("ana")) if maker == "desk" else engine(maker).public_of(relay_key(maker))
    )
    to = engine(name).read_certificate(octets, NOW)
    message = engine(name).encrypt(TEXT, to.octets, NOW)
    assert message.startswith(b"-----BEGIN PGP MESSAGE-----\n\n")
    assert message.endswith(b"-----END PGP MESSAGE-----\n")
    seen = world.judged(message)
    assert seen.count(":pubkey enc packet:") == seen.count("keyid 0000000000000000") == 1
    assert seen.count("mdc_method: 2") == 1
    assert (":signature packet:" in seen, ":onepass_sig" in seen, ":literal" in seen) == (False, False, False)
    ids = [body for tag, _, body in pieces(to.octets) if tag in {6, 14}]
    assert len(ids) == 2
    assert bytes.fromhex(to.fingerprint)[-8:] not in world.unarmored(message)


@both
def test_equal_content_is_sealed_differently(name: str) -> None:
    """And lengths follow the content, for nothing is compressed."""
    to = engine(name).read_certificate(desk().certificate(person("ana")), NOW)
    first, second = (world.unarmored(engine(name).encrypt(TEXT * 50, to.octets, NOW)) for _ in range(2))
    assert first != second
    assert len(first) == len(second) > len(TEXT) * 50


@both
def test_session_keys_are_drawn_anew_for_every_message(name: str) -> None:
    """Also where one program forks all that seal: nothing random is drawn before that. gpg says what the keys are."""
    to = engine(name).read_certificate(desk().certificate(person("ana")), NOW)
    with ThreadPoolExecutor(2) as pool:
        messages = list(pool.map(lambda _: engine(name).encrypt(TEXT, to.octets, NOW), range(12)))
    keys = set()
    for message in messages:
        said = desk().gpg(
            "--status-fd",
            "1",
            "--show-session-key",
            "--try-secret-key",
            person("ana"),
            "--decrypt",
            given=message,
        )
        keys.add(next(line for line in said.splitlines() if line.startswith(b"[GNUPG:] SESSION_KEY ")))
    assert len(keys) == len(messages)
    ephemeral = {
        next(body for tag, _, body in pieces(world.unarmored(one)) if tag == SESSION_KEY) for one in messages
    }
    assert len(ephemeral) == len(messages)


@both
def test_a_message_of_many_megabytes_is_whole(name: str) -> None:
    """In pieces, as programs write what they do not know the length of."""
    content = bytes(range(256)) * 40_000
    assert opened(name, sealed(content), room=len(content)) == (content, [])
    refused(name, sealed(content), "too-large", room=len(content) - 1)


@both
def test_any_of_our_keys_opens_and_no_other_does(name: str) -> None:
    """The relay may have an old key beside the new one."""
    keys = [relay_key("sequoia"), desk().secret(person("ana")), relay_key("gnupg")]
    assert engine(name).decrypt(sealed(), keys, [], NOW, ROOM).content == TEXT
    for fewer in (keys[:2], []):
        with pytest.raises(OpenPgpError) as caught:
            engine(name).decrypt(sealed(), fewer, [], NOW, ROOM)
        assert caught.value.reason == "cannot-open"
    with pytest.raises(OpenPgpError) as caught:
        engine(name).decrypt(sealed(), [b"no key"], [], NOW, ROOM)
    assert caught.value.reason == "bad-key"


@both
def test_others_may_read_along_and_hidden_readers_are_found(name: str) -> None:
    """People encrypt to themselves as well."""
    how = ("--recipient", person("ana"), "--hidden-recipient", person("ben"))
    assert opened(name, sealed(how=how)) == (TEXT, [])
    assert opened(name, sealed(how=("--throw-keyids", "--recipient", person("ana")))) == (TEXT, [])


@both
def test_a_hidden_reader_is_found_also_when_keys_of_one_curve_are_tried_before(name: str) -> None:
    """After a rotation the line holds its old key beside the new one."""
    hidden = sealed(how=("--throw-keyids", "--recipient", person("ana")))
    for keys in (("gnupg", "sequoia"), ("sequoia", "gnupg")):
        assert engine(name).decrypt(hidden, [relay_key(one) for one in keys], [], NOW, ROOM).content == TEXT


def test_gpg_finds_a_hidden_reader_among_subkeys_of_one_curve() -> None:
    """By the newest; also signed, and with another hidden reader before. Sequoia's library opens by one subkey only.

    The keys of a line have one, whichever engine made them.
    """
    two = person("two subkeys")
    desk().gpg("--quick-add-key", two, "cv25519", "encr", "never")
    for nth in range(3):
        how = ("--throw-keyids", *(("--recipient", person("ben")) if nth == 2 else ()))
        message = desk().seal(TEXT, two, *((person("ana"),) if nth else ()), how=how)
        signer = [engine("gnupg").read_certificate(desk().certificate(person("ana")), NOW)] if nth else []
        done = engine("gnupg").decrypt(message, [desk().secret(two)], signer, NOW, ROOM)
        assert (done.content, bool(done.signers)) == (TEXT, bool(nth))


def test_compressed_messages_are_read_and_sequoia_sees_no_signature_in_them() -> None:
    """Programs compress although a key of ours asks for none."""
    compressed = sealed(how=SQUEEZED)
    assert opened("gnupg", compressed) == opened("sequoia", compressed) == (TEXT, [])
    assert opened("gnupg", sealed(TEXT, "ana", how=SQUEEZED), by=["ana"]) == (TEXT, [person("ana")])
    assert opened("sequoia", sealed(TEXT, "ana", how=SQUEEZED), by=["ana"]) == (TEXT, [])
    for maker in ENGINES:
        as_people_do = desk().gpg("--recipient", relay_at_desk(maker), "--encrypt", given=TEXT)
        assert opened("sequoia", as_people_do, maker) == (TEXT, [])


# what is not one sealed message


@both
@pytest.mark.parametrize("place", ["session key", "start", "middle", "end"])
def test_a_changed_message_is_refused(name: str, place: str) -> None:
    """One bit, wherever it is; also where megabytes came before it."""
    for content in (TEXT, bytes(2_000_000)):
        octets = bytearray(sealed(content))
        at = {"session key": 60, "start": 130, "middle": len(octets) // 2, "end": len(octets) - 3}[place]
        octets[at] ^= 4
        refused(name, bytes(octets), "cannot-open", "not-encrypted", room=3_000_000)


@both
def test_a_truncated_message_is_refused(name: str) -> None:
    """Cut anywhere, and also where the packet around it says that this is all."""
    octets = sealed()
    for end in (0, 1, 50, 95, 96, 97, 120, 200, len(octets) // 2, len(octets) - 22, len(octets) - 1):
        refused(name, octets[:end], "not-encrypted", "cannot-open")
    key, (_, _, body) = pieces(octets)[0][1], pieces(octets)[1]
    for less in (1, 20, 22, 40, len(body) - 20, len(body) - 1):
        refused(name, key + packet(PROTECTED, body[:-less]), "cannot-open", "structure")


@both
def test_without_its_integrity_code_a_message_is_refused(name: str) -> None:
    """The code cut off; the packet replaced by the older one that has none; a version that does not exist.

    RFC 4880, RFC 9580 §5.13.
    """
    key, (_, whole, body) = pieces(sealed())[0][1], pieces(sealed())[1]
    assert whole[0] & 0x3F == PROTECTED
    for changed in (
        key + packet(PROTECTED, body[:-22]), key + packet(OLD, body[1:]), key + packet(OLD, body[1:-22]),
        key + packet(OLD, body), key + packet(PROTECTED, b"\x02" + body[1:]), key + packet(PROTECTED, b"\x00" + body[1:]),
        key + packet(20, body), key + packet(PROTECTED, b""), key + packet(PROTECTED, b"\x01"),
    ):  # fmt: skip
        refused(name, changed, "not-encrypted", "cannot-open", "failed")


@both
def test_what_was_never_encrypted_is_never_released(name: str) -> None:
    """A literal, a signed text, a clear-signed text, a key, a password, nothing."""
    literal = packet(LITERAL, b"b\x00\x00\x00\x00\x00" + TEXT)
    session = pieces(sealed())[0][1]
    for message in (
        b"", b"\n", TEXT, literal, packet(COMPRESSED, b"\x00" + literal), session + literal, session, literal + sealed(),
        desk().gpg("--store", given=TEXT), desk().gpg("--armor", "--store", given=TEXT),
        desk().gpg("--local-user", person("ana"), "--sign", given=TEXT),
        desk().gpg("--local-user", person("ana"), "--armor", "--sign", given=TEXT),
        desk().gpg("--local-user", person("ana"), "--clear-sign", given=TEXT),
        desk().gpg("--symmetric", "--s2k-count", "1024", "--passphrase", "x", given=TEXT), desk().certificate(person("ana")), relay_key("gnupg"),
    ):  # fmt: skip
        refused(name, message, "not-encrypted")


@both
def test_one_message_and_nothing_beside_it(name: str) -> None:
    """Two of them, text around the armor, packets before, between and after (RFC 9580 §10.3)."""
    one, other, literal = sealed(), sealed(b"other"), packet(LITERAL, b"b\x00\x00\x00\x00\x00x")
    armored = armor.armored(one, armor.MESSAGE)
    key, body = (whole for _, whole, _ in pieces(one))
    for message in (
        one + other, one + one, armored + armor.armored(other, armor.MESSAGE), armored + armored, one + literal, literal + one,
        key + literal + body, body + key, body, key * 40 + body, b"Hello,\n" + armored, armored + b"Bye", b"<img src='" + armored,
        armored.replace(b"\n\n", b"\nComment: x\nno header at all\n\n"), armored.replace(b"MESSAGE", b"SIGNATURE"),
        desk().sign(TEXT, person("ana")) + one, one + packet(10, b"PGP") + literal, one[:-1], one + b"\x00",
    ):  # fmt: skip
        refused(name, message, "not-encrypted")
    assert opened(name, b"\r\n\r\n" + armored.replace(b"\n", b"\r\n") + b" \n") == (TEXT, [])
    assert opened(name, armored.replace(b"\n\n", b"\nVersion: 1\nComment: x\nCharset: x\n\n", 1)) == (
        TEXT,
        [],
    )
    assert opened(name, packet(10, b"PGP") + one) == (TEXT, [])


@both
def test_one_layer_of_encryption(name: str) -> None:
    """Somebody who caught a message to us could send it again inside of another, as their own."""
    inner = sealed()
    twice = desk().gpg(
        "--no-literal", "-z", "0", "--recipient", relay_at_desk("gnupg"), "--encrypt", given=inner
    )
    refused(name, twice, "structure", "cannot-open")
    refused(name, twice, "structure", "cannot-open", by=["ana"])
    squeezed = desk().gpg(
        "--no-literal", *SQUEEZED, "--recipient", relay_at_desk("gnupg"), "--encrypt", given=inner
    )
    refused(name, squeezed, "structure", "cannot-open")
    hidden = shapes.without_readers(inner)
    for more in (
        hidden,
        packet(COMPRESSED, b"\x00" + hidden),
        packet(COMPRESSED, b"\x00" + packet(COMPRESSED, b"\x00" + inner)),
    ):
        refused(
            name,
            desk().gpg("--no-literal", "-z", "0", "-r", relay_at_desk("gnupg"), "-e", given=more),
            "structure",
            "cannot-open",
        )


@both
def test_one_literal_in_it(name: str) -> None:
    """Two would be two texts, of which a signature covers one; none is no text."""
    one, other = (packet(LITERAL, b"b\x00\x00\x00\x00\x00" + text) for text in (b"one", b"other"))
    signed = desk().gpg("--local-user", person("ana"), "-z", "0", "--sign", given=TEXT)
    for inside in (one + other, signed + other, other + signed, b"", packet(10, b"PGP"), packet(60, b"x"), b"text",
                   packet(COMPRESSED, b"\x00" + one) + other, desk().certificate(person("ana"))):  # fmt: skip
        message = desk().gpg(
            "--no-literal", "-z", "0", "--recipient", relay_at_desk("gnupg"), "--encrypt", given=inside
        )
        refused(name, message, "cannot-open", "structure")
        refused(name, message, "cannot-open", "structure", by=["ana"])


@both
def test_a_file_name_inside_never_matters(name: str) -> None:
    """It is somebody's text: here it looks like what gpg says (RFC 9580 §5.9)."""
    text = (
        f"x\n[GNUPG:] VALIDSIG {person('ana')} 2026-01-01 1 0 4 0 22 10 00 {person('ana')}\n[GNUPG:] GOODMDC"
    )
    for file_name in (text, "_CONSOLE", "../../x", "\x1b[2J%0a%00", "x" * 250):
        message = sealed(how=("--set-filename", file_name))
        assert opened(name, message) == (TEXT, [])
        assert opened(name, message, by=["ana"]) == (TEXT, [])


_MEASURED = """
import pickle, resource, sys
from pathlib import Path
from relay.edge.openpgp import OpenPgpError
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia
name, home, message, key, now = pickle.loads(sys.stdin.buffer.read())
engine = GnuPg(Path(home)) if name == "gnupg" else Sequoia()
try:
    engine.decrypt(message, [key], [], now, 100_000)
except OpenPgpError as error:
    engine.close()  # the system counts who has ended
    print(error.reason, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _peak_kb(name: str, message: bytes) -> int:
    """The most memory that a program of the engine had, in kilobytes.

    From an interpreter of its own: a child begins with the size of its parent, and the system remembers the largest.
    """
    given = pickle.dumps((name, str(world.home()), message, relay_key("gnupg"), NOW))
    said = subprocess.run(
        [sys.executable, "-c", _MEASURED], input=given, stdout=subprocess.PIPE, check=True
    ).stdout
    reason, peak = said.decode().split()
    assert reason == "too-large"
    assert int(peak) > 1000
    return int(peak)


@both
def test_a_message_that_unpacks_to_much_more_costs_little(name: str) -> None:
    """A hundred megabytes of zeros in a hundred kilobytes."""
    bomb = sealed(bytes(100_000_000), how=SQUEEZED)
    assert len(bomb) < 200_000
    started = time.monotonic()
    refused(name, bomb, "too-large", room=100_000)
    assert time.monotonic() - started < 3
    assert _peak_kb(name, bomb) < 200_000
    deep = b"x"
    for _ in range(40):
        deep = packet(COMPRESSED, b"\x00" + deep)
    refused(name, desk().gpg("--no-literal", "-z", "0", "-r", relay_at_desk("gnupg"), "-e", given=deep))


# signatures


@both
def test_who_signed_is_told_by_the_keys_that_were_asked_for(name: str) -> None:
    """Whoever else signed, nobody hears of it, and the text is read all the same."""
    ana, ben = person("ana"), person("ben")
    assert opened(name, sealed(TEXT, "ana"), by=["ana", "ben"]) == (TEXT, [ana])
    assert opened(name, sealed(TEXT, "ana"), by=["ben"]) == (TEXT, [])
    assert opened(name, sealed(TEXT, "ana"), by=[]) == (TEXT, [])
    assert opened(name, sealed(TEXT), by=["ana", "ben"]) == (TEXT, [])
    assert opened(name, sealed(TEXT, "ana", "ben"), by=["ana", "ben"]) == (TEXT, sorted([ana, ben]))
    assert opened(name, sealed(TEXT, "ana", "ben"), by=["ben"]) == (TEXT, [ben])
    assert opened(name, sealed(TEXT, "sign-only"), by=["sign-only"]) == (TEXT, [person("sign-only")])


@both
def test_a_subkey_signs_for_its_primary_key(name: str) -> None:
    """The identity is the primary key's fingerprint; Sequoia's keys sign by a subkey."""
    key = world.stranger("sub <sub@mail.test>")
    certificate = engine(name).read_certificate(bytes(key.extract_certificate()), NOW)
    to = pysequoia.Cert.from_bytes(desk().certificate(relay_at_desk("gnupg")))
    message = pysequoia.encrypt(TEXT, [to], key.signer())
    assert engine(name).decrypt(message, [relay_key("gnupg")], [certificate], NOW, ROOM).signers == {
        certificate.fingerprint
    }
    signature = pysequoia.sign(key.signer(), TEXT, mode=pysequoia.SignatureMode.DETACHED)
    assert engine(name).verify(TEXT, signature, [certificate], NOW) == {certificate.fingerprint}


@both
def test_a_signature_that_does_not_hold_signs_nothing(name: str) -> None:
    """Over other words, with a bit changed, expired, by a key that has expired or was revoked since."""
    signature = pieces(desk().sign(b"other", person("ana")))[0][1]
    literal = packet(LITERAL, b"b\x00\x00\x00\x00\x00" + TEXT)
    forged = desk().gpg(
        "--no-literal", "-z", "0", "-r", relay_at_desk("gnupg"), "-e", given=signature + literal
    )
    assert opened(name, forged, by=["ana"]) == (TEXT, [])
    for who in ("expired", "revoked"):
        inside = world.before(who) + literal
        message = desk().gpg("--no-literal", "-z", "0", "-r", relay_at_desk("gnupg"), "-e", given=inside)
        assert opened(name, message, by=[who, "ana"]) == (TEXT, [])
    old = desk().gpg(
        "--local-user", person("ana"), "--default-sig-expire", "1d", "-z", "0", "--sign", given=TEXT,
        at=datetime.now(UTC) + timedelta(seconds=1),
    )  # fmt: skip
    message = desk().gpg("--no-literal", "-z", "0", "-r", relay_at_desk("gnupg"), "-e", given=old)
    assert opened(name, message, by=["ana"]) == (TEXT, [person("ana")])


@both
def test_a_detached_signature_is_of_exactly_this_content_by_exactly_these(name: str) -> None:
    """Armored or binary; one of several; and nothing but signatures."""
    verify, people = engine(name).verify, known("ana", "ben")
    ana, ben = person("ana"), person("ben")
    signature = desk().sign(TEXT, ana)
    assert verify(TEXT, signature, people, NOW) == {ana}
    assert verify(TEXT, desk().sign(TEXT, ana, how=["--armor", "--comment", "x"]), people, NOW) == {ana}
    assert verify(TEXT, desk().sign(TEXT, ana, how=["--textmode"]), people, NOW) == {ana}
    assert verify(TEXT, desk().sign(TEXT, ana, ben), people, NOW) == {ana, ben}
    assert verify(TEXT, desk().sign(TEXT, ana, ben), people[:1], NOW) == {ana}
    assert verify(TEXT, signature + desk().sign(b"other", ben), people, NOW) == {ana}
    assert verify(TEXT, signature, people[1:], NOW) == frozenset()
    assert verify(TEXT, signature, [], NOW) == frozenset()
    for content in (b"", TEXT + b"\n", TEXT[:-1], TEXT.replace(b"\n", b"\r\n")):
        assert verify(content, signature, people, NOW) == frozenset()
    changed = bytearray(signature)
    changed[-5] ^= 1
    for other in (
        b"", b"x", bytes(changed), signature[:-1], signature + b"\x00", TEXT, desk().certificate(ana), sealed(TEXT, "ana"),
        desk().gpg("-z", "0", "--local-user", ana, "--sign", given=TEXT), signature * 20,
        desk().gpg("--local-user", ana, "--clear-sign", given=TEXT), packet(2, b""), packet(2, b"\x04\x00"),
        signature + packet(LITERAL, b"b\x00\x00\x00\x00\x00" + TEXT),
    ):  # fmt: skip
        assert verify(TEXT, other, people, NOW) == frozenset()


@both
def test_a_detached_signature_ends_with_its_time_and_with_its_key(name: str) -> None:
    """A signature of yesterday for a day; of a key that has expired; of one that was revoked afterwards."""
    verify = engine(name).verify
    short = desk().sign(TEXT, person("ana"), how=["--default-sig-expire", "1d"])
    assert verify(TEXT, short, known("ana"), NOW) == {person("ana")}
    assert verify(TEXT, short, known("ana"), NOW + timedelta(days=2)) == frozenset()
    for who in ("expired", "revoked"):
        assert verify(TEXT, world.before(who), known(who), NOW) == frozenset()
    certificate = desk().sign(b"", person("ana"), how=["--cert-notation", "a@b.test=x"])
    assert verify(TEXT, certificate, known("ana"), NOW) == frozenset()


@both
def test_a_signature_by_a_weak_digest_signs_nothing(name: str) -> None:
    """SHA-1 and RIPEMD can be made to fit a second text (RFC 9580 §9.5)."""
    for digest in ("SHA1", "RIPEMD160"):
        signature = desk().sign(TEXT, "<rsa@mail.test>" if rsa() else "", how=["--digest-algo", digest])
        certificate = engine(name).read_certificate(desk().certificate(rsa()), NOW)
        assert engine(name).verify(TEXT, signature, [certificate], NOW) == frozenset()
    strong = desk().sign(TEXT, rsa(), how=["--digest-algo", "SHA256"])
    assert engine(name).verify(TEXT, strong, [certificate], NOW) == {rsa()}


def rsa() -> str:
    """A key that gpg lets sign by any digest."""
    listing = desk().gpg("--with-colons", "--list-keys").decode()
    if "rsa@mail.test" not in listing:
        desk().gpg("--quick-generate-key", "rsa <rsa@mail.test>", "rsa2048", "sign,cert", "never")
    listing = desk().gpg("--with-colons", "--list-keys", "<rsa@mail.test>").decode()
    return next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:"))


@both
def test_a_notation_in_a_signature_changes_nothing(name: str) -> None:
    """It is the signer's text, and stands among gpg's own lines."""
    text = f"[GNUPG:] VALIDSIG {person('ben')} 2026-01-01 1 0 4 0 22 10 00 {person('ben')}"
    how = (
        "--sig-notation",
        f"a@b.test={text}",
        "--sig-policy-url",
        f"https://x.test/%0a{text.replace(' ', '%20')}",
    )
    assert engine(name).verify(TEXT, desk().sign(TEXT, person("ana"), how=how), known("ana", "ben"), NOW) == {
        person("ana")
    }
    assert opened(name, sealed(TEXT, "ana", how=how), by=["ana", "ben"]) == (TEXT, [person("ana")])
    assert opened(name, sealed(TEXT, "ana", how=how), by=["ben"]) == (TEXT, [])
