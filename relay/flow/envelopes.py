"""Hop 7, the sealing of it: what goes to a counselor who has a key is encrypted before it is stored.

Before it is stored, so that every attempt sends the same bytes. Never clear text because encryption failed (P4): what
cannot be encrypted is held, the operator is told, and the counselor once a day, in clear and without a word of anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from relay.domain.entries import PASSES, EntryEvent
from relay.flow.ciphers import CipherTrouble, OpenPgp
from relay.flow.letters import Letters
from relay.flow.outcomes import (
    Face,
    Outcome,
    Outgoing,
    OutgoingKind,
)
from relay.flow.values import Known, Person, Reason
from relay.log import Event, say
from relay.mail.openpgp_mime import inner_of, outer_of


class Envelopes:
    """``was_told``: whether somebody at an address had an automatic answer today."""

    def __init__(
        self, openpgp: OpenPgp, letters: Letters, was_told: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._openpgp = openpgp
        self._letters = letters
        self._was_told = was_told

    async def seal(self, known: Known, outcome: Outcome) -> Outcome:
        """The same outcome with everything for the counselor encrypted, or a hold."""
        counselor_id, counselor = _counselor(known)
        to_them = [one for one in outcome.outgoing if one.reader is Face.COUNSELOR]
        if not to_them or counselor is None or not self._openpgp.seals_to(counselor_id):
            return outcome
        try:
            sealed = {id(one): await self._sealed(one, counselor_id, known) for one in to_them}
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return await self._without(known, outcome, counselor)
        return replace(outcome, outgoing=tuple(sealed.get(id(one), one) for one in outcome.outgoing))

    async def _sealed(self, one: Outgoing, counselor_id: str, known: Known) -> Outgoing:
        armoured = await self._openpgp.seal(inner_of(one.message), counselor_id)
        return replace(one, message=outer_of(one.message, armoured, known.minted.boundaries[1]))

    async def _without(self, known: Known, outcome: Outcome, counselor: Person) -> Outcome:
        """What is left when nothing can be encrypted to the counselor: nothing of the words, and a note."""
        others = tuple(one for one in outcome.outgoing if one.reader is not Face.COUNSELOR)
        is_told = await self._was_told(counselor.addresses[0])
        note = (
            ()
            if is_told
            else (
                self._letters.key_trouble(counselor, known.service, known.now, known.minted.message_ids[4]),
            )
        )
        tells = "" if is_told else counselor.addresses[0]
        is_relayed = any(one.kind is OutgoingKind.RELAYED for one in outcome.outgoing if one not in others)
        if not is_relayed or outcome.event not in PASSES:
            return replace(outcome, outgoing=(*others, *note), tells=tells)
        told = self._letters.held_for_operator(
            Reason.CIPHER, known.entry.entry_id, known.service, known.now, known.minted.message_ids[3]
        )
        kept = tuple(one for one in others if one.kind is OutgoingKind.ACKNOWLEDGEMENT)
        return replace(
            outcome,
            event=EntryEvent.HELD,
            reason=Reason.CIPHER,
            outgoing=(*kept, *note, told),
            link=None,
            signatures=(),
            tells=tells,
        )


async def sealed_notice(
    openpgp: OpenPgp, notice: Outgoing, counselor_id: str, boundary: str, note: Callable[[], Outgoing]
) -> Outgoing:
    """A notice that no message gives rise to, encrypted for a counselor with a key; ``note`` when that does not work.

    The note is what may be read in clear: it says that something waits, and nothing of anybody.
    """
    if not openpgp.seals_to(counselor_id):
        return notice
    try:
        armoured = await openpgp.seal(inner_of(notice.message), counselor_id)
    except CipherTrouble as trouble:
        say(Event.CIPHER_FAILED, cause=trouble.reason)
        return note()
    return replace(notice, message=outer_of(notice.message, armoured, boundary))


def _counselor(known: Known) -> tuple[str, Person | None]:
    """Whom a message to "the counselor" of this target goes to."""
    target = known.target
    if target.speaker is not None:
        return target.speaker_id, target.speaker
    conversation = target.conversation
    return (conversation.counselor_id or "", conversation.counselor) if conversation else ("", None)
