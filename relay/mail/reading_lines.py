"""A reading list in words for a seeker: a whole text (``!insert``), or titles to choose from (``!read``).

Called by ``flow``; pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.domain.reading import Reading
from relay.mail.entry_lines import RightWords
from relay.mail.texts import Texts


def whole(reading: Reading) -> str:
    """The text under its title, and where it stands when it is not ours."""
    return "\n\n".join(filter(None, (reading.title, reading.text, reading.link)))


def titles(texts: Texts, language: str, readings: Sequence[Reading]) -> str:
    """Each with what is in it and where it stands; ours are sent when somebody asks."""
    words = RightWords(texts, texts.language_of_word("reading.ask", language))
    return "\n\n".join("\n".join(filter(None, _title(words, each))) for each in readings)


def _title(words: RightWords, reading: Reading) -> tuple[str, ...]:
    if reading.link:
        return reading.title, reading.about, reading.link
    return words("reading.ask", title=reading.title), reading.about
