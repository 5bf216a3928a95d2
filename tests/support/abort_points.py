"""``python -m tests.support.abort_points``: the daemon, which ends itself at a named point, the nth time it comes there.

``RELAY_FAULT=point:n`` names it. The product has no hook for this: its own functions are wrapped before it starts. The
end is SIGKILL from within, so that nothing is finished, flushed or told.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

POINTS: dict[str, tuple[str, str, bool]] = {
    "after-data": ("relay.flow.accept:Reception", "commit", False),
    "before-commit": ("relay.edge.store.inbox", "accept_all", False),
    "after-commit": ("relay.edge.store.store:SqlStore", "accept", True),
    "before-reply": ("relay.flow.accept:Reception", "commit", True),
    "parse": ("relay.edge.workers.pool:WorkerPool", "open", False),
    "render": ("relay.edge.workers.pool:_Worker", "ask", False),
    "rendered": ("relay.edge.workers.pool:_Worker", "ask", True),
    "before-settling": ("relay.edge.store.settling", "settle", False),
    "settled": ("relay.edge.store.settling", "settle", True),
    "before-mail": ("relay.edge.smtp_out.session:Session", "deliver", False),
    "after-dot": ("relay.edge.smtp_out.session:Session", "deliver", True),
    "before-mark-sent": ("relay.edge.store.store:SqlStore", "record", False),
    "after-mark-sent": ("relay.edge.store.store:SqlStore", "record", True),
}
"""Where, what, and whether the end comes when it is done instead of before it is begun."""

MAY_DOUBLE = {"after-dot", "before-mark-sent"}
"""Between the final dot and our note of it: the next hop has the message, and we do not know."""


def main() -> int:
    point, _, nth = os.environ.get("RELAY_FAULT", "").partition(":")
    if point:
        _arm(*POINTS[point], int(nth))
    from relay.cli import main as relay

    return relay()


def _arm(place: str, name: str, afterwards: bool, nth: int) -> None:
    module, _, owner = place.partition(":")
    holder: Any = importlib.import_module(module)
    if owner:
        holder = getattr(holder, owner)
    work: Callable[..., Any] = getattr(holder, name)
    left = [nth]

    def end(now: bool) -> None:
        if now is afterwards:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(work)
    async def waited(*args: Any, **kwargs: Any) -> Any:
        end(now=False)
        result = await work(*args, **kwargs)
        end(now=True)
        return result

    @functools.wraps(work)
    def called(*args: Any, **kwargs: Any) -> Any:
        end(now=False)
        result = work(*args, **kwargs)
        end(now=True)
        return result

    setattr(holder, name, waited if asyncio.iscoroutinefunction(work) else called)


if __name__ == "__main__":
    sys.exit(main())
