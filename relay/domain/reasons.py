"""Why a message did not simply pass. Used by ``flow`` and the store, and rendered in the docs; pure."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """Why an entry was held, stopped or answered with a notice; a closed list, rendered in the docs."""

    STRANGER = "stranger"
    UNPROVEN = "unproven"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    LEAK = "leak"
    POISON = "poison"
    CIPHER = "cipher"
    SEEKER_CIPHER = "seeker_cipher"
    KEY = "key"
    REPLAYED = "replayed"
    CONTACT_DETAILS = "contact_details"
    FILE = "file"
    SIGNATURE = "signature"
    NO_AUTHOR = "no_author"
    RETIRED = "retired"
    LOOP = "loop"
    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    RECEIPT = "receipt"
    CALENDAR_REPLY = "calendar_reply"
    COMPLAINT = "complaint"
    LIST = "list"
    UNCLEAR_REPORT = "unclear_report"
    UNASKED = "unasked"
    ANSWERED = "answered"
    ASKED = "asked"
    UNWANTED = "unwanted"
    BLOCKED = "blocked"
    SPAM = "spam"
    COMMANDS = "commands"
    UNCLEAR_COMMAND = "unclear_command"
    UNCONFIRMED = "unconfirmed"
    REVIEW = "review"
    OPERATOR = "operator"
