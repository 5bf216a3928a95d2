"""What a message changes beside being passed on (``flow.effects``), applied in the transaction that settles it.

Called by ``settling`` after the step of the conversation. A row of ``APPLY`` for each effect, and a test that none is
missing. A function changes ``at.record`` (saved once, when all are done), writes tables of its own on
``at.connection``, and raises ``Stale`` when what it was decided on has moved on, ``StateError`` when it makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from relay.domain.calls import Call
from relay.domain.conversations import OVER
from relay.domain.measures import FORGOTTEN, READING, REFERRAL, Measure
from relay.domain.overrides import FARTHEST, Override
from relay.domain.risk import Risk
from relay.edge.store import (
    answers,
    clocks,
    counselors,
    counts,
    entries,
    invitations,
    notes,
    overrides,
    referral_counts,
    reminders,
    seeker_effects,
    tally,
    turning,
)
from relay.edge.store.at import At as At  # noqa: PLC0414 (known from here)
from relay.edge.store.reminders import Review
from relay.edge.store.tables import to_micros
from relay.flow import effects
from relay.flow.effects import Effect
from relay.flow.ports import Stale

MAX_REMINDER_CHARS = 10_000
MAX_TAGS = 40


def _noted(at: At, effect: effects.Noted) -> None:
    notes.add(at.connection, at.record, effect.text, effect.author, at.now)
    if at.record.secrets.counselor_id is None:
        at.record.change(owes_briefing=True)


def _language_set(at: At, effect: effects.LanguageSet) -> None:
    at.record.change(language=effect.language)


def _risk_set(at: At, effect: effects.RiskSet) -> None:
    at.record.change(risk=effect.risk)
    if effect.risk is Risk.HIGH:
        at.record.change(asked=None)  # nobody in danger waits for a word
    is_risk = effect.risk is Risk.HIGH
    if is_risk:
        tally.marked(at.connection, at.record, Measure.RISK, at.now)
    clocks.flag(at.connection, at.record.conversation_id, at.now, is_risk=is_risk)


def _referrals_given(at: At, effect: effects.ReferralsGiven) -> None:
    referral_counts.add(at.connection, effect.numbers, at.now)
    counts.once(at.connection, at.record, Measure.HELP, REFERRAL, at.now)


def _reading_given(at: At, _effect: effects.ReadingGiven) -> None:
    counts.once(at.connection, at.record, Measure.HELP, READING, at.now)


def _forgotten(at: At, _effect: effects.Forgotten) -> None:
    """See that there is something to forget; ``settling`` erases it, once all else is written."""
    if at.record.secrets.state not in OVER:
        tally.ended(at.connection, at.record, FORGOTTEN, at.now)


def _approved(at: At, _effect: effects.Approved) -> None:
    if at.settled.target.reviews is not None:
        entries.approve(at.connection, at.keyring, at.settled.target.reviews)


def _sent_back(at: At, _effect: effects.SentBack) -> None:
    asked = at.settled.target.reviews
    if asked is None or not answers.drop(at.connection, asked, at.now):
        raise Stale("somebody else has decided about it")


def _review_awaited(at: At, effect: effects.ReviewAwaited) -> None:
    due_at = min(effect.due_at, at.now + turning.LONGEST)
    review = Review(1, to_micros(at.now), effect.author, effect.text, effect.subject, effect.files)
    reminders.await_review(at.connection, at.record, at.entry_id, review, due_at)


def _reviewed(at: At, _effect: effects.Reviewed) -> None:
    if at.record.secrets.counselor_id is not None:
        counselors.count_reviewed(at.connection, at.keyring, at.record.secrets.counselor_id, at.now)


def _duty_set(at: At, effect: effects.DutySet) -> None:
    speaker_id = at.settled.target.speaker_id
    if speaker_id and at.now < effect.until <= at.now + FARTHEST:
        overrides.put(at.connection, at.keyring, speaker_id, Override(effect.on, at.now, effect.until))


def _reminded(at: At, effect: effects.Reminded) -> None:
    due_at = min(effect.at, at.now + turning.LONGEST)
    reminders.remind(at.connection, at.record, effect.text[:MAX_REMINDER_CHARS], due_at)


def _call_set(at: At, effect: effects.CallSet) -> None:
    at.record.change(call=effect.call)
    if effect.call is Call.WANTED:
        tally.marked(at.connection, at.record, Measure.CALLS, at.now)


def _tagged(at: At, effect: effects.Tagged) -> None:
    """Each once, and no more than a conversation can be about."""
    before = at.record.secrets.tags
    tags = tuple(dict.fromkeys((*before, *effect.tags)))[:MAX_TAGS]
    for tag in tags[len(before) :]:
        counts.add(at.connection, Measure.TOPICS, tag, at.now)
    at.record.change(tags=tags)


def _feedback_given(at: At, effect: effects.FeedbackGiven) -> None:
    target = at.settled.target
    if target.invitation is not None:
        queue = target.invitation.queue
        invitations.answered(at.connection, at.keyring, target.token, queue, effect, at.now)


APPLY: Mapping[type[Effect], Callable[[At, Any], None]] = {
    effects.Noted: _noted,
    effects.LanguageSet: _language_set,
    effects.RiskSet: _risk_set,
    effects.Closed: turning.closed,
    effects.HandedOver: turning.handed_over,
    effects.TakenOver: turning.taken_over,
    effects.ConsentAsked: turning.consent_asked,
    effects.ConsentGiven: turning.consent_given,
    effects.PutOff: turning.put_off,
    effects.Warned: turning.warned,
    effects.BlockedUntil: turning.blocked_until,
    effects.ReferralsGiven: _referrals_given,
    effects.ReadingGiven: _reading_given,
    effects.MailStopped: lambda at, _: seeker_effects.stop_mail(at.connection, at.keyring, at.record, at.now),
    effects.MailWanted: lambda at, _: seeker_effects.want_mail(at.record),
    effects.Forgotten: _forgotten,
    effects.DiscretionSet: lambda at, effect: seeker_effects.set_discretion(
        at.record, effect.discreet, effect.hours
    ),
    effects.OtherAsked: lambda at, _: seeker_effects.ask_other(at.connection, at.keyring, at.record, at.now),
    effects.Approved: _approved,
    effects.SentBack: _sent_back,
    effects.ReviewAwaited: _review_awaited,
    effects.Reviewed: _reviewed,
    effects.DutySet: _duty_set,
    effects.Reminded: _reminded,
    effects.CallSet: _call_set,
    effects.Tagged: _tagged,
    effects.FeedbackGiven: _feedback_given,
}


def apply(at: At, wanted: Sequence[Effect]) -> None:
    """Apply effects in order. Raises ``Stale`` or ``StateError``; then nothing of the entry is written."""
    for effect in wanted:
        APPLY[type(effect)](at, effect)
