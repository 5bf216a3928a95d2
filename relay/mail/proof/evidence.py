"""What is known of who may have written a message, and what comes of it. Values; pure."""

from __future__ import annotations

from dataclasses import dataclass

from relay.mail.proof.dmarc import Policy, Verdict
from relay.mail.proof.spf import Spf


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the DNS said, before anybody has looked at a signature.

    ``spf``: a result of RFC 7208, about ``spf_domain``. ``texts``: by name, ``None`` where there was no answer.
    ``used_up``: signatures that have proven a message to another alias already. ``signers``: counselors, by id, whose
    own key has signed it; ``signed_as`` names what they signed.
    """

    spf: Spf = Spf.NONE
    spf_domain: str = ""
    texts: tuple[tuple[str, tuple[str, ...] | None], ...] = ()
    used_up: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    signed_as: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Evidence(<redacted>)"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a message is its author's, what their domain asks for if not, and by which signatures it is."""

    verdict: Verdict
    policy: Policy = Policy.ABSENT
    signatures: tuple[str, ...] = ()
