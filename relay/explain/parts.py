"""What becomes of each part of the MIME tree, and of what stands in a page. Called by ``report``; pure.

Paths are those of IMAP (RFC 9051 §6.4.5): ``2.1`` is the first part inside the second. Labels are shown only
from a short list, file names never. Never fails; whatever a part holds, it gets a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from relay.explain import headers, sentences
from relay.explain.values import Fate, Row
from relay.mail import attachments, identity
from relay.mail.cleaning import Reason, Removed
from relay.mail.content import Content
from relay.mail.model import Mail, Part
from relay.mail.parse import decode_body, decode_text
from relay.mail.rebuild import MAX_ATTACHMENTS

_MAIN_TYPE_WORDS = "text multipart message image audio video application font model"
_SUBTYPE_WORDS = """
plain html enriched richtext calendar vcard x-vcard directory csv markdown rtf css javascript xml
mixed alternative related signed encrypted report digest parallel appledouble form-data
rfc822 global delivery-status disposition-notification partial external-body feedback-report rfc822-headers
jpeg jpg png gif webp heic heif bmp tiff svg+xml avif mpeg mp4 ogg wav amr quicktime
octet-stream pdf zip gzip json msword rtf ms-tnef pgp-encrypted pgp-signature pgp-keys pkcs7-mime
x-pkcs7-mime pkcs7-signature x-pkcs7-signature ics vnd.ms-excel vnd.ms-powerpoint
"""
_MAIN_TYPES = frozenset(_MAIN_TYPE_WORDS.split())
_SUBTYPES = frozenset(_SUBTYPE_WORDS.split())
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_SEALED = (
    "multipart/encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pgp-encrypted",
)
_ELEMENT = re.compile(r"<([a-zA-Z]{1,12})\b")
_HIDDEN = re.compile(
    r"(?:display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|mso-hide\s{0,4}:\s{0,4}all)",
    re.IGNORECASE,
)


def rows(mail: Mail, said: Content | None, author: identity.Identity) -> tuple[Row, ...]:
    """One row for each part, in the order of the message. ``said`` is ``None`` for what is held unread."""
    fates = {} if said is None else {id(part): _fate_of_words(part) for part in said.words}
    if said is not None:
        fates |= _fates_of_files(mail, said.attached)
    return _listed(mail, author, fates, is_held=said is None)


def of_call(mail: Mail, author: identity.Identity, has_recording: bool) -> tuple[Row, ...]:
    """The same for a telephone system's mail. ``has_recording``: the new message has one."""
    sound = (
        (Fate.MADE_ANEW, sentences.RECORDING_ANEW)
        if has_recording
        else (Fate.REMOVED, sentences.RECORDING_LEFT)
    )
    fates = {
        id(part): sound if part.maintype == "audio" else (Fate.REMOVED, sentences.CALL_TEXT)
        for part in mail.root.walk()
        if not part.children
    }
    return _listed(mail, author, fates, is_held=False)


def _listed(
    mail: Mail, author: identity.Identity, fates: dict[int, tuple[Fate, str]], *, is_held: bool
) -> tuple[Row, ...]:
    listed: list[Row] = []
    stack: list[tuple[str, Part, bool]] = [("", mail.root, False)]
    while stack:
        path, part, is_inside = stack.pop()
        fate, why = fates.get(id(part)) or _fate(part, is_held=is_held, is_inside=is_inside)
        also = headers.of_part(part.headers, author) if path else ()
        listed.append(Row(shown_type(part), fate, why, where=path or "whole", also=also))
        if _has_text_around(mail, part):
            listed.append(Row("text around the parts", Fate.REMOVED, sentences.AROUND, where=path or "whole"))
        inside = is_inside or part.maintype == "message" or id(part) in fates
        prefix = f"{path}." if path else ""
        stack.extend(
            (f"{prefix}{n}", child, inside) for n, child in reversed(list(enumerate(part.children, 1)))
        )
    return tuple(listed)


def markup(mail: Mail) -> Iterator[Row]:
    """What stands in the message's pages and is not passed on, counted by element; no value is read."""
    found: Counter[str] = Counter()
    hidden = comments = 0
    for part in mail.root.walk():
        if part.content_type == "text/html":
            page = decode_text(mail, part).text
            found.update(name.lower() for name in _ELEMENT.findall(page))
            hidden += len(_HIDDEN.findall(page))
            comments += page.count("<!--")
    for names, what, why in sentences.MARKUP:
        if count := sum(found[name] for name in names):
            yield Row(what, Fate.REMOVED, why, count)
    if comments:
        yield Row(sentences.COMMENT[0], Fate.REMOVED, sentences.COMMENT[1], comments)
    if hidden:
        yield Row(sentences.HIDDEN[0], Fate.REMOVED, sentences.HIDDEN[1], hidden)
    if found["a"]:
        yield Row(sentences.LINK[0], Fate.REWRITTEN, sentences.LINK[1], found["a"])


def shown_type(part: Part) -> str:
    """Type and subtype where both are widely known; an invented one could name somebody."""
    main, _, sub = part.content_type.partition("/")
    if main not in _MAIN_TYPES:
        return "(unknown type)"
    known = sub in _SUBTYPES or sub.startswith(("vnd.openxmlformats-", "vnd.oasis.opendocument."))
    return f"{main}/{sub if known and len(sub) < 80 else '(other)'}"


def _fate_of_words(part: Part) -> tuple[Fate, str]:
    why = sentences.HTML_TAKEN if part.content_type == "text/html" else sentences.TEXT_TAKEN
    return Fate.REWRITTEN, why


def _fates_of_files(mail: Mail, files: tuple[Part, ...]) -> dict[int, tuple[Fate, str]]:
    """What ``rebuild`` makes of each attached file: the same questions in the same order."""
    fates: dict[int, tuple[Fate, str]] = {}
    anew = 0
    for part in files:
        if anew >= MAX_ATTACHMENTS:
            fates[id(part)] = Fate.REMOVED, sentences.FILE_REASONS[Reason.TOO_LARGE]
            continue
        cleaned = attachments.clean(decode_body(mail, part), part.content_type, part.filename)
        if isinstance(cleaned, Removed):
            fates[id(part)] = (
                Fate.REMOVED,
                f"{sentences.FILE_REASONS[cleaned.reason]} It is a {cleaned.kind}.",
            )
        else:
            anew += 1
            fates[id(part)] = Fate.MADE_ANEW, f"{sentences.FILE_ANEW} It is a {cleaned.kind}."
    return fates


def _fate(part: Part, *, is_held: bool, is_inside: bool) -> tuple[Fate, str]:
    """What becomes of a part that is neither taken as text nor as a file."""
    if part.content_type in _SEALED:
        return Fate.UNREAD, sentences.ENCRYPTED_PART
    if is_held:
        return Fate.UNREAD, sentences.UNREAD_PART
    if is_inside:
        return Fate.REMOVED, sentences.INSIDE
    if part.maintype == "multipart":
        return Fate.MADE_ANEW, sentences.CONTAINER
    if part.content_type in _SIGNATURES:
        return Fate.REMOVED, sentences.SIGNATURE_PART
    return Fate.REMOVED, sentences.OTHER_VERSION


def _has_text_around(mail: Mail, part: Part) -> bool:
    """Tell whether a multipart has words before its first or after its last boundary (RFC 2046 §5.1.1)."""
    boundary = part.parameter("boundary").encode("utf-8", "replace")
    if part.maintype != "multipart" or not boundary or not part.children:
        return False
    body = mail.raw[slice(*part.span)]
    before, _, _ = body.partition(b"--" + boundary)
    _, closing, after = body.rpartition(b"--" + boundary + b"--")
    return bool(before.strip()) or bool(closing and after.strip())
