"""What most tests of the store begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.edge.store_guarded import Guarded
from tests.unit.edge.store_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An empty store in a folder of its own."""
    made = World(tmp_path / "state")
    made.open_fresh()
    yield made
    await made.store.close()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Guarded]:
    """One whose data keys are copied to a folder of theirs."""
    made = Guarded(tmp_path / "state")
    made.open_fresh()
    await made.store.close()
    made.open_guarded()
    assert await made.renew()
    yield made
    await made.store.close()
