"""The parts below the engines: armor, packets, status lines."""

from __future__ import annotations

import base64
import contextlib
import itertools
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.edge.openpgp import OpenPgpError, armor, colons, shapes, status
from relay.edge.openpgp.packets import ShapeError, claims, fingerprint, key_id, packets
from tests.unit.edge.openpgp_world import desk, packet, person, pieces

PRINT, OTHER = "A" * 40, "B" * 40
VALIDSIG = f"VALIDSIG {PRINT} 2026-01-01 1767225600 0 4 0 22 10 00 {PRINT}"
SIGNED = (
    "NEWSIG",
    f"KEY_CONSIDERED {PRINT} 0",
    "SIG_ID x 2026-01-01 1",
    "GOODSIG AAAAAAAAAAAAAAAA ana <a@b>",
    VALIDSIG,
    "TRUST_ULTIMATE 0 pgp",
)
OPENED = (
    "ENC_TO 0000000000000000 18 0", "BEGIN_DECRYPTION", "DECRYPTION_INFO 2 9 0", "PLAINTEXT 62 1 x", "PLAINTEXT_LENGTH 6",
    "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION",
)  # fmt: skip
FORBIDDEN = (
    "BADMDC", "NODATA 1", "FAILURE decrypt 1", "ERROR x 1", "DECRYPTION_FAILED", "UNEXPECTED 0", "NEW_WORD", "BADARMOR",
    "BEGIN_SIGNING", "ATTRIBUTE x", "TRUNCATED 1", "NO_RECP 0", "INV_RECP 0 x", "IMPORT_OK 1 x",
)  # fmt: skip


def said(*lines: str) -> tuple[status.Line, ...]:
    found = status.lines([b"[GNUPG:] " + line.encode() for line in lines])
    assert found is not None
    return found


@given(st.binary(max_size=300), st.sampled_from([armor.MESSAGE, armor.SIGNATURE, armor.CERTIFICATE]))
def test_armor_gives_back_what_was_put_into_it(octets: bytes, kind: str) -> None:
    """With line ends of either kind (RFC 9580 §6)."""
    text = armor.armored(octets, kind)
    assert armor.binary(text, kind) == octets
    assert armor.binary(text.replace(b"\n", b"\r\n"), kind) == octets
    assert max(map(len, text.split(b"\n"))) <= 64


@pytest.mark.parametrize("how", [[], ["--comment", "a: b"], ["--emit-version"]])
def test_armor_of_gpg_is_read(how: list[str]) -> None:
    """With its checksum and its headers."""
    for length in (0, 1, 47, 48, 49, 3_000):
        content = desk().gpg("--store", "-z", "0", given=b"x" * length, at=datetime(2026, 1, 1, tzinfo=UTC))
        text = desk().gpg(
            "--armor", *how, "--store", "-z", "0", given=b"x" * length, at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert armor.binary(text, armor.MESSAGE) == content


@pytest.mark.parametrize("length", range(1, 100, 7))
def test_gpg_reads_our_armor_of_any_length(length: int) -> None:
    """Its version 2.2 finds the end of the digits by their padding or by the checksum behind them, and by nothing else."""
    for more in range(3):
        octets = packet(11, b"b\x00\x00\x00\x00\x00" + b"x" * (length + more))
        text = armor.armored(octets, armor.MESSAGE)
        assert desk().gpg("--decrypt", given=text) == b"x" * (length + more)
        assert armor.binary(text, armor.MESSAGE) == octets
        assert (b"\n=" in text) is (len(octets) % 3 == 0)
        assert b"\n=" not in armor.armored(octets, armor.MESSAGE, is_new=True)


@pytest.mark.parametrize(
    ("octets", "checksum"),
    [(b"", b"=twTO\n"), (b"123456789", b"=Ic8C\n"), (bytes(range(256)) * 3000, b"")],
    ids=["none", "the usual check", "many"],
)
def test_the_checksum_is_that_of_the_standard(octets: bytes, checksum: bytes) -> None:
    """Bit by bit as it is written there, and in no time (RFC 9580 §6.1.1)."""
    crc = 0xB704CE
    for octet in octets:
        crc ^= octet << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    expected = b"=" + base64.b64encode(crc.to_bytes(3, "big")) + b"\n"
    assert checksum in {b"", expected}
    started = time.process_time()
    assert armor.armored(octets, armor.MESSAGE).splitlines(keepends=True)[-2] == expected
    assert time.process_time() - started < 0.1


@given(st.binary(max_size=120))
@example(b"-----BEGIN PGP MESSAGE-----\n\n=abcd\n-----END PGP MESSAGE-----")
@example(b"-----BEGIN PGP MESSAGE----------END PGP MESSAGE-----")
@example(b"-----BEGIN PGP MESSAGE-----\n-----END PGP MESSAGE-----")
def test_anything_that_is_no_armor_is_refused_in_its_own_way(octets: bytes) -> None:
    """One exception, no other."""
    for text in (octets, b"-----BEGIN PGP MESSAGE-----\n\n" + octets + b"\n-----END PGP MESSAGE-----\n"):
        with contextlib.suppress(armor.NoArmor):
            assert isinstance(armor.binary(text, armor.MESSAGE), bytes)


@given(st.binary(max_size=200))
def test_any_octets_are_packets_or_refused(octets: bytes) -> None:
    """And where they are packets, they are all of the octets; nothing else is raised by what reads them."""
    with contextlib.suppress(ShapeError):
        assert b"".join(bytes(one.octets) for one in packets(octets, 100)) == octets
    claims(memoryview(octets))
    for read in (shapes.certificate, shapes.secret_key, shapes.message, shapes.without_readers):
        with contextlib.suppress(OpenPgpError):
            read(octets)
    shapes.signature(octets)
    shapes.names_no_reader(octets)


@settings(deadline=None)
@given(st.data())
def test_a_spoiled_certificate_is_read_or_refused(data: st.DataObject) -> None:
    """Real ones, with some octets changed: one word of an error, or a certificate that is part of what was given."""
    octets = bytearray(desk().certificate(person("ana")))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(OpenPgpError):
        found = shapes.certificate(bytes(octets))
        assert len(found.octets) <= len(octets)
        assert shapes.certificate(found.octets) == found


def test_fingerprints_are_those_of_gpg() -> None:
    """Of the primary key and of the subkey (RFC 9580 §5.5.4)."""
    listing = desk().gpg("--with-colons", "--with-subkey-fingerprint", "--list-keys", person("ana")).decode()
    expected = [line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:")]
    parts = pieces(desk().certificate(person("ana")))
    assert [fingerprint(memoryview(body)) for tag, _, body in parts if tag in {6, 14}] == expected
    assert expected[0] == person("ana")
    made_by = claims(memoryview(next(body for tag, _, body in parts if tag == 2)))
    assert made_by is not None
    assert (made_by.by(person("ana")), made_by.by(person("ben")), key_id(expected[0])) == (
        True,
        False,
        expected[0][-16:],
    )


def test_pieces_that_are_too_small_are_refused_and_large_ones_are_quick() -> None:
    """A packet in millions of pieces would only cost time."""
    tiny = b"\xd2" + b"\xe0x" * 100_000 + b"\x00"
    started = time.monotonic()
    with pytest.raises(ShapeError):
        list(packets(tiny, 10))
    big = b"\xd2" + (b"\xe9" + bytes(512)) * 50_000 + b"\x00"
    assert [one.tag for one in packets(big, 10)] == [18]
    assert time.monotonic() - started < 1


def test_a_line_that_is_not_gpgs_makes_all_of_them_worthless() -> None:
    """Nothing else is on that channel; if it is, something is very wrong."""
    for line in (
        b"",
        b"x",
        b"[GNUPG:]",
        b"[GNUPG:] ",
        b"[GNUPG:]  GOODMDC",
        b" [GNUPG:] GOODMDC",
        b"[GNUPG:] goodmdc",
        b"gpg: x",
    ):
        assert status.lines([b"[GNUPG:] GOODMDC", line]) is None


def test_a_message_is_open_only_by_exactly_these_lines() -> None:
    """Each left out, each twice, each two changed about, each replaced; and everything that speaks against it."""
    assert status.decrypted(said(*OPENED), with_signatures=False)
    assert status.decrypted(said(*OPENED, *SIGNED), with_signatures=True)
    assert not status.decrypted(said(*OPENED, *SIGNED), with_signatures=False)
    needed = [line for line in OPENED if not line.startswith(("ENC_TO", "PLAINTEXT_LENGTH"))]
    for line in needed:
        at = OPENED.index(line)
        assert not status.decrypted(said(*OPENED[:at], *OPENED[at + 1 :]), with_signatures=True)
        assert not status.decrypted(said(*OPENED, line), with_signatures=True)
        assert not status.decrypted(said(line, *OPENED), with_signatures=True)
    for line in FORBIDDEN:
        for at in range(len(OPENED) + 1):
            assert not status.decrypted(said(*OPENED[:at], line, *OPENED[at:]), with_signatures=True)
    assert not status.decrypted(said(*OPENED, *OPENED), with_signatures=True)
    order = [line for line in needed if line != "GOODMDC"]
    for first, second in itertools.pairwise(order):
        changed = [second if line == first else first if line == second else line for line in OPENED]
        assert not status.decrypted(said(*changed), with_signatures=True)
    for info in ("0 9 0", "1 9 0", "0 9", "", "2", "20 9 0", "0 9 3", "0 9 x"):
        lines = [f"DECRYPTION_INFO {info}" if line.startswith("DECRYPTION_INFO") else line for line in OPENED]
        assert status.decrypted(said(*lines), with_signatures=True) is (info == "2")
    aead = ["DECRYPTION_INFO 0 9 2" if line.startswith("DECRYPTION_INFO") else line for line in OPENED]
    assert status.decrypted(said(*aead), with_signatures=True)


def test_a_signature_counts_only_by_exactly_its_lines() -> None:
    """And by those of its own group."""
    assert status.signers(said(*SIGNED)) == ({PRINT}, False)
    assert status.signers(said(*SIGNED[1:])) == (frozenset(), False)
    assert status.signers(said(*SIGNED, VALIDSIG)) == (frozenset(), False)
    assert status.signers(said(*SIGNED, SIGNED[3])) == (frozenset(), False)
    for at in (0, 3, 4):
        assert status.signers(said(*SIGNED[:at], *SIGNED[at + 1 :]))[0] == frozenset()
    for against in (
        "BADSIG x y",
        "ERRSIG x 1 1 00 1 9 -",
        "NO_PUBKEY x",
        "EXPSIG x y",
        "EXPKEYSIG x y",
        "REVKEYSIG x y",
    ):
        for at in range(1, len(SIGNED) + 1):
            assert status.signers(said(*SIGNED[:at], against, *SIGNED[at:])) == (frozenset(), True)
        assert status.signers(said(*SIGNED, "NEWSIG", against)) == ({PRINT}, True)
        assert status.signers(said("NEWSIG", against, *SIGNED)) == ({PRINT}, True)
        assert not status.verified(said(*SIGNED, "NODATA 1"))
    for changed in (
        VALIDSIG.replace(" 10 00", " 2 00"), VALIDSIG.replace(" 10 00", " 1 00"), VALIDSIG.replace(" 10 00", " 10 10"),
        VALIDSIG[:-1], VALIDSIG + "A", VALIDSIG + " x", VALIDSIG[:-40] + PRINT.lower(), VALIDSIG.replace(PRINT, "A" * 39), "VALIDSIG",
        f"VALIDSIG {PRINT}", VALIDSIG.replace("2026-01-01", "x"), VALIDSIG.replace(" 0 4 ", "  4 "),
    ):  # fmt: skip
        assert status.signers(said(*SIGNED[:4], changed))[0] == frozenset()
    assert status.signers(said(*SIGNED[:4], VALIDSIG[:-40] + OTHER)) == ({OTHER}, False)


def test_the_code_at_the_end_is_taken_off_only_when_there_is_one() -> None:
    """gpg says why it ends with a code other than 0; in any other place the word is a failure.

    RFC 9580 §6.1.
    """
    exit_, other = "FAILURE gpg-exit 33554433", "FAILURE decrypt 1"
    assert status.before_exit(said(*SIGNED, exit_), 1) == said(*SIGNED)
    for lines, code in (((*SIGNED, exit_), 0), ((exit_, *SIGNED), 1), ((*SIGNED, other), 1)):
        assert not status.verified(status.before_exit(said(*lines), code))
    assert status.before_exit((), 1) == ()


def test_importing_and_encrypting_say_exactly_what_they_must() -> None:
    """One result, and nothing else in between."""
    taken = (f"IMPORT_OK 1 {PRINT}", "IMPORT_RES 1 0 1 0 0 0 0 0 0 0 0 0 0 0 0")
    assert status.imported(said("IMPORTED AAAA x", *taken)) == {PRINT}
    assert status.imported(said(*taken, taken[0].replace(PRINT, OTHER))) == {PRINT, OTHER}
    for lines in (taken[:1], (*taken, taken[1]), (*taken, "IMPORT_PROBLEM 1 x"), (*taken, "NODATA 1"), ()):
        assert status.imported(said(*lines)) == frozenset()
    assert status.encrypted(said("BEGIN_ENCRYPTION 2 9", "END_ENCRYPTION"))
    for lines in (
        (),
        ("BEGIN_ENCRYPTION 2 9",),
        ("END_ENCRYPTION",),
        ("BEGIN_ENCRYPTION 2 9", "END_ENCRYPTION", "INV_RECP 0 x"),
    ):
        assert not status.encrypted(said(*lines))


def test_a_listing_is_of_one_key_or_of_none() -> None:
    """The lines of user ids are not read, whatever stands in them."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = shapes.Minimised(PRINT, b"", now)
    listing = f"tru::1\npub:u:255:22:X:1:::u:::scESC::::::23::0:\nfpr:::::::::{PRINT}:\nuid:u::::1::x::pub\\x3ar::::::::::0:\nsub:u:255:18:Y:1::::::e:\nfpr:::::::::{OTHER}:\n"
    judged = colons.judged(listing.encode(), found, now)
    assert judged is not None
    assert (judged.is_usable, judged.trouble, judged.expires_at) == (True, "", None)
    for wrong in (listing + listing, listing.replace(PRINT, OTHER), "", listing.replace("pub:", "sec:")):
        assert colons.judged(wrong.encode(), found, now) is None
    for letter, trouble in (("e", "expired"), ("r", "revoked"), ("i", "bad"), ("n", "bad"), ("d", "bad")):
        judged = colons.judged(listing.replace("pub:u", f"pub:{letter}").encode(), found, now)
        assert judged is not None
        assert (judged.is_usable, judged.trouble) == (False, trouble)
    for old, new, trouble in (
        ("scESC", "scSC", "no-encryption-key"),
        ("sub:u", "sub:r", "no-encryption-key"),
        ("sub:u", "sub:e", "expired"),
    ):
        judged = colons.judged(listing.replace(old, new).encode(), found, now)
        assert judged is not None
        assert (judged.is_usable, judged.trouble) == (False, trouble)


def test_what_goes_out_is_known_by_its_form() -> None:
    """Encrypted, to nobody in particular, and nothing more."""
    session, sealed = packet(1, b"\x03" + bytes(8) + b"\x12xyz"), packet(18, b"\x01" + bytes(40))
    named = packet(1, b"\x03" + bytes(7) + b"\x01\x12xyz")
    six = packet(1, b"\x06\x15\x04" + b"f" * 20 + b"\x19xyz")
    assert shapes.names_no_reader(session + sealed)
    assert shapes.names_no_reader(shapes.without_readers(named + six + sealed))
    assert shapes.without_readers(named + six + sealed) == session + packet(1, b"\x06\x00\x19xyz") + sealed
    for other in (named + sealed, six + sealed, sealed, session, b"", b"x", sealed + session, session + sealed + sealed,
                  session + packet(9, b"x"), session + packet(11, b"x"), packet(2, b"x") + session + sealed):  # fmt: skip
        assert not shapes.names_no_reader(other)
