"""What a report says of one of our deliveries. Called by ``settling``, within its transaction.

A report comes twice, or one comes for each of several letters to a mailbox that is gone, at the same moment and at
different nodes. Whether it is news is decided here and nowhere before: the row of the delivery takes one final fact,
and none once the alias that the letter is from has been retired and its words went along. So whoever has to hear of it
hears of it once.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, case, exists, or_, update

from relay.domain.bounces import Fact
from relay.domain.deliveries import DeliveryEvent, DeliveryState, advance
from relay.edge.store.tables import aliases, deliveries

_IS_THIS = deliveries.c.delivery_id == bindparam("this")
_IS_OPEN = or_(
    deliveries.c.fact.is_(None), *(deliveries.c.fact == each.value for each in Fact if not each.is_final)
)
_IS_IN_USE = or_(
    deliveries.c.alias.is_(None),
    exists().where(aliases.c.token == deliveries.c.alias, aliases.c.retired_at.is_(None)),
)
_NOTE_FINAL = (
    update(deliveries)
    .where(_IS_THIS)
    .values(
        fact=bindparam("its_fact"),
        state=case(
            (
                deliveries.c.state == DeliveryState.DELIVERED.value,
                advance(DeliveryState.DELIVERED, DeliveryEvent.RETURNED).value,
            ),
            else_=deliveries.c.state,
        ),
    )
)
_NOTE_FIRST = _NOTE_FINAL.where(_IS_OPEN)
_NOTE_NEWS = _NOTE_FIRST.where(_IS_IN_USE)
_NOTE = update(deliveries).where(_IS_THIS, _IS_OPEN).values(fact=bindparam("its_fact"))


def note(connection: Connection, delivery_id: bytes, fact: Fact) -> None:
    """Write what a report says of a delivery; a final one is not taken back by a later one that is not."""
    statement = _NOTE_FINAL if fact.is_final else _NOTE
    connection.execute(statement, {"this": delivery_id, "its_fact": fact.value})


def is_news(connection: Connection, delivery_id: bytes, fact: Fact, *, was_left: bool) -> bool:
    """Write a final fact that somebody is told of; ``False``, and nothing is written, when it changes nothing now.

    ``was_left``: its words were left behind when the alias was retired, so that each such letter is news by itself.
    """
    statement = _NOTE_FIRST if was_left else _NOTE_NEWS
    return connection.execute(statement, {"this": delivery_id, "its_fact": fact.value}).rowcount > 0
