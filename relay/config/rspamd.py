"""The section ``[rspamd]``: a spam filter that the operator runs, asked about what seekers write."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from relay.config.section import Section

_PLACE = re.compile(
    r"(?:https?://(?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?/?|unix:/.+)\Z"
)


def _place(value: str) -> str:
    if not value.isprintable() or not _PLACE.match(value):
        raise ValueError(
            "is not where rspamd can be asked; write http://127.0.0.1:11333 or unix:/run/rspamd/normal.sock"
        )
    return value


Action = Literal["reject", "soft reject", "rewrite subject", "add header", "greylist"]


class RspamdSection(Section):
    """A spam filter of your own. Without url nothing is asked. No message is refused or lost by it: an action is
    mapped to hold or mark, and all others pass. It is given content, sender and intake address, never an alias.
    """

    url: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None,
        description="Where its normal worker or proxy listens: http://host:port, or unix: and the path of a socket. On "
        "this machine, or one that you trust with clear text.",
        examples=["http://127.0.0.1:11333"],
    )
    hold: tuple[Action, ...] = Field(
        default=("reject",),
        max_length=5,
        description="Its actions on which a message is held; you are told, its author is not. (Default: reject.)",
        examples=[["reject"]],
    )
    mark: tuple[Action, ...] = Field(
        default=("soft reject", "rewrite subject", "add header", "greylist"),
        max_length=5,
        description="Its actions on which the counselor finds a line below the text that says it may be spam.",
        examples=[["soft reject", "rewrite subject", "add header", "greylist"]],
    )
    when_away: Literal["pass", "hold"] = Field(
        default="pass",
        description="What becomes of messages while it does not answer. 'pass': nobody waits for help because a "
        "filter is down.",
    )
    time_limit_s: int = Field(
        default=5,
        strict=True,
        ge=1,
        le=60,
        description="Seconds for one answer; then it counts as away for half a minute.",
    )
    max_bytes: int = Field(
        default=5_242_880,
        strict=True,
        ge=1_024,
        le=104_857_600,
        description="Larger messages are not asked about and pass.",
    )
