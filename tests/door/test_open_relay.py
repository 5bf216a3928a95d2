"""Nobody relays through us (A05): every form of address that has ever opened a relay, through the whole daemon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.line import Line
from tests.unit.edge.smtp_door import Client

EXT, REL = b"ext.test", b"relay.test"
FORMS = [
    form.replace(b"EXT", EXT).replace(b"REL", REL)
    for form in (
        b"<u@EXT>", b"<u%EXT@REL>", b"<EXT!u@REL>", b"<u%EXT>", b"<EXT!u>", b"<EXT!REL!u>", b"<REL!EXT!u@REL>",
        b"<@REL:u@EXT>", b"<@REL,@EXT:u@EXT>", b"<@EXT:help@REL>", b"<@REL:help@REL>", b"<@:u@EXT>",
        b'<"u@EXT"@REL>', b'<"u%EXT"@REL>', b'<"EXT!u"@REL>', b'<"u@EXT">', b'<"help"@REL>', b'<"u\\@EXT"@REL>',
        b'<"help@REL"@EXT>', b"<u@EXT@REL>", b"<u@REL@EXT>", b"<help@REL@EXT>", b"<u%EXT%REL@REL>", b"<u@REL%EXT>",
        b"<u@[127.0.0.1]>", b"<help@[127.0.0.1]>", b"<u@[IPv6:::1]>", b"<help@127.0.0.1>", b"<u@localhost>",
        b"<help@REL.>", b"<help@.REL>", b"<help@sub.REL>", b"<help@REL.EXT>", b"<help@EXT.REL>", b"<help@xREL>",
        b"<u@EXT", b"u@REL>", b"u@EXT", b"<help@REL>x", b"<help@REL>,<v@EXT>", b"<help@REL>;<v@EXT>",
        b"<help@REL,v@EXT>", b"<help@REL v@EXT>", b"<help@REL\tv@EXT>", b"<help@REL> <v@EXT>",
        b'<""@REL>', b'<" "@REL>', b"<|cmd@REL>", b"</etc/passwd@REL>", b"<-froot@REL>", b"<a(c)@REL>", b"<(c)help@REL>",
        b"<=?utf-8?q?u=40EXT?=@REL>", b"<=?utf-8?q?v=40EXT=3e=20?=@REL>", b"<a\x00@REL>", b"<u@EXT\x00@REL>", b"<a\rb@REL>",
        b"<u@EXT\r>", b"<h\xc3\xa9lp@REL>", b"<h\xe9lp@REL>", b"<help\xef\xbc\xa0REL>", b"<help@r\xc3\xa9lay.test>",
        b"<help@\xef\xbd\x92elay.test>", b"<>", b"<@>", b"<help>", b"<help@>", b"<@REL>", b"<<help@REL>>", b"Help <help@REL>",
        b"<mailto:help@REL>", b"<SMTP:u@EXT>", b"<u+EXT=v@REL>", b"<u=EXT@REL>", b"<prvs=0123456789=u@EXT>",
        b"<SRS0=aB+c=1D=EXT=u@REL>", b"<#u@EXT@REL>", b"<u.EXT@REL>", b"<u_at_EXT@REL>", b"<*@REL>", b"<%@REL>", b"<!@REL>",
        b"<root>", b"<mailer-daemon@REL>", b"<relay@REL>",
    )
]  # fmt: skip
OURS = [b"<help@REL>", b"<postmaster@REL>", b"<postmaster>", b"<abuse@REL>", b"<HELP@Relay.Test>"]
REFUSALS = {
    "550 5.1.1 No such recipient here",
    "555 5.5.4 Parameter not offered here",
    "500 5.5.2 Command line must end with CRLF and hold no CR, LF or NUL",
}


async def test_no_form_of_address_opens_a_relay(tmp_path: Path) -> None:
    """Each is refused for good, within 50 ms, as a recipient of its own and beside one that is taken."""
    async with Line(tmp_path / "line") as line:
        host = line.daemon.doors.listener.addresses[0].rpartition(":")[0]
        slowest = 0.0
        for path in FORMS:
            async with Client.to(host, line.port) as client:
                await client.greet()
                await client.say("MAIL FROM:<evil@b.test>")
                began = time.perf_counter()
                reply = await client.say(b"RCPT TO:" + path)
                slowest = max(slowest, time.perf_counter() - began)
                assert reply in REFUSALS, f"{path!r}: {reply}"
                assert (await client.say("DATA")).startswith("503")
        assert slowest < 0.05
        await line.quiet()
        assert line.sink.captured == []


@pytest.mark.parametrize("path", OURS)
async def test_what_is_ours_is_taken(path: bytes, tmp_path: Path) -> None:
    """The same conversation ends with 250 for an address that is there: the refusals above mean something."""
    async with Line(tmp_path / "line") as line, Client.to("127.0.0.1", line.port) as client:
        await client.greet()
        await client.say("MAIL FROM:<evil@b.test>")
        assert await client.say(b"RCPT TO:" + path.replace(b"REL", REL)) == "250 2.1.5 OK"
