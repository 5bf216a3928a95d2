"""The section ``[retention]``: how long what is done with is kept."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from relay.config.section import Section


class RetentionSection(Section):
    """How long what is done with is kept, sealed. It goes by itself, within the hour."""

    grace_hours: int = Field(
        default=24,
        strict=True,
        ge=1,
        le=336,
        description="Hours for which a seeker's words are kept after they were handed to the next hop: when a report "
        "says that the counselor cannot be reached, they go to another. Reports mostly come within minutes, some after "
        "days; later than this the seeker is asked to write again. An answer of the counselor ends it.",
    )

    @property
    def grace(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(hours=self.grace_hours)
