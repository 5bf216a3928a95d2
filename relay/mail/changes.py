"""The words for what the rebuild does to a message: constants, so that no change can carry text of it.

``rebuild`` counts with them, ``flow.compose`` hands them on, ``relay explain`` has a sentence for each.
"""

from __future__ import annotations

from enum import StrEnum


class What(StrEnum):
    """One kind of change."""

    ADDRESS_REPLACED = "address-replaced"
    LOCAL_PART_REPLACED = "local-part-replaced"
    DOMAIN_REPLACED = "domain-replaced"
    NAME_REPLACED = "name-replaced"
    PRIVATE_REPLACED = "private-replaced"
    ALIAS_REPLACED = "alias-replaced"
    QUOTE_OR_SIGNATURE_CUT = "quote-or-signature-cut"
    LINK_TIDIED = "link-tidied"
    FILE_MADE_ANEW = "file-made-anew"
    FILE_REMOVED = "file-removed"


class Place(StrEnum):
    """Where in the message something was replaced."""

    TEXT = "text"
    SUBJECT = "subject"
    FILE = "file"


REPLACED = {
    "address": What.ADDRESS_REPLACED,
    "local part": What.LOCAL_PART_REPLACED,
    "domain": What.DOMAIN_REPLACED,
    "name": What.NAME_REPLACED,
    "private": What.PRIVATE_REPLACED,
    "alias": What.ALIAS_REPLACED,
}
"""The change for each of ``identity.KINDS``."""


class Tally:
    """Counts changes by what was done and where or why; ``why`` is a constant word too."""

    def __init__(self) -> None:
        self._counts: dict[tuple[What, str], int] = {}

    def add(self, what: What, why: str = "", count: int = 1) -> None:
        """Count one change, or several of a kind."""
        self._counts[what, why] = self._counts.get((what, why), 0) + count

    def replaced(self, counts: tuple[tuple[str, int], ...], place: Place) -> None:
        """Count what ``identity.replace`` did in one place."""
        for kind, count in counts:
            self.add(REPLACED[kind], place, count)

    def counts(self) -> tuple[tuple[str, str, int], ...]:
        """What, why and how often, in a fixed order; plain strings, as they cross to other processes."""
        return tuple((str(what), str(why), count) for (what, why), count in sorted(self._counts.items()))
