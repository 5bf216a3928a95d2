"""The one way in which a notice to a counselor is made: with what can be done next below. Called by all ``letters``."""

from __future__ import annotations

from datetime import datetime

from relay.flow.footers import with_actions
from relay.flow.notice import notice
from relay.flow.outcomes import Face, Outgoing, OutgoingKind
from relay.flow.values import Person, Service
from relay.mail.texts import Text, Texts


def from_desk(
    texts: Texts,
    counselor: Person,
    text: Text,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str | None = None,
    about: str = "",
) -> Outgoing:
    """A notice from the desk, to the registered address.

    ``reply_to``: the id of the message that it answers; ``about``: the alias of the seeker whom it is about, where this
    counselor has them.
    """
    return _made(
        texts, counselor, text, service.name, service.at("desk"), about, service, now, new_id, reply_to
    )


def from_alias(
    texts: Texts, counselor: Person, text: Text, seeker: Person, service: Service, now: datetime, new_id: str
) -> Outgoing:
    """A notice that an answer to goes to the seeker, from the alias that stands for them."""
    alias = seeker.alias
    return _made(texts, counselor, text, seeker.stands_as, alias, alias, service, now, new_id, None)


def _made(
    texts: Texts,
    counselor: Person,
    text: Text,
    from_name: str,
    from_address: str,
    about: str,
    service: Service,
    now: datetime,
    new_id: str,
    reply_to: str | None,
) -> Outgoing:
    address = counselor.addresses[0]
    text = with_actions(text, texts, counselor.language, service.at("desk"), about)
    message = notice(text, from_name, from_address, address, service, now, new_id, reply_to)
    return Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, address, message)
