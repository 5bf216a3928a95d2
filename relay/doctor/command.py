"""``relay check --live``: asks every probe at a time, and tells what they found, in words or as values."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from relay import checking, log
from relay.config import Settings
from relay.doctor.around import Around
from relay.doctor.findings import Finding, Level, critical, exit_code
from relay.doctor.probes import PROBES, Probe
from relay.domain.roster import Roster
from relay.edge.dns import Dns
from relay.errors import ConfigError
from relay.operating.showing import as_json, counted, told

WITHIN_S = 120.0
"""For one probe; a letter through a provider may take most of it."""

FETCH_S = 8.0
MAX_POLICY_OCTETS = 65_536
"""As RFC 8461 §3.3 has it for a policy."""

Found = Mapping[str, list[Finding]]
"""The findings of each subject, also of those that have none."""


def check(config: Path, *, as_values: bool) -> int:
    """Look at everything and print it; the exit code: 0 well, 1 with a warning, 2 with something critical."""
    log.configure("error")
    try:
        settings, roster = checking.read(config)
    except ConfigError as error:
        found: Found = {"settings": [_unread(problem) for problem in error.problems]}
    else:
        found = asyncio.run(look(around(settings, roster)))
    print(as_json(values(found)) if as_values else "\n".join(page(found)))
    return exit_code(each for findings in found.values() for each in findings)


def around(settings: Settings, roster: Roster) -> Around:
    """The world as it is now."""
    now = datetime.now(UTC)
    advice = tuple(checking.of_files(settings, now))
    return Around(settings, roster, now, Dns(settings.dns.servers), fetch, advice)


async def look(world: Around, probes: Mapping[str, Probe] = PROBES) -> Found:
    """Ask all probes at a time. One that fails or does not end is a finding of its own."""
    answers = await asyncio.gather(*(_answer(probe, world) for probe in probes.values()))
    return dict(zip(probes, answers, strict=True))


async def _answer(probe: Probe, world: Around) -> list[Finding]:
    try:
        async with asyncio.timeout(WITHIN_S):
            return await probe(world)
    except Exception as error:  # noqa: BLE001 - what a doctor stumbles over must not hide what the others see
        return [
            critical(
                f"this could not be looked at ({type(error).__name__})",
                "what cannot be seen may be wrong",
                "run it as the relay's user; if it stays so, it is a fault of ours worth a report",
            )
        ]


async def fetch(url: str) -> str | None:
    """The text there, of at most 64 KiB and without following anybody elsewhere (RFC 8461 §3.3)."""
    try:
        async with (
            httpx.AsyncClient(timeout=FETCH_S, follow_redirects=False) as web,
            web.stream("GET", url) as answer,
        ):
            if answer.status_code != 200:
                return None
            octets = b""
            async for piece in answer.aiter_bytes():
                octets += piece
                if len(octets) > MAX_POLICY_OCTETS:
                    return None
            return octets.decode("utf-8", "replace")
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _unread(problem: str) -> Finding:
    what, _, remedy = problem.rpartition("; ")
    return critical(what or problem, "the daemon does not start with these files",
                    remedy if what else "write it as the example configuration does")  # fmt: skip


def page(found: Found) -> Iterator[str]:
    """Everything on one page, the worst first within each subject."""
    for subject, findings in found.items():
        for each in sorted(findings, key=lambda one: -list(Level).index(one.level)):
            yield from told(f"{each.level.value.upper():<9} {subject}: {each.what}.")
            yield from told(f"Why: {each.why}.", "          ")
            yield from told(f"Do:  {each.remedy}.", "          ")
            yield ""
    fine = [subject for subject, findings in found.items() if not findings]
    if fine:
        yield from told(f"Nothing to say of: {', '.join(fine)}.")
    yield _sum(found)


def _sum(found: Found) -> str:
    all_of_them = [each.level for findings in found.values() for each in findings]
    counts = [
        counted(all_of_them.count(Level.CRITICAL), "critical finding"),
        counted(all_of_them.count(Level.WARNING), "warning"),
        counted(all_of_them.count(Level.HINT), "hint"),
    ]
    return f"{', '.join(counts)}; {counted(len(found), 'subject')} looked at."


def values(found: Found) -> dict[str, Any]:
    """The same for a program."""
    flat = [(subject, each) for subject, findings in found.items() for each in findings]
    return {
        "exit_code": exit_code(each for _, each in flat),
        "looked_at": list(found),
        "findings": [
            {"subject": s, "level": f.level.value, "what": f.what, "why": f.why, "remedy": f.remedy}
            for s, f in flat
        ],
    }
