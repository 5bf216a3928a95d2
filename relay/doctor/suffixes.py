"""The list of public suffixes, by which a proof tells one organisation's domain from another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from relay.doctor.around import Around
from relay.doctor.findings import Finding, warning
from relay.mail.proof import dmarc

OLDEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Facts:
    """``made_on``: ``None`` when the list does not say. ``is_used``: whether a level of authentication asks."""

    today: date
    made_on: date | None
    is_used: bool


async def look(around: Around) -> list[Finding]:
    """Look at the list that is installed."""
    section = around.settings.authentication
    is_used = section.counselor != "alias" or section.seeker != "off"
    return list(judge(Facts(around.now.date(), dmarc.suffix_list_date(), is_used)))


def judge(facts: Facts) -> Iterator[Finding]:
    """Where nobody asks, its age does nothing."""
    if facts.is_used and (facts.made_on is None or facts.today - facts.made_on > OLDEST):
        age = f"{(facts.today - facts.made_on).days} days old" if facts.made_on else "of unknown age"
        yield warning(
            f"the list of public suffixes is {age}",
            "a neighbour under a new suffix can pass for a counselor, whose mail counts as proven by them",
            "update the package publicsuffixlist, or the relay's own",
        )
