"""MX and PTR: where others bring the line's mail, and who that host says it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from relay.config.machine import is_loopback
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.mail.proof.lookups import RecordType

Answer = tuple[str, ...] | None
"""Records; ``None`` when the DNS did not answer."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host that an MX names. ``back``: for each of its addresses, the names that its PTR has."""

    name: str
    addresses: Answer
    back: tuple[tuple[str, Answer], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """``sends``: whether mail leaves by this machine, so that its PTR is what others look at."""

    domain: str
    hosts: tuple[Host, ...] | None
    sends: bool


async def look(around: Around) -> list[Finding]:
    """Ask for the MX records, for their addresses and back."""
    settings = around.settings
    if settings.service.mailbox is not None:
        return []
    names = await around.records(settings.service.domain, RecordType.MX)
    hosts = None if names is None else tuple([await _host(around, name) for name in names])
    return list(judge(Facts(settings.service.domain, hosts, is_loopback(settings.next_hop.host))))


async def addresses_of(around: Around, name: str) -> Answer:
    """Both kinds of address of a host."""
    four, six = await around.records(name, RecordType.A), await around.records(name, RecordType.AAAA)
    return None if four is None or six is None else four + six


async def _host(around: Around, name: str) -> Host:
    found = await addresses_of(around, name)
    back = [
        (each, await around.records(ip_address(each).reverse_pointer, RecordType.PTR)) for each in found or ()
    ]
    return Host(name, found, tuple(back))


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing when every MX leads to a host with a name that leads back."""
    if facts.hosts is None:
        yield unanswered(f"the MX of {facts.domain}")
        return
    if not facts.hosts:
        yield critical(
            f"{facts.domain} has no MX record",
            "nobody's mail server knows where to bring mail for the line",
            "publish the MX that 'relay dns --host NAME' prints",
        )
    for host in facts.hosts:
        if host.addresses is None:
            yield unanswered(f"the addresses of {host.name}")
        elif not host.addresses:
            yield critical(
                f"{host.name}, the MX of {facts.domain}, has no address in the DNS",
                "mail for the line comes nowhere, and goes back to its authors after days",
                "give that host an A or AAAA record, or name another one in the MX",
            )
        if facts.sends:
            yield from _named(host)


def _named(host: Host) -> Iterator[Finding]:
    for address, names in host.back:
        if names is None:
            yield unanswered(f"the name of {address}")
        elif host.name not in {name.lower() for name in names}:
            said = f"is called {names[0]} by its PTR record" if names else "has no PTR record"
            yield warning(
                f"{address}, the address of {host.name}, {said}",
                "large providers refuse mail from an address whose name does not lead back to it",
                f"have whoever gives you the address set its PTR record to {host.name}",
            )


def unanswered(question: str) -> Finding:
    """The DNS says nothing now, which proves nothing."""
    return warning(
        f"the name servers do not answer the question for {question}",
        "what others are told of the line cannot be seen from here",
        "ask again later; if it stays so, look at [dns] servers, the machine's resolver and the domain's own servers",
    )
