"""May this client send mail for this domain? SPF, evaluated as its standard says, within its limits.

Called by ``flow.evidence`` for what came to an alias or from a seeker, where a level of authentication asks for it. It
looks up through what it is given and does nothing else; every way through it ends in a result. The text that a
domain would have a sender told (``exp=``) is checked for its grammar and never fetched: we tell nobody.

Standard: RFC 7208.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from relay.mail.proof import spf_record
from relay.mail.proof.lookups import Lookup, LookupTrouble, RecordType
from relay.mail.proof.spf_macros import expand, uses
from relay.mail.proof.spf_record import Directive, RecordError

MAX_TERMS = 10
"""Terms of one evaluation that ask the DNS (§4.6.4)."""

MAX_VOID = 2
"""Of these, look-ups that find nothing (§4.6.4)."""

MAX_NAMES = 10
"""Names that one ``mx`` or ``ptr`` may bring (§4.6.4)."""

_MAX_LABEL = 63

Address = IPv4Address | IPv6Address


class Spf(Enum):
    """The results of §2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


async def check(client: str, sender: str, helo: str, lookup: Lookup) -> tuple[Spf, str]:
    """Evaluate the reverse-path, or HELO for the null one; the result and the domain that it is about.

    ``client``: an IP address as text. Never raises for anything that a client or a domain says.
    """
    local, _, domain = sender.rpartition("@")
    domain = (domain or helo).rstrip(".").lower()
    try:
        address = ip_address(client)
    except ValueError:
        return Spf.NONE, domain
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not _is_name(domain):
        return Spf.NONE, domain
    evaluation = _Evaluation(address, local or "postmaster", domain, helo, lookup)
    try:
        return await evaluation.of(domain), domain
    except LookupTrouble:
        return Spf.TEMPERROR, domain
    except RecordError:
        return Spf.PERMERROR, domain


def _is_name(domain: str) -> bool:
    """Tell whether a name has at least two labels, of which the DNS could hold each (§4.3)."""
    labels = domain.split(".")
    return len(labels) > 1 and domain.isascii() and all(0 < len(label) <= _MAX_LABEL for label in labels)


@dataclass(slots=True)
class _Evaluation:
    """One evaluation, with what it may still ask."""

    client: Address
    local: str
    sender_domain: str
    helo: str
    lookup: Lookup
    terms: int = 0
    void: int = 0
    client_names: tuple[str, ...] | None = None

    async def of(self, domain: str) -> Spf:
        """``check_host`` for a domain (§4). Raises ``LookupTrouble`` or ``RecordError``."""
        text = spf_record.select(await self.lookup(domain, RecordType.TXT)) if _is_name(domain) else None
        if text is None:
            return Spf.NONE
        record = spf_record.read(text)
        for directive in record.directives:
            if await self._matches(directive, domain):
                return Spf(directive.result)
        if not record.redirect:
            return Spf.NEUTRAL
        self._count_term()
        result = await self.of(await self._name(record.redirect, domain))
        if result is Spf.NONE:
            raise RecordError("a redirect to nothing")
        return result

    async def _matches(self, directive: Directive, domain: str) -> bool:
        mechanism = directive.mechanism
        if mechanism == "all":
            return True
        if directive.network is not None:
            return self.client in directive.network
        self._count_term()
        name = await self._name(directive.target, domain) if directive.target else domain
        if mechanism == "include":
            return await self._included(name)
        if mechanism == "exists":
            return bool(await self._found(name, RecordType.A))
        if mechanism == "ptr":
            return any(_is_within(each, name) for each in await self._names_of_client())
        hosts: Collection[str] = [name] if mechanism == "a" else await self._exchanges(name)
        for host in hosts:
            if self._is_among(await self._found(host, self._address_type), directive):
                return True
        return False

    async def _included(self, name: str) -> bool:
        """§5.2: no record at the target is an error of whoever includes it."""
        result = await self.of(name)
        if result is Spf.NONE:
            raise RecordError("an include of nothing")
        return result is Spf.PASS

    async def _exchanges(self, name: str) -> Collection[str]:
        hosts = await self._found(name, RecordType.MX)
        if len(hosts) > MAX_NAMES:
            raise RecordError("too many exchanges")
        return hosts

    def _is_among(self, addresses: Collection[str], directive: Directive) -> bool:
        bits = directive.ip4_bits if self.client.version == 4 else directive.ip6_bits
        return any(self.client in ip_network(f"{each}/{bits}", strict=False) for each in addresses)

    @property
    def _address_type(self) -> RecordType:
        return RecordType.A if self.client.version == 4 else RecordType.AAAA

    async def _found(self, name: str, record_type: RecordType) -> tuple[str, ...]:
        """Look up for a mechanism; what finds nothing is counted. A name that cannot be is nowhere."""
        found = await self.lookup(name, record_type) if all(_labels(name)) else ()
        if not found:
            self.void += 1
            if self.void > MAX_VOID:
                raise RecordError("too many look-ups that find nothing")
        return found

    def _count_term(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise RecordError("too many look-ups")

    async def _names_of_client(self) -> tuple[str, ...]:
        """Names of the client that lead back to it (§5.5); trouble with one of them is that one's."""
        if self.client_names is None:
            try:
                named = await self._found(self.client.reverse_pointer, RecordType.PTR)
            except LookupTrouble:
                named = ()
            validated = []
            for name in named[:MAX_NAMES]:
                try:
                    addresses = await self.lookup(name, self._address_type)
                except LookupTrouble:
                    continue
                if self.client in map(ip_address, addresses):
                    validated.append(name.rstrip(".").lower())
            self.client_names = tuple(validated)
        return self.client_names

    async def _name(self, spec: str, domain: str) -> str:
        """A domain-spec expanded."""
        values = {
            "s": f"{self.local}@{self.sender_domain}",
            "l": self.local,
            "o": self.sender_domain,
            "d": domain,
            "i": _dotted(self.client),
            "p": await self._client_name(domain) if uses(spec, "p") else "",
            "h": self.helo,
            "v": "in-addr" if self.client.version == 4 else "ip6",
        }
        return expand(spec, values)

    async def _client_name(self, domain: str) -> str:
        """§7.3: a validated name, the domain itself before one within it before any other."""
        try:
            names = await self._names_of_client()
        except RecordError:
            names = ()
        within = [name for name in names if _is_within(name, domain)]
        return domain if domain in names else next(iter((*within, *names)), "unknown")


def _labels(name: str) -> list[bool]:
    return [0 < len(label) <= _MAX_LABEL for label in name.split(".")]


def _is_within(name: str, domain: str) -> bool:
    domain = domain.rstrip(".").lower()
    return name == domain or name.endswith("." + domain)


def _dotted(client: Address) -> str:
    """The address as macro ``i``: IPv6 as nibbles with dots between them."""
    return str(client) if client.version == 4 else ".".join(client.exploded.replace(":", ""))
