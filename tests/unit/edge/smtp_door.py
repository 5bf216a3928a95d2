"""A door that remembers, a listener behind it, and a client that sends exactly what it is told."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from relay.domain.addresses import OurAddress
from relay.domain.provenance import Provenance
from relay.edge.smtp_in import Door
from relay.edge.smtp_in.answers import Answers
from relay.edge.smtp_in.frames import Channel, Word
from relay.edge.smtp_in.listener import Listener, ListenerSettings
from relay.edge.smtp_in.outside import FarDoor
from relay.errors import ACCEPTED, Reply

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
KNOWN = frozenset({"help@relay.test", "postmaster@relay.test", "abuse@relay.test", "other@relay.test"})


@dataclass
class Message:
    reverse_path: str
    forward_paths: tuple[str, ...]
    content: bytes


@dataclass
class RememberingIntake:
    door: RememberingDoor
    reverse_path: str
    forward_paths: tuple[str, ...]
    chunks: list[bytes] = field(default_factory=list)
    chunk_sizes: list[int] = field(default_factory=list)
    ended: str = ""

    async def write(self, chunk: bytes) -> None:
        await self.door.may_write.wait()
        if self.door.write_error is not None:
            raise self.door.write_error
        self.chunk_sizes.append(len(chunk))
        if self.door.keep_content:
            self.chunks.append(chunk)

    async def commit(self) -> Reply:
        self._end("commit")
        self.door.committing.set()
        await self.door.may_commit.wait()
        if self.door.commit_error is not None:
            raise self.door.commit_error
        self.door.messages.append(Message(self.reverse_path, self.forward_paths, b"".join(self.chunks)))
        return ACCEPTED

    def abandon(self) -> None:
        self._end("abandon")

    def _end(self, how: str) -> None:
        assert not self.ended, f"{how} after {self.ended}"
        self.ended = how


class RememberingDoor:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.intakes: list[RememberingIntake] = []
        self.known = KNOWN
        self.asked: list[str] = []
        self.provenances: list[Provenance] = []
        self.events: list[str] = []
        self.recipient_error: Exception | None = None
        self.begin_error: Exception | None = None
        self.write_error: Exception | None = None
        self.commit_error: Exception | None = None
        self.keep_content = True
        self.committing = asyncio.Event()
        self.may_write = asyncio.Event()
        self.may_write.set()
        self.may_commit = asyncio.Event()
        self.may_commit.set()

    async def recipient(self, address: OurAddress, provenance: Provenance) -> bool:
        self.asked.append(address.reveal())
        if self.recipient_error is not None:
            raise self.recipient_error
        return address.key in self.known

    async def begin(
        self, reverse_path: str, forward_paths: tuple[OurAddress, ...], provenance: Provenance
    ) -> RememberingIntake:
        if self.begin_error is not None:
            raise self.begin_error
        self.provenances.append(provenance)
        intake = RememberingIntake(self, reverse_path, tuple(path.reveal() for path in forward_paths))
        self.intakes.append(intake)
        return intake

    def count(self, name: str, **_numbers: int) -> None:
        self.events.append(name)

    async def settled(self, condition: Callable[[], object]) -> None:
        """Wait until something is so, at most five seconds."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.005)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @asynccontextmanager
    async def to(cls, host: str, port: int, source: str | None = None) -> AsyncIterator[Client]:
        """A connection, from the address ``source`` where the door is to see another."""
        address = (source, 0) if source else None
        client = cls(*await asyncio.open_connection(host, port, local_addr=address))
        try:
            yield client
        finally:
            await client.close()

    async def reply(self) -> str:
        """Read one reply, perhaps of several lines; an empty string at the end of the stream."""
        lines = []
        async with asyncio.timeout(5):
            while line := await self.reader.readline():
                lines.append(line.decode("ascii").rstrip("\r\n"))
                if line[3:4] != b"-":
                    break
        return "\n".join(lines)

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def say(self, command: str | bytes) -> str:
        octets = command if isinstance(command, bytes) else command.encode()
        await self.send(octets + b"\r\n")
        return await self.reply()

    async def greet(self) -> None:
        assert await self.reply() == "220 relay.test ESMTP"
        assert (await self.say("EHLO client.test")).startswith("250-relay.test\n")

    async def envelope(self, recipient: str = "help@relay.test") -> None:
        assert (await self.say("MAIL FROM:<a@b.test>")).startswith("250 ")
        assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250 ")
        assert (await self.say("DATA")).startswith("354 ")

    async def rest(self) -> bytes:
        async with asyncio.timeout(5):
            return await self.reader.read()

    def reset(self) -> None:
        """Leave with RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


class Way:
    """How a listener reaches the door: directly, or over a channel as from a process of its own."""

    is_far = False


@pytest.fixture(params=[False, True], ids=["near", "far"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that want the same of both."""
    monkeypatch.setattr(Way, "is_far", request.param)


@asynccontextmanager
async def asked(door: RememberingDoor) -> AsyncIterator[Door]:
    """The door as a listener sees it, near or far."""
    if not Way.is_far:
        yield door
        return
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    answers = Answers(door, 1000, 1 << 30)
    far = FarDoor(lambda question: channel.say(question))  # noqa: PLW0108 - there is no channel yet
    channel = Channel(Word, far.answered)
    await loop.create_unix_connection(lambda: answers.channel, sock=ours)
    await loop.create_unix_connection(lambda: channel, sock=theirs)
    try:
        yield far
    finally:
        channel.close()
        await answers.channel.gone


@asynccontextmanager
async def listening(door: RememberingDoor, **settings: Any) -> AsyncIterator[Listener]:
    async with asked(door) as one:
        listener = Listener(one, ListenerSettings(**{"domain": "relay.test"} | settings), door.count)
        await listener.start(["127.0.0.1:0"])
        try:
            yield listener
        finally:
            door.may_commit.set()
            await listener.drain(0.2)


@asynccontextmanager
async def client_of(listener: Listener) -> AsyncIterator[Client]:
    host, _, port = listener.addresses[0].rpartition(":")
    async with Client.to(host, int(port)) as client:
        yield client


def certificate(folder: Path, name: str = "relay.test", *, days: int = 2) -> tuple[Path, Path]:
    """Write a self-signed certificate for ``name`` and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file


def server_context(folder: Path, name: str = "relay.test", *, days: int = 2) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, name, days=days))
    return context
