"""The certificate that the doors show: until when, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.edge import certificates
from relay.edge.certificates import CertificateFacts
from relay.mail.proof.lookups import RecordType

SOON = timedelta(days=14)
"""Programs that renew certificates do so a month before; two weeks before, one of them has stopped."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``shown``: ``None`` where the file cannot be read. ``hosts``: by which names others come."""

    shown: CertificateFacts | None
    hosts: tuple[str, ...]
    now: datetime


async def look(around: Around) -> list[Finding]:
    """Read the file, and ask which name it has to be for."""
    settings = around.settings
    if settings.smtp.tls_certificate is None:
        return []
    try:
        shown = certificates.read(settings.smtp.tls_certificate)
    except (OSError, ValueError):
        shown = None
    is_ours = settings.service.mailbox is None
    hosts = await around.records(settings.service.domain, RecordType.MX) if is_ours else ()
    return list(judge(Facts(shown, hosts or (), around.now)))


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing for one that holds for weeks and is for the MX."""
    place = "smtp.tls_certificate of relay.toml"
    if facts.shown is None:
        yield critical(
            f"{place} cannot be read",
            "no door can offer TLS with it, and the daemon does not start",
            "let the program that renews it write it where this user can read it",
        )
        return
    if facts.shown.begins_at > facts.now:
        yield critical(
            f"{place} begins to hold only on {facts.shown.begins_at:%Y-%m-%d}",
            "whoever checks it brings no mail until then",
            "look at the machine's clock, and at the program that made it",
        )
    left = facts.shown.ends_at - facts.now
    if left <= timedelta():
        yield critical(
            f"{place} has ended on {facts.shown.ends_at:%Y-%m-%d}",
            "whoever checks it brings no mail, and no counselor can log in",
            "renew it; 'systemctl reload relay' shows the new one",
        )
    elif left < SOON:
        yield warning(
            f"{place} ends in {left.days} days, on {facts.shown.ends_at:%Y-%m-%d}",
            "the program that renews it should have done so",
            "see why it has not; it must reload the relay afterwards",
        )
    for host in facts.hosts:
        if not facts.shown.is_for(host):
            yield warning(
                f"{place} is not for {host}, the MX of the line",
                "whoever checks it (MTA-STS) brings no mail",
                f"get one for {host}",
            )
