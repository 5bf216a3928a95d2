"""What of an author stands in what the other side received, looked for without any code of the relay's."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
from collections.abc import Iterator

from tests.corpus.ledger import Fate
from tests.corpus.letters import Sample, Writer

_HOST = re.compile(rb"(?i)(?<![\w.-])(?:\d{1,3}(?:\.\d{1,3}){3}|[a-z0-9-]+(?:\.[a-z0-9-]+){2,})(?![\w-])")
_RECEIVED = re.compile(rb"(?im)^received:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*")
_MESSAGE_ID = re.compile(rb"(?im)(?:^|(?<=\r))message-id:[ \t]*<([^<>\r\n]{6,})>")


def found(fate: Fate) -> list[str]:
    """Every secret of the letter that stands in what the other side received."""
    sample, author, received = fate.sample, fate.author, fate.received
    head = received.partition(b"\r\n\r\n")[0]
    everything = "\n".join(_readings(received)).casefold()
    hits = [secret for secret in _identity(sample, author) if _stands_in(secret, everything)]
    written = sample.raw[len(sample.head) :].decode("latin-1").casefold()
    for host in sorted(set(_hosts(sample))):
        is_authors_word = _stands_in(host, written)
        if _stands_in(host, head.decode("latin-1").casefold()) or (
            _stands_in(host, everything) and not is_authors_word
        ):
            hits.append(host)
    return hits


def _identity(sample: Sample, author: Writer | None) -> Iterator[str]:
    for writer in sample.authors if author is None else (author,):
        yield writer.address
        if len(writer.name.split()) > 1 and "=?" not in writer.name:
            yield writer.name
    for match in _MESSAGE_ID.findall(sample.head):
        yield match.decode("latin-1")


def _hosts(sample: Sample) -> Iterator[str]:
    for field in _RECEIVED.findall(sample.head):
        for host in _HOST.findall(field):
            yield host.decode("ascii")


def _readings(received: bytes) -> Iterator[str]:
    """The octets as they are, each header field decoded, each text part decoded."""
    yield received.decode("latin-1")
    message = email.message_from_bytes(received, policy=email.policy.default)
    for name, value in message.items():
        yield f"{name}: {value}"
    for part in message.walk():
        if part.get_content_maintype() == "text":
            yield str(part.get_content())


def _stands_in(secret: str, text: str) -> bool:
    """As a whole word; before a soft line break (RFC 2045 §6.7) a word goes on, and the decoded reading shows how."""
    return re.search(rf"(?<![\w.-]){re.escape(secret.casefold())}(?![\w-]|\.\w|=\r?\n)", text) is not None
