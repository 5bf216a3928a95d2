"""What every run of the tests shows at its end: tables that tests measured, and what was not there to be tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.letters import FOLDER
from tests.support import storage
from tests.support.daemon import ROOT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print every ``record_property("table", ...)``, also with captured output and from other processes."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "table":
                    terminalreporter.write_line(f"\n{value}")
    asked = {Path(argument).name for argument in config.args}
    if asked & {ROOT.name, "tests", "corpus"} and not FOLDER.is_dir():
        terminalreporter.write_line(
            "tests/corpus: no ../shared/corpus beside this checkout, so no real mail was tried"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What looks at SQLite's files has nothing to look at on PostgreSQL, and is left out there by name."""
    if storage.IS_POSTGRESQL:
        out = [item for item in items if item.get_closest_marker("only_sqlite")]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)
