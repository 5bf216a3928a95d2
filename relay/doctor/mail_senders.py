"""SPF, DKIM and DMARC: whether others can see that the line's own mail is genuine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.config.machine import is_loopback
from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, warning
from relay.doctor.mail_host import Answer, addresses_of, unanswered
from relay.edge.dkim.keys import read_key, record_of
from relay.errors import ConfigError
from relay.mail.proof import spf
from relay.mail.proof.lookups import RecordType
from relay.mail.proof.spf import Spf

_PUBLISH = "publish the record that 'relay dns' prints"


@dataclass(frozen=True, slots=True)
class Facts:
    """``verdicts``: what SPF says of each address that mail leaves by, as far as that is known here.

    ``keys``: for each selector the record that its key asks for, and those that there are.
    """

    domain: str
    spf: Answer
    verdicts: Mapping[str, Spf]
    keys: Mapping[str, tuple[str, Answer]]
    dmarc: Answer
    is_by_provider: bool


async def look(around: Around) -> list[Finding]:
    """Ask for the three, and evaluate SPF as a receiver would."""
    settings, domain = around.settings, around.settings.service.domain
    if settings.service.mailbox is not None:
        return []
    keys = {}
    for selector, file in settings.dkim.selectors.items():
        try:
            wanted = record_of(read_key(file))
        except ConfigError:  # a credential, which only the service sees
            continue
        keys[selector] = (wanted, await around.records(f"{selector}._domainkey.{domain}", RecordType.TXT))
    return list(
        judge(
            Facts(
                domain,
                await around.texts(domain, "v=spf1"),
                await _verdicts(around),
                keys,
                await around.texts(f"_dmarc.{domain}", "v=dmarc1"),
                not is_loopback(settings.next_hop.host),
            ),
            signs=bool(settings.dkim.selectors),
        )
    )


async def _verdicts(around: Around) -> dict[str, Spf]:
    """Of the next hop's address; where that is this machine, of the addresses that its MX leads to."""
    settings = around.settings
    hosts: tuple[str, ...] = (settings.next_hop.host,)
    if is_loopback(settings.next_hop.host):
        hosts = await around.records(settings.service.domain, RecordType.MX) or ()
    elif settings.next_hop.username:
        return {}  # a provider's submission server; which of its machines sends on, only the provider knows
    found = {}
    for host in hosts:
        for address in await addresses_of(around, host) or ():
            sender = f"postmaster@{settings.service.domain}"
            found[address], _ = await spf.check(address, sender, host, around.lookup)
    return found


def judge(facts: Facts, *, signs: bool) -> Iterator[Finding]:
    """Nothing when each of the three is there once and says what it should."""
    yield from _spf(facts)
    yield from _dkim(facts, signs=signs)
    yield from _dmarc(facts)


def _spf(facts: Facts) -> Iterator[Finding]:
    if facts.spf is None:
        yield unanswered(f"the SPF record of {facts.domain}")
        return
    if len(facts.spf) != 1:
        count = (
            "no SPF record"
            if not facts.spf
            else f"{len(facts.spf)} SPF records, and all of them count for nothing"
        )
        yield warning(
            f"{facts.domain} has {count}",
            "anybody can send in the line's name, and its own mail is taken for spam",
            f"{_PUBLISH}, and only that",
        )
        return
    (record,) = facts.spf
    if record.lower().split()[-1] in {"+all", "all", "?all"}:
        yield warning(
            f"the SPF record of {facts.domain} lets everybody send",
            "somebody can write to seekers in the line's name",
            "end it with -all",
        )
    for address, verdict in facts.verdicts.items():
        if verdict is Spf.TEMPERROR:
            yield unanswered(f"the SPF record of {facts.domain}")
        elif verdict is not Spf.PASS:
            yield critical(
                f"the SPF record of {facts.domain} does not let {address} send (it says {verdict.value})",
                "what the line sends is refused by receivers, or taken for spam",
                f"name this address in it, as in ip{'6' if ':' in address else '4'}:{address}, before -all",
            )
    if facts.is_by_provider and not facts.verdicts and "include:" not in record.lower():
        yield warning(
            f"the SPF record of {facts.domain} names no provider, and mail goes out through one",
            "what the line sends may be refused by receivers, or taken for spam",
            "put what the provider names, such as include:spf.provider.example, before -all",
        )


def _dkim(facts: Facts, *, signs: bool) -> Iterator[Finding]:
    if not signs:
        yield warning(
            "the relay signs nothing: [dkim] has no selectors",
            "without a signature forwarded mail is refused, unless your next hop signs",
            "make a key with 'relay dkim FILE', publish it, and give it a selector in [dkim]",
        )
    for selector, (wanted, found) in facts.keys.items():
        name = f"{selector}._domainkey.{facts.domain}"
        if found is None:
            yield unanswered(f"the DKIM key {name}")
        elif _key(wanted) not in {_key(each) for each in found}:
            said = "is not published" if not found else "is published with another key"
            yield critical(
                f"the DKIM key of selector {selector} {said} at {name}",
                "what is signed with it counts as forged, and is refused where DMARC says so",
                f"{_PUBLISH}, or take the selector out of [dkim] until it is there",
            )
        elif len(found) > 1:
            yield warning(
                f"there are {len(found)} records at {name}",
                "which of them a receiver takes is chance (RFC 6376 §3.6.2.2)",
                "take all out but the one that 'relay dns' prints",
            )


def _key(record: str) -> str:
    """The key of a record, without what may be written in many ways."""
    tags = (tag.partition("=") for tag in record.split(";"))
    return next(("".join(value.split()) for name, _, value in tags if name.strip() == "p"), "")


def _dmarc(facts: Facts) -> Iterator[Finding]:
    if facts.dmarc is None:
        yield unanswered(f"the DMARC record of {facts.domain}")
    elif len(facts.dmarc) != 1:
        count = (
            "no DMARC record" if not facts.dmarc else f"{len(facts.dmarc)} DMARC records, which count as none"
        )
        yield warning(
            f"{facts.domain} has {count}",
            "nobody is told to refuse what only pretends to be the line's mail",
            f"{_PUBLISH}, and only that",
        )
    elif (
        "p=reject" not in (terms := "".join(facts.dmarc[0].lower().split()).split(";"))
        and "p=quarantine" not in terms
    ):
        yield warning(
            f"the DMARC record of {facts.domain} asks for nothing (p=none)",
            "what only pretends to be the line's mail is delivered all the same",
            "once your own mail is signed and arrives, write p=reject, as 'relay dns' prints it",
        )
