"""Any MIME structure, either side: nothing that names its author leaves, and what they wrote arrives."""

from __future__ import annotations

from hypothesis import given

from tests.properties.mime_letters import letters
from tests.properties.profile import examples
from tests.properties.world import Letter, check


@examples()
@given(letters())
def test_whatever_a_mail_program_makes_of_a_letter_only_the_words_arrive(letter: Letter) -> None:
    """Nested, alternative, attached, encoded: no trace leaves, no word is lost, nothing is held."""
    check(letter)


@examples()
@given(letters(intact=False))
def test_whatever_is_broken_or_hostile_in_a_message_nothing_leaks(letter: Letter) -> None:
    """Wrong boundaries, labels and line ends, hostile fields: relayed without a trace, or stopped with a reason."""
    check(letter)
