"""Which texts and words there are, and what each is filled in with; ``text_files`` checks against it.

A file that is not listed here, a listed one without an English version, and a placeholder too many or too
few are errors when the files are read, so that none can show when somebody in need waits for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.bounces import Fact
from relay.mail.referral_words import COUNTRY, LANGUAGE, REFERRAL_WORDS
from relay.mail.seeker_tables import Word
from relay.mail.text_names_desk import DESK_WORDS
from relay.mail.text_names_mailboxes import MAILBOX_TEXTS, MAILBOX_WORDS
from relay.mail.text_names_voicemail import VOICEMAIL_TEXTS, VOICEMAIL_WORDS

_HELP = ("danger", "crisis")
_ACKNOWLEDGEMENT = ("service", *_HELP, "confidentiality", "words", "others")

SEEKER_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "seeker-stopped": ("word", *_HELP),
    "seeker-forgotten": ("word", *_HELP),
    "seeker-not-here": ("word", "service", *_HELP),
    "seeker-other": ("word", *_HELP),
    "seeker-other-not": ("word", "service", *_HELP),
    "seeker-language": _HELP,
    "seeker-languages": ("languages", *_HELP),
    "seeker-urgent": ("word", "service", *_HELP),
    "seeker-quiet": ("hours",),
    "seeker-quiet-off": (),
    "seeker-call": ("word", "service", "when", *_HELP),
    "seeker-call-number": ("word", "service", "when", *_HELP),
    "seeker-call-not": ("word", "service", *_HELP),
    "seeker-help": ("service", "words", "others", *_HELP),
    "counselor-stopped": ("pseudonym",),
    "counselor-erased": ("pseudonym",),
    "counselor-not-wanted": ("pseudonym",),
    "counselor-other": ("pseudonym",),
    "operator-urgent": ("cause", "pseudonym"),
    "desk-call": ("pseudonym", "number"),
    "desk-call-wanted": ("pseudonym", "number"),
    "desk-call-over": ("pseudonym", "cause"),
}
"""Texts about what a seeker asks of the relay itself (``notices_seeker``)."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "operator-cipher": ("reason", "cause", "entry"),
    "operator-notice-kept": ("cause",),
    "operator-key-trouble": ("cause",),
    "seeker-key-confirm": ("service", "code"),
    "seeker-key-change": ("service", "code"),
    "seeker-key-on": ("service", "word"),
    "seeker-key-half": (),
    "seeker-key-leave": ("service", "code"),
    "seeker-key-off": (),
    "seeker-key-not": ("cause",),
    "seeker-key-waits": (),
    "counselor-seeker-key": ("pseudonym",),
    "line-key": ("service",),
}
"""Texts about OpenPGP keys, and about what cannot be encrypted (``key_notices``)."""

TEXTS: Mapping[str, frozenset[str]] = {
    name: frozenset(placeholders)
    for name, placeholders in {
        "acknowledgement": _ACKNOWLEDGEMENT,
        "acknowledgement-waiting": (*_ACKNOWLEDGEMENT, "next_duty"),
        "attachment-removed": ("files",),
        "seeker-not-delivered": ("service", "danger", "crisis"),
        "seeker-delayed": ("service", "danger", "crisis"),
        "seeker-unreadable": ("service", "danger", "crisis"),
        "counselor-stranger": ("pseudonym",),
        "counselor-unproven": ("pseudonym", "word"),
        "seeker-file-held": ("service", "files", "danger", "crisis"),
        "counselor-asked": ("pseudonym", "about", "word"),
        "counselor-reply-all": ("pseudonym",),
        "counselor-held-leak": ("pseudonym",),
        "counselor-unreadable": ("pseudonym",),
        "counselor-not-delivered": ("pseudonym", "cause"),
        "counselor-key-trouble": (),
        "counselor-away": (),
        "counselor-answer-due": ("list",),
        "counselor-offered": ("list",),
        "counselor-reminder": ("pseudonym", "why", "write"),
        "supervisor-digest": ("counts", "list"),
        "counselor-reassigned": ("pseudonym",),
        "supervisor-waiting": ("list",),
        "operator-waiting": ("list",),
        "counselor-back": (),
        "counselor-retired": ("pseudonym",),
        "counselor-own-mail-elsewhere": ("word",),
        "desk-receipt": ("about", "lines"),
        "desk-returned": ("about", "faults", "draft"),
        "desk-briefing": ("pseudonym", "notes", "risk", "tag"),
        "counselor-idle": ("pseudonym", "day"),
        "counselor-closed": ("pseudonym",),
        "seeker-closed": ("words",),
        "seeker-renewed": (),
        "seeker-consent": ("done", "danger", "crisis"),
        "counselor-consent": ("pseudonym", "how"),
        "seeker-feedback": ("status", "danger", "crisis"),
        "supervisor-review": ("who", "pseudonym", "subject", "draft", "files", "word"),
        "supervisor-review-late": ("who", "pseudonym", "subject", "draft", "files", "time", "word"),
        "operator-review-late": ("who", "pseudonym", "time"),
        "supervisor-danger": ("cause", "pseudonym", "whose"),
        "operator-delivery-held": ("delivery",),
        "operator-unreadable": ("what",),
        "supervisor-asked": ("who", "pseudonym", "words"),
        "operator-escalated": ("who", "pseudonym"),
        "counselor-under-review": ("pseudonym",),
        "counselor-sent-back": ("who", "pseudonym", "words"),
        "counselor-supervisor-said": ("who", "pseudonym", "words"),
        "desk-confirm": ("about", "asked", "word"),
        "operator-held": ("reason", "entry"),
        "operator-poison": ("reason", "entry"),
        "operator-nobody-on-duty": ("next_duty",),
        "operator-not-delivered": ("pseudonym", "cause"),
        "operator-away": ("pseudonym",),
        "operator-mail": ("mailbox", "their_subject", "text"),
        "operator-complaint": (),
        "operator-revealed": ("account",),
        "operator-disclosed": ("account",),
        "operator-referral-broken": ("number", "title", "reason"),
        "operator-key-ends": ("whose", "day"),
        **SEEKER_COMMANDS,
        **KEYS,
        **MAILBOX_TEXTS,
        **VOICEMAIL_TEXTS,
    }.items()
}
"""File name without ``.txt``, and its placeholders: every translation uses all of them and no others."""

REASONS = (
    "stranger", "unproven", "unreadable", "encrypted", "leak", "poison", "cipher", "seeker_cipher", "key", "replayed",
    "contact_details", "file", "signature",
    "no_author", "retired", "loop", "bounce", "auto_reply", "receipt", "calendar_reply", "complaint",
    "list", "unclear_report", "blocked", "spam",
    "unasked", "answered", "asked", "unwanted", "commands", "unclear_command", "unconfirmed", "review", "operator",
)  # fmt: skip
"""Values of ``flow.values.Reason``, which this tier may not import; a test holds the two together."""

KINDS = (
    "picture", "pdf", "text-file", "calendar-file", "contact-card", "office-document", "archive", "audio",
    "video", "signature", "key", "certificate", "forwarded-message", "file",
)  # fmt: skip
"""What ``attachments`` may call a file, in lower case with hyphens. ``file`` also stands for any other."""

CAUSES = ("unsupported", "broken", "too-large", "encrypted", "active")
"""Values of ``cleaning.Reason``, with hyphens."""

SENDER_CHECKS = ("proven", "refuted", "unproven", "unknown")
"""Values of ``proof.dmarc.Verdict``."""

KEY_REFUSALS = ("none", "many", "unusable", "first", "code", "trouble")
CIPHER_CAUSES = (
    "expired", "revoked", "unusable", "no-program", "agent", "hung", "read-only", "full", "out-of-order",
)  # fmt: skip
"""Why a seeker's key was not taken, and why something cannot be encrypted (``key_notices``)."""

FACTS = tuple(fact.value for fact in Fact if fact.is_final)
"""What a person may be told of a delivery that failed."""

WORDS: Mapping[str, frozenset[str]] = {
    "danger": frozenset(),
    "time": frozenset({"hour", "minute"}),
    "time-at-one": frozenset({"hour", "minute"}),
    "first-of-month": frozenset(),
    "today": frozenset({"time"}),
    "tomorrow": frozenset({"time"}),
    "on-weekday": frozenset({"weekday", "time"}),
    "on-date": frozenset({"weekday", "day", "month", "time"}),
    "in-city": frozenset({"moment", "city"}),
    "in-offset": frozenset({"moment", "offset"}),
    **{f"weekday.{number}": frozenset[str]() for number in range(1, 8)},
    **{f"month.{number}": frozenset[str]() for number in range(1, 13)},
    "next-duty-known": frozenset({"when"}),
    "next-duty-unknown": frozenset(),
    "span.minute": frozenset(),
    **{f"span.{unit}": frozenset({"count"}) for unit in ("minutes", "hours", "days")},
    **{f"due.{how}": frozenset({"pseudonym", "span"}) for how in ("left", "over", "risk")},
    "remind.write": frozenset({"link"}),
    "remind.nothing": frozenset(),
    **{f"digest.{what}": frozenset({"count"}) for what in ("held", "waiting", "owed", "late")},
    "digest.on-duty": frozenset({"names"}),
    "digest.nobody": frozenset(),
    "due.with": frozenset({"line", "counselor"}),
    "due.with-nobody": frozenset({"line"}),
    **{f"due.{what}": frozenset({"line", "link"}) for what in ("write", "take")},
    "no-subject": frozenset(),
    "removed": frozenset(),
    "attachment-removed": frozenset({"kind", "cause"}),
    "attachment-listed": frozenset({"kind", "cause"}),
    "hint-personal": frozenset(),
    "hint-spam": frozenset(),
    **{f"sender.{verdict}": frozenset[str]() for verdict in SENDER_CHECKS},
    **{f"fact.{fact}": frozenset[str]() for fact in FACTS},
    "offer-key": frozenset({"word"}),
    **{f"key-not.{refusal}": frozenset[str]() for refusal in KEY_REFUSALS},
    **{f"cipher.{cause}": frozenset[str]() for cause in CIPHER_CAUSES},
    "ask-contact": frozenset(),
    "ask-file": frozenset({"kind", "cause"}),
    "ask-signature": frozenset(),
    "their-subject": frozenset({"subject"}),
    **{f"say.{word.value}": frozenset[str]() for word in Word},
    **{f"does.{word.value}": frozenset({"word"}) for word in Word},
    **{f"brief.{word}": frozenset({"word"}) for word in ("stop", "forget", "other", "help")},
    "in-this-language": frozenset({"word"}),
    "quiet-hours": frozenset({"start", "end", "zone", "word"}),
    "calls-next": frozenset({"when"}),
    "calls-now": frozenset(),
    "calls-unknown": frozenset(),
    **{f"hint-{hint}": frozenset[str]() for hint in ("stop", "urgent", "risk", "other", "call", "consent")},
    "hint-language": frozenset({"asked"}),
    "discreet-name": frozenset(),
    "discreet-subject": frozenset(),
    "urgent-by-word": frozenset(),
    "urgent-by-list": frozenset(),
    **{f"kind.{kind}": frozenset[str]() for kind in KINDS},
    **{f"cause.{cause}": frozenset[str]() for cause in CAUSES},
    **{f"reason.{reason}": frozenset[str]() for reason in REASONS},
    **DESK_WORDS,
    **REFERRAL_WORDS,
    **MAILBOX_WORDS,
    **VOICEMAIL_WORDS,
}
"""Keys of the files of words with their placeholders. Weekdays as in ISO 8601: 1 is Monday."""

CITY = "city."
OPTIONAL = (CITY, LANGUAGE, COUNTRY)
"""Prefixes of the optional words: what a language calls a city (if not as the zone database does), a language and a
country."""
