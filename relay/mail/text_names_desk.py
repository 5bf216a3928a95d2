"""The words in answers to counselors' commands, with their placeholders: the part of ``text_names`` that the desk uses.

``fault.…``: what is unclear about a line. ``refused.…``: why a command cannot be carried out. ``did.…``: lines of a
receipt. ``verb.…``: lines of help.
"""

from __future__ import annotations

from collections.abc import Mapping

EXPLAINED: Mapping[str, str] = {verb: verb for verb in ("help", "list", "note", "lang", "risk")}
"""Commands that help explains: the verb, and the name of its line."""

DESK_WORDS: Mapping[str, frozenset[str]] = {
    "the-desk": frozenset(),
    "fault.unknown": frozenset({"line"}),
    "fault.unknown-near": frozenset({"line", "meant"}),
    "fault.argument": frozenset({"line", "usage"}),
    "fault.quoted": frozenset({"line", "word"}),
    "fault.below": frozenset({"line"}),
    "fault.spaced": frozenset({"line", "meant"}),
    "fault.disagree": frozenset({"line"}),
    "fault.too-many": frozenset({"line"}),
    "fault.refused": frozenset({"line", "why"}),
    "refused.not-here": frozenset(),
    "refused.not-at-desk": frozenset(),
    "refused.not-at-alias": frozenset({"domain"}),
    "refused.no-insert": frozenset(),
    "refused.language": frozenset({"languages"}),
    "did.sent": frozenset({"pseudonym", "count"}),
    "did.only": frozenset({"pseudonym"}),
    "did.due": frozenset({"when"}),
    "did.note": frozenset(),
    "did.lang": frozenset({"tag"}),
    "did.risk-high": frozenset(),
    "did.risk-none": frozenset(),
    "list.none": frozenset(),
    "list.head": frozenset(),
    "list.case": frozenset({"pseudonym", "state", "tag", "day"}),
    "list.due": frozenset({"when"}),
    "list.risk": frozenset(),
    "case.assigned": frozenset(),
    "case.open": frozenset(),
    **{f"verb.{name}": frozenset({"usage"}) for name in EXPLAINED.values()},
}
