"""The whole configuration read as a start would read it: ``relay check``, and the doctor before it looks around.

Opens no connection and changes nothing; ``relay.doctor`` tries what only shows outside of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from relay import rostering, stores
from relay.config import Settings, load, warnings
from relay.domain.roster import Roster
from relay.flow.letters import Letters
from relay.keys import own_key_warnings
from relay.parts import key_warnings, reading_warnings
from relay.resources import folder

LOOKED_AT_LIVE = frozenset({"duty", "suffixes", "crisis", "interpreter"})
"""Subjects of ``config.warnings`` that have a probe of their own."""


def read(config: Path) -> tuple[Settings, Roster]:
    """All files, the calendars among them. Raises ``ConfigError``."""
    settings = load(config, known_languages=Letters.load(folder("templates")).texts.languages)
    return settings, rostering.read(settings, datetime.now(UTC))


def of_files(settings: Settings, now: datetime, without: Collection[str] = LOOKED_AT_LIVE) -> Iterator[str]:
    """What the files say that is allowed and hardly meant, a sentence each."""
    yield from warnings(settings, now=now, without=without)


def checked(config: Path) -> tuple[Settings, list[str]]:
    """The settings, and everything that is allowed and hardly meant. Raises ``ConfigError``."""
    settings, roster = read(config)
    now = datetime.now(UTC)
    stores.look(settings)
    found = [
        *warnings(settings, now=now, roster=roster),
        *key_warnings(settings, now),
        *own_key_warnings(settings, now),
        *reading_warnings(settings, now),
        *(
            f"templates/{gap} has no translation; English is sent instead"
            for gap in Letters.load(folder("templates")).texts.gaps()
        ),
    ]
    return settings, found
