"""The section ``[duty]``: what takes counselors off duty beside their rota."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relay.config.section import Section


class DutySection(Section):
    """What takes counselors off duty beside their rota. A mailbox that takes no mail always does, until they write."""

    vacation_answers: Literal["ignore", "off_duty"] = Field(
        default="ignore",
        description="When a counselor's mail program answers that they are away. 'off_duty': they get no new requests "
        "until they write again, at most 30 days; they and you are told. No such answer ever reaches a seeker.",
    )
