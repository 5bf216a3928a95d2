"""The sections ``[[queue]]`` and ``[[holidays]]``: what requests wait in, and days of rest. Used by ``schema``."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from relay.config import fields
from relay.config.promise import Promised, QuietHours
from relay.config.section import Section
from relay.domain.roster import GENERAL


class OverflowSection(Section):
    """One agreement between queues."""

    to: fields.Label
    when: fields.When


class QueueSection(Section):
    """A queue with settings of its own. Repeat the section for each; intake addresses and counselors name it."""

    is_list: ClassVar[bool] = True
    may_be_none: ClassVar[bool] = True

    name: fields.Label = Field(description="Its name, in [[intake]] and [[counselor]].", examples=[GENERAL])
    continuity: Literal["sticky", "pool"] = Field(
        default="sticky",
        description="'sticky': a conversation stays with its counselor, and so does whoever writes anew. 'pool': what "
        "a seeker writes goes to its counselor while on duty, else to whoever is; the seeker answers to one address.",
    )
    topics: tuple[fields.Label, ...] = Field(
        default=(),
        max_length=50,
        description="What it is about: counselors who know one of these come first.",
        examples=[["grief"]],
    )
    fallback: fields.CounselorId | None = Field(
        default=None,
        description="Id of the counselor who stands in when nobody else of the queue is free.",
        examples=["c-01"],
    )
    other: bool = Field(
        default=True,
        strict=True,
        description="Whether a seeker may ask for another counselor by writing OTHER.",
    )
    feedback: bool | None = Field(
        default=None,
        strict=True,
        description="Whether seekers are asked two questions at the end. Without: conversations.feedback.",
        examples=[True],
    )
    handover_consent: bool = Field(
        default=False,
        strict=True,
        description="Whether a seeker who has been answered is asked before somebody else goes on (!handover, "
        "!transfer, !pass, and when their counselor leaves). Not where somebody may be in danger, or nobody answers "
        "in time. Not with 'pool'.",
    )
    first_answer: Promised | None = Field(
        default=None,
        description="By when a first message is answered. Without: promise.first_answer.",
        examples=["12h"],
    )
    later_answers: Promised | None = Field(
        default=None,
        description="By when every later message is answered. Without: promise.later_answers.",
        examples=["24h"],
    )
    quiet_hours: QuietHours = Field(
        default=(),
        description="When nobody is reminded of its requests, or told of them, except of danger. Without: "
        "promise.quiet_hours.",
        examples=[["daily 22:00-08:00 Europe/Berlin"]],
    )
    overflow: tuple[OverflowSection, ...] = Field(
        default=(),
        max_length=50,
        description="Queues whose counselors help out when nobody of this one is free, and when that is agreed, as a "
        "shift or several in a list.",
        examples=[[{"to": "grief", "when": "fri 18:00-22:00 Europe/Berlin"}]],
    )

    @model_validator(mode="after")
    def _asks_where_one_person_has_it(self) -> Self:
        if self.handover_consent and self.continuity == "pool":
            raise ValueError(
                "has handover_consent with continuity = 'pool', where whoever is on duty answers; choose one of them"
            )
        return self


class HolidaysSection(Section):
    """Days on which nobody, or only some, are on duty, from a feed of public holidays. Repeat the section for each."""

    is_list: ClassVar[bool] = True
    may_be_none: ClassVar[bool] = True

    file: fields.CalendarPath = Field(
        description="An iCalendar file; all its events count, also those shown as free. Read again when it changes.",
        examples=["holidays/berlin.ics"],
    )
    zone: fields.Zone | None = Field(
        default=None,
        description="By whose wall clock its days begin and end. Without: duty.zone.",
        examples=["Europe/Berlin"],
    )
    queues: tuple[fields.Label, ...] = Field(
        default=(), max_length=50, description="Queues that rest. Without: all.", examples=[["general"]]
    )
    keeps: tuple[fields.CounselorId, ...] = Field(
        default=(),
        max_length=100,
        description="Ids of counselors whose rota holds on these days all the same. Without: nobody is on duty.",
        examples=[["c-01"]],
    )
