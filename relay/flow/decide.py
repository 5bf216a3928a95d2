"""Hops 3 to 7 as one question: what comes of an entry, with the store, the DNS and a spam filter to ask. No writing.

``route`` takes an entry up, opens it in a worker and asks here, as often as what was read has moved on meanwhile.
Everything that a decision may know is gathered in one value, ``Known``; the worker decides by it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from relay.domain.aliases import Randomness, message_id, mint_token
from relay.domain.conversations import Side
from relay.domain.entries import PASSES, EntryEvent
from relay.domain.levels import CounselorLevel
from relay.domain.standing import NOTHING_AGAINST, Standing, Verdict
from relay.flow import winding
from relay.flow.choosing import next_on_duty
from relay.flow.ciphers import CipherTrouble, OpenPgp, Signatures
from relay.flow.desk.lookup import Lookup, speaker_of
from relay.flow.envelopes import Enveloped, Envelopes
from relay.flow.evidence import HEAD_OCTETS, Witness, is_asked_for
from relay.flow.leaving import leaves_at
from relay.flow.letters import Letters
from relay.flow.outcomes import (
    Face,
    KeyAsk,
    NewConversation,
    Outcome,
    Outgoing,
    Settled,
    bound_to_entry,
    good_for,
)
from relay.flow.people import opening_of, supervisors_of
from relay.flow.ports import Clock as Time
from relay.flow.ports import Reader, Screen
from relay.flow.resolve import Directory, Place, Plan, Resolver
from relay.flow.seeker_keys import SeekerKeys
from relay.flow.values import (
    Facts,
    Known,
    LeasedEntry,
    Minted,
    Reason,
    Target,
    TargetKind,
)
from relay.log import Event, say
from relay.mail.crisis_lines import crisis_block
from relay.mail.proof.evidence import Evidence

MESSAGE_IDS = 12
"""Most messages that one target of one entry can give rise to."""

GUESSED_OCTETS = 262_144
"""A larger message is not kept here until its worker has answered."""

NO_FACTS = Facts()


@dataclass(slots=True)
class Case:
    """An entry that is being decided. ``guess``: what its worker was told at once, until that has been used.

    ``opened``: what was encrypted in it, ``ciphertext`` what names that; ``signed``: whose signature it bears.
    """

    entry: LeasedEntry
    places: Sequence[Place]
    head: bytes
    verdict: Verdict
    guess: Known | None = None
    facts: Facts = NO_FACTS
    standing: Standing = NOTHING_AGAINST
    evidence: Evidence | None = None
    opened: bytes | None = None
    ciphertext: str = ""
    signed: Signatures = field(default_factory=Signatures)


class Decider:
    """Gathers what may be known, and reads what the store says to a decision."""

    def __init__(
        self,
        store: Directory,
        plan: Callable[[], Plan],
        clock: Time,
        randomness: Randomness,
        resolver: Resolver,
        screen: Screen | None,
        witness: Witness | None,
        openpgp: OpenPgp | None = None,
        letters: Letters | None = None,
        desk: Lookup | None = None,
        envelopes: Envelopes | None = None,
        seeker_keys: SeekerKeys | None = None,
    ) -> None:
        self._desk = desk
        self._openpgp = openpgp
        self._letters = letters
        self._envelopes = envelopes
        self._seeker_keys = seeker_keys
        self._store = store
        self._plan = plan
        self._clock = clock
        self._randomness = randomness
        self._resolver = resolver
        self._screen = screen
        self._witness = witness

    async def take_up(self, entry: LeasedEntry, places: Sequence[Place], raw: bytes) -> Case:
        """All that can be found out before the message is read."""
        case = Case(entry, places, raw[:HEAD_OCTETS], await self._verdict(entry, places, raw))
        if len(raw) <= GUESSED_OCTETS:
            case.guess = await self._guess(case)
        return case

    async def heard(self, case: Case, facts: Facts) -> None:
        """What the first look at the message has found, and what has to be asked because of it."""
        case.facts = facts
        await self._unseal(case)
        is_same = case.guess is not None and self._resolver.speakers(
            case.entry, facts
        ) <= self._resolver.speakers(case.entry, NO_FACTS)
        if is_same and case.guess is not None:
            case.standing = case.guess.standing
            return
        case.standing = Standing(await self._resolver.block(case.entry, facts), case.verdict)
        if case.guess is None:  # else nobody asked for proof when it was taken up
            case.evidence = await self._evidence(case)

    async def _unseal(self, case: Case) -> None:
        """Open what is encrypted, once, and see who has signed it; what does not open stays closed, and is held."""
        if self._openpgp is None:
            return
        try:
            if case.facts.sealed and case.opened is None:
                unsealed = await self._openpgp.open(case.facts.sealed)
                case.opened, case.ciphertext = unsealed.content, unsealed.binding
                case.signed = unsealed.signed
                case.guess = None
            elif (
                case.facts.signed is not None
                and self._plan().service.counselor_level is CounselorLevel.OPENPGP
            ):
                found = await self._openpgp.signers(case.facts.signed)
                case.signed = found if found.signers else case.signed
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)

    async def decide(self, case: Case, reader: Reader) -> list[Settled]:
        """Every target with its outcome, by what the store says now. Raises ``WorkerLost``."""
        guess, case.guess = case.guess, None
        is_complete = guess is not None and not (case.facts.commands and speaker_of(guess.target))
        if reader.first is not None and reader.first.key is not None:
            is_complete = is_complete and reader.first.key.ask is not KeyAsk.ASKED
        if guess is not None and reader.first is not None and is_complete and guess.standing == case.standing:
            return [await self._concluded(guess, reader.first, reader)]
        targets = [await self._resolver.target(case.entry, place, case.facts) for place in case.places]
        knowns = [self._known(case.entry, each, case.standing, case.evidence) for each in targets]
        knowns = [replace(each, offers_key=await self._has_key(each.target)) for each in knowns]
        if self._desk is not None:
            knowns = [await self._desk.fill(each, case.facts) for each in knowns]
        settled: list[Settled] = []
        for known in knowns:
            settled.append(await self._decided(case, known, reader, settled))
        return settled

    async def _decided(self, case: Case, known: Known, reader: Reader, before: Sequence[Settled]) -> Settled:
        """One target; a ciphertext is opened for the conversation that carried it first, and for no other.

        Also when it is held: it may wait for days. Where there is no conversation yet, it is the entry's alone.
        """
        conversation = known.target.conversation
        bound = conversation.conversation_id.hex() if conversation else ""
        others = (one.target.conversation for one in before if one.outcome.ciphertext)
        is_shared = any(view and bound and view.conversation_id.hex() != bound for view in others)
        if case.ciphertext and (is_shared or await self._is_anothers(case.ciphertext, bound, known)):
            told = self._held_for_operator(known, Reason.REPLAYED)
            return Settled(known.target, Outcome(EntryEvent.HELD, Reason.REPLAYED, outgoing=told))
        settled = await self._concluded(known, await reader.compose(known), reader)
        return replace(settled, outcome=replace(settled.outcome, ciphertext=case.ciphertext))

    async def _is_anothers(self, ciphertext: str, bound: str, known: Known) -> bool:
        """Tell whether another conversation, or another entry, has brought it before."""
        places = (bound, bound_to_entry(known.entry.entry_id))
        return all([await self._store.used_elsewhere((ciphertext,), place) for place in places])

    async def _has_key(self, target: Target) -> bool:
        """Tell whether the line has a key to give out at this intake address."""
        view = target.conversation
        if self._openpgp is None or view is None or target.author_side is not Side.SEEKER:
            return False
        try:
            return bool(await self._openpgp.own_key(view.intake))
        except CipherTrouble as trouble:
            say(Event.CIPHER_FAILED, cause=trouble.reason)
            return False

    def _held_for_operator(self, known: Known, reason: Reason) -> tuple[Outgoing, ...]:
        if self._letters is None:
            return ()
        ids = known.minted.message_ids
        return (
            self._letters.held_for_operator(reason, known.entry.entry_id, known.service, known.now, ids[3]),
        )

    async def _guess(self, case: Case) -> Known | None:
        """What will be known of a message to one alias, before it is read: then the worker is asked once, not twice.

        It fits unless its author turns out to be blocked under another address than the envelope's.
        """
        place = case.places[0]
        sides = [side for side in Side if place.is_issued_to(side)]
        if len(case.places) > 1 or not sides or is_asked_for(self._plan().service, sides):
            return None
        target = await self._resolver.target(case.entry, place, NO_FACTS)
        standing = Standing(await self._resolver.block(case.entry, NO_FACTS), case.verdict)
        known = self._known(case.entry, target, standing, None)
        return await self._desk.reviewed(known) if self._desk else known

    async def _evidence(self, case: Case) -> Evidence | None:
        """Ask the DNS about the author, where a level asks for proof of what one of these sides wrote."""
        sides = [side for side in Side if any(each.is_issued_to(side) for each in case.places)]
        sides += [Side.SEEKER for each in case.places if each.intake and each.pbx is None]
        if case.facts.commands or self._resolver.is_supervisor(case.entry, case.facts):
            sides += [Side.COUNSELOR for each in case.places if each.kind is TargetKind.DESK]
        service = self._plan().service
        if case.entry.confirmed or not is_asked_for(service, sides):
            return None
        signed = Evidence(signers=tuple(sorted(case.signed.signers)), signed_as=case.signed.names)
        if service.counselor_level is CounselorLevel.OPENPGP and Side.SEEKER not in sides:
            return signed
        if self._witness is None:
            return None
        evidence = await self._witness.of(case.entry.envelope, case.facts, case.head)
        return replace(evidence, signers=signed.signers, signed_as=signed.signed_as)

    async def _verdict(self, entry: LeasedEntry, places: Sequence[Place], raw: bytes) -> Verdict:
        """Ask the operator's spam filter, where there is one, about what a seeker writes."""
        from_seekers = [
            place
            for place in places
            if (place.intake and place.pbx is None) or place.is_issued_to(Side.SEEKER)
        ]
        if self._screen is None or not from_seekers or entry.confirmed:
            return Verdict.PASS
        intake = next((place.path.key for place in from_seekers if place.intake), None)
        return await self._screen.ask(raw, entry.envelope.reverse_path, intake)

    def _known(
        self, entry: LeasedEntry, target: Target, standing: Standing, evidence: Evidence | None
    ) -> Known:
        plan = self._plan()
        now = self._clock.now()
        domain = plan.service.domain
        begun = target.renewed or target
        is_request = begun.kind is TargetKind.INTAKE
        queue = plan.roster.queue_of(begun.address.key)
        next_duty, zone = next_on_duty(plan.roster, queue, now) if is_request else (None, "UTC")
        return Known(
            entry=entry,
            target=target,
            service=plan.service,
            now=now,
            minted=Minted(
                tuple(message_id(self._randomness, domain) for _ in range(MESSAGE_IDS)),
                tuple(mint_token(self._randomness) for _ in range(2)),
            ),
            next_duty=next_duty,
            duty_zone=zone,
            leaves_at=leaves_at(target, plan.delay, now, self._randomness),
            standing=standing,
            evidence=evidence,
            crisis=self._crisis(target, plan),
            watchers=supervisors_of(target.conversation, plan.roster),
        )

    def _crisis(self, target: Target, plan: Plan) -> str:
        """Where help is at once for whoever this conversation is with: by its queue, never by anything they sent."""
        conversation = target.conversation
        if conversation is None or self._letters is None:
            return ""
        texts, language = self._letters.texts, conversation.language
        countries = plan.roster.countries_of(conversation.intake)
        return crisis_block(texts, language, plan.crisis, countries, said=texts.word("danger", language))

    async def _concluded(self, known: Known, outcome: Outcome, reader: Reader) -> Settled:
        """What the store has to say to a decision: signatures that are used up, an answer that lets something go."""
        entry, target, evidence = known.entry, known.target, known.evidence
        if evidence is not None and outcome.signatures:
            used_up = await self._store.used_elsewhere(outcome.signatures, good_for(target, entry.entry_id))
            if used_up:
                known = replace(known, evidence=replace(evidence, used_up=used_up))
                outcome = await reader.compose(known)
        if outcome.answers:
            asked = await self._store.held_under(outcome.answers)
            if asked is not None:
                confirmed = replace(known, entry=replace(entry, confirmed=True))
                outcome = replace(await reader.compose(confirmed), replaces=asked)
        if outcome.renews and target.renewed is not None:
            known, target = replace(known, target=target.renewed), target.renewed
        enveloped = await self._envelopes.seal(known, outcome) if self._envelopes else Enveloped(outcome)
        outcome = enveloped.outcome
        pledges = self._plan().pledges
        settled = Settled(
            target, outcome, self._opens(target, outcome), known.leaves_at, winding.look_at(known, outcome, pledges),
            kept=enveloped.kept, terms=winding.terms(known, outcome, pledges),
        )  # fmt: skip
        answered = settled.answers_automatically
        times = settled.answers_a_day
        if answered and not target.is_told and await self._store.was_told(answered, known.now, times):
            known = replace(known, target=replace(target, is_told=True))
            return await self._concluded(known, await reader.compose(known), reader)
        return await self._seeker_keys.turn(known, settled) if self._seeker_keys else settled

    def _opens(self, target: Target, outcome: Outcome) -> NewConversation | None:
        """A conversation comes into being when its first message is taken up, or its author is written to."""
        view = target.conversation
        if view is None or not view.is_new or outcome.reason is Reason.ASKED:
            return None  # asked is for an end of one
        taken_up = outcome.event in PASSES or outcome.event is EntryEvent.NOBODY_ON_DUTY
        if not taken_up and not any(one.reader is Face.SEEKER for one in outcome.outgoing):
            return None
        counselor = self._plan().roster.counselor(view.counselor_id or "") if taken_up else None
        return opening_of(view, counselor, self._plan().roster.queue_of(view.intake).name)
