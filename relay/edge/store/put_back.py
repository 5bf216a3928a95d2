"""What of a database was put back from before, changed or taken away, by what the copy of the data keys knows of it.

Called by ``key_copy``, which reads the one and the other. What only one of them has was made or forgotten since, but
for seals that have to be there for as long as they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from relay.edge.store import blocks
from relay.edge.store.keys import Keyring
from relay.edge.store.seals import Of, Seal
from relay.edge.store.tables import conversations
from relay.errors import CipherError

Known = tuple[bytes, int]
"""A conversation and its version."""

AHEAD: Final = timedelta(hours=1)
"""How far the clock of a node that sweeps may be before ours: what ends sooner is not missed."""


@dataclass(frozen=True, slots=True)
class Behind:
    """``rows``: conversations, with the version that is known. ``wrong``: seals as found (if any), and as known."""

    rows: tuple[Known, ...] = ()
    wrong: tuple[tuple[Seal | None, Seal], ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The table of each, for whoever is told."""
        return (*(conversations.name for _ in self.rows), *(known.of.value for _, known in self.wrong))


NOTHING: Final = Behind()


class Copied:
    """What a copy knows. ``seals``: there once ``versions`` has come to its end; ``None`` in one of an older relay."""

    def __init__(self, values: Iterator[Any]) -> None:
        self._values = values
        self.seals: list[Seal] | None = None

    def versions(self) -> Iterator[Known]:
        """All conversations with their versions, in the order of their ids. Raises ``NotWholeError``."""
        next(self._values, None)
        for value in self._values:
            if value[0] == "known":
                yield from value[1]
            elif value[0] == "seals":
                self.seals = [
                    *(self.seals or ()), *(Seal(Of(of), *rest) for of, *rest in value[1] if of in _KINDS)
                ]  # fmt: skip


_KINDS = frozenset(each.value for each in Of)


def behind(known: Iterator[Known], there: Iterator[Any]) -> Iterator[Known]:
    """Conversations whose version is lower than the known one. Both come in the order of their ids."""
    row = next(there, None)
    for whose, version in known:
        while row is not None and bytes(row[0]) < whose:
            row = next(there, None)
        if row is not None and bytes(row[0]) == whose and row[1] < version:
            yield whose, version


def wrong(
    keyring: Keyring, known: Iterable[Seal], there: Iterable[Seal], now: datetime
) -> Iterator[tuple[Seal | None, Seal]]:
    """Seals that are older than the known ones, do not open, or are gone though they have to be there."""
    found = {(each.of, each.row_id): each for each in there}
    for each in known:
        row = found.get((each.of, each.row_id))
        if row is None:
            if _is_owed(keyring, each, now):
                yield None, each
        elif row.version < each.version or not row.is_whole(keyring):
            yield row, each


def as_values(there: Iterable[Seal], behind: Behind) -> Iterator[list[Any]]:
    """Seals for a new copy, in the form in which it keeps them: of those that are wrong the known ones."""
    right = {(known.of, known.row_id): known for _, known in behind.wrong}
    for each in {**{(each.of, each.row_id): each for each in there}, **right}.values():
        yield [each.of.value, each.row_id, each.version, each.sealed]


def _is_owed(keyring: Keyring, known: Seal, now: datetime) -> bool:
    """Whether it must still be there. What counselors have of it goes with them, and they begin anew."""
    try:
        said = known.opened(keyring)
    except CipherError:
        return False
    return known.of is Of.KEY or (known.of is Of.BLOCK and blocks.is_owed(said, now + AHEAD))
