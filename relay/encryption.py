"""Everything that encrypts, opens and looks after keys, made once from the settings, an engine and a store.

Called by ``app``, which gives the parts to whoever writes to people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from relay.config import Settings
from relay.edge import randomness
from relay.edge.openpgp import Certificate, Engine
from relay.edge.openpgp.armor import as_certificate
from relay.edge.openpgp.desk import Desk
from relay.edge.store import SqlStore
from relay.flow.envelopes import Envelopes
from relay.flow.key_letters import KeyLetters
from relay.flow.letters import Letters
from relay.flow.outcomes import LeasedDelivery
from relay.flow.ports import Clock
from relay.flow.posting import Poster
from relay.flow.resolve import Plan
from relay.flow.sealer import Sealer
from relay.flow.seeker_keys import SeekerKeys
from relay.parts import wkd_of


@dataclass(frozen=True, slots=True)
class Encryption:
    """The keys at work, and who uses them."""

    desk: Desk
    sealer: Sealer
    poster: Poster
    envelopes: Envelopes
    seeker_keys: SeekerKeys


def encryption(
    engine: Engine,
    store: SqlStore,
    letters: Letters,
    clock: Clock,
    plan: Callable[[], Plan],
    settings: Callable[[], Settings],
    certificates: Callable[[], Mapping[str, Certificate]],
    deliver: Callable[[LeasedDelivery], None],
) -> Encryption:
    """Make them. ``settings`` and ``certificates``: those in force at the time of asking."""

    async def was_told(address: str) -> bool:
        return await store.was_told(address, clock.now())

    desk = Desk(
        engine,
        certificates,
        store.service_keys.listed,
        clock.now,
        lambda: settings().openpgp.counselors != "off",
    )
    sealer = Sealer(desk, store.seeker_keys, randomness.octets, lambda: settings().openpgp.autocrypt)
    key_letters = KeyLetters(letters, randomness.octets)
    look_up = wkd_of(lambda: settings().openpgp.lookup)
    return Encryption(
        desk,
        sealer,
        Poster(sealer, key_letters, store, lambda: plan().service, deliver),
        Envelopes(sealer, key_letters, was_told, lambda: plan().roster),
        SeekerKeys(desk, sealer, key_letters, was_told, look_up, as_certificate),
    )
