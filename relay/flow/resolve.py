"""What an entry's recipients mean: which conversation, whose words, and who is to answer.

Called by ``flow.route`` around the worker: ``places`` before anything is known of the message, ``target`` once it was
looked at. Assigning a counselor happens here too: for a new request, for a conversation that waits, and when somebody
comes on duty. Reads snapshots and decides; all that it writes is ``assign``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from relay.domain import callers
from relay.domain.addresses import OurAddress, SeekerAddress
from relay.domain.aliases import Randomness, local_of, mint_token, token_of
from relay.domain.conversations import ConversationState, Side
from relay.domain.pseudonyms import mint as mint_pseudonym
from relay.domain.roster import GENERAL, Intake
from relay.domain.seeker_keys import KeyStanding
from relay.domain.standing import Block
from relay.domain.voicemail import Pbx
from relay.domain.wishes import Wishes
from relay.flow import renewal
from relay.flow.accept import SPECIAL
from relay.flow.choosing import Chooser, slots
from relay.flow.desk.casebook import Casebook
from relay.flow.desk.speaking import Speaking
from relay.flow.inviting import Invitations
from relay.flow.people import view_of, with_counselor
from relay.flow.plan import Plan as Plan  # noqa: PLC0414 (most know it from here)
from relay.flow.ports import Blocks, Clock, Entries, Stale, TokenMeaning, Waiting
from relay.flow.ports import Duty as DutyPort
from relay.flow.rounds import rounds
from relay.flow.values import (
    ConversationView,
    Facts,
    LeasedEntry,
    Person,
    Target,
    TargetKind,
)
from relay.log import Event, ref, say

ASSIGN_BATCH = 500


class Directory(Entries, Blocks, DutyPort, Protocol):
    """The part of the store that routing uses."""

    @property
    def casebook(self) -> Casebook: ...

    @property
    def invitations(self) -> Invitations: ...


@dataclass(frozen=True, slots=True)
class Place:
    """One forward-path, before anything is known of the message. ``pbx``: the telephone system that writes to it."""

    kind: TargetKind
    path: OurAddress
    conversation_id: bytes | None = None
    intake: Intake | None = None
    meaning: TokenMeaning | None = None
    pbx: Pbx | None = None

    def is_issued_to(self, side: Side) -> bool:
        """Tell whether it is an alias for that side to write to."""
        stands_for = self.meaning.stands_for if self.meaning and self.kind is TargetKind.ALIAS else None
        return stands_for is not None and stands_for.other is side


class Resolver:
    """``offer`` is called with the entries that waited for a counselor who was found; ``texts``: languages of texts."""

    def __init__(
        self,
        store: Directory,
        plan: Callable[[], Plan],
        clock: Clock,
        randomness: Randomness,
        offer: Callable[[bytes], None],
        texts: Sequence[str] = (),
    ) -> None:
        self._texts = texts
        self._store = store
        self._plan = plan
        self._clock = clock
        self._randomness = randomness
        self._offer = offer
        self._speaking = Speaking(store, lambda: plan().roster, clock)
        self._chooser = Chooser(store, lambda: plan().roster, lambda: plan().service.language, clock)

    async def places(self, entry: LeasedEntry) -> Sequence[Place]:
        """What the forward-paths mean. An alias wins over an intake address; one intake is enough."""
        places = [await self._place(entry, path) for path in dict.fromkeys(entry.envelope.forward_paths)]
        if any(place.kind is TargetKind.ALIAS for place in places):
            return [place for place in places if place.kind is not TargetKind.INTAKE]
        intakes = [place for place in places if place.kind is TargetKind.INTAKE]
        return [place for place in places if place not in intakes[1:]]

    async def _place(self, entry: LeasedEntry, path: OurAddress) -> Place:
        intake = self._plan().roster.intake(path)
        if intake is not None:
            return Place(TargetKind.INTAKE, path, entry.conversation_id, intake=intake)
        pbx = self._plan().voicemails.get(path.key)
        if pbx is not None:
            counted_for = self._plan().roster.intake(pbx.intake)
            return Place(TargetKind.INTAKE, pbx.intake, entry.conversation_id, intake=counted_for, pbx=pbx)
        mailbox = self._plan().service.mailbox
        special = SPECIAL.get(local_of(path, mailbox))
        if special is not None:
            return Place(special, path)
        token = token_of(path, mailbox)
        meaning = await self._store.meaning(token) if token else None
        if renewal.was_taken_up_anew(entry, meaning):
            return Place(TargetKind.INTAKE, path, entry.conversation_id)
        if meaning is None:
            is_alone = token is not None and len(entry.envelope.forward_paths) == 1
            is_invitation = is_alone and self._store.invitations.is_one(token or "", self._clock.now())
            return Place(TargetKind.FEEDBACK if is_invitation else TargetKind.ALIAS, path)
        return Place(meaning.kind, path, meaning.conversation_id, meaning=meaning)

    async def target(self, entry: LeasedEntry, place: Place, facts: Facts) -> Target:
        """What one place means for this message, with the conversation as it is now."""
        if place.intake is not None:
            view = await self._request(entry, place, place.intake, facts)
            reading = place.pbx.reading if place.pbx is not None else None
            return Target(TargetKind.INTAKE, place.path, view, Side.SEEKER, voicemail=reading)
        if place.kind is TargetKind.INTAKE and entry.conversation_id is not None:
            view = await self._view(entry.conversation_id)
            view = await self._find_counselor(view) if view and view.counselor is None else view
            return Target(TargetKind.INTAKE, place.path, view, Side.SEEKER, is_renewal=True)
        if place.kind is TargetKind.DESK:
            return await self._speaking.at_desk(place.path, facts, self.speakers(entry, facts),
                                                entry.envelope.provenance.login)  # fmt: skip
        if place.kind is TargetKind.OPERATOR:
            return Target(place.kind, place.path)
        if place.kind is TargetKind.FEEDBACK:
            token = token_of(place.path, self._plan().service.mailbox) or ""
            intakes = [(i.queue, i.address.key, i.language) for i in self._plan().roster.intakes]
            invitation = await self._store.invitations.look_up(token, intakes, GENERAL)
            return Target(place.kind, place.path, invitation=invitation, token=token)
        meaning = place.meaning
        if meaning is not None and meaning.kind is TargetKind.RETURN_PATH:
            # A report of the same may have been heard of while this one waited for its turn, or at another node.
            meaning = await self._store.meaning(token_of(place.path, self._plan().service.mailbox) or "")
        if meaning is None:
            return Target(TargetKind.ALIAS, place.path, is_retired=True)
        view = await self._view(meaning.conversation_id) if meaning.conversation_id else None
        side = meaning.stands_for.other if meaning.stands_for else None
        is_live = view is not None and not meaning.is_retired and meaning.kind is TargetKind.ALIAS
        if view is not None and is_live and renewal.is_over(view, self._plan().reopens, self._clock.now()):
            if side is Side.COUNSELOR:
                return Target(meaning.kind, place.path, view, side, is_retired=True)
            renewed = await self._renewed(entry, view, facts)
            if renewed is not None:
                return Target(meaning.kind, place.path, view, side, renewed=renewed)
        if view is not None and side is Side.SEEKER and not meaning.is_retired:
            view = await self._with_reader(view, self.speakers(entry, facts))
        asked_for = view.asked.to if view is not None and view.asked is not None else ""
        gives = bool(asked_for) and await self._chooser.is_ready(asked_for)
        concerns_duty = side is Side.COUNSELOR and self._plan().service.heeds_vacations
        is_away = view is not None and concerns_duty and await self._speaking.is_away(view.counselor_id or "")
        return Target(meaning.kind, place.path, view, side, meaning.is_retired, meaning.delivery_id,
                      words=meaning.words(self._clock.now()), is_away=is_away, gives=gives)  # fmt: skip

    def is_supervisor(self, entry: LeasedEntry, facts: Facts) -> bool:
        """Tell whether a message comes under the address of a supervisor."""
        return self._speaking.supervisor(self.speakers(entry, facts)) is not None

    async def block(self, entry: LeasedEntry, facts: Facts) -> Block | None:
        """What stands against whoever a message says it is from, by its envelope or any of its authors."""
        return await self._store.blocked(self.speakers(entry, facts), self._clock.now())

    def speakers(self, entry: LeasedEntry, facts: Facts) -> frozenset[str]:
        """Under which addresses a message comes, in lower case: its envelope and its authors, or whoever has called."""
        if number := callers.normalised(facts.caller):
            return frozenset({callers.address_of(number, b"")})
        return frozenset(
            each.lower() for each in (entry.envelope.reverse_path.reveal(), *facts.authors) if each
        )

    async def _view(self, conversation_id: bytes) -> ConversationView | None:
        stored = await self._store.conversation(conversation_id)
        if stored is None or stored.state is ConversationState.ERASED:
            return None
        return view_of(stored, self._plan().roster)

    async def _request(
        self, entry: LeasedEntry, place: Place, intake: Intake, facts: Facts
    ) -> ConversationView | None:
        """The conversation that a message to an intake address belongs to: its own, new one."""
        if entry.conversation_id is not None:
            view = await self._view(entry.conversation_id)
            return await self._find_counselor(view) if view and view.counselor is None else view
        if place.pbx is not None:
            return await self._called(place.pbx, intake, facts)
        address = seeker_address(entry, facts)
        if address is None:
            return None
        language = self._language(intake, facts)
        return await self._new(intake.address.key, language, (address,), facts.author_names[:1])

    async def _called(self, pbx: Pbx, intake: Intake, facts: Facts) -> ConversationView:
        """The conversation of somebody who has telephoned: no mail goes to them."""
        number = callers.normalised(facts.caller) if pbx.reading.keeps_number else ""
        address = callers.address_of(number, self._randomness(16))
        view = await self._new(intake.address.key, intake.language, (address,), ())
        seeker = replace(view.seeker, private=(number,) if number else ())
        return replace(view, seeker=seeker, wishes=Wishes(no_mail=True))

    async def _new(
        self,
        intake: str,
        language: str,
        addresses: tuple[str, ...],
        names: tuple[str, ...],
        before: ConversationView | None = None,
    ) -> ConversationView:
        """A conversation that begins now, with whoever is to answer. ``before``: the one that has ended."""
        plan, excluded = self._plan(), before.excluded if before else ()
        chosen = await self._chooser.choose(intake, language, addresses, excluded)
        numbered = self._randomness(1)[0] < 128
        view = ConversationView(
            conversation_id=self._randomness(16),
            state=ConversationState.NEW,
            version=0,
            intake=intake,
            language=language,
            seeker=Person(
                addresses=addresses,
                names=names,
                private=(),
                stands_as=mint_pseudonym(self._randomness, numbered=numbered),
                alias=plan.service.at(mint_token(self._randomness)),
                language=language,
            ),
            counselor_alias=plan.service.at(mint_token(self._randomness)),
            is_new=True,
            excluded=excluded,
            wishes=renewal.wishes_after(before),
            key_standing=before.key_standing if before else KeyStanding.NONE,
            renews=before.conversation_id if before else b"",
        )
        return with_counselor(view, chosen)

    async def _renewed(self, entry: LeasedEntry, view: ConversationView, facts: Facts) -> Target | None:
        """What a message to a conversation that is over opens instead; ``None`` where it opens that one again."""
        intake = self._plan().roster.intake_of(view.intake)
        if intake is None or not renewal.may_begin_anew(entry, view, self.speakers(entry, facts)):
            return None
        seeker = view.seeker
        new = await self._new(view.intake, view.language, seeker.addresses, seeker.names, view)
        return Target(TargetKind.INTAKE, intake.address, new, Side.SEEKER, is_renewal=True)

    def languages_asked(self, entry: LeasedEntry, places: Sequence[Place]) -> tuple[str, ...]:
        """Which languages a message may turn out to be written in, where that is to be found out: a first one's."""
        detects = any(place.intake is not None and place.intake.detects for place in places)
        return self._languages() if detects and entry.conversation_id is None else ()

    def _languages(self) -> tuple[str, ...]:
        """Those that there are texts in, and those that a counselor speaks."""
        spoken = (language for c in self._plan().roster.counselors for language in c.languages)
        return tuple(sorted({each.partition("-")[0].lower() for each in (*self._texts, *spoken)}))

    def _language(self, intake: Intake, facts: Facts) -> str:
        """That of the intake address, unless the letter is surely in another that somebody here knows."""
        is_another = facts.language != intake.language.partition("-")[0].lower()
        return (
            facts.language
            if intake.detects and is_another and facts.language in self._languages()
            else intake.language
        )

    async def _with_reader(self, view: ConversationView, speakers: frozenset[str]) -> ConversationView:
        """The conversation with somebody who reads what its seeker writes now, if there is anybody.

        In a pool that is whoever is on duty; only the seeker's own mail moves a conversation.
        """
        is_theirs = not speakers.isdisjoint(address.lower() for address in view.seeker.addresses)
        has_left = self._chooser.has_left
        if view.counselor_id and is_theirs and await has_left(view.intake, view.counselor_id, view.queue):
            with contextlib.suppress(Stale):
                await self._store.duties.let_go(view.conversation_id, view.version, self._clock.now())
            view = await self._view(view.conversation_id) or view
        return view if view.counselor else await self._find_counselor(view)

    async def _find_counselor(self, view: ConversationView) -> ConversationView:
        """Try to make somebody responsible for a conversation that waits."""
        waiting = Waiting(view.conversation_id, view.version, view.intake, view.language, self._clock.now(),
                          view.seeker.addresses, view.excluded, view.tags, view.queue, view.asked)  # fmt: skip
        with contextlib.suppress(Stale):
            await self.assign(waiting)
        return await self._view(view.conversation_id) or view

    # --- duty ----------------------------------------------------------------------------------------

    async def assign(self, waiting: Waiting) -> bool:
        """Make a counselor on duty responsible; what waited is routed again. ``False`` when nobody can.

        Raises ``Stale`` when the conversation has moved on.
        """
        if waiting.asked is not None and waiting.asked.is_open(self._clock.now()):
            return False  # the seeker was asked, and has time to answer
        chosen = await self._chooser.choose(
            waiting.intake,
            waiting.language,
            waiting.seeker_addresses,
            waiting.excluded,
            waiting.tags,
            waiting.queue,
        )
        if chosen is None:
            return False
        alias = self._plan().service.at(mint_token(self._randomness))
        entries = await self._store.assign(
            waiting, chosen.counselor_id, slots(chosen), alias, self._clock.now()
        )
        say(Event.CONVERSATION_ASSIGNED, conversation=ref(waiting.conversation_id))
        for entry_id in entries:
            self._offer(entry_id)
        return True

    async def assign_waiting(self) -> int:
        """Go through the conversations that wait, oldest first; returns how many are assigned now."""
        return await rounds(lambda: self._store.waiting(ASSIGN_BATCH), self.assign)


def seeker_address(entry: LeasedEntry, facts: Facts) -> str | None:
    """Where a new seeker reads mail: the one author, else the envelope; ``None`` when neither is usable."""
    alone = facts.authors if len(facts.authors) == 1 else ()
    for candidate in (*alone, entry.envelope.reverse_path.reveal()):
        try:
            return SeekerAddress.parse(candidate).reveal()
        except ValueError:
            continue
    return None
