"""The operator's settings: a folder with ``relay.toml`` and ``counselors.toml``, read once, frozen, complete.

The command line and the daemon call ``load``; nobody else knows that there are files. A folder that has
anything wrong gives no settings at all but ``ConfigError`` with every problem at once, each with file, line
and key, in words, and never with a value: values are people's addresses and names. What is allowed but
unwise is told by ``warnings``. The commented example in ``config/`` is written by ``python -m relay.config``
from the same classes that read it. The format is TOML 1.0.

    schema, fields   what may stand in the files, and why the defaults are what they are
    reading          bytes to sections, and every finding to a sentence (``wording``) at a line (``places``)
    checks, advice   what only two settings together show: errors, and warnings
    example          the classes, written out for people
"""

from __future__ import annotations

from relay.config.advice import warnings
from relay.config.example import render_example
from relay.config.reading import load
from relay.config.settings import Settings

__all__ = ["Settings", "load", "render_example", "warnings"]
