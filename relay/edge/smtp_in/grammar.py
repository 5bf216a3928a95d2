"""The envelope grammar: what stands behind ``MAIL FROM:`` and ``RCPT TO:``, read strictly (RFC 5321 §4.1.2).

Called by ``session`` with the argument of one command, at most ``MAX_COMMAND_OCTETS`` long. The two sides
differ: a forward-path is one of our plain mailboxes or nothing; a reverse-path belongs to
somebody else's system and may be any mailbox the standard allows, except with a source route. Spaces after
the colon are tolerated, since many clients send one. What is wrong is answered with an ``EnvelopeError``
that holds a constant reply and no input.
"""

from __future__ import annotations

import re
from typing import Final

from relay.domain.addresses import OurAddress
from relay.errors import TOO_LARGE, UNKNOWN_RECIPIENT, PeerError, Reply

MAX_COMMAND_OCTETS: Final = 2048
"""RFC 5321 §4.5.3.1.4 asks for 512 plus extensions; Postfix takes 2048."""
MAX_PATH_OCTETS: Final = 320
"""64 of local part, "@", 255 of domain. RFC 5321 §4.5.3.1.3 says 256; VERP and SRS forms come close."""

BAD_SYNTAX = Reply(501, "5.5.4", "Syntax error in the arguments")
BAD_REVERSE_PATH = Reply(553, "5.1.7", "Reverse-path is not a mailbox")
NOT_ASCII = Reply(553, "5.6.7", "Reverse-path needs SMTPUTF8, which is not offered here")
UNKNOWN_PARAMETER = Reply(555, "5.5.4", "Parameter not offered here")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_STRING = rf"{_ATOM}(?:\.{_ATOM})*"
_QUOTED_STRING = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[[!-Z^-~]+\]"
_REVERSE_PATH = re.compile(rf"<(?:(?:{_DOT_STRING}|{_QUOTED_STRING})@(?:{_DOMAIN}|{_LITERAL}))?>")
_FORWARD_PATH = re.compile(rf"<({_DOT_STRING})(?:@({_DOMAIN}))?>")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?\Z")
_HOST_NAME = re.compile(rf"{_DOMAIN}\.?\Z")
_SIZE = re.compile(r"[0-9]{1,20}\Z")  # RFC 1870 §4


class EnvelopeError(PeerError):
    """A command of the envelope that is answered with ``reply``."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


def reverse_path(argument: str | None, max_message_octets: int) -> str:
    """Read the argument of MAIL; return the mailbox as written, ``""`` for the null reverse-path.

    Raises ``EnvelopeError``: 501, 552 (SIZE), 553 (path), 555 (parameter).
    """
    path = _after_keyword(argument, "FROM:")
    if not path.isascii():
        raise EnvelopeError(NOT_ASCII)
    match = _REVERSE_PATH.match(path)
    if match is None or match.end() - 2 > MAX_PATH_OCTETS:
        raise EnvelopeError(BAD_REVERSE_PATH)
    _check_mail_parameters(path[match.end() :], max_message_octets)
    return match[0][1:-1]


def forward_path(argument: str | None, domain: str, domains: frozenset[str]) -> OurAddress:
    """Read the argument of RCPT; return an address at one of ``domains`` (lower case), in lower case.

    ``postmaster`` alone is the one at ``domain`` (RFC 5321 §4.5.1). Raises ``EnvelopeError``: 550 for every
    path that is not such an address, 555 for a parameter, 501 when ``TO:`` is missing.
    """
    path = _after_keyword(argument, "TO:")
    match = _FORWARD_PATH.match(path)
    if match is None:
        raise EnvelopeError(UNKNOWN_RECIPIENT)
    parameters = path[match.end() :]
    if parameters and not parameters.startswith(" "):
        raise EnvelopeError(UNKNOWN_RECIPIENT)
    if parameters.strip(" "):
        raise EnvelopeError(UNKNOWN_PARAMETER)
    local = match[1].lower()
    at = (match[2] or "").lower()
    if not at and local == "postmaster":
        at = domain
    if at not in domains:
        raise EnvelopeError(UNKNOWN_RECIPIENT)
    try:
        return OurAddress(local, at)
    except ValueError:
        raise EnvelopeError(UNKNOWN_RECIPIENT) from None


def _after_keyword(argument: str | None, keyword: str) -> str:
    if argument is None or argument[: len(keyword)].upper() != keyword:
        raise EnvelopeError(BAD_SYNTAX)
    return argument[len(keyword) :].strip(" ")


def _check_mail_parameters(text: str, max_message_octets: int) -> None:
    """Check ``SP keyword[=value]`` ... of MAIL: SIZE (RFC 1870), BODY (RFC 6152), AUTH=<> (RFC 4954 §5)."""
    if text and not text.startswith(" "):
        raise EnvelopeError(BAD_REVERSE_PATH)
    seen: dict[str, str] = {}
    for word in text.split():
        match = _PARAMETER.match(word)
        if match is None:
            raise EnvelopeError(BAD_SYNTAX)
        keyword = match[1].upper()
        if keyword in seen:
            raise EnvelopeError(BAD_SYNTAX)
        seen[keyword] = match[2] or ""
    size = seen.pop("SIZE", "0")
    if not _SIZE.match(size):
        raise EnvelopeError(BAD_SYNTAX)
    if seen.pop("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"} or seen.pop("AUTH", "<>") != "<>" or seen:
        raise EnvelopeError(UNKNOWN_PARAMETER)
    if int(size) > max_message_octets:
        raise EnvelopeError(TOO_LARGE)


def host_name(argument: str) -> str:
    """The name in HELO or EHLO when it is one that SPF could ask about; else an empty string."""
    return argument if _HOST_NAME.match(argument) else ""
