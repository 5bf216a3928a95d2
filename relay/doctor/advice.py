"""What ``relay check`` finds in the files alone: allowed, and hardly meant."""

from __future__ import annotations

from relay.doctor.around import Around
from relay.doctor.findings import Finding, warning


async def look(around: Around) -> list[Finding]:
    """Each sentence ends in its remedy where it has one."""
    return [_finding(sentence) for sentence in around.advice]


def _finding(sentence: str) -> Finding:
    what, _, remedy = sentence.rpartition("; ")
    remedy = remedy.removeprefix("do: ") if what else "see whether you mean it"
    return warning(what or sentence, "it is allowed, and hardly meant", remedy)
