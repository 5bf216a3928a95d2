"""Attached files: built anew from what they show, or removed with a word for what they were.

``rebuild`` calls ``clean`` for every file that hangs on a message, and ``neutral_name`` for what comes
out. Promises: the content decides what a file is, never its label or its name; what is passed on was
made here, octet by octet, by ``images``, ``pdf`` or as text in UTF-8 (whose words the caller cleans
like a body's); equal input gives equal output; everything happens in memory; nothing is raised,
whatever the octets: a file that cannot be cleaned is ``Removed``, never passed (P4).

Memory and time of the decoders are bounded by ``AttachmentLimits``, and from outside by the worker.
"""

from __future__ import annotations

import re

from relay.mail import charset, filekinds, images, pdf
from relay.mail.cleaning import AttachmentLimits, Cleaned, Reason, Removed

__all__ = ["AttachmentLimits", "Cleaned", "Reason", "Removed", "clean", "neutral_name"]

TEXT_KIND = "text file"

_DEFAULTS = AttachmentLimits()
_TEXT_LABELS = frozenset({"text/plain", "text/markdown", "text/x-markdown", "text/csv", "text/x-log"})
_TEXT_EXTENSIONS = frozenset({"txt", "text", "md", "markdown", "csv", "log"})
_PDF_START = re.compile(rb"(?:\A|[\r\n])%PDF-\d")
_PDF_START_BYTES = 1024  # readers accept this much before the header (ISO 32000-1 §7.5.2, note 2)
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0e-\x19\x1c-\x1f]")  # substitute and escape do occur in old text files


def clean(
    data: bytes, content_type: str, filename: str, limits: AttachmentLimits = _DEFAULTS
) -> Cleaned | Removed:
    """Build one decoded file anew, or say why not.

    ``content_type`` may have parameters, of which the charset of a text is used. Never raises.
    """
    label = content_type.partition(";")[0].strip().lower()
    extension = filename.rpartition(".")[2].strip().lower()
    form = images.sniff(data)
    kind = images.KIND if form else pdf.KIND if _PDF_START.search(data[:_PDF_START_BYTES]) else ""
    if len(data) > limits.input_bytes:
        return Removed(Reason.TOO_LARGE, kind or filekinds.name_removed(data, label, extension).kind)
    try:
        if form:
            done = images.redraw(data, form, limits)
        elif kind:
            done = pdf.rebuild(data, limits)
        elif label in _TEXT_LABELS or extension in _TEXT_EXTENSIONS:
            done = _text(data, content_type, limits)
        else:
            return filekinds.name_removed(data, label, extension)
    except MemoryError:
        return Removed(Reason.TOO_LARGE, kind or TEXT_KIND)
    except Exception:  # noqa: BLE001  decoders raise dozens of types on hostile octets; all mean the same
        return Removed(Reason.BROKEN, kind or TEXT_KIND)
    if isinstance(done, Cleaned) and len(done.data) > limits.output_bytes:
        return Removed(Reason.TOO_LARGE, done.kind)
    return done


def neutral_name(index: int, cleaned: Cleaned) -> str:
    """File name for the ``index``-th file (from 1) of a message: says its place and format, no more."""
    return f"attachment-{index}.{cleaned.extension}"


def _text(data: bytes, content_type: str, limits: AttachmentLimits) -> Cleaned | Removed:
    """Octets as text in UTF-8 with LF line ends, unless they are something else under that label."""
    if len(data) > limits.text_bytes:
        return Removed(Reason.TOO_LARGE, TEXT_KIND)
    _, _, declared = content_type.lower().partition("charset=")
    text = charset.decode(data, declared).text
    if _NOT_IN_TEXT.search(text):
        return filekinds.name_removed(data, "", "")
    return filekinds.by_text(text) or Cleaned(
        TEXT_KIND, "text/plain", "txt", charset.clean_text(text).encode()
    )
