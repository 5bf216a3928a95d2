"""The section ``[[imap_intake]]``: a mailbox at a provider's that requests and replies are taken from."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from relay.config import fields
from relay.config.section import Section

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}\Z")

NO_ALIASES = (
    "must be 'plus' or 'catch_all'. Where a provider has neither, only thread headers or a token in the text could "
    "tell whose reply it is: mail programs drop the one, and whoever is shown a letter can copy the other; relay takes "
    "neither as proof. Choose a provider that has one of them"
)


def _field_name(value: str) -> str:
    if not _FIELD_NAME.match(value):
        raise ValueError("is not the name of a header field; write for example Delivered-To")
    return value


def _mailbox_name(value: str) -> str:
    if not value or len(value) > 200 or not value.isascii() or not value.isprintable():
        raise ValueError(
            "is not the name of a folder as IMAP has it: ASCII; for others write the form that the server lists"
        )
    return value


def _aliases(value: str) -> str:
    if value not in {"plus", "catch_all"}:
        raise ValueError(NO_ALIASES)
    return value


def _command(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError:
        words = []
    if not words or not words[0].startswith("/"):
        raise ValueError("must be a program with its whole path, and its arguments; no shell is involved")
    return value


MailboxName = Annotated[str, AfterValidator(_mailbox_name)]


class ImapIntakeSection(Section):
    """A mailbox at a provider's, for who has no server that can listen on port 25: what comes to it is taken as if it
    had come by SMTP, and next_hop is the provider's submission server. Nobody else uses the mailbox. Repeat the section
    for further mailboxes.
    """

    is_list: ClassVar[bool] = True
    may_be_none: ClassVar[bool] = True

    host: fields.Host = Field(description="The provider's IMAP server.", examples=["imap.provider.example"])
    port: Annotated[int, Field(strict=True, ge=1, le=65_535)] = Field(
        default=993, description="993 with tls = 'implicit', 143 with 'starttls'."
    )
    tls: Literal["implicit", "starttls", "never"] = Field(
        default="implicit",
        description="'implicit': TLS from the first octet (RFC 8314). 'starttls': nothing is said before it. Always "
        "with a valid certificate. 'never': only on this machine.",
    )
    username: fields.Text = Field(
        repr=False, description="The login, mostly the address.", examples=["help@provider.example"]
    )
    password_file: fields.FilePath | None = Field(
        default=None,
        description="File whose first line is the password (an application's own, if the provider has such) or the "
        "OAuth token, readable by relay alone; 'credential:NAME' works too. Read anew for each connection.",
        examples=["credential:imap.password"],
    )
    password_command: Annotated[str, AfterValidator(_command)] | None = Field(
        default=None,
        description="Instead of a file: a program whose first line of output is the password or the token, run for "
        "each connection, within 30 s.",
        examples=["/usr/local/bin/oauth-token help@provider.example"],
    )
    login: Literal["password", "xoauth2"] = Field(
        default="password",
        description="'xoauth2': what the file or the program gives is an OAuth 2.0 access token.",
    )
    ca_file: fields.FilePath | None = Field(
        default=None,
        description="PEM file of the authority that signed its certificate, when it is not a public one.",
        examples=["tls/ca.pem"],
    )
    folders: tuple[MailboxName, ...] = Field(
        default=("INBOX",),
        min_length=1,
        max_length=5,
        description="Folders to take mail from, by their names as IMAP has them. Where the provider sorts out what it "
        "takes for spam, name that folder, too: cries for help get there.",
        examples=[["INBOX", "Junk"]],
    )
    aliases: Annotated[str, AfterValidator(_aliases)] = Field(
        description="What the provider has. 'plus': mail to help+word@ comes to help@ (RFC 5233); then service.mailbox "
        "names it. 'catch_all': mail to every address of service.domain comes to this mailbox. 'relay check --live' "
        "tries it.",
        examples=["catch_all"],
    )
    recipient_field: Annotated[str, AfterValidator(_field_name)] = Field(
        default="Delivered-To",
        description="The header field in which the provider writes the address that a message was delivered for; some "
        "write X-Original-To. Only its own counts: the topmost, above own_received.",
    )
    own_received: int = Field(
        default=1,
        strict=True,
        ge=1,
        le=10,
        description="How many Received fields the provider itself writes above those of others. What is below them was "
        "written by strangers, and is believed in nothing.",
    )
    authserv_id: fields.Text | None = Field(
        default=None,
        description="The name under which the provider writes Authentication-Results; its DMARC result then counts as "
        "proof. It must take that name out of what others send.",
        examples=["mx.provider.example"],
    )
    after: Literal["move", "flag", "delete"] = Field(
        default="move",
        description="What becomes of a message there, once it is stored here: it is moved to move_to, marked as read "
        "and flagged, or deleted for good. What strangers with the mailbox's password must not find, delete.",
    )
    move_to: MailboxName = Field(
        default="Relayed", description="The folder that it is moved to. Made when it is missing."
    )
    sent_folder: MailboxName | None = Field(
        default=None,
        description="Folder in which the provider keeps copies of what is sent: those of relay's mail are deleted from "
        "it, some minutes later. Without it they stay.",
        examples=["Sent"],
    )
    idle: bool = Field(
        default=True,
        strict=True,
        description="Whether to wait for new mail with IDLE (RFC 2177), where the server has it. It is looked for by "
        "itself every minute all the same.",
    )
