"""``crisis.toml``: where help is at once, by country. The operator's own file, beside the other two; it may be missing.

``reading`` reads it with the other files. A wrong number costs a life, so each line says when somebody last checked it
and where; ``relay check`` asks for that again after a year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import ClassVar

from pydantic import Field

from relay.config import fields
from relay.config.places import Path
from relay.config.section import Section
from relay.domain.crisis import CHECKED_WITHIN, INTERNATIONAL, CrisisBook, CrisisLine

CRISIS_FILE = "crisis.toml"


class CrisisSection(Section):
    """One line where help is at once. Repeat the section for each, the most important first."""

    is_list: ClassVar[bool] = True

    country: fields.CrisisCountry = Field(
        description="Two letters (ISO 3166) of the country where the number can be dialled, or 'international'."
    )
    name: fields.Text = Field(description="What it is called.")
    phone: fields.Text | None = Field(
        default=None, description="The number, as it is dialled in that country."
    )
    web: fields.Text | None = Field(default=None, description="A web address, shown when there is no number.")
    about: Mapping[fields.Language, fields.Text] = Field(
        default={}, description="What it is and for whom, in few words, by language."
    )
    languages: tuple[fields.Language, ...] = Field(default=(), description="Languages spoken there.")
    pair: fields.CounselorId | None = Field(
        default=None,
        description="Lines of a country with the same word here are shown together or not at all: the line for adults "
        "and the one for young people.",
    )
    checked: date = Field(description="The day on which you last saw to it that all this is true.")
    source: fields.Text = Field(description="Where that was to be seen.")


OPTIONAL_SECTIONS: Mapping[str, Mapping[str, type[Section]]] = {CRISIS_FILE: {"crisis": CrisisSection}}
"""Files that need not be there."""

Lines = list[tuple[Path, CrisisSection]]


def problems(lines: Lines, *, today: date | None = None) -> Iterator[tuple[Path, str]]:
    """What no key shows alone."""
    today = today or datetime.now(UTC).date()
    if lines and not any(line.country == INTERNATIONAL for _, line in lines):
        yield (
            ("crisis",),
            "none is for everybody; add one with country = 'international', because seekers write from anywhere",
        )
    pairs: dict[str, list[tuple[Path, CrisisSection]]] = {}
    for path, line in lines:
        if not (line.phone or line.web):
            yield path, "has neither phone nor web; give one of them"
        if line.checked > today:
            yield (*path, "checked"), "has not been yet; give the day on which you checked it"
        if line.pair:
            pairs.setdefault(line.pair, []).append((path, line))
    for together in pairs.values():
        path, first = together[0]
        if len(together) == 1:
            yield (*path, "pair"), "is the only line with this word; give it to both of them, or to none"
        if any(line.country != first.country for _, line in together):
            yield (*path, "pair"), "joins lines of different countries; take a word for each country"


def warnings(lines: tuple[CrisisSection, ...], today: date) -> Iterator[str]:
    """What has to be looked at again."""
    for place, line in enumerate(lines, 1):
        if today - line.checked > CHECKED_WITHIN:
            yield (
                f"{CRISIS_FILE}: crisis[{place}] ({line.name}) was last checked on {line.checked}, more than a year "
                "ago; see whether it is still true, then write the new date"
            )


def book(lines: tuple[CrisisSection, ...]) -> CrisisBook:
    """The same as values."""
    return CrisisBook(
        tuple(
            CrisisLine(
                line.country,
                line.name,
                line.phone or "",
                line.web or "",
                tuple(line.about.items()),
                line.languages,
                line.pair or "",
                line.checked,
            )
            for line in lines
        )
    )
