"""The section ``[[counselor]]``: one person who answers. Used by ``schema``."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from relay.config import fields
from relay.config.promise import QuietHours
from relay.config.section import SHOWN, Section


class CounselorSection(Section):
    """One counselor. Repeat the section for each."""

    is_list: ClassVar[bool] = True

    id: fields.CounselorId = Field(
        description="Label in logs and commands: small letters, digits, - and _. It must not say who "
        "they are.",
        examples=["c-01"],
    )
    pseudonym: fields.ShownName = Field(
        description="The name that seekers see, chosen by the counselor; no part of the real one.",
        examples=["Linden"],
    )
    name: fields.Text = Field(
        repr=False,
        description="Their full name. Never shown: replaced wherever it stands in what they send.",
        examples=["Kim Example"],
    )
    private: tuple[fields.Text, ...] = Field(
        default=(),
        max_length=100,
        repr=False,
        description="More words that must never go out: telephone numbers, handles, nicknames, an employer.",
        examples=[["+44 20 7946 0000", "@kim_example"]],
    )
    address: fields.CounselorMailbox = Field(
        description="Where they read mail, and write from.", examples=["kim@example.com"]
    )
    also_from: tuple[fields.CounselorMailbox, ...] = Field(
        default=(),
        max_length=20,
        description="Further addresses they write from. Nobody else may write from any of them.",
        examples=[["kim.work@example.net"]],
    )
    password_hash: fields.PasswordHash | None = Field(
        default=None,
        repr=False,
        description="For [submission]: what 'relay password' prints of the password they chose.",
        examples=[
            "$argon2id$v=19$m=65536,t=3,p=4$ZXhhbXBsZSBzYWx0ICE$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
        ],
    )
    openpgp_key: fields.FilePath | None = Field(
        default=None,
        description="File with their public key, one OpenPGP certificate: mail to them is encrypted to it.",
        examples=["keys/c-01.asc"],
    )
    languages: tuple[fields.Language, ...] = Field(
        default=("en",),
        min_length=1,
        max_length=50,
        description="Languages they answer in, the one for their own notices first.",
        examples=[["en", "de"]],
    )
    topics: tuple[fields.Label, ...] = Field(
        default=(),
        max_length=50,
        description="What they know well; requests about it come to them first. Without: a bit of everything.",
        examples=[["grief", "addiction"]],
    )
    queues: tuple[fields.Label, ...] = Field(
        default=(),
        max_length=50,
        description="Queues that they answer. Without: all.",
        examples=[["general", "grief"]],
    )
    duty: tuple[fields.Duty, ...] = Field(
        default=(),
        max_length=100,
        description="When new requests come to them: 'always', 'never', or [days] HH:MM-HH:MM [zone] by "
        "the clock on the wall, in UTC when no zone is named. An end before the start is on "
        "the next day. Several lines add up. Needed, unless there is a rota.",
        examples=[["mon-fri 18:00-22:00 Europe/Berlin", "sat,sun 10:00-14:00 Europe/Berlin"]],
        json_schema_extra=SHOWN,
    )
    rota: fields.CalendarPath | None = Field(
        default=None,
        description="An iCalendar file (RFC 5545) whose events are shifts, too. Events that are cancelled or shown as "
        "free are none. Read again when it changes.",
        examples=["rotas/c-01.ics"],
    )
    leave: tuple[fields.Leave, ...] = Field(
        default=(),
        max_length=200,
        description="When they have leave, whatever the rota says: days as in 2026-05-01..2026-05-14, the last one "
        "counts, or iCalendar files.",
        examples=[["2026-05-01..2026-05-14", "leave/c-01.ics"]],
    )
    zone: fields.Zone | None = Field(
        default=None,
        description="By whose wall clock days of leave, events without a zone and '!duty on until 22:00' are meant. "
        "Without: duty.zone.",
        examples=["Europe/Berlin"],
    )
    quiet_hours: QuietHours = Field(
        default=(),
        description="When they are not reminded of anything that is not about danger; it comes at their end, once. "
        "Without: those of the queue, or of [promise].",
        examples=[["daily 20:00-07:00 Europe/Berlin"]],
    )
    capacity: fields.Capacity = Field(
        default=3,
        description="Conversations at a time, 1 to 10000; with so many they get no new one. 'none': nobody new, only "
        "those who know them.",
    )
    fallback: fields.CounselorId | None = Field(
        default=None,
        description="Id of whoever is asked first when somebody who knows them writes and they cannot take it.",
        examples=["c-02"],
    )
    review: fields.Review = Field(
        default="none",
        validate_default=True,
        description="Which of their replies a supervisor reads before they go out: 'none', 'all', or 'first N', "
        "with N from 1 to 999, for whoever has just begun. Needs a [[supervisor]]. Nothing goes out by itself: while "
        "nobody has read it, the reminders of [promise] go on.",
        examples=["first 10"],
    )
    signature: Literal["strip", "hold"] = Field(
        default="strip",
        description="What happens to a signature at the end of their replies: 'strip', it is left out. 'hold': "
        "the reply is held until they answer that it may go without, for those whose last lines are "
        "easily taken for one.",
    )
