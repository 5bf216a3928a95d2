"""The texts and words about voice messages, with their placeholders: a part of ``text_names``."""

from __future__ import annotations

from collections.abc import Mapping

VOICEMAIL_WORDS: Mapping[str, frozenset[str]] = {
    "voicemail.subject": frozenset({"length"}),
    "voicemail.subject-unknown": frozenset(),
    "voicemail.received": frozenset({"length", "when"}),
    "voicemail.received-unknown": frozenset({"when"}),
    "voicemail.attached": frozenset(),
    "voicemail.dropped": frozenset(),
    "voicemail.none": frozenset(),
    "voicemail.call": frozenset({"pseudonym"}),
    "voicemail.no-number": frozenset({"pseudonym"}),
    "voicemail.no-desk": frozenset({"pseudonym"}),
}

VOICEMAIL_TEXTS: Mapping[str, tuple[str, ...]] = {"counselor-caller": ("pseudonym", "way")}
