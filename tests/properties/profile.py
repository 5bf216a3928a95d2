"""How many examples: a few in every run, very many when ``RELAY_EXAMPLES`` says so (``make test-long``)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("RELAY_EXAMPLES", "200"))
IS_LONG = EXAMPLES > 1000


def examples(share: float = 1.0) -> settings:
    """Settings for a test that takes a share of the examples. Our own limit replaces the deadline: it
    counts processor time. Ordinary runs repeat the same examples, so that a failure is nobody's luck.
    """
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        deadline=None,
        derandomize=not IS_LONG,
        database=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
