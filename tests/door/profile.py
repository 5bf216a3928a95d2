"""How much the tests of the door do: a little with the others, all of it in ``make test-door``."""

from __future__ import annotations

import os

FULL = os.environ.get("RELAY_DOOR") == "full"
