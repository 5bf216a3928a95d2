"""What must hold while OpenPGP does not work, as one question to a running line: what is wrong with how it behaves?

Never clear text, never silence: what cannot be sealed or opened is held, the operator hears of each, the counselor once a
day and without a word of it, and the conversations of others go on. Ana has the key; Ben answers in German and has none,
or another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from pathlib import Path

from relay.edge.openpgp import Engine
from relay.edge.openpgp.gnupg import GnuPg
from tests.openpgp.people import START, entity, letter, sealed
from tests.support.canaries import found, views
from tests.support.line import FakeClock, Letter, Line
from tests.unit.edge.openpgp_world import desk

SECRET = "zanzibarian"
NOTE = "A message for you waits"


def faulty_line(
    folder: Path, engine: str, ana_key: bytes | None, *, ben_key: bytes | None = None, openpgp: str = ""
) -> Line:
    folder.mkdir(mode=0o700)
    duties = {"ana": '["always"]', "ben": '["always"]'}
    for who, octets in (("ana", ana_key), ("ben", ben_key)):
        if octets is not None:
            (folder / f"{who}.asc").write_bytes(octets)
            duties[who] += f'\nopenpgp_key = "{who}.asc"'
    return Line(
        folder, clock=FakeClock(START), ana_duty=duties["ana"], ben_duty=duties["ben"],
        extra=f'\n[openpgp]\nengine = "{engine}"\n{openpgp}\n',
    )  # fmt: skip


def _new(letters: Sequence[Letter], before: int, words: str) -> list[Letter]:
    return [one for one in letters[before:] if words in one["Subject"] + one.text]


async def settled(line: Line, limit_s: float = 40.0) -> None:
    async with asyncio.timeout(limit_s):
        still = 0
        while still < 5:
            still = still + 1 if line.daemon.idle else 0
            await asyncio.sleep(0.01)


def released(line: Line) -> bool:
    """Whether anything that should be secret stands in anything that left."""
    octets = [view for one in line.sink.captured for view in views(one.message)]
    return bool(found((SECRET,), octets))


async def somebody_else(line: Line) -> None:
    """Kim writes to Ben, the first time to the line and then to the alias: Ben has not room for many."""
    kim = line.seeker("kim@mail.test", "Kim")
    known = [one.from_address for one in kim.mailbox if one.is_automatic]
    await kim.writes("Ich bin allein.", known[0] if known else "hilfe@relay.test")
    await settled(line)


async def wrong_with_sealing(line: Line, *, days: int = 1) -> list[str]:
    """Two messages for Ana and one for Ben, while nothing can be sealed to Ana. ``days``: how long it has been so."""
    told, had = len(line.operator.mailbox), len(line.ben.mailbox)
    sealed_before = len([one for one in line.ana.mailbox if NOTE not in one["Subject"]])
    for text in ("First", "Second"):
        await line.seeker().writes(f"{text} {SECRET}.", subject=f"About {SECRET}")
        await settled(line)
    await somebody_else(line)
    wrong = []
    if released(line):
        wrong.append("words in clear")
    with contextlib.suppress(TimeoutError):  # what is said below then
        async with asyncio.timeout(90):
            while (
                len(line.ben.mailbox) == had
                or len(_new(line.operator.mailbox, told, "A message cannot be encrypted")) < 2
            ):
                await asyncio.sleep(0.02)
    if len(_new(line.operator.mailbox, told, "A message cannot be encrypted")) != 2:
        wrong.append(f"operator: {[one['Subject'] for one in line.operator.mailbox[told:]]}")
    got = [one["Subject"] for one in line.ana.mailbox]
    notes = sum(NOTE in subject for subject in got)
    if len(got) - sealed_before != notes or notes != days:
        wrong.append(f"Ana: {got}")
    if len([one for one in line.ben.mailbox[had:] if not one.is_automatic]) != 1:
        wrong.append("Ben got nothing")
    return wrong


async def wrong_with_opening(line: Line, own: str) -> list[str]:
    """A sealed request, and one in clear, while nothing can be opened."""
    told, had, read = len(line.operator.mailbox), len(line.ben.mailbox), len(line.ana.mailbox)
    body = sealed(desk().seal(entity(f"Sealed {SECRET}.\n"), own))
    message = letter(body, "help@relay.test", "Sam Lee <sam.lee@mail.test>", host="mail.test")
    await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
    await settled(line)
    await somebody_else(line)
    wrong = []
    if released(line) or len(line.ana.mailbox) != read:
        wrong.append("something was passed on")
    if len(_new(line.operator.mailbox, told, "encrypted")) != 1:
        wrong.append(f"operator: {[one['Subject'] for one in line.operator.mailbox[told:]]}")
    if len([one for one in line.ben.mailbox[had:] if not one.is_automatic]) != 1:
        wrong.append("Ben got nothing")
    return wrong


class Programs:
    """A folder with gpg and gpg-agent as the engine finds them, until a test makes something else of one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        for name in ("gpg", "gpg-agent"):
            self.becomes(name, f'exec /usr/bin/{name} "$@"')

    def becomes(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)

    def engine(self, home: Path, limit_s: float = 2.0) -> Engine:
        return GnuPg(home, str(self.folder / "gpg"), limit_s=limit_s)


def agent_that(gets: signal.Signals) -> str:
    """An agent that has started, and then gets a signal."""
    return f'/usr/bin/gpg-agent "$@"\nfor p in $(ps -o pid= -g $$); do [ $p = $$ ] || kill -{gets.name[3:]} $p; done'
