"""Who reads a letter of ours: found by the mailbox that it goes to, for that decides whose key it needs.

A letter may come of somebody else's mail: that a conversation was taken over is told by the mail of whoever took it,
and is read by whoever had it.
"""

from __future__ import annotations

from relay.domain.roster import Roster
from relay.flow.outcomes import Face, Outgoing
from relay.flow.parties import Person
from relay.flow.people import person_of, supervisor_person


def reader_of(one: Outgoing, roster: Roster) -> tuple[str, Person] | None:
    """The counselor or supervisor at this mailbox, with their id; ``None``: nobody who is on the line now."""
    mailbox = one.recipient.lower()
    if one.reader is Face.COUNSELOR:
        counselor = next((c for c in roster.counselors if c.address.key == mailbox), None)
        return None if counselor is None else (counselor.counselor_id, person_of(counselor, ""))
    if one.reader is Face.SUPERVISOR:
        supervisor = next((s for s in roster.supervisors if s.address.key == mailbox), None)
        return None if supervisor is None else (supervisor.supervisor_id, supervisor_person(supervisor))
    return None
