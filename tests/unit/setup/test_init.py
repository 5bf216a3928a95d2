"""``relay init``: a configuration that holds, its keys, and never anything over what is there."""

from __future__ import annotations

import re
import shutil
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import dns.zone
import pytest

from relay.cli import main
from relay.config.example import needs_a_value
from relay.config.schema import SECTIONS
from relay.edge.store.keys import create_master_key
from relay.errors import ConfigError
from relay.setup import founding
from relay.setup.asking import collect
from relay.setup.command import next_steps
from relay.setup.plan import Layout, given_of
from tests.unit.setup.answers import GIVEN, SECRETS, Terminal, flags

LANGUAGES = ("ar", "de", "en", "es", "fr")


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: an RSA key takes its time."""
    folder = tmp_path_factory.mktemp("founded") / "line"
    assert main(["init", "--config", str(folder), "--yes", *flags()]) == 0
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def answered(folder: Path, **changes: str) -> dict[str, str]:
    given = {**GIVEN, **{flag.replace("_", "-"): value for flag, value in changes.items()}}
    return collect(given, Layout(folder, is_service=False, year=2026), LANGUAGES, None)


def test_what_is_made_passes_the_check_and_explains_itself(
    founded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every key stands in it with its reason, as in the example; what was said stands in the open."""
    assert main(["check", "--config", str(founded)]) == 0
    assert "The configuration is complete: 1 counselor(s), 1 intake address(es)." in capsys.readouterr().out
    for file, sections in SECTIONS.items():
        text = (founded / file).read_text("utf-8")
        for section in sections.values():
            for key in section.model_fields:
                assert re.search(rf"^(# )*{key} = ", text, re.MULTILINE), key
    said = tomllib.loads((founded / "relay.toml").read_text("utf-8"))
    assert said["service"]["domain"] == "line.test"
    assert said["intake"][0]["address"] == "help@line.test"
    assert said["next_hop"] == {"host": "127.0.0.1", "port": 25, "tls": "never"}


def test_no_value_of_the_example_is_left_in_the_open(tmp_path: Path) -> None:
    """A line that answers for example.org answers nobody."""
    given = given_of(answered(tmp_path), Layout(tmp_path, is_service=False, year=2026))
    for sections in SECTIONS.values():
        for name, section in sections.items():
            assert set(needs_a_value(section)) <= set(given.get(name, {})), name


def test_keys_are_their_owners_alone(founded: Path) -> None:
    """So are the files that say who the counselors are."""
    for name in ("state/master.key", "dkim/rsa2026.pem", "dkim/ed2026.pem", "relay.toml", "counselors.toml"):
        found = founded / re.sub(r"2026", str(Layout(founded, is_service=False, year=2026).year), name)
        matches = list(found.parent.glob(re.sub(r"\d{4}", "*", found.name)))
        assert [mode(path) for path in matches] == [0o600], name
    assert [mode(founded / name) for name in (".", "state", "dkim")] == [0o700] * 3


def test_it_prints_a_zone_and_three_steps_and_nobodys_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A zone parser that is not ours reads the records."""
    folder = tmp_path / "line"
    assert main(["init", "--config", str(folder), "--yes", *flags(host="mail.line.test")]) == 0
    out = capsys.readouterr().out
    zone = out.partition("Records for the DNS:")[2].partition("The next three steps:")[0]
    parsed = dns.zone.from_text(zone, origin="test.", relativize=False, check_origin=False)
    kinds = ("line", "_dmarc.line", "_smtp._tls.line", "_mta-sts.line")
    assert all(parsed.get_node(f"{name}.test.") for name in kinds)
    assert sum("_domainkey" in name.to_text() for name in parsed) == 2
    assert re.findall(r"^(\d)\. ", out.partition("The next three steps:")[2], re.MULTILINE) == ["1", "2", "3"]
    assert not [secret for secret in SECRETS if secret in out]


def test_the_last_step_is_in_the_order_in_which_it_is_typed(tmp_path: Path) -> None:
    """Sockets and units are edited before they start, and the doctor comes when they run."""
    answers = answered(tmp_path, door="behind", next_hop="mail.provider.test", port="587")
    last = "\n".join(next_steps(answers, Layout(tmp_path, is_service=True, year=2026))).partition("\n3. ")[2]
    words = ("edit relay.socket", "ListenStream=127.0.0.1:8025", "edit relay.service", "IPAddressAllow=", "enable --now",
             "check --live", "and answer")  # fmt: skip
    places = [last.find(word) for word in words]
    assert -1 not in places
    assert places == sorted(places)


def test_nothing_is_written_over(founded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second time changes no octet."""
    before = {path: path.read_bytes() for path in founded.rglob("*") if path.is_file()}
    assert main(["init", "--config", str(founded), "--yes", *flags(domain="other.test")]) == 1
    assert "relay.toml: is there already, and nothing is written over" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in founded.rglob("*") if path.is_file()} == before


def test_a_master_key_that_lies_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database may hang on it."""
    (tmp_path / "line" / "state").mkdir(parents=True, mode=0o700)
    key = tmp_path / "line" / "state" / "master.key"
    create_master_key(key)
    before = key.read_bytes()
    assert main(["init", "--config", str(tmp_path / "line"), "--yes", *flags()]) == 0
    assert "the master key that lay there stays in use" in capsys.readouterr().out
    assert key.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"domain": "x"}, "--domain: is not a domain name"),
        ({"operator": "me"}, "--operator: is not a plain address"),
        ({"operator": "op@line.test"}, "--operator: is at service.domain, where relay itself takes the mail"),
        ({"intake": "help@other.test"}, "--intake: must be at service.domain"),
        ({"intake": "abuse@line.test"}, "--intake: is kept for other mail"),
        ({"language": "xx"}, "--language: has no texts; there are texts in ar, de, en, es, fr"),
        ({"counselor_address": "ana@line.test"}, "--counselor-address: is at service.domain"),
        ({"pseudonym": "Ruiz"}, "--pseudonym: holds a part of what must stay hidden"),
        ({"pseudonym": None}, "--pseudonym: is missing; there is no usual answer"),
        ({"name": "a <b>"}, "--name: has a character that mail programs take for an address"),
        ({"duty": "sometimes"}, "--duty: "),
        ({"duty": ";"}, "--duty: "),
        ({"door": "front"}, "--door: must be behind or alone"),
        ({"next_hop": "mx.test:25"}, "--next-hop: is not a host name or IP address"),
        ({"port": "x"}, "--port: must be a whole number"),
        ({"port": "70000"}, "--port: must be at most 65535"),
        ({"port": "8025"}, "--port: is our own: what goes out would come back in"),
        ({"next_hop": "mx.test", "username": "u"}, "--password-file: is missing"),
        ({"next_hop": "mx.test", "username": "u", "password_file": "none"},
         "--password-file: names a file that is not there"),
        ({"username": "u"}, "--username: has no place beside the other answers"),
        ({"door": "alone", "certificate": "none.pem"}, "--certificate-key: is missing"),
        ({"door": "alone", "certificate": "none.pem", "certificate_key": "none.pem"},
         "--certificate: names a file that is not there"),
        ({"host": "mx"}, "--host: is not a host name"),
    ],
)  # fmt: skip
def test_a_wrong_answer_gets_a_sentence_and_nothing_is_written(
    changes: dict[str, str | None], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its flag, without its value."""
    assert main(["init", "--config", str(tmp_path / "line"), "--yes", *flags(**changes)]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert not [secret for secret in SECRETS if secret in told.err]
    assert (told.out, list(tmp_path.iterdir())) == ("", [])


def test_all_wrong_answers_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And a missing one is told once, not again for all that hangs on it."""
    assert main(["init", "--config", str(tmp_path / "line"), "--yes"]) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"--{flag}" for flag in GIVEN
    ]


@pytest.mark.parametrize("place", ["file", "file/under"])
def test_a_folder_that_cannot_be_is_a_sentence(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands in the way."""
    (tmp_path / "file").touch()
    assert main(["init", "--config", str(tmp_path / place), "--yes", *flags()]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_what_does_not_load_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a configuration would be in the way of the next attempt, and half a key worse."""

    def refuses(*_: object, **__: object) -> None:
        raise ConfigError(("no",))

    monkeypatch.setattr(founding, "load", refuses)
    with pytest.raises(ConfigError):
        founding.found(
            answered(tmp_path / "line"), Layout(tmp_path / "line", is_service=False, year=2026), LANGUAGES
        )
    assert list(tmp_path.iterdir()) == []


def test_for_the_service_state_and_key_lie_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the unit and the package have it: the key is handed over by systemd."""
    owned: list[tuple[str, object, object]] = []
    monkeypatch.setattr(founding, "USER", "root")
    chown: Callable[..., None] = lambda path, user, group: owned.append((Path(path).name, user, group))  # noqa: E731
    monkeypatch.setattr(shutil, "chown", chown)
    layout = Layout(tmp_path / "etc", is_service=True, year=2026, keys=tmp_path / "keys")
    settings, _ = founding.found(answered(tmp_path), layout, LANGUAGES)

    assert settings.smtp.listen == ("systemd",)
    assert settings.storage.url == "sqlite:////var/lib/relay/relay.db"
    assert settings.storage.master_key_file.name == "master.key"
    assert mode(tmp_path / "keys" / "master.key") == 0o600
    assert [mode(tmp_path / "etc" / name) for name in (".", "relay.toml", "counselors.toml")] == [
        0o750, 0o640, 0o640
    ]  # fmt: skip
    assert ("rsa2026.pem", "root", "root") in owned
    assert ("relay.toml", None, "root") in owned


def test_in_a_terminal_it_asks_and_asks_again(tmp_path: Path) -> None:
    """What is wrong alone is said at once; what is wrong beside others, before anything is written."""
    folder = tmp_path / "line"
    terminal = Terminal("init", "--config", str(folder), "--pseudonym", "Robin")
    for words, answer in (
        (r"What the line is called.*\[Peer Support\]: ", ""),
        ("mail domain", "nowhere"),
        ("This is not a domain name.*\n.*mail domain", "line.test"),
        (r"people in need.*\[help@line.test\]: ", ""),
        (r"language.*\[en\]: ", "xx"),
        (r"has no texts.*\n.*language.*: ", "de"),
        ("Your own address", "operator@line.test"),
        ("full name", "Ana Ruiz"),
        ("read and write mail", ""),
        ("This is missing.*\n.*read and write mail", "ana.ruiz@home.test"),
        (r"When they answer.*\[always\]", "mon-fri 18:00-22:00 Europe/Berlin; sat 10:00-12:00"),
        (r"behind.*\[behind\]", ""),
        (r"sends mail on.*\[127.0.0.1\]", ""),
        (r"port \[25\]", ""),
        (r"MX record \[mx.line.test\]", ""),
        (r"this is at service.domain.*\n.*Your own address", "operator@ops.test"),
    ):
        terminal.until(words)
        assert not folder.exists()
        terminal.say(answer)

    assert terminal.end() == 0, terminal.text
    assert "The next three steps:" in terminal.text
    assert main(["check", "--config", str(folder)]) == 0


def test_whoever_stops_answering_has_written_nothing(tmp_path: Path) -> None:
    """Ctrl-D in the middle."""
    terminal = Terminal("init", "--config", str(tmp_path / "line"))
    terminal.until("is called")
    terminal.say("\x04")
    assert terminal.end() == 1
    assert "nothing was written" in terminal.text
    assert list(tmp_path.iterdir()) == []
