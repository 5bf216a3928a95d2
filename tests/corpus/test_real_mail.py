"""Every letter of the corpus goes through the running daemon, as a request and as a reply of either side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.corpus import fidelity, leaks
from tests.corpus.ledger import Fate
from tests.corpus.letters import samples
from tests.corpus.line import CorpusLine

pytestmark = pytest.mark.corpus

LIMIT_S = 2.0
"""From ``250`` to the fate, for the slowest letter, with four under way on two cores."""

ENDS = {"relayed", "held", "absorbed", "repeated"}
TROUBLE = {"worker.killed", "message.retried", "reception.failed", "relay.failed", "store.failed", "delivery.deferred",
           "delivery.bounced"}  # fmt: skip

Record = Callable[[str, object], None]


@pytest.mark.parametrize("direction", ["request", "reply by the counselor", "reply by the seeker"])
async def test_each_letter_of_the_corpus_ends_once_in_time_and_names_nobody(
    direction: str, tmp_path: Path, record_property: Record
) -> None:
    """None is lost, none breaks a worker, none takes long, none tells who wrote it, and the words arrive (P1, P3)."""
    letters = list(samples())
    async with CorpusLine(tmp_path / "relay") as line:
        ledger = await line.run(direction, letters)
        code = await line.daemon.stop()
    fates = ledger.fates
    share, table, weak = fidelity.shares(fates)
    record_property("table", f"{ledger.table()}\n{table}\n  {share:.3%} of the words above a quote arrived")

    assert code == 0
    assert line.daemon.other_output == []
    assert [entry.fields for entry in line.daemon.log if entry.event in TROUBLE] == []
    assert sorted(fate.sample.name for fate in fates) == sorted(letter.name for letter in letters)
    assert _names(fates, lambda fate: fate.what not in ENDS) == []
    assert _names(fates, lambda fate: fate.what in {"held", "absorbed"} and not fate.reason) == []
    assert _names(fates, lambda fate: fate.reason.startswith(("poison", "leak"))) == []
    assert _names(fates, lambda fate: fate.took_s > LIMIT_S) == []
    assert _names(fates, lambda fate: bool(leaks.found(fate))) == []
    assert share >= fidelity.SHARE
    assert weak == []


def _names(fates: Sequence[Fate], wanted: Callable[[Fate], bool]) -> list[str]:
    return [
        f"{fate.sample.name}: {fate.what} {fate.reason} {fate.took_s:.1f} s" for fate in fates if wanted(fate)
    ]
