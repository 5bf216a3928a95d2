"""A whole helpline for a test: the real daemon, store, listener and workers in one event loop, a clock of our own.

async with Line(tmp_path) as line:
    sam = line.seeker("sam@mail.test", "Sam Lee")
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives()
    await line.ana.replies(request, "I am here.")
    answer = await sam.receives()
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from relay import app, log
from relay.config import load
from tests.support import dkimkeys, scrape, storage, watch
from tests.support.sink import Captured, Sink

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PATIENCE_S = 30.0

NUMBERS = itertools.count(1)
"""Of messages: no two of a run have the same, or the daemon would take the second for a repetition of the first."""

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"
language = "en"

[[intake]]
address = "hilfe@relay.test"
language = "de"

[smtp]
listen = ["127.0.0.1:0"]
own_process = false

[next_hop]
host = "127.0.0.1"
port = {port}
tls = "never"

[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"

[workers]
processes = 1
"""

COUNSELORS_TOML = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
private = ["+34 600 555 014", "@anaruiz"]
address = "ana.ruiz@home.test"
also_from = ["aruiz@work.test"]
languages = ["en", "es"]
duty = {ana_duty}
capacity = 1000

[[counselor]]
id = "ben"
pseudonym = "Linden"
name = "Ben Okafor"
address = "ben.okafor@mail.test"
languages = {ben_languages}
duty = {ben_duty}
capacity = 2
"""


class FakeClock:
    """Time stands still until a test moves it; whoever waits is woken when their time has come.

    Waiting goes by a clock of its own, as the real one does: ``jump`` sets the time of day and wakes nobody.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed = timedelta()
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        return self._now

    async def wait(self, event: asyncio.Event, at_most_s: float) -> None:
        if at_most_s < 0.1:
            await asyncio.sleep(0.01)
            return
        until = self._elapsed + timedelta(seconds=at_most_s)
        waiter = asyncio.create_task(event.wait())
        moved = asyncio.create_task(self._reaches(until))
        try:
            await asyncio.wait({waiter, moved}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()
            moved.cancel()

    async def _reaches(self, until: timedelta) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._elapsed >= until)

    def jump(self, by: timedelta) -> None:
        self._now += by

    async def move(self, by: timedelta) -> None:
        async with self._moved:
            self._now += by
            self._elapsed += by
            self._moved.notify_all()


@dataclass(frozen=True)
class Letter:
    """A message as its reader's mail program shows it."""

    captured: Captured

    @property
    def raw(self) -> bytes:
        return self.captured.message

    @property
    def parsed(self) -> EmailMessage:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def __getitem__(self, header: str) -> str:
        return str(self.parsed[header] or "")

    @property
    def text(self) -> str:
        body = self.parsed.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def from_address(self) -> str:
        return self["From"].rpartition("<")[2].rstrip(">")

    @property
    def from_name(self) -> str:
        return self["From"].rpartition("<")[0].strip().strip('"')

    @property
    def is_automatic(self) -> bool:
        return bool(self["Auto-Submitted"])


class Person:
    """Somebody with a mailbox and a mail program."""

    def __init__(self, line: Line, address: str, name: str) -> None:
        self.line = line
        self.address = address
        self.name = name
        self._read = 0

    async def writes(
        self,
        text: str,
        to: str = "help@relay.test",
        *,
        subject: str = "A question",
        headers: str = "",
        sender: str | None = None,
        envelope: str | None = None,
        raw: bytes | None = None,
        reply_to: Letter | None = None,
    ) -> None:
        """Send a message; ``headers`` are extra lines, ``raw`` replaces the whole message."""
        host = self.address.partition("@")[2]
        thread = ""
        if reply_to is not None:
            thread = f"In-Reply-To: {reply_to['Message-ID']}\nReferences: {reply_to['References']} {reply_to['Message-ID']}\n"
        message = (
            f"From: {self.name} <{sender or self.address}>\nTo: {to}\nSubject: {subject}\n"
            f"Date: Mon, 23 Nov 2026 13:00:00 +0100\nMessage-ID: <{next(NUMBERS)}.{id(self)}@mua.{host}>\n"
            f"{thread}{headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            f"Content-Transfer-Encoding: 8bit\n\n{text}\n"
        ).encode()
        recipients = [one.strip() for one in to.split(",") if one.strip().endswith("@relay.test")]
        await self.line.submit(self.address if envelope is None else envelope, recipients, raw or message)

    async def replies(self, to: Letter, text: str, **how: str) -> None:
        """Answer a letter, quoting it as most mail programs do."""
        quoted = "\n".join("> " + line for line in to.text.splitlines())
        body = f"{text}\n\nOn Mon, 23 Nov 2026 at 13:00, {to['From']} wrote:\n{quoted}\n"
        await self.writes(body, to.from_address, subject="Re: " + to["Subject"], reply_to=to, **how)  # type: ignore[arg-type]

    async def receives(self, *, automatic: bool | None = None) -> Letter:
        """Wait for the next letter to this mailbox that is (or is not) automatic."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                mine = self.mailbox
                while self._read < len(mine):
                    letter = mine[self._read]
                    self._read += 1
                    if automatic is None or letter.is_automatic is automatic:
                        return letter
                await asyncio.sleep(0.005)

    @property
    def mailbox(self) -> list[Letter]:
        """All that came, read or not."""
        return [Letter(c) for c in self.line.sink.captured if c.recipient.lower() == self.address.lower()]

    async def receives_nothing(self) -> None:
        """Nothing new comes, once all is quiet."""
        await self.line.quiet()
        unread = self.mailbox[self._read :]
        assert not unread, f"{len(unread)} unexpected letter(s): {[letter['Subject'] for letter in unread]}"


class Line:
    """The helpline. ``signs``: every line signs what it sends; a fixture of the leak tests turns it on."""

    signs = False

    def __init__(
        self,
        folder: Path,
        *,
        ana_duty: str = '["always"]',
        ben_duty: str = '["mon-fri 18:00-22:00 Europe/Berlin"]',
        extra: str = "",
        smtp: str = "",
        clock: FakeClock | None = None,
        sink: Sink | None = None,
        people: str = "",
        ben_languages: str = '["de"]',
        files: Mapping[str, str] | None = None,
    ) -> None:
        """``extra`` goes to the end of relay.toml, ``people`` to that of counselors.toml; ``files`` stand beside them."""
        self.folder = folder
        self._files = files or {}
        self.clock = clock or FakeClock()
        self.sink = sink or Sink()
        self._owns_sink = sink is None
        self._duty = {"ana_duty": ana_duty, "ben_duty": ben_duty, "ben_languages": ben_languages}
        self._extra = extra
        self._smtp = smtp
        self._people = people
        self.ana = Person(self, "ana.ruiz@home.test", "Ana Ruiz")
        self.ben = Person(self, "ben.okafor@mail.test", "Ben Okafor")
        self.operator = Person(self, "operator@ops.test", "Operator")

    @property
    def relay_toml(self) -> str:
        """The beginning of relay.toml."""
        return RELAY_TOML

    def seeker(self, address: str = "sam.lee@mail.test", name: str = "Sam Lee") -> Person:
        return Person(self, address, name)

    async def __aenter__(self) -> Line:
        if self._owns_sink:
            await self.sink.start()
        self.folder.mkdir(exist_ok=True, mode=0o700)
        relay_toml = self.relay_toml.format(port=self.sink.port).replace(
            "[smtp]\n", f"[smtp]\n{self._smtp}\n"
        )
        if self.signs:
            dkimkeys.write_keys(self.folder)
        signing = dkimkeys.DKIM_TOML if self.signs else ""
        whole = scrape.fit(relay_toml + signing + self._extra, "127.0.0.1:0")
        (self.folder / "relay.toml").write_text(storage.fit(whole, self.folder))
        (self.folder / "counselors.toml").write_text(COUNSELORS_TOML.format(**self._duty) + self._people)
        for name, text in self._files.items():
            (self.folder / name).write_text(text)
        await self.start()
        return self

    async def start(self) -> None:
        """Start the daemon (again)."""
        log.configure("debug")
        self.daemon = app.Daemon(self.folder, load(self.folder), clock=self.clock)
        self._task = asyncio.create_task(self.daemon.run())
        ready = asyncio.create_task(self.daemon.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
        if self._task.done():
            self._task.result()
        assert self.daemon.ready.is_set(), "the daemon did not start"
        self.port = int(self.daemon.doors.listener.addresses[0].rpartition(":")[2])

    async def stop(self) -> None:
        """Stop the daemon as SIGTERM does; what it shows of itself is heard before."""
        if self.daemon.pulse.metrics is not None and not self._task.done():
            await scrape.heard(self.daemon.pulse.metrics.address)
        self.daemon.stopping.set()
        async with asyncio.timeout(40):
            await self._task
        for one in self.sink.captured:
            watch.written((one.recipient, one.return_path), one.message)
        watch.left_folder(self.folder / "state")

    async def __aexit__(self, *_: object) -> None:
        try:
            if not self._task.done():
                await self.stop()
        finally:  # what stop() finds fails this test alone, and no later one by a socket left open
            if self._owns_sink:
                await self.sink.stop()

    async def submit(self, envelope: str, recipients: list[str], message: bytes) -> None:
        """Put a message in at the door."""
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=self.port, local_hostname="mua.test", start_tls=False
        )
        watch.written((envelope, *recipients), message)
        async with client:
            await client.sendmail(envelope, recipients, message)

    async def quiet(self) -> None:
        """Wait until nothing is under way."""
        async with asyncio.timeout(PATIENCE_S):
            still = 0
            while still < 5:
                still = still + 1 if self.daemon.idle else 0
                await asyncio.sleep(0.01)

    async def pass_time(self, **by: float) -> None:
        """Move the clock, e.g. ``hours=1``, and let everybody act.

        What came of a delivery is written with the next commit, a few hundredths of a second later: first that, or a
        jump would end its lease before it is known to have been delivered.
        """
        await self.quiet()
        await asyncio.sleep(0.1)
        await self.clock.move(timedelta(**by))
        await asyncio.sleep(0.05)
        await self.quiet()
