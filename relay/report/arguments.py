"""The words of ``relay report`` on the command line; what they do is loaded only when it is given."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add(commands: Any, config: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the command; ``config`` adds what all commands have."""
    report = commands.add_parser(
        "report", help="figures of months that are over, in which nobody can be found"
    )
    config(report)
    report.add_argument("--month", metavar="YYYY-MM", help="one month (default: the last one that is over)")
    report.add_argument("--from", dest="first", metavar="YYYY-MM", help="the first of several months")
    report.add_argument(
        "--to", dest="last", metavar="YYYY-MM", help="the last of them (default: the last one over)"
    )
    report.add_argument("--json", action="store_true", help="values instead of a table")
    report.add_argument("--csv", type=Path, metavar="FILE", help="write a table for a spreadsheet")
    report.add_argument("--html", type=Path, metavar="FILE", help="write one page for a browser, with plots")
    report.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from relay.report.command import report

    return report(options)
