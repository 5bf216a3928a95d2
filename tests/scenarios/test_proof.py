"""Who may speak through an alias where the operator asks for proof: real signatures, a name server of our own."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dkim  # type: ignore[import-untyped]
import pytest

from tests.support.line import FakeClock, Letter, Line, Person
from tests.support.nameserver import NameServer, Zone

SIGNED = (b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to")


def _key(bits: int) -> tuple[bytes, str]:
    """A private key, and its record."""
    pem = subprocess.run(
        ["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True
    ).stdout  # fmt: skip
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True, capture_output=True
    ).stdout
    record = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()
    return pem, " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))


GOOD, WEAK, THEIRS = _key(2048), _key(768), _key(2048)
ZONE: Zone = {
    "s1._domainkey.home.test": {"TXT": [GOOD[1]]},
    "weak._domainkey.home.test": {"TXT": [WEAK[1]]},
    "trying._domainkey.home.test": {"TXT": [GOOD[1].replace("k=rsa;", "k=rsa; t=y;")]},
    "s1._domainkey.attacker.test": {"TXT": [THEIRS[1]]},
    "_dmarc.home.test": {"TXT": ['"v=DMARC1; p=reject"']},
    "_dmarc.bank.test": {"TXT": ['"v=DMARC1; p=reject"']},
    "s1._domainkey.mail.test": {"TXT": [GOOD[1]]},
}


@asynccontextmanager
async def proving(tmp_path: Path, levels: str) -> AsyncIterator[tuple[Line, NameServer]]:
    async with NameServer(dict(ZONE)) as names:
        extra = f'\n[authentication]\n{levels}\n\n[dns]\nservers = ["127.0.0.1:{names.port}"]\n'
        # dkimpy signs with the time that the machine has
        async with Line(tmp_path / "line", extra=extra, clock=FakeClock(datetime.now(UTC))) as line:
            yield line, names


def reply(
    to: Letter, text: str, *, author: str = "Ana Ruiz <ana.ruiz@home.test>", number: int = 1, more: str = ""
) -> bytes:
    return (
        (
            f"From: {author}\nTo: {to.from_address}\nSubject: Re: {to['Subject']}\n{more}"
            f"Date: Mon, 23 Nov 2026 13:00:00 +0100\nMessage-ID: <{number}@mua.home.test>\n"
            f"In-Reply-To: {to['Message-ID']}\n\n{text}\n"
        )
        .replace("\n", "\r\n")
        .encode()
    )


def signed(message: bytes, **how: object) -> bytes:
    settings: dict[str, object] = {
        "selector": b"s1", "domain": b"home.test", "privkey": GOOD[0], "include_headers": list(SIGNED),
        "canonicalize": (b"relaxed", b"relaxed"),
    } | how  # fmt: skip
    return bytes(dkim.sign(message, **settings)) + message


async def _request(line: Line) -> tuple[Person, Letter]:
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives()
    await sam.receives(automatic=True)
    return sam, request


async def _is_held_and_asked(line: Line, sam: Person) -> Letter:
    """Nothing reaches the seeker; the counselor is asked at the registered address."""
    asked = await line.ana.receives(automatic=True)
    assert "SEND" in asked.text
    await sam.receives_nothing()
    return asked


async def test_a_reply_with_an_aligned_signature_is_passed_on(tmp_path: Path) -> None:
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, names):
        sam, request = await _request(line)
        await line.submit("bounce@list.test", [request.from_address], signed(reply(request, "I am here.")))
        assert "I am here." in (await sam.receives()).text
        assert "s1._domainkey.home.test" in names.asked


async def test_what_lacks_proof_waits_until_the_counselor_says_that_it_was_them(tmp_path: Path) -> None:
    """The answer to the notice lets it go; the same words sent once more do not, for a stranger could send them.

    RFC 7489 §3.1.
    """
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        await line.submit("ana.ruiz@home.test", [request.from_address], reply(request, "I am here."))
        asked = await _is_held_and_asked(line, sam)
        await line.submit(
            "ana.ruiz@home.test", [request.from_address], reply(request, "I am here.", number=2)
        )
        await _is_held_and_asked(line, sam)
        await line.ana.writes("SEND", asked.from_address, reply_to=asked)
        assert "I am here." in (await sam.receives()).text
        await sam.receives_nothing()


FORGED = {
    "of another domain": lambda m: signed(m, domain=b"attacker.test", privkey=THEIRS[0]),
    "with another key": lambda m: signed(m, privkey=THEIRS[0]),
    "over part of the body": lambda m: signed(m, length=True) + b"and more\r\n",
    "changed after signing": lambda m: signed(m).replace(b"I am here.", b"Call me at"),
    "with another subject": lambda m: signed(m).replace(b"Subject: Re:", b"Subject: Oh:"),
    "with a weak key": lambda m: signed(m, selector=b"weak", privkey=WEAK[0]),
    "with a key on trial": lambda m: signed(m, selector=b"trying"),
    "that leaves the subject open": lambda m: signed(m, include_headers=[b"from", b"date"]),
    "with a key that is not there": lambda m: signed(m, selector=b"gone"),
    "with a second From above": lambda m: b"From: Ana <ana.ruiz@home.test>\r\n" + signed(m),
    "with a From and a space": lambda m: b"From : Ana <ana.ruiz@home.test>\r\n" + signed(m),
    "by somebody's results": lambda m: (
        b"Authentication-Results: mx.test; dmarc=pass header.from=home.test\r\n" + m
    ),
}


@pytest.mark.parametrize("name", sorted(FORGED))
async def test_a_signature_is_no_proof(name: str, tmp_path: Path) -> None:
    """Held, whatever looks like proof; a stranger learns nothing, for the door has said 250."""
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        forged = FORGED[name](reply(request, "I am here."))
        await line.submit("ana.ruiz@home.test", [request.from_address], forged)
        await line.quiet()
        await sam.receives_nothing()
        assert len(await line.daemon.store.held()) == 1


@pytest.mark.parametrize(
    ("author", "domain", "key"),
    [("eve@attacker.test", b"attacker.test", THEIRS), ("eve@home.test", b"home.test", GOOD)],
    ids=["of a domain of their own", "at the counselor's provider"],
)
async def test_proof_of_somebody_else_does_not_vouch_for_a_forged_envelope(
    author: str, domain: bytes, key: tuple[bytes, str], tmp_path: Path
) -> None:
    """A good signature of the From that is shown, under the counselor's reverse-path: two people, so no proof."""
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        forged = signed(reply(request, "I am here.", author=author), domain=domain, privkey=key[0])
        await line.submit("ana.ruiz@home.test", [request.from_address], forged)
        await _is_held_and_asked(line, sam)
        assert [each.reason for each in await line.daemon.store.held()] == ["unproven"]


@pytest.mark.parametrize("added", ["", "Cc: {}\r\n", "To: {}\r\n"])
async def test_a_letter_that_was_signed_to_somebody_else_is_no_proof_here(added: str, tmp_path: Path) -> None:
    """Whoever received it from the counselor could send it on to an alias, with the signature intact."""
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        captured = reply(request, "See you at six.").replace(
            request.from_address.encode(), b"friend@else.test"
        )
        message = added.format(request.from_address).encode() + signed(captured)
        await line.submit("x@list.test", [request.from_address], message)
        await line.quiet()
        await sam.receives_nothing()
        assert [each.reason for each in await line.daemon.store.held()] == ["unproven"]


async def test_a_signature_is_good_for_one_alias(tmp_path: Path) -> None:
    """Captured and sent to another conversation it proves nothing."""
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        message = signed(reply(request, "I am here."))
        await line.submit("x@list.test", [request.from_address], message)
        assert "I am here." in (await sam.receives()).text
        eve = line.seeker("eve@mail.test", "Eve Moss")
        await eve.writes("Let me in.")
        other = await line.ana.receives()
        await eve.receives(automatic=True)
        await line.submit("x@list.test", [other.from_address], message)
        await line.quiet()
        await eve.receives_nothing()
        assert len(await line.daemon.store.held()) == 1


async def test_a_signature_is_good_for_a_week(tmp_path: Path) -> None:
    """What is older is somebody sending it again."""
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, _):
        sam, request = await _request(line)
        message = signed(reply(request, "I am here."))
        await line.clock.move(timedelta(days=8))
        await line.submit("x@list.test", [request.from_address], message)
        await line.quiet()
        await sam.receives_nothing()
        assert len(await line.daemon.store.held()) == 1


async def test_a_name_server_that_is_silent_proves_nothing_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.edge.dns.QUESTION_S", 0.3)
    async with proving(tmp_path, 'counselor = "dmarc"') as (line, names):
        sam, request = await _request(line)
        names.is_silent = True
        await line.submit("x@list.test", [request.from_address], signed(reply(request, "I am here.")))
        asked = await _is_held_and_asked(line, sam)
        await line.ana.writes("SEND", asked.from_address, reply_to=asked)
        assert "I am here." in (await sam.receives()).text


async def test_the_results_of_our_own_host_count_under_our_name_alone(tmp_path: Path) -> None:
    """RFC 8601 §2.2, §5."""
    async with proving(tmp_path, 'counselor = "dmarc"\nauthserv_id = "mx.relay.test"') as (line, _):
        sam, request = await _request(line)
        said = "Authentication-Results: {}; dmarc={} header.from=home.test\n"
        for number, (name, verdict) in enumerate([("mx.relay.test", "pass"), ("mx.relay.test.evil", "pass")]):
            message = reply(request, f"Letter {number}.", number=number, more=said.format(name, verdict))
            await line.submit("ana.ruiz@home.test", [request.from_address], message)
            await line.quiet()
        assert "Letter 0." in (await sam.receives()).text
        await sam.receives_nothing()


@pytest.mark.parametrize(
    ("author", "is_signed", "line_says"),
    [
        ("sam.lee@mail.test", True, "confirms that this message is theirs"),
        ("sam.lee@mail.test", False, "offers no proof"),
        ("sam.lee@bank.test", False, "is not theirs"),
    ],
)
async def test_a_counselor_is_shown_whether_a_seekers_domain_vouches(
    author: str, is_signed: bool, line_says: str, tmp_path: Path
) -> None:
    """At "report" everything passes."""
    async with proving(tmp_path, 'seeker = "report"') as (line, _):
        message = (
            f"From: Sam Lee <{author}>\r\nTo: help@relay.test\r\nSubject: Hello\r\nDate: Mon, 23 Nov 2026 12:00:00 "
            f"+0000\r\nMessage-ID: <1@mua>\r\n\r\nI cannot sleep.\r\n"
        ).encode()
        if is_signed:
            message = signed(message, domain=b"mail.test")
        await line.submit(author, ["help@relay.test"], message)
        text = (await line.ana.receives()).text
        assert "I cannot sleep." in text
        assert line_says in " ".join(text.split())


async def test_what_a_seekers_domain_disowns_is_held_where_that_is_asked(tmp_path: Path) -> None:
    """RFC 7489 §6.3: its policy."""
    async with proving(tmp_path, 'seeker = "enforce"') as (line, _):
        await line.seeker("sam.lee@bank.test").writes("I cannot sleep.")
        await line.quiet()
        await line.ana.receives_nothing()
        assert [each.reason for each in await line.daemon.store.held()] == ["unproven"]
        await line.seeker("sam.lee@mail.test").writes("Neither can I.")
        assert "Neither can I." in (await line.ana.receives()).text


async def test_nobody_is_asked_where_no_level_asks(tmp_path: Path) -> None:
    async with proving(tmp_path, 'counselor = "alias"\nseeker = "off"') as (line, names):
        sam, request = await _request(line)
        await line.submit("ana.ruiz@home.test", [request.from_address], signed(reply(request, "I am here.")))
        assert "I am here." in (await sam.receives()).text
        assert names.asked == []
