"""What every run of the tests shows at its end: tables that tests measured, and what was not there to be tested."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.corpus.letters import FOLDER
from tests.support import storage, watch
from tests.support.daemon import ROOT

# A crowded machine makes nothing wrong; and ordinary runs repeat the same examples, so that a failure is nobody's luck.
settings.register_profile(
    "usual", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usual")


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
    """What looks at SQLite's files has nothing to look at on PostgreSQL, and the other way round: left out by name."""
    mark = "only_sqlite" if storage.IS_POSTGRESQL else "only_postgresql"
    out = [item for item in items if item.get_closest_marker(mark)]
    if out:
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)


# --- every test is a leak test (tests/support/watch.py) ------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Nothing is known of anybody when a test begins."""
    del item
    watch.begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that has printed or logged what somebody wrote fails, whatever else it tested."""
    report = yield
    if report.when == "teardown" and report.passed:
        found = watch.judge(item, report.sections)
        if found:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: {found}"
    return report


@pytest.fixture(autouse=True)
def _printed_is_heard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test takes out of the capture is searched like the rest."""
    name = next((each for each in ("capsys", "capfd") if each in request.fixturenames), None)
    if name is None:
        return
    capture = request.getfixturevalue(name)
    read = capture.readouterr

    def readouterr() -> Any:
        result = read()
        watch.heard(result.err)
        if not Path(str(request.node.path)).stem.startswith(watch.SHOWS):
            watch.heard(result.out)
        return result

    monkeypatch.setattr(capture, "readouterr", readouterr)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """No core dump, and nothing left in the temporary folder (``make test-canaries``)."""
    if watch.IS_FULL and (left := [*watch.cores(), *watch.left_behind()]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        raise AssertionError(f"left behind: {left}")
