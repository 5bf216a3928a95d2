"""Signs everything on its way to the next hop. Made by the composition root, in the place of the next hop.

It is a ``flow.deliver.Carrier`` around another: whatever the courier sends, retries included, passes here. On
failure there is none to handle: keys are read before the first message, and a key that was read signs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from relay.domain.addresses import Address
from relay.edge.dkim.keys import PrivateKey
from relay.edge.dkim.signature import Signing

INLINE_BYTES = 262_144
"""A larger message takes more than two milliseconds and is signed beside the event loop."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and the selector under which the DNS has its other half."""

    selector: str
    key: PrivateKey = field(repr=False)


class Carrier(Protocol):
    """The way to the next hop."""

    async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None: ...


class SigningCarrier:
    """Puts one signature for each key before the message. The first key's stands on top."""

    def __init__(self, carrier: Carrier, domain: str, keys: Sequence[SigningKey]) -> None:
        self._carrier = carrier
        self._domain = domain
        self._keys = tuple(keys)

    async def deliver(self, return_path: str, recipient: Address, message: bytes) -> None:
        """Sign and hand on; raises what the carrier behind raises."""
        if len(message) > INLINE_BYTES:
            signed = await asyncio.to_thread(self.signed, message)
        else:
            signed = self.signed(message)
        await self._carrier.deliver(return_path, recipient, signed)

    def signed(self, message: bytes) -> bytes:
        """The message with its signatures; the same message gives the same octets."""
        signing = Signing(message)
        fields = [signing.field(self._domain, each.selector, each.key) for each in self._keys]
        return b"".join((*fields, message))
