"""What a seeker's message says of an OpenPGP key, as a worker reads it. Called by ``compose``; pure.

A worker has read hostile octets, so what it says here is no more than what the message asks for. Whether a code is the
one that was sent, and what a key is worth, is for ``flow.seeker_keys`` to find out, outside of the worker.
"""

from __future__ import annotations

from dataclasses import replace

from relay.domain.conversations import Side
from relay.domain.entries import EntryEvent
from relay.domain.seeker_keys import KeyStanding
from relay.flow.outcomes import KeyAsk, KeyTurn, Outcome
from relay.flow.values import Known, Reason, TargetKind
from relay.mail import autocrypt, key_words
from relay.mail.content import Content
from relay.mail.key_words import KeyWord
from relay.mail.model import Mail, Part


def asked(mail: Mail, said: Content, known: Known) -> tuple[KeyTurn | None, Content]:
    """What a message asks for, and what is left of it to be passed on."""
    conversation = known.target.conversation
    if known.target.author_side is not Side.SEEKER or conversation is None:
        return None, said
    standing, takes = conversation.key_standing, known.service.takes_keys
    spoken = key_words.said(said)
    if spoken.word is KeyWord.ASKED and not spoken.rest and known.offers_key is not False:
        return KeyTurn(KeyAsk.ASKED, is_alone=True), said
    has_key = standing is not KeyStanding.NONE
    if spoken.word is KeyWord.UNWANTED and not spoken.rest and has_key:
        return KeyTurn(KeyAsk.UNWANTED, is_alone=True), said
    if spoken.word is KeyWord.GIVEN and takes:
        keys = key_words.keys_in(mail, said)
        if keys or not spoken.rest:
            rest = replace(said, text=spoken.rest, attached=_without_keys(mail, said))
            is_alone = not spoken.rest and not rest.attached
            return KeyTurn(KeyAsk.GIVEN, is_alone=is_alone, certificates=keys), rest
    codes = key_words.codes(said.text) if has_key else ()
    if codes:
        is_alone = known.target.kind is TargetKind.ALIAS and key_words.is_empty_beside(said)
        rest = said if is_alone else replace(said, text=key_words.without_codes(said.text))
        return KeyTurn(KeyAsk.ANSWERED, is_alone=is_alone, codes=codes), rest
    if known.service.takes_autocrypt and standing is KeyStanding.NONE:
        key = autocrypt.key_of(mail, conversation.seeker.addresses[0])
        if key:
            return KeyTurn(KeyAsk.HEADER, is_alone=False, certificates=(key,)), said
    return None, said


def taken_up(turn: KeyTurn) -> Outcome:
    """A message that is about a key and nothing else: nothing of it is passed on."""
    return Outcome(EntryEvent.STOPPED, Reason.KEY, key=turn)


def _without_keys(mail: Mail, said: Content) -> tuple[Part, ...]:
    return tuple(part for part in said.attached if not key_words.is_key(mail, part))
