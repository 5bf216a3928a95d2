"""What programs that share no code with the relay say of what it sends: gpg, sq (Sequoia's), rnp (Thunderbird's library).

Each is Debian's, with the secret key of the reader and nothing else. A judge that is missing fails the test.
"""

from __future__ import annotations

import email
import email.policy
import re
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from relay.edge.openpgp import armor
from tests.unit.edge.openpgp_world import desk, packet, pieces

STRUCTURAL = {"mime-version", "content-type", "content-transfer-encoding", "content-disposition"}
OUTSIDE = {"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "mime-version",
           "content-type", "content-transfer-encoding", "dkim-signature"}  # fmt: skip


def run(*command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=30)


@dataclass(frozen=True)
class Reader:
    """Somebody with a secret key in a file of their own."""

    fingerprint: str
    folder: Path

    @property
    def key_file(self) -> str:
        path = self.folder / f"{self.fingerprint}.key"
        if not path.exists():
            path.write_bytes(desk().secret(self.fingerprint))
        return str(path)

    @property
    def key_ids(self) -> list[bytes]:
        """Of the primary key and all subkeys."""
        listing = desk().gpg("--with-colons", "--list-keys", self.fingerprint).decode()
        return [bytes.fromhex(line.split(":")[9]) for line in listing.splitlines() if line.startswith("fpr:")]


def ciphertext_of(message: bytes) -> bytes:
    """The armored message in a PGP/MIME letter, found by the standard library."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/encrypted"
    assert parsed["Content-Type"].params["protocol"] == "application/pgp-encrypted"
    version, data = parsed.iter_parts()
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_content().split() == [b"Version:", b"1"]
    assert data.get_content_type() == "application/octet-stream"
    content = data.get_content()
    assert isinstance(content, bytes)
    return content.replace(b"\r\n", b"\n")


def structure(armored: bytes, reader: Reader) -> None:
    """No name of a reader, no signature, no user id, one packet with integrity: each judge by itself."""
    assert armored.startswith(b"-----BEGIN PGP MESSAGE-----\n\n")
    binary = armor.binary(armored, armor.MESSAGE)
    for key_id in reader.key_ids:
        assert key_id[-8:] not in binary
        assert key_id[:8] not in binary
    listing = run(
        "gpg", "--homedir", str(desk().home), "--batch", "--list-only", "--list-packets", given=armored
    )
    seen = listing.stdout.decode()
    assert seen.count(":pubkey enc packet:") == seen.count("keyid 0000000000000000") == 1
    assert seen.count(":encrypted data packet:") == seen.count("mdc_method: 2") == 1
    assert not [
        word for word in (":signature", ":user ID", ":onepass", ":literal", ":compressed") if word in seen
    ]
    dumped = run("sq", "packet", "dump", given=armored)
    shown = dumped.stdout.decode()
    assert dumped.returncode == 0
    assert re.findall(r"^(\w[\w .-]*) Packet,", shown, re.MULTILINE) == [
        "Public-Key Encrypted Session Key", "Sym. Encrypted and Integrity Protected Data",
    ]  # fmt: skip
    assert shown.count("Recipient: 0000000000000000") == 1
    rnp = run("rnp", "--list-packets", "-", given=armored).stdout.decode()
    assert re.findall(r"\(tag (\d+),", rnp) == ["1", "18"]
    assert "key id: 0x0000000000000000" in rnp


def opened_by_all(armored: bytes, reader: Reader) -> bytes:
    """What each judge takes out of it, octet by octet the same; and what it says of what lies inside."""
    gpg = run(
        "gpg",
        "--homedir",
        str(desk().home),
        "--batch",
        "--status-fd",
        "2",
        "--try-secret-key",
        reader.fingerprint,
        "--decrypt",
        given=armored,
    )
    said = gpg.stderr.decode("utf-8", "replace")
    assert gpg.returncode == 0, said
    assert "GOODMDC" in said
    assert not [word for word in ("SIG", "FILENAME", "WARNING") if word in said]
    assert re.search(r"PLAINTEXT 62 0 *\n", said), "a time or a name stands in the literal"
    sq = run("sq", "decrypt", "--recipient-key", reader.key_file, given=armored)
    assert sq.returncode == 0, sq.stderr
    inside = run("sq", "packet", "decrypt", "--recipient-key", reader.key_file, given=armored)
    dump = run("sq", "packet", "dump", given=inside.stdout).stdout.decode()
    assert re.findall(r"^(\w[\w .-]*) Packet,", dump, re.MULTILINE) == ["Literal Data"]
    assert "Timestamp" not in dump
    assert "Filename" not in dump
    assert gpg.stdout == sq.stdout == opened_by_rnp(armored, reader)
    return gpg.stdout


def opened_by_rnp(armored: bytes, reader: Reader) -> bytes:
    """rnp before 0.17 finds no key for a hidden reader (nor did Thunderbird before 115): it is told the key id here."""
    (_, _, session), (_, rest, _) = pieces(armor.binary(armored, armor.MESSAGE))
    named = packet(1, session[:1] + reader.key_ids[-1][-8:] + session[9:]) + rest
    home = reader.folder / "rnp"
    home.mkdir(exist_ok=True)
    rnp = run("rnp", "--homedir", str(home), "--keyfile", reader.key_file, "--decrypt", "-", "--output", "-", given=named)  # fmt: skip
    assert rnp.returncode == 0, rnp.stderr
    return rnp.stdout


def header_protection(message: bytes, content: bytes) -> EmailMessage:
    """RFC 9788 as its reader applies it: what is outside is repeated within, the subject is hidden, all else is equal."""
    outer = email.message_from_bytes(message, policy=email.policy.default)
    inner = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(inner, EmailMessage)
    assert {name.lower() for name in outer} <= OUTSIDE
    assert outer["Subject"] == "[...]"
    assert inner["Content-Type"].params["hp"] == "cipher"
    assert inner["Content-Type"].params["protected-headers"] == "v1"
    said = [str(value).partition(": ")[::2] for value in inner.get_all("HP-Outer", [])]
    shown = [
        (name, value) for name, value in outer.items() if name.lower() not in STRUCTURAL | {"dkim-signature"}
    ]
    assert [(name, " ".join(value.split())) for name, value in said] == [
        (name, " ".join(str(value).split())) for name, value in shown
    ]
    for name, value in shown:
        if name != "Subject":
            assert str(inner[name]) == str(value)
    assert "Bcc" not in inner
    assert not [name for name in inner if name.lower() in {"autocrypt", "openpgp", "user-agent", "x-mailer"}]
    return inner


def certificate(octets: bytes) -> None:
    """A certificate that we publish: one, without secrets, usable, as gpg, sq and rnp see it."""
    rows = _rows(octets)
    assert [row[0] for row in rows if row[0] in {"pub", "sub", "sec", "ssb"}] == ["pub", "sub"]
    assert {row[1] for row in rows if row[0] in {"pub", "sub"}} <= {"-", "u", ""}
    assert [row[9] for row in rows if row[0] == "uid"] == ["Example Peer Support <help@relay.test>"]
    sq = run("sq", "inspect", given=octets).stdout.decode()
    assert "OpenPGP Certificate." in sq
    assert "nvalid" not in sq
    assert sq.count("UserID:") == 1
    rnp = run("rnp", "--list-packets", "-", given=octets)
    assert re.findall(r"\(tag (\d+),", rnp.stdout.decode()) == ["6", "13", "2", "14", "2"]


def revoked(octets: bytes) -> None:
    """The same key once it is revoked."""
    assert next(row[1] for row in _rows(octets) if row[0] == "pub") == "r"
    assert "Revoked" in run("sq", "inspect", given=octets).stdout.decode()


def _rows(octets: bytes) -> list[list[str]]:
    gpg = run("gpg", "--homedir", str(desk().home), "--batch", "--with-colons", "--show-keys", given=octets)
    assert gpg.returncode == 0, gpg.stderr
    return [line.split(":") for line in gpg.stdout.decode().splitlines()]


def wkd_name(octets: bytes) -> str:
    """Where gpg looks this key up in a web server's folder, by gpg's own account."""
    shown = run(
        "gpg", "--homedir", str(desk().home), "--batch", "--with-wkd-hash", "--show-keys", given=octets
    )
    found = re.search(rb"([a-z0-9]{32})@relay\.test", shown.stdout)
    return found[1].decode() if found else ""
