"""``[dkim]``: what cannot be signed with is told at its place, and what few can check is warned about."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config import warnings
from tests.support import dkimkeys
from tests.unit.config.folder import changed, problems, settings_of

SECTION = "[storage]"


def dkim(selectors: str) -> tuple[str, str]:
    return SECTION, f"[dkim]\nselectors = {selectors}\n\n{SECTION}"


def test_both_kinds_of_keys_are_taken(tmp_path: Path) -> None:
    """Relative to the folder of the files, as every path."""
    dkimkeys.write_keys(tmp_path)
    settings = settings_of(tmp_path, dkim('{ rsa1 = "rsa1.pem", ed1 = "ed1.pem" }'))
    assert settings.dkim.selectors == {"rsa1": tmp_path / "rsa1.pem", "ed1": tmp_path / "ed1.pem"}


@pytest.mark.parametrize(
    ("selectors", "said"),
    [
        ('{ none = "none.pem" }', "20: dkim.selectors.none: names a file that is not there"),
        ('{ bad = "bad.pem" }', "20: dkim.selectors.bad: names a file that cannot be used:"),
        ('{ open = "open.pem" }', "20: dkim.selectors.open: is a secret that others can read; do: chmod 600"),
        ('{ "a.b c" = "rsa1.pem" }', "has a selector that is no label of the DNS"),
        ('{ Rsa1 = "rsa1.pem" }', "has a selector that is no label of the DNS"),
        ("{ rsa1 = 7 }", "20: dkim.selectors.rsa1: must be text in quotes"),
        ('["rsa1.pem"]', "20: dkim.selectors: must be pairs in braces"),
        ('{ a = "rsa1.pem", b = "rsa1.pem", c = "rsa1.pem", d = "rsa1.pem", e = "rsa1.pem" }', "20: dkim.selectors: has too many items; at most 4"),
    ],
)  # fmt: skip
def test_what_cannot_be_signed_with_is_told_at_its_place(tmp_path: Path, selectors: str, said: str) -> None:
    """Before the daemon starts, and not with the first message."""
    dkimkeys.write_keys(tmp_path)
    (tmp_path / "bad.pem").touch(0o600)
    (tmp_path / "open.pem").write_bytes((tmp_path / "rsa1.pem").read_bytes())
    (tmp_path / "open.pem").chmod(0o644)
    found = problems(_with(tmp_path, selectors))
    assert len(found) == 1
    assert said in found[0]


def test_a_credential_is_looked_at_inside_the_service_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no folder of credentials, a check cannot know."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert settings_of(tmp_path, dkim('{ rsa1 = "credential:dkim.rsa1" }')).dkim.selectors
    (tmp_path / "credentials").mkdir()
    assert (
        "names a file that is not there" in problems(_with(tmp_path, '{ rsa1 = "credential:dkim.rsa1" }'))[0]
    )


def test_a_key_that_few_can_check_alone_is_warned_about(tmp_path: Path) -> None:
    """Ed25519 without RSA: for many providers the mail is unsigned."""
    dkimkeys.write_keys(tmp_path)
    alone = warnings(settings_of(tmp_path, dkim('{ ed1 = "ed1.pem" }')))
    both = warnings(settings_of(tmp_path, dkim('{ ed1 = "ed1.pem", rsa1 = "rsa1.pem" }')))
    assert [each for each in alone if each not in both] == [
        "relay.toml: dkim.selectors has no RSA key; many providers cannot check Ed25519, and see no signature"
    ]


def _with(folder: Path, selectors: str) -> Path:
    return changed(folder, dkim(selectors))
