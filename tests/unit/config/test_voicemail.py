"""``[[voicemail]]``: nothing that would let a stranger write as the telephone system gets past the check."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config import load, warnings
from relay.domain.addresses import OurAddress
from tests.unit.config.folder import RELAY, problems, write

GOOD = """
[[voicemail]]
address = "voicemail-in@relay.test"
system = "asterisk"
senders = ["pbx@phone.test"]
hosts = ["192.0.2.7"]
"""
SECRET = "k3ymoonriver4711abcd"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'hosts = ["192.0.2.7"]',
            "",
            "voicemail[1].hosts: and secret_file are both missing: anybody could write",
        ),
        ("192.0.2.7", "127.0.0.1", "voicemail[1].hosts[1]: is in smtp.trusted_hosts, from where everybody's"),
        ("192.0.2.7", "pbx.test", "voicemail[1].hosts[1]: is not an IP address or network"),
        (
            "voicemail-in@relay.test",
            "voicemail@other.test",
            "voicemail[1].address: must be at service.domain",
        ),
        ("voicemail-in@relay.test", "help@relay.test", "voicemail[1].address: is an [[intake]]: anybody"),
        ("voicemail-in@relay.test", "desk@relay.test", "voicemail[1].address: is kept for other mail"),
        (
            "voicemail-in@relay.test",
            f"{'a' * 20}@relay.test",
            "voicemail[1].address: is kept for other mail, or l",
        ),
        ("pbx@phone.test", "pbx@relay.test", "voicemail[1].senders[1]: is relay's own"),
        ('"asterisk"', '"generic"', "voicemail[1].number_pattern: is missing"),
        ('"asterisk"', '"avaya"', "voicemail[1].system: must be 'asterisk', 'kazoo' or 'generic'"),
        (
            '"asterisk"',
            "'asterisk'\nnumber_pattern = '[0-9]+'",
            "voicemail[1].number_pattern: is not a regular exp",
        ),
        (
            '"asterisk"',
            "'asterisk'\nnumber_pattern = '([0-9]+'",
            "voicemail[1].number_pattern: is not a regular e",
        ),
        ('"asterisk"', "'asterisk'\nintake = 'other@relay.test'", "voicemail[1].intake: is no [[intake]]"),
        ('"asterisk"', "'asterisk'\naudio = 'keep'", "voicemail[1].audio: must be 'drop' or 'forward'"),
        (
            '"asterisk"',
            "'asterisk'\nsecret_file = 'none'",
            "voicemail[1].secret_file: names a file that is not th",
        ),
        (
            '"asterisk"',
            "'asterisk'\nsecret_file = 'short'",
            "voicemail[1].secret_file: holds no secret of 16 to",
        ),
        (
            '"asterisk"',
            "'asterisk'\nsecret_file = 'open'",
            "voicemail[1].secret_file: is a secret that others",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    """In words, and without a value."""
    for name, text, mode in (("short", "abc\n", 0o600), ("open", SECRET, 0o644)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    assert old in GOOD
    write(tmp_path, RELAY + GOOD.replace(old, new))
    found = [each for each in problems(tmp_path) if said in each]
    assert found, problems(tmp_path)
    assert SECRET not in str(problems(tmp_path))


def test_hosts_are_nothing_where_no_port_is_open(tmp_path: Path) -> None:
    """Out of a mailbox nothing tells who connected: only the secret does."""
    closed = RELAY.replace('["127.0.0.1:8025"]', "[]")
    write(tmp_path, closed + GOOD)
    assert any(
        "voicemail[1].hosts: mean nothing where smtp.listen is empty" in each for each in problems(tmp_path)
    )


def test_the_secret_is_part_of_the_address_and_of_nothing_else(tmp_path: Path) -> None:
    """Read from its file when the values are made; without one the address is as it is written."""
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(SECRET + "\nmore\n")
    other = GOOD.replace("voicemail-in", "calls").replace('hosts = ["192.0.2.7"]', 'secret_file = "secret"')
    settings = load(write(tmp_path, RELAY + GOOD + other))
    found = settings.voicemails()
    assert set(found) == {"voicemail-in@relay.test", f"calls-{SECRET}@relay.test"}
    assert SECRET not in repr(settings) + repr(list(found.values()))
    first = found["voicemail-in@relay.test"]
    assert first.intake == OurAddress("help", "relay.test")
    assert [first.is_behind(each) for each in ("192.0.2.7", "192.0.2.8", "::ffff:192.0.2.7", "")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert found[f"calls-{SECRET}@relay.test"].is_behind("")


def test_the_operator_is_warned_of_numbers_for_nobody_and_of_voices(tmp_path: Path) -> None:
    """Allowed, and mostly not meant."""
    said = warnings(load(write(tmp_path, RELAY + GOOD + 'audio = "forward"\n')))
    assert any("voicemail.number is 'seal' and phone.desk is missing" in each for each in said)
    assert any("voicemail.audio is 'forward'" in each for each in said)
    desk = '[phone]\ndesk = "calls@ops.test"\n'
    said = warnings(load(write(tmp_path, RELAY + GOOD + desk)))
    assert not any("voicemail" in each for each in said)
