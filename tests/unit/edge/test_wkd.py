"""Looking up a key at its owner's own domain: both ways, and nothing of what a hostile server may try."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from relay.edge import wkd
from relay.edge.wkd import Wkd, is_public

KEY = b"\x98" + b"a certificate " * 20
NAME = "iy9q119eutrkn8s1mk4r39qejnbu3n5q"
"""Of Joe.Doe, as the draft says it."""
ADVANCED = f"/.well-known/openpgpkey/example.org/hu/{NAME}?l=Joe.Doe"
DIRECT = f"/.well-known/openpgpkey/hu/{NAME}?l=Joe.Doe"

Answer = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """An HTTPS server on loopback that answers as a test wants; ``asked``: each request, whole."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.asked: list[str] = []
        self.answer: Answer = plain(KEY)
        self._files = certificate(folder, names)

    @asynccontextmanager
    async def running(self, known: tuple[str, ...]) -> AsyncIterator[Wkd]:
        """A directory that finds the hosts in ``known`` here, and no others."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._files)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        trusting = ssl.create_default_context(cafile=str(self._files[0]))

        async def addresses(host: str) -> list[str]:
            if host not in known:
                raise LookupError
            return ["127.0.0.1"]

        try:
            port = server.sockets[0].getsockname()[1]
            yield Wkd(addresses, lambda _: True, port, trusting)
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(head)
            await self.answer(head, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def plain(body: bytes, status: str = "200 OK", fields: str = "") -> Answer:
    async def answer(_head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body)

    return answer


def raw(octets: bytes, again: int = 1, pause_s: float = 0.0) -> Answer:
    async def answer(_head: str, writer: asyncio.StreamWriter) -> None:
        for _ in range(again):
            writer.write(octets)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return answer


def certificate(folder: Path, names: tuple[str, ...]) -> tuple[Path, Path]:
    """Self-signed, for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert, secret = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, secret


async def test_the_advanced_way_is_asked_where_its_name_is_there_and_else_the_direct_one(
    tmp_path: Path,
) -> None:
    """And never both; nothing in the question says who asks."""
    server = Server(tmp_path, "openpgpkey.example.org", "example.org")
    async with server.running(("openpgpkey.example.org", "example.org")) as directory:
        assert await directory.look_up("Joe.Doe@Example.ORG") == KEY
    async with server.running(("example.org",)) as directory:
        assert await directory.look_up("Joe.Doe@example.org") == KEY
    lines = [head.split("\r\n") for head in server.asked]
    assert [each[0] for each in lines] == [f"GET {ADVANCED} HTTP/1.1", f"GET {DIRECT} HTTP/1.1"]
    assert lines[0][1:4] == [
        "Host: openpgpkey.example.org",
        "Accept: application/octet-stream",
        "Connection: close",
    ]
    assert len(lines[0]) == 6


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x;x=y\r\n%s\r\n0\r\n\r\n" % (len(KEY), KEY),
        b"HTTP/1.0 200 OK\r\n\r\n" + KEY,
    ],
)
async def test_an_answer_may_come_in_pieces_or_end_with_the_connection(octets: bytes, tmp_path: Path) -> None:
    """As servers do (RFC 9112)."""
    server = Server(tmp_path, "example.org")
    server.answer = raw(octets)
    async with server.running(("example.org",)) as directory:
        assert await directory.look_up("Joe.Doe@example.org") == KEY


HOSTILE: dict[str, Answer] = {
    "not there": plain(b"", "404 Not Found"),
    "elsewhere": plain(KEY, "302 Found", "Location: https://evil.test/key\r\n"),
    "elsewhere at home": plain(KEY, "301 Moved", f"Location: {DIRECT}\r\n"),
    "too long": plain(b"\x98" * (wkd.MAX_OCTETS + 1)),
    "says that it is too long": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + KEY),
    "less than it says": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + KEY),
    "negative": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + KEY),
    "no number": raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + KEY),
    "without end": raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"\x98" * 65_536, again=64),
    "pieces without end": raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"10000\r\n" + b"\x98" * 65_536 + b"\r\n") * 64
    ),
    "a piece of no size": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n"),
    "a negative piece": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n"),
    "a header without end": raw(b"X: y\r\n" * 1_000, again=64),
    "packed": plain(KEY, fields="Content-Encoding: gzip\r\n"),
    "nothing": raw(b""),
    "no status": raw(b"\r\n\r\n" + KEY),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_server_that_does_anything_else_gives_no_key(name: str, tmp_path: Path) -> None:
    """No second question comes of it."""
    server = Server(tmp_path, "example.org")
    server.answer = HOSTILE[name]
    async with server.running(("example.org",)) as directory:
        async with asyncio.timeout(5):
            assert await directory.look_up("Joe.Doe@example.org") == b""
    assert len(server.asked) == 1


async def test_a_server_that_takes_its_time_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One octet after the other: the limit is for all of it."""
    monkeypatch.setattr(wkd, "TIME_LIMIT_S", 0.3)
    server = Server(tmp_path, "example.org")
    server.answer = raw(b"H", again=100, pause_s=0.05)
    async with server.running(("example.org",)) as directory, asyncio.timeout(2):
        assert await directory.look_up("Joe.Doe@example.org") == b""


async def test_a_certificate_for_somebody_else_is_not_believed(tmp_path: Path) -> None:
    """Not even asked for the key."""
    server = Server(tmp_path, "other.org")
    async with server.running(("example.org",)) as directory:
        assert await directory.look_up("Joe.Doe@example.org") == b""
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    ["joe", "joe@", "@example.org", "joe@localhost", "joe@127.0.0.1", "joe@[127.0.0.1]", "joe@exa mple.org",
     "joe@example.org/x", "joe@example.org:8443", "joe@münchen.test", "joe@a..b", "joe@x\r\nHost: y.test"],
)  # fmt: skip
async def test_what_is_no_host_is_not_asked(address: str) -> None:
    """Before anything is looked up."""

    async def never(_host: str) -> list[str]:
        raise AssertionError

    assert await Wkd(never).look_up(address) == b""


@pytest.mark.parametrize(
    "place",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "224.0.0.1", "ff02::1", "255.255.255.255"],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_not_followed(place: str, tmp_path: Path) -> None:
    """Neither alone nor among others; the server is there and would answer."""
    assert not is_public(place)
    server = Server(tmp_path, "openpgpkey.example.org")
    async with server.running(("openpgpkey.example.org",)) as directory:
        assert await directory.look_up("Joe.Doe@example.org") == KEY
        server.asked.clear()
        for places in ([place], ["93.184.216.34", place]):

            async def addresses(_host: str, places: list[str] = places) -> list[str]:
                return places

            real = Wkd(addresses, port=directory._port, context=directory._context)
            assert await real.look_up("Joe.Doe@example.org") == b""
    assert server.asked == []


def test_the_world_is_public() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")
