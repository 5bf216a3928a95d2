"""Every reply the session gives, constant, with basic and enhanced code (RFC 5321 §4.2, RFC 3463).

Those that the rest of the program shares are in ``relay.errors``; those about one argument in ``grammar``.
"""

from __future__ import annotations

from relay.errors import OUR_FAULT, RelayError, Reply

OK = Reply(250, "2.0.0", "OK")
REVERSE_PATH_OK = Reply(250, "2.1.0", "OK")
FORWARD_PATH_OK = Reply(250, "2.1.5", "OK")
BYE = Reply(221, "2.0.0", "Bye")
GO_AHEAD = "354 End data with <CR><LF>.<CR><LF>"  # RFC 2034 §3: no enhanced code for 3yz

CLOSING = 421
"""After this one the connection is closed (RFC 5321 §3.8)."""

TOO_BUSY = Reply(421, "4.3.2", "Too many connections, please try again later")
CLOSING_DOWN = Reply(421, "4.3.2", "Service closes down, please try again later")
TIMED_OUT = Reply(421, "4.4.2", "Waited too long, please try again")
TOO_SLOW = Reply(421, "4.4.2", "Data came too slowly, please try again")
NOT_SMTP = Reply(421, "4.7.0", "This service speaks SMTP only")
TOO_MUCH_JUNK = Reply(421, "4.7.0", "Too many commands without a message")
TOO_MANY_UNKNOWN = Reply(421, "4.7.0", "Too many unknown recipients")
TOO_MANY_MESSAGES = Reply(450, "4.7.1", "Too many messages, please try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, please send the message again for the others")

LINE_TOO_LONG = Reply(500, "5.5.2", "Command line too long")
BAD_LINE = Reply(500, "5.5.2", "Command line must end with CRLF and hold no CR, LF or NUL")
NAME_MISSING = Reply(501, "5.5.4", "Host name missing")
NO_ARGUMENT = Reply(501, "5.5.4", "Command takes no argument")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
HELLO_FIRST = Reply(503, "5.5.1", "Say EHLO or HELO first")
MAIL_FIRST = Reply(503, "5.5.1", "Say MAIL first")
NESTED_MAIL = Reply(503, "5.5.1", "MAIL was said already")
RECIPIENT_FIRST = Reply(503, "5.5.1", "No recipient was accepted")
ALREADY_SECURE = Reply(503, "5.5.1", "TLS is active already")


def octets(reply: Reply) -> bytes:
    """The reply as a line on the wire."""
    return f"{reply}\r\n".encode("ascii")


def reply_to(error: Exception) -> Reply:
    """What a client is told of an error of ours: the tree's own reply, or 451."""
    return error.reply if isinstance(error, RelayError) else OUR_FAULT
