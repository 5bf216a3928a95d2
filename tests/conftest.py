"""What every run of the tests shows at its end: tables that tests measured, and what was not there to be tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.letters import FOLDER
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
