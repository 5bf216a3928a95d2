"""What the process at the door and the daemon say to each other: frames of MessagePack behind their length.

``outside`` asks and ``apart`` answers. The process at the door is the one that strangers talk to, so that what comes
from there is read as if a stranger had written it: only these types, none longer than ``MAX_FRAME_OCTETS``. It cannot
say that somebody has logged in.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Final, TypeVar, cast

import msgspec

from relay.domain.addresses import OurAddress
from relay.domain.provenance import Provenance
from relay.edge.smtp_in.limits import Limits
from relay.errors import Reply

MAX_FRAME_OCTETS: Final = 1 << 20
"""A chunk of content has at most 192 KiB, and a hundred recipients take less."""

_LENGTH: Final = struct.Struct("<I")

T = TypeVar("T")


class _Frame(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", gc=False):
    """``job``: of a question, and of everything about one message."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<redacted>)"


class Client(_Frame, frozen=True, array_like=True):
    """Who brings it, as far as that proves anything (``Provenance``)."""

    ip: str
    helo: str
    is_trusted: bool

    @classmethod
    def of(cls, provenance: Provenance) -> Client:
        return cls(provenance.client_ip, provenance.helo, provenance.is_trusted)

    @property
    def provenance(self) -> Provenance:
        return Provenance(self.ip, self.helo, self.is_trusted)


class ForwardPath(_Frame, frozen=True, array_like=True):
    """An address of ours."""

    local: str
    domain: str

    @classmethod
    def of(cls, address: OurAddress) -> ForwardPath:
        return cls(address.local, address.domain)

    @property
    def address(self) -> OurAddress:
        return OurAddress(self.local, self.domain)


class Recipient(_Frame, frozen=True, array_like=True, tag=0):
    """Is mail for this address taken?"""

    job: int
    forward_path: ForwardPath
    client: Client


class Begin(_Frame, frozen=True, array_like=True, tag=1):
    """A message comes."""

    job: int
    reverse_path: str
    forward_paths: tuple[ForwardPath, ...]
    client: Client


class Write(_Frame, frozen=True, array_like=True, tag=2):
    """The next octets of its content."""

    job: int
    content: bytes


class Commit(_Frame, frozen=True, array_like=True, tag=3):
    """The last octets. Whatever becomes of the connection, and of the process at the door, it is stored."""

    job: int
    content: bytes


class Abandon(_Frame, frozen=True, array_like=True, tag=4):
    """The client went away, or brought too much. There is no answer."""

    job: int


class Ready(_Frame, frozen=True, array_like=True, tag=5):
    """Clients are served."""


class Connections(_Frame, frozen=True, array_like=True, tag=6):
    """How many there are: the answer to ``Count``."""

    job: int
    count: int


class Drained(_Frame, frozen=True, array_like=True, tag=7):
    """Nobody is here any more: the answer to ``Drain``."""


class Open(_Frame, frozen=True, array_like=True, tag=0):
    """The first frame to the process at the door: what it has to know. Files hold the certificate and its key."""

    domain: str
    other_domains: tuple[str, ...]
    max_message_bytes: int
    trusted_hosts: tuple[str, ...]
    limits: Limits
    certificate: str
    key: str


class Answer(_Frame, frozen=True, array_like=True, tag=1):
    """``yes`` where the question was one; ``reply``: what the client is told instead, or of a message at its end."""

    job: int
    yes: bool = True
    reply: tuple[int, str, str] | None = None

    @classmethod
    def said(cls, job: int, reply: Reply) -> Answer:
        return cls(job, yes=False, reply=(reply.code, reply.enhanced, reply.text))


class Count(_Frame, frozen=True, array_like=True, tag=2):
    """How many connections are there?"""

    job: int


class Renew(_Frame, frozen=True, array_like=True, tag=3):
    """The certificate in the files is another one."""


class Drain(_Frame, frozen=True, array_like=True, tag=4):
    """Take nothing new, wait for what is in work, at most so long."""

    grace_s: float


Question = Recipient | Begin | Write | Commit | Abandon | Ready | Connections | Drained
Word = Open | Answer | Count | Renew | Drain
"""What the daemon says."""


class Channel(asyncio.Protocol):
    """One end. ``kinds``: what the other end may say; ``heard`` is called with each.

    ``gone`` is done when it has hung up, or has said what nobody may say.
    """

    def __init__(self, kinds: object, heard: Callable[[T], None]) -> None:
        self._decoder = msgspec.msgpack.Decoder(kinds)
        self._encoder = msgspec.msgpack.Encoder()
        self._heard = cast("Callable[[object], None]", heard)
        self._came = bytearray()
        self._waiting: list[bytes] = []
        self._transport: asyncio.WriteTransport | None = None
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()

    def say(self, frame: Question | Word) -> None:
        """Send it, together with all that is said in the same turn of the loop."""
        packed = self._encoder.encode(frame)
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting += (_LENGTH.pack(len(packed)), packed)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        came = self._came
        came += data
        at = 0
        while len(came) >= at + _LENGTH.size:
            (octets,) = _LENGTH.unpack_from(came, at)
            end = at + _LENGTH.size + octets
            if octets > MAX_FRAME_OCTETS:
                self._transport_abort()
                return
            if len(came) < end:
                break
            try:
                frame = self._decoder.decode(bytes(memoryview(came)[at + _LENGTH.size : end]))
            except msgspec.MsgspecError:
                self._transport_abort()
                return
            at = end
            self._heard(frame)
        if at:
            del came[:at]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it is gone, whatever the reason
        self._transport = None
        if not self.gone.done():
            self.gone.set_result(None)

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._transport is not None:
            self._transport.writelines(waiting)

    def _transport_abort(self) -> None:
        self._came.clear()
        if self._transport is not None:
            self._transport.abort()
