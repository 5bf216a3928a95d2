"""A good configuration in two texts, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config import Settings, load
from relay.errors import ConfigError

RELAY = """\
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"
language = "en"

[smtp]
listen = ["127.0.0.1:8025"]
max_message_bytes = 31457280

[next_hop]
host = "127.0.0.1"
port = 8026
tls = "never"                 # never | opportunistic | required | implicit

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"

[authentication]
seeker = "off"
counselor = "alias"
"""

COUNSELORS = """\
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
private = ["+34 600 555 014", "@anaruiz"]
address = "ana.ruiz@home.test"
also_from = ["aruiz@work.test"]
languages = ["en", "es"]
duty = ["always"]
capacity = 1000

[[counselor]]
id = "ben"
pseudonym = "Linden"
name = "Ben Okafor"
address = "ben.okafor@mail.test"
languages = ["en"]
duty = [
  "mon-fri 18:00-22:00 Europe/Berlin",
]
capacity = 3
"""

SECRETS = ("ana.ruiz", "Ana Ruiz", "anaruiz", "aruiz", "555", "Okafor", "okafor", "home.test", "ops.test")
"""What stands in the files and must never stand in an error."""


def write(folder: Path, relay: str = RELAY, counselors: str = COUNSELORS) -> Path:
    for name, text in (("relay.toml", relay), ("counselors.toml", counselors)):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o600)
    return folder


def problems(folder: Path, **options: frozenset[str]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        load(folder, **options)
    text = str(raised.value)

    assert raised.value.__cause__ is None
    assert raised.value.problems
    assert not [secret for secret in SECRETS if secret in text]
    return raised.value.problems


def changed(folder: Path, *edits: tuple[str, str]) -> Path:
    """The good configuration with some text replaced, in whichever file has it."""
    texts = [RELAY, COUNSELORS]
    for old, new in edits:
        place = next(place for place, text in enumerate(texts) if old in text)
        texts[place] = texts[place].replace(old, new, 1)
    return write(folder, *texts)


def settings_of(folder: Path, *edits: tuple[str, str]) -> Settings:
    return load(changed(folder, *edits))
