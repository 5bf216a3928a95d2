"""What people read from us: complete in every language, short, plain, and naming nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.domain.bounces import Fact
from relay.domain.mailboxes import Left
from relay.flow.values import Reason
from relay.mail import (
    attachments,
    cleaning,
    commands,
    filekinds,
    key_notices,
    marks,
    notices,
    notices_clock,
    notices_consent,
    notices_damage,
    notices_desk,
    notices_mailboxes,
    notices_referrals,
    notices_reveal,
    notices_seeker,
    notices_supervisors,
    notices_voicemail,
)
from relay.mail.bidi import FIRST_STRONG_ISOLATE, POP
from relay.mail.moments import span_in_words
from relay.mail.notices_clock import Standing, Waits
from relay.mail.referral_words import REFERRAL_WORDS
from relay.mail.seeker_tables import Word
from relay.mail.text_names import (
    CAUSES,
    CIPHER_CAUSES,
    CITY,
    KEY_REFUSALS,
    KINDS,
    REASONS,
    SENDER_CHECKS,
    TEXTS,
    WORDS,
)
from relay.mail.text_names_desk import DESK_WORDS
from relay.mail.text_names_mailboxes import MAILBOX_CAUSES
from relay.mail.texts import Text, Texts
from relay.resources import folder

LOADED = Texts.load(folder("templates"))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SERVICE = "Example Peer Support"
CODE = "KEY-ABCDE-FGHJK-MNPQR-STVWX"
CRISIS = "Samaritans: 116 123\nLifeline: 988"
MAX_WORDS = 150
"""Of an acknowledgement: about a page on a phone, and no more than a person in distress can take in. The line for
those who read another language comes on top."""

MORE_WHEN_WAITING = 15
"""Words for when somebody is here again."""

LATER = datetime(2026, 12, 3, 17, 0, tzinfo=UTC)
"""A date that takes as many words as one can."""

Make = Callable[[Texts, str], Text]


def _acknowledgement(
    texts: Texts, language: str, *, waiting: bool, next_duty_at: datetime | None = None, crisis: str = ""
) -> Text:
    return notices.acknowledgement(
        texts, language, SERVICE, next_duty_at, waiting, "America/Mexico_City", NOW, crisis
    )


def _removed() -> list[cleaning.Removed]:
    return [
        cleaning.Removed(cause, kind) for cause in cleaning.Reason for kind in ("picture", "office document")
    ]


def _words(texts: Texts, language: str, prefix: str) -> list[str]:
    """Every line of the desk of one sort, with its placeholders filled in."""
    return [
        texts.word(key, language, **dict.fromkeys(names, "word"))
        for key, names in DESK_WORDS.items()
        if key.startswith(prefix)
    ]


WAITING = [
    Waits("Maple Heron", left, timedelta(hours=30), is_risk=is_risk, counselor=counselor, link="mailto:")
    for left in (timedelta(minutes=1), timedelta(minutes=59), timedelta(hours=-2), timedelta(days=3))
    for is_risk in (False, True)
    for counselor in ("Robin", "")
]

NOTICES: dict[str, Make] = {
    "counselor-caller": lambda t, n: notices_voicemail.not_sent(t, n, "Maple Heron", "call"),
    "acknowledgement": lambda t, tag: _acknowledgement(t, tag, waiting=False, crisis=CRISIS),
    "acknowledgement-waiting": lambda t, tag: _acknowledgement(t, tag, waiting=True, crisis=CRISIS),
    "attachment-removed": lambda t, tag: notices.attachment_removed(t, tag, _removed()),
    "seeker-not-delivered": lambda t, tag: notices.seeker_not_delivered(t, tag, SERVICE, CRISIS),
    "seeker-delayed": lambda t, tag: notices.seeker_delayed(t, tag, SERVICE, CRISIS),
    "seeker-unreadable": lambda t, tag: notices.seeker_unreadable(t, tag, SERVICE, CRISIS),
    "counselor-stranger": lambda t, tag: notices.counselor_stranger(t, tag, "Maple Heron"),
    "counselor-unproven": lambda t, tag: notices.counselor_unproven(t, tag, "Maple Heron"),
    "counselor-asked": lambda t, tag: notices.counselor_asked(
        t, tag, "Maple Heron", contact=True, files=_removed(), signature=True
    ),
    "counselor-reply-all": lambda t, tag: notices.counselor_reply_all(t, tag, "Maple Heron"),
    "seeker-file-held": lambda t, tag: notices.seeker_file_held(t, tag, SERVICE, _removed(), CRISIS),
    "counselor-held-leak": lambda t, tag: notices.counselor_held_leak(t, tag, "Maple Heron"),
    "counselor-unreadable": lambda t, tag: notices.counselor_unreadable(t, tag, "Maple Heron"),
    "counselor-not-delivered": lambda t, tag: notices.counselor_not_delivered(
        t, tag, "Maple Heron", Fact.UNREACHABLE
    ),
    "counselor-key-trouble": notices.counselor_key_trouble,
    "counselor-away": notices.counselor_away,
    "counselor-back": notices.counselor_back,
    "counselor-retired": lambda t, tag: notices.counselor_retired(t, tag, "Maple Heron"),
    "counselor-own-mail-elsewhere": notices.counselor_own_mail_elsewhere,
    "desk-receipt": lambda t, tag: notices_desk.receipt(t, tag, "Maple Heron", _words(t, tag, "did.")),
    "desk-returned": lambda t, tag: notices_desk.returned(
        t, tag, "Maple Heron", _words(t, tag, "fault."), "Dear Maple,\n\nsleep well."
    ),
    "desk-briefing": lambda t, tag: notices_desk.briefing(
        t, tag, "Maple Heron", [("Robin", "2026-11-23", "Sleeps badly.")], is_risk=True, language_of_seeker="fr"
    ),
    "counselor-idle": lambda t, tag: notices_desk.idle(t, tag, "Maple Heron", "2026-12-03"),
    "counselor-closed": lambda t, tag: notices_desk.closed_silently(t, tag, "Maple Heron"),
    "seeker-closed": notices_desk.closed,
    "supervisor-review": lambda t, tag: notices_supervisors.review(
        t, tag, "Robin", "Maple Heron", "Re: Sleep", "Sleep well.", [("picture-1.jpg", 20_480)], are_attached=True
    ),
    "supervisor-review-late": lambda t, tag: notices_supervisors.review_late(
        t, tag, "Robin", "Maple Heron", "Re: Sleep", "Sleep well.", timedelta(hours=4), [("picture-1.jpg", 20_480)],
        are_attached=True
    ),
    "operator-review-late": lambda t, tag: notices_supervisors.review_late_for_operator(
        t, tag, "Robin", "Maple Heron", timedelta(hours=12)
    ),
    "supervisor-danger": lambda t, tag: notices_supervisors.danger(t, tag, "word", "Maple Heron", "Robin"),
    "operator-delivery-held": lambda t, tag: notices.operator_delivery_held(t, tag, "0123456789ab"),
    "supervisor-asked": lambda t, tag: notices_supervisors.asked(t, tag, "Robin", "Maple Heron", "What now?"),
    "counselor-under-review": lambda t, tag: notices_supervisors.under_review(t, tag, "Maple Heron"),
    "counselor-sent-back": lambda t, tag: notices_supervisors.sent_back(t, tag, "Oak", "Maple Heron", "Softer."),
    "counselor-supervisor-said": lambda t, tag: notices_supervisors.said(t, tag, "Oak", "Maple Heron", "Wait."),
    "operator-escalated": lambda t, tag: notices_supervisors.escalated(t, tag, "Robin", "Maple Heron"),
    "desk-confirm": lambda t, tag: notices_desk.confirm(t, tag, "Maple Heron", ["- !block 30d"]),
    "operator-held": lambda t, tag: notices.held_for_operator(t, tag, "stranger", "0123456789ab"),
    "operator-poison": lambda t, tag: notices.held_for_operator(t, tag, "poison", "0123456789ab"),
    "operator-nobody-on-duty": lambda t, tag: notices.operator_nobody_on_duty(t, tag, LATER, "UTC", NOW),
    "operator-not-delivered": lambda t, tag: notices.operator_not_delivered(t, tag, "Robin", Fact.FULL),
    "operator-away": lambda t, tag: notices.operator_away(t, tag, "Robin"),
    "operator-mail": lambda t, tag: notices.operator_mail(t, tag, "abuse", "Spam", "Dear all,\n\nstop."),
    "operator-complaint": notices.operator_complaint,
    "operator-disclosed": lambda t, tag: notices_reveal.disclosed(t, tag, "relay"),
    "operator-revealed": lambda t, tag: notices_reveal.revealed(t, tag, "relay"),
    "operator-cipher": lambda t, tag: key_notices.operator_cipher(t, tag, "seeker_cipher", "hung", "0123456789ab"),
    "operator-notice-kept": lambda t, tag: key_notices.operator_notice_kept(t, tag, "full"),
    "operator-key-trouble": lambda t, tag: key_notices.operator_key_trouble(t, tag, "agent"),
    "seeker-key-confirm": lambda t, tag: key_notices.seeker_key_confirm(t, tag, SERVICE, CODE),
    "seeker-key-change": lambda t, tag: key_notices.seeker_key_change(t, tag, SERVICE, CODE),
    "seeker-key-on": lambda t, tag: key_notices.seeker_key_on(t, tag, SERVICE),
    "seeker-key-half": key_notices.seeker_key_half,
    "seeker-key-leave": lambda t, tag: key_notices.seeker_key_leave(t, tag, SERVICE, CODE),
    "seeker-key-off": key_notices.seeker_key_off,
    "seeker-key-not": lambda t, tag: key_notices.seeker_key_not(t, tag, "many"),
    "seeker-key-waits": key_notices.seeker_key_waits,
    "counselor-seeker-key": lambda t, tag: key_notices.counselor_seeker_key(t, tag, "Maple Heron"),
    "line-key": lambda t, tag: key_notices.line_key(t, tag, SERVICE),
    "operator-referral-broken": lambda t, tag: notices_referrals.broken(
        t, tag, 412, "Open Door", "nobody answers"
    ),
    "operator-unreadable": lambda t, tag: notices_damage.unreadable(t, tag, {"conversations": 2, "data_keys": 1}),
    "operator-mailbox-left": lambda t, tag: notices_mailboxes.left(t, tag, {Left.TOO_LARGE: 2, Left.NOT_OURS: 1}),
    "operator-mailbox-away": lambda t, tag: notices_mailboxes.away(t, tag, "2", "login"),
    "operator-key-ends": lambda t, tag: notices.operator_key_ends(t, tag, "Robin", LATER),
    "seeker-stopped": lambda t, tag: notices_seeker.stopped(t, tag, CRISIS),
    "seeker-forgotten": lambda t, tag: notices_seeker.forgotten(t, tag, CRISIS),
    "seeker-not-here": lambda t, tag: notices_seeker.not_here(t, tag, SERVICE, Word.FORGET, CRISIS),
    "seeker-other": lambda t, tag: notices_seeker.other(t, tag, CRISIS),
    "seeker-other-not": lambda t, tag: notices_seeker.other_not(t, tag, SERVICE, CRISIS),
    "seeker-language": lambda t, tag: notices_seeker.language_changed(t, tag, CRISIS),
    "seeker-languages": lambda t, tag: notices_seeker.languages(t, tag, CRISIS),
    "seeker-urgent": lambda t, tag: notices_seeker.urgent(t, tag, SERVICE, CRISIS),
    "seeker-quiet": lambda t, tag: notices_seeker.quiet(t, tag, ("09:00", "17:00", "Europe/Berlin")),
    "seeker-quiet-off": notices_seeker.quiet_off,
    "seeker-call": lambda t, tag: notices_seeker.call(t, tag, SERVICE, LATER, "Europe/Berlin", NOW, CRISIS),
    "seeker-call-number": lambda t, tag: notices_seeker.call(
        t, tag, SERVICE, LATER, "Europe/Berlin", NOW, CRISIS, has_number=False
    ),
    "seeker-call-not": lambda t, tag: notices_seeker.call_not(t, tag, SERVICE, CRISIS),
    "seeker-help": lambda t, tag: notices_seeker.explained(t, tag, SERVICE, CRISIS),
    "counselor-stopped": lambda t, tag: notices_seeker.counselor_stopped(t, tag, "Maple Heron"),
    "counselor-erased": lambda t, tag: notices_seeker.counselor_erased(t, tag, "Maple Heron"),
    "counselor-not-wanted": lambda t, tag: notices_seeker.counselor_not_wanted(t, tag, "Maple Heron"),
    "counselor-other": lambda t, tag: notices_seeker.counselor_other(t, tag, "Maple Heron"),
    "operator-urgent": lambda t, tag: notices_seeker.operator_urgent(t, tag, "Maple Heron", by_list=False),
    "desk-call": lambda t, tag: notices_seeker.desk_call(t, tag, "Maple Heron", "+49 170 0000000"),
    "seeker-renewed": notices.seeker_renewed,
    "seeker-consent": lambda t, tag: notices_consent.seeker_answered(t, tag, agreed=True, is_held=True, crisis=CRISIS),
    "counselor-consent": lambda t, tag: notices_consent.counselor_told(t, tag, "Maple Heron", "agreed"),
    "seeker-feedback": lambda t, tag: notices_seeker.feedback_unread(t, tag, "unclear"),
    "desk-call-wanted": lambda t, tag: notices_seeker.desk_call_wanted(t, tag, "Maple Heron", has_number=True),
    "desk-call-over": lambda t, tag: notices_seeker.desk_call_over(t, tag, "Maple Heron", is_done=False),
    "counselor-answer-due": lambda t, tag: notices_clock.counselor_answer_due(t, tag, WAITING),
    "counselor-offered": lambda t, tag: notices_clock.counselor_offered(t, tag, WAITING),
    "counselor-reassigned": lambda t, tag: notices_clock.counselor_reassigned(t, tag, "Maple Heron"),
    "counselor-reminder": lambda t, tag: notices_clock.counselor_reminder(
        t, tag, "Maple Heron", t.word("remind.nothing", tag), "mailto:"
    ),
    "supervisor-digest": lambda t, tag: notices_clock.supervisor_digest(
        t, tag, Standing(3, 2, 1, ("Robin", "Linden")), WAITING
    ),
    "supervisor-waiting": lambda t, tag: notices_clock.supervisor_waiting(t, tag, WAITING),
    "operator-waiting": lambda t, tag: notices_clock.operator_waiting(t, tag, WAITING),
}  # fmt: skip

each_language = pytest.mark.parametrize("language", LOADED.languages)
each_notice = pytest.mark.parametrize("name", sorted(NOTICES))


class Recording(Texts):
    """Texts that remember which of them were asked for."""

    asked: set[str]

    def render(self, name: str, language: str, **values: str) -> Text:
        self.asked.add(name)
        return super().render(name, language, **values)

    def word(self, key: str, language: str, **values: str) -> str:
        self.asked.add(key)
        return super().word(key, language, **values)


def _of_voicemail(texts: Texts, language: str) -> None:
    for recording in ("attached", "dropped", "none"):
        for seconds in (0, 42):
            notices_voicemail.subject(texts, language, seconds)
            notices_voicemail.lines(texts, language, "Maple Heron", seconds=seconds, received_at=NOW, now=NOW,
                                    zone="UTC", recording=recording, reply="call")  # fmt: skip
    for reply in ("call", "no-number", "no-desk"):
        notices_voicemail.not_sent(texts, language, "Maple Heron", reply)


def _of_mailboxes(texts: Texts, language: str) -> None:
    notices_mailboxes.left(texts, language, dict.fromkeys(Left, 1))
    for cause in MAILBOX_CAUSES:
        notices_mailboxes.away(texts, language, "1", cause)


def _everything(texts: Texts, language: str) -> None:
    """Call every public function, with every value that leads to another word."""
    for make in NOTICES.values():
        make(texts, language)
    _of_mailboxes(texts, language)
    _of_voicemail(texts, language)
    for hours in (1, 13, 19, 48):
        for day in range(366):
            _acknowledgement(
                texts, language, waiting=True, next_duty_at=NOW + timedelta(days=day, hours=hours)
            )
    for reason in Reason:
        notices.held_for_operator(texts, language, reason.value, "0")
    for fact in filter(lambda each: each.is_final, Fact):
        notices.counselor_not_delivered(texts, language, "Maple Heron", fact)
    for kind in KINDS:
        for cause in cleaning.Reason:
            notices.removed_file_line(texts, language, cleaning.Removed(cause, kind))
    notices.removed_mark(texts, language)
    notices.no_subject(texts, language)
    notices.personal_hint(texts, language)
    for verdict in SENDER_CHECKS:
        notices.sender_check(texts, language, verdict)
    notices.spam_hint(texts, language)
    for which in ("stop", "urgent", "risk", "other", "call", "consent"):
        notices_seeker.hint(texts, language, which)
    notices_seeker.hint_language(texts, language, "de")
    notices_seeker.discreet_name(texts, language)
    notices_seeker.discreet_subject(texts, language)
    notices_seeker.operator_urgent(texts, language, "Maple Heron", by_list=True)
    for calls_at in (None, NOW):
        notices_seeker.call(texts, language, SERVICE, calls_at, "UTC", NOW)
    _words(texts, language, "")  # who says them is looked for below
    notices_clock.supervisor_digest(texts, language, Standing(0, 0, 0, ()), ())
    for minutes in (0, 1, 60, 60 * 24, 60 * 24 * 30):
        span_in_words(texts, language, timedelta(minutes=minutes))
    notices.acknowledgement(texts, language, SERVICE, None, False, "UTC", NOW, offers_key=True)
    for refusal in KEY_REFUSALS:
        key_notices.seeker_key_not(texts, language, refusal)
    for cause in CIPHER_CAUSES:
        key_notices.operator_cipher(texts, language, "cipher", cause, "0")


def test_every_word_of_the_desk_is_said_somewhere() -> None:
    """By its key, or by the part of it that stands before a value."""
    source = "".join(
        path.read_text("utf-8") for path in Path("relay").rglob("*.py") if "text_names" not in path.name
    )
    for key in DESK_WORDS:
        stem = key.split("-")[0].split(".")[0]
        assert (
            f'"{key}"' in source or f'f"{stem}.{{' in source or f'f"{key.rpartition("-")[0]}-{{' in source
        ), key


@each_language
def test_no_line_of_ours_reads_like_a_command(language: str) -> None:
    """A machine that sends our own words back asks for nothing."""
    for make in NOTICES.values():
        assert commands.find(marks.clean(make(LOADED, language).body)) == commands.Orders(
            marks.clean(make(LOADED, language).body)
        )
    lines = "\n".join((*_words(LOADED, language, ""), *notices_desk.verbs(LOADED, language)))
    assert isinstance(found := commands.find(lines), commands.Orders)
    assert not found.spoken


def test_nothing_is_left_untranslated() -> None:
    """What we ship is complete; a gap is for translations that others begin."""
    assert LOADED.languages == ("ar", "de", "en", "es", "fr")
    assert LOADED.gaps() == ()


def test_every_text_and_every_word_is_used_by_a_function() -> None:
    """A text that nobody is sent is a text that nobody mends."""
    assert NOTICES.keys() == TEXTS.keys()
    texts = Recording(LOADED.templates, LOADED.words, LOADED.languages)
    object.__setattr__(texts, "asked", set())
    _everything(texts, "fr")
    assert texts.asked == TEXTS.keys() | (WORDS.keys() - REFERRAL_WORDS.keys())


@each_language
@each_notice
def test_every_notice_is_complete(name: str, language: str) -> None:
    """No placeholder, no hole, no line of white space, nothing cut off: what is sent is what was meant."""
    text = NOTICES[name](LOADED, language)
    assert text.subject
    assert "\n" not in text.subject
    assert not re.search(r"[{}]|\n\n\n|[ \t]\n|\A\s|\s\Z|  ", text.subject + "\n" + text.body)
    assert unicodedata.is_normalized("NFC", text.subject + text.body)


@each_language
@each_notice
def test_a_notice_is_translated_and_not_copied(name: str, language: str) -> None:
    """Each language has its own words for subject and body."""
    text = NOTICES[name](LOADED, language)
    for other in set(LOADED.languages) - {language}:
        theirs = NOTICES[name](LOADED, other)
        assert (text.subject, text.body) != (theirs.subject, theirs.body)
        assert text.body.split("\n")[0] != theirs.body.split("\n")[0]


@each_language
@each_notice
def test_a_notice_shows_no_address_and_no_tracking(name: str, language: str) -> None:
    """No mailbox, no link that could be told from another reader's; the one site we name is bare."""
    text = NOTICES[name](LOADED, language)
    assert "@" not in text.subject + text.body
    assert not re.search(r"https?:|www\.|\?\w+=", text.body)
    assert set(re.findall(r"\b[\w-]+\.(?:com|org|net|test)\b", text.body)) <= {"findahelpline.com"}


@each_language
@pytest.mark.parametrize("next_duty_at", [None, NOW + timedelta(hours=5), LATER])
@pytest.mark.parametrize("waiting", [False, True])
def test_an_acknowledgement_is_short_enough_to_be_read(
    waiting: bool, next_duty_at: datetime | None, language: str
) -> None:
    """One page on a phone, with all it has to hold; the operator's own lines come on top."""
    text = _acknowledgement(LOADED, language, waiting=waiting, next_duty_at=next_duty_at)
    own, _, others = text.body.rpartition("\n")
    assert "LANGUAGE en" in others or language == "en"
    assert len(own.split()) <= MAX_WORDS + (MORE_WHEN_WAITING if waiting else 0)


_MUST_HOLD = {
    "en": ("A person will read it", "24 hours", "in danger now", "volunteer", "supervisor", "sees your address",
           "provider", "mailbox", "only you can open", "delete", "forgotten", "answer this e-mail"),
    "de": ("Mensch", "24 Stunden", "in Gefahr", "ehrenamtliche", "Supervision", "sieht deine Adresse",
           "Anbieter", "Postfach", "nur du öffnen", "löschen", "vergessen", "antworte auf diese"),
    "es": ("Una persona lo leerá", "24 horas", "en peligro ahora", "voluntaria", "supervisa", "nadie ve tu dirección",
           "proveedor", "buzón", "solo tú puedas abrir", "Borramos", "olvidar", "responde a este"),
    "fr": ("Une personne le lira", "24 heures", "en danger maintenant", "bénévole", "supervision",
           "sans voir votre adresse", "fournisseur", "boîte", "personne d'autre ne peut ouvrir", "effaçons", "oubli",
           "répondez"),
    "ar": ("سيقرؤها إنسان", "24 ساعة", "في خطر الآن", "متطوع", "مشرف", "عنوانك", "مزود", "صندوقك", "لا يفتحه غيرك",
           "نحذف", "نسيانه", "الرد على هذه"),
}  # fmt: skip


@each_language
@pytest.mark.parametrize("waiting", [False, True])
def test_an_acknowledgement_holds_all_that_a_seeker_has_to_know(waiting: bool, language: str) -> None:
    """A person answers and when, help at once, who reads, what e-mail cannot keep secret, how to stop."""
    body = _acknowledgement(LOADED, language, waiting=waiting).body
    for words in (*_MUST_HOLD[language], SERVICE, "112", "911", "findahelpline.com"):
        assert words.lower() in body.lower()


@each_language
@pytest.mark.parametrize("waiting", [False, True])
def test_an_acknowledgement_promises_only_words_that_do_something(waiting: bool, language: str) -> None:
    """A word in capitals will be typed; the four that matter most are there, with what they do."""
    own = _acknowledgement(LOADED, language, waiting=waiting).body.rpartition("\n")[0]
    offered = [LOADED.word(f"say.{word}", language) for word in ("stop", "forget", "other", "help")]
    for word in offered:
        assert f"\n{word}" in own
    rest = own
    for word in offered:
        rest = rest.replace(word, "")
    assert not re.search(r"\b[A-Z]{4,}\b", rest)


@each_language
def test_a_line_with_a_key_says_in_five_words_how_to_get_it(language: str) -> None:
    """Among the words, and no further; the command of ``key_words``."""
    said = [
        notices.acknowledgement(LOADED, language, SERVICE, None, False, "UTC", NOW, offers_key=with_key).body
        for with_key in (False, True)
    ]
    (line,) = set(said[1].split("\n")) - set(said[0].split("\n"))
    assert line.strip(FIRST_STRONG_ISOLATE).startswith("KEY?")
    assert len(line.split()) <= 6


def test_who_cannot_change_is_not_told_that_they_can() -> None:
    """A line where whoever is here answers offers no other person."""
    said = notices.acknowledgement(LOADED, "en", SERVICE, None, False, "UTC", NOW, can_change=False).body
    assert "OTHER" not in said
    assert "FORGET ME" in said


def test_what_breaks_confidentiality_is_said_in_the_operator_s_words() -> None:
    """Beside who reads it; nothing where the operator has nothing to say."""
    sentence = "If somebody's life is at risk, we may tell others."
    said = notices.acknowledgement(
        LOADED, "en", SERVICE, None, False, "UTC", NOW, confidentiality=sentence
    ).body
    assert f"neither sees your address. {sentence}\n" in said


@each_language
@pytest.mark.parametrize("waiting", [False, True])
def test_the_subject_of_an_acknowledgement_tells_nobody_what_it_is_about(
    waiting: bool, language: str
) -> None:
    """Whoever looks over a shoulder sees the same ordinary line, whatever the service and its state."""
    subject = _acknowledgement(LOADED, language, waiting=waiting).subject
    assert subject == LOADED.render("acknowledgement", language, service="x", danger="", crisis="", confidentiality="",
                                    words="", others="").subject  # fmt: skip
    assert not set(SERVICE.split()) & set(subject.split())


def test_the_first_subject_is_the_same_ordinary_line_in_every_language() -> None:
    """Reviewed as words, not as a rule."""
    subjects = [_acknowledgement(LOADED, tag, waiting=False).subject for tag in LOADED.languages]
    assert subjects == [
        "وصلتنا رسالتك",
        "Wir haben deine Nachricht erhalten",
        "We have received your message",
        "Hemos recibido tu mensaje",
        "Nous avons bien reçu votre message",
    ]


@each_language
@pytest.mark.parametrize(
    "name", ["acknowledgement", "acknowledgement-waiting", "seeker-not-delivered", "seeker-unreadable"]
)
def test_the_operator_s_crisis_lines_stand_below_ours(name: str, language: str) -> None:
    """Each on a line of its own, directly after the general ones; without them there is no hole."""
    danger = LOADED.word("danger", language)
    assert f"{danger}\n{CRISIS}" in NOTICES[name](LOADED, language).body
    plain: dict[str, Make] = {
        "acknowledgement": lambda t, tag: _acknowledgement(t, tag, waiting=False),
        "acknowledgement-waiting": lambda t, tag: _acknowledgement(t, tag, waiting=True),
        "seeker-not-delivered": lambda t, tag: notices.seeker_not_delivered(t, tag, SERVICE),
        "seeker-unreadable": lambda t, tag: notices.seeker_unreadable(t, tag, SERVICE),
    }
    body = plain[name](LOADED, language).body
    assert f"\n\n{danger}" in body
    assert "\n\n\n" not in body


def test_who_waits_is_told_when_somebody_is_there() -> None:
    """In words, with the place whose clock it is; and honestly when nobody can say."""
    body = notices.acknowledgement(
        LOADED, "en", SERVICE, NOW + timedelta(hours=5), True, "Europe/Berlin", NOW
    ).body
    assert "Nobody is free right now. The next volunteers are here today at 18:00 (Berlin time)." in body
    body = notices.acknowledgement(LOADED, "en", SERVICE, None, True, "Europe/Berlin", NOW).body
    assert "We cannot say yet when somebody will be here." in body


def test_who_does_not_wait_is_told_nothing_of_the_rota() -> None:
    """When others are on duty tells who answers."""
    told = {_acknowledgement(LOADED, "en", waiting=False, next_duty_at=at).body for at in (None, LATER)}
    assert len(told) == 1
    assert "Mexico" not in told.pop()


@each_language
def test_a_language_is_spoken_throughout(language: str) -> None:
    """Where a text falls back to English, what is put into it does too."""
    templates = {key: text for key, text in LOADED.templates.items() if key[0] == "en"}
    texts = Texts(templates, LOADED.words, LOADED.languages)
    for name in ("acknowledgement-waiting", "operator-nobody-on-duty", "attachment-removed", "operator-held"):
        assert NOTICES[name](texts, language) == NOTICES[name](texts, "en")


@each_language
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_for_the_operator(reason: Reason, language: str) -> None:
    """A closed list in code is a closed list in words; a notice holds the entry's id, never the code word."""
    assert reason.value in REASONS
    sentence = LOADED.word(f"reason.{reason.value}", language)
    assert sentence.endswith(".")
    body = notices.held_for_operator(LOADED, language, reason.value, "0123456789ab").body
    assert "0123456789ab" in body
    assert "relay held" in body
    assert sentence in body
    assert "_" not in body


def test_the_closed_lists_are_those_of_the_code_that_uses_them() -> None:
    """Reasons come from the flow, causes and kinds from the cleaning of files."""
    assert set(REASONS) == {reason.value for reason in Reason}
    assert set(CAUSES) == {cause.value.replace(" ", "-") for cause in cleaning.Reason}
    kinds = {value for name, value in vars(filekinds).items() if name[0].isupper() and isinstance(value, str)}
    assert {kind.lower().replace(" ", "-") for kind in {*kinds, attachments.TEXT_KIND}} == set(KINDS)


def test_a_reason_that_is_not_on_the_list_is_our_error() -> None:
    """It cannot come from a message."""
    with pytest.raises(KeyError):
        notices.held_for_operator(LOADED, "en", "because", "0")


def test_a_removed_file_is_named_by_kind_and_cause_and_nothing_else() -> None:
    """The reader's line and the author's list; a kind that is not on the list is a file."""
    picture = cleaning.Removed(cleaning.Reason.TOO_LARGE, "picture")
    odd = cleaning.Removed(cleaning.Reason.UNSUPPORTED, "ana-ruiz.docx {kind}")
    assert (
        notices.removed_file_line(LOADED, "en", picture)
        == "[Here we removed a picture: the file is too large.]"
    )
    assert (
        notices.removed_file_line(LOADED, "de", picture)
        == "[Hier haben wir ein Bild entfernt: Die Datei ist zu groß.]"
    )
    assert "ana-ruiz" not in notices.removed_file_line(LOADED, "en", odd)
    body = notices.attachment_removed(LOADED, "en", [picture, odd, picture]).body
    assert "- a picture: the file is too large\n- a file: we cannot clean files of this sort\n\n" in body
    assert "ana-ruiz" not in body


@each_language
def test_the_word_that_sends_a_held_reply_is_the_same_in_every_language(language: str) -> None:
    """The notice that asks for it, and the one that explains the desk, hold it as it must be typed."""
    for make in (NOTICES["counselor-asked"], NOTICES["counselor-own-mail-elsewhere"]):
        body = make(LOADED, language).body.replace(FIRST_STRONG_ISOLATE, "").replace(POP, "")
        assert f" {notices.SEND_WORD}" in body


@each_language
def test_mail_to_postmaster_is_shown_as_it_was_written(language: str) -> None:
    """Paragraphs and odd characters stay; without a subject there is no line for one."""
    with_subject = notices.operator_mail(LOADED, language, "postmaster", "a\r\n {b}", "x {y}\n\n\n  z")
    assert with_subject.body.endswith("\n\nx {y}\n\n\n  z")
    assert ": a {b}\n\n" in with_subject.body.replace(FIRST_STRONG_ISOLATE, "").replace(POP, "")
    without = notices.operator_mail(LOADED, language, "postmaster", " ", "text")
    assert len(without.body.split("\n\n")) == 2


@each_language
def test_lines_are_whole_paragraphs(language: str) -> None:
    """The serializer wraps; a hard break in the middle of a sentence would be read aloud as one."""
    for (tag, name), template in LOADED.templates.items():
        if tag == language:
            for paragraph in template.paragraphs:
                assert all(line[-1] in ".:}?" or "findahelpline" in line for line in paragraph), name


@each_language
def test_words_are_plain_text(language: str) -> None:
    """No mark-up and no invisible signs: they are read aloud, searched and compared."""
    for (tag, key), word in LOADED.words.items():
        if tag == language and not key.startswith(CITY):
            assert not re.search(r"[*_#<>|\u00a0\u200b-\u200f\u2018-\u201f\ufeff]", word), key
