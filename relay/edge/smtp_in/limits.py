"""How much one client may ask of the door. Used by ``listener`` and ``session``.

``Limits`` holds the numbers, ``Crowd`` counts connections and messages by client address. An IPv6
client is its /64, the smallest network a provider gives away (RFC 6177). Trusted hosts, where an
operator's own MTA stands, are counted in the total and otherwise unlimited; a tenth of all places is theirs
alone, so that strangers who take all others do not keep out what comes through them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_MINUTE_S = 60.0
_KEPT_FOR_TRUSTED = 10
"""One place in so many is for trusted hosts alone."""
_MAX_CLIENTS_COUNTED = 10_000
"""Entries in the message counter before it starts again: about 1 MiB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers. Seconds end in ``_s``; precedents are RFC 5321 §4.5.3 and Postfix's defaults."""

    connections: int = 200
    connections_per_client: int = 20
    messages_per_client_per_minute: int = 60
    recipients: int = 100  # RFC 5321 §4.5.3.1.8: at least 100
    unknown_recipients: int = 3  # of a stranger in one connection: who guesses more is looking for somebody
    junk_commands: int = 20  # since the last accepted message; Postfix allows 100
    command_s: float = 300.0  # RFC 5321 §4.5.3.2.7, between commands that lead to a message
    handshake_s: float = 30.0
    data_block_s: float = 180.0  # RFC 5321 §4.5.3.2.5
    data_total_s: float = 1_800.0  # waiting for one client's data; 30 MiB at 17 KiB/s
    data_grace_s: float = 60.0
    data_octets_per_s: int = 500  # over the whole DATA, after the grace; slower than any modem of 1990
    commit_s: float = 600.0  # RFC 5321 §4.5.3.2.6: no client waits longer
    linger_s: float = 1.0  # for a refused client to read why
    crowded_s: float = 2.0  # without a step toward a message, once all places are taken; Postfix's stress: 10
    remembered_s: float = (
        600.0  # who gave way gives way at once when it comes again, and takes nobody's place
    )


def client_of(peername: object) -> IPv4Address | IPv6Address | None:
    """Read the address in a peer name, IPv4 also when mapped (RFC 4291 §2.5.5.2); ``None``: no IP socket."""
    if not isinstance(peername, tuple) or not peername:
        return None
    try:
        address = ip_address(str(peername[0]).partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_trusted(client: IPv4Address | IPv6Address | None, networks: tuple[Network, ...]) -> bool:
    """Tell whether a client stands in one of the trusted networks."""
    return client is not None and any(client in network for network in networks)


def client_key(client: IPv4Address | IPv6Address | None) -> str:
    """A client as it is counted."""
    if isinstance(client, IPv6Address):
        return str(IPv6Network((client, 64), strict=False))
    return str(client)


class Crowd:
    """Who is here now, and how many messages each brought in this minute."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._here = 0
        self._strangers = 0
        self._connections: Counter[str] = Counter()
        self._messages: Counter[str] = Counter()
        self._minute_began = float("-inf")
        self._gave_way: dict[str, float] = {}

    def enter(self, client: IPv4Address | IPv6Address | None, *, trusted: bool) -> bool:
        """Count a new connection; ``False``: there is no room, and nothing was counted."""
        if self.is_full(trusted=trusted) or not (trusted or self.has_share(client)):
            return False
        self._here += 1
        self._strangers += not trusted
        self._connections[client_key(client)] += 1
        return True

    def is_full(self, *, trusted: bool) -> bool:
        """Tell whether all places that such a client may take are taken."""
        total = self._limits.connections
        is_strangers_share = self._strangers >= total - total // _KEPT_FOR_TRUSTED
        return self._here >= total or (is_strangers_share and not trusted)

    def has_share(self, client: IPv4Address | IPv6Address | None) -> bool:
        """Tell whether a stranger may have one more connection."""
        key = client_key(client)
        return key not in self._connections or self._connections[key] < self._limits.connections_per_client

    def leave(self, client: IPv4Address | IPv6Address | None, *, trusted: bool) -> None:
        """Forget a connection that entered."""
        key = client_key(client)
        self._here -= 1
        self._strangers -= not trusted
        self._connections[key] -= 1
        if not self._connections[key]:
            del self._connections[key]

    def note_gave_way(self, client: IPv4Address | IPv6Address | None, now_s: float) -> None:
        """Remember who took a place and brought nothing while others waited."""
        if len(self._gave_way) >= _MAX_CLIENTS_COUNTED:
            self._gave_way.clear()
        self._gave_way[client_key(client)] = now_s

    def gave_way(self, client: IPv4Address | IPv6Address | None, now_s: float) -> bool:
        """Tell whether this is one of them."""
        return now_s - self._gave_way.get(client_key(client), float("-inf")) < self._limits.remembered_s

    def may_send(self, client: IPv4Address | IPv6Address | None, now_s: float) -> bool:
        """Count one more message of a stranger; ``False`` when this minute's are used up.

        ``now_s`` is a monotonic clock. Minutes are fixed windows; so are they when too many
        different clients come to keep count of.
        """
        if now_s - self._minute_began >= _MINUTE_S or len(self._messages) >= _MAX_CLIENTS_COUNTED:
            self._messages.clear()
            self._minute_began = now_s
        key = client_key(client)
        self._messages[key] += 1
        return self._messages[key] <= self._limits.messages_per_client_per_minute
