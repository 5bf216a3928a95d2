"""The watch over all tests finds what is planted: it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import scrape, watch
from tests.support.line import Line

MESSAGE = (
    b"From: Sam Lee <sam.lee@mail.test>\r\nSubject: I cannot sleep at night\r\nMessage-ID: <771@mua.mail.test>\r\n"
    b"To: help@relay.test\r\n\r\nThey are after me.\r\n"
)


@pytest.fixture(autouse=True)
def _of_its_own() -> Iterator[None]:
    watch.begin()
    yield
    watch.begin()


@pytest.mark.parametrize(
    "leak",
    [
        '{"event":"message.received","reason":"sam.lee@mail.test"}',
        "Traceback: ValueError('SAM.LEE@MAIL.TEST')",
        "held: I cannot sleep at night",
        'relay_messages_total{id="<771@mua.mail.test>"} 1',
        "k3m8q2zt7w4xh9b5dn6v@mail.test",
        "no conversation has the alias K3M8Q2ZT7W4XH9B5DN6W",
    ],
)
def test_a_planted_leak_is_found_wherever_it_was_said(request: pytest.FixtureRequest, leak: str) -> None:
    """In the log, a traceback, a command's output, a metric."""
    aliases = ("k3m8q2zt7w4xh9b5dn6v@mail.test", "help+k3m8q2zt7w4xh9b5dn6w@relay.test")
    watch.written(("sam.lee@mail.test", *aliases), MESSAGE)
    assert watch.judge(request.node, [("Captured stderr call", '{"event":"message.received"}')]) == ""
    sentence = watch.judge(request.node, [("Captured stderr call", leak)])
    assert "leak(s) in what was logged" in sentence
    assert "sam.lee" not in sentence.lower()
    watch.heard(leak)
    assert watch.judge(request.node, [])


async def test_what_the_line_shows_of_itself_is_heard(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Figures and their labels, once the line stops; an address in one of them fails the test."""
    async with Line(tmp_path / "line", extra=scrape.METRICS_TOML.format(place="127.0.0.1:0")) as line:
        await line.seeker().writes("I cannot sleep.")
        await line.quiet()
        assert not watch.has_heard("relay_events_total")
        assert line.daemon.pulse.metrics is not None
        line.daemon.pulse.metrics.counters._settled.labels("held", "sam.lee@mail.test").inc()
    assert watch.has_heard('relay_events_total{event="message.received"} 1.0')
    assert "an address" in watch.judge(request.node, [])
    watch.begin()


def test_what_the_configuration_says_itself_is_no_leak(request: pytest.FixtureRequest) -> None:
    """An intake address stands in errors of the configuration."""
    watch.written(("help@relay.test",), b"From: <operator@ops.test>\r\n\r\nx\r\n")
    watch.heard("help@relay.test operator@ops.test")
    assert watch.judge(request.node, []) == ""


def test_a_file_that_holds_an_address_is_found(tmp_path: Path) -> None:
    """Whatever else is in it."""
    watch.written(("sam.lee@mail.test",), MESSAGE)
    (tmp_path / "relay.db").write_bytes(b"\0\xff" * 100)
    assert watch.leaks_in_files(tmp_path) == set()
    (tmp_path / "spool").write_bytes(b"\0\xffRCPT TO:<Sam.Lee@mail.test>\r\n")
    assert watch.leaks_in_files(tmp_path) == {"sam.lee@mail.test"}


def test_what_a_directory_has_published_may_lie_in_clear_and_not_be_said(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """That somebody was sent to the hub is theirs alone; that there is a hub is not."""
    watch.written((), b"From: <a@mail.test>\r\nSubject: Open Door Youth Hub\r\n\r\nx\r\n")
    (tmp_path / "relay.db").write_text('{"name":"Open Door Youth Hub"}')
    assert watch.leaks_in_files(tmp_path) == {"Open Door Youth Hub"}
    watch.published('{"name": "Open Door Youth Hub"}')
    assert watch.leaks_in_files(tmp_path) == set()
    watch.heard('{"event":"referral.sent","reason":"Open Door Youth Hub"}')
    assert watch.judge(request.node, [])
