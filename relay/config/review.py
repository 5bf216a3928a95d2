"""The section ``[review]``: replies that a supervisor reads before they go out."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from relay.config.promise import Step
from relay.config.section import Section


class ReviewSection(Section):
    """Replies that a supervisor reads before they go out (review of a [[counselor]]). Time alone never sends one."""

    remind_after: Step = Field(
        default=timedelta(hours=4),
        description="How long a reply waits before supervisors are told again, with its text. After twice as long "
        "supervisors of other queues are asked, too, and after three times as long you are told. Where somebody may be "
        "in danger each step is at most the first of promise.risk. Kept quiet in promise.quiet_hours.",
    )
    files: Literal["attach", "list"] = Field(
        default="attach",
        description="Files of such a reply: 'attach', supervisors get them, cleaned as the seeker would. 'list': they "
        "read what is attached, and nothing more.",
    )
