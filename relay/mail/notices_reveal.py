"""What the operator and the supervisors are told when somebody looked at a real address; like ``notices``.

It names the account of the machine, and neither whose address it was nor the reason, which is somebody's free text.
"""

from __future__ import annotations

from relay.mail.texts import Text, Texts


def revealed(texts: Texts, language: str, account: str) -> Text:
    """Somebody has used ``relay reveal``."""
    return texts.render("operator-revealed", language, account=account)
