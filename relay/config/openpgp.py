"""The section ``[openpgp]``: mail that only its reader can open, on both legs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relay.config import fields
from relay.config.section import Section


class OpenPgpSection(Section):
    """OpenPGP. What is encrypted to a key of the line ('relay keys generate') is opened and read like other mail;
    what goes to a counselor who has an openpgp_key is encrypted. No key, id or signature of one side reaches the other.
    """

    engine: Literal["gnupg", "sequoia"] = Field(
        default="gnupg",
        description="What does the work: GnuPG, which needs the program gpg and is faster, or Sequoia, which needs no "
        "program. Each works in a process of its own, and reads what the other writes.",
    )
    counselors: Literal["off", "preferred", "required"] = Field(
        default="preferred",
        description="Mail to counselors: 'off', in clear. 'preferred': encrypted to those who have a key. 'required': "
        "every counselor must have one. When a key does not work, mail to its owner is held; it never goes in clear.",
    )
    folder: fields.FilePath | None = Field(
        default=None,
        description="Where GnuPG may put what it needs for the time of one operation: state/openpgp, when it is not "
        "named. Made when it is missing, for relay alone.",
        examples=["state/openpgp"],
    )
