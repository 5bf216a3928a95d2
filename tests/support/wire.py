"""Every packet of a network namespace in which all the world is this machine.

Runs inside ``namespace.unshared()``: ``open_the_world`` brings loopback up and makes every address of IPv4 and IPv6
one of this machine's, so that whatever anybody tries to reach, a name server among them, is a packet on loopback
instead of a call that fails in silence. ``Wire`` keeps whom packets were for.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import subprocess
import threading
from typing import NamedTuple, Self

ETH_P_ALL = 0x0003
ETHER_OCTETS = 14
IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
SYN, ACK = 0x02, 0x10
BUFFER_OCTETS = 1 << 26
"""Room for all that a test sends before it is read, so that no packet is dropped."""


class Contact(NamedTuple):
    """Somebody was addressed: the start of a TCP connection, or a datagram."""

    protocol: str
    address: str
    port: int


def open_the_world() -> None:
    """Bring loopback up, and route everything to it."""
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True, timeout=10)


class Wire:
    """Listens on loopback while it is open; ``contacts`` are complete after it was closed."""

    def __init__(self) -> None:
        self.contacts: set[Contact] = set()
        self.dropped = 0

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_OCTETS)
        self._socket.bind(("lo", 0))
        self._socket.settimeout(0.2)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        statistics = self._socket.getsockopt(263, 6, 8)  # SOL_PACKET, PACKET_STATISTICS: received, dropped
        self.dropped = struct.unpack("=II", statistics)[1]
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                frame = self._socket.recv(256)
            except TimeoutError:
                if self._closing.is_set():
                    return
                continue
            contact = contact_in(frame)
            if contact is not None:
                self.contacts.add(contact)


def contact_in(frame: bytes) -> Contact | None:
    """Whom a frame addresses for the first time; ``None`` for answers and what runs inside a connection."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    packet = frame[ETHER_OCTETS:]
    if kind == IPV4:
        protocol, to, rest = packet[9], ipaddress.ip_address(packet[16:20]), packet[(packet[0] & 15) * 4 :]
    elif kind == IPV6:
        protocol, to, rest = packet[6], ipaddress.ip_address(packet[24:40]), packet[40:]
    else:
        return Contact(f"ethernet {kind:#x}", "", 0)
    if protocol == TCP:
        flags = rest[13]
        return (
            Contact("tcp", str(to), struct.unpack_from("!H", rest, 2)[0])
            if flags & (SYN | ACK) == SYN
            else None
        )
    if protocol == UDP:
        return Contact("udp", str(to), struct.unpack_from("!H", rest, 2)[0])
    if protocol in (
        ICMP,
        ICMP6,
    ):  # the machine's own answers to datagrams for nobody, counted as such already
        return None
    return Contact(f"protocol {protocol}", str(to), 0)
