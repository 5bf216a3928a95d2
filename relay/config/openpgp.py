"""The section ``[openpgp]``: mail that only its reader can open, on both legs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relay.config import fields
from relay.config.section import Section


class OpenPgpSection(Section):
    """OpenPGP. What is encrypted to a key of the line ('relay keys generate') is opened and read like other mail;
    what goes to a counselor or supervisor who has an openpgp_key is encrypted. No key, id or signature of one side
    reaches the other.
    """

    engine: Literal["gnupg", "sequoia"] = Field(
        default="gnupg",
        description="What does the work: GnuPG, which needs the program gpg and is faster, or Sequoia, which needs no "
        "program and sees no signature in what was compressed before it was encrypted. Each works in a process of its "
        "own, and reads what the other writes.",
    )
    counselors: Literal["off", "preferred", "required"] = Field(
        default="preferred",
        description="Mail to counselors and supervisors: 'off', in clear. 'preferred': encrypted to those who have a "
        "key. 'required': every one of them must have one. When a key does not work, mail to its owner is held; it "
        "never goes in clear.",
    )
    seekers: Literal["off", "given", "autocrypt"] = Field(
        default="given",
        description="Keys of seekers: 'off', none is taken. 'given': a seeker who writes KEY and attaches a key "
        "is written to with it, once they have answered what only that key opens. 'autocrypt': also a key that their "
        "mail program sends in the header Autocrypt, if it asks for encryption. What is in force stays in force.",
    )
    lookup: bool = Field(
        default=False,
        description="Whether a seeker who writes KEY without a key has it looked up at their own mail domain (Web Key "
        "Directory, over HTTPS). The look-up tells whoever runs that domain that this line asks for that person's key: "
        "at an employer's or a small domain that tells that they have written. Off unless you are sure.",
    )
    autocrypt: Literal["off", "nopreference", "mutual"] = Field(
        default="off",
        description="Whether mail to seekers tells their mail program the key of the intake address, in the header "
        "Autocrypt: 'off', not. 'nopreference': it may be used. 'mutual': please use it. A twelfth header field, the "
        "same key for everybody who wrote to that address; never in mail to counselors.",
    )
    folder: fields.FilePath | None = Field(
        default=None,
        description="Where GnuPG may put what it needs for the time of one operation; 'openpgp' beside the embedded "
        "database, or in state, when it is not named. Made when it is missing, for relay alone.",
        examples=["state/openpgp"],
    )
