"""The two files of ``relay explain``: a message as mail programs save it, and the page that is written.

Called by the command line. Takes what Thunderbird, Apple Mail, Outlook on the web, mutt and webmail write: RFC 5322
with whatever line ends, an mbox line in front, or Apple's length in front and property list behind. What is
no such file, or cannot be read or written, is a ``ConfigError`` in words; its content is never part of them.

Standards: RFC 4155 (mbox).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from relay.errors import ConfigError

MAX_MESSAGE_BYTES = 100 << 20
"""The largest message that ``smtp.max_message_bytes`` can be set to take."""
_APPLE_LENGTH = re.compile(rb"(\d{1,9})[ \t]*\r?\n")
_OUTLOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a .msg file of Outlook for Windows begins with (MS-CFB §2.2)."""


def read_message(path: Path) -> bytes:
    """The octets of the message in a file. Raises ``ConfigError``."""
    try:
        if not path.is_file():
            kind = "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
            raise ConfigError((f"{path}: {kind}; give the path of a saved message",))
        with path.open("rb") as file:
            raw = file.read(MAX_MESSAGE_BYTES + 1)
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror}; give the path of a saved message"
        raise ConfigError((problem,)) from None
    if len(raw) > MAX_MESSAGE_BYTES:
        raise ConfigError((f"{path}: is larger than any message that a relay takes",))
    if raw.startswith(_OUTLOOK):
        problem = (
            f"{path}: is in a format of Outlook alone; save the message as .eml, or forward it as a file"
        )
        raise ConfigError((problem,))
    return _message_in(raw)


def _message_in(raw: bytes) -> bytes:
    length = _APPLE_LENGTH.match(raw)
    if length is None:
        return raw
    start = length.end()
    return raw[start : start + int(length[1])]


def write_page(path: Path, page: str, message: Path) -> None:
    """Write the page, readable by its owner alone; never over the message. Raises ``ConfigError``."""
    try:
        if path.exists() and path.samefile(message):
            raise ConfigError((f"{path}: is the message itself; give another name for the page",))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            os.fchmod(descriptor, 0o600)
            file.write(page)
    except OSError as error:
        raise ConfigError((f"{path}: cannot be written: {error.strerror}",)) from None
