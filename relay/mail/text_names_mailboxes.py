"""The texts and words about mailboxes at a provider's, with their placeholders: a part of ``text_names``."""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.mailboxes import Left

MAILBOX_CAUSES = ("login", "credential", "tls", "folder", "reach", "store")
"""Why a mailbox cannot be used, in as many ways as there is something else to do about it."""

MAILBOX_WORDS: Mapping[str, frozenset[str]] = {
    **{f"left.{why.value}": frozenset({"count"}) for why in Left},
    **{f"mailbox.{cause}": frozenset[str]() for cause in MAILBOX_CAUSES},
}

MAILBOX_TEXTS: Mapping[str, tuple[str, ...]] = {
    "operator-mailbox-left": ("what",),
    "operator-mailbox-away": ("mailbox", "cause"),
}
