"""What the operator is told of rows that do not open. Called by ``flow.damage``; pure."""

from __future__ import annotations

from collections.abc import Mapping

from relay.mail.texts import Text, Texts


def unreadable(texts: Texts, language: str, tables: Mapping[str, int]) -> Text:
    """How many rows of which tables; the names are those of ``docs/data.md``."""
    lines = [f"{name}: {count}" for name, count in sorted(tables.items())]
    return texts.render("operator-unreadable", language, what="\n".join(lines))
