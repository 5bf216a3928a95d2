"""The words of ``relay referrals`` on the command line; what they do is loaded only when one is given
(``command``)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def add(parser: argparse.ArgumentParser, config: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the commands of the directory; ``config`` adds what all commands have."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")

    into = actions.add_parser(
        "import", help="take in or update a directory: HSDS, Ohana, a sheet, open-helplines"
    )
    into.add_argument("path", type=Path, metavar="PATH", help="a CSV or JSON file, a folder, or a zip")
    config(into)
    into.add_argument(
        "--map", dest="mapping", type=Path, metavar="FILE", help="which column of a sheet is what (TOML)"
    )
    into.add_argument("--source", metavar="NAME",
                      help="the directory's name, the same at every import (default: that of the file)")  # fmt: skip
    into.add_argument(
        "--country", default="", metavar="CC", help="where numbers and places are that do not say so: GB"
    )
    into.add_argument("--verified", default="", metavar="DATE",
                      help="when the directory was last checked, for entries that do not say: 2026-05-31")  # fmt: skip
    into.add_argument("--keep", action="store_true", help="what is missing this time is not gone")
    into.add_argument(
        "--all", action="store_true", help="name also every row that was used with something wrong"
    )
    into.add_argument("--dry-run", action="store_true", help="read and report, and change nothing")
    into.set_defaults(command=_call, action="import_")

    search = actions.add_parser("search", help="what would be offered for some words")
    search.add_argument("words", nargs="+", metavar="WORDS",
                        help="lgbt youth leeds; also @Place GB en age:16 topic:legal open:sat-18 free online; "
                        "#412")  # fmt: skip
    config(search)
    search.add_argument("--limit", type=int, default=10, metavar="N", help="how many at most (default: 10)")
    search.set_defaults(command=_call, action="search")

    stale = actions.add_parser("stale", help="list what nobody has checked for a year")
    config(stale)
    stale.set_defaults(command=_call, action="stale")

    check = actions.add_parser(
        "check", help="look for wrong numbers and addresses, doubles, and what is over"
    )
    config(check)
    check.set_defaults(command=_call, action="check")

    picture = actions.add_parser(
        "map", help="write a page for a browser: what is covered, how old, what is missing"
    )
    picture.add_argument("out", type=Path, metavar="OUT.html", help="the page; one that is there is replaced")
    config(picture)
    picture.set_defaults(command=_call, action="map_")

    given = actions.add_parser("given", help="how often entries were given to seekers in a month")
    given.add_argument(
        "month", nargs="?", default="", metavar="YYYY-MM", help="the month (default: this one)"
    )
    config(given)
    given.set_defaults(command=_call, action="given")


def _call(options: argparse.Namespace) -> int:
    from relay.referrals import command, statistics

    module = statistics if options.action in {"map_", "given"} else command
    return int(getattr(module, options.action)(options))
