"""What ``test_no_requests`` runs in a namespace: a daemon, its next hop, both people and 39 trackers each way.

usage: python -m tests.real.sealed_line FOLDER    Prints one JSON object with what went over the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path

from tests.leaks.rows_html import TRACKERS
from tests.leaks.who import Who
from tests.support.canaries import found, views
from tests.support.daemon import Daemon
from tests.support.wire import Contact, Wire, open_the_world

INTAKE = "help@relay.test"
SEEKER, COUNSELOR = Who("no-requests/seeker", INTAKE), Who("no-requests/counselor", INTAKE)
DELIVERY_S = 60.0
_ID = re.compile(rb"^Message-ID: <[^>]*>", re.MULTILINE)
RELAY_TOML = f"""
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"
[[intake]]
address = "{INTAKE}"
[workers]
processes = 1
"""
COUNSELORS_TOML = f"""
[[counselor]]
id = "c-1"
pseudonym = "Robin"
name = "{COUNSELOR.name}"
address = "{COUNSELOR.address}"
duty = ["always"]
capacity = 10
"""


def reach_out() -> set[Contact]:
    """What the wire shows of a look-up and of a connection: it would show them of the daemon too."""
    with Wire() as wire:
        with contextlib.suppress(OSError):
            socket.getaddrinfo(SEEKER.beacon, 80)
        for address in ("198.51.100.7", "2001:db8::7"):
            with contextlib.suppress(OSError):
                socket.create_connection((address, 80), timeout=2)
    return wire.contacts


async def converse(folder: Path) -> dict[str, object]:
    """Play it; what was delivered, and what of the trackers was in it."""
    async with Daemon(folder, RELAY_TOML, COUNSELORS_TOML) as daemon:
        async with daemon.connect() as door:
            await door.submit(SEEKER.address, [INTAKE], plain(SEEKER, INTAKE))
        request = await letter_for(daemon, COUNSELOR, 1)
        async with daemon.connect() as door:
            await door.submit(COUNSELOR.address, [alias_in(request)], plain(COUNSELOR, alias_in(request)))
        answer = await letter_for(daemon, SEEKER, 1)
        for who, alias in ((SEEKER, alias_in(answer)), (COUNSELOR, alias_in(request))):
            for number, case in enumerate(TRACKERS, 1):
                own_id = f"Message-ID: <{number}.{who.token}@mail.test>".encode()
                message = _ID.sub(own_id, case.build(replace(who, to=alias)), count=1)
                async with daemon.connect() as door:
                    reply = await door.submit(who.address, [alias], message)
                    assert reply.startswith("250"), reply
        await letter_for(daemon, COUNSELOR, 1 + len(TRACKERS))
        await letter_for(daemon, SEEKER, 1 + len(TRACKERS))
        letters = relayed(daemon, SEEKER) + relayed(daemon, COUNSELOR)
        octets = [view for message in letters for view in views(message)]
        return {
            "door": daemon.port,
            "next_hop": daemon.sink.port,
            "delivered": len(letters),
            "trackers_in_them": found((SEEKER.beacon, COUNSELOR.beacon), octets),
            "words_in_them": sum(
                SEEKER.says in str(m, "ascii") or COUNSELOR.says in str(m, "ascii") for m in letters
            ),
        }


def plain(who: Who, to: str) -> bytes:
    return f"From: {who.address}\r\nTo: {to}\r\nMessage-ID: <0.{who.token}@mail.test>\r\n\r\n{who.says}\r\n".encode()


def relayed(daemon: Daemon, who: Who) -> list[bytes]:
    mine = [one.message for one in daemon.sink.captured if one.recipient == who.address]
    return [message for message in mine if b"Auto-Submitted:" not in message.partition(b"\r\n\r\n")[0]]


def alias_in(message: bytes) -> str:
    return message.partition(b"<")[2].partition(b">")[0].decode()


async def letter_for(daemon: Daemon, who: Who, count: int) -> bytes:
    """Wait until this many letters of the other side have come; the first."""
    async with asyncio.timeout(DELIVERY_S):
        while len(relayed(daemon, who)) < count:
            await asyncio.sleep(0.02)
    return relayed(daemon, who)[0]


def main(folder: Path) -> None:
    open_the_world()
    control = reach_out()
    with Wire() as wire:
        report = asyncio.run(converse(folder))
    print(
        json.dumps(
            {**report, "control": sorted(control), "contacts": sorted(wire.contacts), "dropped": wire.dropped}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
