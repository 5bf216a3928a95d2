"""Rules that hold for the whole source, read from the source itself."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import pytest

from relay import log

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "relay").rglob("*.py"))

MAY_REVEAL = {
    "relay/config/settings.py": "the operator's and the phone desk's address, for notices",
    "relay/edge/rspamd.py": "the sender, for the operator's own spam filter",
    "relay/edge/smtp_out/next_hop.py": "RCPT TO",
    "relay/edge/store": "sealing the envelope",
    "relay/flow/fingerprint.py": "the fingerprint that recognises a repeated message",
    "relay/flow/evidence.py": "SPF asks about the sender's domain",
    "relay/flow/judging.py": "the gate searches for the envelope's address",
    "relay/flow/letters_seeker.py": "the public address of ours that an answer is from",
    "relay/flow/feedback.py": "who wrote where nobody reads, to tell them so",
    "relay/flow/people.py": "whose words to mask, where everybody reads",
    "relay/flow/resolve.py": "whose words they are, by envelope and authors",
    "relay/mailbox_check.py": "our own addresses, in a message that tries a mailbox out",
    "relay/flow/stages.py": "whether the author is the one the alias was issued to",
    "relay/domain/addresses.py": "defines it",
    "relay/edge/smtp_in": "checks its own grammar",
    "relay/demo": "nobody's",
}
"""Who may read a real address, and what for."""

MAX_LINES = 350


def _where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_real_address_is_read_only_where_the_list_says() -> None:
    """``reveal`` is the one way to read an address, and every caller is listed with its reason."""
    callers = {
        _where(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "reveal"
    }
    unlisted = {caller for caller in callers if not any(caller.startswith(place) for place in MAY_REVEAL)}
    assert unlisted == set()


def test_every_event_has_a_meaning_and_is_said_somewhere() -> None:
    """The list of events is closed, complete and without dead entries."""
    assert set(log.MEANINGS) == set(log.Event)
    source = "".join(path.read_text("utf-8") for path in SOURCES if path.name != "log.py")
    assert [event.name for event in log.Event if f"Event.{event.name}" not in source] == []


def test_every_field_that_is_logged_is_in_the_list() -> None:
    """A field outside the closed list would be dropped in silence; here it is an error."""
    used: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                used |= {keyword.arg for keyword in node.keywords if keyword.arg}
    assert used - log.FIELDS == set()
    assert log.FIELDS - used == set()


def test_unknown_fields_and_unplain_values_never_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """What the closed list does not name is dropped, whatever it is."""
    log.configure("debug")
    log.say(log.Event.MESSAGE_ROUTED, reason="ok", secret="canary@mail.test", count=["canary"])  # type: ignore[arg-type]
    line = capsys.readouterr().err
    assert "canary" not in line
    assert '"reason":"ok"' in line


def test_the_libraries_own_loggers_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them writes addresses or content at one level or another."""
    log.configure("debug")
    for name in (
        *log.MUTED,
        "mail.log",
        "sqlalchemy.engine.Engine",
        "aiosmtplib.smtp",
        "PIL.Image",
        "pikepdf._core",
    ):
        logging.getLogger(name).critical("canary@mail.test")
        logging.getLogger(name).debug("canary@mail.test")
    captured = capsys.readouterr()
    assert "canary" not in captured.err + captured.out


def test_files_have_one_subject_and_an_end() -> None:
    """A file over the limit has grown a second subject."""
    long = {
        _where(path): n for path in SOURCES if (n := len(path.read_text("utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    """A module's docstring says what it is, who calls it and what it promises."""
    silent = [_where(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    """The project stands alone."""
    machine = re.compile(r"(^|[^A-Za-z0-9_.])/(work|root|tmp)/[a-z.]|pypi\.|npmjs|files\.pythonhosted")
    kinds = ("*.py", "*.md", "*.toml", "*.txt", "*.lock", "Makefile", "*.service")
    skipped = {".venv", ".git", ".hypothesis"}
    found = [
        _where(path)
        for kind in kinds
        for path in ROOT.rglob(kind)
        if not skipped & set(path.relative_to(ROOT).parts) and path != Path(__file__)
        and machine.search(path.read_text("utf-8", "replace"))
    ]  # fmt: skip
    assert found == []


def test_generated_documents_are_current() -> None:
    """``make docs`` has been run."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stale = [
        name for name, make in module.GENERATED.items() if (ROOT / "docs" / name).read_text("utf-8") != make()
    ]
    assert stale == []
