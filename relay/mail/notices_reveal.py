"""What the operator and supervisors are told when somebody looked at an address, or at everything; like ``notices``.

It names the account of the machine, and neither whose address it was nor the reason, which is somebody's free text.
"""

from __future__ import annotations

from relay.mail.texts import Text, Texts


def revealed(texts: Texts, language: str, account: str) -> Text:
    """Somebody has used ``relay reveal``."""
    return texts.render("operator-revealed", language, account=account)


def disclosed(texts: Texts, language: str, account: str) -> Text:
    """Somebody has used ``relay disclose``."""
    return texts.render("operator-disclosed", language, account=account)
