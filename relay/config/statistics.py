"""The section ``[statistics]``: what ``relay report`` may show."""

from __future__ import annotations

from pydantic import Field

from relay.config.section import Section
from relay.domain.disclosure import LEAST


class StatisticsSection(Section):
    """What 'relay report' shows of a month that is over. What is counted names nobody and is of no day but the month.

    A change holds for months that are not over yet; what was published stays as it was.
    """

    smallest: int = Field(
        default=LEAST,
        strict=True,
        ge=LEAST,
        le=50,
        description="No count under it is shown, and nothing from which one could be computed; what is shown is "
        "rounded to multiples of it. Health statistics use 5 to 10; take 10 where everybody knows everybody.",
    )
