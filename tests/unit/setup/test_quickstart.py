"""``relay quickstart``: a test letter goes all the way round, on the operator's configuration and nothing of theirs."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import Settings, load
from relay.config.settings import Settings as AllSettings
from relay.demo.sink import Kept
from relay.demo.stage import Stage
from relay.errors import ConfigError
from relay.setup.rehearsal import SEEKER, SEEKER_NAME, _Rehearsal
from relay.setup.rehearsed import rehearsed
from tests.support import dkimkeys
from tests.unit.config.folder import COUNSELORS, RELAY, write
from tests.unit.setup.answers import flags

BUSY = (
    RELAY.replace('counselor = "alias"', 'counselor = "dmarc"')
    + """
[privacy]
delay = "1-5m"
[metrics]
listen = "127.0.0.1:9418"
[rspamd]
url = "http://127.0.0.1:11333"
when_away = "hold"
[workers]
processes = 3
[conversations]
common_name = "Jo"
[dkim]
selectors = { rsa1 = "rsa1.pem", ed1 = "credential:ed1.pem" }
"""
)
AWAY = COUNSELORS.replace('["always"]', '["never"]').replace(
    "capacity = 1000", 'capacity = "none"\nreview = "all"'
)
AWAY += '\n[[supervisor]]\nid = "sue"\npseudonym = "Birch"\naddress = "sue@watch.test"\n'


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A line on which a letter would wait for an hour, for somebody to come, and for three others."""
    write(tmp_path, BUSY, AWAY)
    dkimkeys.write_keys(tmp_path)
    return tmp_path


def test_a_test_letter_goes_round_whoever_is_off_duty(busy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And it says so, and that it was signed with the keys that are there. The line's own state is not touched."""
    before = sorted(busy.rglob("*"))
    assert main(["quickstart", "--config", str(busy)]) == 0
    out = capsys.readouterr().out
    assert "It works: a test letter went all the way round on your own configuration" in out
    assert "read it, from Jo" in out
    assert "records that 'relay dns' prints prove it (rsa1)" in out
    assert "keys that only the service is given were not looked at" in out
    assert "ruiz" not in out.lower()
    assert sorted(busy.rglob("*")) == before


def test_from_nothing_it_asks_writes_and_plays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One command; flags say what would be asked."""
    folder = tmp_path / "line"
    assert main(["quickstart", "--config", str(folder), "--yes", *flags(language="de")]) == 0
    out = capsys.readouterr().out
    assert out.index("The next three steps:") < out.index("It works: a test letter went all the way round")
    assert not (folder / "state" / "relay.db").exists()
    assert main(["quickstart", "--config", str(folder), "--domain", "other.test"]) == 1
    assert "flags with answers do nothing" in capsys.readouterr().err


def test_what_is_other_than_in_earnest_is_what_would_reach_outside_or_wait(
    busy: Path, tmp_path: Path
) -> None:
    """Sections that the table does not name are the operator's, word for word."""
    own = load(busy)
    state = tmp_path / "rehearsal"
    played = rehearsed(own, state, 2525)
    changed = {f.name for f in fields(AllSettings) if getattr(own, f.name) != getattr(played, f.name)}
    assert changed == {
        "smtp", "next_hop", "storage", "dkim", "authentication", "openpgp", "privacy", "rspamd", "metrics", "workers",
        "counselor",
    }  # fmt: skip
    assert played.storage.url.startswith(f"sqlite:///{state}")
    assert played.storage.master_key_file.parent == state
    assert (played.next_hop.host, played.next_hop.port) == ("127.0.0.1", 2525)
    assert played.smtp.listen == ("127.0.0.1:0",)


def found_in(settings: Settings, *kept: Kept) -> list[str]:
    stage = Stage()
    stage.sink.kept.extend(kept)
    play = _Rehearsal(settings.folder, settings, stage, settings.folder)
    play._look_for_names()
    return play._problems


def test_a_name_that_went_through_is_told(tmp_path: Path) -> None:
    """The search is not blind: neither to names nor to encodings."""
    settings = load(write(tmp_path))
    clean = Kept("ana.ruiz@home.test", b"Subject: x\n\nx\n")
    assert found_in(settings, clean, Kept(SEEKER, b"Subject: x\n\nx\n")) == []
    assert found_in(settings, clean, Kept(SEEKER, b"X: QW5hIFJ1aXo=\n\nx\n")) == [  # "Ana Ruiz" in base64
        "What the seeker received names a counselor."
    ]
    assert found_in(settings, Kept("ana.ruiz@home.test", f"X: {SEEKER_NAME}\n\nx\n".encode())) == [
        "What a counselor received names the seeker."
    ]


def test_a_missing_signature_is_told(busy: Path) -> None:
    """A key is there, and what goes out does not show it."""
    assert found_in(load(busy), Kept(SEEKER, b"From: <help@relay.test>\nSubject: x\n\nx\n")) == [
        "Not every letter has a signature that holds."
    ]


async def test_a_daemon_that_does_not_start_is_a_sentence() -> None:
    """With what it said."""
    stage = Stage()
    with pytest.raises(ConfigError, match="The daemon did not start; it said: no key"):
        async with stage.set_up(lambda _: ["-c", "import sys; sys.exit('no key')"]):
            await asyncio.sleep(0)


def test_a_broken_configuration_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As relay check tells it."""
    write(tmp_path, RELAY.replace("port = 8026", "prot = 1"))
    assert main(["quickstart", "--config", str(tmp_path)]) == 1
    assert "did you mean port?" in capsys.readouterr().err
