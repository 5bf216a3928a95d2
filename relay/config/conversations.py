"""The section ``[conversations]``: how they come to an end, and under which name counselors are seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from relay.config import fields
from relay.config.promise import Promised
from relay.config.section import Section


class ConversationsSection(Section):
    """How conversations come to an end, and under which name counselors are seen."""

    close_after_days: int = Field(
        default=30,
        strict=True,
        ge=0,
        le=365,
        description="Days without a word from the seeker after which a conversation is closed, with a few friendly "
        "words to both sides. 0: never. Whoever writes again opens it.",
    )
    notice_days: int = Field(
        default=3,
        strict=True,
        ge=1,
        le=30,
        description="Days before that on which the counselor is told, and can write instead.",
    )
    common_name: fields.ShownName | None = Field(
        default=None,
        description="One name under which seekers see every counselor, as where all sign 'Jo': then nothing shows when "
        "a conversation goes to another. Without it they see the counselor's own pseudonym.",
        examples=["Jo"],
    )

    reopen_days: int = Field(
        default=14,
        strict=True,
        ge=0,
        le=365,
        description="Days after its end in which whoever writes goes on with the same conversation and, where the "
        "queue is 'sticky', the same counselor. Later they begin a new one by the same address, with whoever is free. "
        "At most retention.closed_days, after which that address is no more. 0: every end is one.",
    )
    feedback: bool = Field(
        default=False,
        strict=True,
        description="Whether the words at the end ask the seeker two questions: did it help, would they write again. "
        "Answers go to an address that nothing links to the conversation, and are only counted, by month and queue.",
    )
    consent_wait: Promised = Field(
        default=timedelta(hours=24),
        description="How long a seeker has to answer before a hand-over, in queues with handover_consent.",
        examples=["24h"],
    )
    consent_silence: Literal["stay", "hand_over"] = Field(
        default="stay",
        description="What happens when they do not: their counselor goes on, or somebody else does. Where the "
        "counselor is off duty or has left, somebody else does in either case.",
    )
    tags: tuple[fields.Tag, ...] = Field(
        default=(),
        max_length=100,
        description="Words in which counselors may say what a conversation is about ('!tag grief'): for statistics, "
        "and where they are topics of counselors, when somebody else is found. Seekers never see them.",
        examples=[["grief", "sleep", "age:20-29"]],
    )

    @property
    def reopens(self) -> timedelta:
        """How long after its end a conversation can be opened again."""
        return timedelta(days=self.reopen_days)

    def is_open_too_long(self, closed_days: int) -> bool:
        """Tell whether somebody wants ended conversations opened after they are forgotten; the default adapts."""
        return "reopen_days" in self.model_fields_set and self.reopen_days > closed_days

    @property
    def idle(self) -> timedelta | None:
        """After how long without a word a conversation ends; ``None``: never."""
        return timedelta(days=self.close_after_days) if self.close_after_days else None

    @property
    def idle_notice(self) -> timedelta:
        """How long before that the counselor is told."""
        return timedelta(days=self.notice_days)
