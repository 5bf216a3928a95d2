"""The doors: whether somebody answers at each place of ``smtp.listen``, and whether it is the relay."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from relay.config.fields import SYSTEMD
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning

ANSWER_S = 5.0
_OPEN, _BEHIND = "127.0.0.1:25", "127.0.0.1:8025"
"""Where the sockets of relay.socket are, as it comes and behind an MTA."""

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 (to be asked on this machine)


@dataclass(frozen=True, slots=True)
class Door:
    """``greeting``: its first line; ``None`` when nobody answers. ``has_tls``: whether STARTTLS is offered."""

    place: str
    greeting: str | None
    has_tls: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """``doors``: of those of systemd one is enough, for which port it is no file of ours says."""

    domain: str
    doors: tuple[Door, ...]
    by_systemd: tuple[Door, ...]
    wants_tls: bool


async def look(around: Around) -> list[Finding]:
    """Greet each of them, as whoever brings mail does."""
    smtp = around.settings.smtp
    named = [place for place in smtp.listen if place != SYSTEMD and not place.endswith(":0")]
    usual = (_OPEN, _BEHIND) if SYSTEMD in smtp.listen else ()
    found = await asyncio.gather(*(greet(place) for place in (*named, *usual)))
    return list(
        judge(
            Facts(
                around.settings.service.domain,
                tuple(found[: len(named)]),
                tuple(found[len(named) :]),
                smtp.tls_certificate is not None,
            )
        )
    )


async def greet(place: str) -> Door:
    """Say EHLO at ``host:port``, within five seconds."""
    host, _, port = place.rpartition(":")
    host = _ANYWHERE.get(host, host).strip("[]")
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(host, int(port), limit=4096)
            try:
                greeting = (await reader.readline()).decode("ascii", "replace").strip()
                writer.write(b"EHLO localhost\r\n")
                offers = [await reader.readline()]
                while offers[-1][3:4] == b"-":
                    offers.append(await reader.readline())
                writer.write(b"QUIT\r\n")
                return Door(place, greeting, any(b"STARTTLS" in each.upper() for each in offers))
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        return Door(place, None)


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing when the relay answers everywhere, with TLS where it has a certificate."""
    for door in facts.doors:
        yield from _judged(door, facts)
    ours = [door for door in facts.by_systemd if is_ours(door, facts.domain)]
    if facts.by_systemd and not ours:
        yield warning(
            "no relay answers on port 25 or 8025 of this machine, and smtp.listen says systemd",
            "mail for the line is not taken, or only at another port",
            "look at 'systemctl status relay.socket relay.service'; with another port than these all may be well",
        )
    for door in ours:
        yield from _judged(door, facts)
        if door.place == _OPEN and not facts.wants_tls:
            yield warning(
                "the relay answers on port 25 without STARTTLS",
                "mail from outside comes in clear",
                "give smtp.tls_certificate; behind an MTA let relay.socket listen on 127.0.0.1:8025 alone",
            )


def _judged(door: Door, facts: Facts) -> Iterator[Finding]:
    if door.greeting is None:
        yield critical(
            f"nobody answers at {door.place} of smtp.listen",
            "mail for the line is not taken now; mail servers bring it again for some days",
            "start the daemon ('relay run', or 'systemctl start relay'); 'journalctl -u relay' says why it stopped",
        )
    elif not is_ours(door, facts.domain):
        yield critical(
            f"another program than the relay of {facts.domain} answers at {door.place} of smtp.listen",
            "the relay cannot listen there, and mail for the line goes to that program",
            "give one of them another port: an MTA in front has port 25, and the relay 127.0.0.1:8025",
        )
    elif facts.wants_tls and not door.has_tls:
        yield warning(
            f"no STARTTLS is offered at {door.place}, and there is a certificate",
            "mail comes in clear",
            "restart the daemon, which was started before the certificate was there",
        )


def is_ours(door: Door, domain: str) -> bool:
    """Whether the relay of this domain is behind it."""
    return (door.greeting or "").lower().split() == ["220", domain, "esmtp"]
