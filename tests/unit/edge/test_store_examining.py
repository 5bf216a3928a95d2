"""What the doctor asks of a database: read alone, without a key, on both kinds of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.edge.store import newest_at
from relay.errors import ConfigError
from tests.support import storage
from tests.unit.edge.store_world import NOW, World


async def test_the_newest_message_says_until_when_it_was_written_to(tmp_path: Path) -> None:
    """None at first; then that of the letter, whoever runs beside it."""
    world = World(tmp_path / "state")
    store = world.open_fresh()
    try:
        assert newest_at(world.url) is None
        await world.accept()
        assert newest_at(world.url) == NOW
    finally:
        await store.close()


@storage.only_sqlite
def test_a_database_that_is_not_there_has_no_letter_and_one_that_is_none_a_sentence(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    assert newest_at(f"sqlite:///{tmp_path}/relay.db") is None
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "relay.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigError, match="cannot be read"):
        newest_at(f"sqlite:///{tmp_path}/relay.db")
