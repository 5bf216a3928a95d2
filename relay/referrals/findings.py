"""What readers say about a directory: entries that can be used, and every row that cannot, with its place and reason.

Made by the readers, printed by ``command``. A finding quotes the directory, which is public, and never more than a
few words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from relay.domain.referrals import Referral

LIKE_SHOWN = 10
"""So many of what is wrong in the same way are named, when the rows were used all the same."""
_QUOTED_CHARS = 40
_QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. ``is_bad``: the row was not used; else it was, without what is wrong."""

    file: str
    line: int
    column: str
    reason: str
    is_bad: bool = True

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        column = f", column {self.column}" if self.column else ""
        told = f"{place}{column}: {self.reason}{'; the row was not used' if self.is_bad else ''}"
        return told if told.isprintable() else "".join(c if c.isprintable() else "?" for c in told)


@dataclass(slots=True)
class Reading:
    """What came of reading a directory.

    ``refused``: ids of entries that are in the directory, but whose rows cannot be used; what the store has of
    them stays. ``is_whole``: everything that the directory holds is here, so that what is missing is gone.
    ``form``: what the files were taken for.
    """

    form: str
    entries: list[Referral] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    is_whole: bool = True

    _seen: set[Finding] = field(default_factory=set)

    def bad(self, file: str, line: int, column: str, reason: str) -> None:
        """This row is not used."""
        self._add(Finding(file, line, column, reason))

    def note(self, file: str, line: int, column: str, reason: str) -> None:
        """This row is used, without what is said here."""
        self._add(Finding(file, line, column, reason, is_bad=False))

    def _add(self, finding: Finding) -> None:
        """Once: a number that a hundred services share is met a hundred times."""
        if finding not in self._seen:
            self._seen.add(finding)
            self.findings.append(finding)

    @property
    def bad_rows(self) -> int:
        """How many rows were not used."""
        return len({(each.file, each.line) for each in self.findings if each.is_bad})


def report(findings: Iterable[Finding], *, is_full: bool) -> Iterator[str]:
    """Every row that was not used, and of what is merely wrong with others the first few of each kind."""
    kinds: Counter[tuple[str, str, str]] = Counter()
    for each in findings:
        kind = (each.file, each.column, _QUOTED.sub("", each.reason))
        kinds[kind] += not each.is_bad
        if each.is_bad or is_full or kinds[kind] <= LIKE_SHOWN:
            yield str(each)
    for (file, column, reason), count in kinds.items():
        if count > LIKE_SHOWN and not is_full:
            where = f"{file}, column {column}" if column else file
            yield f"{where}: {count - LIKE_SHOWN} more like this ({' '.join(reason.split())}); --all names them"


def quoted(value: object) -> str:
    """A value in a finding, on one line and not longer than it has to be."""
    text = re.sub(r"[\s\x00-\x1f\x7f]+", " ", str(value)).strip()
    return f"'{text[: _QUOTED_CHARS - 1]}…'" if len(text) > _QUOTED_CHARS else f"'{text}'"


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them."""
    return ", ".join(names)
