"""What a machine wrote is recognised on proof; what a person wrote is never taken for it."""

from __future__ import annotations

import pytest

from relay.mail.automatic import Kind, classify, may_answer
from relay.mail.model import Correspondent, Header, Mail, Part

TEXT = Part("text/plain")


def mail(
    subject: str = "I need to talk",
    *,
    author: str = "jane@example.org",
    root: Part = TEXT,
    raw: bytes = b"",
    **fields: str,
) -> Mail:
    """A message with these facts; ``auto_submitted="no"`` is the field Auto-Submitted."""
    headers = tuple(Header(name.replace("_", "-"), value.encode()) for name, value in fields.items())
    authors = (Correspondent("Jane Roe", author),) if author else ()
    return Mail(raw=raw, headers=headers, root=root, authors=authors, subject=subject)


def report(kind: str, *children: str) -> Part:
    parameters = (("report-type", kind),) if kind else ()
    return Part(
        "multipart/report", parameters, children=tuple(Part(child) for child in ("text/plain", *children))
    )


def mixed(*children: Part) -> Part:
    return Part("multipart/mixed", children=(TEXT, *children))


@pytest.mark.parametrize(
    "letter",
    [
        mail(),
        mail(auto_submitted="no"),
        mail(auto_submitted="No (a person wrote this)"),
        mail(auto_submitted=""),
        mail(x_auto_response_suppress="All"),
        mail(x_autoreply="no"),
        mail(precedence="bulk"),
        mail(precedence="junk"),
        mail(list_unsubscribe="<https://example.org/u>"),
        mail("Re: Automatic reply: appointment"),
        mail("AW: Abwesenheitsnotiz: Termin"),
        mail("Fwd: Undeliverable: my letter"),
        mail("Undelivered Mail Returned to Sender"),
        mail("Out of office romance, please advise"),
        mail("Automatic reply"),
        mail("Urlaub: ich kann nicht mehr"),
        mail("Vacation: I dread it"),
        mail("Absence: my father"),
        mail("Read: my diary"),
        mail("Accepted: nobody ever accepted me"),
        mail(author="noreply@example.org"),
        mail(author="postmaster@example.org"),
        mail("", author=""),
        mail(
            root=mixed(
                Part("message/rfc822", children=(report("delivery-status", "message/delivery-status"),))
            )
        ),
        mail(root=mixed(Part("message/delivery-status"))),
        mail(root=mixed(Part("message/rfc822", children=(Part("text/calendar", (("method", "REPLY"),)),)))),
        mail(root=mixed(Part("text/calendar", (("method", "REPLY"),), disposition="attachment"))),
        mail(root=mixed(Part("text/calendar", (("method", "REQUEST"),)))),
    ],
)
def test_a_person_is_a_person_without_proof_of_the_contrary(letter: Mail) -> None:
    """One suspicious field or word never costs somebody their letter (P8)."""
    assert classify(letter, False) is Kind.PERSON


@pytest.mark.parametrize(
    "subject",
    ["", "Re: my letter", "Undone", "AW: my parcel was not delivered"],
)
def test_a_null_reverse_path_alone_proves_nothing(subject: str) -> None:
    """Some gateways lose the reverse-path of people's mail."""
    assert classify(mail(subject), True) is Kind.PERSON


@pytest.mark.parametrize(
    "letter",
    [
        mail(auto_submitted="auto-replied"),
        mail(auto_submitted='AUTO-REPLIED; owner-email="jane@example.org"'),
        mail(auto_submitted="auto-generated (vacation)"),
        mail(x_autoreply="yes"),
        mail(x_autorespond="I am away"),
        mail(precedence="bulk", author="no-reply@example.org"),
        mail("On vacation until May", precedence="auto_reply"),
        mail("[EXTERN] Automatische Antwort: Termin"),
    ],
)
def test_an_automatic_reply_says_so_or_shows_two_signs(letter: Mail) -> None:
    """A field made for the purpose, the phrase of a mail program, or two weaker signs of different sort.

    RFC 3834 §5.
    """
    assert classify(letter, False) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "letter",
    [mail("Out of Office"), mail("Urlaub"), mail(precedence="bulk"), mail(author="do-not-reply@example.org")],
)
def test_one_sign_is_enough_when_the_reverse_path_is_null(letter: Mail) -> None:
    """RFC 3834 §3.3 asks responders for the null reverse-path."""
    assert classify(letter, False) is Kind.PERSON
    assert classify(letter, True) is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "phrase",
    [
        "Automatic reply", "Out of Office", "OUT OF OFFICE AutoReply", "Automatische Antwort",
        "Abwesenheitsnotiz", "Réponse automatique", "Réponse automatique ", "Respuesta automática",
        "Risposta automatica", "Resposta automática", "Automatisch antwoord", "Automatiskt svar",
        "Automatisk svar", "Automaattinen vastaus", "Automatyczna odpowiedź", "Automatická odpověď",
        "Automatikus válasz",
        "Răspuns automat", "Автоматический ответ", "Автоматична відповідь", "Αυτόματη απάντηση",
        "Otomatik yan\u0131t", "自動応答", "自动答复", "자동 회신", "رد تلقائي", "תשובה אוטומטית",
    ],
)  # fmt: skip
def test_the_phrase_of_a_mail_program_is_known_in_many_languages(phrase: str) -> None:
    """In front of a colon at the very start; not in the middle, and not after "Re:"."""
    assert classify(mail(f"{phrase}: your letter"), False) is Kind.AUTO_REPLY
    assert classify(mail(f"{phrase}\uff1ayour letter"), False) is Kind.AUTO_REPLY
    assert classify(mail(f"Re: {phrase}: your letter"), False) is Kind.PERSON
    assert classify(mail(f"I got an {phrase}: why?"), False) is Kind.PERSON


@pytest.mark.parametrize(
    ("root", "kind"),
    [
        (report("delivery-status", "message/delivery-status"), Kind.BOUNCE),
        (report("Delivery-Status"), Kind.BOUNCE),
        (report("", "message/delivery-status"), Kind.BOUNCE),
        (report("", "message/global-delivery-status"), Kind.BOUNCE),
        (report("disposition-notification"), Kind.RECEIPT),
        (report("", "message/disposition-notification"), Kind.RECEIPT),
        (report("feedback-report"), Kind.COMPLAINT),
        (report("", "message/feedback-report"), Kind.COMPLAINT),
        (Part("multipart/signed", children=(report("delivery-status"), TEXT)), Kind.BOUNCE),
    ],
)
def test_reports_are_known_by_their_structure(root: Part, kind: Kind) -> None:
    """Whatever the subject, the author and the other fields are (RFC 6522, RFC 8098)."""
    assert classify(mail(root=root), False) is kind
    assert classify(mail(root=root, auto_submitted="auto-replied", list_id="<x.example.org>"), True) is kind


@pytest.mark.parametrize(
    ("letter", "null"),
    [
        (mail("anything", author="MAILER-DAEMON@example.org"), False),
        (mail("anything", author="Mailer_Daemon@example.org"), False),
        (mail("failure notice", author="", **{"from": "MAILER-DAEMON <>"}), False),
        (mail("Undeliverable: my letter", author="postmaster@example.org"), False),
        (mail("anything", author="postmaster@example.org"), True),
        (mail("Unzustellbar: mein Brief"), True),
        (mail("Недоставленное сообщение"), True),
        (mail("anything", x_failed_recipients="x@example.org"), True),
        (mail("anything", root=mixed(Part("message/delivery-status"))), True),
    ],
)
def test_bounces_in_plain_words_are_known_when_a_mail_system_wrote_them(letter: Mail, null: bool) -> None:
    """By the author, or by the null reverse-path together with what such mail says."""
    assert classify(letter, null) is Kind.BOUNCE


@pytest.mark.parametrize(
    ("part", "raw"),
    [
        (Part("text/calendar", (("method", "REPLY"),)), b""),
        (Part("text/calendar", (("method", "counter"),)), b""),
        (Part("text/calendar", span=(0, 60)), b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"),
        (Part("application/ms-tnef", span=(0, 60)), b"\x78\x9f\x3e\x22IPM.Microsoft Schedule.MtgRespP\x00"),
    ],
)
def test_an_answer_to_an_invitation_is_known(part: Part, raw: bytes) -> None:
    """By its method, in the label or in the text, or by Outlook's message class (RFC 5546 §1.4)."""
    assert (
        classify(mail(root=Part("multipart/alternative", children=(TEXT, part)), raw=raw), False)
        is Kind.CALENDAR_REPLY
    )


def test_mail_through_a_list_is_list_mail() -> None:
    """It is not automatic, and nobody may answer it automatically (RFC 2919, RFC 2369)."""
    for letter in (
        mail(list_id="<talk.example.org>"),
        mail(list_post="<mailto:x@example.org>"),
        mail(precedence="list"),
    ):
        assert classify(letter, False) is Kind.LIST
        assert not may_answer(letter, False)


@pytest.mark.parametrize(
    "letter",
    [
        mail(x_auto_response_suppress="OOF, AutoReply"),
        mail(precedence="bulk"),
        mail(precedence="junk"),
        mail(list_unsubscribe="<https://example.org/u>"),
        mail(x_loop="x@example.org"),
        mail(author="No-Reply+17@example.org"),
        mail(author="postmaster@example.org"),
        mail(author="newsletter@example.org"),
        mail("Automatic reply"),
        mail(auto_submitted="auto-generated"),
        mail(author=""),
        mail(root=report("delivery-status")),
    ],
)
def test_a_suspicion_suppresses_the_acknowledgement(letter: Mail) -> None:
    """RFC 3834 §2: rather one acknowledgement too few than a loop of two machines."""
    assert not may_answer(letter, False)


@pytest.mark.parametrize(
    "letter",
    [
        mail(),
        mail(auto_submitted="no"),
        mail("Urlaub"),
        mail(x_auto_response_suppress="None"),
        mail(author="newsome@example.org"),
        mail(author="noreen@example.org"),
        mail(feedback_id="1358184:user:proton"),
        mail(feedback_id="i56a14606:Fastmail"),
    ],
)
def test_a_person_gets_an_acknowledgement_unless_nobody_can_be_answered(letter: Mail) -> None:
    """The null reverse-path wants no answer of any sort."""
    assert may_answer(letter, False)
    assert not may_answer(letter, True)


def test_two_authors_are_not_answered() -> None:
    """Whom an answer would reach is not clear."""
    two = (Correspondent("", "a@example.org"), Correspondent("", "b@example.org"))
    assert not may_answer(Mail(raw=b"", headers=(), root=TEXT, authors=two), False)


def test_hostile_facts_are_answered_quickly() -> None:
    """Very long values and odd octets end in an answer."""
    letter = mail(
        "[" * 100_000 + ":" * 100_000,
        author="+" * 1000,
        auto_submitted="(" * 100_000,
        precedence="\u00ff" * 100_000,
        root=mixed(*(Part("text/calendar") for _ in range(500))),
    )
    assert classify(letter, True) is Kind.PERSON
