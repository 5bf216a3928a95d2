"""Which words an entry of the directory, a reading list and a crisis block are made of.

``text_names`` adds them to its own. They stand in ``referrals.txt`` beside ``words.txt``. Names of languages and
countries are optional words of ``names.txt``: what has none is shown as the directory has it.
"""

from __future__ import annotations

from collections.abc import Mapping

ENTRY_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(placeholders)
    for name, placeholders in {
        "entry.notice": ("text",),
        "entry.ages-between": ("youngest", "oldest"),
        "entry.ages-from": ("youngest",),
        "entry.ages-to": ("oldest",),
        "entry.phone": ("numbers",),
        "entry.text": ("numbers",),
        "entry.textphone": ("numbers",),
        "entry.abroad": ("number", "abroad"),
        "entry.only-within": ("number", "country"),
        "entry.only-there": ("number",),
        "entry.hours": ("hours",),
        "entry.always": (),
        "entry.local-time": ("hours",),
        "entry.languages": ("languages",),
        "entry.cost": ("cost",),
        "entry.cost-free": (),
        "entry.cost-low": (),
        "entry.cost-paid": (),
        "entry.cost-told": ("cost", "note"),
        "entry.mail": ("mail",),
        "entry.address": ("address",),
        "entry.checked": ("when",),
        "entry.beside": ("text", "more"),
        "hours.line": ("days", "times"),
        "hours.times": ("opens", "closes"),
        "hours.every-day": (),
        "hours.span": ("first", "last"),
        "list-next": ("list", "next"),
        "list-last": ("list", "next"),
        "month-of-year": ("month", "year"),
        "crisis.line": ("name", "reach"),
        "crisis.line-about": ("name", "reach", "about"),
        "crisis.place": ("place", "lines"),
        "crisis.anywhere": ("lines",),
        "reading.ask": ("title",),
    }.items()
}

OFFER_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(placeholders)
    for name, placeholders in {
        "refer.nothing": (),
        "refer.place-unknown": ("place",),
        "refer.place-twice": ("place",),
        "refer.no-place": (),
        "refer.partly": ("words",),
        "refer.other-language": ("languages",),
        "refer.gone": ("numbers",),
        "refer.too-many": ("count",),
        "refer.asked": (),
        "refer.near": (),
        "refer.choose": ("usage",),
        "refer.old": ("when",),
        "refer.undated": (),
        "refer.sent": (),
        "refer.country": ("usage",),
        "refer.no-crisis": ("country", "countries"),
        "refer.crisis-sent": (),
        "refer.lost": (),
        "insert.unknown": ("name", "names"),
        "insert.other-language": ("name", "languages"),
        "insert.sent": ("title",),
        "read.nothing": ("tag",),
        "read.sent": (),
        "broken.unknown": ("number",),
        "broken.told": ("number", "name"),
    }.items()
}
"""What a counselor reads of their commands: why nothing is sent, and what was."""

REFERRAL_WORDS = {**ENTRY_WORDS, **OFFER_WORDS}

LANGUAGE = "language."
COUNTRY = "country."
