"""What becomes of each header field, by its name alone: one table of families, each with its reason.

Called by ``sent``. Values are never read here. A name that is in no family is removed like all that
``serialize.FIELDS`` does not list; it is shown only when it is plainly a name and names nobody.

Standards: RFC 5322 §3.6, RFC 2045, RFC 3834, RFC 6376, RFC 8098, RFC 8601, RFC 2369.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from relay.explain.values import Fate, Row
from relay.mail import identity
from relay.mail.folding import fold
from relay.mail.model import Header

UNNAMED = "(a field of its own name)"
"""Stands for a field whose name could say who somebody is."""
_PLAIN_NAME = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,39}\Z")
_WORDS = re.compile(r"[^\W_]+")
MIN_WORD_CHARS = 3
"""Shorter words stand in every name by chance."""
_NUMBERED = re.compile(r"\d{4}")

_WRITTEN_BY_US = {
    "from": (Fate.REPLACED, "It names the author. The new message comes from a pseudonym and an alias."),
    "to": (Fate.REPLACED, "The new message goes to one reader, whose address the author never sees."),
    "subject": (Fate.REWRITTEN, "It is the author's: decoded, cleaned like the text and written anew."),
    "date": (Fate.MADE_ANEW, "It shows a time zone and a clock. The new one is the relay's, in UTC and whole minutes."),
    "message-id": (Fate.MADE_ANEW, "It often holds a host name, and leads to this message. The new one is random."),
    "in-reply-to": (Fate.REPLACED, "The reader's program gets ids that it knows, so that it shows one thread."),
    "references": (Fate.REPLACED, "The reader's program gets ids that it knows, so that it shows one thread."),
    "mime-version": (Fate.MADE_ANEW, "It describes the old message; comments in it name programs."),
    "content-type": (Fate.MADE_ANEW, "It describes the old message; its boundary often names a program."),
    "content-transfer-encoding": (Fate.MADE_ANEW, "It describes the old message."),
}  # fmt: skip

_READ = "It says that a program wrote the message, so that no automatic answer is passed on."
_PERSON = "It names the author or another mailbox of theirs."
_OTHERS = "It names other people, or mailboxes the message passed."
_ROUTE = "It tells which machines and networks the message came from and through, and when."
_PROGRAM = "It tells which program, device or settings the author writes with."
_SEAL = "It is a signature or verdict of the author's provider, and names its domain."
_RECEIPT = "It asks the reader's program to answer by itself, which would show the reader."
_LIST = "It belongs to a mailing list and leads to a subscriber."
_KEY = "It is a key or picture of the author."
_THREAD = "It leads to other messages of the author."
_WISHES = "It is a wish to the reader's program; how a person's mail looks must not differ from another's."
_FILING = "It was written by the program or server that filed this copy."
_PARTS = "It describes a part of the old message; ids and names in it lead to the author."
_SPAM = "It was written by a filter on the way, and names its machine and verdict."
_UNLISTED = "It is not on the short list of fields that a message of ours has."

_FAMILIES: tuple[tuple[str, str], ...] = (
    (_PERSON, "sender reply-to return-path organization organisation x-sender x-sender-id x-from x-real-from "
              "x-envelope-from envelope-from x-authenticated-sender x-authenticated-user x-auth-id "
              "x-google-original-from x-original-from x-source-auth x-user x-account-key x-identity-key x-contact "
              "x-get-message-sender-via errors-to mail-reply-to mail-followup-to x-abuse x-complaints-to "
              "resent-from resent-sender"),
    (_OTHERS, "cc bcc delivered-to envelope-to x-original-to x-envelope-to x-forwarded-to x-forwarded-for x-rcpt-to "
              "apparently-to resent-to resent-cc resent-bcc x-apparently-to x-delivered-to x-bcc"),
    (_ROUTE, "received x-received x-originating-ip x-sender-ip x-source-ip x-client-ip x-remote-ip x-originating-email "
             "x-google-smtp-source x-source x-source-dir x-source-sender x-host x-forwarded-encrypted x-helo "
             "x-antiabuse x-yahoo-newman-id x-yahoo-newman-property x-ymail-osg via x-spam-relay-country"),
    (_PROGRAM, "user-agent x-mailer x-mimeole x-newsreader x-priority x-msmail-priority content-language "
               "accept-language x-has-attach x-php-originating-script x-apple-mail-remote-attachments "
               "x-universally-unique-identifier x-client-attributes x-enigmail-version x-ms-has-attach "
               "x-ms-tnef-correlator x-uniform-type-identifier "
               "x-apple-base-url x-mozilla-news-host x-pm-origin"),
    (_SEAL, "dkim-signature domainkey-signature authentication-results received-spf x-google-dkim-signature "
            "authentication-results-original x-dkim arc-seal arc-message-signature arc-authentication-results"),
    (_RECEIPT, "disposition-notification-to disposition-notification-options return-receipt-to x-confirm-reading-to "
               "read-receipt-to x-pmrqc generate-delivery-report original-recipient"),
    (_KEY, "autocrypt openpgp face x-face x-image-url x-avatar bimi-selector bimi-indicator autocrypt-gossip"),
    (_THREAD, "thread-index thread-topic x-gm-thrid x-thread-id supersedes resent-message-id resent-date "
              "x-gm-message-state x-gm-gg x-google-message-state x-entity-ref-id feedback-id x-campaign"),
    (_WISHES, "importance priority sensitivity expires reply-by x-message-flag keywords comments deferred-delivery"),
    (_FILING, "status x-status x-keywords x-uid x-uidl x-mozilla-status x-mozilla-status2 x-mozilla-keys "
              "x-gmail-labels x-evolution-source x-folder lines x-imapbase x-label x-tuid x-message-id"),
    (_READ, "auto-submitted precedence x-auto-response-suppress x-autoreply x-autorespond x-autoresponder x-loop"),
    (_PARTS, "content-id content-disposition content-description content-location content-base content-md5 "
             "content-duration content-class x-attachment-id x-apple-part-url mime-autoconverted"),
)  # fmt: skip
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("resent-", _OTHERS), ("list-", _LIST), ("arc-", _SEAL), ("x-spam", _SPAM), ("x-virus", _SPAM), ("x-ms-", _PROGRAM),
    ("x-microsoft-", _PROGRAM), ("x-mozilla-", _FILING), ("x-exchange-", _ROUTE), ("x-google-", _ROUTE),
    ("x-amavis", _SPAM), ("x-rspamd", _SPAM), ("x-proofpoint", _SPAM), ("x-barracuda", _SPAM), ("x-ironport", _SPAM),
    ("x-apple-", _PROGRAM), ("x-pm-", _PROGRAM), ("x-mailman", _LIST), ("x-list", _LIST), ("x-gm-", _THREAD),
    ("x-ymail", _ROUTE), ("x-yahoo", _ROUTE), ("content-", _PARTS),
)  # fmt: skip
_WHY = {name: why for why, names in _FAMILIES for name in names.split()}
_SPELLED = {"mime-version": "MIME-Version", "message-id": "Message-ID", "dkim-signature": "DKIM-Signature",
            "x-ms-has-attach": "X-MS-Has-Attach", "x-originating-ip": "X-Originating-IP", "arc-seal": "ARC-Seal",
            "content-id": "Content-ID", "x-mimeole": "X-MimeOLE"}  # fmt: skip


def rows(headers: Iterable[Header], author: identity.Identity) -> tuple[Row, ...]:
    """Each field name of the message once, in its order, with its count and what became of it."""
    counted = Counter(header.name for header in headers)
    merged: dict[tuple[str, Fate, str], int] = {}
    for name, count in counted.items():
        key = (_shown(name, author), *fate(name))
        merged[key] = merged.get(key, 0) + count
    return tuple(Row(name, fate_of, why, count) for (name, fate_of, why), count in merged.items())


def of_part(headers: Iterable[Header], author: identity.Identity) -> tuple[str, ...]:
    """Names of a part's fields that are not needed to read it, as they may be shown."""
    needed = ("content-type", "content-transfer-encoding")
    return tuple(dict.fromkeys(_shown(h.name, author) for h in headers if h.name not in needed))


def fate(name: str) -> tuple[Fate, str]:
    """What becomes of a field of this name (lower case), and why."""
    if name in _WRITTEN_BY_US:
        return _WRITTEN_BY_US[name]
    why = _WHY.get(name) or next((why for start, why in _BEGINNINGS if name.startswith(start)), _UNLISTED)
    return (Fate.READ if why is _READ else Fate.REMOVED), why


def _shown(name: str, author: identity.Identity) -> str:
    """A field's name; one that could name somebody is not shown."""
    if name not in _WHY and name not in _WRITTEN_BY_US:
        plain = _PLAIN_NAME.match(name) and not _NUMBERED.search(name)
        if not plain or any(word in name.replace("-", "") for word in _telling(author)):
            return UNNAMED
    return spelled(name)


@lru_cache(maxsize=8)
def _telling(author: identity.Identity) -> frozenset[str]:
    """Words of the author's addresses and names: gateways name fields after the house they stand in."""
    written = " ".join((*author.addresses, *author.names, *author.private, *author.aliases))
    return frozenset(word for word in _WORDS.findall(fold(written)) if len(word) >= MIN_WORD_CHARS)


def spelled(name: str) -> str:
    """A field's name with the capitals that people know."""
    return _SPELLED.get(name) or "-".join(word.capitalize() for word in name.split("-"))


KNOWN_NAMES = tuple(map(spelled, (*_WHY, *_WRITTEN_BY_US)))
