"""Where help is at once, in words: one country a line. For acknowledgements, ``URGENT`` and a counselor's reply.

Called by ``flow``; pure. What was said already (``danger`` names an international directory) is not said twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.domain.crisis import INTERNATIONAL, CrisisBook, CrisisLine
from relay.domain.referrals import Phone
from relay.mail.entry_lines import RightWords, phone_in_words, shown_web
from relay.mail.referral_words import COUNTRY
from relay.mail.texts import Texts


def crisis_block(
    texts: Texts, language: str, book: CrisisBook, countries: tuple[str, ...], said: str = ""
) -> str:
    """The lines of these countries and the international ones; ``said``: what stands before the block."""
    words = RightWords(texts, texts.language_of_word("crisis.line", language))
    return "\n".join(_countries(words, language, book, countries, said))


def _countries(
    words: RightWords, language: str, book: CrisisBook, countries: tuple[str, ...], said: str
) -> Iterator[str]:
    for country, lines in book.of(countries, language):
        told = [
            _line(words, language, line) for line in lines if not (line.web and shown_web(line.web) in said)
        ]
        if not told:
            continue
        if country == INTERNATIONAL:
            yield words("crisis.anywhere", lines=words.listed(told))
        else:
            place = words.named(COUNTRY, country) or country
            yield words("crisis.place", place=place, lines=words.listed(told))


def _line(words: RightWords, language: str, line: CrisisLine) -> str:
    phone = ""
    if line.phone:
        home = "" if line.country == INTERNATIONAL else line.country
        # Under the name of its country a number is dialled as it is there.
        phone = phone_in_words(words.texts, language, Phone(line.phone, home), (home,) if home else ())
    reach = phone or shown_web(line.web)
    about = line.about_in(language)
    if about:
        return words("crisis.line-about", name=line.name, reach=reach, about=about)
    return words("crisis.line", name=line.name, reach=reach)
