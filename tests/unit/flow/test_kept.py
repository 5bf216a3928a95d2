"""Notices that wait for encryption: what may leave, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime

from relay.flow.kept import Keeper
from relay.flow.outcomes import Face, KeptNotice, LeasedDelivery, Outgoing, OutgoingKind
from relay.flow.sealer import Sealer
from tests.support.line import FakeClock

NOTICE = Outgoing(OutgoingKind.NOTICE, Face.COUNSELOR, "ana@home.test", b"CANARY")


class NobodysKeys:
    """Nobody has a key any more."""

    def seals_to(self, _person_id: str) -> bool:
        return False


class Shelf:
    """One notice that is kept, and what leaves."""

    def __init__(self) -> None:
        self.left: list[LeasedDelivery] = []

    async def waiting(self, _limit: int) -> tuple[KeptNotice, ...]:
        return (KeptNotice(NOTICE, "ana", None, b"n" * 16),)

    async def queue_notice(
        self, notice: LeasedDelivery, now: datetime, instead_of: bytes | None = None
    ) -> LeasedDelivery:
        self.left.append(notice)
        return notice


async def test_what_was_kept_never_leaves_in_clear_when_its_reader_has_no_key_any_more() -> None:
    """Whoever has left the line, or whose key was taken out: the notice waits, and is not sent as it is."""
    shelf = Shelf()
    sealer = Sealer(NobodysKeys(), None, lambda size: b"\0" * size)  # type: ignore[arg-type]
    clock = FakeClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    await Keeper(shelf, shelf, sealer, lambda _: None, clock).look()
    assert shelf.left == []
