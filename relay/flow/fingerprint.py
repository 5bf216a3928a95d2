"""What makes two copies of one message the same, and whose it says it is, at a glance. Called by ``accept``; pure."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

from relay.flow.values import Envelope

REPEAT_WINDOW = timedelta(days=7)
"""A sending MTA that never saw our 250 tries again for about five days (RFC 5321 §4.5.4.1)."""

REPEAT_WINDOW_WITHOUT_ID = timedelta(hours=1)
"""Two equal letters without a Message-ID may be two cries for help; only a quick repeat is taken for one."""

HEAD_OCTETS = 65536
_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r\n[ \t]+)?(<[^<>\r\n]{1,998}>)", re.IGNORECASE | re.MULTILINE
)

_FROM = re.compile(rb"^from:((?:[^\r\n]|\r\n[ \t]){1,2000})", re.IGNORECASE | re.MULTILINE)
_MAILBOX = re.compile(rb"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")


class Fingerprint:
    """What makes two copies of one message the same: envelope, Message-ID and body.

    With a Message-ID the header block is left out, because a second path to us adds lines to it.
    """

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._head = bytearray()
        self._hash = hashlib.sha256()
        self._in_body = False
        self._window = REPEAT_WINDOW_WITHOUT_ID
        self._author = ""

    def update(self, chunk: bytes) -> None:
        if self._in_body:
            self._hash.update(chunk)
            return
        self._head += chunk
        end = self._head.find(b"\r\n\r\n")
        if end >= 0 or len(self._head) > HEAD_OCTETS:
            self._enter_body(end if end >= 0 else len(self._head))

    def _enter_body(self, end: int) -> None:
        self._author = _author(bytes(self._head[:end]))
        match = _MESSAGE_ID.search(self._head, 0, end)
        if match:
            self._window = REPEAT_WINDOW
            self._hash.update(match.group(1))
            self._hash.update(self._head[end:])
        else:
            self._hash.update(self._head)
        self._head.clear()
        self._in_body = True

    @property
    def addresses(self) -> frozenset[str]:
        """Whose message it says it is, by its envelope and by its From; complete after ``result``."""
        return frozenset({self._envelope.reverse_path.reveal(), self._author} - {""})

    def result(self) -> tuple[str, timedelta]:
        """The fingerprint, and how long a copy with the same one counts as a repetition."""
        if not self._in_body:
            self._enter_body(len(self._head))
        paths = sorted(path.key for path in self._envelope.forward_paths)
        self._hash.update(
            "\0".join((self._envelope.reverse_path.reveal().lower(), *paths)).encode("utf-8", "replace")
        )
        return self._hash.hexdigest(), self._window


def _author(head: bytes) -> str:
    """The address that the first From shows at a glance, for counting alone; what is odd in it is for hop 4."""
    field = _FROM.search(head)
    shown = _MAILBOX.findall(field[1]) if field else []
    return shown[-1].decode("latin-1") if shown else ""
