"""Every state and cause that a row can have is told in words."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.domain.conversations import ConversationState
from relay.domain.deliveries import DeliveryState
from relay.domain.entries import EntryState
from relay.flow.outcomes import Face, OutgoingKind
from relay.operating import arguments, words
from relay.operating.overview import runs_on
from relay.operating.showing import WIDTH, age, span, table

ROOT = Path(__file__).parents[3]


def test_no_state_is_without_words() -> None:
    """Tables of words against the tables of states."""
    assert set(words.ENTRY_STATES) == {each.value for each in EntryState}
    assert set(words.DELIVERY_STATES) == {each.value for each in DeliveryState}
    assert set(words.KINDS) == {each.value for each in OutgoingKind}
    assert set(words.READERS) == {each.value for each in Face}
    kept = set(ConversationState) - {ConversationState.NEW, ConversationState.ERASED}
    assert set(words.CONVERSATIONS) == {each.value for each in kept}
    assert set(arguments.STATES) <= set(words.ENTRY_STATES) | set(words.DELIVERY_STATES)


def test_no_cause_of_the_courier_is_without_words() -> None:
    """Every word that ``edge.smtp_out`` raises a failure with."""
    causes: set[str] = set()
    for path in (ROOT / "relay" / "edge" / "smtp_out").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                place = {"Deferred": 2, "Refused": 2, "deferring": 0, "_heard": 0}.get(name)
                if place is not None and len(node.args) > place:
                    causes |= {
                        each.value
                        for each in ast.walk(node.args[place])
                        if isinstance(each, ast.Constant) and isinstance(each.value, str)
                    }
    assert {"tls", "auth", "ambiguous", "greeting"} <= causes
    assert causes - {"quit"} <= set(words.CAUSES)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_661, "1 h 1 min"),
        (90_000, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_ages_have_two_units_at_the_most(seconds: float, told: str) -> None:
    """The largest, and the next where there is any of it."""
    assert span(timedelta(seconds=seconds)) == told
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == told


def test_a_table_is_never_wider_than_a_terminal() -> None:
    """What does not fit goes below its row."""
    lines = list(table(("id", "why"), [("0123", "word " * 40), ("4567", "short")]))
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(lines).split().count("word") == 40


def test_whether_a_daemon_runs_is_read_from_the_kernels_locks(tmp_path: Path) -> None:
    """A lock on the file by its number; where the kernel tells nothing, nothing is claimed."""
    url, locks = f"sqlite:///{tmp_path / 'relay.db'}", tmp_path / "locks"
    assert runs_on(url, locks) is None
    locks.write_text("")
    assert runs_on(url, locks) is False
    lock = tmp_path / "relay.db.lock"
    lock.touch()
    inode = lock.stat().st_ino
    locks.write_text(f"1: FLOCK  ADVISORY  WRITE 77 fe:00:{inode} 0 EOF\n")
    assert runs_on(url, locks) is True
    for line in (
        f"1: -> FLOCK  ADVISORY  WRITE 77 fe:00:{inode} 0 EOF",
        f"1: POSIX ADVISORY READ 1 fe:00:{inode}",
        f"1: FLOCK ADVISORY WRITE 1 fe:00:1{inode} 0",
    ):
        locks.write_text(line + "\n")
        assert runs_on(url, locks) is False, line
    assert runs_on("postgresql+psycopg://relay@db/relay", locks) is None
