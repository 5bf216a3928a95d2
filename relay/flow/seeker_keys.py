"""What becomes of a seeker's word about an OpenPGP key: looked at, answered, and only by its owner's proof in force.

Called by ``decide`` with what a worker has read. Here are the rules of ``domain.seeker_keys`` at work: a key that was
given gets a letter that only its owner can read, and the code in it has to come back; while a key is in force, nothing
changes without a code that was encrypted to that key. So whatever a forged message asks for, everything goes on.

When the engine is in trouble, what was, goes on too: the seeker is told that it did not work, and the operator why.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from relay.domain import seeker_keys as rules
from relay.domain.aliases import mint_token
from relay.domain.entries import EntryEvent
from relay.domain.seeker_keys import NO_KEY, SeekerKey, Turned
from relay.flow.ciphers import CipherTrouble, OpenPgp
from relay.flow.key_letters import KeyLetters
from relay.flow.outcomes import KeyAsk, KeyTurn, Outgoing, Settled
from relay.flow.sealer import Reader, Sealer
from relay.flow.values import ConversationView, Known, Reason, TargetKind
from relay.log import Event, say
from relay.mail import key_words

LookUp = Callable[[str], Awaitable[bytes]]
"""The key of an address, as its own domain gives it out; empty when there is none, or nobody may ask."""

TOLD_KEY = "openpgp-key:"
"""Before an address: our key went there today."""


class SeekerKeys:
    """``was_told``: whether an address was written to today; ``look_up``: where the operator allows it."""

    def __init__(
        self,
        openpgp: OpenPgp,
        sealer: Sealer,
        letters: KeyLetters,
        was_told: Callable[[str], Awaitable[bool]],
        look_up: LookUp | None,
        armoured: Callable[[bytes], bytes],
    ) -> None:
        self._openpgp = openpgp
        self._sealer = sealer
        self._letters = letters
        self._was_told = was_told
        self._look_up = look_up
        self._armoured = armoured

    async def turn(self, known: Known, settled: Settled) -> Settled:
        """The same, with what its author asked about a key done or answered; once for each message.

        An entry that was held comes here again when it is released; one that waited for a counselor was here before.
        """
        asked, view = settled.outcome.key, known.target.conversation
        if asked is None or view is None or settled.outcome.event is EntryEvent.HELD:
            return settled
        if known.entry.conversation_id is not None and not known.entry.confirmed:
            return settled
        if asked.ask is KeyAsk.ASKED:
            return await self._give_ours(known, view, settled)
        if asked.is_alone and known.target.kind is TargetKind.INTAKE:
            one = self._letters.refused(view, "first", known.service, known.now)
            return _with(replace(settled, opens=None), (one,))
        key = NO_KEY if view.key_of is None else await self._sealer.seeker_key(view.key_of)
        if not rules.may_write(key, known.now):
            return self._asked_too_often(known, settled)
        try:
            after, letters = await self._do(asked, key, known, view)
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return await self._in_trouble(trouble, known, view, settled)
        if letters:
            after = rules.wrote(after if after is not None else key, known.now)
        return _with(replace(settled, key=after), letters)

    async def _do(
        self, asked: KeyTurn, key: SeekerKey, known: Known, view: ConversationView
    ) -> tuple[SeekerKey | None, tuple[Outgoing, ...]]:
        """What is known of the key afterwards, ``None`` for the same, and letters ready to leave."""
        if asked.ask is KeyAsk.ANSWERED:
            return await self._answered(asked, key, known, view)
        if asked.ask is KeyAsk.UNWANTED:
            return await self._unwanted(key, known, view)
        given = asked.certificates
        if not given and self._look_up is not None:
            found = await self._look_up(view.seeker.addresses[0])
            given = (found,) if found else ()
        if len(given) != 1:
            return None, await self._refused("many" if given else "none", asked, known, view)
        return await self._offered(given[0], asked, key, known, view)

    async def _offered(
        self, given: bytes, asked: KeyTurn, key: SeekerKey, known: Known, view: ConversationView
    ) -> tuple[SeekerKey | None, tuple[Outgoing, ...]]:
        try:
            read = await self._openpgp.certificate(given)
        except CipherTrouble as trouble:
            if trouble.is_ours:
                raise
            return None, await self._refused("unusable", asked, known, view)
        if read.trouble:
            return None, await self._refused("unusable", asked, known, view)
        service, now = known.service, known.now
        if key.is_in_force and read.octets == key.certificate:
            on = self._letters.on(view, service, now)
            return None, (await self._sealer.sealed_to(on, key.certificate),)
        codes = [self._code()]
        letters = [
            await self._sealer.sealed_to(self._letters.confirm(view, codes[0], service, now), read.octets)
        ]
        if rules.needs_old_word(key, read.fingerprint):
            codes.append(self._code())
            change = self._letters.change(view, codes[1], service, now)
            letters.append(await self._sealer.sealed_to(change, key.certificate))
        return rules.offered(key, read.octets, read.fingerprint, codes, now), tuple(letters)

    async def _answered(
        self, asked: KeyTurn, key: SeekerKey, known: Known, view: ConversationView
    ) -> tuple[SeekerKey | None, tuple[Outgoing, ...]]:
        after, turned = rules.answered(key, asked.codes, known.now)
        service, now = known.service, known.now
        if turned is Turned.ON:
            on = self._letters.on(view, service, now)
            return after, (await self._sealer.sealed_to(on, after.certificate),)
        if turned is Turned.OFF:
            return after, (self._letters.off(view, service, now),)
        if turned is Turned.HALF:
            half = self._letters.half(view, service, now)
            return after, (await self._sealer.sealed_to(half, key.certificate),)
        return None, await self._refused("code", asked, known, view)

    async def _unwanted(
        self, key: SeekerKey, known: Known, view: ConversationView
    ) -> tuple[SeekerKey | None, tuple[Outgoing, ...]]:
        service, now = known.service, known.now
        if not key.is_in_force:
            return rules.withdrawn(key), (self._letters.off(view, service, now),)
        code = self._code()
        leave = self._letters.leave(view, code, service, now)
        return rules.leaves(key, code, now), (await self._sealer.sealed_to(leave, key.certificate),)

    async def _refused(
        self, refusal: str, asked: KeyTurn, known: Known, view: ConversationView
    ) -> tuple[Outgoing, ...]:
        """Why a key was not taken, to somebody who asked in words: a mail program's header gets no answer."""
        if asked.ask is KeyAsk.HEADER or (asked.ask is KeyAsk.ANSWERED and not asked.is_alone):
            return ()
        one = self._letters.refused(view, refusal, known.service, known.now)
        return (await self._sealer.sealed(one, _reader(view)),)

    async def _in_trouble(
        self, trouble: CipherTrouble, known: Known, view: ConversationView, settled: Settled
    ) -> Settled:
        """It cannot be done now: nothing changes, the operator hears why, the seeker that it did not work."""
        told = self._letters.operator_key_trouble(trouble, known.service, known.now)
        one = self._letters.refused(view, "trouble", known.service, known.now)
        letters: tuple[Outgoing, ...]
        try:
            letters = (await self._sealer.sealed(one, _reader(view)),)
        except CipherTrouble:
            address = view.seeker.addresses[0]
            is_told = await self._was_told(address)
            note = self._letters.waits(view, known.service, known.now)
            letters = () if is_told else (note,)
            tells = () if is_told else (address,)
            settled = replace(settled, outcome=replace(settled.outcome, tells=tells))
        return _with(settled, (*letters, told))

    async def _give_ours(self, known: Known, view: ConversationView, settled: Settled) -> Settled:
        """The line's own key, once a day to an address; a question that comes again is held, as all such."""
        told = TOLD_KEY + view.seeker.addresses[0]
        key = await self._openpgp.own_key(view.intake)
        if not key or await self._was_told(told):
            return self._asked_too_often(known, settled)
        is_request = known.target.kind is TargetKind.INTAKE
        one = self._letters.ours(view, self._armoured(key), known.service, known.now, from_intake=is_request)
        try:
            one = one if is_request else await self._sealer.sealed(one, _reader(view))
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return await self._in_trouble(trouble, known, view, settled)
        outcome = replace(settled.outcome, tells=(told,))
        return _with(replace(settled, outcome=outcome, opens=None), (one,))

    def _asked_too_often(self, known: Known, settled: Settled) -> Settled:
        """More than a person asks for in a day: their words pass, a message that is nothing else is held."""
        if settled.outcome.key is None or not settled.outcome.key.is_alone:
            return settled
        told = self._letters.operator_unasked(known.entry.entry_id, known.service, known.now)
        outcome = replace(settled.outcome, event=EntryEvent.HELD, reason=Reason.UNASKED, outgoing=(told,))
        return replace(settled, outcome=outcome, opens=None)

    def _code(self) -> str:
        return key_words.code_of(mint_token(self._letters.randomness))


def _reader(view: ConversationView) -> Reader:
    return Reader(conversation_id=view.key_of)


def _with(settled: Settled, letters: tuple[Outgoing, ...]) -> Settled:
    outcome = settled.outcome
    return replace(settled, outcome=replace(outcome, outgoing=(*outcome.outgoing, *letters)))
