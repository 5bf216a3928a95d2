"""Delivery to the next hop over SMTP. Called by ``flow.deliver`` through ``NextHop.deliver``.

Promises:

- A message is ``Refused`` only by a 5xx that answers MAIL, RCPT, DATA or the final dot of this
  delivery. Everything else is ``Deferred``: what the next hop says to our connection, greeting, TLS or login
  is our configuration's trouble, not the message's.
- No word or address of a reply is kept: code, enhanced code and a constant cause, nothing more.
- ``required`` and ``implicit`` send not one octet of envelope or content before a verified TLS.
- Envelope and content go out exactly as given, except that line ends become CRLF, NUL goes and dots are
  stuffed.
- A delivery is tried a second time here only when a kept connection failed before any content was sent.

A cause is the step that failed (``connect greeting ehlo tls auth mail rcpt data``), or ``timeout``, ``closed``,
``protocol`` (no reply that SMTP knows), or ``ambiguous``: the final dot was sent and no answer came, so the
message may have arrived.

    next_hop   the connections that are kept, and which of them a delivery takes
    session    one of them: opened with aiosmtplib, one transaction after the other
    content    what a message is on the wire, block by block
    replies    what comes back, line by line
    verdicts   what a reply means for the delivery

Standards: RFC 5321 §4.5.2 (transparency), §4.5.3.2 (timeouts); RFC 3207 (STARTTLS); RFC 1870 (SIZE);
RFC 2920 (PIPELINING).
"""

from relay.edge.smtp_out.next_hop import NextHop
from relay.edge.smtp_out.settings import NextHopSettings

__all__ = ["NextHop", "NextHopSettings"]
