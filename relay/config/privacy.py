"""The section ``[privacy]``: what protects people beyond what is always on, at a price that the operator decides on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator

from relay.config.section import Section
from relay.domain.delays import Delay


def _delay(value: Any) -> Delay | None:
    if not isinstance(value, str):
        raise ValueError("must be text in quotes: 'off' or a range such as '30-120s'")  # noqa: TRY004 (pydantic)
    return Delay.parse(value)


class PrivacySection(Section):
    """What an onlooker learns from when a message goes out and how large it is, and files that cannot be cleaned.

    What else protects people is always on.
    """

    delay: Annotated[Delay | None, PlainValidator(_delay)] = Field(
        default=None,
        description="How long each relayed message waits, drawn anew from a range such as '30-120s' or '1-5m' "
        "(at most '0-60m'), so that nobody can tell from the times of mail in and mail out who writes with whom. "
        "A range over a minute leaves in batches, each minute, in random order. Acknowledgements and notices never "
        "wait. 'off': at once. (Default: \"off\".)",
        examples=["1-5m"],
    )
    padding: Literal["off", "buckets"] = Field(
        default="off",
        description="'buckets': everything that goes out is filled up to one of twelve sizes, 8 KiB to 32 MiB, with "
        "octets that no mail program shows; a larger message goes as it is. 'off': sizes are what they are.",
    )
    other_files: Literal["drop", "hold"] = Field(
        default="drop",
        description="A message with a file that cannot be cleaned (office documents, archives, sound): 'drop', it is "
        "passed on without the file, and both sides are told. 'hold': it waits; a counselor is asked, for a seeker "
        "you decide, and the seeker is asked to send it again without.",
    )
