"""The section ``[[supervisor]]`` of counselors.toml: who watches over quality and risk."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from relay.config import fields
from relay.config.section import Section


class SupervisorSection(Section):
    """One supervisor. Repeat the section for each; a line can do without any, and the operator hears more then.

    They hear of what takes too long and of risk, by pseudonyms. No address of a seeker ever reaches them.
    """

    is_list: ClassVar[bool] = True
    may_be_none: ClassVar[bool] = True

    id: fields.CounselorId = Field(
        description="Label in logs and commands: small letters, digits, - and _. It must not say who they are.",
        examples=["s-01"],
    )
    pseudonym: fields.ShownName = Field(
        description="The name that counselors know them by; seekers never see it.", examples=["Rowan"]
    )
    address: fields.SupervisorMailbox = Field(
        description="Where they read mail, and write from. Who is a counselor, too, has a section of each.",
        examples=["sage@example.com"],
    )
    also_from: tuple[fields.SupervisorMailbox, ...] = Field(
        default=(),
        max_length=20,
        description="Further addresses they write from.",
        examples=[["sage.work@example.net"]],
    )
    openpgp_key: fields.FilePath | None = Field(
        default=None,
        description="File with their public key, one OpenPGP certificate: as for counselors, what they are sent is "
        "encrypted to it ([openpgp]), and where authentication.counselor asks for signatures, theirs are by it.",
        examples=["keys/s-01.asc"],
    )
    language: fields.Language = Field(default="en", description="Language of what they are sent.")
    queues: tuple[fields.Label, ...] = Field(
        default=(),
        max_length=100,
        description="Names of the queues that are theirs. Without it: all of them.",
        examples=[["grief"]],
    )
    digest: tuple[fields.Duty, ...] = Field(
        default=(),
        max_length=100,
        description="When they are told how things stand, with pseudonyms, counts and times alone: at the start and at "
        "the end of each of these shifts.",
        examples=[["daily 08:00-20:00 Europe/Berlin"]],
    )
