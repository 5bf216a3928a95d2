"""``relay init`` and ``relay quickstart``, from the words on the command line to what is printed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from relay.checking import checked
from relay.config.machine import is_loopback
from relay.config.schema import RELAY_FILE
from relay.errors import ConfigError
from relay.flow.letters import Letters
from relay.records import records
from relay.resources import folder as program_folder
from relay.setup.asking import Ask, collect
from relay.setup.founding import found, refuse_what_is_there
from relay.setup.plan import BEHIND, SERVICE_FOLDER, Layout
from relay.setup.questions import Answers

EXIT_OK = 0
EXIT_FAILED = 1


def init(config: Path, given: Mapping[str, str], *, is_sure: bool, service: bool | None) -> int:
    """Ask, write, print. Raises ``ConfigError``, and then has written nothing."""
    folder = config.absolute()
    refuse_what_is_there(folder)
    is_service = folder == SERVICE_FOLDER if service is None else service
    layout = Layout(folder, is_service, datetime.now(UTC).year)
    languages = Letters.load(program_folder("templates")).texts.languages
    try:
        answers = collect(given, layout, languages, _ask_of(is_sure=is_sure))
    except EOFError:
        raise ConfigError(("The questions were not answered to the end; nothing was written.",)) from None
    settings, lines = found(answers, layout, languages)
    print("\nMade:")
    print("\n".join(f"  {line}" for line in lines))
    print("\nRecords for the DNS:\n")
    print("\n".join(records(settings, answers["host"])))
    print("\n" + "\n".join(next_steps(answers, layout)))
    return EXIT_OK


def quickstart(config: Path, given: Mapping[str, str], *, is_sure: bool, service: bool | None) -> int:
    """``init`` where there is no configuration yet, and then the rehearsal. Raises ``ConfigError``."""
    from relay.setup.rehearsal import rehearse

    if not (config / RELAY_FILE).exists():
        init(config, given, is_sure=is_sure, service=service)
    elif given:
        raise ConfigError((f"{config / RELAY_FILE}: is there already, so flags with answers do nothing; "
                           "leave them out, or name another folder",))  # fmt: skip
    checked(config)
    return EXIT_OK if rehearse(config.absolute()) else EXIT_FAILED


def _ask_of(*, is_sure: bool) -> Ask | None:
    if is_sure or not sys.stdin.isatty():
        return None
    print("Press Enter for the answer in brackets. Nothing is written before the last question.\n")
    return input


def next_steps(answers: Answers, layout: Layout) -> list[str]:
    """Three of them, as this layout and these answers want them."""
    folder, domain = layout.folder, answers["domain"]
    yours = answers["door"] == "behind"
    publish = "1. Publish the records above where your domain's DNS is kept, before anything is signed."
    if yours:
        publish += f"\n   Have your MTA pass the domain on (Postfix: transport_maps, {domain} smtp:[127.0.0.1]:8025)."
    steps = [
        "The next three steps:",
        publish,
        f"2. relay quickstart --config {folder}     a test letter goes all the way round, on this machine alone",
    ]
    look = f"relay check --live --config {folder}   whether DNS, certificate, next hop and disk are as they must be"
    if not layout.is_service:
        run = f"3. relay run --config {folder}            the daemon; write to {answers['intake']} and answer"
        return [*steps, run, f"   {look}"]
    # In the order in which they are typed: what a unit says when it starts is what counts.
    start = []
    if yours:
        start.append(
            "systemctl edit relay.socket            and write, because port 25 is your MTA's:"
            f"\n     [Socket]\n     ListenStream=\n     ListenStream={BEHIND}"
        )
    if not is_loopback(answers["next-hop"]):
        start.append(
            "systemctl edit relay.service           and write, because the unit lets mail out to this machine alone:"
            "\n     [Service]\n     IPAddressAllow=ADDRESSES-OF-THE-NEXT-HOP-AND-OF-THE-NAME-SERVER"
        )
    start += [
        "systemctl enable --now relay.socket relay.service",
        look,
        f"Write to {answers['intake']} and answer.",
    ]
    return [*steps, "3. " + "\n   ".join(start)]
