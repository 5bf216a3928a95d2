"""``relay explain``: what the other side would receive of a saved message, and what became of every part of it.

Called by the command line with the octets of a message that somebody saved from their mail program. Runs the
very functions of the worker (``trial``) over invented aliases, without a daemon, a database or a network, and
sets beside the result what the message had (``sent``): each header field, each part, the text. ``terminal`` and
``page`` write the report.

Promises: what the relay would hide is shown as a block that says what kind of thing it was, never as itself:
no value of a header field, no file name, no word of a signature that is cut. As in the relay, a last look of
the gate goes over all that is to be shown (``report``). An unreadable message is explained too; nothing here raises
because of what a message says.
"""

from __future__ import annotations

from relay.explain.page import as_page
from relay.explain.report import explain
from relay.explain.terminal import as_text

__all__ = ["as_page", "as_text", "explain"]
