"""The section ``[duty]``: what takes counselors off duty beside their rota."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relay.config import fields
from relay.config.section import Section
from relay.domain.roster import UTC_ZONE


class DutySection(Section):
    """What takes counselors off duty beside their rota. A mailbox that takes no mail always does, until they write."""

    zone: fields.Zone = Field(
        default=UTC_ZONE,
        description="By whose wall clock days and times are meant that name no zone: leave, holidays, events of "
        "calendars, '!duty on until 22:00'.",
        examples=["Europe/Berlin"],
    )

    vacation_answers: Literal["ignore", "off_duty"] = Field(
        default="ignore",
        description="When a counselor's mail program answers that they are away. 'off_duty': they get no new requests "
        "until they write again, at most 30 days; they and you are told. No such answer ever reaches a seeker.",
    )
