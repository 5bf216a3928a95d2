"""Answers to a seeker's words to the relay, and what others are told of them, as finished messages.

Called by ``seeker_words`` and ``letters``. ``to_seeker`` is the one place where a message of ours to a seeker gets its
face: who asked for discretion reads a neutral name and subject, and gets it at a safe hour, whatever it is about.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from relay.domain.wishes import Wishes
from relay.flow import letters_counselor
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import ConversationView, Known, Person, Service
from relay.mail import notices, notices_seeker
from relay.mail.seeker_tables import Word
from relay.mail.serialize import NewMessage, serialize
from relay.mail.texts import Text, Texts

_ID = 1
"""Which of the minted ids a confirmation takes: the acknowledgement's, for it stands in its place."""
_ID_COUNSELOR, _ID_OPERATOR, _ID_DESK = 6, 7, 10


def to_seeker(
    texts: Texts,
    kind: OutgoingKind,
    conversation: ConversationView,
    text: Text,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str | None = None,
) -> Outgoing:
    """A message of ours to the seeker of a conversation, from the alias that they write to.

    ``reply_to``: the id of the message that this one answers, empty when it has none, ``None`` when it answers none.
    """
    wishes, seeker = conversation.wishes, conversation.seeker
    leaves_at = wishes.opens(now)
    stands_as = conversation.counselor.stands_as if conversation.counselor else service.name
    message = serialize(
        NewMessage(
            from_name=discreet_name(texts, conversation, service) if wishes.discreet else stands_as,
            from_address=conversation.counselor_alias,
            to_address=seeker.addresses[0],
            subject=discreet_subject(texts, conversation) if wishes.discreet else text.subject,
            date=leaves_at,
            message_id=new_id,
            in_reply_to=reply_to or "",
            references=(reply_to,) if reply_to else (),
            auto_submitted="auto-generated" if reply_to is None else "auto-replied",
            text=text.body,
            attachments=(),
            boundary=new_id.partition("@")[0],
            padded=service.padded,
        )
    )
    waits = leaves_at if leaves_at > now else None
    return Outgoing(kind, Face.SEEKER, seeker.addresses[0], message, not_before=waits)


def discreet_name(texts: Texts, conversation: ConversationView, service: Service) -> str:
    """The name that discreet mail is from."""
    return service.rules.discreet_name or notices_seeker.discreet_name(texts, conversation.language)


def discreet_subject(texts: Texts, conversation: ConversationView) -> str:
    """The subject of all discreet mail."""
    return notices_seeker.discreet_subject(texts, conversation.language)


def confirmed(
    texts: Texts,
    known: Known,
    conversation: ConversationView,
    text: Text,
    reply_to: str,
    kind: OutgoingKind = OutgoingKind.NOTICE,
) -> Outgoing:
    """The one answer to a word, in the thread of the message that held it."""
    new_id = known.minted.message_ids[_ID]
    return to_seeker(texts, kind, conversation, text, known.service, known.now, new_id, reply_to)


def stopped(texts: Texts, known: Known, conversation: ConversationView, reply_to: str) -> Outgoing:
    """The last mail to somebody who wants none."""
    text = notices_seeker.stopped(texts, conversation.language, known.crisis)
    return confirmed(texts, known, conversation, text, reply_to, OutgoingKind.FAREWELL)


def forgotten(texts: Texts, known: Known, conversation: ConversationView, reply_to: str) -> Outgoing:
    """The last mail to somebody whom nobody here knows any more; from the line, for the alias is gone."""
    text = notices_seeker.forgotten(texts, conversation.language, known.crisis)
    return confirmed(texts, known, conversation, text, reply_to, OutgoingKind.FAREWELL)


def not_here(
    texts: Texts, known: Known, word: Word, conversation: ConversationView, reply_to: str
) -> Outgoing:
    """Somebody asked at a public address for what can only be asked in a conversation: answered from there."""
    text = notices_seeker.not_here(texts, conversation.language, known.service.name, word, known.crisis)
    at_the_door = replace(conversation, counselor=None, counselor_alias=known.target.address.reveal())
    return confirmed(texts, known, at_the_door, text, reply_to)


def quiet(
    texts: Texts, known: Known, conversation: ConversationView, wishes: Wishes, reply_to: str
) -> Outgoing:
    """Mail looks neutral from now on, this one first; or as usual again."""
    changed = replace(conversation, wishes=wishes)
    text = (
        notices_seeker.quiet(texts, conversation.language, wishes.span)
        if wishes.discreet
        else notices_seeker.quiet_off(texts, conversation.language)
    )
    return confirmed(texts, known, changed, text, reply_to)


def called(texts: Texts, known: Known, language: str, *, has_number: bool) -> Text:
    """Whether this line calls, and when."""
    rules, service = known.service.rules, known.service
    if not rules.phone_desk:
        return notices_seeker.call_not(texts, language, service.name, known.crisis)
    calls_at = rules.calls_at(known.now)
    return notices_seeker.call(
        texts, language, service.name, calls_at, rules.zone, known.now, known.crisis, has_number=has_number
    )


def explained(texts: Texts, known: Known, conversation: ConversationView) -> Text:
    """The list of words that do something at this line."""
    rules = known.service.rules
    return notices_seeker.explained(
        texts,
        conversation.language,
        known.service.name,
        known.crisis,
        can_change=rules.may_change(conversation.intake),
        calls=bool(rules.phone_desk),
    )


# --- to the others ----------------------------------------------------------------------------------------


def to_counselor(texts: Texts, known: Known, counselor: Person, text: Text) -> Outgoing:
    """A notice from the desk of what their seeker has asked for."""
    new_id = known.minted.message_ids[_ID_COUNSELOR]
    return letters_counselor.from_desk(texts, counselor, text, known.service, known.now, new_id)


def urgent(
    texts: Texts, known: Known, language: str, conversation: ConversationView, *, by_list: bool
) -> Outgoing:
    """Tell the operator of a message that is urgent."""
    service = known.service
    text = notices_seeker.operator_urgent(texts, language, conversation.seeker.stands_as, by_list=by_list)
    new_id = known.minted.message_ids[_ID_OPERATOR]
    message = plain(text, "relay", service.at("relay"), service.operator, service, known.now, new_id)
    return Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, service.operator, message)


def to_phone_desk(known: Known, text: Text) -> Outgoing:
    """A task for those who make the calls; a number stands in it and nowhere else."""
    service, desk = known.service, known.service.rules.phone_desk
    new_id = known.minted.message_ids[_ID_DESK]
    message = plain(text, "relay", service.at("relay"), desk, service, known.now, new_id)
    return Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, desk, message)


def plain(
    text: Text, name: str, address: str, to: str, service: Service, now: datetime, new_id: str
) -> bytes:
    return serialize(
        NewMessage(
            from_name=name,
            from_address=address,
            to_address=to,
            subject=text.subject,
            date=now,
            message_id=new_id,
            in_reply_to="",
            references=(),
            auto_submitted="auto-generated",
            text=text.body,
            attachments=(),
            boundary=new_id.partition("@")[0],
            padded=service.padded,
        )
    )


def combined(first: Text, acknowledgement: Text) -> Text:
    """One message instead of two: what a word does, above the acknowledgement of the request that it came with."""
    paragraph = first.body.split("\n\n")[0]
    return Text(acknowledgement.subject, f"{paragraph}\n\n{acknowledgement.body}")


def acknowledged(texts: Texts, known: Known, conversation: ConversationView) -> Text:
    """The acknowledgement of a request."""
    rules = known.service.rules
    return notices.acknowledgement(
        texts,
        conversation.language,
        known.service.name,
        next_duty_at=known.next_duty,
        waiting=conversation.counselor is None,
        zone=known.duty_zone,
        now=known.now,
        crisis=known.crisis,
        confidentiality=rules.sentence(conversation.language),
        offers_key=bool(known.offers_key),
        can_change=rules.may_change(conversation.intake),
    )
