"""age: files that only somebody with a certain key can open, and the only importer of pyrage.

Called by ``relay.backing``. Streams: 64 KiB of either side are in memory, whatever the size; each piece is
authenticated before it is given, and a file that ends too soon is told from one that is whole. Failures are
``AgeError`` with a constant word. Standard: age-encryption.org/v1 (X25519 recipients).
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import pyrage
from pyrage import x25519

MAX_IDENTITY_OCTETS: Final = 65_536
_PREFIX: Final = "AGE-SECRET-KEY-1"


class AgeError(Exception):
    """What could not be done; ``reason``: ``recipient``, ``identity``, ``damaged``, ``not-for-us``, ``form`` or
    ``failed``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(recipient: str) -> None:
    """See that a public key (``age1…``) is one. Raises ``AgeError``."""
    _recipient(recipient)


def encrypt(pieces: Iterator[bytes], target: BinaryIO, recipients: Sequence[str]) -> None:
    """Write what ``pieces`` give to ``target`` for these recipients. Raises ``AgeError``, and what ``pieces`` raise."""
    source = _Pieces(pieces)
    try:
        pyrage.encrypt_io(source, target, [_recipient(each) for each in recipients])
    except (pyrage.EncryptError, OSError):
        if source.error is not None:
            raise source.error from None
        raise AgeError("failed") from None


@contextmanager
def decrypted(source: BinaryIO, identity: Path) -> Iterator[BinaryIO]:
    """What is in an encrypted file, as a stream. Raises ``AgeError``, at the latest at the end of the block."""
    identities = _identities(identity)
    reading, writing = os.pipe()
    failure: list[AgeError] = []

    def work() -> None:
        target = os.fdopen(writing, "wb")
        try:
            pyrage.decrypt_io(source, target, identities)
            target.flush()
        except pyrage.DecryptError as error:
            failure.append(AgeError("not-for-us" if "matching" in str(error) else "form"))
        except OSError:
            failure.append(AgeError("damaged"))
        finally:  # who reads the end has to find what there is to know already
            with contextlib.suppress(OSError):
                target.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    stream = os.fdopen(reading, "rb", buffering=io.DEFAULT_BUFFER_SIZE)
    try:
        yield stream
        while stream.read(1 << 16):  # what nobody wanted has to be looked at, too
            pass
    except Exception:
        if failure:
            raise failure[0] from None
        raise
    finally:
        stream.close()
        thread.join()
    if failure:
        raise failure[0]


class _Pieces:
    """A reader of what an iterator gives; keeps what it raises, for the library has only its text."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return b""
            except Exception as error:
                self.error = error
                raise
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def _recipient(text: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise AgeError("recipient") from None


def _identities(file: Path) -> list[x25519.Identity]:
    """The secret keys of a file as ``age-keygen`` writes it: one a line, comments between. Raises ``OSError``, too."""
    with file.open("rb") as stream:
        text = stream.read(MAX_IDENTITY_OCTETS).decode("ascii", "replace")
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [x25519.Identity.from_str(line) for line in lines if line.startswith(_PREFIX)]
    except pyrage.IdentityError:
        raise AgeError("identity") from None
    if not found:
        raise AgeError("identity")
    return found
