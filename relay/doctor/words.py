"""What people are told: crisis lines that are still true, texts in their language, reading that was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, hint, warning
from relay.domain.crisis import CHECKED_WITHIN
from relay.flow.letters import Letters
from relay.parts import shelf_of
from relay.resources import folder


@dataclass(frozen=True, slots=True)
class Facts:
    """``lines``: each crisis line's place in its file, its country and the day it was checked on.

    ``gaps``: how many texts each language has in English only. ``old``: readings that were looked at long ago.
    """

    today: date
    lines: tuple[tuple[int, str, date], ...]
    countries: frozenset[str]
    languages: frozenset[str]
    known: frozenset[str]
    gaps: Mapping[str, int]
    old: tuple[str, ...] = ()


async def look(around: Around) -> list[Finding]:
    """Read what is configured, and the texts that there are."""
    settings, texts = around.settings, Letters.load(folder("templates")).texts
    gaps: dict[str, int] = {}
    for gap in texts.gaps():
        language = gap.partition("/")[0]
        gaps[language] = gaps.get(language, 0) + 1
    lines = tuple((place, line.country, line.checked) for place, line in enumerate(settings.crisis, 1))
    return list(
        judge(
            Facts(
                around.now.date(),
                lines,
                frozenset(country for intake in settings.intake for country in intake.countries),
                frozenset(intake.language for intake in settings.intake) | {settings.service.language},
                frozenset(texts.languages),
                gaps,
                tuple(f"{one.name}.{one.language}.md" for one in shelf_of(settings).old(around.now.date())),
            )
        )
    )


def judge(facts: Facts) -> Iterator[Finding]:
    """Nothing for lines of this year, and texts in every language that is asked for."""
    yield from _crisis(facts)
    for language in sorted(facts.languages):
        if language not in facts.known:
            yield critical(
                f"there are no texts in {language}, the language of an intake",
                "the daemon does not start",
                f"write templates/{language}, or give the intake one of {', '.join(sorted(facts.known))}",
            )
        elif facts.gaps.get(language):
            yield warning(
                f"{facts.gaps[language]} texts in {language} are there in English only",
                "people are told something in a language that they may not read",
                f"translate them; 'relay check' names each file of templates/{language}",
            )
    for name in facts.old:
        yield warning(
            f"reading/{name} was last looked at more than a year ago",
            "what it says of services and numbers may not be true any more",
            "read it again, and write the new date into it",
        )


def _crisis(facts: Facts) -> Iterator[Finding]:
    if not facts.lines:
        yield hint(
            "there is no crisis.toml",
            "whoever is in danger is not told in the first answer where help is at once",
            "copy crisis.example.toml beside relay.toml (the package has it in /usr/share/doc/relay/examples), "
            "and check each line of it",
        )
        return
    for place, country, checked in facts.lines:
        if facts.today - checked > CHECKED_WITHIN:
            yield warning(
                f"crisis.toml: crisis[{place}] ({country}) was last checked on {checked}",
                "a wrong number costs a life",
                "see whether it is still true, then write the new date",
            )
    for country in sorted(facts.countries - {country for _, country, _ in facts.lines}):
        yield warning(
            f"an intake is for {country}, and crisis.toml has no line of that country",
            "people there are named lines that they may not reach",
            "add one, checked",
        )
