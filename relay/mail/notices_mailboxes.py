"""What the operator is told of mailboxes at a provider's. Called by ``flow.mailbox_reports``; pure."""

from __future__ import annotations

from collections.abc import Mapping

from relay.domain.mailboxes import Left
from relay.mail.texts import Text, Texts


def left(texts: Texts, language: str, counts: Mapping[Left, int]) -> Text:
    """Messages that were not taken, by reason."""
    spoken = texts.language_of("operator-mailbox-left", language)
    lines = [texts.word(f"left.{why.value}", spoken, count=str(n)) for why, n in counts.items() if n]
    return texts.render("operator-mailbox-left", language, what="\n".join(lines))


def away(texts: Texts, language: str, mailbox: str, cause: str) -> Text:
    """A mailbox that cannot be used. ``mailbox``: its number in the configuration; ``cause``: of ``MAILBOX_CAUSES``."""
    word = texts.word(f"mailbox.{cause}", texts.language_of("operator-mailbox-away", language))
    return texts.render("operator-mailbox-away", language, mailbox=mailbox, cause=word)
