"""What the tests of the readers share: directories made of texts, and short ways to read them."""

from __future__ import annotations

from datetime import date

from relay.referrals.archive import Source
from relay.referrals.context import Context
from relay.referrals.findings import Reading
from relay.referrals.mapping import Mapping
from relay.referrals.reading import read

TODAY = date(2030, 3, 4)


def read_files(files: dict[str, str], mapping: Mapping | None = None, **told: object) -> Reading:
    """Read files by name."""
    context = Context(source="test", today=TODAY, **told)  # type: ignore[arg-type]
    sources = [Source(name, "", text.encode()) for name, text in files.items()]
    return read(sources, context, mapping)


def said(reading: Reading) -> list[str]:
    """The findings as the operator reads them."""
    return [str(finding) for finding in reading.findings]
