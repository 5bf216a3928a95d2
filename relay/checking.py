"""The whole configuration read as a start would read it: ``relay check``, and ``relay init`` after it has written.

Opens no connection and changes nothing; ``relay.doctor`` tries what only shows outside.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from relay import rostering, stores
from relay.config import Settings, load, warnings
from relay.flow.letters import Letters
from relay.keys import own_key_warnings
from relay.parts import key_warnings, reading_warnings
from relay.resources import folder


def checked(config: Path) -> tuple[Settings, list[str]]:
    """The settings, and what is allowed but hardly meant, a sentence each. Raises ``ConfigError``."""
    letters = Letters.load(folder("templates"))
    settings = load(config, known_languages=letters.texts.languages)
    now = datetime.now(UTC)
    roster = rostering.read(settings, now)
    stores.look(settings)
    found = [
        *warnings(settings, now=now, roster=roster),
        *key_warnings(settings, now),
        *own_key_warnings(settings, now),
        *reading_warnings(settings, now),
        *(f"templates/{gap} has no translation; English is sent instead" for gap in letters.texts.gaps()),
    ]
    return settings, found
