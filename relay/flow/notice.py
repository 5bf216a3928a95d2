"""A text of ours as a finished message. Called by ``letters``, which decide who reads it and under which address."""

from __future__ import annotations

from datetime import datetime

from relay.flow.values import Service
from relay.mail.serialize import Attachment, NewMessage, serialize
from relay.mail.texts import Text


def notice(
    text: Text,
    from_name: str,
    from_address: str,
    to_address: str,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str | None = None,
    attached: tuple[Attachment, ...] = (),
) -> bytes:
    """``reply_to``: the id of the message that this one answers, empty when it has none.

    ``attached``: cleaned files.
    """
    return serialize(
        NewMessage(
            from_name=from_name,
            from_address=from_address,
            to_address=to_address,
            subject=text.subject,
            date=now,
            message_id=new_id,
            in_reply_to=reply_to or "",
            references=(reply_to,) if reply_to else (),
            auto_submitted="auto-generated" if reply_to is None else "auto-replied",
            text=text.body,
            attachments=attached,
            boundary=new_id.partition("@")[0],
            padded=service.padded,
        )
    )
