"""The words in answers to counselors' commands, with their placeholders: the part of ``text_names`` that the desk uses.

``fault.…``: what is unclear about a line. ``refused.…``: why a command cannot be carried out. ``did.…``: lines of a
receipt. ``verb.…``: lines of help.
"""

from __future__ import annotations

from collections.abc import Mapping

_PLAIN = (
    "help",
    "list",
    "note",
    "lang",
    "risk",
    "close",
    "hold",
    "pass",
    "take",
    "handover",
    "warn",
    "block",
    "spam",
)

EXPLAINED: Mapping[str, str] = {
    **{verb: verb for verb in _PLAIN},
    "refer": "refer",
    "refer?": "refer-preview",
    "refer!": "refer-crisis",
    "broken": "broken",
    "insert": "insert",
    "read": "read",
}
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
    "refused.closing": frozenset({"known"}),
    "refused.not-open": frozenset({"pseudonym"}),
    "refused.twice": frozenset({"other"}),
    "refused.no-such-case": frozenset(),
    "refused.not-offered": frozenset({"pseudonym"}),
    "refused.no-room": frozenset(),
    "refused.no-colleague": frozenset({"names"}),
    "refused.colleague-busy": frozenset({"name"}),
    "whoever-is-found": frozenset(),
    "did.closed": frozenset({"pseudonym"}),
    "did.hold": frozenset({"when"}),
    "did.passed": frozenset({"pseudonym"}),
    "did.taken": frozenset({"pseudonym"}),
    "did.handed-over": frozenset({"pseudonym", "name"}),
    "did.warned": frozenset({"pseudonym"}),
    "did.blocked": frozenset({"pseudonym", "day"}),
    "did.spam": frozenset({"pseudonym"}),
    "danger.close-risk": frozenset({"pseudonym"}),
    "danger.handover": frozenset({"pseudonym", "name"}),
    "danger.block": frozenset({"pseudonym", "day"}),
    "closing.done": frozenset(),
    "closing.referred": frozenset(),
    "closing.silent": frozenset(),
    "holding": frozenset({"when"}),
    "warning": frozenset(),
    "blocked": frozenset({"day", "domain"}),
    "your-message": frozenset(),
    "note-by": frozenset({"name", "day"}),
    "note-none": frozenset(),
    "list.none": frozenset(),
    "list.head": frozenset(),
    "list.case": frozenset({"pseudonym", "state", "tag", "day"}),
    "list.due": frozenset({"when"}),
    "list.risk": frozenset(),
    "case.assigned": frozenset(),
    "case.open": frozenset(),
    **{f"verb.{name}": frozenset({"usage"}) for name in EXPLAINED.values()},
}
