"""Hops 4 to 7 for one target of one entry: read, check, rebuild, judge. Pure; runs in a worker process.

``examine`` takes the first look, so that routing can look up what it needs; ``compose`` does the rest
and always ends in exactly one ``Outcome``: relayed, waiting, held or absorbed. A request and a reply take
the same path; who speaks is a value. ``relay explain`` calls the same functions.

Failures: what cannot be read is held (P4), never an exception; an exception here is our own bug,
and the router counts it against the entry.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.errors import MalformedMessage
from relay.flow import stages
from relay.flow.letters import Letters
from relay.flow.values import (
    Change,
    ConversationView,
    Face,
    Facts,
    Known,
    Outcome,
    Outgoing,
    OutgoingKind,
    Person,
    Reason,
    TargetKind,
    ThreadLink,
)
from relay.mail import automatic, contacts, content, identity, marks, quotes, rebuild, reports
from relay.mail.gate import Gate, secrets_of
from relay.mail.model import Mail
from relay.mail.names import ORDINARY_WORDS
from relay.mail.parse import parse
from relay.mail.providers import PUBLIC_DOMAINS
from relay.mail.serialize import NewMessage, serialize

MAX_REFERRED = 20
"""Ids of earlier messages that routing looks up; the newest are the last."""

SEND_WORDS = frozenset(
    {"send", "send it", "send anyway", "yes", "yes send", "ok", "senden", "enviar", "envoyer"}
)
"""What a counselor may answer to a notice about a held reply; the notice asks for the first."""


def read(raw: bytes) -> Mail | None:
    """Hop 4. ``None`` for bytes that are no message at all."""
    try:
        return parse(raw)
    except MalformedMessage:
        return None


def examine(mail: Mail | None, *, reverse_path_is_null: bool) -> Facts:
    """Say what routing must know before it can resolve the message."""
    if mail is None:
        return Facts(unreadable="malformed")
    return Facts(
        authors=tuple(author.address for author in mail.authors[:8]),
        author_names=tuple(filter(None, (legible(author.name) for author in mail.authors[:8]))),
        message_id=mail.message_id,
        kind=automatic.classify(mail, reverse_path_is_null).name.lower(),
        may_answer=automatic.may_answer(mail, reverse_path_is_null),
        refers_to=tuple(dict.fromkeys((*mail.in_reply_to, *mail.references)))[-MAX_REFERRED:],
    )


def compose(mail: Mail | None, known: Known, letters: Letters) -> Outcome:
    """Hops 5 to 7 for one target. Every way through it ends in an ``Outcome`` that somebody sees."""
    if mail is None:
        return _held(Reason.UNREADABLE, known, letters, tell_author=False)
    if known.target.kind in {TargetKind.INTAKE, TargetKind.ALIAS}:
        return _between_the_sides(mail, known, letters)
    return _to_the_service(mail, known, letters)


def _between_the_sides(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """The main job: one side's words become a new message to the other side."""
    is_request = known.target.kind is TargetKind.INTAKE
    stop = stages.run(stages.REQUEST if is_request else stages.REPLY, mail, known)
    may_tell = automatic.may_answer(mail, known.entry.envelope.reverse_path.is_null)
    if isinstance(stop, stages.Absorb):
        return Outcome(EntryEvent.STOPPED, stop.reason)
    if isinstance(stop, stages.Hold):
        return _held(stop.reason, known, letters, tell_author=False)
    conversation = known.target.conversation
    side = known.target.author_side
    if conversation is None or side is None:
        return _held(Reason.NO_AUTHOR, known, letters, tell_author=False)
    try:
        said = content.read(mail)
    except content.Overlong:
        return _held(Reason.UNREADABLE, known, letters, tell_author=may_tell)
    except content.Sealed:
        return _held(Reason.ENCRYPTED, known, letters, tell_author=may_tell)
    acknowledgement = _acknowledgement(mail, conversation, known, letters, may_tell=may_tell)
    names = tuple(filter(None, (legible(a.name) for a in mail.authors[:1]))) if side is Side.SEEKER else ()
    event = ConversationEvent.SEEKER_WROTE if side is Side.SEEKER else ConversationEvent.COUNSELOR_WROTE
    reader = conversation.counselor if side is Side.SEEKER else conversation.seeker
    if reader is None:
        return Outcome(
            EntryEvent.NOBODY_ON_DUTY,
            outgoing=(*acknowledgement, *letters.nobody_on_duty(known)),
            conversation_event=event,
            acknowledged=bool(acknowledgement),
            seeker_names=names,
        )
    return _relay(mail, said, known, letters, acknowledgement, event, names, may_tell=may_tell)


def _relay(
    mail: Mail,
    said: content.Content,
    known: Known,
    letters: Letters,
    acknowledgement: tuple[Outgoing, ...],
    event: ConversationEvent,
    names: tuple[str, ...],
    *,
    may_tell: bool,
) -> Outcome:
    conversation, side = known.target.conversation, known.target.author_side
    assert conversation is not None
    assert side is not None
    author, reader = _faces(conversation, side)
    mask = rebuild.author_of(
        _addresses(mail, author),
        _names(mail, author),
        author.private,
        reader_alias=reader.alias,
        stands_as=author.stands_as,
        alias=author.alias,
    )
    draft = rebuild.rewrite(mail, said, mask, letters.removed_line(reader.language))
    changes = tuple(Change(what, "", count) for what, count in draft.changes)
    if side is Side.COUNSELOR and not known.entry.confirmed:
        found = contacts.kinds(draft.own_text, known.service.domain)
        if found:
            told = tuple(Change(f"contact-{kind}", "") for kind in sorted(found))
            held = _held(Reason.CONTACT_DETAILS, known, letters, tell_author=True, changes=told)
            return replace(held, answers=_answers(known, draft.own_text))
    links = [(link.author, link.author_id, link.our_id) for link in conversation.thread]
    parent, references = rebuild.thread_ids(mail, links, side)
    message = serialize(
        NewMessage(
            from_name=author.stands_as,
            from_address=author.alias,
            to_address=reader.addresses[0],
            subject=draft.subject or letters.no_subject(reader.language),
            date=known.now,
            message_id=known.minted.message_ids[0],
            in_reply_to=parent,
            references=references,
            auto_submitted="",
            text=draft.text,
            attachments=draft.attachments,
            boundary=known.minted.boundaries[0],
        )
    )
    our_words = [letters.removed_line(reader.language)(each) for each in draft.removed]
    our_words += [] if draft.subject else [letters.no_subject(reader.language)]
    leaks = judge(message, mail, author, reader, known, our_words)
    if leaks:
        return _held(Reason.LEAK, known, letters, tell_author=side is Side.COUNSELOR, changes=leaks)
    face = Face.COUNSELOR if side is Side.SEEKER else Face.SEEKER
    relayed = Outgoing(OutgoingKind.RELAYED, face, reader.addresses[0], message)
    told_author = (
        letters.files_removed(known, author, side, draft.removed) if draft.removed and may_tell else ()
    )
    return Outcome(
        EntryEvent.PLANNED,
        outgoing=(relayed, *acknowledgement, *told_author),
        conversation_event=event,
        link=ThreadLink(side, mail.message_id, known.minted.message_ids[0]),
        acknowledged=bool(acknowledgement),
        changes=changes,
        seeker_names=names,
    )


def _answers(known: Known, own_text: str) -> tuple[str, ...]:
    """What lets a held reply go: an answer to its notice, or the same words once more."""
    assert known.target.conversation is not None
    words = hashlib.sha256(" ".join(own_text.split()).encode("utf-8", "replace")).hexdigest()
    return (
        notice_answer(known.minted.message_ids[2]),
        f"words:{known.target.conversation.conversation_id.hex()}:{words}",
    )


def notice_answer(message_id: str) -> str:
    """The name under which a held entry is found by the id of the notice about it."""
    return f"notice:{message_id}"


def judge(
    message: bytes, mail: Mail, author: Person, reader: Person, known: Known, our_words: Sequence[str] = ()
) -> tuple[Change, ...]:
    """Hop 7: search the finished bytes for everything that names the author. Empty means it may go.

    What stands in the reader's own address is no secret toward the reader (both may be at one company),
    nor are ``our_words``, those of the message that the relay itself put there.
    """
    path = known.entry.envelope.reverse_path.reveal()
    readers_own = " ".join(reader.addresses).lower()
    secrets = secrets_of(
        addresses=_addresses(mail, author),
        names=_names(mail, author),
        private=author.private,
        message_ids=(mail.message_id,) if mail.message_id else (),
        hosts=(),
        aliases=(reader.alias,) if reader.alias else (),
        public_domains=PUBLIC_DOMAINS,
        ordinary_words=ORDINARY_WORDS,
        shown=(author.stands_as, author.alias, known.service.domain, identity.REMOVED, *our_words),
    )
    exact = secrets_of(addresses=(), names=(), private=(), message_ids=(path,) if "@" in path else (), hosts=(),
                       aliases=(), public_domains=PUBLIC_DOMAINS)  # fmt: skip
    findings = Gate([s for s in (*secrets, *exact) if s.value.lower() not in readers_own]).search(message)
    return tuple(
        Change(f"leak-{finding.kind}", f"{finding.place}/{finding.encoding}") for finding in findings
    )


def _faces(conversation: ConversationView, side: Side) -> tuple[Person, Person]:
    """Author and reader."""
    counselor = conversation.counselor
    assert counselor is not None
    return (conversation.seeker, counselor) if side is Side.SEEKER else (counselor, conversation.seeker)


def _addresses(mail: Mail, person: Person) -> tuple[str, ...]:
    """All addresses known for the author, those that this message shows included."""
    shown = [author.address for author in (*mail.authors[:4], *mail.reply_to[:4]) if "@" in author.address]
    return tuple(dict.fromkeys((*person.addresses, *shown)))


def _names(mail: Mail, person: Person) -> tuple[str, ...]:
    shown = [legible(author.name) for author in (*mail.authors[:4], *mail.reply_to[:4])]
    return tuple(dict.fromkeys(name for name in (*person.names, *shown) if name and name != person.stands_as))


def legible(name: str) -> str:
    """A display name without the pieces of encoded words (RFC 2047) that nobody could decode.

    They name nobody, and ``=?utf-8?`` also begins what we encode ourselves.
    """
    return " ".join(word for word in name.split() if "=?" not in word and "?=" not in word)


def _acknowledgement(
    mail: Mail, conversation: ConversationView, known: Known, letters: Letters, *, may_tell: bool
) -> tuple[Outgoing, ...]:
    """One acknowledgement per conversation, to its first message, and none to an automatic one."""
    if known.target.kind is not TargetKind.INTAKE or conversation.acknowledged or not may_tell:
        return ()
    return letters.acknowledgement(known, conversation, mail.message_id)


def _held(
    reason: Reason, known: Known, letters: Letters, *, tell_author: bool, changes: tuple[Change, ...] = ()
) -> Outcome:
    """Hold the entry and tell whoever must act: the author where it is safe, the alias' owner, the operator."""
    return Outcome(
        EntryEvent.HELD,
        reason,
        outgoing=letters.held(reason, known, changes, tell_author=tell_author),
        changes=changes,
    )


def _to_the_service(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """Mail to the desk, to the operator, or to a return-path."""
    null_path = known.entry.envelope.reverse_path.is_null
    kind = automatic.classify(mail, null_path)
    reason = _SERVICE_REASONS.get(kind)
    if known.target.kind is TargetKind.RETURN_PATH:
        if reason is Reason.BOUNCE:
            told = letters.bounced(known) if reports.is_final_failure(mail) else ()
            return Outcome(EntryEvent.STOPPED, Reason.BOUNCE, outgoing=told)
        if reason is not None:
            return Outcome(EntryEvent.STOPPED, reason)
        return _held(Reason.UNASKED, known, letters, tell_author=False)
    if reason is not None or len(mail.all("received")) > stages.MAX_HOPS:
        return Outcome(EntryEvent.STOPPED, reason or Reason.LOOP)
    if known.target.kind is TargetKind.OPERATOR:
        return _to_the_operator(mail, known, letters)
    return _to_the_desk(mail, known, letters)


def _to_the_desk(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """A counselor answers a notice. Anything unclear changes nothing, and they are told so."""
    speaker = known.target.speaker
    if speaker is None or not stages.speaks_as(mail, known, speaker):
        return _held(Reason.STRANGER, known, letters, tell_author=False)
    try:
        words = quotes.own_words(marks.clean(content.read(mail).text))
    except (content.Sealed, content.Overlong):
        words = ""
    first = next((line for line in words.split("\n") if line.strip()), "")
    answer = " ".join(re.sub(r"[^\w ]", " ", first).casefold().split())
    if answer in SEND_WORDS and known.target.answers_to is not None:
        return Outcome(EntryEvent.STOPPED, Reason.ANSWERED, releases=known.target.answers_to)
    return Outcome(EntryEvent.STOPPED, Reason.UNASKED, outgoing=letters.not_understood(known, speaker))


_SERVICE_REASONS = {
    automatic.Kind.BOUNCE: Reason.BOUNCE,
    automatic.Kind.AUTO_REPLY: Reason.AUTO_REPLY,
    automatic.Kind.RECEIPT: Reason.RECEIPT,
    automatic.Kind.CALENDAR_REPLY: Reason.CALENDAR_REPLY,
    automatic.Kind.COMPLAINT: Reason.COMPLAINT,
}


def _to_the_operator(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """Mail to postmaster or abuse reaches the operator as text, without whoever wrote it."""
    try:
        said = content.read(mail)
    except content.Overlong:
        return _held(Reason.UNREADABLE, known, letters, tell_author=False)
    except content.Sealed:
        return _held(Reason.ENCRYPTED, known, letters, tell_author=False)
    writer = Person(addresses=(), names=(), private=(), stands_as="somebody", alias="")
    operator = Person(addresses=(known.service.operator,), names=(), private=(), stands_as="", alias="")
    mask = rebuild.author_of(_addresses(mail, writer), _names(mail, writer), (), reader_alias="", stands_as="somebody",
                             alias="")  # fmt: skip
    draft = rebuild.rewrite(mail, said, mask, letters.removed_line("en"))
    outgoing = letters.operator_mail(known, draft.subject, draft.text)
    for one in outgoing:
        leaks = judge(one.message, mail, writer, operator, known)
        if leaks:
            return _held(Reason.LEAK, known, letters, tell_author=False, changes=leaks)
    return Outcome(EntryEvent.PLANNED, outgoing=outgoing)
