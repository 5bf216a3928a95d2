"""Hops 4 to 7 for one target of one entry: read, check, rebuild, judge. Pure; runs in a worker process.

``examine`` takes the first look, so that routing can look up what it needs; ``compose`` does the rest
and always ends in exactly one ``Outcome``: relayed, waiting, held or absorbed. A request and a reply take
the same path; who speaks is a value. ``relay explain`` calls the same functions.

Failures: what cannot be read is held (P4), never an exception; an exception here is our own bug,
and the router counts it against the entry.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.presence import Presence
from relay.domain.standing import Verdict
from relay.domain.voicemail import Reading
from relay.errors import MalformedMessage
from relay.flow import feedback, inviting, key_turns, letters_supervisors, renewal, seeker_desk, stages
from relay.flow import voicemail as voice_messages
from relay.flow.desk import hearing, supervising
from relay.flow.desk.blocks import put_in, taken_out
from relay.flow.effects import MailWanted, Reviewed, RiskSet
from relay.flow.holding import asked, doubts, held, may_be_confirmed
from relay.flow.judging import faces, judge, legible, mask_of
from relay.flow.letters import Letters
from relay.flow.outcomes import (
    Change,
    Face,
    Outcome,
    Outgoing,
    OutgoingKind,
)
from relay.flow.proof import asks, proven
from relay.flow.reports import absorbed
from relay.flow.seeker_case import Passing
from relay.flow.service_mail import to_the_service
from relay.flow.values import (
    ConversationView,
    Facts,
    Known,
    Person,
    Reason,
    TargetKind,
    ThreadLink,
)
from relay.mail import automatic, contacts, content, language, openpgp_mime, quotes, rebuild, voicemail
from relay.mail.draft import Draft
from relay.mail.model import Mail
from relay.mail.parse import parse
from relay.mail.serialize import NewMessage, serialize

MAX_REFERRED = 20
"""Ids of earlier messages that routing looks up; the newest are the last."""


def read(raw: bytes, content_of: bytes | None = None) -> Mail | None:
    """Hop 4. ``None`` for bytes that are no message at all. ``content_of``: what was encrypted in it, opened."""
    try:
        mail = parse(raw if content_of is None else openpgp_mime.opened(raw, content_of))
        return replace(mail, covered=openpgp_mime.covered_in(mail, content_of))
    except MalformedMessage:
        return None


def examine(
    mail: Mail | None,
    languages: Collection[str] = (),
    *,
    asks_for_proof: bool = True,
    voice: Reading | None = None,
) -> Facts:
    """Say what routing must know before it can resolve the message; whom to ask about it, if anybody will.

    ``languages``: which of these it is written in, if any, is to be found out. ``voice``: it is a telephone system's.
    """
    if mail is None:
        return Facts(unreadable="malformed")
    return Facts(
        authors=tuple(author.address for author in mail.authors[:8]),
        author_names=tuple(filter(None, (legible(one.name) for one in mail.shown[:8]))),
        message_id=mail.message_id,
        asks=asks(mail) if asks_for_proof else (),
        sealed=openpgp_mime.sealed_in(mail),
        signed=openpgp_mime.signed_in(mail),
        commands=hearing.spoken(mail),
        refers_to=tuple(dict.fromkeys((*mail.in_reply_to, *mail.references)))[-MAX_REFERRED:],
        language=_language(mail, languages) if languages else "",
        caller=voicemail.number(mail, voice) if voice is not None else "",
    )


def _language(mail: Mail, languages: Collection[str]) -> str:
    """In which language the author wrote; what they quote is somebody else's."""
    try:
        return language.detect(quotes.own_words(content.read(mail).text), languages)
    except (content.Overlong, content.Sealed):
        return ""


def compose(mail: Mail | None, known: Known, letters: Letters) -> Outcome:
    """Hops 5 to 7 for one target. Every way through it ends in an ``Outcome`` that somebody sees."""
    if known.target.kind is TargetKind.FEEDBACK:
        return feedback.taken(mail, known, letters)
    if mail is None:
        return held(Reason.UNREADABLE, known, letters, tell_author=False)
    if voice_messages.is_one(known):
        return voice_messages.taken(mail, known, letters)
    if known.target.kind in {TargetKind.INTAKE, TargetKind.ALIAS}:
        mail, known = proven(mail, known)
        anew = renewal.begun_anew(mail, known)
        outcome = _between_the_sides(mail, anew or known, letters)
        return replace(outcome, renews=anew is not None)
    return to_the_service(mail, known, letters)


def _between_the_sides(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """The main job: one side's words become a new message to the other side."""
    is_request = known.target.kind is TargetKind.INTAKE
    stop = stages.run(stages.REQUEST if is_request else stages.REPLY, mail, known)
    may_acknowledge = automatic.may_answer(mail, known.entry.envelope.reverse_path.is_null)
    may_tell = may_acknowledge and not known.target.is_told
    if isinstance(stop, stages.Absorb):
        return absorbed(stop.reason, mail, known, letters)
    if isinstance(stop, stages.Hold) and not _asks_for_an_end(stop, mail, known):
        return may_be_confirmed(held(stop.reason, known, letters, tell_author=False), known)
    conversation = known.target.conversation
    side = known.target.author_side
    if conversation is None or side is None:
        return held(Reason.NO_AUTHOR, known, letters, tell_author=False)
    try:
        said = content.read(mail)
    except content.Overlong:
        return held(Reason.UNREADABLE, known, letters, tell_author=may_tell)
    except content.Sealed:
        return held(Reason.ENCRYPTED, known, letters, tell_author=may_tell)
    turn, said = key_turns.asked(mail, said, known) if may_acknowledge else (None, said)
    if turn is not None and turn.is_alone:
        return key_turns.taken_up(turn)
    if side is Side.COUNSELOR:
        result = hearing.hear(mail, said, known, letters)
        if isinstance(result, Outcome):
            return result
        if conversation.wishes.no_mail:
            return seeker_desk.not_wanted(known, letters)
        outcome = _relay(mail, result, known, letters, may_tell=may_tell)
        return replace(hearing.finished(outcome, mail, result, known, letters), key=turn)
    obeyed = seeker_desk.obey(mail, said, known, letters)
    if isinstance(obeyed, Outcome):
        return obeyed
    outcome = _from_a_seeker(mail, obeyed, known, letters, may_acknowledge=may_acknowledge, may_tell=may_tell)
    return replace(outcome, key=turn)


def _asks_for_an_end(stop: stages.Hold, mail: Mail, known: Known) -> bool:
    """Tell whether a sender who is blocked asks for no more mail, or to be forgotten, and everything else is right."""
    side, is_request = known.target.author_side, known.target.kind is TargetKind.INTAKE
    if stop.reason is not Reason.BLOCKED or side is not Side.SEEKER:
        return False
    if stages.run(seeker_desk.stages_of_ending(is_request=is_request), mail, known) is not None:
        return False
    try:
        return seeker_desk.may_end(mail, content.read(mail), known)
    except (content.Overlong, content.Sealed):
        return False


def _from_a_seeker(
    mail: Mail,
    passing: Passing,
    known: Known,
    letters: Letters,
    *,
    may_acknowledge: bool,
    may_tell: bool,
) -> Outcome:
    """A seeker's words, on to their counselor or into the queue, with what they ask of the relay itself."""
    conversation, is_request = passing.view, known.target.kind is TargetKind.INTAKE
    known = replace(known, target=replace(known.target, conversation=conversation))
    acknowledgement = passing.answer
    if acknowledgement is None:
        acknowledgement = _acknowledgement(mail, conversation, known, letters, may_tell=may_acknowledge)
    names = tuple(filter(None, (legible(one.name) for one in mail.shown)))[:1]
    if conversation.counselor is None:
        outcome = Outcome(
            EntryEvent.NOBODY_ON_DUTY,
            outgoing=letters.nobody_on_duty(known),
            conversation_event=ConversationEvent.SEEKER_WROTE,
            signatures=_signatures(known),
        )
    else:
        hints = passing.lines(letters, conversation.counselor.language)
        outcome = _relay(mail, hearing.Heard(passing.said), known, letters, hints=hints, may_tell=may_tell)
        if outcome.event is EntryEvent.HELD:
            return _held_with_alarms(outcome, passing, known)
    return replace(
        outcome,
        outgoing=(*outcome.outgoing, *acknowledgement, *passing.told, *passing.alarms),
        answers=(*outcome.answers, *(letters_supervisors.alarm_answers(known) if passing.alarms else ())),
        acknowledged=is_request and bool(acknowledgement),
        seeker_names=names,
        effects=passing.effects,
        obeys=conversation.seeker.addresses[0] if passing.answer and not is_request else "",
    )


def _held_with_alarms(outcome: Outcome, passing: Passing, known: Known) -> Outcome:
    """A seeker's words are held; that they may be in danger is told and written all the same, where there is a
    conversation to write it to. Of a first message whoever looks at what is held hears.
    """
    kept = (MailWanted,) if passing.view.is_new else (MailWanted, RiskSet)
    effects = tuple(each for each in passing.effects if isinstance(each, kept))
    if passing.view.is_new or not passing.alarms:
        return replace(outcome, effects=effects)
    answers = (*outcome.answers, *letters_supervisors.alarm_answers(known))
    return replace(outcome, outgoing=(*outcome.outgoing, *passing.alarms), effects=effects, answers=answers)


def _relay(
    mail: Mail,
    heard: hearing.Heard,
    known: Known,
    letters: Letters,
    *,
    hints: tuple[str, ...] = (),
    may_tell: bool,
) -> Outcome:
    conversation, side, said = known.target.conversation, known.target.author_side, heard.said
    assert conversation is not None
    assert side is not None
    if side is Side.SEEKER:
        said = replace(said, text=inviting.without_other_tokens(said.text, known))
    author, reader = faces(conversation, side)
    mask = mask_of(mail, author, reader)
    draft = rebuild.rewrite(mail, said, mask, letters.removed_line(reader.language))
    if (displaced := hearing.displaced(mail, heard, draft.text, known, letters)) is not None:
        return displaced
    draft = replace(draft, own_text=taken_out(draft.own_text, heard.blocks))
    changes = tuple(Change(what, why, count) for what, why, count in draft.changes)
    found = doubts(said, draft, author, side, known, heard.dangers)
    if found:
        return asked(found, draft, known, letters, tell_author=may_tell)
    hints = (*hints, *_hints(draft, side, reader.language, known, letters))
    is_discreet = side is Side.COUNSELOR and conversation.wishes.discreet
    subject = draft.subject or letters.no_subject(reader.language)
    links = [(link.author, link.author_id, link.our_id) for link in conversation.thread]
    parent, references = rebuild.thread_ids(mail, links, side)
    made = NewMessage(
        from_name=letters.discreet_name(known, conversation) if is_discreet else author.stands_as,
        from_address=author.alias,
        to_address=reader.addresses[0],
        subject=letters.discreet_subject(conversation) if is_discreet else subject,
        date=known.leaves_at or known.now,
        message_id=known.minted.message_ids[0],
        in_reply_to=parent,
        references=references,
        auto_submitted="",
        text="\n\n".join(filter(None, (put_in(draft.text, heard.blocks).rstrip("\n"), *hints))),
        attachments=draft.attachments,
        boundary=known.minted.boundaries[0],
        padded=known.service.padded,
    )
    message = serialize(made)
    our_words = [letters.removed_line(reader.language)(each) for each in draft.removed]
    our_words += hints
    our_words += [] if draft.subject else [letters.no_subject(reader.language)]
    our_words += (
        [letters.discreet_name(known, conversation), letters.discreet_subject(conversation)]
        if is_discreet
        else []
    )
    thread = [link.our_id if link.author is side else link.author_id for link in conversation.thread]
    blocks = [block.text for block in heard.blocks]
    leaks = judge(message, mail, author, reader, known, our_words, blocks, thread)
    if heard.blocks:  # what may stand in a block may not stand beside it
        alone = serialize(replace(made, text=taken_out(draft.text, heard.blocks)))
        leaks += judge(alone, mail, author, reader, known, our_words, thread=thread)
    if leaks:
        return held(Reason.LEAK, known, letters, tell_author=side is Side.COUNSELOR, changes=leaks)
    if known.reviewers and side is Side.COUNSELOR and not known.entry.approved:
        shown = replace(made, text=inviting.hidden(made.text, known))
        return supervising.for_review(shown, known, letters, author)
    face = Face.COUNSELOR if side is Side.SEEKER else Face.SEEKER
    relayed = Outgoing(OutgoingKind.RELAYED, face, reader.addresses[0], message, alias=author.alias)
    told_author = _told(mail, draft, author, side, known, letters) if may_tell else ()
    return Outcome(
        EntryEvent.PASSED_ON if side is Side.SEEKER else EntryEvent.PLANNED,
        outgoing=(relayed, *told_author),
        conversation_event=ConversationEvent.SEEKER_WROTE
        if side is Side.SEEKER
        else ConversationEvent.COUNSELOR_WROTE,
        link=ThreadLink(side, mail.message_id, known.minted.message_ids[0]),
        changes=changes,
        signatures=_signatures(known),
        effects=(Reviewed(),) if known.reviewers and side is Side.COUNSELOR else (),
        presence=Presence(conversation.counselor_id)
        if side is Side.COUNSELOR and conversation.counselor_id
        else None,
    )


def _signatures(known: Known) -> tuple[str, ...]:
    """What proved this message, when it came to an alias: a request may go to several intake addresses."""
    is_bound = known.proof is not None and known.target.kind is TargetKind.ALIAS
    return known.proof.signatures if known.proof and is_bound else ()


def _hints(draft: Draft, side: Side, language: str, known: Known, letters: Letters) -> tuple[str, ...]:
    """The lines below a seeker's words: contact details, which stay theirs; a look like spam; what is proven."""
    if side is not Side.SEEKER:
        return ()
    has_contacts = bool(contacts.kinds(draft.own_text, known.service.is_ours))
    is_suspicious = known.standing.verdict is Verdict.MARK
    return (
        *((letters.personal_hint(language),) if has_contacts else ()),
        *((letters.spam_hint(language),) if is_suspicious else ()),
        *((letters.sender_check(language, known.proof.verdict.value),) if known.proof else ()),
    )


def _told(
    mail: Mail, draft: Draft, author: Person, side: Side, known: Known, letters: Letters
) -> tuple[Outgoing, ...]:
    """What its author should know of a message that is passed on."""
    told = letters.files_removed(known, author, side, draft.removed) if draft.removed else ()
    if side is Side.COUNSELOR and _wrote_to_others(mail, author, known):
        told += letters.reply_all(known, author)
    return told


def _wrote_to_others(mail: Mail, author: Person, known: Known) -> bool:
    """Tell whether To or Cc name anybody but our own addresses and the author's."""
    own = {address.lower() for address in author.addresses}
    shown = (each.address.lower() for each in mail.recipients if "@" in each.address)
    return any(not known.service.is_ours(each) and each not in own for each in shown)


def _acknowledgement(
    mail: Mail, conversation: ConversationView, known: Known, letters: Letters, *, may_tell: bool
) -> tuple[Outgoing, ...]:
    """One acknowledgement per conversation, to its first message, and none to an automatic one."""
    if known.target.kind is not TargetKind.INTAKE or conversation.acknowledged or not may_tell:
        return ()
    return letters.acknowledgement(known, conversation, mail.message_id)
