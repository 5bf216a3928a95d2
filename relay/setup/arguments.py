"""The words of ``relay init`` and ``relay quickstart`` on the command line; what they do is loaded when given."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from relay.setup.questions import QUESTIONS

WithConfig = Callable[[argparse.ArgumentParser], None]


def add(commands: Any, config: WithConfig) -> None:
    """Add both; ``config`` adds what all commands have."""
    init = commands.add_parser(
        "init", help="write a configuration and its keys, and print the DNS records and what comes next"
    )
    config(init)
    _questions(init)
    init.set_defaults(command=_init)

    quickstart = commands.add_parser(
        "quickstart",
        help="the same where there is no configuration yet; then a test letter all the way round",
    )
    config(quickstart)
    _questions(quickstart)
    quickstart.set_defaults(command=_quickstart)


def _questions(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_argument_group("answers", "What no flag says is asked in a terminal.")
    for question in QUESTIONS:
        words = question.words.replace("%", "%%")
        asked.add_argument(f"--{question.flag}", metavar="TEXT", help=words)
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing: what no flag says is as usual, or told to be missing"
    )
    parser.add_argument(
        "--service", action=argparse.BooleanOptionalAction, default=None,
        help="whether systemd runs it: state in /var/lib/relay, the master key in /etc/relay-keys "
        "(usual where the folder is /etc/relay)",
    )  # fmt: skip


def _given(options: argparse.Namespace) -> dict[str, str]:
    """What flags say, by the flag's name."""
    values = {question.flag: getattr(options, question.flag.replace("-", "_")) for question in QUESTIONS}
    return {flag: str(value) for flag, value in values.items() if value is not None}


def _init(options: argparse.Namespace) -> int:
    from relay.setup.command import init

    return init(options.config, _given(options), is_sure=options.yes, service=options.service)


def _quickstart(options: argparse.Namespace) -> int:
    from relay.setup.command import quickstart

    return quickstart(options.config, _given(options), is_sure=options.yes, service=options.service)
