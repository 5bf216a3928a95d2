"""Hop 6: a new message from an old one, and what was done to get there. Pure; called by ``flow.compose``.

Nothing received is edited and passed on. The author's words are taken out, cleaned, and put into a
message that is built new; whatever is not named here does not exist in it. The order is fixed:

    words      invisible marks out, quotes and signatures cut, what names the author replaced
    subject    decoded, cleaned, same replacement
    files      pictures and PDFs made anew, text files treated like words, the rest named and removed
    thread     ids mapped to those that the reader's mail program knows

Failures: none of its own; hostile attachments come back as removed, with a line that says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from relay.domain.conversations import Side
from relay.mail import attachments, identity, links, marks, subjects
from relay.mail.changes import Place, Tally, What
from relay.mail.cleaning import Reason, Removed
from relay.mail.content import Content
from relay.mail.draft import Draft
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_body
from relay.mail.serialize import Attachment

MAX_SUBJECT_CHARS = 250
MAX_ATTACHMENTS = 20
"""More pictures than a person attaches by hand; what is over is named and removed."""

_DELIMITER = re.compile(r"^-- $", re.MULTILINE)


def rewrite(
    mail: Mail, content: Content, author: identity.Identity, removed_line: Callable[[Removed], str]
) -> Draft:
    """Make the reader's version. ``removed_line`` gives the line that stands for a removed file."""
    tally = Tally()
    text = _words(content, author, tally)
    own = _own_only(text)
    files, removed = _files(mail, content.attached, author, tally)
    lines = list(dict.fromkeys(removed_line(each) for each in removed))
    if lines:
        text = "\n".join((text.rstrip("\n"), "", *lines)).lstrip("\n")
    subject = _subject(mail.subject, author, tally)
    return Draft(subject, text, files, removed, tally.counts(), own)


def thread_ids(
    mail: Mail, links: Sequence[tuple[Side, str, str]], author_side: Side
) -> tuple[str, tuple[str, ...]]:
    """Map the message's In-Reply-To and References to ids that the reader's mail program knows.

    ``links`` holds, oldest first, (who wrote it, the id they gave it, the id we gave the other side's copy).
    An id we know nothing of never leaves. Without any match the last message of the conversation is
    taken, so that the reader sees one thread even when the author started a new one.
    """
    known: dict[str, str] = {}
    for side, author_id, our_id in links:
        mine, theirs = (author_id, our_id) if side is author_side else (our_id, author_id)
        if mine and theirs:
            known[mine] = theirs
    references = [known[i] for i in mail.references if i in known]
    parents = [known[i] for i in mail.in_reply_to if i in known]
    latest = list(known.values())
    if not latest:
        return "", ()
    parent = parents[-1] if parents else references[-1] if references else latest[-1]
    first = latest[0]
    chain = dict.fromkeys([first, *references, parent])
    chain.pop(parent)
    return parent, (*chain, parent)


def _words(content: Content, author: identity.Identity, tally: Tally) -> str:
    own = content.own_words
    if own != content.cleaned:
        tally.add(What.QUOTE_OR_SIGNATURE_CUT)
    tidy = links.tidy_text(own, identity.REMOVED)
    if tidy != own:
        tally.add(What.LINK_TIDIED)
    replaced = identity.replace(tidy, author)
    tally.replaced(replaced.counts, Place.TEXT)
    # Below a delimiter with its blank (RFC 3676 §4.3) a reader's program greys words, and leaves them out of answers.
    return _DELIMITER.sub("--", replaced.text)


def _own_only(text: str) -> str:
    """Only what stands outside quotes, for the look at contact details."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def _subject(subject: str, author: identity.Identity, tally: Tally) -> str:
    replaced = identity.replace(subjects.plain(" ".join(marks.clean(subject).split())), author)
    tally.replaced(replaced.counts, Place.SUBJECT)
    return replaced.text[:MAX_SUBJECT_CHARS]


def _files(
    mail: Mail, parts: Sequence[Part], author: identity.Identity, tally: Tally
) -> tuple[tuple[Attachment, ...], tuple[Removed, ...]]:
    files: list[Attachment] = []
    removed: list[Removed] = []
    for part in parts:
        if len(files) >= MAX_ATTACHMENTS:
            removed.append(Removed(Reason.TOO_LARGE, "file"))
            tally.add(What.FILE_REMOVED, Reason.TOO_LARGE.value)
            continue
        label = f"{part.content_type}; charset={part.parameter('charset')}"
        cleaned = attachments.clean(decode_body(mail, part), label, part.filename)
        if isinstance(cleaned, Removed):
            removed.append(cleaned)
            tally.add(What.FILE_REMOVED, cleaned.reason.value)
            continue
        data, kind = cleaned.data, cleaned.content_type
        if kind == "text/plain":
            kind = "text/plain; charset=utf-8"
            tidy = links.tidy_text(marks.clean(data.decode("utf-8")), identity.REMOVED)
            replaced = identity.replace(tidy, author)
            tally.replaced(replaced.counts, Place.FILE)
            data = replaced.text.encode("utf-8")
        files.append(Attachment(attachments.neutral_name(len(files) + 1, cleaned), kind, data))
        tally.add(What.FILE_MADE_ANEW, cleaned.kind)
    return tuple(files), tuple(removed)
