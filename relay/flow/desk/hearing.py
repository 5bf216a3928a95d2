"""A counselor's mail with commands in it: everything is checked first, then all of it is done or nothing.

Called by ``compose`` for a reply to a conversation (``hear`` before it is relayed, ``finished`` after) and by
``service_mail`` for mail to the desk (``at_desk``). Pure; runs in a worker process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from relay.domain.commands import CallBack, Duty
from relay.domain.conversations import ConversationEvent
from relay.domain.entries import EntryEvent
from relay.domain.levels import CounselorLevel
from relay.domain.presence import Presence
from relay.domain.verbs import changes
from relay.flow import letters_desk
from relay.flow.desk.blocks import Block, are_there, marked, taken_out
from relay.flow.desk.dispatch import carry_out
from relay.flow.desk.handling import Done
from relay.flow.holding import held, notice_answer
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome
from relay.flow.proof import is_logged_in, prove
from relay.flow.values import Known, Person, Reason
from relay.flow.views import Asked
from relay.mail import automatic, commands, content, marks, quotes
from relay.mail.commands import Orders, Problem, Spoken, Unclear
from relay.mail.content import Content
from relay.mail.model import Mail
from relay.mail.proof import dmarc
from relay.mail.proof.evidence import Proof
from relay.mail.quote_words import CLOSINGS


def spoken(mail: Mail) -> tuple[Asked, ...]:
    """The commands of a mail, for whoever looks up what they need; empty when any of it is unclear."""
    if not commands.may_hold_any(mail):
        return ()
    try:
        orders = commands.read(mail)
    except (content.Sealed, content.Overlong):
        return ()
    if isinstance(orders, Unclear):
        return ()
    return tuple(Asked(each.line, each.verb, each.words, each.below) for each in orders.spoken)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is left to relay, and what is done when it has gone. ``dangers``: what has to be confirmed first.

    ``blocks``: what was inserted; ``said`` has their marks.
    """

    said: Content
    done: tuple[Done, ...] = ()
    dangers: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


def hear(mail: Mail, said: Content, known: Known, letters: Letters) -> Heard | Outcome:
    """Take the commands out of a reply; an ``Outcome`` when nothing of it is to be relayed."""
    conversation = known.target.conversation
    assert conversation is not None
    assert conversation.counselor is not None
    if not commands.may_hold_any(mail):
        return Heard(said)
    counselor, counselor_id = conversation.counselor, conversation.counselor_id or ""
    orders = commands.read(mail, said)
    if isinstance(orders, Unclear):
        if known.entry.confirmed and _only_quoted(orders):
            return Heard(said)
        lines = letters_desk.faults(letters, counselor, orders)
        return _returned(mail, said, known, letters, counselor, lines, may_go=_only_quoted(orders))
    if not orders.spoken:
        return Heard(replace(said, text=orders.content()))
    if not _may_answer(mail, known):
        return held(Reason.UNASKED, known, letters, tell_author=False)
    done, refused = carry_out(orders.spoken, known, letters, counselor, counselor_id)
    if refused:
        lines = letters_desk.refusals(letters, counselor, refused)
        return _returned(mail, said, known, letters, counselor, lines)
    blocks = marked(known, _inserts(orders.spoken, done))
    text = orders.content({line: block.mark for line, block in blocks.items()})
    heard = Heard(replace(said, text=text), done, _dangers(known, done), tuple(blocks.values()))
    if _says_something(heard.said, done, counselor):
        return heard
    if heard.dangers:
        return _asked(known, letters, counselor, heard.dangers)
    is_answer = conversation.seeker.is_caller and any(
        isinstance(each.command, CallBack) for each in orders.spoken
    )
    outcome = Outcome(
        EntryEvent.STOPPED,
        Reason.COMMANDS,
        presence=Presence(counselor_id),
        conversation_event=ConversationEvent.COUNSELOR_WROTE if is_answer else None,
    )
    return _with_receipt(outcome, mail, known, letters, counselor, done, words=0)


def finished(outcome: Outcome, mail: Mail, heard: Heard, known: Known, letters: Letters) -> Outcome:
    """The outcome of a relayed reply with what its commands change and the receipt; held ones change nothing."""
    conversation = known.target.conversation
    if not heard.done or outcome.event is not EntryEvent.PLANNED or conversation is None:
        return outcome
    assert conversation.counselor is not None
    words = len(_own_lines(taken_out(heard.said.text, heard.blocks)).split())
    return _with_receipt(outcome, mail, known, letters, conversation.counselor, heard.done, words=words)


def displaced(mail: Mail, heard: Heard, text: str, known: Known, letters: Letters) -> Outcome | None:
    """What to do when the place of an insert was lost while ``text`` was made, with a signature for instance."""
    if are_there(text, heard.blocks):
        return None
    conversation = known.target.conversation
    assert conversation is not None
    assert conversation.counselor is not None
    counselor = conversation.counselor
    lost = letters.texts.word("refer.lost", counselor.language)
    lines = [f"- {lost[:1].upper()}{lost[1:]}"]
    return _returned(mail, content.read(mail), known, letters, counselor, lines)


def at_desk(mail: Mail, known: Known, letters: Letters) -> Outcome | None:
    """Mail to the desk from a known counselor; ``None`` when there is no command in it."""
    counselor = known.target.speaker
    assert counselor is not None
    if not commands.may_hold_any(mail):
        return None
    said = content.read(mail)
    orders = commands.read(mail, said)
    is_quoted = isinstance(orders, Unclear) and _only_quoted(orders)
    if is_quoted or (isinstance(orders, Orders) and not orders.spoken):
        return None
    if not _may_answer(mail, known):
        return held(Reason.UNASKED, known, letters, tell_author=False)
    if isinstance(orders, Unclear):
        lines = letters_desk.faults(letters, counselor, orders)
        return _returned(mail, said, known, letters, counselor, lines)
    done, refused = carry_out(orders.spoken, known, letters, counselor, known.target.speaker_id)
    if refused:
        lines = letters_desk.refusals(letters, counselor, refused)
        return _returned(mail, said, known, letters, counselor, lines)
    asks = [each for each in orders.spoken if changes(each.verb, each.command)]
    proof = prove(mail, known)
    if (asks or _dangers(known, done)) and not _is_sure(known, proof):
        shown = tuple(f"!{each.verb} {each.words}".strip() for each in asks)
        return _unconfirmed(known, letters, counselor, shown)
    is_duty = any(isinstance(each.command, Duty) for each in orders.spoken)
    back = Presence(known.target.speaker_id) if known.target.is_away and not is_duty else None
    used = proof.signatures if proof is not None and asks else ()
    outcome = Outcome(EntryEvent.STOPPED, Reason.COMMANDS, presence=back, signatures=used)
    return _with_receipt(outcome, mail, known, letters, counselor, done, words=0)


def _is_sure(known: Known, proof: Proof | None) -> bool:
    """Tell whether it is the counselor who asks the desk: logged in, proven as a level wants it, or confirmed."""
    if known.entry.confirmed or is_logged_in(known):
        return True
    is_owed = known.service.counselor_level is not CounselorLevel.ALIAS
    return is_owed and proof is not None and proof.verdict is dmarc.Verdict.PROVEN


def _may_answer(mail: Mail, known: Known) -> bool:
    is_null = known.entry.envelope.reverse_path.is_null
    return automatic.may_answer(mail, is_null) and not known.target.is_told


def _only_quoted(orders: Unclear) -> bool:
    return all(fault.problem is Problem.QUOTED for fault in orders.faults)


def _dangers(known: Known, done: Sequence[Done]) -> tuple[str, ...]:
    return () if known.entry.confirmed else tuple(each.danger for each in done if each.danger)


def _inserts(spoken_here: Sequence[Spoken], done: Sequence[Done]) -> dict[int, str]:
    pairs = zip(spoken_here, done, strict=True)
    return {each.line: what.insert for each, what in pairs if what.insert is not None}


def _says_something(said: Content, done: Sequence[Done], counselor: Person) -> bool:
    """Tell whether anything is left for the seeker: words that are more than a greeting and a name, or a file."""
    if any(each.insert is not None for each in done):
        return True
    names = {
        word.casefold() for name in (*counselor.names, counselor.stands_as) for word in (name, *name.split())
    }
    lines = (line.casefold().strip(" ,.!-–—*") for line in said.own.split("\n"))  # noqa: RUF001
    if any(line and line not in CLOSINGS and line not in names for line in lines):
        return True
    return any(part.disposition == "attachment" for part in said.attached)


def _own_lines(text: str) -> str:
    return quotes.own_only(quotes.segment(marks.clean(text)))


def _with_receipt(
    outcome: Outcome,
    mail: Mail,
    known: Known,
    letters: Letters,
    counselor: Person,
    done: Sequence[Done],
    *,
    words: int,
) -> Outcome:
    receipt = letters_desk.receipt(letters, known, counselor, mail.message_id, done, words)
    return replace(
        outcome,
        outgoing=(*outcome.outgoing, *(one for each in done for one in each.outgoing), receipt),
        effects=(*outcome.effects, *(one for each in done for one in each.effects)),
        answers=(*outcome.answers, *(one for each in done for one in each.answers)),
        obeys=counselor.addresses[0],
    )


def _returned(
    mail: Mail,
    said: Content,
    known: Known,
    letters: Letters,
    counselor: Person,
    lines: Sequence[str],
    *,
    may_go: bool = False,
) -> Outcome:
    """Nothing is relayed, nothing changes; the author gets their words back. What is only quoted they may let go."""
    if not _may_answer(mail, known):
        return held(Reason.UNCLEAR_COMMAND, known, letters, tell_author=False)
    back = letters_desk.returned(letters, known, counselor, mail, said, lines)
    return Outcome(
        EntryEvent.HELD if may_go else EntryEvent.STOPPED,
        Reason.UNCLEAR_COMMAND,
        outgoing=(back,),
        answers=(notice_answer(known.minted.message_ids[2]),) if may_go else (),
        obeys=counselor.addresses[0],
    )


def _asked(known: Known, letters: Letters, counselor: Person, dangers: Sequence[str]) -> Outcome:
    """Nothing but commands, one of which has to be confirmed."""
    return Outcome(
        EntryEvent.HELD,
        Reason.UNCONFIRMED,
        outgoing=(letters_desk.confirm(letters, known, counselor, dangers),),
        answers=(notice_answer(known.minted.message_ids[2]),),
        obeys=counselor.addresses[0],
    )


def _unconfirmed(known: Known, letters: Letters, counselor: Person, shown: Sequence[str]) -> Outcome:
    """Anybody can write to the desk in somebody's name: only an answer from the registered address proves who."""
    return _asked(known, letters, counselor, [f"- {each}" for each in shown])
