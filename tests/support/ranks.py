"""Whether two samples come from the same distribution: Mann and Whitney's test of ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """The two-sided probability of a difference at least this large by chance; for a dozen values and more.

    The normal approximation with its correction for ties (Mann and Whitney 1947).
    """
    n, m = len(one), len(other)
    ordered = sorted([(value, True) for value in one] + [(value, False) for value in other])
    rank_sum = ties = below = 0.0
    for _, group in groupby(ordered, key=lambda pair: pair[0]):
        of_one = [is_one for _, is_one in group]
        size = len(of_one)
        rank_sum += sum(of_one) * (below + (size + 1) / 2)
        ties += size**3 - size
        below += size
    u = rank_sum - n * (n + 1) / 2
    total = n + m
    spread = math.sqrt(n * m / 12 * ((total + 1) - ties / (total * (total - 1))))
    return math.erfc(abs(u - n * m / 2) / spread / math.sqrt(2)) if spread else 1.0
