"""A helpline for the corpus: a real daemon and four lanes, each with people of its own, so that arrivals tell the lane.

A lane is an intake address in a language that one counselor speaks; within a lane one letter follows the other,
so whatever its reader receives is from the letter under way. Only the commit at the door is taken in turn, which
is how the log's ``message.received`` is told apart between lanes.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from tests.corpus.ledger import FATES, Fate, Ledger
from tests.corpus.letters import Sample, Writer, is_the_same, on_the_wire
from tests.support.daemon import Daemon, LogLine, Submission
from tests.support.sink import Captured

LANES = ("en", "de", "fr", "es")
RELAY_TOML = (
    '[service]\nname = "Example Peer Support"\ndomain = "relay.test"\noperator = "operator@ops.test"\n'
    + "".join(f'[[intake]]\naddress = "help-{lane}@relay.test"\nlanguage = "{lane}"\n' for lane in LANES)
)
_SURNAMES = ("Quillfeather", "Brackenshaw", "Thistlecombe", "Oakenhurst")
COUNSELORS = tuple(
    Writer(f"Isolde {surname}", f"isolde.{surname.lower()}@counsel-{lane}.test")
    for lane, surname in zip(LANES, _SURNAMES, strict=True)
)
SEEKERS = tuple(
    Writer(f"Tamsin {surname}-Vale", f"tamsin.{surname.lower()}@seek-{lane}.test")
    for lane, surname in zip(LANES, _SURNAMES, strict=True)
)
COUNSELORS_TOML = "".join(
    f'[[counselor]]\nid = "c-{lane}"\npseudonym = "{stands_as}"\nname = "{who.name}"\naddress = "{who.address}"\n'
    f'languages = ["{lane}"]\nduty = ["always"]\ncapacity = 10000\n'
    for lane, stands_as, who in zip(LANES, ("Linden", "Rowan", "Juniper", "Hazel"), COUNSELORS, strict=True)
)
_OPENING = b"From: %b\r\nSubject: Hello\r\nMessage-ID: <opening@%b>\r\n\r\nI need somebody to talk to.\r\n"
_FROM_ALIAS = re.compile(rb"(?im)^From: [^\r\n]*<([^<>\r\n]+)>")
DELIVERY_S = 10.0


@dataclass
class Lane:
    """One counselor, one seeker, one open conversation between them, one connection to the door."""

    intake: str
    counselor: Writer
    seeker: Writer
    door: Submission
    counselor_alias: str = ""
    """Where the seeker writes to."""
    seeker_alias: str = ""
    """Where the counselor writes to."""
    sent: list[bytes] = field(default_factory=list)
    """What went to an alias of this lane."""


class CorpusLine:
    """The running helpline."""

    def __init__(self, folder: Path) -> None:
        self.daemon = Daemon(folder, RELAY_TOML, COUNSELORS_TOML)
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.daemon.__aenter__()
        self.lanes = [
            Lane(f"help-{lane}@relay.test", counselor, seeker, await self.daemon.connect().__aenter__())
            for lane, counselor, seeker in zip(LANES, COUNSELORS, SEEKERS, strict=True)
        ]
        for lane in self.lanes:
            await self._open(lane)
        return self

    async def __aexit__(self, *_: object) -> None:
        for lane in self.lanes:
            await lane.door.__aexit__()
        await self.daemon.__aexit__()

    async def _open(self, lane: Lane) -> None:
        """Begin the conversation of a lane; both aliases are in what the two receive."""
        opening = _OPENING % (lane.seeker.field, lane.seeker.address.encode())
        before = len(self.daemon.sink.captured)
        await lane.door.submit(lane.seeker.address, [lane.intake], opening)
        lane.seeker_alias = alias_of(await self._arrived(lane.counselor, before))
        lane.counselor_alias = alias_of(await self._arrived(lane.seeker, before))

    async def run(self, direction: str, samples: Sequence[Sample]) -> Ledger:
        """Send every sample through the daemon in one direction, each lane every fourth."""
        ledger = Ledger(direction)
        for lane in self.lanes:
            lane.sent.clear()
        async with asyncio.TaskGroup() as group:
            for number, lane in enumerate(self.lanes):
                group.create_task(self._run_lane(lane, direction, samples[number :: len(self.lanes)], ledger))
        return ledger

    async def _run_lane(self, lane: Lane, direction: str, samples: Sequence[Sample], ledger: Ledger) -> None:
        for sample in samples:
            ledger.fates.append(await self._fate(lane, direction, sample))

    async def _fate(self, lane: Lane, direction: str, sample: Sample) -> Fate:
        envelope, to, raw, reader, author = letter(lane, direction, sample)
        end = partial(Fate, sample, author)
        before = len(self.daemon.sink.captured)
        async with self._turn:
            lines = len(self.daemon.log)
            reply = await lane.door.submit(envelope, [to], on_the_wire(raw))
            if not reply.startswith("250"):
                return end("refused", reply[:3])
            taken = await self.daemon.said("message.received", "message.repeated", after=lines)
        earlier, lane.sent = lane.sent, [*lane.sent, raw]
        if taken.event == "message.repeated":
            is_one = any(is_the_same(raw, other) for other in earlier)
            return end("repeated") if is_one else end("lost", "taken for a repetition")
        try:
            told = await self.daemon.said(
                *FATES, after=taken.number, where=lambda line: line["entry"] == taken["entry"]
            )
        except TimeoutError:
            return end("lost")
        took_s = (told.at - taken.at).total_seconds()
        what, reason = FATES[told.event], why(told, self.daemon.log[taken.number : told.number])
        if what != "relayed":
            return end(what, reason, took_s)
        try:
            received = await self._arrived(reader, before)
        except TimeoutError:
            return end("lost", "undelivered", took_s)
        return end(what, reason, took_s, received.message)

    async def _arrived(self, reader: Writer, after: int) -> Captured:
        """The first relayed message for this reader among what was captured since. Raises ``TimeoutError``."""
        async with asyncio.timeout(DELIVERY_S):
            while True:
                for one in self.daemon.sink.captured[after:]:
                    if one.recipient == reader.address and not alias_of(one).startswith("desk@"):
                        return one
                await asyncio.sleep(0.002)


def letter(lane: Lane, direction: str, sample: Sample) -> tuple[str, str, bytes, Writer, Writer | None]:
    """Reverse-path, forward-path and message of a sample, who is to read it, and who of ours sends it."""
    if direction == "request":
        number = zlib.crc32(sample.name.encode())
        return f"letter-{number}@door.test", lane.intake, sample.raw, lane.counselor, None
    if direction == "reply by the counselor":
        author, reader, to = lane.counselor, lane.seeker, lane.seeker_alias
    else:
        author, reader, to = lane.seeker, lane.counselor, lane.counselor_alias
    return author.address, to, sample.sent_by(author), reader, author


def why(end: LogLine, lines: Sequence[LogLine]) -> str:
    """The reason of a fate, for a leak with its kinds and places."""
    kinds = {
        f"{line['kind']}@{line['place']}"
        for line in lines
        if line.event == "leak.found" and line["entry"] == end["entry"]
    }
    return " ".join([end["reason"] or "", *sorted(kinds)])


def alias_of(message: Captured) -> str:
    """The address in From."""
    found = _FROM_ALIAS.search(message.message)
    assert found is not None, "a message without From went out"
    return found.group(1).decode()
