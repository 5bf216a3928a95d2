"""The section ``[dkim]``: the keys that everything going out is signed with."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from relay.config import fields
from relay.config.section import Section

_SELECTOR = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def _selector(value: str) -> str:
    if not _SELECTOR.match(value):
        raise ValueError(
            "has a selector that is no label of the DNS; write small letters, digits and -, such as rsa2026"
        )
    return value


class DkimSection(Section):
    """The signature of the service under its own mail (RFC 6376), for readers' providers to see that it is genuine.
    'relay dkim FILE' makes a key, 'relay dns --config FOLDER' prints what to publish. Publish before you sign.
    """

    selectors: dict[Annotated[str, AfterValidator(_selector)], fields.FilePath] = Field(
        default={},
        max_length=4,
        description="Selectors and their key files, readable by relay alone; 'credential:NAME' works too. Every "
        "message is signed with each key. One of RSA is understood by everybody, one of Ed25519 besides is smaller "
        "and stronger. Without any, your next hop should sign. To change a key, add a selector, publish it, wait a "
        "day, and take the old one out; leave the old record for a week.",
        examples=[{"rsa2026": "credential:dkim.rsa2026", "ed2026": "dkim/ed2026.pem"}],
    )
