"""The octets that some mail system somewhere takes for the end of data, and a message that would use them.

Gathered from SEC Consult's, hannob's and Wang et al.'s work on SMTP smuggling, with some of our own; used on the
way in and on the way out.
"""

from __future__ import annotations

SEQUENCES = (
    # (octets between carrier and smuggled commands, whether they hold a true end of data)
    (b"\n.\n", False),
    (b"\n.\r\n", False),
    (b"\n.\r", False),
    (b"\r.\r", False),
    (b"\r.\n", False),
    (b"\r.\r\n", False),
    (b"\r\n.\n", False),
    (b"\r\n.\r", False),
    (b"\r\n.\r\r\n", False),
    (b"\r\r\n.\r\r\n", False),
    (b"\r\n\x00.\r\n", False),
    (b"\r\n.\x00\r\n", False),
    (b"\r\x00\n.\r\n", False),
    (b"\r\n.\r\x00\n", False),
    (b"\x00\r\n.\r\n", True),
    (b"\r\n.\r\n\x00", True),
    (b"\r\n\r.\r\n", False),
    (b"\n\n.\r\n", False),
    (b"\r\r.\r\r", False),
    (b"\x0b\n.\n", False),
    (b"\r\n.\x0b\r\n", False),
    (b"\x85.\x85", False),
    (b"\r\n..\r\n", False),
    (b"\r\n.\r\n", True),
)
CARRIER = b"Subject: carrier\r\n\r\ntext"
SMUGGLED = b"MAIL FROM:<evil@b.test>\r\nRCPT TO:<other@relay.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
END = b"\r\n.\r\n"


def has_bare_line_end(octets: bytes) -> bool:
    """Tell whether a CR, LF or NUL stands where only CRLF may (RFC 5321 §2.3.8)."""
    return bool({*b"\r\n\0"} & {*octets.replace(b"\r\n", b"")})
