"""Notices as finished messages: the texts of ``mail.notices`` with the right face, address and thread.

Called by ``flow.compose`` in the worker, and by the router and courier for what happens without a
message. All have ``Auto-Submitted`` and go out under the null reverse-path (RFC 3834 §3, RFC 5321 §4.5.5),
name nobody and show nobody's address but their own reader's.

From: the alias that stands for the counselor, toward a seeker; ``desk@`` toward a counselor; ``relay@``
toward the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from relay.domain.bounces import Fact
from relay.domain.conversations import Side
from relay.flow import letters_counselor, letters_seeker
from relay.flow.notice import notice
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import (
    ConversationView,
    Known,
    Person,
    Reason,
    Service,
    TargetKind,
    Words,
)
from relay.mail import notices
from relay.mail.cleaning import Removed
from relay.mail.serialize import Attachment
from relay.mail.texts import Text, Texts

OPERATOR_LANGUAGE = "en"
ENTRY_REF_CHARS = 12
"""Hex digits of an entry's id that an operator types; 48 bits tell a few thousand held messages apart."""


@dataclass(frozen=True, slots=True)
class Letters:
    """All texts of the service, ready to be sent. Immutable; a worker loads its own copy."""

    texts: Texts

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the templates. Raises ``ConfigError``."""
        return cls(Texts.load(folder))

    # --- lines in relayed messages -------------------------------------------------------------------

    def removed_line(self, language: str) -> Callable[[Removed], str]:
        """What stands in a relayed message for a file that was removed, in the reader's language."""
        return lambda removed: notices.removed_file_line(self.texts, language, removed)

    def no_subject(self, language: str) -> str:
        """What stands for a subject that the author left empty."""
        return self.texts.word("no-subject", language)

    def personal_hint(self, language: str) -> str:
        """What stands below a seeker's words that hold contact details, in the counselor's language."""
        return notices.personal_hint(self.texts, language)

    def sender_check(self, language: str, verdict: str) -> str:
        """What stands below a seeker's words about whether their domain vouches for them."""
        return notices.sender_check(self.texts, language, verdict)

    def spam_hint(self, language: str) -> str:
        """What stands below words that a spam filter finds suspicious, in the counselor's language."""
        return notices.spam_hint(self.texts, language)

    # --- to a seeker ---------------------------------------------------------------------------------

    def acknowledgement(
        self, known: Known, conversation: ConversationView, reply_to: str
    ) -> tuple[Outgoing, ...]:
        """The one acknowledgement of a conversation, in the thread of the request."""
        text = letters_seeker.acknowledged(self.texts, known, conversation)
        if known.target.is_renewal:
            text = letters_seeker.combined(notices.seeker_renewed(self.texts, conversation.language), text)
        return (
            self._to_seeker(
                OutgoingKind.ACKNOWLEDGEMENT, known, conversation, text, known.minted.message_ids[1], reply_to
            ),
        )

    def _to_seeker(
        self,
        kind: OutgoingKind,
        known: Known,
        conversation: ConversationView,
        text: Text,
        new_id: str,
        reply_to: str | None = None,
    ) -> Outgoing:
        return letters_seeker.to_seeker(
            self.texts, kind, conversation, text, known.service, known.now, new_id, reply_to
        )

    def discreet_name(self, known: Known, conversation: ConversationView) -> str:
        """The name that mail to this seeker is from, who does not want it to show who writes."""
        return letters_seeker.discreet_name(self.texts, conversation, known.service)

    def discreet_subject(self, conversation: ConversationView) -> str:
        """The subject of all such mail."""
        return letters_seeker.discreet_subject(self.texts, conversation)

    def to_seeker(
        self,
        conversation: ConversationView,
        text: Text,
        service: Service,
        now: datetime,
        new_id: str,
        reply_to: str | None,
    ) -> Outgoing:
        """A notice to a seeker, from the alias that stands for whoever is responsible, or for the service."""
        kind = OutgoingKind.NOTICE
        return letters_seeker.to_seeker(self.texts, kind, conversation, text, service, now, new_id, reply_to)

    # --- to whoever must act -------------------------------------------------------------------------

    def held(self, reason: Reason, known: Known, *, tell_author: bool) -> tuple[Outgoing, ...]:
        """Announce a held message: the author where it is safe, the alias' owner, the operator."""
        outgoing: list[Outgoing] = []
        conversation, side = known.target.conversation, known.target.author_side
        if conversation is not None and known.target.kind is not TargetKind.RETURN_PATH:
            if side is Side.COUNSELOR and conversation.counselor is not None:
                outgoing += self._held_for_counselor(reason, known, conversation, conversation.counselor)
            elif side is Side.SEEKER and tell_author:
                text = notices.seeker_unreadable(
                    self.texts, conversation.language, known.service.name, known.crisis
                )
                outgoing.append(
                    self._to_seeker(
                        OutgoingKind.NOTICE, known, conversation, text, known.minted.message_ids[2]
                    )
                )
        block = known.standing.block
        is_known = block is not None and block.is_told and reason is Reason.BLOCKED
        if not is_known and (reason is not Reason.RETIRED or not outgoing):
            outgoing.append(self.held_for_operator(reason, known.entry.entry_id, known.service, known.now,
                                                   known.minted.message_ids[3]))  # fmt: skip
        return tuple(outgoing)

    def _held_for_counselor(
        self, reason: Reason, known: Known, conversation: ConversationView, counselor: Person
    ) -> list[Outgoing]:
        about = _COUNSELOR_TEXTS.get(reason)
        if about is None:
            return []
        text = about(self.texts, counselor.language, conversation.seeker.stands_as)
        return [self.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[2])]

    def seeker_file_held(
        self, known: Known, files: Sequence[Removed], *, tell_author: bool
    ) -> tuple[Outgoing, ...]:
        """Tell the operator, who can let it go without the file, and the seeker, who can write it anew."""
        conversation = known.target.conversation
        assert conversation is not None
        ids = known.minted.message_ids
        told = self.held_for_operator(Reason.FILE, known.entry.entry_id, known.service, known.now, ids[3])
        if not tell_author:
            return (told,)
        text = notices.seeker_file_held(
            self.texts, conversation.language, known.service.name, files, known.crisis
        )
        return (self._to_seeker(OutgoingKind.NOTICE, known, conversation, text, ids[2]), told)

    def held_for_operator(
        self, reason: Reason, entry_id: bytes, service: Service, now: datetime, new_id: str
    ) -> Outgoing:
        """Tell the operator that an entry is held, and its id."""
        entry_ref = entry_id.hex()[:ENTRY_REF_CHARS]
        return self.to_operator(
            notices.held_for_operator(self.texts, OPERATOR_LANGUAGE, reason.value, entry_ref),
            service,
            now,
            new_id,
        )

    def delivery_held(self, delivery_id: bytes, service: Service, now: datetime, new_id: str) -> Outgoing:
        """Tell the operator that a delivery is held, and its id."""
        delivery_ref = delivery_id.hex()[:ENTRY_REF_CHARS]
        text = notices.operator_delivery_held(self.texts, OPERATOR_LANGUAGE, delivery_ref)
        return self.to_operator(text, service, now, new_id)

    def nobody_on_duty(self, known: Known) -> tuple[Outgoing, ...]:
        """Tell the operator, once per conversation, that a request waits and nobody can take it."""
        conversation = known.target.conversation
        if conversation is None or not conversation.is_new:
            return ()
        text = notices.operator_nobody_on_duty(
            self.texts, OPERATOR_LANGUAGE, known.next_duty, known.duty_zone, known.now
        )
        return (self.to_operator(text, known.service, known.now, known.minted.message_ids[3]),)

    def files_removed(
        self, known: Known, author: Person, side: Side, removed: Sequence[Removed]
    ) -> tuple[Outgoing, ...]:
        """Tell an author what their message was passed on without."""
        text = notices.attachment_removed(self.texts, author.language, removed)
        conversation = known.target.conversation
        assert conversation is not None
        new_id = known.minted.message_ids[4]
        if side is Side.SEEKER:
            return (self._to_seeker(OutgoingKind.NOTICE, known, conversation, text, new_id),)
        return (self.to_counselor(author, text, known.service, known.now, new_id),)

    def reply_all(self, known: Known, author: Person) -> tuple[Outgoing, ...]:
        """Warn a counselor who wrote to others beside the alias: these have seen the counselor's own address."""
        conversation = known.target.conversation
        assert conversation is not None
        text = notices.counselor_reply_all(self.texts, author.language, conversation.seeker.stands_as)
        return (self.to_counselor(author, text, known.service, known.now, known.minted.message_ids[5]),)

    # --- what became of a delivery -------------------------------------------------------------------

    def undelivered(
        self,
        conversation: ConversationView,
        unreachable: Side,
        fact: Fact,
        service: Service,
        now: datetime,
        ids: Sequence[str],
        *,
        words: Words,
    ) -> tuple[Outgoing, ...]:
        """Tell who has to know that one side cannot be reached: a counselor of a seeker, the operator of a counselor.

        A seeker hears of it when it has taken long, or when ``words`` are not here any more to go to somebody else;
        they alone when those were left behind, for nothing is wrong with the counselor of now.
        """
        counselor = conversation.counselor
        if unreachable is Side.SEEKER:
            if counselor is None:
                return ()
            text = notices.counselor_not_delivered(
                self.texts, counselor.language, conversation.seeker.stands_as, fact
            )
            return (self.to_counselor(counselor, text, service, now, ids[0]),)
        stands_as = counselor.stands_as if counselor else service.name
        text = notices.operator_not_delivered(self.texts, OPERATOR_LANGUAGE, stands_as, fact)
        told = () if words is Words.LEFT else (self.to_operator(text, service, now, ids[1]),)
        if words is Words.HERE:
            return told
        about = notices.seeker_delayed if words is Words.LATE else notices.seeker_not_delivered
        text = about(self.texts, conversation.language, service.name)
        kind = OutgoingKind.NOTICE
        return (letters_seeker.to_seeker(self.texts, kind, conversation, text, service, now, ids[0]), *told)

    def away(self, known: Known, counselor: Person) -> tuple[Outgoing, ...]:
        """A counselor's mail program says that they are away: tell them and the operator that they are off duty."""
        ids = known.minted.message_ids
        text = notices.counselor_away(self.texts, counselor.language)
        told = notices.operator_away(self.texts, OPERATOR_LANGUAGE, counselor.stands_as)
        return (
            self.to_counselor(counselor, text, known.service, known.now, ids[2]),
            self.to_operator(told, known.service, known.now, ids[3]),
        )

    def key_trouble(self, face: Face, who: Person, service: Service, now: datetime, new_id: str) -> Outgoing:
        """What a counselor or supervisor may read in clear of a message that cannot be encrypted to them."""
        text = notices.counselor_key_trouble(self.texts, who.language)
        if face is Face.SUPERVISOR:
            return self.to_supervisor(who, text, service, now, new_id)
        return self.to_counselor(who, text, service, now, new_id)

    def key_ends(self, whose: str, at: datetime, service: Service, now: datetime, new_id: str) -> Outgoing:
        """Tell the operator when an OpenPGP key comes to its end."""
        text = notices.operator_key_ends(self.texts, OPERATOR_LANGUAGE, whose, at)
        return self.to_operator(text, service, now, new_id)

    def back(self, known: Known, counselor: Person) -> tuple[Outgoing, ...]:
        """A counselor who was away has written to the desk."""
        text = notices.counselor_back(self.texts, counselor.language)
        return (self.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[2]),)

    # --- to the service itself -----------------------------------------------------------------------

    def operator_mail(self, known: Known, subject: str, body: str) -> tuple[Outgoing, ...]:
        """What somebody wrote to postmaster or abuse, without whoever wrote it."""
        mailbox = known.service.local_of(known.target.address)
        text = notices.operator_mail(self.texts, OPERATOR_LANGUAGE, mailbox, subject, body)
        return (self.to_operator(text, known.service, known.now, known.minted.message_ids[0]),)

    def complaint(self, known: Known) -> tuple[Outgoing, ...]:
        """A provider reports one of our messages as unwanted."""
        text = notices.operator_complaint(self.texts, OPERATOR_LANGUAGE)
        return (self.to_operator(text, known.service, known.now, known.minted.message_ids[0]),)

    def not_understood(self, known: Known, counselor: Person) -> tuple[Outgoing, ...]:
        """A counselor wrote to the desk something that it does not understand; nothing was done."""
        text = notices.counselor_own_mail_elsewhere(self.texts, counselor.language)
        return (self.to_counselor(counselor, text, known.service, known.now, known.minted.message_ids[2]),)

    def to_counselor(
        self,
        counselor: Person,
        text: Text,
        service: Service,
        now: datetime,
        new_id: str,
        reply_to: str | None = None,
        about: str = "",
    ) -> Outgoing:
        """A notice from the desk (``letters_counselor.from_desk``)."""
        return letters_counselor.from_desk(self.texts, counselor, text, service, now, new_id, reply_to, about)

    def to_supervisor(
        self,
        supervisor: Person,
        text: Text,
        service: Service,
        now: datetime,
        new_id: str,
        attached: tuple[Attachment, ...] = (),
    ) -> Outgoing:
        """A notice from the desk, to where they read mail."""
        address, desk = supervisor.addresses[0], service.at("desk")
        message = notice(text, service.name, desk, address, service, now, new_id, attached=attached)
        return Outgoing(OutgoingKind.NOTICE, Face.SUPERVISOR, address, message)

    def from_alias(
        self, counselor: Person, text: Text, seeker: Person, service: Service, now: datetime, new_id: str
    ) -> Outgoing:
        """A notice to a counselor that an answer to goes to the seeker."""
        return letters_counselor.from_alias(self.texts, counselor, text, seeker, service, now, new_id)

    def to_operator(self, text: Text, service: Service, now: datetime, new_id: str) -> Outgoing:
        """A notice from the relay itself."""
        message = notice(text, "relay", service.at("relay"), service.operator, service, now, new_id)
        return Outgoing(OutgoingKind.NOTICE, Face.OPERATOR, service.operator, message)


_COUNSELOR_TEXTS: dict[Reason, Callable[[Texts, str, str], Text]] = {
    Reason.STRANGER: notices.counselor_stranger,
    Reason.UNPROVEN: notices.counselor_unproven,
    Reason.LEAK: notices.counselor_held_leak,
    Reason.UNREADABLE: notices.counselor_unreadable,
    Reason.ENCRYPTED: notices.counselor_unreadable,
    Reason.RETIRED: notices.counselor_retired,
}
