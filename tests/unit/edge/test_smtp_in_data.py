"""Where data ends and what its content is, whatever the client mixes and wherever its segments are cut."""

from __future__ import annotations

import asyncio
import tracemalloc
from itertools import pairwise

import pytest

from relay.edge.smtp_in.data import DataDecoder
from tests.support.ends_of_data import CARRIER, END, SEQUENCES, SMUGGLED, has_bare_line_end
from tests.unit.edge.smtp_door import LOOPBACK, RememberingDoor, both_ways, client_of, listening  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("both_ways")


def decoded(stream: bytes, cuts: list[int]) -> tuple[bytes, bytes]:
    """Content and rest of a stream cut at these positions."""
    decoder = DataDecoder()
    content = b""
    edges = [0, *cuts, len(stream)]
    for start, stop in pairwise(edges):
        if decoder.ended:
            return content, decoder.rest + stream[start:]
        content += decoder.feed(stream[start:stop])
    assert decoder.ended
    return content, decoder.rest


@pytest.mark.parametrize(("sequence", "ends"), SEQUENCES)
def test_only_the_true_end_of_data_ends_it_at_every_cut(sequence: bytes, ends: bool) -> None:
    """RFC 5321 §4.1.1.4: nothing but CRLF.CRLF; blocks may be cut anywhere, even at every octet."""
    stream = CARRIER + sequence + SMUGGLED + END
    whole = decoded(stream, [])
    assert (b"smuggled" in whole[0]) is not ends
    assert (b"smuggled" in whole[1]) is ends
    assert decoded(stream, list(range(1, len(stream)))) == whole
    for cut in range(1, len(stream)):
        assert decoded(stream, [cut]) == whole


@pytest.mark.parametrize(("sequence", "ends"), SEQUENCES)
def test_content_has_no_bare_line_end_and_no_nul(sequence: bytes, ends: bool) -> None:
    """What is accepted can never smuggle anything onwards."""
    content, _ = decoded(CARRIER + sequence + SMUGGLED + END, [])
    assert not has_bare_line_end(content)


@pytest.mark.parametrize(
    ("stream", "content"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n"),
        (b"a\n..b\r\n.\r\n", b"a\r\n..b\r\n"),
        (b"a\r\n...\r\n.\r\n", b"a\r\n..\r\n"),
        (b"a\r\r\n.\r\n", b"a\r\n\r\n"),
        (b"a\r\0\nb\0\r\n.\r\n", b"a\r\nb\r\n"),
        (b"\n\r\n.\r\n", b"\r\n\r\n"),
        (b"\r\r\n.\r\n", b"\r\n\r\n"),
    ],
)
def test_dots_are_unstuffed_and_line_ends_made_whole(stream: bytes, content: bytes) -> None:
    """RFC 5321 §4.5.2 after a true CRLF only; every CR, LF or CRLF becomes one CRLF; NUL goes."""
    assert decoded(stream, []) == (content, b"")
    assert decoded(stream, list(range(1, len(stream)))) == (content, b"")


@pytest.mark.parametrize(("sequence", "ends"), SEQUENCES)
@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
async def test_a_smuggled_transaction_is_text_of_the_one_message(
    sequence: bytes, ends: bool, piece: int
) -> None:
    """The same over a real connection: one message, and the Door hears of no other recipient."""
    door = RememberingDoor()
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        stream = CARRIER + sequence + SMUGGLED + END + b"QUIT\r\n"
        for start in range(0, len(stream), piece):
            client.writer.write(stream[start : start + piece])
            if piece > 1 or start % 8 == 0:
                await asyncio.sleep(0)
        await client.rest()
        await door.settled(lambda: door.messages)
    if ends and not sequence.endswith(b"\0"):
        assert [message.forward_paths for message in door.messages] == [
            ("help@relay.test",),
            ("other@relay.test",),
        ]
    else:
        assert [message.forward_paths for message in door.messages] == [("help@relay.test",)]
        assert "other@relay.test" not in door.asked


async def test_a_large_message_is_handed_on_in_chunks() -> None:
    """20 MB never stand in memory: chunks of 64 to 192 KiB, and less than 4 MiB more at the peak."""
    door = RememberingDoor()
    door.keep_content = False
    line = b"x" * 998 + b"\r\n"
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        block = line * 250
        tracemalloc.start()
        for _ in range(80):
            await client.send(block)
        await client.send(b".\r\n")
        assert (await client.reply()).startswith("250 2.0.0")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    sizes = door.intakes[0].chunk_sizes
    assert sum(sizes) == 20_000_000
    assert all(65_536 <= size <= 196_608 for size in sizes[:-1])
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("empty_line", [b"\r\n", b"\n", b"\r"])
async def test_four_megabytes_of_empty_lines_cost_no_more_than_others(empty_line: bytes) -> None:
    """A line costs nothing of its own, in memory or time."""
    door = RememberingDoor()
    door.keep_content = False
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        block = empty_line * (100_000 // len(empty_line))
        tracemalloc.start()
        began = asyncio.get_running_loop().time()
        for _ in range(40):
            await client.send(block)
        await client.send(b"\r\n.\r\n")
        assert (await client.reply()).startswith("250 2.0.0")
        took = asyncio.get_running_loop().time() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert max(door.intakes[0].chunk_sizes) <= 196_608
    assert peak < 4 * 1024 * 1024
    assert took < 2.0


async def test_a_line_of_a_million_octets_is_taken() -> None:
    """No line is too long for us; what goes out is built anew."""
    door = RememberingDoor()
    async with listening(door, trusted_hosts=LOOPBACK) as listener, client_of(listener) as client:
        await client.greet()
        await client.envelope()
        assert (await client.say(b"y" * 1_000_000 + b"\r\n.")).startswith("250 2.0.0")
    assert door.messages[0].content == b"y" * 1_000_000 + b"\r\n"
