"""The next hop: whether it answers, is not the relay itself, and takes TLS and the login as they are configured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relay.config.machine import is_loopback
from relay.doctor import doors
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical
from relay.edge.smtp_out import NextHop
from relay.errors import NextHopError
from relay.parts import next_hop_settings


@dataclass(frozen=True, slots=True)
class Facts:
    """``cause``: why it could not be spoken to, empty when it could; ``code``: what it said then."""

    place: str
    cause: str = ""
    code: int | None = None


async def look(around: Around) -> list[Finding]:
    """Connect, encrypt and log in as for a delivery, and take leave."""
    section = around.settings.next_hop
    place = f"{section.host}:{section.port}"
    try:
        hop = NextHop(next_hop_settings(around.settings))
    except (OSError, UnicodeDecodeError):
        return list(judge(Facts(place, "files")))
    try:
        await hop.probe()
    except NextHopError as error:
        return list(judge(Facts(place, error.cause, error.code)))
    finally:
        await hop.close()
    if is_loopback(section.host) and section.tls != "implicit":
        door = await doors.greet(place)
        if doors.is_ours(door, around.settings.service.domain):
            return list(judge(Facts(place, "itself")))
    return []


_SAID = {
    "itself": ("is the relay itself: what it sends would come back to its own door",
               "name the port of your MTA; behind an MTA on port 25 the relay's own door is 127.0.0.1:8025 "
               "('systemctl edit relay.socket')"),
    "files": ("cannot be spoken to: next_hop.password_file or ca_file cannot be read",
              "let this user read them; the password stands in the first line"),
    "connect": ("cannot be reached", "start it; look at next_hop.host and port, and at a firewall or IPAddressAllow="),
    "timeout": ("does not answer in time", "look at next_hop.host and port, and at a firewall between"),
    "closed": ("closes the connection", "look into its log: it may not let this machine in"),
    "greeting": ("does not take mail now", "look into its log"),
    "ehlo": ("does not say what it can do", "see whether it is a mail server that stands there"),
    "tls": ("offers no TLS with a certificate that is valid for its name",
            "look at next_hop.tls, port and ca_file; name it as its certificate does, and renew that if it has ended"),
    "auth": ("does not take the login", "look at next_hop.username and password_file; some providers want a "
             "password for programs"),
}  # fmt: skip


def judge(facts: Facts) -> Iterator[Finding]:
    """One finding, or nothing."""
    if facts.cause:
        what, remedy = _SAID.get(facts.cause, ("does not speak SMTP as it should", "see what stands there"))
        code = f" (it says {facts.code})" if facts.code else ""
        yield critical(
            f"the next hop {facts.place} {what}{code}",
            "nothing goes out: neither answers nor notices; it is kept and tried again for five days",
            remedy,
        )
