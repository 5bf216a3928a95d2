"""The people of a conversation as the configuration knows them now: out of what is stored, what the composer needs.

Called by ``resolve`` and by everybody who writes to one of them.
"""

from __future__ import annotations

from dataclasses import replace

from relay.domain import callers
from relay.domain.roster import Counselor, Roster, Supervisor
from relay.flow.choosing import slots
from relay.flow.outcomes import NewConversation
from relay.flow.parties import ConversationView, Person
from relay.flow.ports import StoredConversation


def view_of(stored: StoredConversation, roster: Roster) -> ConversationView:
    """A stored conversation with its people as the configuration knows them now."""
    view = ConversationView(
        conversation_id=stored.conversation_id,
        state=stored.state,
        version=stored.version,
        intake=stored.intake,
        language=stored.language,
        seeker=Person(
            addresses=stored.seeker_addresses,
            names=stored.seeker_names,
            private=tuple(filter(None, map(callers.number_of, stored.seeker_addresses))),
            stands_as=stored.pseudonym,
            alias=stored.seeker_alias,
            language=stored.language,
        ),
        counselor_alias=stored.counselor_alias,
        thread=stored.thread,
        acknowledged=stored.acknowledged,
        excluded=stored.excluded,
        wishes=stored.wishes,
        risk=stored.risk,
        key_standing=stored.key_standing,
        call=stored.call,
        asked=stored.asked,
        tags=stored.tags,
        closed_at=stored.closed_at,
        queue=stored.queue,
    )
    return with_counselor(view, roster.counselor(stored.counselor_id or ""))


def with_counselor(view: ConversationView, counselor: Counselor | None) -> ConversationView:
    """The same conversation with this counselor as the responsible one."""
    if counselor is None:
        return view
    person = person_of(counselor, view.counselor_alias)
    return replace(view, counselor=person, counselor_id=counselor.counselor_id)


def person_of(counselor: Counselor, alias: str) -> Person:
    """A counselor as the composer needs them; ``alias`` stands for them in one conversation."""
    return Person(
        addresses=tuple(address.reveal() for address in counselor.addresses),
        names=(counselor.name,) if counselor.name else (),
        private=counselor.private,
        stands_as=counselor.shown_name,
        alias=alias,
        language=counselor.languages[0] if counselor.languages else "en",
        asks_about_signature=counselor.asks_about_signature,
    )


def supervisor_person(supervisor: Supervisor) -> Person:
    """A supervisor as the composer needs them."""
    addresses = tuple(address.reveal() for address in supervisor.addresses)
    return Person(addresses, (), (), supervisor.pseudonym, "", supervisor.language)


def supervisors_of(view: ConversationView | None, roster: Roster) -> tuple[Person, ...]:
    """Those who watch over a conversation: its queue's, or all where that has none."""
    if view is None:
        return ()
    watching = roster.supervisors_of(roster.queue_for(view.intake, view.queue).name)
    return tuple(supervisor_person(each) for each in watching or roster.supervisors)


def opening_of(view: ConversationView, counselor: Counselor | None, queue: str) -> NewConversation:
    """A conversation that is to be created; ``counselor``: who is responsible from the start, if anybody is."""
    return NewConversation(
        conversation_id=view.conversation_id,
        intake=view.intake,
        language=view.language,
        seeker_addresses=view.seeker.addresses,
        seeker_names=view.seeker.names,
        pseudonym=view.seeker.stands_as,
        seeker_alias=view.seeker.alias,
        counselor_alias=view.counselor_alias,
        counselor_id=counselor.counselor_id if counselor else None,
        capacity=slots(counselor) if counselor else 0,
        queue=queue,
        excluded=view.excluded,
        wishes=view.wishes,
        renews=view.renews,
        key_standing=view.key_standing,
    )
