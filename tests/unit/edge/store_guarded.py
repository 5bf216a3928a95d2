"""A store whose data keys are copied to a folder that the database's enemy cannot write to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from relay.edge.store import open_store
from relay.edge.store.tables import metadata
from tests.unit.edge.store_world import NOW, World

Rows = Sequence[tuple[Any, ...]]


class Guarded(World):
    """The store, and what its enemy does: rows are kept, and put in the place of what there is later."""

    @property
    def copy(self) -> Path:
        return self.folder.parent / "keys" / "relay.keys"

    def open_guarded(self, *, key: Path | None = None) -> None:
        self.copy.parent.mkdir(parents=True, exist_ok=True)
        self.store = open_store(
            self.url, key or self.key_file,
            key_copy=self.copy, clock=lambda: NOW, unreadable=self.told.append,
        )  # fmt: skip

    async def renew(self) -> bool:
        assert self.store.key_copy is not None
        return await self.store.key_copy.renew()

    def rows(self, *tables: str) -> dict[str, Rows]:
        """All rows of these tables, as they are now."""
        return {
            each: [tuple(row) for row in self.run(f"SELECT {', '.join(columns(each))} FROM {each}")]
            for each in tables
        }

    def put_back(self, kept: dict[str, Rows]) -> None:
        """These rows, and no others, stand in their tables."""
        for table, rows in kept.items():
            self.run(f"DELETE FROM {table}")
            for row in rows:
                marks = ", ".join("?" for _ in row)
                self.run(f"INSERT INTO {table} ({', '.join(columns(table))}) VALUES ({marks})", row)

    def put_back_conversation(self, kept: dict[str, Rows], conversation_id: bytes) -> None:
        """The row of a conversation as it was, and nothing else of it."""
        names = columns("conversations")
        (row,) = [each for each in kept["conversations"] if bytes(each[0]) == conversation_id]
        changed = ", ".join(f"{name} = ?" for name in names)
        self.run(f"UPDATE conversations SET {changed} WHERE conversation_id = ?", (*row, conversation_id))


def columns(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].columns]
