"""The leak matrix a second time, with encryption on both legs and keys that open everything: 0 hits.

What a seeker or a counselor writes comes sealed to the line's key; what goes to either is sealed to theirs. Each
message is searched as it is sent and as its reader opens it.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from relay.domain.conversations import Side
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia
from relay.flow.compose import read
from tests.leaks.case import RELAYED, Case
from tests.leaks.passage import author_of, faults_of, text_of
from tests.leaks.sealed import InProcess, keys, pass_on_sealed, sealed_by_author
from tests.leaks.switches import turn_off
from tests.leaks.test_matrix import IDS, SENT, leaks

each_row = pytest.mark.parametrize(("case", "side"), SENT, ids=IDS)
SAMPLE = tuple(
    (case, side) for case, side in SENT if zlib.crc32(f"{case.id}/{side.value}".encode()) % 25 == 0
)
"""One in 25, always the same: through each real engine, and with its protections off."""

sample = pytest.mark.parametrize(
    ("case", "side"), SAMPLE, ids=[f"{case.id}-{side.value}" for case, side in SAMPLE]
)
INSIDE = {"HP-Outer"}
"""A field of what lies inside; there are as many as outside has."""


async def _searched(case: Case, side: Side, engine: InProcess | GnuPg | Sequoia) -> None:
    who = author_of(case, side)
    passage, raw = await pass_on_sealed(case, who, side, engine)
    assert passage.ends == case.ends
    assert leaks(passage.others, (*who.secrets, *case.planted(who))) == []
    assert [fault for message in raw for fault in faults_of(message)] == []
    assert not [name for name in keys().names for message in passage.others if name in message]
    if case.ends != RELAYED:
        assert passage.received == ()
        return
    as_sent, as_opened = passage.received
    assert who.token_word in text_of(as_opened)
    assert who.token_word.encode() not in as_sent
    assert [fault for fault in faults_of(as_opened) if fault.split()[-1] not in INSIDE] == []


@each_row
async def test_nothing_of_the_author_is_in_what_the_reader_opens(case: Case, side: Side) -> None:
    """All rows, by Sequoia's functions in this process."""
    await _searched(case, side, InProcess())


@sample
async def test_nor_with_gnupg(case: Case, side: Side, tmp_path: Path) -> None:
    await _searched(case, side, GnuPg(tmp_path / "h"))


@sample
async def test_nor_with_sequoia(case: Case, side: Side) -> None:
    await _searched(case, side, Sequoia())


@sample
async def test_sealed_rows_leak_without_their_protections(
    case: Case, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is planted is found inside of what the reader opens: the search above can fail."""
    who = author_of(case, side)
    raw = sealed_by_author(case.build(who), InProcess())
    mail = read(raw, case.build(who))
    assert mail is not None
    turn_off(case.off, monkeypatch, mail)
    passage, _ = await pass_on_sealed(case, who, side, InProcess())
    opened = passage.received[-1:]
    planted = case.planted(who)
    assert sorted(leaks(opened, planted)) == sorted(set(planted))
    assert planted or any(faults_of(message) for message in opened)
