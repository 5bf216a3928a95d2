"""A report is one fact of a closed list; its words, in whatever language or form, are for nobody."""

from __future__ import annotations

import pytest

from relay.domain.bounces import Fact, fact_of
from relay.mail import bounces
from relay.mail.parse import parse

REPORT = (
    b"From: MAILER-DAEMON@mx.test\r\nSubject: %s\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n%s\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: mailbox full\r\n\r\nuser unknown\r\n--b--\r\n"
)


def structured(fields: str, text: str = "It failed.", subject: str = "Undelivered Mail") -> Fact | None:
    lines = fields.replace("\n", "\r\n").encode()
    return bounces.fact(parse(REPORT % (subject.encode(), text.encode(), lines)))


def free(text: str, subject: str = "failure notice") -> Fact | None:
    head = f"From: MAILER-DAEMON@mx.test\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return bounces.fact(parse((head + text.replace("\n", "\r\n")).encode()))


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ("Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown", Fact.UNKNOWN),
        ("Action: failed\nStatus: 5.2.2\n", Fact.FULL),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 Mailbox over\n quota", Fact.FULL),
        ("Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 554 rejected as spam", Fact.BLOCKED),
        (
            "Action: failed\nStatus: 5.1.8\nDiagnostic-Code: smtp; 553 Domain of sender does not exist",
            Fact.BLOCKED,
        ),
        ("Action: failed\nStatus: 5.3.4\n", Fact.TOO_BIG),
        ("Action: failed\nStatus: 4.4.7\n", Fact.UNREACHABLE),
        ("Action: failed\nStatus: 5.1.2\n", Fact.UNREACHABLE),
        ("Action: failed\nStatus: 5.1.10\n", Fact.UNREACHABLE),
        ("Action: failed\nStatus: 5.5.0\n", Fact.REFUSED),
        ("Action: failed\nStatus: 5.0.0\n", Fact.REFUSED),
        ("Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 550 user unknown", Fact.DELAYED),
        ("Action: delivered\nStatus: 2.1.5\n", Fact.DELIVERED),
        ("Action: relayed (to a system that reports nothing)\nStatus: 2.0.0\n", Fact.DELIVERED),
        ("Status: 4.2.0\n", Fact.DELAYED),
        ("Status: 5.1.1\n", Fact.UNKNOWN),
        ("action: FAILED\nstatus: 5.1.1 (bad destination mailbox address)\n", Fact.UNKNOWN),
    ],
)
def test_fields_of_a_report_tell_the_fact(fields: str, fact: Fact) -> None:
    """RFC 3464 §2.3: Action first, then what the other host said, then Status."""
    assert structured(fields) is fact


def test_what_is_returned_with_a_report_tells_nothing() -> None:
    """The returned message speaks of full mailboxes and unknown users; it is somebody's letter."""
    assert structured("Action: failed\nStatus: 5.0.0") is Fact.REFUSED


def test_the_failed_recipient_counts_where_a_report_has_several() -> None:
    """Other systems' aliases expand to many; ours is one delivery."""
    fields = (
        "Final-Recipient: rfc822; a@x.test\nAction: delayed\nStatus: 4.4.1\n\nAction: failed\nStatus: 5.2.2\n"
    )
    assert structured(fields) is Fact.FULL


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Hi. This is the qmail-send program.\nI'm afraid I wasn't able to deliver your message.\n"
         "This is a permanent error; I've given up.\n\n<x@y.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
         Fact.UNKNOWN),
        ("Delivery has failed to these recipients: the recipient's mailbox is full.", Fact.FULL),
        ("A message that you sent has not yet been delivered to one or more of its recipients after 24 hours.",
         Fact.DELAYED),
        ("This is a warning message only.\nYou do not need to resend your message.\nDelivery failed so far.",
         Fact.DELAYED),
        ("Could not be delivered.\n550 5.7.26 unauthenticated mail is prohibited", Fact.BLOCKED),
        ("Your message could not be delivered.", Fact.REFUSED),
        ("Das Postfach ist voll. Die Nachricht konnte nicht zugestellt werden: unzustellbar.", Fact.FULL),
        ("552 5.3.4 Message size exceeds fixed limit", Fact.TOO_BIG),
        ("Your message was delivered to the mailbox. Delivery confirmation.", Fact.DELIVERED),
        ("<<< 550 5.1.1 <x@y.test>... User unknown\n... Deferred: connection reset", Fact.UNKNOWN),
        ("Hello from a machine.", None),
        ("", None),
    ],
)  # fmt: skip
def test_free_text_tells_the_fact_or_none(text: str, fact: Fact | None) -> None:
    """Systems that know nothing of RFC 3464 write sentences; an end must be said, else a person looks."""
    assert free(text, subject="Notification") is fact


def test_an_address_in_a_report_is_no_word_of_it() -> None:
    """Somebody may well have the local part ``spam.blocked``."""
    assert free("Could not be delivered to <spam.blocked@quota-exceeded.test>.") is Fact.REFUSED


@pytest.mark.parametrize(
    ("status", "fact"),
    [("5.1.1", Fact.UNKNOWN), ("5.2.2", Fact.FULL), ("5.2.0", None), ("5.7.0", Fact.BLOCKED), ("4.4.0", Fact.UNREACHABLE),
     ("5.5.3", Fact.BLOCKED), ("5.5.1", None), ("", None), ("nonsense", None), ("5.1", None)],
)  # fmt: skip
def test_numbers_alone_tell_a_cause_or_nothing(status: str, fact: Fact | None) -> None:
    """RFC 3463 §3."""
    assert fact_of(status) is fact
