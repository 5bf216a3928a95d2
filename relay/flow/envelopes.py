"""Hop 7, the sealing of it: what goes to somebody with a key is encrypted before it is stored.

Before it is stored, so that every attempt sends the same bytes. Never clear text because encryption failed (P4): words
that cannot be encrypted are held, notices of ours are kept until they can be, the operator is told at once, and people
once a day, in clear and without a word of anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from relay.domain.entries import PASSES, EntryEvent
from relay.domain.roster import Roster
from relay.domain.seeker_keys import KeyStanding
from relay.flow.ciphers import CipherTrouble
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import Face, KeptNotice, Outcome, Outgoing, OutgoingKind
from relay.flow.readers import reader_of
from relay.flow.sealer import Reader, Sealer
from relay.flow.values import Known, Person, Reason
from relay.log import Event, say


@dataclass(frozen=True, slots=True)
class Enveloped:
    """An outcome that may be stored, and the notices that cannot leave yet."""

    outcome: Outcome
    kept: tuple[KeptNotice, ...] = ()


@dataclass(frozen=True, slots=True)
class _To:
    """All that one outcome has for one reader. ``person``: who that is, unless it is the seeker."""

    face: Face
    reader: Reader
    person: Person | None
    letters: tuple[Outgoing, ...]

    def holds(self, one: Outgoing) -> bool:
        return any(each is one for each in self.letters)


class Envelopes:
    """``was_told``: whether somebody at an address had an automatic answer today; ``roster``: who is on the line."""

    def __init__(
        self,
        sealer: Sealer,
        letters: KeyLetters,
        was_told: Callable[[str], Awaitable[bool]],
        roster: Callable[[], Roster],
    ) -> None:
        self._sealer = sealer
        self._letters = letters
        self._was_told = was_told
        self._roster = roster

    async def seal(self, known: Known, outcome: Outcome) -> Enveloped:
        """The same outcome with everything encrypted to whoever has a key, or a hold."""
        view = known.target.conversation
        if view is not None:
            outgoing = [await self._sealer.introduced(one, view) for one in outcome.outgoing]
            outcome = replace(outcome, outgoing=tuple(outgoing))
        enveloped = Enveloped(outcome)
        for to in self._readers(known, outcome):
            enveloped = await self._for(to, known, enveloped)
        return enveloped

    def _readers(self, known: Known, outcome: Outcome) -> list[_To]:
        """Everybody who is written to and may have a key, by the mailbox that a letter goes to; the seeker last."""
        found: list[_To] = []
        roster = self._roster()
        for face in (Face.COUNSELOR, Face.SUPERVISOR, Face.SEEKER):
            theirs = [one for one in outcome.outgoing if one.reader is face]
            for recipient in dict.fromkeys(one.recipient for one in theirs):
                letters = tuple(one for one in theirs if one.recipient == recipient)
                is_seeker = face is Face.SEEKER
                who = _seeker(known) if is_seeker else _colleague(letters[0], known, roster)
                if who is not None:
                    found.append(_To(face, who[0], who[1], letters))
        return found

    async def _for(self, to: _To, known: Known, so_far: Enveloped) -> Enveloped:
        outcome = so_far.outcome
        theirs = [one for one in outcome.outgoing if to.holds(one)]
        try:
            sealed = {id(one): await self._sealer.sealed(one, to.reader) for one in theirs}
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return await self._without(to, trouble, known, so_far)
        outgoing = tuple(sealed.get(id(one), one) for one in outcome.outgoing)
        return replace(so_far, outcome=replace(outcome, outgoing=outgoing))

    async def _without(self, to: _To, trouble: CipherTrouble, known: Known, so_far: Enveloped) -> Enveloped:
        """What is left when nothing can be encrypted to one of the readers."""
        outcome = so_far.outcome
        theirs = [one for one in outcome.outgoing if to.holds(one)]
        others = tuple(one for one in outcome.outgoing if not to.holds(one))
        has_words = any(map(_is_words, theirs))
        notes, tells = await self._notes(to, known, words=has_words)
        outcome = replace(outcome, tells=(*outcome.tells, *tells))
        if has_words and outcome.event in PASSES:
            reason = Reason.CIPHER if to.face is Face.COUNSELOR else Reason.SEEKER_CIPHER
            told = self._letters.operator_held(
                reason, trouble, known.entry.entry_id, known.service, known.now
            )
            first = tuple(one for one in others if _goes_all_the_same(one))
            held = replace(outcome, event=EntryEvent.HELD, reason=reason, outgoing=(*first, *notes, told),
                           link=None, signatures=(), key=None)  # fmt: skip
            return Enveloped(held, so_far.kept)
        told = self._letters.operator_notice_kept(trouble, known.service, known.now)
        kept = tuple(KeptNotice(one, to.reader.person_id, _conversation_id(known)) for one in theirs)
        return Enveloped(replace(outcome, outgoing=(*others, *notes, told)), (*so_far.kept, *kept))

    async def _notes(
        self, to: _To, known: Known, *, words: bool
    ) -> tuple[tuple[Outgoing, ...], tuple[str, ...]]:
        """What people hear of it, each once a day, in clear; and who has heard now."""
        view = known.target.conversation
        author_id, author = _counselor(known)
        counselor = to.person or (author if words else None)
        notes: list[Outgoing] = []
        tells: list[str] = []
        if counselor is not None:
            address = counselor.addresses[0]
            if not await self._was_told(address):
                tells.append(address)
                if to.face is not Face.SEEKER or view is None:
                    notes.append(self._letters.colleague_waits(to.face, counselor, known.service, known.now))
                else:
                    note = self._letters.to_counselor(view, counselor, known.service, known.now)
                    reader = Reader(person_id=author_id)
                    try:
                        notes.append(await self._sealer.sealed(note, reader))
                    except CipherTrouble:
                        waits = self._letters.colleague_waits
                        notes.append(waits(Face.COUNSELOR, counselor, known.service, known.now))
        if to.face is Face.SEEKER and view is not None:
            address = view.seeker.addresses[0]
            if not await self._was_told(address):
                tells.append(address)
                notes.append(self._letters.waits(view, known.service, known.now))
        return tuple(notes), tuple(tells)


def _is_words(one: Outgoing) -> bool:
    return one.kind is OutgoingKind.RELAYED


def _goes_all_the_same(one: Outgoing) -> bool:
    """Tell whether a letter is sent although the words that it comes with are held: of danger people hear at once."""
    return one.kind is OutgoingKind.ACKNOWLEDGEMENT or one.reader in {Face.SUPERVISOR, Face.OPERATOR}


def _conversation_id(known: Known) -> bytes | None:
    view = known.target.conversation
    return None if view is None or view.is_new else view.conversation_id


def _seeker(known: Known) -> tuple[Reader, Person | None] | None:
    """The seeker; ``None`` when they have no key."""
    view = known.target.conversation
    has_key = view is not None and view.key_standing is KeyStanding.IN_FORCE
    return (Reader(conversation_id=view.key_of), None) if view is not None and has_key else None


def _colleague(one: Outgoing, known: Known, roster: Roster) -> tuple[Reader, Person | None] | None:
    """Whose mailbox it goes to; where that is nobody's any more, whoever this target has as its counselor."""
    found = reader_of(one, roster)
    if found is None and one.reader is Face.COUNSELOR:
        counselor_id, counselor = _counselor(known)
        found = (counselor_id, counselor) if counselor is not None else None
    return None if found is None else (Reader(found[0], _conversation_id(known)), found[1])


def _counselor(known: Known) -> tuple[str, Person | None]:
    """Whom a message to "the counselor" of this target goes to."""
    target = known.target
    if target.speaker is not None:
        return target.speaker_id, target.speaker
    conversation = target.conversation
    return (conversation.counselor_id or "", conversation.counselor) if conversation else ("", None)
