"""The DNS, asked with dnspython; its only importer. Made by ``app`` where a level of authentication asks for proof.

Promises: a question has a time limit, answers are cached as long as their records allow, in a bounded number;
nothing about a question or an answer is logged; a name that cannot be one is not asked for and has no records.
What fails is ``LookupTrouble``, which proves nothing and refutes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from relay.mail.proof.lookups import LookupTrouble, RecordType

QUESTION_S = 4.0
"""For one question with all its repetitions."""

CACHED = 4096
"""Answers kept, also those that say there is nothing: some megabytes."""

MAX_RECORDS = 100


class Dns:
    """``servers``: ``address:port``, those of the system when there are none."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self._servers = servers
        self._made: dns.asyncresolver.Resolver | None = None

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made with the first question: most services never ask one. Raises ``NoResolverConfiguration``."""
        if self._made is None:
            made = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                places = (server.rpartition(":") for server in self._servers)
                made.nameservers = [
                    dns.nameserver.Do53Nameserver(host.strip("[]"), int(port)) for host, _, port in places
                ]
            made.cache = dns.resolver.LRUCache(CACHED)
            made.lifetime = QUESTION_S
            self._made = made
        return self._made

    async def __call__(self, name: str, record_type: RecordType) -> tuple[str, ...]:
        """``mail.proof.lookups.Lookup``."""
        try:
            question = dns.name.Name(
                [*(label.encode("latin-1") for label in name.rstrip(".").split(".")), b""]
            )
        except (UnicodeEncodeError, dns.exception.DNSException):
            return ()
        try:
            answer = await self._resolver().resolve(
                question, record_type.value, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError):
            raise LookupTrouble("no answer") from None
        return tuple(_texts(record_type, list(answer.rrset or ())[:MAX_RECORDS]))


def _texts(record_type: RecordType, records: list[Any]) -> list[str]:
    if record_type is RecordType.TXT:
        return [b"".join(record.strings).decode("latin-1") for record in records]
    if record_type is RecordType.MX:
        records = sorted(records, key=lambda record: record.preference)
        names = [record.exchange.to_text(omit_final_dot=True) for record in records]
        return [name for name in names if name not in {"", "."}]  # a null MX takes no mail (RFC 7505)
    if record_type is RecordType.PTR:
        return [record.target.to_text(omit_final_dot=True) for record in records]
    return [record.address for record in records]
