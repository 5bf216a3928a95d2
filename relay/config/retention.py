"""The section ``[retention]``: how long what is done with is kept."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from relay.config.section import Section
from relay.domain.retention import Retention


class RetentionSection(Section):
    """How long what is done with is kept, sealed. It goes by itself, within the hour, and after a stop of the relay at
    the next start; docs/data.md lists all that is kept, field by field."""

    grace_hours: int = Field(
        default=24,
        strict=True,
        ge=1,
        le=336,
        description="Hours for which a seeker's words are kept after they were handed to the next hop: when a report "
        "says that the counselor cannot be reached, they go to another. Reports mostly come within minutes, some after "
        "days; later than this the seeker is asked to write again. An answer of the counselor ends it.",
    )
    owed_days: int = Field(
        default=14,
        strict=True,
        ge=0,
        le=90,
        description="Days for which they are kept beyond that while nobody has answered them, for somebody else may "
        "have to. 0: no longer than grace_hours.",
    )
    held_days: int = Field(
        default=30,
        strict=True,
        ge=2,
        le=365,
        description="Days for which held mail waits for a person: then its content is forgotten, and nobody is told "
        "again. Long enough for a holiday of whoever looks after it.",
    )
    closed_days: int = Field(
        default=30,
        strict=True,
        ge=1,
        le=3650,
        description="Days after its end, or its last change since, after which a conversation is forgotten as with "
        "FORGET ME, without a word to anybody: addresses, notes, aliases, keys. Until then whoever writes again goes "
        "on with it; later their mail to its alias is refused as to any address that there never was.",
    )
    traces_days: int = Field(
        default=14,
        strict=True,
        ge=6,
        le=90,
        description="Days for which the trace of a message that is done with is kept: times, sizes and codes, no "
        "content. By it a late report of a failed delivery is understood; reports come for five days and more.",
    )
    blocks_days: int = Field(
        default=180,
        strict=True,
        ge=1,
        le=366,
        description="Days after which a block ends at the latest, whatever end it was given.",
    )

    @property
    def periods(self) -> Retention:
        """The same as spans of time."""

        def days(count: int) -> timedelta:
            return timedelta(days=count)

        return Retention(
            grace=timedelta(hours=self.grace_hours),
            owed=days(self.owed_days),
            held=days(self.held_days),
            closed=days(self.closed_days),
            traces=days(self.traces_days),
            blocks=days(self.blocks_days),
        )
