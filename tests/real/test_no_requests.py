"""No request because of a message: 39 trackers pass both ways, and the wire shows nobody but the next hop.

The daemon is a real process in a network namespace of its own, where every address of the world is on loopback and
every packet is seen (``support.wire``). A machine on which that cannot be made is a failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.leaks.rows_html import TRACKERS
from tests.support.namespace import unshared

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
ALL_S = 300.0


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened in the namespace."""
    folder = tmp_path_factory.mktemp("sealed")
    done = subprocess.run(
        [*unshared(), sys.executable, "-m", "tests.real.sealed_line", str(folder / "line")],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=ALL_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_39_trackers_pass_both_ways_and_nobody_is_asked(report: dict[str, Any]) -> None:
    """0 HTTP, 0 DNS: whoever is addressed on the wire is the door or the next hop."""
    assert len(TRACKERS) == 39
    assert report["delivered"] == 2 * (39 + 1)
    assert report["words_in_them"] == report["delivered"]
    door, next_hop = report["door"], report["next_hop"]
    assert report["contacts"] == sorted([["tcp", "127.0.0.1", door], ["tcp", "127.0.0.1", next_hop]])
    assert report["dropped"] == 0


def test_no_tracker_arrives(report: dict[str, Any]) -> None:
    """Nor can the reader's program ask anybody: the host of no tracker is in any delivered message."""
    assert report["trackers_in_them"] == []


def test_the_wire_shows_what_asks(report: dict[str, Any]) -> None:
    """A look-up and two connections made on purpose were seen: the first test can fail."""
    assert ["tcp", "198.51.100.7", 80] in report["control"]
    assert ["tcp", "2001:db8::7", 80] in report["control"]
    assert any(protocol == "udp" and port == 53 for protocol, _, port in report["control"])
