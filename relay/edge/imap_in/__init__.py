"""Mail out of mailboxes at a provider's, over IMAP. Run by ``app`` through ``Watcher``; each takes one folder.

Promises:

- Nothing of a login is said before TLS with a valid certificate (``tls = "never"``: only to this machine). A greeting
  that claims a login before TLS, and octets that came in the clear with the answer to STARTTLS, end the connection.
- A connection is disposable: every await has a limit of its own; a time-out, a lost connection, a line or a literal
  that is not what was asked for ends it, and the next one begins anew after a pause of 1 to 60 s.
- New mail is waited for with IDLE, and looked for by UID every ``POLL_S`` all the same, so that a server that has gone
  silent, or forgets to say something, costs no more than that.
- Only ``BODY.PEEK[]`` is read, in small batches, one message after the other by UID; a message counts when the literal
  is complete and of the size that the server has said of it.
- A message is committed with where it lies, and only then moved, flagged or deleted. What cannot be taken is left.
- aioimaplib logs passwords, tokens and mail; its logger is disabled when this folder is imported.

    watcher      the folder's life: connect, collect, put away, wait, begin again
    collecting   from UIDs to messages handed to ``flow.gather``, and what becomes of them in the mailbox
    session      one connection: login, and one command at a time under a limit
    wire         what the server sends, cut into lines and literals and checked before aioimaplib sees it
    answers      what its lines mean
    credentials  the password or token, read anew for each connection
    sent         deletes the provider's copies of what relay has sent

Standards: RFC 9051 (IMAP4rev2, as far as IMAP4rev1 has it too); RFC 2177 (IDLE); RFC 6851 (MOVE); RFC 4315 (UIDPLUS);
RFC 2595 §3 (STARTTLS); RFC 4616 (PLAIN); RFC 4959 (initial response).
"""

import logging

logging.getLogger("aioimaplib").disabled = True
logging.getLogger("aioimaplib.aioimaplib").disabled = True
