"""The sections ``[authentication]`` and ``[dns]``: how much proof each side owes, and who is asked for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relay.config import fields
from relay.config.section import Section


class AuthenticationSection(Section):
    """Who may speak through an alias, beyond being the person it was issued to. Above the lowest levels the DNS is
    asked about the domains of those who write (SPF, DKIM, DMARC).
    """

    seeker: Literal["off", "report", "enforce"] = Field(
        default="off",
        description="'off': nothing more. 'report': the counselor sees below a message whether the seeker's provider "
        "vouches for it. 'enforce': and what their domain disowns (DMARC fail with p=reject) is held.",
    )
    counselor: Literal["alias", "dmarc", "openpgp"] = Field(
        default="alias",
        description="Proof asked of counselors, and of supervisors who answer the desk: 'alias', their own address and "
        "what only they know, the alias or the notice that they answer. 'dmarc': and their domain's proof, by DKIM or "
        "SPF. 'openpgp': and a signature by their openpgp_key over the whole message, good for one conversation; a "
        "subject that is not signed is left out. What lacks it is held, and they are asked whether it was them. A "
        "login (submission) is proof, too.",
    )
    authserv_id: fields.Text | None = Field(
        default=None,
        description="The name under which your own MTA, one of smtp.trusted_hosts, writes Authentication-Results into "
        "every message; it must remove that name from what others send. Its DMARC result then counts. Without it, only "
        "DKIM proves what comes through a trusted host.",
        examples=["mx.example.org"],
    )


class DnsSection(Section):
    """Name servers for these questions, those of the machine when none is named. One that you run, and that checks
    DNSSEC, is best: whoever can forge its answers can forge proof.
    """

    servers: tuple[fields.Endpoint, ...] = Field(
        default=(), max_length=8, description="IP addresses with ports.", examples=[["127.0.0.1:53"]]
    )
