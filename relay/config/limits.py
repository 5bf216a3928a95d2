"""The section ``[limits]``: how much may come in the name of one sender, and of all."""

from __future__ import annotations

from pydantic import Field

from relay.config.section import Section
from relay.domain.strain import Bounds
from relay.flow.rates import Rates


class LimitsSection(Section):
    """How much may come by mail, whatever host brings it. What is over a limit is asked to come later (4xx), and its
    sender's mail server brings it again by itself: nothing is lost. Senders are counted as keyed hashes in memory.
    """

    messages_per_hour_per_sender: int = Field(
        default=60,
        strict=True,
        ge=1,
        le=1_000_000,
        description="Messages an hour under one address, in the envelope or in From; as many may come at once.",
    )
    conversation_messages_per_hour: int = Field(
        default=240,
        strict=True,
        ge=1,
        le=1_000_000,
        description="The same for a person's mail to the alias that was issued to them, counted apart, so that nobody "
        "in the middle of a conversation is put off.",
    )
    messages_per_minute: int = Field(
        default=1_200,
        strict=True,
        ge=1,
        le=1_000_000,
        description="Messages a minute from all together.",
    )
    queue_messages: int = Field(
        default=20_000,
        strict=True,
        ge=10,
        le=10_000_000,
        description="Messages that may wait in a node to be worked on. Above it first letters are asked to come later, "
        "and above four times as many everything is.",
    )
    wait_seconds: int = Field(
        default=120,
        strict=True,
        ge=1,
        le=86_400,
        description="How long a first letter may have to wait for its turn, by the pace of late; likewise.",
    )
    free_disk_mb: int = Field(
        default=200,
        strict=True,
        ge=1,
        le=1_000_000,
        description="Free disk, in MiB, below which first letters are asked to come later, and below a quarter of "
        "which everything is; at least twice the largest message. Not looked at where the database is a server's.",
    )
    count_trusted_hosts: bool = Field(
        default=False,
        strict=True,
        description="Whether these limits also hold for what comes through smtp.trusted_hosts. Behind an MTA of your "
        "own that limits nothing by itself, write true.",
    )

    def bounds(self, message_bytes: int) -> Bounds:
        """Up to where first letters are taken; ``message_bytes``: of the largest."""
        return Bounds(
            free_bytes=max(self.free_disk_mb << 20, 2 * message_bytes),
            queued=self.queue_messages,
            wait_s=self.wait_seconds,
        )

    def rates(self) -> Rates:
        """The same as the flow takes it."""
        return Rates(
            per_sender=self.messages_per_hour_per_sender,
            in_conversation=self.conversation_messages_per_hour,
            all_together=self.messages_per_minute,
            counts_trusted=self.count_trusted_hosts,
        )
