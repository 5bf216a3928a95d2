"""What the kernel says of a process's memory, as the bench reads it."""

from __future__ import annotations

import os

from bench.memory import kib_of, pss_mib

ROLLUP = b"""55c0-7ffd ---p 00000000 00:00 0    [rollup]
Rss:               12345 kB
Pss:                6789 kB
Pss_Dirty:          1111 kB
Pss_Anon:           2222 kB
"""


def test_the_share_of_a_process_is_its_pss_and_no_other_line() -> None:
    """RSS would count what two processes share twice; the lines after it are parts of it."""
    assert kib_of(ROLLUP) == 6789


def test_a_process_that_is_gone_has_none() -> None:
    """A process that has ended and was not waited for yet has an empty file."""
    assert kib_of(b"") == 0
    assert pss_mib([2**30]) == 0


def test_a_living_process_has_some() -> None:
    """An interpreter takes some megabytes at least."""
    assert pss_mib([os.getpid()]) > 5
