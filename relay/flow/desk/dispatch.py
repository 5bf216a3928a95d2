"""Which handler carries out which command: the table, and the rule of all or nothing. Pure; called by ``hearing``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relay.domain import commands
from relay.domain.commands import Command
from relay.domain.verbs import VERBS, Place
from relay.flow.desk import asking, basics, calling, cases, referrals, reminding, transfer
from relay.flow.desk.handling import Done, Handler, Refused, Situation
from relay.flow.letters import Letters
from relay.flow.parties import Person
from relay.flow.values import Known, TargetKind
from relay.mail.commands import Spoken

HANDLERS: Mapping[type[Command], Handler] = {
    commands.Help: basics.show_help,
    commands.ListCases: basics.list_cases,
    commands.Note: basics.note,
    commands.Lang: basics.set_language,
    commands.SetRisk: basics.set_risk,
    commands.Remind: reminding.remind,
    commands.Close: cases.close,
    commands.Hold: cases.hold,
    commands.Pass: cases.give_back,
    commands.Take: cases.take,
    commands.Handover: cases.hand_over,
    commands.Transfer: transfer.transfer,
    commands.Warn: cases.warn,
    commands.Block: cases.block,
    commands.Spam: cases.spam,
    commands.Ask: asking.ask,
    commands.Escalate: asking.escalate,
    commands.Duty: asking.duty,
    commands.Refer: referrals.insert,
    commands.Insert: referrals.insert,
    commands.Read: referrals.insert,
    commands.Broken: referrals.broken,
    commands.CallBack: calling.call_back,
    commands.Tag: basics.tag,
}
"""One handler for each command; a verb without one is refused in words, so that nothing is taken for content."""


def carry_out(
    spoken: Sequence[Spoken], known: Known, letters: Letters, counselor: Person, counselor_id: str
) -> tuple[tuple[Done, ...], tuple[tuple[Spoken, str], ...]]:
    """What all commands come to, and which are refused, with the reason; with one refused, none is done."""
    done: list[Done] = []
    refused: list[tuple[Spoken, str]] = []
    for each in spoken:
        at = Situation(known, letters, counselor, counselor_id, each, tuple(spoken))
        found = _one(each, at)
        if isinstance(found, Refused):
            refused.append((each, found.why))
        else:
            done.append(found)
    return tuple(done), tuple(refused)


def _one(spoken: Spoken, at: Situation) -> Done | Refused:
    place = Place.DESK if at.known.target.kind is TargetKind.DESK else Place.ALIAS
    verb = VERBS[spoken.verb]
    if verb.once and any(each.verb == spoken.verb and each is not spoken for each in at.beside):
        return Refused(at.word("refused.twice", other=f"!{spoken.verb}"))
    if place not in verb.places:
        if place is Place.DESK:
            return Refused(at.word("refused.not-at-desk"))
        return Refused(at.word("refused.not-at-alias", address=at.known.service.at("desk")))
    handler = HANDLERS.get(type(spoken.command))
    found = handler(spoken.command, at) if handler else Refused(at.word("refused.not-here"))
    view = at.known.target.conversation
    if isinstance(found, Done) and found.insert is not None and view is not None and view.seeker.is_caller:
        return Refused(at.word("refused.caller", pseudonym=view.seeker.stands_as))
    return found
