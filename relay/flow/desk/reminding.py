"""``!remind 2d why``: the counselor's own words come back at that time. Pure."""

from __future__ import annotations

from relay.domain.commands import Remind
from relay.flow.desk.handling import Done, Situation
from relay.flow.effects import Reminded
from relay.mail.moments import when_in_words


def remind(command: Remind, at: Situation) -> Done:
    """To whoever is responsible then; the seeker does not hear of it."""
    due_at = at.known.now + command.time
    when = when_in_words(at.letters.texts, at.counselor.language, due_at, at.known.now, at.known.duty_zone)
    return Done(told=(at.word("did.remind", when=when),), effects=(Reminded(due_at, command.why),))
