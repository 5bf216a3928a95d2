"""What a handler of a command is given and what it gives back. Values only; see ``dispatch`` for the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from relay.flow.effects import Effect
from relay.flow.letters import Letters
from relay.flow.outcomes import Outgoing
from relay.flow.parties import ConversationView, Person
from relay.flow.values import Known
from relay.mail.commands import Spoken


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a command is given: by whom, about which conversation (``None`` at the desk), and beside which others."""

    known: Known
    letters: Letters
    counselor: Person
    counselor_id: str
    spoken: Spoken
    beside: tuple[Spoken, ...] = ()

    @property
    def conversation(self) -> ConversationView:
        """The conversation; a command that needs one is refused at the desk before its handler is asked."""
        assert self.known.target.conversation is not None
        return self.known.target.conversation

    def word(self, key: str, **values: str) -> str:
        """A line in the counselor's language (``templates/…/words.txt``)."""
        return self.letters.texts.word(key, self.counselor.language, **values)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command comes to. ``told``: its lines in the receipt. ``insert``: what stands in its place in the
    seeker's copy. ``outgoing``: messages beside the receipt. ``answers``: what answers to them
    are found by (``Outcome.answers``). ``danger``: what has to be confirmed first, as a sentence.
    """

    told: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    insert: str | None = None
    outgoing: tuple[Outgoing, ...] = ()
    danger: str = ""
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a command cannot be carried out, as a sentence for the counselor."""

    why: str


Handler = Callable[[Any, Situation], Done | Refused]
