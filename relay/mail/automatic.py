"""Who wrote this: a person, or a machine on its own? Two questions with different weight.

``classify`` asks for proof, because what it calls automatic is never relayed: words of a person that
it mistook for an out-of-office note would be lost to the other side (promise P8). One header made for
the purpose is proof, so is the structure of a report; the rest counts only in company.
``may_answer`` asks for mere suspicion, because all it can do is suppress an acknowledgement.

The stage ``screen`` calls both. Pure; nothing is raised; only header fields, the tree of parts and
the start of a calendar part are read.

Only the message itself is looked at, never a message attached to it: somebody who forwards a bounce
is a person.

Standards: RFC 3834 (§2 when to answer, §5 Auto-Submitted), RFC 6522 and RFC 3464 (bounces), RFC 8098
(receipts), RFC 5965 (complaints), RFC 5546 §1.4 (calendar methods), RFC 2919 and RFC 2369 (lists).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from relay.mail import automatic_words as words
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_body


class Kind(Enum):
    """What a message is, by who made it."""

    PERSON = "person"
    AUTO_REPLY = "auto-reply"  # out of office, vacation, acknowledgement by a machine
    BOUNCE = "bounce"  # a mail system reports on a delivery: failed, delayed, rarely that it succeeded
    RECEIPT = "receipt"  # a report that something was displayed or deleted
    CALENDAR_REPLY = "calendar-reply"  # accepted, declined, another time proposed
    COMPLAINT = "complaint"  # a provider reports that its reader called something spam
    LIST = "list"  # passed through a mailing list


_REPORTS = {
    "feedback-report": Kind.COMPLAINT,
    "delivery-status": Kind.BOUNCE,
    "disposition-notification": Kind.RECEIPT,
}
_REPORT_PARTS = {
    "message/feedback-report": Kind.COMPLAINT,
    "message/delivery-status": Kind.BOUNCE,
    "message/global-delivery-status": Kind.BOUNCE,
    "message/disposition-notification": Kind.RECEIPT,
    "message/global-disposition-notification": Kind.RECEIPT,
}

# Made by autoresponders to say that they are one; ``x-auto-response-suppress`` is a wish, not such a sign.
_AUTO_REPLY_FIELDS = (
    "x-autoreply", "x-auto-reply", "x-autoreply-from", "x-autorespond", "x-autoresponder", "x-auto-respond",
    "x-mail-autoreply", "x-vacation", "x-out-of-office",
)  # fmt: skip
_SAY_AUTOMATIC = frozenset({"auto-submitted", *_AUTO_REPLY_FIELDS})
_DENIALS = frozenset({"", "no", "none", "false", "0"})
_AUTO_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply", "bulk", "junk"})
_LIST_FIELDS = ("list-id", "list-post")
# Not Feedback-ID: Proton and Fastmail put one into every letter that a person writes there.
_ANY_LIST_FIELD = re.compile(r"list-[a-z-]+|mailing-list|x-mailing-list|x-loop")

_ANSWER_METHODS = frozenset({"reply", "counter", "declinecounter"})
_METHOD_LINE = re.compile(rb"(?im)^METHOD:[ \t]{0,9}(REPLY|COUNTER|DECLINECOUNTER)[ \t]{0,9}\r?$")
# Message classes of the three answers, by their new and old names (MS-OXTNEF §2.1.3.1).
_EXCHANGE_ANSWER = re.compile(rb"IPM\.(?:Schedule\.Meeting\.Resp\.|Microsoft Schedule\.MtgResp)")
_CALENDAR_HEAD_BYTES = 4096  # METHOD stands before the first component
_TNEF_HEAD_BYTES = 4096  # the message class is the first attribute but one

_SUBJECT_CHARS = 200
_TAGS = re.compile(r"(?:\[[^\[\]]{1,30}\] ?){0,3}")  # "[EXTERN] " and the like, put there by gateways
_COLON = re.compile(" ?[:\uff1a]")  # French has a blank before it, Chinese a wide one
_MACHINES = words.DAEMONS | words.POSTMASTERS | words.ROBOTS
_JUNK_IN_LOCAL = re.compile(r"[-_.]")


def classify(mail: Mail, reverse_path_is_null: bool) -> Kind:
    """Say what the message is. Anything but ``PERSON`` and ``LIST`` rests on proof.

    ``reverse_path_is_null``: MAIL FROM was ``<>`` (RFC 5321 §4.5.5), the mark of mail that wants no answer.
    """
    kind = _report(mail) or _system_report(mail, reverse_path_is_null)
    if kind:
        return kind
    if _answers_invitation(mail):
        return Kind.CALENDAR_REPLY
    if _is_auto_reply(mail, reverse_path_is_null):
        return Kind.AUTO_REPLY
    if _precedence(mail) == "list" or any(mail.header(name) for name in _LIST_FIELDS):
        return Kind.LIST
    return Kind.PERSON


def may_answer(mail: Mail, reverse_path_is_null: bool) -> bool:
    """Tell whether an automatic acknowledgement is safe (RFC 3834 §2): no sign that a machine wrote."""
    if reverse_path_is_null or len(mail.authors) != 1 or classify(mail, False) is not Kind.PERSON:
        return False
    if _says_automatic(mail) or _precedence(mail) in _AUTO_PRECEDENCE:
        return False
    if _token(mail.header("x-auto-response-suppress")) not in _DENIALS:
        return False
    if any(_ANY_LIST_FIELD.fullmatch(header.name) for header in mail.headers):
        return False
    if _is_machine(_local_part(mail)):
        return False
    return not _subject(mail).startswith(tuple(words.REPLY_PREFIXES))


# --- reports --------------------------------------------------------------------------------------


def _own_parts(mail: Mail) -> Iterator[Part]:
    """Parts of the message itself, in order, without what is inside an attached message."""
    stack = [mail.root]
    while stack:
        part = stack.pop()
        yield part
        if part.maintype == "multipart":
            stack.extend(reversed(part.children))


def _report(mail: Mail) -> Kind | None:
    """A machine's report by its structure (RFC 6522): the container says so, or what it holds."""
    root = mail.root
    if root.content_type == "multipart/signed" and root.children:
        root = root.children[0]
    if root.content_type != "multipart/report":
        return None
    return _REPORTS.get(root.parameter("report-type").lower()) or _reported(mail)


def _reported(mail: Mail) -> Kind | None:
    return next(
        (_REPORT_PARTS[p.content_type] for p in _own_parts(mail) if p.content_type in _REPORT_PARTS), None
    )


def _system_report(mail: Mail, from_nobody: bool) -> Kind | None:
    """A report that a mail system wrote as plain text, or in a container of its own making."""
    local, subject = _local_part(mail), _subject(mail)
    by_daemon, by_postmaster = local in words.DAEMONS, local in words.POSTMASTERS
    if not (by_daemon or by_postmaster or from_nobody):
        return None
    told = any(phrase in subject for phrase in words.BOUNCE_PHRASES) and not subject.startswith(
        words.ANSWER_MARKS
    )
    if by_daemon or told or (by_postmaster and from_nobody) or mail.header("x-failed-recipients"):
        return _reported(mail) or Kind.BOUNCE
    return _reported(mail)


def _answers_invitation(mail: Mail) -> bool:
    """An answer to an invitation in place of a text; an .ics file that a person attached is not one."""
    for part in _own_parts(mail):
        if part.content_type == "text/calendar" and part.disposition != "attachment":
            method = part.parameter("method").lower()
            head = b"" if method else decode_body(mail, part)[:_CALENDAR_HEAD_BYTES]
            if method in _ANSWER_METHODS or _METHOD_LINE.search(head):
                return True
        elif part.content_type == "application/ms-tnef" and _EXCHANGE_ANSWER.search(
            decode_body(mail, part)[:_TNEF_HEAD_BYTES]
        ):
            return True
    return False


# --- automatic replies ----------------------------------------------------------------------------


def _is_auto_reply(mail: Mail, from_nobody: bool) -> bool:
    """One proof, or two signs of different sort."""
    if _says_automatic(mail):
        return True
    subject = _subject(mail)
    if _begins_with_prefix(subject):
        return True
    signs = (
        from_nobody,
        _precedence(mail) in _AUTO_PRECEDENCE,
        subject.startswith(words.REPLY_HINTS),
        _is_machine(_local_part(mail)),
    )
    return sum(signs) >= 2


def _says_automatic(mail: Mail) -> bool:
    """A field made to say "a machine wrote this", with a value that does not deny it (RFC 3834 §5)."""
    said = [header for header in mail.headers if header.name in _SAY_AUTOMATIC]
    return any(
        _token(header.value if header.name == "auto-submitted" else mail.header(header.name)) not in _DENIALS
        for header in said
    )


def _begins_with_prefix(subject: str) -> bool:
    colon = _COLON.search(subject)
    return colon is not None and subject[: colon.start()] in words.REPLY_PREFIXES


# --- small facts ----------------------------------------------------------------------------------


def _token(value: bytes | None) -> str:
    """The first word of a field in lower case, without parameters and comments; empty when there is none."""
    text = (value or b"")[:_SUBJECT_CHARS].decode("ascii", "replace")
    return text.partition(";")[0].partition("(")[0].strip().lower()


def _precedence(mail: Mail) -> str:
    return _token(mail.header("precedence"))


def _subject(mail: Mail) -> str:
    """The start of the subject, case folded, with single blanks, without tags of gateways."""
    folded = " ".join(mail.subject[:_SUBJECT_CHARS].casefold().replace("\u2019", "'").split())
    tags = _TAGS.match(folded)
    return folded[tags.end() :] if tags else folded


def _local_part(mail: Mail) -> str:
    """The first author's local part in lower case, without punctuation and ``+detail``; may be empty.

    Mail systems also write ``From: MAILER-DAEMON <>``, which holds no address.
    """
    if mail.authors:
        local, _, domain = mail.authors[0].address.rpartition("@")
        return _JUNK_IN_LOCAL.sub("", (local or domain).partition("+")[0].lower())
    named = _JUNK_IN_LOCAL.sub(
        "", (mail.header("from") or b"")[:_SUBJECT_CHARS].decode("ascii", "replace").lower()
    )
    return next((daemon for daemon in words.DAEMONS if daemon in named), "")


def _is_machine(local: str) -> bool:
    return local in _MACHINES or local.startswith(words.NO_REPLY_STARTS)
