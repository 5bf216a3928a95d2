"""Holding a message until a person says that it may go: whom to ask what, and how the answer finds it again.

Called by ``compose`` and ``service_mail``. A counselor is asked once, about everything at the same time, when a
reply holds contact details that nobody has registered, when a signature was cut that they want to be asked about,
or, where the operator has chosen so, when a file would be left out; the last goes for seekers too. Whoever says
"send" lets the message go with what we would leave out left out. Pure; nothing fails.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from relay.domain.conversations import Side
from relay.domain.entries import EntryEvent
from relay.flow.letters import Letters
from relay.flow.outcomes import Change, Outcome, Outgoing
from relay.flow.values import Known, Person, Reason
from relay.mail import contacts, filekinds, notices, quotes
from relay.mail.cleaning import Removed
from relay.mail.content import Content
from relay.mail.draft import Draft

_NO_WORDS_LOST = frozenset({filekinds.SIGNATURE, filekinds.KEY, filekinds.CERTIFICATE})
"""Files that a mail program adds to every message and that say nothing to the reader: dropped, never held."""

SEND_WORDS = frozenset(
    {"send", "send it", "send anyway", "yes", "yes send", "ok", "senden", "enviar", "envoyer"}
)
"""What a counselor may answer to a notice about a held reply; the notice asks for the first."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """What a person has to be asked about before a message goes; false when it is nothing."""

    contacts: frozenset[str] = frozenset()
    signature: bool = False
    files: tuple[Removed, ...] = ()
    dangers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.contacts or self.signature or self.files or self.dangers)

    @property
    def reason(self) -> Reason:
        """The weightiest: what would go out comes before what would be left out."""
        if self.contacts:
            return Reason.CONTACT_DETAILS
        if self.files:
            return Reason.FILE
        return Reason.SIGNATURE if self.signature else Reason.UNCONFIRMED

    def changes(self) -> tuple[Change, ...]:
        """The same in constant words."""
        return (
            *(Change(f"contact-{kind}", "") for kind in sorted(self.contacts)),
            *(Change("file-left-out", removed.reason.value) for removed in self.files),
            *((Change("signature-found", ""),) if self.signature else ()),
        )


def held(
    reason: Reason, known: Known, letters: Letters, *, tell_author: bool, changes: tuple[Change, ...] = ()
) -> Outcome:
    """Hold the entry and tell whoever must act: the author where it is safe, the alias' owner, the operator."""
    return Outcome(
        EntryEvent.HELD,
        reason,
        outgoing=letters.held(reason, known, tell_author=tell_author),
        changes=changes,
    )


def may_be_confirmed(outcome: Outcome, known: Known) -> Outcome:
    """Let a counselor say that a message without proof was theirs: an answer to the notice, which only they got.

    The same words once more are no answer, for a stranger could send them twice.
    """
    if outcome.reason is not Reason.UNPROVEN or known.target.author_side is not Side.COUNSELOR:
        return outcome
    return replace(outcome, answers=(notice_answer(known.minted.message_ids[2]),))


def doubts(
    said: Content, draft: Draft, author: Person, side: Side, known: Known, dangers: tuple[str, ...] = ()
) -> Doubts:
    """What has to be asked about this message. Nothing, once a person has let it go.

    ``dangers``: what its commands would do that is hard to take back, in words.
    """
    if known.entry.confirmed:
        return Doubts()
    files = tuple(each for each in draft.removed if each.kind not in _NO_WORDS_LOST)
    asked_files = files if known.service.holds_files else ()
    if side is Side.SEEKER:
        return Doubts(files=asked_files)
    return Doubts(
        contacts=contacts.kinds(draft.own_text, known.service.is_ours),
        signature=author.asks_about_signature and quotes.has_signature(said.blocks),
        files=asked_files,
        dangers=dangers,
    )


def asked(found: Doubts, draft: Draft, known: Known, letters: Letters, *, tell_author: bool) -> Outcome:
    """Hold the entry and ask: a counselor whether it may go; a seeker is told, and the operator decides."""
    if known.target.author_side is Side.SEEKER:
        outgoing = letters.seeker_file_held(known, found.files, tell_author=tell_author)
        return Outcome(EntryEvent.HELD, found.reason, outgoing=outgoing, changes=found.changes())
    outgoing = _question(found, known, letters)
    outcome = Outcome(EntryEvent.HELD, found.reason, outgoing=outgoing, changes=found.changes())
    answers = _answers(known, draft.own_text)
    return replace(outcome, answers=answers[:1] if found.dangers else answers)


def _question(found: Doubts, known: Known, letters: Letters) -> tuple[Outgoing, ...]:
    """Ask a counselor whether a held reply may go; the answer is found by this notice's id."""
    conversation = known.target.conversation
    assert conversation is not None
    counselor = conversation.counselor
    assert counselor is not None
    text = notices.counselor_asked(
        letters.texts, counselor.language, conversation.seeker.stands_as, contact=bool(found.contacts),
        files=found.files, signature=found.signature, dangers=found.dangers,
    )  # fmt: skip
    return (letters.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[2]),)


def _answers(known: Known, own_text: str) -> tuple[str, ...]:
    """What lets a held reply go: an answer to its notice, or the same words once more."""
    assert known.target.conversation is not None
    words = hashlib.sha256(" ".join(own_text.split()).encode("utf-8", "replace")).hexdigest()
    return (
        notice_answer(known.minted.message_ids[2]),
        f"words:{known.target.conversation.conversation_id.hex()}:{words}",
    )


def notice_answer(message_id: str) -> str:
    """The name under which a held entry is found by the id of the notice about it to whoever wrote it."""
    return f"notice:{message_id}"


def watch_answer(message_id: str) -> str:
    """The same for what supervisors were asked about it; whoever has the one id cannot give the other's answer."""
    return f"watch:{message_id}"
