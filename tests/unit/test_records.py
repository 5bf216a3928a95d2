"""``relay dns``: what it prints is a zone, complete and exact, and what it cannot know is marked."""

from __future__ import annotations

import re
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest

from relay.cli import main
from relay.edge.dkim.keys import RSAPrivateKey
from relay.records import PLACEHOLDER
from tests.support import dkimkeys
from tests.unit.config.folder import RELAY, write

DKIM = 'selectors = { rsa1 = "rsa1.pem", ed1 = "ed1.pem" }'


def printed(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["dns", "--config", str(folder), *more]) == 0
    return capsys.readouterr().out


def texts(zone: str, name: str) -> list[str]:
    """The TXT records at a name, each joined from its strings, as a resolver's user does it."""
    parsed = dns.zone.from_text(zone, origin="test.", relativize=False, check_origin=False)
    node = parsed.get_node(f"{name}.")
    found = node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.TXT) if node else None
    assert all(len(piece) <= 255 for rdata in found or () for piece in rdata.strings)
    return [b"".join(rdata.strings).decode() for rdata in found or ()]


def configured(folder: Path, text: str = RELAY, dkim: str = DKIM) -> Path:
    write(folder, text + f"\n[dkim]\n{dkim}\n")
    dkimkeys.write_keys(folder)
    return folder


def test_the_output_is_a_zone_with_every_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zone parser that is not ours reads it (RFC 1035 §5.1, RFC 7489 §6.3, RFC 8460 §3, RFC 8461 §3)."""
    zone = printed(configured(tmp_path), capsys, "--host", "MX.line.example.")
    assert "relay.test. 3600 IN MX 10 mx.line.example.\n" in zone
    assert texts(zone, "relay.test") == ["v=spf1 mx -all"]
    (dmarc,) = texts(zone, "_dmarc.relay.test")
    assert dmarc.startswith("v=DMARC1; p=reject; ")
    assert texts(zone, "_smtp._tls.relay.test") == ["v=TLSRPTv1; rua=mailto:postmaster@relay.test"]
    (policy,) = texts(zone, "_mta-sts.relay.test")
    assert re.fullmatch(r"v=STSv1; id=[0-9a-z]{1,32}", policy)
    assert ";     mx: mx.line.example\n" in zone
    assert PLACEHOLDER not in zone


def test_keys_are_printed_as_judges_read_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One of RSA has more than 255 octets, and is printed in pieces.

    RFC 1035 §3.3.14, RFC 6376 §3.6.2, RFC 8463 §4.2.
    """
    zone = printed(configured(tmp_path), capsys)
    for selector, key in dkimkeys.keys().items():
        (text,) = texts(zone, f"{selector}._domainkey.relay.test")
        assert text.startswith(f"v=DKIM1; k={'rsa' if isinstance(key, RSAPrivateKey) else 'ed25519'}; ")
        assert len(text) > 255 or not isinstance(key, RSAPrivateKey)
    assert "PRIVATE" not in zone


def test_what_nobody_told_is_a_marked_name_that_cannot_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the record that would be harmful with it is a comment."""
    zone = printed(configured(tmp_path, dkim=""), capsys)
    assert f"relay.test. 3600 IN MX 10 {PLACEHOLDER}.\n" in zone
    assert "give it with --host" in zone
    assert texts(zone, "_mta-sts.relay.test") == []
    assert "relay signs nothing" in zone


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("192.0.2.7", '"v=spf1 mx ip4:192.0.2.7 -all"'),
        ("2001:db8::7", '"v=spf1 mx ip6:2001:db8::7 -all"'),
        ("smtp.provider.example", "what the provider of smtp.provider.example names"),
    ],
)
def test_spf_says_who_sends(tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str, said: str) -> None:
    """The next hop, as far as its name tells (RFC 7208 §3)."""
    text = RELAY.replace('host = "127.0.0.1"', f'host = "{host}"')
    assert said in printed(configured(tmp_path, text), capsys)


@pytest.mark.parametrize(
    "host", ["", "mx", "10.0.0.1", "a b.example", "mx.example; x", "x@y.example", "ü.example"]
)
def test_no_host_name_is_a_sentence_and_no_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    """Nothing is printed that somebody could publish."""
    configured(tmp_path)
    assert main(["dns", "--config", str(tmp_path), "--host", host]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "--host: is not a host name; write it in full, as in mx.example.org\n"


def test_a_credential_is_read_where_the_environment_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside the service it is not there, and the sentence says what to do."""
    configured(tmp_path, dkim='selectors = { rsa1 = "credential:rsa1.pem" }')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "none"))
    assert main(["dns", "--config", str(tmp_path)]) == 1
    assert "begin the command with CREDENTIALS_DIRECTORY=FOLDER" in capsys.readouterr().err
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "rsa1._domainkey.relay.test. 3600 IN TXT " in printed(tmp_path, capsys)
