"""The words of the operator's daily commands on the command line; what they do is loaded only when one is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from relay.operating.backup_arguments import add as add_backups

WithConfig = Callable[[argparse.ArgumentParser], None]
ACTIONS = ("list", "show", "hold", "release", "retry")
STATES = ("received", "waiting", "held", "queued", "active", "deferred")


def add(commands: Any, config: WithConfig) -> None:
    """Add the commands; ``config`` adds what all commands have."""
    add_backups(commands, config)
    status = commands.add_parser("status", help="how the line is doing: duty, waiting, owed, held, put off")
    config(status)
    _json(status)
    status.set_defaults(command=_status)

    queue = commands.add_parser("queue", help="look at what is under way; hold it, let it go, try it again")
    config(queue)
    queue.add_argument("action", choices=ACTIONS, nargs="?", default="list")
    queue.add_argument("row", nargs="?", metavar="ID", help="its id, as the list shows it; 'all' to retry")
    queue.add_argument("--state", choices=STATES, help="list only these")
    _json(queue)
    queue.set_defaults(command=_queue)

    top = commands.add_parser("top", help="the same as status, live in a terminal")
    config(top)
    top.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="1 to 3600 (default: 2)")
    top.add_argument("--once", action="store_true", help="one picture, and end")
    top.set_defaults(command=_top)

    trace = commands.add_parser("trace", help="the whole way of one message in words")
    config(trace)
    trace.add_argument(
        "row", metavar="ENTRY", help="the id of a message that came in, or of one that goes out"
    )
    _json(trace)
    trace.set_defaults(command=_trace)

    reveal = commands.add_parser(
        "reveal", help="see one real address; the reason is kept, and others are told"
    )
    config(reveal)
    reveal.add_argument("who", nargs="?", metavar="WHO",
                        help="a seeker's pseudonym, or a held message's id; without: who looked before")  # fmt: skip
    reveal.add_argument("--reason", metavar="TEXT", help="why; kept for two years, so name nobody in it")
    reveal.add_argument("--yes", action="store_true", help="do not ask")
    _json(reveal)
    reveal.set_defaults(command=_reveal)

    _add_held(commands, config)


def _add_held(commands: Any, config: WithConfig) -> None:
    held = commands.add_parser("held", help="list held messages, or release one")
    config(held)
    held.add_argument("action", choices=("list", "release"), nargs="?", default="list")
    held.add_argument("entry", nargs="?", help="the entry's id, as the list and the notice show it")
    _json(held)
    held.set_defaults(command=_held)

    block = commands.add_parser("block", help="hold what a sender writes, for a time")
    config(block)
    block.add_argument("action", choices=("list", "add", "remove"), nargs="?", default="list")
    block.add_argument("who", nargs="?", help="the address, or to remove an id of the list; without it, one line "
                       "of standard input, where nobody sees it in a list of processes")  # fmt: skip
    block.add_argument("--days", type=int, default=30, help="how long, 1 to 180 (default: 30)")
    _json(block)
    block.set_defaults(command=_block)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="values for a program instead of words")


def _print(lines: Sequence[str]) -> int:
    for line in lines:
        print(line)
    return 0


def _status(options: argparse.Namespace) -> int:
    from relay.operating.status import show

    return _print(show(options.config, as_values=options.json))


def _queue(options: argparse.Namespace) -> int:
    from relay.operating.queue import act

    return _print(act(options.config, options.action, options.row, options.state, as_values=options.json))


def _top(options: argparse.Namespace) -> int:
    from relay.operating.top import run

    return run(options.config, options.every, once=options.once)


def _trace(options: argparse.Namespace) -> int:
    from relay.operating.trace import show

    return _print(show(options.config, options.row, as_values=options.json))


def _reveal(options: argparse.Namespace) -> int:
    from relay.operating.reveal import act

    folder: Path = options.config
    return _print(act(folder, options.who, options.reason, is_sure=options.yes, as_values=options.json))


def _held(options: argparse.Namespace) -> int:
    from relay.held import act

    return _print(act(options.config, options.action, options.entry, as_values=options.json))


def _block(options: argparse.Namespace) -> int:
    from relay.block import act

    who = options.who
    if who is None:
        who = "" if options.action == "list" else sys.stdin.readline()
    return _print(act(options.config, options.action, who, options.days, as_values=options.json))
