"""The commands about what is kept: ``relay erase`` and ``relay disclose``, as the command line gives them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

EXIT_OK = 0
EXIT_FAILED = 1

Commands = Any


def add(commands: Commands, config: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add them to ``commands``; ``config`` adds what names the configuration."""
    _add_erase(commands, config)
    _add_disclose(commands, config)


def _add_erase(commands: Commands, config: Callable[[argparse.ArgumentParser], None]) -> None:
    erase = commands.add_parser(
        "erase", help="forget one conversation at once: addresses, messages, notes, aliases"
    )
    config(erase)
    erase.add_argument(
        "conversation", help="its pseudonym as the counselor knows it, or the first digits of its id"
    )
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.set_defaults(command=_erase)


def _add_disclose(commands: Commands, config: Callable[[argparse.ArgumentParser], None]) -> None:
    disclose = commands.add_parser(
        "disclose", help="show all that is stored, unsealed: addresses, messages, everything"
    )
    config(disclose)
    disclose.add_argument("--everything", action="store_true", help="say that this is what you want")
    disclose.add_argument("--reason", metavar="TEXT", help="why; it is kept, so name nobody in it")
    disclose.set_defaults(command=_disclose)


def _erase(options: argparse.Namespace) -> int:
    from relay.erase import act

    for line in act(options.config, options.conversation, is_sure=options.yes):
        print(line)
    return EXIT_OK


def _disclose(options: argparse.Namespace) -> int:
    from relay.disclose import act

    return (
        EXIT_FAILED if act(options.config, print, options.reason, everything=options.everything) else EXIT_OK
    )
