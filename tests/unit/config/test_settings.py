"""A good configuration becomes plain, frozen values; secrets and certificates are looked at on the way."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from relay import config, parts
from relay.config import load
from relay.domain.addresses import OurAddress
from relay.errors import ConfigError
from relay.flow.rates import Rates
from tests.unit.config.folder import SECRETS, changed, problems, settings_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday  # a Monday


def test_the_good_configuration_becomes_plain_values(tmp_path: Path) -> None:
    """The roster holds domain types; paths are absolute; networks are networks."""
    settings = settings_of(tmp_path)
    roster = settings.roster()
    ana, ben = roster.counselors

    assert ana.address.reveal() == "ana.ruiz@home.test"
    assert [address.reveal() for address in ana.also_from] == ["aruiz@work.test"]
    assert ana.private == ("+34 600 555 014", "@anaruiz")
    assert (ana.languages, ana.capacity, ben.capacity) == (("en", "es"), 1000, 3)
    assert ana.rota.on_duty(NOW)
    assert ben.rota.next_change(NOW) == NOW + timedelta(hours=5)
    assert roster.intake(OurAddress.parse("Help@relay.test")) == roster.intakes[0]
    assert settings.service_values().operator == "operator@ops.test"
    assert settings.storage.url == f"sqlite:///{tmp_path}/state/relay.db"
    assert settings.storage.master_key_file == tmp_path / "state" / "master.key"
    assert settings.smtp.trusted_hosts == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert settings.next_hop_password() is None


def test_a_server_for_several_nodes_is_named_with_its_files_and_the_password_apart(tmp_path: Path) -> None:
    """Paths from the folder of the files; where the password is goes along with the URL."""
    server = "postgresql+psycopg://relay@a.test/relay?host=b.test&sslmode=verify-full&sslrootcert=tls/ca.pem"
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "password").touch(0o600)
    edit = ("sqlite:///state/relay.db", f'{server}"\npassword_file = "state/password')
    storage = settings_of(tmp_path, edit).storage
    assert storage.url == (
        f"postgresql+psycopg://relay@a.test/relay?host=b.test&sslmode=verify-full"
        f"&sslrootcert={tmp_path}/tls/ca.pem&password_file={tmp_path}/state/password"
    )
    assert "a.test" not in repr(storage)


def test_defaults_are_those_that_the_documentation_states(tmp_path: Path) -> None:
    """The smallest configuration."""
    smallest = settings_of(
        tmp_path,
        ("[smtp]\n", ""),
        ('listen = ["127.0.0.1:8025"]\nmax_message_bytes = 31457280\n', ""),
        ('language = "en"\n\n', "\n"),
        ('port = 8026\ntls = "never"                 # never | opportunistic | required | implicit\n', ""),
        ('[authentication]\nseeker = "off"\ncounselor = "alias"\n', ""),
    )

    assert (smallest.smtp.listen, smallest.smtp.max_message_bytes) == (("127.0.0.1:8025",), 31_457_280)
    assert (smallest.next_hop.port, smallest.next_hop.tls) == (587, "required")
    assert (smallest.authentication.seeker, smallest.authentication.counselor) == ("off", "alias")
    assert (smallest.workers.time_limit_s, smallest.workers.memory_limit_mb) == (10, 1024)
    assert 1 <= smallest.workers.processes <= max(1, len(os.sched_getaffinity(0)) - 1)
    assert smallest.logging.level == "info"


def test_settings_cannot_be_changed_and_show_nobody(tmp_path: Path) -> None:
    """Frozen, and safe to print by accident."""
    settings = settings_of(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.smtp.max_connections = 1

    shown = f"{settings!r} {settings} {settings.counselor[0]!r} {settings.roster()!r}"

    assert not [secret for secret in SECRETS if secret in shown]


def test_a_language_without_texts_is_refused_when_the_texts_are_known(tmp_path: Path) -> None:
    """Acknowledgements cannot be written in it."""
    folder = changed(tmp_path, ('language = "en"', 'language = "fr"'))

    assert load(folder).intake[0].language == "fr"
    assert problems(folder, known_languages=frozenset({"en", "de"})) == (
        "relay.toml:8: intake[1].language: has no texts; there are texts in de, en, and templates can be added",
    )


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The master key, and the password of the next hop."""
    folder = changed(tmp_path, ('"never"', '"never"\nusername = "u"\npassword_file = "pw"'))
    (folder / "state").mkdir()
    for name in ("pw", "state/master.key"):
        (folder / name).write_text("secret\nmore\n")
        (folder / name).chmod(0o640)
    found = problems(folder)

    assert [each.split(": ")[1] for each in found] == ["next_hop.password_file", "storage.master_key_file"]
    assert all("others can read; do: chmod 600" in each for each in found)

    for name in ("pw", "state/master.key"):
        (folder / name).chmod(0o600)

    assert load(folder).next_hop_password() == "secret"


def test_a_password_is_not_sent_in_clear_to_another_host(tmp_path: Path) -> None:
    """On this machine it may be; elsewhere TLS is asked for."""
    (tmp_path / "pw").write_text("secret")
    (tmp_path / "pw").chmod(0o600)
    login = ('"never"', '"opportunistic"\nusername = "u"\npassword_file = "pw"')

    assert settings_of(tmp_path, login).next_hop_password() == "secret"
    assert (
        "would send the password in clear"
        in problems(changed(tmp_path, login, ('"127.0.0.1"', '"mx.test"')))[0]
    )


def test_credentials_come_from_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found where the environment says; an access list gives them a mode that is no mistake."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    folder = changed(tmp_path, ("state/master.key", "credential:master.key"))

    assert "names a file that is not there" in problems(folder)[0]

    (credentials / "master.key").write_text("key")
    (credentials / "master.key").chmod(0o440)

    assert load(folder).storage.master_key_file == credentials / "master.key"


def test_a_check_outside_the_service_says_that_it_cannot_see_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the file that the operator is checking."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    settings = settings_of(tmp_path, ("state/master.key", "credential:master.key"))

    assert any("only there while the service runs" in each for each in config.warnings(settings, now=NOW))


def test_a_certificate_must_fit_its_key(tmp_path: Path) -> None:
    """Both are loaded as the server will load them; what is no certificate is told before mail is taken."""
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        (tmp_path / name).chmod(0o600)
    files = ("[next_hop]", 'tls_certificate = "c.pem"\ntls_key = "k.pem"\n\n[next_hop]\nca_file = "c.pem"')

    assert [each.split(": ", 2)[1:] for each in problems(changed(tmp_path, files))] == [
        ["smtp.tls_certificate", "and tls_key are not a PEM certificate chain and its private key"],
        ["next_hop.ca_file", "holds no PEM certificate"],
    ]


def test_limits_and_a_spam_filter_are_handed_on_as_they_stand(tmp_path: Path) -> None:
    """Without a word, the limits are those of the docs, trusted hosts are not counted, and no filter is asked."""
    plain = settings_of(tmp_path)
    assert plain.limits.rates() == Rates(60, 240, 1200, counts_trusted=False)
    assert parts.screen_of(plain) is None
    other = settings_of(
        tmp_path,
        (
            "[authentication]",
            "[limits]\nmessages_per_hour_per_sender = 5\ncount_trusted_hosts = true\n[authentication]",
        ),
        ("[storage]", '[rspamd]\nurl = "unix:/run/rspamd/normal.sock"\nhold = []\n[storage]'),
    )
    assert other.limits.rates() == Rates(5, 240, 1200, counts_trusted=True)
    assert other.rspamd.url == "unix:/run/rspamd/normal.sock"
    assert other.rspamd.hold == ()


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[rspamd]\nurl = "127.0.0.1:11333"', "rspamd.url"),
        ('[rspamd]\nurl = "ftp://127.0.0.1"', "rspamd.url"),
        ('[rspamd]\nurl = "http://user:word@127.0.0.1"', "rspamd.url"),
        ('[rspamd]\nurl = "http://127.0.0.1/checkv2?x"', "rspamd.url"),
        ('[rspamd]\nhold = ["no action"]', "rspamd.hold"),
        ('[rspamd]\nwhen_away = "drop"', "rspamd.when_away"),
        ("[limits]\nmessages_per_minute = 0", "limits.messages_per_minute"),
        ("[limits]\ncount_trusted_hosts = 1", "limits.count_trusted_hosts"),
        ("[limits]\nper_sender = 5", "limits.per_sender"),
    ],
)
def test_limits_and_a_spam_filter_that_make_no_sense_are_refused(
    table: str, problem: str, tmp_path: Path
) -> None:
    """With the key that is wrong."""
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, ("[authentication]", f"{table}\n[authentication]"))
    assert problem in str(caught.value)


def test_what_is_forgotten_cannot_be_opened_again(tmp_path: Path) -> None:
    """A longer time is refused where somebody wrote it; the default is no mistake of theirs."""
    retention = "[retention]\nclosed_days = 7\n[authentication]"
    assert settings_of(tmp_path, ("[authentication]", retention)).conversations.reopen_days == 14
    both = "[conversations]\nreopen_days = 8\n" + retention
    (problem,) = problems(changed(tmp_path, ("[authentication]", both)))
    assert problem.endswith(
        "conversations.reopen_days: is more than retention.closed_days (7), when they are forgotten"
    )
