"""A message inside a message (A01, A02): 24 ends of data, each cut everywhere, in clear and in TLS, in and out."""

from __future__ import annotations

import asyncio
import base64
import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relay.edge.smtp_in.limits import Limits
from relay.edge.smtp_in.listener import Listener
from tests.support.daemon import Submission
from tests.support.ends_of_data import CARRIER, END, SEQUENCES, SMUGGLED, has_bare_line_end
from tests.support.line import Line
from tests.unit.edge.smtp_door import LOOPBACK, Client, RememberingDoor, listening, server_context
from tests.unit.edge.test_smtp_out import RETURN_PATH, SEEKER, Sink, sinking

PATIENT = Limits(junk_commands=10**6)


@asynccontextmanager
async def talking(listener: Listener, trust: ssl.SSLContext | None) -> AsyncIterator[Client]:
    """A client that has said EHLO, inside TLS when it has something to trust."""
    host, _, port = listener.addresses[0].rpartition(":")
    client = Client(*await asyncio.open_connection(host, int(port)))
    try:
        await client.greet()
        if trust is not None:
            assert (await client.say("STARTTLS")).startswith("220")
            await client.writer.start_tls(trust, server_hostname="relay.test")
            await client.say("EHLO client.test")
        yield client
    finally:
        await client.close()


async def send_cut(client: Client, stream: bytes, cut: int) -> None:
    """Two segments (in TLS: two records), the second when the first has been read."""
    await client.send(stream[:cut])
    for _ in range(3):
        await asyncio.sleep(0)
    await client.send(stream[cut:])


async def until_reset(client: Client) -> None:
    """Read what the smuggled commands were answered with, to the answer to our own RSET."""
    while await client.reply() not in {"250 2.0.0 OK", ""}:
        pass


@pytest.mark.parametrize("secure", [False, True], ids=["clear", "tls"])
@pytest.mark.parametrize(("sequence", "ends"), SEQUENCES)
async def test_a_smuggled_message_never_comes_in(
    sequence: bytes, ends: bool, secure: bool, tmp_path: Path
) -> None:
    """Wherever its octets are cut: one message with the one recipient of its envelope.

    What holds a true end of data is two messages to every reader alike: the sender said so.
    """
    context = server_context(tmp_path) if secure else None
    trust = ssl.create_default_context(cafile=str(tmp_path / "relay.test.crt")) if secure else None
    stream = CARRIER + sequence + SMUGGLED + END
    ends_and_goes_on = ends and not sequence.endswith(b"\0")
    expected = [("help@relay.test",), *([("other@relay.test",)] if ends_and_goes_on else [])]
    door = RememberingDoor()
    cuts = iter(range(1, len(stream)))
    tried = 0
    async with listening(door, trusted_hosts=LOOPBACK, tls_context=context, limits=PATIENT) as listener:
        while (cut := next(cuts, None)) is not None:
            async with talking(listener, trust) as client:
                for at in itertools.chain([cut], cuts):
                    door.messages.clear()
                    door.asked.clear()
                    await client.envelope()
                    await send_cut(client, stream, at)
                    assert await client.reply() == "250 2.0.0 Message accepted"
                    if ends and not ends_and_goes_on:
                        assert (await client.rest()).startswith(b"421 4.7.0 ")
                    else:
                        await client.send(b"RSET\r\n")
                        await until_reset(client)
                    assert [message.forward_paths for message in door.messages] == expected
                    assert ("other@relay.test" in door.asked) is ends_and_goes_on
                    assert not any(has_bare_line_end(message.content) for message in door.messages)
                    tried += 1
                    if ends and not ends_and_goes_on:
                        break
    assert tried == len(stream) - 1


@pytest.mark.parametrize("secure", [False, True], ids=["clear", "tls"])
async def test_a_smuggled_message_never_goes_out(secure: bool, tmp_path: Path) -> None:
    """Each sequence in a message that is delivered: one transaction, no bare CR, LF or NUL on the wire."""
    sink = Sink(tls=server_context(tmp_path, "localhost") if secure else None)
    if secure:
        sink.offers = (*sink.offers, b"STARTTLS")
    settings = {"tls": "required" if secure else "never", "host": "localhost"}
    if secure:
        settings["ca_file"] = str(tmp_path / "localhost.crt")
    async with sinking(sink, **settings) as hop:
        for sequence, _ in SEQUENCES:
            await hop.deliver(RETURN_PATH, SEEKER, CARRIER + sequence + SMUGGLED + b"\r\n")
    assert len(sink.contents) == len(SEQUENCES)
    assert sum(command.startswith(b"MAIL") for command in sink.commands) == len(SEQUENCES)
    assert not has_bare_line_end(bytes(sink.heard))
    for content in sink.contents:
        assert content.count(b"\r\n.\r\n") == 1
        assert content.endswith(END)


WORDS = b"MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
"""Commands without an address: a counselor who writes one is asked first, and nothing would go out."""


ANA = "ana.ruiz@home.test"


def letters(sequence: bytes) -> list[bytes]:
    """The content that a person's mail program may wrap such octets in: header lines and body."""
    hostile = b"text" + sequence + WORDS + b"\r\n"
    as_file = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee file.\r\n'
        b"--b\r\nContent-Type: text/plain; name=notes.txt\r\nContent-Disposition: attachment; filename=notes.txt\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(hostile).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )  # fmt: skip
    escaped = b"".join(b"=%02X" % octet for octet in hostile)
    soft = b"=\r\n".join(escaped[at : at + 72] for at in range(0, len(escaped), 72))
    return [
        b"Content-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + hostile,
        b"Content-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(hostile).replace(b"\n", b"\r\n"),
        b"Content-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + soft + b"\r\n",
        as_file,
    ]  # fmt: skip


async def test_what_a_person_writes_cannot_smuggle_either(tmp_path: Path) -> None:
    """A counselor's reply holds each sequence in clear, base64, quoted-printable and as a file (A02)."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello.")
        request = await line.ana.receives()
        await sam.receives(automatic=True)
        sent = 0
        for sequence, _ in SEQUENCES:
            for content in letters(sequence):
                head = (
                    f"From: Ana Ruiz <ana.ruiz@home.test>\r\nTo: {request.from_address}\r\n"
                    f"Subject: Re: hello\r\nMessage-ID: <{sent}@mua.home.test>\r\nMIME-Version: 1.0\r\n"
                )
                async with Submission(line.port) as door:
                    message = head.encode() + content
                    assert (
                        await door.submit(ANA, [request.from_address], message)
                        == "250 2.0.0 Message accepted"
                    )
                sent += 1
        await line.quiet()
        captured, raw = line.sink.captured, line.sink.raw
    assert sum(one.recipient == sam.address for one in captured) == 1 + sent == 1 + 4 * len(SEQUENCES)
    assert sum(one.startswith(b"MAIL ") for one in raw) == len(captured)
    assert not has_bare_line_end(b"".join(raw))
