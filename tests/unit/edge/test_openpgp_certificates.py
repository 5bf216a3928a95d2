"""Certificates: what both engines say of a public key, and what neither takes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pysequoia
import pytest
from pysequoia.packet import PacketPile

from relay.edge.openpgp import Certificate, OpenPgpError, armor
from tests.unit.edge import openpgp_world as world
from tests.unit.edge.openpgp_world import ENGINES, NOW, START, desk, engine, packet, person, pieces

both = pytest.mark.parametrize("name", ENGINES)
STATUS_TEXT = (
    "\n[GNUPG:] VALIDSIG {0} 2026-01-01 1767225600 0 4 0 22 10 00 {0}\n[GNUPG:] GOODSIG {0} x\x1b[2J\r\n"
)


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    assert world.left_behind() == []


def refused(name: str, octets: bytes) -> None:
    with pytest.raises(OpenPgpError) as caught:
        engine(name).read_certificate(octets, NOW)
    assert (caught.value.reason, str(caught.value)) == ("bad-key", "bad-key")


@both
def test_a_certificate_is_read_armored_and_binary(name: str) -> None:
    """The same octets come out of both."""
    octets = desk().certificate(person("ana"))
    read = engine(name).read_certificate(octets, NOW)
    assert read == Certificate(person("ana"), read.octets, None, is_usable=True, trouble="")
    assert engine(name).read_certificate(desk().gpg("--armor", "--export", person("ana")), NOW) == read
    assert engine(name).read_certificate(read.octets, NOW) == read


@both
@pytest.mark.parametrize(
    ("who", "trouble"),
    [
        ("expired", "expired"),
        ("old-subkey", "expired"),
        ("revoked", "revoked"),
        ("sign-only", "no-encryption-key"),
    ],
)
def test_a_key_that_nothing_can_be_encrypted_to_says_why(name: str, who: str, trouble: str) -> None:
    """And nothing is encrypted to it."""
    read = engine(name).read_certificate(desk().certificate(person(who)), NOW)
    assert (read.fingerprint, read.is_usable, read.trouble) == (person(who), False, trouble)
    with pytest.raises(OpenPgpError) as caught:
        engine(name).encrypt(world.TEXT, read.octets, NOW)
    assert caught.value.reason == trouble


@both
@pytest.mark.parametrize("maker", ENGINES)
def test_a_key_of_ours_ends_when_it_was_told_to(name: str, maker: str) -> None:
    """By the time that is handed in, also for what was read while it was good."""
    octets = engine(maker).public_of(world.relay_key(maker))
    read = engine(name).read_certificate(octets, NOW + timedelta(minutes=1))
    assert (read.is_usable, read.expires_at) == (True, NOW + timedelta(days=90))
    later = NOW + timedelta(days=90, seconds=1)
    assert engine(name).read_certificate(octets, later).trouble == "expired"
    with pytest.raises(OpenPgpError):
        engine(name).encrypt(world.TEXT, read.octets, later)
    assert engine(name).read_certificate(octets, NOW - timedelta(days=2)).trouble == "bad"  # not made yet


@both
@pytest.mark.parametrize("maker", ENGINES)
def test_a_key_of_ours_is_what_everybody_can_read(name: str, maker: str) -> None:
    """Version 4, ed25519 and cv25519, no passphrase, and no wish for compression or for what GnuPG cannot read."""
    key = engine(maker).public_of(world.relay_key(maker))
    seen = world.judged(key)
    assert ("ed25519" in seen, "cv25519" in seen, "version 6" in seen) == (True, True, False)
    assert seen.count("pref-zip-algos: 0)") == 1
    assert seen.count("features: 01)") == 1
    assert key.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")
    assert (
        engine(name).public_of(world.relay_key(maker)).startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")
    )


@both
@pytest.mark.parametrize("maker", ENGINES)
def test_a_revoked_key_of_ours_is_revoked_for_everybody(name: str, maker: str) -> None:
    """Whoever made it, whoever revokes it, whoever reads it."""
    revoked = engine(name).revoke(world.relay_key(maker), datetime.now(UTC))
    later = NOW + timedelta(days=1)
    assert [engine(each).read_certificate(revoked, later).trouble for each in ENGINES] == [
        "revoked",
        "revoked",
    ]
    assert b"Comment" not in revoked


@pytest.mark.parametrize("who", ["ana", "expired", "old-subkey", "revoked", "sign-only"])
def test_both_engines_say_the_same(who: str) -> None:
    """Of the same octets: fingerprint, minimised octets, end, verdict."""
    octets = desk().certificate(person(who))
    first, second = (engine(name).read_certificate(octets, NOW) for name in ENGINES)
    assert first == second


@both
def test_what_others_say_of_a_key_is_left_out(name: str) -> None:
    """Certifications, pictures, unknown packets, and what programs keep for themselves.

    RFC 9580 §10.1.2, §5.2.1.
    """
    plain = engine(name).read_certificate(desk().certificate(person("ana")), NOW)
    desk().gpg("--local-user", person("ben"), "--quick-sign-key", person("ana"))
    octets = desk().certificate(person("ana"))
    with_more = (
        octets
        + packet(17, b"\x05\x01\x10\x00picture")
        + packet(2, b"\x04\x13")
        + packet(60, b"own")
        + packet(12, b"t")
    )
    read = engine(name).read_certificate(with_more, NOW)
    assert len(octets) > len(plain.octets)
    assert read == plain


@both
def test_a_key_with_hundreds_of_certifications_is_read_quickly_and_small(name: str) -> None:
    """They are left out before any engine sees them."""
    by_others = b"".join(
        packet(2, b"\x04\x10\x16\x08\x00\x00\x00\x0a\x09\x10" + n.to_bytes(8, "big") + bytes(68))
        for n in range(900)
    )
    whole, *rest = [whole for _, whole, _ in pieces(desk().certificate(person("ben")))]
    started = time.monotonic()
    read = engine(name).read_certificate(b"".join((whole, rest[0], by_others, *rest[1:])), NOW)
    assert (read.is_usable, len(read.octets) < 1_000) == (True, True)
    assert time.monotonic() - started < 1


def bombs() -> dict[str, bytes]:
    parts = pieces(desk().certificate(person("ben")))
    primary, user_id, certification = (whole for _, whole, _ in parts[:3])
    whole = b"".join(octets for _, octets, _ in parts)
    return {
        "a megabyte of user ids": primary + (packet(13, b"x" * 90) + certification) * 4_000,
        "one long user id": primary + packet(13, b"x" * 1_000_000),
        "too many user ids": primary + packet(13, b"x") * 70 + whole[len(primary) :],
        "thousands of signatures": primary + user_id + certification * 1_900,
        "hundreds of signatures": primary + user_id + certification * 300,
        "thousands of subkeys": whole + parts[3][1] * 4_000,
        "a megabyte of armor": armor.armored(whole * 2_000, armor.CERTIFICATE),
    }


@both
@pytest.mark.parametrize("which", [
    "a megabyte of user ids", "one long user id", "too many user ids", "thousands of signatures", "hundreds of signatures",
    "thousands of subkeys", "a megabyte of armor",
])  # fmt: skip
def test_a_certificate_that_is_a_burden_is_refused_quickly(name: str, which: str) -> None:
    """Before an engine sees it."""
    bomb = bombs()[which]
    started = time.monotonic()
    refused(name, bomb)
    assert time.monotonic() - started < 0.5


@both
def test_exactly_one_certificate_and_no_secret(name: str) -> None:
    """Two in a file could mean either (RFC 9580 §10.1)."""
    ana, ben = desk().certificate(person("ana")), desk().certificate(person("ben"))
    armored = desk().gpg("--armor", "--export", person("ana"))
    secret = desk().secret(person("ana"))
    for octets in (
        ana + ben, ana + ana, armored + desk().gpg("--armor", "--export", person("ben")), armored + armored,
        secret, armor.armored(secret, armor.SECRET_KEY), armor.armored(secret, armor.CERTIFICATE), ana + secret,
        world.relay_key(name), b"", b"\n", b"ana", ana[:-1], ana[1:], armored[:-30], b"Hello,\n" + armored, armored + b"Bye",
        packet(6, b""), packet(6, b"\x03" + bytes(20)), pieces(ana)[1][1], desk().sign(b"", person("ana")),
        desk().seal(b"x", person("ana")), armored.replace(b"KEY BLOCK", b"MESSAGE"), b"\xff" * 50, b"\xc6\xff\xff\xff\xff\xff",
    ):  # fmt: skip
        refused(name, octets)


@both
def test_a_secret_key_is_one_secret_key(name: str) -> None:
    """A certificate in its place is refused, and so is one under a passphrase, without asking anybody."""
    certificate = engine(name).public_of(world.relay_key(name))
    two = unarmored_key("gnupg") + unarmored_key("sequoia")
    for octets in (certificate, b"", b"x", two, unarmored_key(name)[:-1], desk().certificate(person("ana"))):
        for ask in (engine(name).public_of, lambda key: engine(name).revoke(key, NOW)):
            with pytest.raises(OpenPgpError) as caught:
                ask(octets)
            assert caught.value.reason in {"bad-key", "failed"}


def unarmored_key(maker: str) -> bytes:
    return armor.binary(world.relay_key(maker), armor.SECRET_KEY)


@both
def test_text_in_a_key_changes_nothing(name: str) -> None:
    """User ids and notations that look like what gpg says, with line ends and control characters."""
    text = STATUS_TEXT.format(person("ana"))
    key = world.stranger(text)
    noted = key.extract_certificate().set_notations(key.certifier(), [pysequoia.Notation("a@b.test", text)])
    expected = noted.fingerprint.upper()
    read = engine(name).read_certificate(bytes(noted), NOW)
    assert (read.fingerprint, read.is_usable) == (expected, True)
    sealed = engine(name).encrypt(world.TEXT, read.octets, NOW)
    opened = engine("sequoia").decrypt(sealed, [bytes(key)], [], NOW, 10_000)
    assert opened.content == world.TEXT
    trust = engine(name).read_certificate(desk().certificate(person("ana")), NOW)
    sign = pysequoia.sign(key.signer(), world.TEXT, mode=pysequoia.SignatureMode.DETACHED)
    assert engine(name).verify(world.TEXT, sign, [trust], NOW) == frozenset()
    assert engine(name).verify(world.TEXT, sign, [trust, read], NOW) == {expected}
    assert engine(name).verify(b"other", sign, [trust, read], NOW) == frozenset()


@both
@pytest.mark.parametrize(
    "user_id", ["", " x", "a\nKey-Type: rsa", "a\x00", "a\x1b[2J", "x" * 255, "a\u2028b"]
)
def test_a_user_id_of_ours_is_one_line(name: str, user_id: str) -> None:
    """It could say more than a name otherwise."""
    with pytest.raises(OpenPgpError):
        engine(name).generate(user_id, NOW + timedelta(days=1), START)


@both
def test_a_name_in_any_script_and_a_percent_sign_stay_what_they_are(name: str) -> None:
    """gpg reads its parameters as lines with signs of their own."""
    user_id = "%commit Gr\u00fc\u00dfe \u0434\u0430 <relay@relay.test>"
    made = engine(name).public_of(engine(name).generate(user_id, NOW + timedelta(days=1), START))
    assert [
        body.decode("utf-8") for tag, _, body in pieces(armor.binary(made, armor.CERTIFICATE)) if tag == 13
    ] == [user_id]


def test_version_six_is_read_by_sequoia_and_not_by_gpg() -> None:
    """A difference between the engines that has to be known."""
    key = pysequoia.Tsk.generate("v6", profile=pysequoia.Profile.RFC9580)
    octets = bytes(key.extract_certificate())
    later = NOW
    assert engine("gnupg").read_certificate(octets, later).trouble == "bad"
    read = engine("sequoia").read_certificate(octets, later)
    assert (len(read.fingerprint), read.is_usable) == (64, True)
    sealed = engine("sequoia").encrypt(world.TEXT, read.octets, later)
    assert engine("sequoia").decrypt(sealed, [bytes(key)], [], later, 10_000).content == world.TEXT
    binary = world.unarmored(sealed)
    assert all(
        bytes.fromhex(one.fingerprint) not in binary
        for one in PacketPile.from_bytes(octets)
        if one.fingerprint
    )
    assert subprocess.run(["gpg", "--version"], capture_output=True, check=True).stdout.startswith(
        b"gpg (GnuPG)"
    )
