"""What ``rebuild`` makes, and of whom: for those who need no more of it.

``rebuild`` itself loads what reads pictures and PDFs, which only workers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relay.mail import identity
from relay.mail.cleaning import Removed
from relay.mail.serialize import Attachment


@dataclass(frozen=True, slots=True)
class Draft:
    """The author's words and files as the reader may see them."""

    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    removed: tuple[Removed, ...]
    changes: tuple[tuple[str, str, int], ...]
    own_text: str


def author_of(addresses: Sequence[str], names: Sequence[str], private: Sequence[str], *, reader_alias: str,
              stands_as: str, alias: str) -> identity.Identity:  # fmt: skip
    """Everything that names the author of a message, in the form the replacement works with."""
    return identity.Identity(
        addresses=tuple(addresses),
        names=tuple(names),
        private=tuple(private),
        aliases=(reader_alias,) if reader_alias else (),
        stands_as=stands_as,
        alias_of_author=alias,
    )
