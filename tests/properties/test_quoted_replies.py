"""Any quoted answer, either side: attributions, headers, signatures and telephones go, the author's words stay."""

from __future__ import annotations

from hypothesis import given

from tests.properties.profile import examples
from tests.properties.quoted_replies import replies
from tests.properties.world import Letter, check


@examples()
@given(replies())
def test_whatever_a_program_quotes_and_adds_the_own_words_arrive_and_nobody_is_named(letter: Letter) -> None:
    """Above, between and below quotes of every kind; the clock of the author's wall goes with the attribution."""
    check(letter)
