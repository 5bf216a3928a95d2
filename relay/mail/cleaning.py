"""The words in which ``attachments``, ``images`` and ``pdf`` answer: what came out, or why nothing did.

Values only. Nothing here holds a file name, a label or any other text of the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """Why a file is not passed on. Each is shown to both sides in words of its own."""

    UNSUPPORTED = "unsupported"  # a format that we cannot build anew
    BROKEN = "broken"  # names itself a format that we can, and cannot be read as one
    TOO_LARGE = "too large"  # more bytes, pixels or pages than we take
    ENCRYPTED = "encrypted"  # nobody can look inside without a secret
    ACTIVE = "active"  # a program, or a page that can run one


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """Bounds for one file. A worker that exceeds its time or memory is killed from outside.

    ``input_bytes``   decoded size taken at all; providers stop at 25 MB a message.
    ``output_bytes``  size passed on; a photo of 40 megapixels needs less than 10 MB.
    ``text_bytes``    a text file is read word by word, as a body is: a novel is 1 MB.
    ``pixels``        decoded at once, over all frames of an animation: 160 MB of memory as RGBA.
    ``side``          longest side passed on, in pixels: an A4 page at 350 dpi.
    ``frames``        of an animated GIF; beyond it the first one is shown.
    ``pages``         of a PDF: a court file, not a library.
    ``objects``       dictionaries, arrays and streams of a PDF; measured at 45,000 a second.
    """

    input_bytes: int = 30_000_000
    output_bytes: int = 30_000_000
    text_bytes: int = 1_000_000
    pixels: int = 40_000_000
    side: int = 4096
    frames: int = 200
    pages: int = 200
    objects: int = 100_000


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file built anew. ``kind`` is a neutral word that both sides may read; ``extension`` has no dot."""

    kind: str
    content_type: str
    extension: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that is not passed on. ``kind`` is a neutral word that both sides may read."""

    reason: Reason
    kind: str
