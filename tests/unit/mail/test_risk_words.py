# ruff: noqa: RUF001  (people write in their own letters)
"""The operator's own list: whole words in what the author wrote, whatever the case and accents; nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.mail.risk_words import MAX_ENTRIES, read, stand_in


@pytest.fixture
def listed(tmp_path: Path) -> tuple[str, ...]:
    file = tmp_path / "risk.txt"
    file.write_text(
        "# ours\nnobody would miss me\nNIEMAND würde mich vermissen # phrase\n\nانتحار\n", "utf-8"
    )
    return read(file)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody would miss me.",
        "I think nobody  would\nmiss me any more",
        "niemand WUERDE mich vermissen".replace("WUERDE", "WURDE"),
        "Niemand würde mich vermissen!",
        "أفكر في انتحار",
    ],
)
def test_an_entry_is_found_as_words(listed: tuple[str, ...], text: str) -> None:
    """Across lines, accents, punctuation and case."""
    assert stand_in(text, listed)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody would dismiss me.",
        "> Nobody would miss me.\n\nThat is what he said.",
        "",
        "nobody would, miss, meet",
    ],
)
def test_what_is_quoted_or_only_alike_is_not(listed: tuple[str, ...], text: str) -> None:
    """A counselor's own words that come back in a quote raise nothing."""
    assert not stand_in(text, listed)


def test_without_a_list_nothing_is_found() -> None:
    """And nothing is looked at."""
    assert not stand_in("nobody would miss me", ())


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"\xff\xfe", "not UTF-8"), (b"ok\nab\n", "in line 1"), (b"x" * 300_000, "octets"),
     ("\n".join(f"entry {n}" for n in range(MAX_ENTRIES + 1)).encode(), "entries")],
)  # fmt: skip
def test_a_bad_list_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    """In the words of ``relay check``; never a line of it."""
    file = tmp_path / "risk.txt"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=what):
        read(file)
    with pytest.raises(ValueError, match="cannot be read"):
        read(tmp_path / "none.txt")
