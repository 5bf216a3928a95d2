"""A line that is well, on loopback: its DNS, its door, its next hop, its disk; and ways to spoil each of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from relay import checking
from relay.doctor.around import Around
from relay.doctor.findings import Finding
from relay.doctor.probes import PROBES
from relay.edge.dns import Dns
from relay.mail.proof.lookups import Lookup
from tests.support import dkimkeys
from tests.support.nameserver import NameServer, Zone
from tests.support.sink import Sink
from tests.unit.config.folder import COUNSELORS, RELAY, write
from tests.unit.edge.smtp_door import certificate

POLICY = "version: STSv1\nmode: enforce\nmx: mx.relay.test\nmax_age: 604800\n"
CRISIS = """
[[crisis]]
country = "international"
name = "Somebody Listens"
web = "https://listens.test/"
checked = {checked}
source = "https://listens.test/"
"""


def zone() -> Zone:
    """Everything that 'relay dns' asks to be published, for a host that is this machine."""
    return {
        "relay.test": {"MX": ["10 mx.relay.test."], "TXT": ['"v=spf1 mx -all"', '"something else"']},
        "mx.relay.test": {"A": ["127.0.0.1"]},
        "1.0.0.127.in-addr.arpa": {"PTR": ["mx.relay.test."]},
        "_dmarc.relay.test": {"TXT": ['"v=DMARC1; p=reject; rua=mailto:postmaster@relay.test"']},
        "_mta-sts.relay.test": {"TXT": ['"v=STSv1; id=1"']},
        "_smtp._tls.relay.test": {"TXT": ['"v=TLSRPTv1; rua=mailto:postmaster@relay.test"']},
        **dkimkeys.zone(),
    }


@dataclass
class World:
    """Change what there is, then ``ask`` a probe. ``edits``: of both files, as in ``folder.changed``."""

    folder: Path
    dns: NameServer
    hop: Sink
    door_port: int
    greeting: str = "220 relay.test ESMTP"
    offers: tuple[str, ...] = ("250-relay.test", "250-STARTTLS", "250 8BITMIME")
    policy: str | None = POLICY
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    edits: list[tuple[str, str]] = field(default_factory=list)
    crisis: str = ""
    days: int = 60
    host: str = "mx.relay.test"
    file_mode: int = 0o600
    lookup: Lookup | None = None

    def write(self) -> Path:
        """The files as they are now."""
        made, key = certificate(self.folder, self.host, days=self.days)
        key.chmod(0o600)
        texts = [RELAY, COUNSELORS]
        texts[0] = (
            texts[0]
            .replace("127.0.0.1:8025", f"127.0.0.1:{self.door_port}")
            .replace("8026", str(self.hop.port))
        )
        texts[0] = texts[0].replace(
            "[next_hop]", f'tls_certificate = "{made}"\ntls_key = "{key}"\n\n[next_hop]'
        )
        texts[0] += f'\n[dns]\nservers = ["127.0.0.1:{self.dns.port}"]\n{dkimkeys.DKIM_TOML}'
        for old, new in self.edits:
            place = next(place for place, text in enumerate(texts) if old in text)
            texts[place] = texts[place].replace(old, new, 1)
        write(self.folder, *texts)
        checked = datetime.now(UTC).date().isoformat()
        (self.folder / "crisis.toml").write_text(self.crisis or CRISIS.format(checked=checked))
        (self.folder / "relay.toml").chmod(self.file_mode)
        return self.folder

    def around(self) -> Around:
        """What the probes are given."""
        settings, roster = checking.read(self.write())

        async def fetch(_url: str) -> str | None:
            return self.policy

        advice = tuple(checking.of_files(settings, self.now))
        return Around(settings, roster, self.now, self.lookup or Dns(settings.dns.servers), fetch, advice)

    async def ask(self, subject: str) -> list[Finding]:
        return await PROBES[subject](self.around())

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A door that says its greeting."""
        with contextlib.suppress(ConnectionError):
            writer.write(self.greeting.encode() + b"\r\n")
            if await reader.readline():
                writer.write("".join(f"{line}\r\n" for line in self.offers).encode())
            await reader.readline()
        writer.close()


@contextlib.asynccontextmanager
async def well(folder: Path) -> AsyncIterator[World]:
    """A line about which there is nothing to say."""
    dkimkeys.write_keys(folder)
    hop = Sink()
    await hop.start()
    worlds: list[World] = []
    server = await asyncio.start_server(
        lambda r, w: worlds[0].answer(r, w),  # noqa: PLW0108 - it is made after its port
        "127.0.0.1",
        0,
    )
    async with NameServer(zone()) as dns, server:
        worlds.append(World(folder, dns, hop, server.sockets[0].getsockname()[1]))
        yield worlds[0]
        server.close()
    await hop.stop()
