"""The command line: ``relay <command>``; ``relay --help`` lists the commands.

Every command ends with 0 when it did what was asked and 1 when it did not, and says in one sentence per
problem what is wrong, where, and what to do. No command prints an address, a subject or an id of a person.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relay import __version__
from relay.edge.closed_memory import close_memory
from relay.edge.large_blocks import give_back_large_blocks
from relay.errors import ConfigError, RelayError
from relay.forgetting_arguments import add as add_forgetting
from relay.operating.arguments import add as add_operating
from relay.referrals.arguments import add as add_referrals
from relay.report.arguments import add as add_report
from relay.setup.arguments import add as add_setup

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of the process. Without ``arguments`` we are the program itself."""
    if arguments is None:
        close_memory()
        give_back_large_blocks()
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return EXIT_FAILED
    except RelayError as error:
        print(f"relay: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_FAILED


def parser() -> argparse.ArgumentParser:
    """Every command with its options; the manual page and the completion of shells are made of it."""
    made = argparse.ArgumentParser(
        prog="relay", description="A secure e-mail relay between people who ask for help and peer counselors."
    )
    made.add_argument("--version", action="version", version=f"relay {__version__}")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="the daemon, in the foreground")
    _config(run)
    run.set_defaults(command=_run)
    add_setup(commands, _config)

    check = commands.add_parser("check", help="read the whole configuration and say what is wrong")
    _config(check)
    check.add_argument(
        "--live", action="store_true",
        help="also look around: DNS, certificate, doors, next hop, disk and more; ends with 0 (well), 1 (a warning) or "
        "2 (something critical)",
    )  # fmt: skip
    check.add_argument(
        "--json", action="store_true", help="with --live: values for a program instead of words"
    )
    check.set_defaults(command=_check)

    explain = commands.add_parser(
        "explain", help="show what the other side would receive of a message, and why"
    )
    explain.add_argument("message", type=Path, metavar="MESSAGE.eml")
    _config(explain)
    explain.add_argument("--as", dest="side", choices=("seeker", "counselor"), required=True,
                         help="who wrote the message")  # fmt: skip
    explain.add_argument("--html", type=Path, metavar="FILE",
                         help="write it as one page for a browser instead, readable by you alone")  # fmt: skip
    explain.set_defaults(command=_explain)

    _add_keys(commands)

    dns = commands.add_parser("dns", help="print the DNS records that the line needs")
    _config(dns)
    dns.add_argument(
        "--host", metavar="NAME", help="the host that takes the line's mail, as in mx.example.org"
    )
    dns.set_defaults(command=_dns)

    _add_counselor(commands)
    add_forgetting(commands, _config)
    _duty_commands(commands)
    add_operating(commands, _config)

    referrals = commands.add_parser("referrals", help="keep and search a directory of services near people")
    add_referrals(referrals, _config)
    add_report(commands, _config)

    demo = commands.add_parser("demo", help="play one whole conversation and show both views")
    demo.set_defaults(command=_demo)
    return made


def _add_keys(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """What makes and keeps keys."""
    keygen = commands.add_parser("keygen", help="make a new master key file, never over an existing one")
    keygen.add_argument("file", type=Path)
    keygen.set_defaults(command=_keygen)

    password = commands.add_parser("password", help="make the password_hash of a counselor who logs in")
    password.set_defaults(command=_password)

    dkim = commands.add_parser("dkim", help="make a key that signs outgoing mail, never over an existing one")
    dkim.add_argument("file", type=Path)
    dkim.add_argument("--kind", choices=("rsa", "ed25519"), default="rsa",
                      help="rsa, which everybody can check (default), or ed25519, to sign with besides")  # fmt: skip
    dkim.set_defaults(command=_dkim)

    keys = commands.add_parser("keys", help="the line's own OpenPGP keys, and the change of the master key")
    _config(keys)
    actions = ("list", "generate", "export", "rotate", "revoke", "drop", "publish", "seeker", "master")
    keys.add_argument("action", choices=actions, nargs="?", default="list")
    keys.add_argument(
        "which",
        nargs="?",
        help="an intake address; to revoke or drop, the key's id; to publish, a folder; "
        "of seekers: list, or drop and the pseudonym of one who has lost their key; "
        "of the master key: status, or rotate where no daemon runs",
    )
    keys.add_argument("pseudonym", nargs="*", help="whose key is to be forgotten, with 'seeker drop'")
    keys.set_defaults(command=_keys)


def _add_counselor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    counselor = commands.add_parser("counselor", help="hand over all that a counselor has")
    _config(counselor)
    counselor.add_argument("action", choices=("leave",))
    counselor.add_argument("who", metavar="ID", help="the counselor's id in counselors.toml")
    counselor.set_defaults(command=_counselor)


def _duty_commands(commands: Any) -> None:
    rota = commands.add_parser("rota", help="who is on duty now and in the next days, with every gap")
    _config(rota)
    rota.add_argument("--days", type=int, default=14, help="how many days, from today (default: 14)")
    rota.add_argument("--json", action="store_true", help="values instead of a picture")
    _at(rota)
    rota.set_defaults(command=_rota)

    who = commands.add_parser("who", help="who would get a request now, and why not the others")
    _config(who)
    who.add_argument("--intake", required=True, metavar="ADDRESS", help="the intake address it comes to")
    who.add_argument("--language", metavar="TAG", help="its language (default: the intake address's)")
    who.add_argument("--topic", action="append", default=[], help="what it is about; may repeat")
    _at(who)
    who.set_defaults(command=_who)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, required=True, metavar="DIR", help="folder with relay.toml and counselors.toml"
    )


def _at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", metavar="TIME", help="another time than now, as in 2026-12-24T18:00")


def _run(options: argparse.Namespace) -> int:
    from relay import app

    return app.run(options.config)


def _check(options: argparse.Namespace) -> int:
    if options.live:
        from relay.doctor.command import check

        return check(options.config, as_values=options.json)
    from relay.checking import checked

    settings, found = checked(options.config)
    for warning in found:
        print(f"warning: {warning}")
    counselors, intakes = len(settings.counselor), len(settings.intake)
    print(f"The configuration is complete: {counselors} counselor(s), {intakes} intake address(es).")
    return EXIT_OK


def _explain(options: argparse.Namespace) -> int:
    from relay.config import load
    from relay.explain import as_page, as_text, explain
    from relay.explain.files import read_message, write_page

    report = explain(read_message(options.message), load(options.config), options.side)
    if options.html is not None:
        write_page(options.html, as_page(report), options.message)
        print(f"The page is in {options.html}. It holds what the author wrote, so keep it to yourself.")
        return EXIT_OK
    encoding = sys.stdout.encoding or "utf-8"
    for line in as_text(report):
        print(line.encode(encoding, "replace").decode(encoding))
    return EXIT_OK


def _keygen(options: argparse.Namespace) -> int:
    from relay.edge.store.keys import create_master_key

    create_master_key(options.file)
    print(
        f"A new master key is in {options.file}. Keep a copy apart from the database: without it nothing can be read."
    )
    return EXIT_OK


def _password(_options: argparse.Namespace) -> int:
    from relay.edge.passwords import hashed

    if sys.stdin.isatty():
        password = getpass.getpass("Password (it is not shown): ")
        if getpass.getpass("Once more: ") != password:
            raise ConfigError(("The two are not the same; nothing was made. Try again.",))
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        print(f'password_hash = "{hashed(password)}"')
    except ValueError as error:
        raise ConfigError((f"{str(error)[:1].upper()}{str(error)[1:]}.",)) from None
    return EXIT_OK


def _keys(options: argparse.Namespace) -> int:
    from relay.keys import act, of_seekers

    if options.action == "seeker":
        print("\n".join(of_seekers(options.config, options.which or "list", " ".join(options.pseudonym))))
        return EXIT_OK
    if options.action == "master" and not options.pseudonym:
        from relay.rewrapping import act as rewrap

        return rewrap(options.config, options.which or "status", print)
    if options.pseudonym:
        raise ConfigError((f"relay keys {options.action}: only 'seeker drop' takes a pseudonym",))
    folder = Path(options.which) if options.action == "publish" and options.which else None
    for line in act(options.config, options.action, options.which, folder):
        print(line)
    return EXIT_OK


def _dkim(options: argparse.Namespace) -> int:
    from relay.edge.dkim.keys import KeyKind, create_key

    create_key(options.file, KeyKind(options.kind))
    print(f"A new {options.kind} key is in {options.file}. Give it a selector in [dkim] of relay.toml,")
    print("then 'relay dns' prints what to publish; publish it before the relay signs with it.")
    return EXIT_OK


def _dns(options: argparse.Namespace) -> int:
    from relay.config import load
    from relay.records import records

    lines = list(records(load(options.config), options.host))
    print("\n".join(lines))
    return EXIT_OK


def _counselor(options: argparse.Namespace) -> int:
    from relay.counselor import act

    for line in act(options.config, options.action, options.who):
        print(line)
    return EXIT_OK


def _rota(options: argparse.Namespace) -> int:
    from relay.rota import show
    from relay.rota_picture import Style

    is_terminal, encoding = sys.stdout.isatty(), sys.stdout.encoding or "ascii"
    style = Style.of(is_terminal=is_terminal, encoding=encoding, colour="NO_COLOR" not in os.environ)
    for line in show(options.config, options.days, options.at, style, as_json=options.json):
        print(line)
    return EXIT_OK


def _who(options: argparse.Namespace) -> int:
    from relay.rota import who

    for line in who(options.config, options.intake, options.language, options.topic, options.at):
        print(line)
    return EXIT_OK


def _demo(_options: argparse.Namespace) -> int:
    from relay.demo import play

    return play()
