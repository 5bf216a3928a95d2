"""Who is written to with a key, and how one finished message is encrypted to them. Called by all that writes to people.

Whatever is written to a counselor, a supervisor or a seeker goes through here before it is stored, so that there is one
place that can be wrong, and none that forgets. Raises ``CipherTrouble`` when it cannot be encrypted: then it must not
go in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from relay.domain.aliases import Randomness, mint_token
from relay.domain.seeker_keys import SeekerKey
from relay.flow.ciphers import CipherTrouble, OpenPgp
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import ConversationView
from relay.log import Event, say
from relay.mail import autocrypt
from relay.mail.openpgp_mime import inner_of, outer_of
from relay.mail.serialize import introduced

_WITH_KEYS = frozenset({Face.COUNSELOR, Face.SUPERVISOR})


class SeekerKeyStore(Protocol):
    """The part of the store that knows the keys of seekers."""

    async def of(self, conversation_id: bytes) -> SeekerKey:
        """The key of a conversation. Raises ``CipherError``."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message goes to: a counselor or supervisor, by id, or the seeker of a conversation."""

    person_id: str = ""
    conversation_id: bytes | None = None


class Sealer:
    """Encrypts to whoever has a key; what goes to others comes back as it was."""

    def __init__(
        self,
        openpgp: OpenPgp,
        keys: SeekerKeyStore,
        randomness: Randomness,
        autocrypt: Callable[[], str] = lambda: "off",
    ) -> None:
        self._autocrypt = autocrypt
        self._openpgp = openpgp
        self._keys = keys
        self._randomness = randomness

    async def seeker_key(self, conversation_id: bytes) -> SeekerKey:
        """What is known of a seeker's key."""
        return await self._keys.of(conversation_id)

    async def introduced(self, one: Outgoing, view: ConversationView) -> Outgoing:
        """The same with the key of the intake address, where the operator wants it: to seekers, and nobody else.

        The address in it is the alias that the message is from, the key the same for everybody who wrote to that
        intake address: it tells two seekers what the address has told them. Trouble with it costs the field, no more.
        """
        chosen = self._autocrypt()
        if chosen == "off" or one.reader is not Face.SEEKER or one.kind is OutgoingKind.NOTICE:
            return one
        try:
            key = await self._openpgp.own_key(view.intake)
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return one
        value = autocrypt.field(view.counselor_alias, key, mutual=chosen == "mutual")
        return replace(one, message=introduced(one.message, value)) if value else one

    async def sealed(self, one: Outgoing, reader: Reader) -> Outgoing:
        """The same for its reader's eyes only, where they have a key."""
        if one.reader in _WITH_KEYS and self._openpgp.seals_to(reader.person_id):
            return self._in(one, await self._openpgp.seal(inner_of(one.message), reader.person_id))
        if one.reader is Face.SEEKER and reader.conversation_id is not None:
            key = await self._keys.of(reader.conversation_id)
            if key.is_in_force:
                return await self.sealed_to(one, key.certificate)
        return one

    async def sealed_to(self, one: Outgoing, certificate: bytes) -> Outgoing:
        """The same, encrypted to this certificate, whether it is in force or not."""
        return self._in(one, await self._openpgp.seal_for(inner_of(one.message), certificate))

    def _in(self, one: Outgoing, armoured: bytes) -> Outgoing:
        """A boundary of its own for each: two sides who compared theirs would have found each other."""
        return replace(one, message=outer_of(one.message, armoured, mint_token(self._randomness)))
