"""Our own mail's signature: what it covers, what it tells, and that nobody can add to a message under it."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import dkim.canonicalization
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from relay.cli import main
from relay.domain.addresses import Address
from relay.edge.dkim import signature
from relay.edge.dkim.carrier import INLINE_BYTES, SigningCarrier, SigningKey
from relay.edge.dkim.keys import KeyKind, create_key, read_key
from relay.edge.dkim.signature import OURS, relaxed_body, relaxed_field
from relay.errors import ConfigError
from relay.mail.serialize import FIELDS, Attachment, NewMessage, serialize
from tests.support import dkimkeys
from tests.support.judges import dkimpy

ALL_VALID = [True, True]


def letter(text: str = "Hello,\n\nI am here.  \n\n", **more: object) -> bytes:
    values: dict[str, object] = {
        "from_name": "Robin", "from_address": "a1@relay.test", "to_address": "sam@mail.test",
        "subject": "A question, and a very long one that has to be folded somewhere on its way \N{SNOWMAN}",
        "date": datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "message_id": "m1@relay.test", "in_reply_to": "",
        "references": (), "auto_submitted": "", "text": text, "attachments": (), "boundary": "b1",
    }  # fmt: skip
    return serialize(NewMessage(**(values | more)))  # type: ignore[arg-type]


LETTERS = {
    "plain": letter(),
    "empty": letter(""),
    "reply": letter(in_reply_to="x@mail.test", references=("w@mail.test", "x@mail.test")),
    "notice": letter(auto_submitted="auto-replied"),
    "file": letter(
        attachments=(Attachment("file-1.txt", "text/plain; charset=utf-8", b"\t tabs \t and  blanks \n\n"),)
    ),
    "padded": letter(padded=True),
    "dots": letter(".\n..\nFrom me\n"),
}


@pytest.mark.parametrize("name", LETTERS)
def test_both_signatures_are_valid(name: str) -> None:
    """dkimpy shares no code with what signs (RFC 8463 §3)."""
    assert dkimpy(dkimkeys.signer().signed(LETTERS[name]), dkimkeys.zone()) == ALL_VALID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"From: Robin", b"From: Rob"),
        (b"From: Robin", b"From: <eve@evil.test>\r\nFrom: Robin"),
        (b"Subject: ", b"Subject: Money\r\nSubject: "),
        (b"Subject: ", b"Subject: Money "),
        (b"To: sam", b"Reply-To: eve@evil.test\r\nTo: sam"),
        (b"To: sam", b"Sender: eve@evil.test\r\nTo: sam"),
        (b"To: sam", b"Cc: eve@evil.test\r\nTo: sam"),
        (b"Date: Fri", b"Date: Sat"),
        (b"Date: Fri", b"Date: Sat, 03 Jan 2026 03:04:00 +0000\r\nDate: Fri"),
        (b"Message-ID: <m1", b"Message-ID: <m2"),
        (b"Message-ID: <m1", b"Message-ID: <m2@relay.test>\r\nMessage-ID: <m1"),
        (b"MIME-Version: 1", b"Content-Type: text/html\r\nMIME-Version: 1"),
        (b"To: sam", b"In-Reply-To: <other@mail.test>\r\nTo: sam"),
        (b"I am here.", b"I am not here."),
    ],
)  # fmt: skip
def test_whoever_changes_or_adds_anything_breaks_both(old: bytes, new: bytes) -> None:
    """An added field before ours and after ours: readers differ in which one they show.

    RFC 6376 §5.4.2, §8.15.
    """
    signed = dkimkeys.signer().signed(LETTERS["plain"])
    changed = signed.replace(old, new, 1)
    assert changed != signed
    assert dkimpy(changed, dkimkeys.zone()) == [False, False]
    if new.endswith(old) and b"\r\n" in new:
        behind = signed.replace(b"\r\n\r\n", b"\r\n" + new.removesuffix(old) + b"\r\n", 1)
        assert dkimpy(behind, dkimkeys.zone()) == [False, False]


def test_an_added_end_breaks_both() -> None:
    """No ``l=``: nothing may follow."""
    changed = dkimkeys.signer().signed(LETTERS["plain"]) + b"Call me: 555\r\n"
    assert dkimpy(changed, dkimkeys.zone()) == [False, False]


def test_relays_on_the_way_may_fold_anew_and_cut_blanks() -> None:
    """What RFC 6376 calls relaxed."""
    signed = dkimkeys.signer().signed(LETTERS["plain"]).replace(b"Subject: ", b"subject:\r\n\t", 1)
    assert dkimpy(signed + b"\r\n\r\n", dkimkeys.zone()) == ALL_VALID


@pytest.mark.parametrize("name", LETTERS)
def test_a_signature_tells_nothing_of_its_message_but_the_hash(name: str) -> None:
    """No time, no identity, one length, the same names in the same order whatever the message has.

    RFC 6376 §3.5.
    """
    first = _signatures("plain")
    assert [_without_hashes(one) for one in _signatures(name)] == [_without_hashes(one) for one in first]
    assert [len(one) for one in _signatures(name)] == [len(one) for one in first]
    for one in first:
        assert set(re.findall(r"(?:\A|;)\s*([a-z]+)=", one.partition(": ")[2])) == set(
            "v a c d s h bh b".split()
        )
        assert max(map(len, one.split("\r\n"))) <= 78


def test_every_field_that_we_write_is_signed_once_more_than_it_can_stand() -> None:
    """A field that serialize learns to write is signed, or this fails."""
    assert OURS == FIELDS
    names = re.search(r"h=([^;]+);", _signatures("plain")[0])
    assert names is not None
    counted = names[1].replace("\r\n ", "").split(":")
    assert all(counted.count(name) == 2 for name in FIELDS)
    assert all(counted.count(name) == 1 for name in ("Reply-To", "Sender", "Cc"))


async def test_every_attempt_sends_the_same_octets_small_or_large() -> None:
    """A retry must be recognisable as the same message (P3), also when it was signed beside the event loop."""
    taken: list[bytes] = []

    class Hop:
        async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None:
            taken.append(message)

    for message in (LETTERS["plain"], letter("A long letter. " * (INLINE_BYTES // 10))):
        taken.clear()
        for _ in range(3):
            keys = [SigningKey(selector, key) for selector, key in dkimkeys.keys().items()]
            await SigningCarrier(Hop(), "relay.test", keys).deliver("", Address("sam", "mail.test"), message)
        assert len(set(taken)) == 1
        assert taken[0].endswith(message)
        assert dkimpy(taken[0], dkimkeys.zone()) == ALL_VALID


@given(
    st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b".", b"  "]), max_size=24).map(b"".join),
    st.sampled_from((0, 1, 2, 5, 1000)),
)
def test_bodies_are_canonical_as_the_standard_has_it(body: bytes, block_octets: int) -> None:
    """Against dkimpy's, for every mixture of blanks and line ends (RFC 6376 §3.4.4), in blocks of any size."""
    theirs = dkim.canonicalization.Relaxed.canonicalize_body(body + b"\r\n" if body else b"")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signature, "_BLOCK_OCTETS", block_octets)
        assert b"".join(relaxed_body(body)) == theirs


def test_a_field_is_canonical_as_the_standard_has_it() -> None:
    """The examples of RFC 6376 §3.4.5."""
    assert relaxed_field(b"A: X") == b"a:X"
    assert relaxed_field(b"B : Y\t\r\n\tZ  ") == b"b:Y Z"


def test_a_key_is_its_owners_alone_and_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``relay dkim`` makes both kinds; a second time it refuses, and the key is what it was."""
    for kind in KeyKind:
        file = tmp_path / f"{kind.value}.pem"
        assert main(["dkim", str(file), "--kind", kind.value]) == 0
        before = file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert main(["dkim", str(file), "--kind", kind.value]) == 1
        assert file.read_bytes() == before
    said = capsys.readouterr()
    assert "never written over" in said.err
    assert "PRIVATE" not in said.out + said.err


def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    """Whoever can write the folder must not choose where the key goes."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError):
        create_key(tmp_path / "link", KeyKind.ED25519)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("kind", ["small", "curve", "locked", "text", "public"])
def test_what_is_no_key_for_dkim_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    """1024 bits can be broken; other curves nobody can check; nobody is there to type a passphrase.

    RFC 8301 §3.2.
    """
    small = generate_private_key(public_exponent=65537, key_size=1024)
    how = (Encoding.PEM, PrivateFormat.PKCS8)
    content = {
        "small": lambda: small.private_bytes(*how, NoEncryption()),
        "curve": lambda: generate_ec(SECP256R1()).private_bytes(*how, NoEncryption()),
        "locked": lambda: small.private_bytes(*how, BestAvailableEncryption(b"x")),
        "text": lambda: b"canary",
        "public": lambda: b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    }[kind]()
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ConfigError, match="1024 bits" if kind == "small" else "make one with 'relay dkim'"):
        read_key(tmp_path / "key")


def _signatures(name: str) -> list[str]:
    head = dkimkeys.signer().signed(LETTERS[name]).partition(b"\r\n\r\n")[0].decode()
    return [field for field in re.split(r"\r\n(?![ \t])", head) if field.startswith("DKIM-Signature:")]


def _without_hashes(field: str) -> str:
    return re.sub(r"(bh|b)=[^;]*", r"\1=", field)
