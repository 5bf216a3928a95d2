"""A name server of our own on loopback: the zone is a table, and it can fall silent."""

from __future__ import annotations

import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[str, dict[str, list[str]]]
"""Name without its last dot, type of record, records as text; what is not in it does not exist."""


class NameServer(asyncio.DatagramProtocol):
    """Answers over UDP. ``asked``: every question, in order."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.is_silent = False
        self.asked: list[str] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> NameServer:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if self.is_silent or self._transport is None:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        records = self.zone.get(name)
        if records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found := records.get(dns.rdatatype.to_text(question.rdtype)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, *found))
        self._transport.sendto(answer.to_wire(), client)
