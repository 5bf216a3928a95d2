"""Nobody speaks as a counselor without proof (B01), and nobody who has it is turned away.

The published list of espoofer (Chen, Paxson and Jiang, USENIX Security 2020: nineteen of its server and three of its
client cases), fifteen of our own, each under the attacker's envelope and under the counselor's; and what honest mail
systems send. The attacker has a domain with everything right: SPF names their host, their key signs.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.scenarios.test_proof import GOOD, THEIRS, ZONE, _key
from tests.support.line import FakeClock, Letter, Line, Person
from tests.support.nameserver import NameServer, Zone
from tests.unit.edge.smtp_door import Client

ANA, EVE = b"ana.ruiz@home.test", b"eve@attacker.test"
SHORT, LONG = _key(1024), _key(4096)
_SEED = Ed25519PrivateKey.generate()
ED = base64.b64encode(_SEED.private_bytes_raw())
NAMES: Zone = ZONE | {
    "home.test": {"TXT": ['"v=spf1 ip4:192.0.2.1 -all"']},
    "work.test": {"TXT": ['"v=spf1 ip4:127.0.0.1 -all"']},
    "bounce.work.test": {"TXT": ['"v=spf1 include:work.test -all"']},
    "attacker.test": {"TXT": ['"v=spf1 ip4:127.0.0.1 -all"']},
    "short._domainkey.home.test": {"TXT": [SHORT[1]]},
    "long._domainkey.home.test": {"TXT": [LONG[1]]},
    "s1._domainkey.mail.home.test": {"TXT": [GOOD[1]]},
    "ed._domainkey.home.test": {
        "TXT": [f'"v=DKIM1; k=ed25519; p={base64.b64encode(_SEED.public_key().public_bytes_raw()).decode()}"']
    },
}
OPEN_DOOR = "trusted_hosts = []\nmessages_per_minute_per_host = 100000\nmax_connections_per_host = 100"
LEVELS = """
[authentication]
counselor = "dmarc"

[dns]
servers = ["127.0.0.1:{}"]

[limits]
messages_per_hour_per_sender = 100000
conversation_messages_per_hour = 100000
"""


@asynccontextmanager
async def conversation(tmp_path: Path) -> AsyncIterator[tuple[Line, Person, Letter]]:
    """A seeker and a counselor who have each other's aliases; everybody else is a stranger to the door."""
    async with NameServer(NAMES) as names:
        line = Line(tmp_path / "line", smtp=OPEN_DOOR, extra=LEVELS.format(names.port),
                    clock=FakeClock(datetime.now(UTC)))  # fmt: skip
        async with line:
            sam = line.seeker()
            await sam.writes("I cannot sleep.")
            request = await line.ana.receives(automatic=False)
            await sam.receives(automatic=True)
            yield line, sam, request


def letter(head: bytes, text: str, alias: str, *, more: bytes = b"") -> bytes:
    """``head``: whatever says who wrote it."""
    rest = (
        f"To: {alias}\r\nSubject: Re: A question\r\nDate: Mon, 23 Nov 2026 13:00:00 +0000\r\n"
        f"Message-ID: <{abs(hash(text))}@mua.test>\r\n"
    )
    return head + b"\r\n" + rest.encode() + more + b"\r\n" + text.encode() + b"\r\n"


def signed(message: bytes, domain: bytes = b"home.test", key: bytes = GOOD[0], selector: bytes = b"s1",
           names: bytes = b"from:to:subject:date:message-id", **how: object) -> bytes:  # fmt: skip
    settings: dict[str, object] = {"canonicalize": (b"relaxed", b"relaxed")} | how
    return bytes(
        dkim.sign(message, selector, domain, key, include_headers=names.split(b":"), **settings)
    ) + message  # fmt: skip


async def submit(line: Line, path: bytes, alias: str, message: bytes) -> str:
    """Everything raw; the last reply."""
    async with Client.to("127.0.0.1", line.port) as client:
        await client.greet()
        reply = await client.say(b"MAIL FROM:" + path)
        for command in (f"RCPT TO:<{alias}>", "DATA"):
            if reply[:1] in "45":
                return reply
            reply = await client.say(command)
        stuffed = message.replace(b"\r\n.", b"\r\n..")
        return await client.say(stuffed + b"\r\n.")


FROM_ANA, FROM_EVE = b"From: Ana Ruiz <" + ANA + b">", b"From: Eve <" + EVE + b">"
HEADS: dict[str, bytes] = {
    "server_a8 two From": FROM_ANA + b"\r\n" + FROM_EVE,
    "server_a9 a space before the first From": b" " + FROM_ANA + b"\r\n" + FROM_EVE,
    "server_a10 a space before the colon": b"From : <" + ANA + b">\r\n" + FROM_EVE,
    "server_a11 a fold before the colon": b"From\r\n : <" + ANA + b">\r\n" + FROM_EVE,
    "server_a12 no From, a Sender": b"Sender: <" + ANA + b">",
    "server_a13 no From, a Resent-From": b"Resent-From: <" + ANA + b">",
    "server_a14 two addresses": b"From: <" + EVE + b">, <" + ANA + b">",
    "server_a15 one encoded": b"From: =?utf-8?B?" + base64.b64encode(b"<" + ANA + b">") + b"?=, <" + EVE + b">",
    "server_a16 a route": b"From: <@attacker.test,@any.test:" + ANA + b">",
    "server_a17 a quoted pair": b"From: <" + ANA + b">\\, <" + EVE + b">",
    "server_a18 without a blank": b"From: " + ANA + b",<" + EVE + b">",
    "server_a19 an address behind one": b"From: <" + ANA + b">" + EVE,
    "client_a1 two From the other way": FROM_EVE + b"\r\n" + FROM_ANA,
    "client_a2 two addresses the other way": b"From: <" + ANA + b">, <" + EVE + b">",
    "client_a3 another From than the envelope": FROM_ANA,
    "own a group": b"From: us: " + ANA + b";",
    "own an empty From": b"From:\r\nReply-To: " + ANA,
    "own a thousand addresses": b"From: " + b", ".join([EVE] * 999 + [ANA]),
    "own an encoded local part": b"From: =?utf-8?q?ana=2Eruiz?=@home.test",
    "own marks of direction in the name": "From: \u202e<ana.ruiz@home.test>\u202c <eve@attacker.test>".encode(),
    "own a NUL in the name of a field": b"Fr\0om: <" + EVE + b">\r\n" + FROM_ANA,
    "own a bare CR in From": b"From: <" + EVE + b">\r <" + ANA + b">",
    "own octets beyond ASCII": b"From: \xe9 <" + ANA + b">",
    "own a line without a colon": b"no colon here\r\n" + FROM_ANA + b"\r\n" + FROM_EVE,
    "own folded at every octet": b"From: " + b"\r\n ".join(bytes((each,)) for each in b"<" + ANA + b">"),
    "own a line of mbox": b"From " + ANA + b" Mon Nov 23\r\n" + FROM_EVE,
}  # fmt: skip
PATHS: dict[str, bytes] = {
    "server_a1 a subdomain that is not there": b"<any@mailfrom.home.test>",
    "server_a2 a comment in an empty path": b"<(ana.ruiz@home.test>",
    "server_a5 a parenthesis": b"<any@attacker.test(.home.test>",
    "server_a6 a quote": b"<any@attacker.test'@any.home.test>",
    "server_a7 a route": b"<@home.test,@any.attacker.test:'any@home.test>",
}  # fmt: skip
SIGNATURES: dict[str, Callable[[bytes], bytes]] = {
    "server_a3 a NUL in the selector": lambda m: (
        signed(m, b"home.test", THEIRS[0]).replace(b"s=s1;", b"s=s1._domainkey.attacker.test\0.any;")
    ),
    "server_a4 a quote in the domain": lambda m: signed(m, b"home.test'a.attacker.test", THEIRS[0]),
}  # fmt: skip
ADDED = {
    "own a second Content-Type": b"Content-Type: text/html\r\nContent-Type: text/plain\r\n",
    "own a second To": b"To: friend@else.test\r\n",
    "own a second Subject": b"Subject: Send money\r\n",
    "own a second Message-ID": b"Message-ID: <again@mua.test>\r\n",
}
"""Put above a letter that the counselor has signed for this very alias."""


def by_attacker(message: bytes) -> bytes:
    """With the attacker's signature, where there is a header that can be signed."""
    with suppress(dkim.DKIMException, IndexError):
        return signed(message, b"attacker.test", THEIRS[0])
    return message


def attacks(alias: str) -> list[tuple[str, bytes, bytes]]:
    """What each is called, its MAIL FROM, and its message."""
    found = [
        (name, b"<" + path + b">", by_attacker(letter(head, f"SPOOF {name}", alias)))
        for name, head in HEADS.items()
        for path in (EVE, ANA)
    ]
    for name, path in PATHS.items():
        found.append((name, path, letter(FROM_ANA, f"SPOOF {name}", alias)))
    for name, sign in SIGNATURES.items():
        found.append((name, b"<" + ANA + b">", sign(letter(FROM_ANA, f"SPOOF {name}", alias))))
    for name, above in ADDED.items():
        found.append((name, b"<" + EVE + b">", above + signed(letter(FROM_ANA, f"SPOOF {name}", alias))))
    return found


async def test_nobody_is_taken_for_the_counselor(tmp_path: Path) -> None:
    """22 published and 15 own: refused at the door, or held; not one reaches the seeker, and none is lost."""
    names = {*HEADS, *PATHS, *SIGNATURES, *ADDED}
    assert len([name for name in names if not name.startswith("own")]) == 22
    assert len([name for name in names if name.startswith("own")]) == 15
    async with conversation(tmp_path) as (line, sam, request):
        taken = 0
        for name, path, message in attacks(request.from_address):
            reply = await submit(line, path, request.from_address, message)
            assert reply[:1] in "25", f"{name}: {reply}"
            taken += reply.startswith("250")
        await line.quiet()
        assert [each["Subject"] for each in sam.mailbox if "SPOOF" in each.text] == []
        assert len(await line.daemon.store.held()) == taken
        print(
            f"  {len(names)} cases, {len(attacks('a@relay.test'))} letters: 0 accepted, {taken} held, the others refused"
        )


HTML = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b1"\r\n',
    "--b1\r\nContent-Type: text/plain\r\n\r\n{}\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>{}</p>\r\n--b1--\r\n",
)
PLAIN_8BIT = (
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
)
FROM_WORK = b"From: Ana <aruiz@work.test>"
SES = b"bounces-7@ses.test"


def canonical(how: str) -> Callable[[bytes], bytes]:
    head, _, body = how.encode().partition(b"/")
    return lambda message: signed(message, canonicalize=(head, body))


def naming(names: bytes) -> Callable[[bytes], bytes]:
    return lambda message: signed(message, names=names)


def twice(first: Callable[[bytes], bytes], second: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Both signatures over the same message, the second one's on top."""
    return lambda m: second(m).removesuffix(m) + first(m)


def of_another(message: bytes) -> bytes:
    return signed(message, b"attacker.test", THEIRS[0])


def without_key(message: bytes) -> bytes:
    return signed(message, selector=b"gone")


HONEST: dict[str, dict[str, object]] = {
    "Gmail": {"sign": naming(b"mime-version:from:date:message-id:subject:to")},
    "Outlook, which signs no To": {"sign": naming(b"from:date:subject:message-id:content-type:mime-version")},
    "Proton": {"sign": naming(b"date:to:from:subject:in-reply-to:references")},
    "iCloud": {"sign": naming(b"from:content-type:mime-version:subject:message-id:date:to")},
    "Yahoo": {"sign": naming(b"date:from:to:subject:references")},
    "GMX": {"sign": naming(b"mime-version:message-id:from:to:subject:content-type:date:importance")},
    "Fastmail, two signatures": {"sign": twice(signed, of_another)},
    "over-signed": {"sign": naming(b"from:from:to:to:subject:subject:date:date:reply-to")},
    "simple/simple": {"sign": canonical("simple/simple")},
    "simple/relaxed": {"sign": canonical("simple/relaxed")},
    "relaxed/simple": {"sign": canonical("relaxed/simple")},
    "a signature of a sub-domain": {"sign": lambda m: signed(m, b"mail.home.test")},
    "a key of 1024 bits": {"sign": lambda m: signed(m, selector=b"short", key=SHORT[0])},
    "a key of 4096 bits": {"sign": lambda m: signed(m, selector=b"long", key=LONG[0])},
    "Ed25519": {"sign": lambda m: signed(m, selector=b"ed", key=ED, signature_algorithm=b"ed25519-sha256")},
    "a bad signature above a good one": {"sign": twice(signed, without_key)},
    "the fifth of five is good": {
        "sign": twice(signed, twice(without_key, twice(without_key, twice(without_key, without_key))))
    },
    "an own domain with SPF only": {"head": FROM_WORK, "path": b"aruiz@work.test", "sign": None},
    "SPF of a sub-domain": {"head": FROM_WORK, "path": b"b-17@bounce.work.test", "sign": None},
    "BATV with SPF": {"head": FROM_WORK, "path": b"prvs=0123456789=aruiz@work.test", "sign": None},
    "BATV": {"path": b"prvs=0123456789=ana.ruiz@home.test"},
    "forwarded with SRS": {"path": b"SRS0=aB1c=2D=home.test=ana.ruiz@forwarder.test"},
    "forwarded twice with SRS": {"path": b"SRS1=xY=forwarder.test==aB1c=2D=home.test=ana.ruiz@second.test"},
    "VERP": {"path": b"bounce+ana.ruiz=home.test@list.test"},
    "a sending service": {"path": SES},
    "capitals in the address": {"head": b"From: Ana <Ana.Ruiz@Home.Test>"},
    "a bare address": {"head": b"From: ana.ruiz@home.test"},
    "a quoted name with a comma": {"head": b'From: "Ruiz, Ana" <ana.ruiz@home.test>'},
    "an encoded name": {"head": b"From: =?utf-8?b?QW5hIFJ1w616?= <ana.ruiz@home.test>"},
    "a comment": {"head": b"From: ana.ruiz@home.test (Ana Ruiz)"},
    "a folded From": {"head": b"From: Ana Ruiz\r\n <ana.ruiz@home.test>"},
    "8 bit": {"more": PLAIN_8BIT, "body": "{} \u00dcber alles gut."},
    "text and HTML": {"more": HTML[0], "body": HTML[1]},
    "results of another host": {"more": b"Authentication-Results: mx.home.test; dmarc=fail header.from=home.test\r\n"},
    "ARC": {"more": b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=forwarder.test; s=x; t=1; b=AAAA\r\n"},
    "a name in To": {"to": "Maple Heron <{}>"},
    "the alias in a signed Cc": {
        "to": "ana.ruiz@home.test", "cc": True, "sign": naming(b"from:to:cc:subject:date:message-id"),
    },
}  # fmt: skip


def honest(name: str, alias: str) -> tuple[bytes, bytes]:
    """MAIL FROM and the letter of one shape."""
    shape = HONEST[name]
    to, body = str(shape.get("to", "{}")).replace("{}", alias), str(shape.get("body", "{}"))
    more = shape.get("more", b"")
    assert isinstance(more, bytes)
    if shape.get("cc"):
        more += f"Cc: {alias}\r\n".encode()
    head, path, sign = shape.get("head", FROM_ANA), shape.get("path", ANA), shape.get("sign", signed)
    assert isinstance(head, bytes)
    assert isinstance(path, bytes)
    message = letter(head, body.replace("{}", f"Honest: {name}."), to, more=more)
    return b"<" + path + b">", sign(message) if callable(sign) else message


async def test_every_honest_shape_is_passed_on(tmp_path: Path) -> None:
    """37 shapes of what mail systems really send: none has to be asked about."""
    assert len(HONEST) == 37
    async with conversation(tmp_path) as (line, sam, request):
        for name in HONEST:
            path, message = honest(name, request.from_address)
            assert (await submit(line, path, request.from_address, message)).startswith("250"), name
            await line.quiet()
        arrived = " ".join(" ".join(each.text.split()) for each in sam.mailbox)
        assert [name for name in HONEST if f"Honest: {name}." not in arrived] == []
        assert await line.daemon.store.held() == ()


async def test_the_same_shapes_without_their_proof_are_not(tmp_path: Path) -> None:
    """The test above means something: unsigned, and from a host that no domain names, each is held."""
    async with conversation(tmp_path) as (line, sam, request):
        before = len(sam.mailbox)
        for name in HONEST:
            _, message = honest(name, request.from_address)
            unsigned = message[message.index(b"From: ") :].replace(b"aruiz@work.test", ANA)
            assert (await submit(line, b"<" + ANA + b">", request.from_address, unsigned)).startswith(
                "250"
            ), name
        await line.quiet()
        assert len(sam.mailbox) == before
        assert {each.reason for each in await line.daemon.store.held()} == {"unproven"}
        assert len(await line.daemon.store.held()) == len(HONEST)
