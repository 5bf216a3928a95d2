"""What a counselor reads about entries of the directory: previews with numbers, warnings, and why nothing was sent.

Called by ``flow.desk.offering``; pure. Entries stand in it as they would be sent, in the seeker's language; everything
around them is in the counselor's. An entry that nobody has checked for a year is marked here, and only here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from relay.domain.referral_choice import Choice, Why
from relay.domain.referral_ranking import Freshness, Ranked, Wanted
from relay.mail.entry_lines import entry_lines, month_in_words
from relay.mail.referral_words import LANGUAGE
from relay.mail.texts import Text, Texts

_INDENT = "  "


def why(texts: Texts, language: str, choice: Choice, wanted: Wanted, numbers: Sequence[int] = ()) -> str:
    """One sentence: why nothing was sent, and what to do. ``numbers``: those that the counselor chose."""
    named = (texts.named(LANGUAGE, each, language) or each for each in wanted.languages)
    values: dict[Why, dict[str, str]] = {
        Why.PLACE_UNKNOWN: {"place": wanted.place},
        Why.PLACE_TWICE: {"place": wanted.place},
        Why.PARTLY: {"words": ", ".join(dict.fromkeys(w for each in choice.entries for w in each.missing))},
        Why.LANGUAGE: {"languages": ", ".join(named)},
        Why.GONE: {"numbers": _numbers(_not_among(numbers, choice), ", ")},
    }
    assert choice.why is not None
    return texts.word(_KEYS[choice.why], language, **values.get(choice.why, {}))


_KEYS = {
    Why.NOTHING: "refer.nothing",
    Why.PLACE_UNKNOWN: "refer.place-unknown",
    Why.PLACE_TWICE: "refer.place-twice",
    Why.NO_PLACE: "refer.no-place",
    Why.PARTLY: "refer.partly",
    Why.LANGUAGE: "refer.other-language",
    Why.GONE: "refer.gone",
}


def preview(
    texts: Texts, language: str, seekers: str, found: Sequence[Ranked], countries: Collection[str]
) -> Iterator[str]:
    """Entries with their numbers, as they would be sent in ``seekers`` language, and how to send some of them."""
    for each in found:
        lines = entry_lines(texts, seekers, each.referral, countries)
        yield f"#{each.referral.number}  {lines[0]}"
        yield from (_INDENT + line for line in lines[1:])
        yield from (_INDENT + line for line in warning(texts, language, each))
    if found:
        numbers = [each.referral.number for each in found[:2]]
        yield texts.word("refer.choose", language, usage=f"!refer {_numbers(numbers, ' ')}")


def warning(texts: Texts, language: str, one: Ranked) -> Iterator[str]:
    """For the counselor alone, of an entry that is old or of which nobody knows how old it is."""
    if one.freshness is Freshness.UNKNOWN:
        yield texts.word("refer.undated", language)
    elif one.freshness is not Freshness.FRESH and one.referral.verified is not None:
        when = month_in_words(texts, language, one.referral.verified)
        yield texts.word("refer.old", language, when=when)


def copy_of(block: str) -> Iterator[str]:
    """What stands in a seeker's message, line by line, for the receipt of whoever sent it."""
    yield from (_INDENT + line if line else "" for line in block.split("\n"))


def broken(texts: Texts, language: str, number: int, name: str, reason: str) -> Text:
    """Tell the operator that a counselor finds an entry wrong; the reason is without whoever it was about."""
    return texts.render("operator-referral-broken", language, number=f"#{number}", title=name, reason=reason)


def _numbers(numbers: Sequence[int], between: str) -> str:
    return between.join(f"#{number}" for number in numbers)


def _not_among(numbers: Sequence[int], choice: Choice) -> list[int]:
    """The chosen numbers that are not in the directory, else all: one of them may not be sent."""
    there = {each.referral.number for each in choice.entries if each.freshness is not Freshness.EXPIRED}
    return [number for number in numbers if number not in there] or list(numbers)
