"""What the operator has decided about the words that seekers write to the relay itself. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relay.domain.rota import Rota


@dataclass(frozen=True, slots=True)
class SeekerRules:
    """``discreet_name``: the name that discreet mail shows, empty: an ordinary word of its language. ``safe_hours``:
    when discreet mail may arrive if its reader names no hours (``HH:MM-HH:MM``); ``zone``: by whose clock.
    ``phone_desk``: who makes the calls, empty: nobody; ``phone_hours``: when (lines of a rota). ``confidentiality``:
    by language, the operator's sentence on what breaks it. ``risk_words``: folded words and phrases that raise the
    risk. ``fixed_intakes``: intake addresses where a seeker cannot ask for somebody else.
    """

    discreet_name: str = ""
    safe_hours: str = ""
    zone: str = "UTC"
    phone_desk: str = ""
    phone_hours: tuple[str, ...] = ()
    confidentiality: tuple[tuple[str, str], ...] = ()
    risk_words: tuple[str, ...] = ()
    fixed_intakes: tuple[str, ...] = ()

    def calls_at(self, now: datetime) -> datetime | None:
        """When calls are made next: ``now`` while they are, ``None`` when nobody can say."""
        rota = Rota.parse(self.phone_hours)
        return now if rota.on_duty(now) else rota.next_start(now)

    def sentence(self, language: str) -> str:
        """What breaks confidentiality, in this language; nothing where the operator has written nothing."""
        said = dict(self.confidentiality)
        return said.get(language) or said.get(language.partition("-")[0]) or ""

    def may_change(self, intake: str) -> bool:
        """Tell whether whoever came in by this intake address may ask for somebody else."""
        return intake not in self.fixed_intakes

    def __repr__(self) -> str:
        return "SeekerRules(<redacted>)"


NO_RULES = SeekerRules()
