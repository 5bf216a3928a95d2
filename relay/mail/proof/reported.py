"""What a host of the operator's has found out about a message: ``Authentication-Results`` under our own name.

Called by ``flow.proof`` for what a trusted host brought. Every such field from outside is worthless, and the host
has to remove those that claim its name (RFC 8601 §5); so one is believed only when it is the only one under exactly
that name, and stands above the trace of anybody else. Pure; never fails.

Standard: RFC 8601 §2.2, §2.7.
"""

from __future__ import annotations

import re
from typing import Final

from relay.mail.model import Mail
from relay.mail.proof.dmarc import Verdict

_COMMENT: Final = re.compile(rb"\([^()]*\)")
_VERDICTS: Final = {b"pass": Verdict.PROVEN, b"fail": Verdict.REFUTED, b"none": Verdict.UNPROVEN}
_FIELD: Final = "authentication-results"
_MAX_OCTETS: Final = 4096


def dmarc_of(mail: Mail, authserv_id: str, domain: str, own_received: int = 1) -> Verdict | None:
    """The DMARC result for this domain in From; ``None`` when nobody whom we believe has said one.

    ``own_received``: how many ``Received`` fields those have written whom we believe.
    """
    said = [(at, header.value) for at, header in enumerate(mail.headers) if header.name == _FIELD]
    ours = [(at, value) for at, value in said if _name_of(value) == authserv_id.lower().encode()]
    received = [at for at, header in enumerate(mail.headers) if header.name == "received"]
    if len(ours) != 1 or (len(received) > own_received and ours[0][0] > received[own_received]):
        return None
    found = None
    for result in _plain(ours[0][1]).split(b";")[1:]:
        words = result.lower().split()
        if not words or not words[0].startswith(b"dmarc="):
            continue
        if found is not None or b"header.from=" + domain.lower().encode() not in words:
            return None
        found = _VERDICTS.get(words[0].removeprefix(b"dmarc="), Verdict.UNKNOWN)
    return found


def _name_of(value: bytes) -> bytes:
    """The authserv-id; a version may stand behind it."""
    words = _plain(value).partition(b";")[0].split()
    return words[0].lower() if words else b""


def _plain(value: bytes) -> bytes:
    """Without comments; what nests them or quotes is not from a host that we know."""
    return _COMMENT.sub(b" ", value[:_MAX_OCTETS])
