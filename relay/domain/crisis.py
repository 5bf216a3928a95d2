"""Where help is at once, as the operator keeps it: which lines are shown to somebody, and which together.

Made of ``crisis.toml``; asked for acknowledgements, for ``URGENT`` and when a counselor inserts a country's block.
Countries are those of the queue or what a counselor typed; never a guess about the seeker. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

INTERNATIONAL = "international"
"""Stands for a country in lines that are for everybody; there is always one."""

MOST_PER_COUNTRY = 3
"""Lines of one country: whoever is in danger reads no list."""

CHECKED_WITHIN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """One line. ``about``: what it is and for whom, by language; ``languages``: what is spoken there.

    ``pair``: lines of a country with the same word are shown together or not at all (one for adults and one for
    young people: whoever sees one of them only would take it for the only one).
    """

    country: str
    name: str
    phone: str = ""
    web: str = ""
    about: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    pair: str = ""
    checked: date = date.min

    def about_in(self, language: str) -> str:
        """In this language, else in English, else as the first that there is."""
        told = dict(self.about)
        for tag in (language, language.partition("-")[0], "en"):
            if tag in told:
                return told[tag]
        return self.about[0][1] if self.about else ""


@dataclass(frozen=True, slots=True)
class CrisisBook:
    """All lines, in the operator's order."""

    lines: tuple[CrisisLine, ...] = ()

    def of(self, countries: Iterable[str], language: str) -> tuple[tuple[str, tuple[CrisisLine, ...]], ...]:
        """The lines of each of these countries that has any, in this order, and always the international ones last."""
        wanted = [each for each in dict.fromkeys(countries) if each != INTERNATIONAL]
        chosen = ((country, self._chosen(country, language)) for country in (*wanted, INTERNATIONAL))
        return tuple((country, lines) for country, lines in chosen if lines)

    def has(self, country: str) -> bool:
        """Tell whether there is any line of a country."""
        return any(line.country == country for line in self.lines)

    def _chosen(self, country: str, language: str) -> tuple[CrisisLine, ...]:
        """Those that speak the language where any does; a pair whole or not."""
        groups = list(_groups(line for line in self.lines if line.country == country))
        primary = language.partition("-")[0]
        speaking = [group for group in groups if _speaks(group, primary)]
        chosen: list[CrisisLine] = []
        for group in speaking or groups:
            if len(chosen) + len(group) <= MOST_PER_COUNTRY:
                chosen += group
        return tuple(chosen)


NO_LINES = CrisisBook()


def _groups(lines: Iterable[CrisisLine]) -> Collection[Sequence[CrisisLine]]:
    """Pairs together, where the first of them stands; everything else by itself."""
    groups: dict[object, list[CrisisLine]] = {}
    for place, line in enumerate(lines):
        groups.setdefault(line.pair or place, []).append(line)
    return groups.values()


def _speaks(group: Sequence[CrisisLine], language: str) -> bool:
    """A line that does not say so speaks the language of whoever is sent there, as far as anybody knows."""
    return any(
        not line.languages or language in {each.partition("-")[0] for each in line.languages}
        for line in group
    )
