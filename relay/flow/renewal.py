"""When a conversation that has ended goes on, and when what its seeker writes begins another one.

Within ``conversations.reopen_days`` of its end whoever writes goes on with the same conversation. Later what they write
to the same address opens a new one: another pseudonym and other aliases, nothing of what was said, whoever is free. It
is the same person all the same: their language, how and when mail may reach them, and whom they did not want to
write with any more stay as they were.

Their OpenPGP key goes with them, in force from the first letter on, so that nothing leaves in clear.

Words that end something (STOP, FORGET ME), and a message about a key and nothing else, still mean the conversation that
they are written to.

Pure; called by ``resolve`` and ``compose``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relay.domain.conversations import ConversationState, Side
from relay.domain.wishes import NO_WISHES, Wishes
from relay.flow import key_turns, seeker_desk, stages
from relay.flow.parties import ConversationView
from relay.flow.ports import TokenMeaning
from relay.flow.values import Known, LeasedEntry, TargetKind
from relay.mail import content
from relay.mail.model import Mail

_ENDED = frozenset({ConversationState.CLOSED, ConversationState.BLOCKED})


def is_over(view: ConversationView, reopens: timedelta, now: datetime) -> bool:
    """Tell whether it has ended for longer than it can be opened again; at that very instant it still can."""
    return view.state in _ENDED and view.closed_at is not None and now > view.closed_at + reopens


def may_begin_anew(entry: LeasedEntry, view: ConversationView, speakers: frozenset[str]) -> bool:
    """Tell whether a message may open another conversation: written to this one alone, in its seeker's name."""
    is_theirs = not speakers.isdisjoint(address.lower() for address in view.seeker.addresses)
    return is_theirs and len(entry.envelope.forward_paths) == 1


def was_taken_up_anew(entry: LeasedEntry, meaning: TokenMeaning | None) -> bool:
    """Tell whether an entry that comes round again belongs to another conversation than the alias that it came to."""
    if entry.conversation_id is None or len(entry.envelope.forward_paths) != 1:
        return False
    if meaning is None:
        return True  # the old one has been forgotten meanwhile
    is_anothers = meaning.conversation_id not in {None, entry.conversation_id}
    return is_anothers and meaning.kind is TargetKind.ALIAS and meaning.stands_for is Side.COUNSELOR


def wishes_after(before: ConversationView | None) -> Wishes:
    """How and when mail may reach whoever begins again; that they wanted none is over, for they have written."""
    return NO_WISHES if before is None else replace(before.wishes, no_mail=False)


def begun_anew(mail: Mail, known: Known) -> Known | None:
    """What is known of the new conversation, when a message opens one; ``None``: it is for the one that it came to.

    Everything that a message to an alias owes is asked for first: a stranger never becomes a new seeker.
    """
    renewed = known.target.renewed
    if renewed is None or stages.run(stages.REPLY, mail, known) is not None:
        return None
    try:
        said = content.read(mail)
        if seeker_desk.may_end(mail, said, known):
            return None
        turn, _ = key_turns.asked(mail, said, known)
        if turn is not None and turn.is_alone:
            return None
    except (content.Overlong, content.Sealed):
        return None
    return replace(known, target=renewed)
