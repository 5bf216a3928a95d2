"""What the next hop's answers and failures mean for a delivery; constant words only. Pure."""

from __future__ import annotations

import re
import ssl
from collections.abc import Awaitable
from typing import Final, NamedTuple, TypeVar

import aiosmtplib

from relay.errors import Deferred, Refused

_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_OURS_TO_MEND: Final = frozenset({503, 530, 534, 535, 538})
"""Answers about our session, not the message: out of sequence, STARTTLS or login wanted (RFC 4954 §6)."""

_T = TypeVar("_T")


class Reply(NamedTuple):
    """A code, and the text of its first line."""

    code: int
    text: str


def judge(reply: Reply, cause: str, expected: int) -> None:
    """Raise what a reply means; ``expected`` is the first digit of success (RFC 5321 §4.3.2)."""
    code, first = reply.code, reply.code // 100
    if first == expected:
        return
    enhanced = _enhanced(code, reply.text)
    if first == 5 and code not in _OURS_TO_MEND:
        raise Refused(code, enhanced, cause)
    if first == 4 or code in _OURS_TO_MEND:
        raise Deferred(code, enhanced, "auth" if code in _OURS_TO_MEND else cause)
    raise Deferred(None, None, "protocol")


async def deferring(cause: str, step: Awaitable[_T]) -> _T:
    """Await a step toward a session; whatever fails in it is ``Deferred`` and says no more than the cause."""
    try:
        return await step
    except aiosmtplib.SMTPResponseException as error:
        usable = 200 <= error.code <= 599
        code = error.code if usable else None
        raise Deferred(code, _enhanced(error.code, error.message), cause if usable else "protocol") from None
    except (aiosmtplib.SMTPException, OSError, EOFError, ValueError) as error:
        raise Deferred(None, None, cause_of(error, cause)) from None


def cause_of(error: Exception, cause: str) -> str:
    """A constant word for what went wrong; ``cause`` is the step in which it did."""
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError) or cause == "tls":
        return "tls"
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return "connect"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError | EOFError):
        return "connect" if cause == "greeting" else "closed"
    return cause


def _enhanced(code: int, text: str) -> str | None:
    """The enhanced code at the start of a reply, when it is one and agrees with the code (RFC 2034 §4)."""
    match = _ENHANCED.match(text)
    return match[1] if match is not None and match[1].startswith(str(code)[:1]) else None
