"""A telephone system's mail as a request: somebody has called, and a counselor reads that they did. Pure.

Called by ``compose`` for mail to the address that only the telephone system writes to; runs in a worker process. The
counselor gets a message that is built new of our own words: that there is a voice message, how long it is and when it
came. The recording goes with it, made anew by ``mail.audio``, where the operator has chosen so. The caller's number is
sealed with the conversation, as an address is, and goes to those who make the calls and to nobody else. Nothing that
the telephone system has written is passed on; the gate searches for number and name all the same.

Failures: mail that is not from the telephone system is held, and the operator is told; a recording that cannot be
cleaned is left out, with a line that says so. Nobody is answered: there is no address.
"""

from __future__ import annotations

from dataclasses import replace

from relay.domain.conversations import ConversationEvent, Side
from relay.domain.entries import EntryEvent
from relay.domain.voicemail import Reading
from relay.flow import stages
from relay.flow.holding import held, may_be_confirmed
from relay.flow.judging import judge
from relay.flow.letters import Letters
from relay.flow.outcomes import Change, Face, Outcome, Outgoing, OutgoingKind
from relay.flow.parties import ConversationView, Person, ThreadLink
from relay.flow.seeker_desk import way_back
from relay.flow.values import Known, Reason
from relay.mail import audio, content, filekinds, notices_voicemail, voicemail
from relay.mail.audio import Recording
from relay.mail.changes import What
from relay.mail.cleaning import Reason as RemovedFor
from relay.mail.cleaning import Removed
from relay.mail.model import Mail
from relay.mail.parse import decode_body
from relay.mail.serialize import Attachment, NewMessage, serialize
from relay.mail.voicemail import VoiceMessage

MAX_RECORDINGS = 5


def is_one(known: Known) -> bool:
    """Tell whether it comes from a telephone system, or says that it is from somebody who has telephoned.

    What no section describes any more, or comes to an alias that nobody was given, must never be read as a letter.
    """
    view, is_seekers = known.target.conversation, known.target.author_side is Side.SEEKER
    return known.target.voicemail is not None or (is_seekers and view is not None and view.seeker.is_caller)


def not_the_system(mail: Mail, known: Known) -> stages.Stop | None:
    """Somebody else who knows the address, or a system that the configuration does not describe rightly."""
    reading = known.target.voicemail
    if reading is None or known.entry.confirmed:
        return None
    clear = len(mail.authors) == 1 and not mail.defects & {"several-from", "ambiguous-from", "duplicate-from"}
    is_its_own = clear and mail.authors[0].address.lower() in reading.senders
    return None if is_its_own else stages.Hold(Reason.STRANGER)


STAGES: tuple[stages.Stage, ...] = (stages.looping, not_the_system, stages.blocked)
"""No look for automatic mail (it is), for spam or for DMARC: whose it is was seen when it came in."""


def taken(mail: Mail, known: Known, letters: Letters) -> Outcome:
    """What comes of a voice message; it always ends in an ``Outcome`` that somebody sees."""
    reading, view = known.target.voicemail, known.target.conversation
    if reading is None:
        return held(Reason.STRANGER, known, letters, tell_author=False)
    stop = stages.run(STAGES, mail, known)
    if stop is not None:
        return may_be_confirmed(held(stop.reason, known, letters, tell_author=False), known)
    if view is None:
        return held(Reason.NO_AUTHOR, known, letters, tell_author=False)
    try:
        message = voicemail.read(mail, reading)
    except content.Overlong:
        return held(Reason.UNREADABLE, known, letters, tell_author=False)
    except content.Sealed:
        return held(Reason.ENCRYPTED, known, letters, tell_author=False)
    if view.counselor is None:
        return Outcome(
            EntryEvent.NOBODY_ON_DUTY,
            outgoing=letters.nobody_on_duty(known),
            conversation_event=ConversationEvent.SEEKER_WROTE,
        )
    return _told(mail, message, reading, view, view.counselor, known, letters)


def _told(
    mail: Mail,
    message: VoiceMessage,
    reading: Reading,
    view: ConversationView,
    counselor: Person,
    known: Known,
    letters: Letters,
) -> Outcome:
    """The message to the counselor, once the gate has looked at it."""
    recordings, removed = _recordings(mail, message, reading)
    seconds = round(sum(each.seconds for each in recordings)) or message.seconds
    language, texts = counselor.language, letters.texts
    subject = notices_voicemail.subject(texts, language, seconds)
    left_out = tuple(dict.fromkeys(letters.removed_line(language)(each) for each in removed))

    def lines_for(length: int) -> tuple[str, ...]:
        return notices_voicemail.lines(
            texts,
            language,
            view.seeker.stands_as,
            seconds=length,
            received_at=known.entry.received_at,
            now=known.now,
            zone=known.duty_zone,
            recording=_what_of_it(message, recordings, reading),
            reply=way_back(view.seeker, has_desk=bool(known.service.rules.phone_desk)),
        )

    files = tuple(
        Attachment(f"message{'' if number == 1 else f'-{number}'}.{each.file.extension}",
                   each.file.content_type, each.file.data)
        for number, each in enumerate(recordings, 1)
    )  # fmt: skip
    built = serialize(
        NewMessage(
            from_name=view.seeker.stands_as,
            from_address=view.seeker.alias,
            to_address=counselor.addresses[0],
            subject=subject,
            date=known.leaves_at or known.now,
            message_id=known.minted.message_ids[0],
            in_reply_to="",
            references=(),
            auto_submitted="",
            text="\n\n".join((*lines_for(seconds), *left_out)),
            attachments=files,
            boundary=known.minted.boundaries[0],
            padded=known.service.padded,
        )
    )
    numbers = (message.number,) if message.number else ()
    caller = replace(
        view.seeker,
        names=(*view.seeker.names, *message.names),
        private=tuple(dict.fromkeys((*view.seeker.private, *numbers))),
    )
    # Words of ours are no secret; those that hold anything of the message are not taken for such.
    our_words = (notices_voicemail.subject(texts, language, 0), *lines_for(0), *left_out)
    leaks = judge(built, mail, caller, counselor, known, our_words)
    if leaks:
        return held(Reason.LEAK, known, letters, tell_author=False, changes=leaks)
    reader = counselor.addresses[0]
    return Outcome(
        EntryEvent.PASSED_ON,
        outgoing=(Outgoing(OutgoingKind.RELAYED, Face.COUNSELOR, reader, built, alias=view.seeker.alias),),
        conversation_event=ConversationEvent.SEEKER_WROTE,
        link=ThreadLink(Side.SEEKER, "", known.minted.message_ids[0]),
        changes=tuple(Change(What.FILE_MADE_ANEW.value, each.file.kind) for each in recordings),
    )


def _recordings(
    mail: Mail, message: VoiceMessage, reading: Reading
) -> tuple[tuple[Recording, ...], tuple[Removed, ...]]:
    if not reading.passes_recording:
        return (), ()
    found = [
        audio.clean(decode_body(mail, part), part.content_type, part.filename)
        for part in message.recordings[:MAX_RECORDINGS]
    ]
    too_many = (
        (Removed(RemovedFor.TOO_LARGE, filekinds.AUDIO),) if message.recordings[MAX_RECORDINGS:] else ()
    )
    return (
        tuple(each for each in found if isinstance(each, Recording)),
        (*(each for each in found if isinstance(each, Removed)), *too_many),
    )


def _what_of_it(message: VoiceMessage, recordings: tuple[Recording, ...], reading: Reading) -> str:
    """Which line says what became of the recording; empty where one says why it was removed."""
    if recordings:
        return "attached"
    if not message.recordings:
        return "none"
    return "" if reading.passes_recording else "dropped"
