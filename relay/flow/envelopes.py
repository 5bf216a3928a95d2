"""Hop 7, the sealing of it: what goes to somebody with a key is encrypted before it is stored.

Before it is stored, so that every attempt sends the same bytes. Never clear text because encryption failed (P4): words
that cannot be encrypted are held, notices of ours are kept until they can be, the operator is told at once, and people
once a day, in clear and without a word of anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from relay.domain.entries import PASSES, EntryEvent
from relay.domain.seeker_keys import KeyStanding
from relay.flow.ciphers import CipherTrouble
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import Face, KeptNotice, Outcome, Outgoing, OutgoingKind
from relay.flow.sealer import Reader, Sealer
from relay.flow.values import Known, Person, Reason
from relay.log import Event, say


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An outcome that may be stored, and the notices that cannot leave yet."""

    outcome: Outcome
    kept: tuple[KeptNotice, ...] = ()


class Envelopes:
    """``was_told``: whether somebody at an address had an automatic answer today."""

    def __init__(
        self, sealer: Sealer, letters: KeyLetters, was_told: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._sealer = sealer
        self._letters = letters
        self._was_told = was_told

    async def seal(self, known: Known, outcome: Outcome) -> Enveloped:
        """The same outcome with everything encrypted to whoever has a key, or a hold."""
        view = known.target.conversation
        if view is not None:
            outgoing = [await self._sealer.introduced(one, view) for one in outcome.outgoing]
            outcome = replace(outcome, outgoing=tuple(outgoing))
        enveloped = Enveloped(outcome)
        for face in (Face.COUNSELOR, Face.SEEKER):
            enveloped = await self._for(face, known, enveloped)
        return enveloped

    async def _for(self, face: Face, known: Known, so_far: Enveloped) -> Enveloped:
        reader, outcome = _reader(face, known), so_far.outcome
        theirs = [one for one in outcome.outgoing if one.reader is face]
        if not theirs or reader is None:
            return so_far
        try:
            sealed = {id(one): await self._sealer.sealed(one, reader) for one in theirs}
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return await self._without(face, reader, trouble, known, so_far)
        outgoing = tuple(sealed.get(id(one), one) for one in outcome.outgoing)
        return replace(so_far, outcome=replace(outcome, outgoing=outgoing))

    async def _without(
        self, face: Face, reader: Reader, trouble: CipherTrouble, known: Known, so_far: Enveloped
    ) -> Enveloped:
        """What is left when nothing can be encrypted to one of the readers."""
        outcome = so_far.outcome
        theirs = [one for one in outcome.outgoing if one.reader is face]
        others = tuple(one for one in outcome.outgoing if one.reader is not face)
        notes, tells = await self._notes(face, known, words=any(map(_is_words, theirs)))
        outcome = replace(outcome, tells=(*outcome.tells, *tells))
        if any(map(_is_words, theirs)) and outcome.event in PASSES:
            reason = Reason.CIPHER if face is Face.COUNSELOR else Reason.SEEKER_CIPHER
            told = self._letters.operator_held(
                reason, trouble, known.entry.entry_id, known.service, known.now
            )
            first = tuple(one for one in others if one.kind is OutgoingKind.ACKNOWLEDGEMENT)
            held = replace(outcome, event=EntryEvent.HELD, reason=reason, outgoing=(*first, *notes, told),
                           link=None, signatures=(), key=None)  # fmt: skip
            return Enveloped(held, so_far.kept)
        told = self._letters.operator_notice_kept(trouble, known.service, known.now)
        conversation_id = reader.conversation_id
        kept = tuple(KeptNotice(one, reader.counselor_id, conversation_id) for one in theirs)
        return Enveloped(replace(outcome, outgoing=(*others, *notes, told)), (*so_far.kept, *kept))

    async def _notes(
        self, face: Face, known: Known, *, words: bool
    ) -> tuple[tuple[Outgoing, ...], tuple[str, ...]]:
        """What people hear of it, each once a day, in clear; and who has heard now."""
        view, counselor = known.target.conversation, _counselor(known)[1]
        notes: list[Outgoing] = []
        tells: list[str] = []
        if counselor is not None and (face is Face.COUNSELOR or words):
            address = counselor.addresses[0]
            if not await self._was_told(address):
                tells.append(address)
                if face is Face.COUNSELOR or view is None:
                    notes.append(self._letters.counselor_waits(counselor, known.service, known.now))
                else:
                    note = self._letters.to_counselor(view, counselor, known.service, known.now)
                    reader = Reader(counselor_id=_counselor(known)[0])
                    try:
                        notes.append(await self._sealer.sealed(note, reader))
                    except CipherTrouble:
                        notes.append(self._letters.counselor_waits(counselor, known.service, known.now))
        if face is Face.SEEKER and view is not None:
            address = view.seeker.addresses[0]
            if not await self._was_told(address):
                tells.append(address)
                notes.append(self._letters.waits(view, known.service, known.now))
        return tuple(notes), tuple(tells)


def _is_words(one: Outgoing) -> bool:
    return one.kind is OutgoingKind.RELAYED


def _reader(face: Face, known: Known) -> Reader | None:
    """Whom what goes to this side is for; ``None`` when nobody can have a key."""
    view = known.target.conversation
    conversation_id = None if view is None or view.is_new else view.conversation_id
    if face is Face.SEEKER:
        has_key = view is not None and view.key_standing is KeyStanding.IN_FORCE
        return Reader(conversation_id=conversation_id) if has_key else None
    counselor_id, counselor = _counselor(known)
    return None if counselor is None else Reader(counselor_id, conversation_id)


def _counselor(known: Known) -> tuple[str, Person | None]:
    """Whom a message to "the counselor" of this target goes to."""
    target = known.target
    if target.speaker is not None:
        return target.speaker_id, target.speaker
    conversation = target.conversation
    return (conversation.counselor_id or "", conversation.counselor) if conversation else ("", None)
