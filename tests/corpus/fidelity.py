"""Whether the author's words arrive: what they wrote above the quote, by a reading much simpler than the relay's own.

The plain part as the standard library decodes it, up to the first line that could belong to a quote, its heading or a
signature. Addresses, links and the author's names are no words here: the relay replaces or shortens them.
"""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

from tests.corpus.ledger import Fate
from tests.corpus.letters import Sample, Writer, line_end

MEASURED = frozenset({"reply", "charset"})
"""Classes of the corpus that are mostly people's letters."""

_NOT_OWN = re.compile(
    r"""\s*(?:
        [>|]                                      # quoted
      | --\s*\Z | [-_=*~\u2013\u2014]{2,} | \[image | \[cid   # signature, rules, pictures
      | (?:from|von|de|da|van|od|fra|from|sent|envoy|gesendet|date|datum|lähettäjä|отправлено|от|发件人|\*from|\*de)\s*[:\uff1a]
      | sent\ (?:from|with|via)|get\ outlook|von\ meinem|envoy|inviato|enviad|verzonden|wysłane|skickat|lähetetty|отправлено
      | (?:on|am|le|el|il|op|em|den|dnia|w\ dniu|på|ma|ti|ke|to|pe|la|su)\s.{0,60}\d.{0,200}\Z
      | .{0,300}(?:wrote|writes|schrieb|écrit|escribió|escreveu|scritto|skrev|kirjoitti|napisał|schreef|пишет|написал|пользователь|写道)
      | .{0,80}<[^<>\s]+@[^<>\s]+>              # somebody's address
      | \d{4}[-/.年]\d.{0,120}(?:[:\uff1a]|@)     # a date and a name
    )""",
    re.IGNORECASE | re.VERBOSE,
)  # fmt: skip
_NO_WORDS = ("//", "www.", "@", "=?", "[", "]")
"""What is in links, addresses, undecoded words and the placeholders of pictures."""
_WORD = re.compile(r"\w+")
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z :-]{0,24}")
SHARE = 0.99
"""Of the words that people wrote above a quote; the rest is a signature or two, and format=flowed gone wrong."""
_MIN_STEM = 4
"""Letters of a name that are one wherever a word begins with them: names are declined, and Korean ends them."""


def expected(sample: Sample) -> Counter[str] | None:
    """The words that must arrive, or ``None`` when the letter is not to be measured."""
    if not MEASURED & sample.classes or "bounce" in sample.classes:
        return None
    text = _plain_text(sample)
    if text is None:
        return None
    own = []
    for line in text.split("\n"):
        if _NOT_OWN.match(line):
            break
        own.append(line)
    words = words_of("\n".join(own))
    for author in sample.authors:
        _forget(words, author)
    return words


def _forget(words: Counter[str], writer: Writer) -> None:
    """Take out what names the author: it is replaced."""
    named = words_of(f"{writer.name} {writer.address.replace('@', ' ')}")
    stems = tuple(word for word in named if len(word) >= _MIN_STEM)
    for word in [word for word in words if word in named or word.startswith(stems)]:
        del words[word]


def words_of(text: str) -> Counter[str]:
    """Words with their number, without case and what looks the same."""
    kept = (chunk for chunk in text.split() if not any(mark in chunk for mark in _NO_WORDS))
    return Counter(_WORD.findall(unicodedata.normalize("NFKC", " ".join(kept)).casefold()))


def received_words(message: bytes) -> Counter[str]:
    """The words in the text of a message of ours."""
    body = email.message_from_bytes(message, policy=email.policy.default).get_body(("plain",))
    return words_of(str(body.get_content())) if body is not None else Counter()


def missing(fate: Fate) -> tuple[int, Counter[str]] | None:
    """How many words had to arrive, and those that did not; ``None`` when not measured."""
    words = expected(fate.sample) if fate.what == "relayed" else None
    if not words:
        return None
    if fate.author is not None:
        _forget(words, fate.author)
    return words.total(), words - received_words(fate.received)


def shares(fates: Iterable[Fate]) -> tuple[float, str, list[str]]:
    """The share of words that arrived; a line for each source, charset and client; charsets and clients below ``SHARE``."""
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for fate in fates:
        measured = missing(fate)
        if measured is not None:
            for group in ("all", *_groups(fate.sample)):
                row = totals[group]
                row[0], row[1], row[2] = row[0] + 1, row[1] + measured[0], row[2] + measured[1].total()
    arrived = {group: 1 - lost / total for group, (_, total, lost) in sorted(totals.items())}
    lines = [
        f"  {group:32} {totals[group][0]:4} letters {totals[group][1]:7} words  {share:8.3%} arrived"
        for group, share in arrived.items()
    ]
    weak = [
        line for line, (group, share) in zip(lines, arrived.items(), strict=True) if _is_weak(group, share)
    ]
    return arrived.get("all", 1.0), "\n".join(lines), weak


def _is_weak(group: str, share: float) -> bool:
    return share < SHARE and group.startswith(("charset", "client"))


def _groups(sample: Sample) -> tuple[str, str, str]:
    """Where the letter is from, what its text is encoded in, and which program its header names."""
    message = email.message_from_bytes(
        sample.raw.replace(line_end(sample.raw), b"\n"), policy=email.policy.compat32
    )
    texts = (part for part in message.walk() if part.get_content_type() == "text/plain")
    charset = next((part.get_content_charset() for part in texts), None)
    client = _PROGRAM.match(str(message["user-agent"] or message["x-mailer"] or ""))
    named = client[0].strip() if client else "not named"
    return f"source {sample.source}", f"charset {charset or 'not named'}", f"client {named}"


def _plain_text(sample: Sample) -> str | None:
    """The first plain part that is not a file; none of a message whose header the library reads as text."""
    message = email.message_from_bytes(
        sample.raw.replace(line_end(sample.raw), b"\n"), policy=email.policy.compat32
    )
    if message.defects:
        return None
    for part in message.walk():
        if part.get_content_maintype() == "message":
            return None
        if part.get_content_type() == "text/plain" and "attachment" not in str(
            part.get("content-disposition", "")
        ):
            return _decoded(part)
    return None


def _decoded(part: email.message.Message) -> str:
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    for charset in (str(part.get_content_charset() or "utf-8"), "utf-8", "latin-1"):
        try:
            return octets.decode(charset).replace("\r", "")
        except (UnicodeDecodeError, LookupError):
            continue
    raise AssertionError("latin-1 decodes everything")
