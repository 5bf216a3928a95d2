"""Until when a database has been written to: what the doctor compares the clock with.

Called by ``relay check --live``; reads alone, beside a daemon or without one, and needs no key. Whether the database is
whole, ours and careful is ``opening.look``'s to say.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from relay.edge.store import engines, files
from relay.edge.store.micros import from_micros
from relay.edge.store.tables import entries
from relay.errors import ConfigError


def newest_at(url: str) -> datetime | None:
    """When the latest message that is known came in, if any did. Raises ``ConfigError`` when it cannot be read."""
    engines.mute_libraries()
    parsed = engines.parse_url(url)
    database = engines.database_file(parsed)
    if database is not None and files.is_new(database):
        return None
    engine = engines.make_engine(parsed, writes=False)
    try:
        with engine.begin() as connection:
            newest = connection.execute(select(func.max(entries.c.received_at))).scalar()
    except SQLAlchemyError:
        raise ConfigError(("storage.url: the database cannot be read",)) from None
    finally:
        engine.dispose()
    return None if newest is None else from_micros(int(newest))
