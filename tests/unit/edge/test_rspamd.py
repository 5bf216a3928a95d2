"""What we ask a spam filter, what we make of its answers, and that its trouble is not ours."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from relay.domain.addresses import ReversePath
from relay.domain.standing import Verdict
from relay.edge.rspamd import MAX_ANSWER_OCTETS, REST_S, Rspamd, RspamdSettings
from relay.log import configure

PATH = ReversePath("canary@mail.test")
MESSAGE = b"Subject: x\r\n\r\nhello\r\n"


class Filter:
    """Speaks just enough HTTP: says ``answer`` to each request, octet for octet."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self.pause_s = 0.0
        self.tasks: list[asyncio.Task[Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.append(task)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")).split()[
                1
            ]
        )
        self.asked.append(head + await reader.readexactly(length))
        try:
            await asyncio.sleep(self.pause_s)
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def action(name: str) -> bytes:
    return ok(json.dumps({"action": name, "score": 3.0, "symbols": {}}).encode())


@asynccontextmanager
async def asking(
    one: Filter, now_s: Callable[[], float] = time.monotonic, **settings: Any
) -> AsyncIterator[Rspamd]:
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rspamd = Rspamd(
        RspamdSettings(**{"url": f"http://127.0.0.1:{port}", "time_limit_s": 1.0} | settings), now_s
    )
    try:
        yield rspamd
    finally:
        await rspamd.close()
        for task in one.tasks:
            task.cancel()
        if one.tasks:
            await asyncio.wait(one.tasks)
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("no action", Verdict.PASS),
        ("greylist", Verdict.MARK),
        ("add header", Verdict.MARK),
        ("rewrite subject", Verdict.MARK),
        ("soft reject", Verdict.MARK),
        ("reject", Verdict.HOLD),
        ("quarantine", Verdict.PASS),
        ("", Verdict.PASS),
    ],
)
async def test_each_action_has_its_consequence(said: str, verdict: Verdict) -> None:
    """By a table; what stands in no table passes."""
    async with asking(Filter(action(said))) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is verdict


async def test_the_table_is_the_operators() -> None:
    """Whoever gets much spam may hold what is likely some."""
    async with asking(Filter(action("add header")), hold=("reject", "add header"), mark=()) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.HOLD
    async with asking(Filter(action("greylist")), mark=()) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.PASS


async def test_it_is_told_content_sender_and_intake_and_nothing_else() -> None:
    """No client's address or name, no alias; and it is asked to write nothing down."""
    one = Filter(action("no action"))
    async with asking(one) as rspamd:
        await rspamd.ask(MESSAGE, PATH, "help@relay.test")
        await rspamd.ask(MESSAGE, ReversePath(""), None)
    request, answer_to_alias = one.asked
    head, _, body = request.partition(b"\r\n\r\n")
    assert body == MESSAGE
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert names == {b"host", b"accept", b"accept-encoding", b"connection", b"user-agent", b"flags", b"content-length",
                     b"from", b"rcpt"}  # fmt: skip
    assert head.startswith(b"POST /checkv2 HTTP/1.1")
    for line in (b"From: canary@mail.test", b"Rcpt: help@relay.test", b"Flags: no_log", b"User-Agent: relay"):
        assert line.lower() in head.lower()
    assert b"\r\nrcpt:" not in answer_to_alias.lower()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 500 canary\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        ok(b"not json"),
        ok(b"[]"),
        ok(b"{}"),
        ok(b'{"action": 7}'),
        ok(b"\xff\xfe"),
        ok(b"[" * 100_000),
        ok(b'{"action": "no action", "x": "' + b"a" * MAX_ANSWER_OCTETS + b'"}'),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    ],
)
@pytest.mark.parametrize("when_away", [Verdict.PASS, Verdict.HOLD])
async def test_an_answer_that_is_none_decides_nothing(
    answer: bytes, when_away: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when it is away; the operator has chosen what then. Nothing of it is logged."""
    configure("debug")
    async with asking(Filter(answer), when_away=when_away) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is when_away
    said = capsys.readouterr().err
    assert '"event":"screening.failed"' in said
    assert "canary" not in said
    assert "127.0.0.1" not in said


async def test_a_slow_filter_costs_one_time_limit_and_then_nothing() -> None:
    """Half a minute of rest, and it is asked again."""
    one = Filter(action("reject"))
    one.pause_s = 5.0
    clock = [0.0]
    async with asking(one, lambda: clock[0], time_limit_s=0.2) as rspamd:
        began = time.perf_counter()
        assert [await rspamd.ask(MESSAGE, PATH, None) for _ in range(50)] == [Verdict.PASS] * 50
        assert time.perf_counter() - began < 1.0
        assert len(one.asked) == 1
        one.pause_s = 0.0
        clock[0] += REST_S
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.HOLD


async def test_nobody_there_and_a_large_message_pass(tmp_path: Path) -> None:
    """A closed port, a missing socket; and what is too large to be asked about."""
    for url in ("http://127.0.0.1:1", f"unix:{tmp_path}/none.sock"):
        rspamd = Rspamd(RspamdSettings(url=url))
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.PASS
        await rspamd.close()
    one = Filter(action("reject"))
    async with asking(one, max_bytes=10) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.PASS
    assert one.asked == []


async def test_the_library_logs_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    """It would write an address of ours for each message."""
    configure("debug")
    async with asking(Filter(action("no action"))) as rspamd:
        await rspamd.ask(MESSAGE, PATH, None)
    assert logging.getLogger("httpx").level > logging.CRITICAL
    assert capsys.readouterr().err == ""


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail never goes to a stranger because of a variable."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    one = Filter(action("reject"))
    async with asking(one) as rspamd:
        assert await rspamd.ask(MESSAGE, PATH, None) is Verdict.HOLD
