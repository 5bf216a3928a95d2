"""Supervisors stand beside the counselors; a line can do without any, and nobody is mixed up with somebody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.config import load
from relay.domain.roster import Supervisor
from tests.unit.config.folder import COUNSELORS, RELAY, problems, write

ROWAN = """
[[supervisor]]
id = "rowan"
pseudonym = "Rowan"
address = "sage@home.test"
also_from = ["sage@work.test"]
language = "de"
queues = ["grief"]
"""
WITH_GRIEF = RELAY.replace("[smtp]", '[[queue]]\nname = "grief"\n\n[smtp]')


def test_a_line_without_supervisors_has_none(tmp_path: Path) -> None:
    """It is no mistake."""
    assert load(write(tmp_path)).roster().supervisors == ()


def test_a_supervisor_watches_over_the_queues_that_are_named(tmp_path: Path) -> None:
    """None named means all."""
    all_of_them = ROWAN.replace('queues = ["grief"]', "").replace("owan", "ue").replace("sage@", "rue@")
    roster = load(write(tmp_path, WITH_GRIEF, counselors=COUNSELORS + ROWAN + all_of_them)).roster()
    assert [each.supervisor_id for each in roster.supervisors_of("grief")] == ["rowan", "rue"]
    assert [each.supervisor_id for each in roster.supervisors_of("general")] == ["rue"]
    rowan = roster.supervisor("rowan")
    assert isinstance(rowan, Supervisor)
    assert "sage" not in repr(rowan)
    assert rowan.language == "de"


@pytest.mark.parametrize(
    ("good", "bad", "where", "says"),
    [
        ('id = "rowan"', 'id = "ana"', "supervisor[1].id", "is the same as counselor[1].id"),
        ('"Rowan"', '"Robin"', "supervisor[1].pseudonym", "is the pseudonym of somebody else"),
        ('"sage@home.test"', '"sage@relay.test"', "supervisor[1].address", "is at service.domain"),
        ('"sage@work.test"', '"sage@home.test"', "supervisor[1].also_from[1]", "is the same as"),
        ('"sage@home.test"', '"sage"', "supervisor[1].address", "is not a plain address"),
        ('["grief"]', '["Grief!"]', "supervisor[1].queues[1]", "must be 1 to 32 small letters"),
        ('language = "de"', "boss = true", "supervisor[1].boss", "unknown key"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, good: str, bad: str, where: str, says: str) -> None:
    """In words, and without the address."""
    (found,) = problems(write(tmp_path, WITH_GRIEF, counselors=COUNSELORS + ROWAN.replace(good, bad)))
    assert f": {where}: " in found
    assert says in found
    assert "sage" not in found


def test_a_queue_that_there_is_not_is_told(tmp_path: Path) -> None:
    """A slip of the pen would leave a queue without anybody to watch over it."""
    (found,) = problems(write(tmp_path, counselors=COUNSELORS + ROWAN))
    assert "supervisor[1].queues[1]: is a queue that no [[queue]] and no [[intake]] has" in found


def test_a_counselor_may_be_a_supervisor_too(tmp_path: Path) -> None:
    """In a small line the same person is both: the same pseudonym under the same address."""
    both = ROWAN.replace("Rowan", "Robin").replace("sage@home.test", "ana.ruiz@home.test")
    roster = load(write(tmp_path, WITH_GRIEF, counselors=COUNSELORS + both)).roster()
    assert roster.supervisors[0].address.same_as(roster.counselors[0].address)
