"""What a received message is to us once it has been read: frozen values, nothing lazy, nothing clever.

``parse`` makes a ``Mail``; ``content``, ``automatic`` and the stages read it. Bodies stay in
``Mail.raw`` and are decoded only when asked for (``Part.span``), so that a large attachment
costs a boundary search and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Header:
    """One header field: name in lower case, value unfolded, still as octets (RFC 5322 §2.2)."""

    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Correspondent:
    """One mailbox of an address header: display name (decoded, may be empty) and address as written."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part (RFC 2045). ``content_type`` is ``type/subtype`` in lower case.

    ``span`` is where the still encoded body stands in ``Mail.raw``; multiparts have ``children``,
    and so does message/rfc822 (one child, the message inside).
    """

    content_type: str
    parameters: tuple[tuple[str, str], ...] = ()
    disposition: str = ""
    filename: str = ""
    content_id: str = ""
    encoding: str = "7bit"
    span: tuple[int, int] = (0, 0)
    headers: tuple[Header, ...] = ()
    children: tuple[Part, ...] = ()

    @property
    def maintype(self) -> str:
        return self.content_type.partition("/")[0]

    def parameter(self, name: str) -> str:
        """Value of a Content-Type parameter, or an empty string."""
        return next((value for key, value in self.parameters if key == name), "")

    def walk(self) -> Iterator[Part]:
        """This part and all parts in it, in document order, without recursion."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))


@dataclass(frozen=True, slots=True)
class Mail:
    """A received message. Header facts are decoded once; values are normalised to NFC, without controls.

    ``authors`` holds every mailbox of every From field; a well-formed message has exactly one.
    ``shown``: everybody that the header shows as its author in any field, authors first; a name without
    a readable address has none. Ids are without angle brackets and in order of appearance.
    ``covered``: header fields that stand inside of what was signed or encrypted (RFC 9788).
    ``defects`` are constant words such as ``no-from``, ``several-from``, ``bare-cr``,
    ``unknown-charset``, ``no-boundary``; they never hold text of the message.
    """

    raw: bytes
    headers: tuple[Header, ...]
    root: Part
    authors: tuple[Correspondent, ...] = ()
    shown: tuple[Correspondent, ...] = ()
    recipients: tuple[Correspondent, ...] = ()
    subject: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    covered: tuple[Header, ...] = ()
    defects: frozenset[str] = field(default_factory=frozenset)

    def header(self, name: str) -> bytes | None:
        """Value of the first header field of that name (lower case), or ``None``."""
        for header in self.headers:
            if header.name == name:
                return header.value
        return None

    def all(self, name: str) -> tuple[bytes, ...]:
        """Values of all header fields of that name (lower case), in order."""
        return tuple([h.value for h in self.headers if h.name == name])
