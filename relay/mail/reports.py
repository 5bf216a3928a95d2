"""What a delivery report says, as a fact and never as text. Called by ``flow.compose``; pure.

Standards: RFC 3464 §2.3.3 (Action), §2.3.4 (Status).
"""

from __future__ import annotations

import re

from relay.mail.model import Mail
from relay.mail.parse import decode_body

_HEAD_OCTETS = 65536
_ACTION = re.compile(rb"(?im)^action:[ \t]*([a-z]+)")
_STATUS = re.compile(rb"(?im)^status:[ \t]*([245])\.\d{1,3}\.\d{1,3}")
_ONLY_LATE = re.compile(r"delayed|still trying|not yet delivered|will be retried|warning", re.IGNORECASE)


def is_final_failure(mail: Mail) -> bool:
    """Tell whether a bounce says that the message will not arrive (and not only that it is late).

    A bounce without machine-readable fields counts as final unless its subject speaks of a delay: a notice
    too many is read by a volunteer, a notice too few leaves somebody waiting.
    """
    for part in mail.root.walk():
        if part.content_type in {"message/delivery-status", "message/global-delivery-status"}:
            fields = decode_body(mail, part)[:_HEAD_OCTETS]
            actions = {action.lower() for action in _ACTION.findall(fields)}
            if actions:
                return b"failed" in actions
            return b"5" in _STATUS.findall(fields)
    return not _ONLY_LATE.search(mail.subject)
