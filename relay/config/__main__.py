"""``python -m relay.config FOLDER`` writes the commented example configuration there, over an older one."""

from __future__ import annotations

import sys
from pathlib import Path

from relay.config.example import render_example


def main(arguments: list[str]) -> int:
    """Write both files. Returns 2 when there is not exactly one folder named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m relay.config FOLDER\n")
        return 2
    for name, text in render_example().items():
        (Path(arguments[0]) / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
