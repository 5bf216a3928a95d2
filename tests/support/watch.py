"""Every test is a leak test: what people write in it must stand in no log, output or state file that it leaves behind.

``Line`` and ``Daemon`` tell what is handed in and what goes out (``written``), what a process says on standard error, and
what ``/metrics`` shows when it stops (``heard``). At the end of each test ``conftest`` searches what was printed; a leak fails the test by name. The log is at
DEBUG. ``make test-canaries`` (``RELAY_CANARIES=full``) takes every line of every message, not addresses and subjects alone,
and looks into state folders and the temporary folder, too: nothing in clear, no core dump.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import ahocorasick
import pytest

from relay.domain.aliases import TOKEN_PATTERN

IS_FULL = os.environ.get("RELAY_CANARIES") == "full"

SHOWS = (
    "test_explain", "test_demo", "test_disclose", "test_reveal", "test_operating", "test_rota", "test_referral",
    "test_no_requests", "test_month", "test_watch",
)  # fmt: skip
"""Tests of commands whose purpose it is to show what a person wrote, or whom; their standard error is searched all the same."""

MIN_CHARS = 9
MAX_LINES = 400
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{2,64}@[A-Za-z0-9.-]+\.test\b")
_OURS = ("relay.test", "operator@ops.test")
"""What the configuration says itself, and an error may name; a token at our domain is a person's all the same."""
_TOKEN = re.compile(rf"(?<![0-9A-Za-z]){TOKEN_PATTERN}(?=@)")
_SUBJECTS = ("subject", "message-id", "from")

_words: set[str] = set()
_heard: list[str] = []
_published: list[str] = []


def begin() -> None:
    """A test begins: nothing is known."""
    _words.clear()
    _heard.clear()
    _published.clear()


def written(addresses: Iterable[str], message: bytes) -> None:
    """Somebody hands a message in; or one goes out: the same must not be said of either."""
    paths = [each for each in addresses if "@" in each]
    _words.update(paths)
    for path in paths:
        _words.update(_TOKEN.findall(path.lower()))
    head = email.message_from_bytes(message.partition(b"\r\n\r\n")[0][:20_000], policy=email.policy.compat32)
    for name in _SUBJECTS:
        for value in head.get_all(name, ()):
            text = str(value)
            _words.update(_ADDRESS.findall(text))
            _words.update(_TOKEN.findall(text.lower()))
            if name != "from":
                _words.add(text.strip())
    if IS_FULL:
        lines = message[:200_000].decode("utf-8", "replace").splitlines()[:MAX_LINES]
        _words.update(line.strip() for line in lines if len(line.strip()) >= 2 * MIN_CHARS)


def published(text: str) -> None:
    """What a public directory says: it lies in the store in clear, as it was published (``docs/data.md``).

    Whoever has a letter in which it was recommended reads it there again. In a log or an output it is a leak all the same.
    """
    _published.append(text)


def heard(text: str) -> None:
    """What a process said, or a command printed."""
    _heard.append(text)


def has_heard(word: str) -> bool:
    """Tell whether something with this word in it was said in this test."""
    return any(word in text for text in _heard)


def secrets() -> list[str]:
    """Words that would tell of a person or their message."""
    return [each for each in _words if len(each) >= MIN_CHARS and not each.endswith(_OURS)]


def leaks(texts: Iterable[str]) -> set[str]:
    """Which of the secrets stand in any of the texts, whatever the case."""
    automaton = _automaton()
    if automaton is None:
        return set()
    return {word for text in texts for _, word in automaton.iter(text.lower())}


def leaks_in_files(folder: Path) -> set[str]:
    """The same for the files of a state folder."""
    automaton = _automaton()
    if automaton is None or not folder.is_dir():
        return set()
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {
        word for path in files for _, word in automaton.iter(path.read_bytes().lower().decode("latin-1"))
    }
    return {word for word in found if not any(word in text for text in _published)}


def _automaton() -> ahocorasick.Automaton | None:
    words = secrets()
    if not words:
        return None
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word.lower(), word)
    automaton.make_automaton()
    return automaton


def left_folder(state: Path) -> None:
    """A daemon has stopped: its files hold nothing in clear (looked at by ``make test-canaries``)."""
    if IS_FULL and (found := leaks_in_files(state)):
        raise AssertionError(f"{len(found)} word(s) of people lie in clear in {state.name}")


def judge(item: pytest.Item, sections: Iterable[tuple[str, str]]) -> str:
    """What is wrong with what a test left, in one sentence that quotes nothing; empty: nothing."""
    shows = Path(str(item.path)).stem.startswith(SHOWS)
    texts = [*_heard, *(text for name, text in sections if not (shows and "stdout" in name))]
    found = leaks(texts)
    kinds = sorted(
        {"an address" if _ADDRESS.fullmatch(each) else "a subject, an id or words" for each in found}
    )
    return f"{len(found)} leak(s) in what was logged or printed: {', '.join(kinds)}" if found else ""


def cores() -> list[str]:
    """Core dumps, and files in the temporary folder that are nobody's."""
    where = (Path.cwd(), Path(tempfile.gettempdir()))
    return [
        path.name
        for folder in where
        for path in folder.glob("core*")
        if path.is_file() and path.suffix != ".py"
    ]


def left_behind() -> list[str]:
    """What is left in a temporary folder of the run's own, beside what pytest keeps."""
    if not IS_FULL or "relay-canaries" not in tempfile.gettempdir():
        return []
    kept = re.compile(r"pytest-of-|relay-tests-|\.s\.PGSQL|postgresql")
    return [
        path.name
        for path in Path(tempfile.gettempdir()).iterdir()
        if path.is_file() and not kept.search(path.name)
    ]
