"""Where the files are that come with the program but are not code: migrations, templates.

The store asks for ``migrations``, the notices for ``templates``. In an installed wheel they stand
inside the package (``relay/_data``), in a checkout beside it.
"""

from __future__ import annotations

from pathlib import Path

from relay.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder of that name. Raises ``ConfigError`` when the installation lacks it."""
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise ConfigError(
        (f"the installation is incomplete: its folder '{name}' is missing; install relay again",)
    )
