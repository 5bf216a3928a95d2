"""Letters about OpenPGP keys, and about what cannot be encrypted: ``mail.key_notices`` as finished messages.

Called by ``flow.seeker_keys``, ``flow.envelopes`` and ``flow.announce``, outside of the workers. The same faces as in
``flow.letters``: a seeker reads the alias that they answer to, or, before there is one, the intake address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relay.domain.aliases import Randomness, message_id
from relay.flow import letters_seeker
from relay.flow.ciphers import CipherTrouble
from relay.flow.letters import ENTRY_REF_CHARS, OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import ConversationView, Person, Reason, Service
from relay.mail import key_notices
from relay.mail.serialize import Attachment, NewMessage, serialize
from relay.mail.texts import Text

KEY_FILE = "openpgp-key.asc"
KEY_TYPE = "application/pgp-keys"


@dataclass(frozen=True, slots=True)
class KeyLetters:
    """All of them; every letter has an id of its own."""

    letters: Letters
    randomness: Randomness

    # --- to a seeker ---------------------------------------------------------------------------------

    def confirm(self, view: ConversationView, code: str, service: Service, now: datetime) -> Outgoing:
        """To be encrypted to the key that was given."""
        text = key_notices.seeker_key_confirm(self.letters.texts, view.language, service.name, code)
        return self._to_seeker(text, view, service, now)

    def change(self, view: ConversationView, code: str, service: Service, now: datetime) -> Outgoing:
        """To be encrypted to the key in force."""
        text = key_notices.seeker_key_change(self.letters.texts, view.language, service.name, code)
        return self._to_seeker(text, view, service, now)

    def leave(self, view: ConversationView, code: str, service: Service, now: datetime) -> Outgoing:
        """To be encrypted to the key in force."""
        text = key_notices.seeker_key_leave(self.letters.texts, view.language, service.name, code)
        return self._to_seeker(text, view, service, now)

    def on(self, view: ConversationView, service: Service, now: datetime) -> Outgoing:
        """Encryption is on."""
        text = key_notices.seeker_key_on(self.letters.texts, view.language, service.name)
        return self._to_seeker(text, view, service, now)

    def half(self, view: ConversationView, service: Service, now: datetime) -> Outgoing:
        """One code is missing."""
        text = key_notices.seeker_key_half(self.letters.texts, view.language)
        return self._to_seeker(text, view, service, now)

    def off(self, view: ConversationView, service: Service, now: datetime) -> Outgoing:
        """Encryption is off."""
        text = key_notices.seeker_key_off(self.letters.texts, view.language)
        return self._to_seeker(text, view, service, now)

    def refused(self, view: ConversationView, refusal: str, service: Service, now: datetime) -> Outgoing:
        """A key was not taken, and why; from the intake address, where no conversation comes of it."""
        text = key_notices.seeker_key_not(self.letters.texts, view.language, refusal)
        return self._to_seeker(text, view, service, now, from_intake=refusal == "first")

    def waits(self, view: ConversationView, service: Service, now: datetime) -> Outgoing:
        """What a seeker may read in clear of something that cannot be encrypted to them."""
        text = key_notices.seeker_key_waits(self.letters.texts, view.language)
        return self._to_seeker(text, view, service, now)

    def ours(
        self, view: ConversationView, armoured: bytes, service: Service, now: datetime, *, from_intake: bool
    ) -> Outgoing:
        """The line's own key."""
        text = key_notices.line_key(self.letters.texts, view.language, service.name)
        file = Attachment(KEY_FILE, KEY_TYPE, armoured)
        return self._to_seeker(text, view, service, now, from_intake=from_intake, files=(file,))

    def _to_seeker(
        self,
        text: Text,
        view: ConversationView,
        service: Service,
        now: datetime,
        *,
        from_intake: bool = False,
        files: tuple[Attachment, ...] = (),
    ) -> Outgoing:
        stands_as = view.counselor.stands_as if view.counselor and not from_intake else service.name
        texts, is_discreet = self.letters.texts, view.wishes.discreet and not from_intake
        leaves_at = view.wishes.opens(now)
        new_id = message_id(self.randomness, service.domain)
        address = view.seeker.addresses[0]
        message = serialize(
            NewMessage(
                from_name=letters_seeker.discreet_name(texts, view, service) if is_discreet else stands_as,
                from_address=view.intake if from_intake else view.counselor_alias,
                to_address=address,
                subject=letters_seeker.discreet_subject(texts, view) if is_discreet else text.subject,
                date=leaves_at,
                message_id=new_id,
                in_reply_to="",
                references=(),
                auto_submitted="auto-replied",
                text=text.body,
                attachments=files,
                boundary=new_id.partition("@")[0],
                padded=service.padded,
            )
        )
        waits = leaves_at if leaves_at > now else None
        return Outgoing(OutgoingKind.NOTICE, Face.SEEKER, address, message, not_before=waits)

    # --- to others -----------------------------------------------------------------------------------

    def to_counselor(
        self, view: ConversationView, counselor: Person, service: Service, now: datetime
    ) -> Outgoing:
        """A counselor's answer waits, because it cannot be encrypted to the seeker."""
        text = key_notices.counselor_seeker_key(self.letters.texts, counselor.language, view.seeker.stands_as)
        return self.letters.to_counselor(counselor, text, service, now, self._id(service))

    def colleague_waits(self, face: Face, who: Person, service: Service, now: datetime) -> Outgoing:
        """What a counselor or supervisor may read in clear of something that cannot be encrypted to them."""
        return self.letters.key_trouble(face, who, service, now, self._id(service))

    def operator_held(
        self, reason: Reason, trouble: CipherTrouble, entry_id: bytes, service: Service, now: datetime
    ) -> Outgoing:
        """A message is held, because it cannot be encrypted, and what an operator can do."""
        text = key_notices.operator_cipher(
            self.letters.texts,
            OPERATOR_LANGUAGE,
            reason.value,
            trouble.cause,
            entry_id.hex()[:ENTRY_REF_CHARS],
        )
        return self.letters.to_operator(text, service, now, self._id(service))

    def operator_notice_kept(self, trouble: CipherTrouble, service: Service, now: datetime) -> Outgoing:
        """A notice is kept, because it cannot be encrypted."""
        text = key_notices.operator_notice_kept(self.letters.texts, OPERATOR_LANGUAGE, trouble.cause)
        return self.letters.to_operator(text, service, now, self._id(service))

    def operator_key_trouble(self, trouble: CipherTrouble, service: Service, now: datetime) -> Outgoing:
        """A seeker's request about their key could not be done."""
        text = key_notices.operator_key_trouble(self.letters.texts, OPERATOR_LANGUAGE, trouble.cause)
        return self.letters.to_operator(text, service, now, self._id(service))

    def operator_unasked(self, entry_id: bytes, service: Service, now: datetime) -> Outgoing:
        """Somebody asks about keys more often than a person would."""
        return self.letters.held_for_operator(Reason.UNASKED, entry_id, service, now, self._id(service))

    def _id(self, service: Service) -> str:
        return message_id(self.randomness, service.domain)
