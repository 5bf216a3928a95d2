"""What we author when somebody has left a voice message; like ``notices``, and with the same promises.

A counselor reads when it came and how long it is, never from which number.
"""

from __future__ import annotations

from datetime import datetime

from relay.mail.moments import when_in_words
from relay.mail.texts import Text, Texts


def subject(texts: Texts, language: str, seconds: int) -> str:
    """``seconds``: how long it is, 0 where nobody knows."""
    return _of_length(texts, "voicemail.subject", language, seconds)


def lines(
    texts: Texts,
    language: str,
    pseudonym: str,
    *,
    seconds: int,
    received_at: datetime,
    now: datetime,
    zone: str,
    recording: str,
    reply: str,
) -> tuple[str, ...]:
    """The paragraphs of the message. ``recording``: ``attached``, ``dropped``, ``none`` or empty; ``reply``: how the
    caller can be reached: ``call``, ``no-number`` or ``no-desk``.
    """
    when = when_in_words(texts, language, received_at, now, zone)
    return (
        _of_length(texts, "voicemail.received", language, seconds, when=when),
        *((texts.word(f"voicemail.{recording}", language),) if recording else ()),
        texts.word(f"voicemail.{reply}", language, pseudonym=pseudonym),
    )


def not_sent(texts: Texts, language: str, pseudonym: str, reply: str) -> Text:
    """To a counselor who has written to somebody who telephoned. ``reply`` as in ``lines``."""
    name = "counselor-caller"
    way = texts.word(f"voicemail.{reply}", texts.language_of(name, language), pseudonym=pseudonym)
    return texts.render(name, language, pseudonym=pseudonym, way=way)


def length_in_figures(seconds: int) -> str:
    """``0:42`` or ``1:02:03``."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _of_length(texts: Texts, key: str, language: str, seconds: int, **values: str) -> str:
    if not seconds:
        return texts.word(f"{key}-unknown", language, **values)
    return texts.word(key, language, length=length_in_figures(seconds), **values)
