"""What is allowed but hardly meant is told as a warning, and a good configuration has none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay import config
from tests.unit.config.folder import SECRETS, settings_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday  # a Monday


@pytest.mark.parametrize(
    ("edits", "warning"),
    [
        ([('["always"]', '["never"]')], "counselors.toml: counselor ana is never on duty"),
        (
            [('["always"]', '["never"]')],
            "counselors.toml: nobody is on duty for 68 hours in the next two weeks",
        ),
        (
            [('"Robin"', '"Ana"')],
            "counselors.toml: the pseudonym of counselor ana is a part of their real name",
        ),
        ([('language = "en"', 'language = "fr"')], "relay.toml: no counselor answers in fr"),
        (
            [("127.0.0.1:8025", "0.0.0.0:25")],
            "relay.toml: smtp.listen is open to other hosts without STARTTLS",
        ),
        (
            [("[next_hop]", 'trusted_hosts = ["0.0.0.0/0"]\n[next_hop]')],
            "relay.toml: smtp.trusted_hosts has a very large",
        ),
        (
            [("[authentication]", "[openpgp]\nlookup = true\n[authentication]")],
            "relay.toml: openpgp.lookup asks the mail domain of a seeker for their key",
        ),
        (
            [("[authentication]", '[openpgp]\nlookup = true\nseekers = "off"\n[authentication]')],
            "relay.toml: openpgp.lookup does nothing",
        ),
        (
            [("[authentication]", '[openpgp]\nautocrypt = "mutual"\n[authentication]')],
            "relay.toml: openpgp.autocrypt puts the line's key into mail to seekers",
        ),
        (
            [("[authentication]", '[rspamd]\nurl = "http://192.0.2.1:11333"\n[authentication]')],
            "relay.toml: rspamd.url is another host",
        ),
        (
            [('host = "127.0.0.1"', 'host = "mx.test"')],
            "relay.toml: next_hop.tls = 'never' lets mail be read",
        ),
    ],
)
def test_what_is_allowed_but_hardly_meant_is_a_warning(
    edits: list[tuple[str, str]], warning: str, tmp_path: Path
) -> None:
    """In a sentence, and never when all is well."""
    quiet = config.warnings(settings_of(tmp_path), now=NOW)
    found = config.warnings(settings_of(tmp_path, *edits), now=NOW)

    assert any(each.startswith(warning) for each in found)
    assert not any(each.startswith(warning) for each in quiet)
    assert not [secret for secret in SECRETS if secret in "\n".join(found)]


def test_a_configuration_that_everybody_can_read_is_a_warning(tmp_path: Path) -> None:
    """It knows who the counselors are."""
    settings = settings_of(tmp_path)
    (tmp_path / "counselors.toml").chmod(0o644)

    assert [each for each in config.warnings(settings, now=NOW) if "chmod" in each] == [
        "counselors.toml: every user of the machine can read who they are; do: chmod 640 counselors.toml"
    ]
