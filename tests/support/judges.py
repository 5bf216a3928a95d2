"""Judges of DKIM signatures that share no code with each other: Perl's Mail::DKIM, dkimpy and rspamd.

Each asks a ``NameServer`` of the test for the keys and says, for each signature, what it thinks of it.
A judge that is not installed fails the test.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request

import dkim

from tests.support.nameserver import Zone

_PERL = r"""
use strict; use warnings; use Mail::DKIM::Verifier; use Net::DNS::Resolver;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $ARGV[0], udp_timeout => 5));
my $judge = Mail::DKIM::Verifier->new();
binmode STDIN; local $/; $judge->PRINT(<STDIN>); $judge->CLOSE;
print join("\n", map { $_->selector . "=" . $_->result } $judge->signatures), "\n";
"""


async def mail_dkim(message: bytes, port: int) -> dict[str, str]:
    """Mail::DKIM's result for each selector: ``pass``, ``fail``, ``invalid``. Debian 12's knows RSA alone."""
    process = await asyncio.create_subprocess_exec(
        "perl", "-e", _PERL, str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        said, complaint = await process.communicate(message)
    assert process.returncode == 0, complaint.decode()
    return dict(line.split("=", 1) for line in said.decode().split())


def dkimpy(message: bytes, zone: Zone) -> list[bool]:
    """dkimpy's verdict on each signature, the topmost first."""

    def text(name: bytes | str, timeout: float = 5) -> bytes:
        name = name.decode() if isinstance(name, bytes) else name
        strings = zone.get(name.rstrip("."), {}).get("TXT", [""])[0]
        return "".join(strings.strip('"').split('" "')).encode()

    def verdict(place: int) -> bool:
        try:
            return bool(dkim.DKIM(message).verify(idx=place, dnsfunc=text))
        except dkim.ValidationError:  # it returns False, or raises when the hash of the body is wrong
            return False

    count = message.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [verdict(place) for place in range(count)]


def rspamd(message: bytes, url: str) -> set[str]:
    """The selectors whose signatures rspamd finds valid."""
    request = urllib.request.Request(f"{url}/checkv2", data=message)
    with urllib.request.urlopen(request, timeout=30) as answer:
        symbols = json.load(answer)["symbols"]
    allowed = symbols.get("R_DKIM_ALLOW", {}).get("options", [])
    return {option.partition(":")[2].removeprefix("s=").split(":")[0] for option in allowed}
