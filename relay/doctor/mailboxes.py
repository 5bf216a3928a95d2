"""The mailboxes of ``[[imap_intake]]``, tried with their servers and a letter that comes back (``mailbox_check``)."""

from __future__ import annotations

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, hint
from relay.mailbox_check import probe


async def look(around: Around) -> list[Finding]:
    """Each finding of theirs: a place, what is wrong there and, for most, what to do."""
    found = []
    async for one in probe(around.settings):
        file, key, sentence = one.sentence.split(": ", 2)
        wrong, _, remedy = sentence.partition(": ")
        what, remedy = f"{file}: {key}: {wrong}", remedy or f"see what docs/hosted-mailbox.md says of {key}"
        if one.is_wrong:
            found.append(critical(what, "mail for the line is not taken, or cannot be answered", remedy))
        else:
            found.append(hint(what, "it works, and not as well as it could", remedy))
    return found
