"""One message of a seeker with a word to the relay in it: what is known, and the ways in which it can end or go on.

Used by ``seeker_desk`` and ``seeker_actions``. Pure values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from relay.domain.entries import EntryEvent
from relay.domain.risk import Risk
from relay.flow import letters_seeker as letters_for
from relay.flow import letters_supervisors
from relay.flow.effects import Effect, Forgotten, MailWanted, RiskSet
from relay.flow.letters import OPERATOR_LANGUAGE, Letters
from relay.flow.outcomes import Outcome, Outgoing, OutgoingKind
from relay.flow.values import ConversationView, Known, Reason, TargetKind
from relay.mail import automatic, notices_seeker, risk_words, seeker_words
from relay.mail.content import Content
from relay.mail.model import Mail
from relay.mail.texts import Text


@dataclass(frozen=True, slots=True)
class Passing:
    """What goes on to the human. ``view``: the conversation as it is from now on. ``hints``: lines below the words,
    by their names; ``asked``: the language that they were asked for. ``answer``: what goes back instead of the usual
    acknowledgement, ``None`` for that. ``told``: what others are told; ``alarms``: what they hear of danger, also
    when the words themselves are held.
    """

    said: Content
    view: ConversationView
    hints: tuple[str, ...] = ()
    asked: str = ""
    effects: tuple[Effect, ...] = ()
    answer: tuple[Outgoing, ...] | None = None
    told: tuple[Outgoing, ...] = ()
    alarms: tuple[Outgoing, ...] = ()

    def lines(self, letters: Letters, language: str) -> tuple[str, ...]:
        """The hints as they stand below the words, in the counselor's language."""
        about = (notices_seeker.hint_language(letters.texts, language, self.asked),) if self.asked else ()
        return (*(notices_seeker.hint(letters.texts, language, each) for each in self.hints), *about)


@dataclass(frozen=True, slots=True)
class Case:
    """One message with a word in it."""

    mail: Mail
    said: Content
    known: Known
    letters: Letters
    view: ConversationView

    @property
    def is_request(self) -> bool:
        return self.known.target.kind is TargetKind.INTAKE

    @property
    def is_repeat(self) -> bool:
        """It was routed before, and has had its effects, unless it was held then and a person has let it go."""
        return self.known.entry.conversation_id is not None and not self.known.entry.confirmed

    @property
    def may_answer(self) -> bool:
        is_free = automatic.may_answer(self.mail, self.known.entry.envelope.reverse_path.is_null)
        return is_free and (self.is_request or not self.known.target.is_told)

    def passing(
        self,
        view: ConversationView | None = None,
        *,
        hints: tuple[str, ...] = (),
        asked: str = "",
        effects: tuple[Effect, ...] = (),
        answer: tuple[Outgoing, ...] | None = None,
        told: tuple[Outgoing, ...] = (),
        alarms: tuple[Outgoing, ...] = (),
        is_cut: bool = False,
    ) -> Passing:
        """Let the message go on; ``is_cut``: without the line of the word, for a hint says it."""
        said = replace(self.said, text=seeker_words.without_line(self.said.text)) if is_cut else self.said
        at = view or self.view
        if self.view.wishes.no_mail:
            effects = (MailWanted(), *effects)
            at = replace(at, wishes=replace(at.wishes, no_mail=False))
        rules = self.known.service.rules
        if risk_words.stand_in(self.said.text, rules.risk_words) and "urgent" not in hints:
            hints = (*hints, "risk")
            if self.view.risk is not Risk.HIGH:
                effects = (*effects, RiskSet(Risk.HIGH))
                alarms = self.urgent(by_list=True)
        if self.is_repeat:
            return Passing(said, at, hints, asked, (), () if answer is not None else None)
        return Passing(said, at, hints, asked, effects, answer, told, alarms)

    def urgent(self, *, by_list: bool) -> tuple[Outgoing, ...]:
        """Tell the operator, and the supervisors."""
        texts = self.letters.texts
        told = letters_for.urgent(texts, self.known, OPERATOR_LANGUAGE, self.view, by_list=by_list)
        return told, *letters_supervisors.alarms(self.letters, self.known, "list" if by_list else "word")

    def ended(self, *outgoing: Outgoing, effects: tuple[Effect, ...] = ()) -> Outcome:
        """The word was all of the message, and has had its effect."""
        is_answered = any(
            one.kind is OutgoingKind.NOTICE and one.recipient == self.address for one in outgoing
        )
        proof = self.known.proof
        return Outcome(
            EntryEvent.STOPPED,
            Reason.ASKED,
            outgoing=outgoing,
            effects=effects,
            obeys=self.address if is_answered and not self.is_request else "",
            signatures=proof.signatures
            if proof and not self.is_request and Forgotten() not in effects
            else (),
        )

    @property
    def address(self) -> str:
        return self.view.seeker.addresses[0]

    def answered(
        self, *outgoing: Outgoing, effects: tuple[Effect, ...] = (), told: tuple[Outgoing, ...] = ()
    ) -> Outcome:
        """The same in a conversation, with the answer only where one may go."""
        return self.ended(*(outgoing if self.may_answer else ()), *told, effects=effects)

    def confirmed(self, text: Text, view: ConversationView | None = None) -> tuple[Outgoing, ...]:
        """The one answer to a word; to a request, above its acknowledgement, and in its place."""
        if not self.may_answer or (self.is_request and self.view.acknowledged):
            return ()
        at, kind = view or self.view, OutgoingKind.NOTICE
        if self.is_request:
            kind = OutgoingKind.ACKNOWLEDGEMENT
            text = letters_for.combined(text, letters_for.acknowledged(self.letters.texts, self.known, at))
        return (letters_for.confirmed(self.letters.texts, self.known, at, text, self.mail.message_id, kind),)
