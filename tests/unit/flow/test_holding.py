"""What is asked before a message goes: everything at once, the weightiest first, and only once."""

from __future__ import annotations

import pytest

from relay.flow.holding import Doubts
from relay.flow.outcomes import Change
from relay.flow.values import Reason
from relay.mail.cleaning import Reason as FileReason
from relay.mail.cleaning import Removed
from relay.mail.quotes import has_signature, segment

FILE = Removed(FileReason.UNSUPPORTED, "office document")


def test_no_doubt_is_no_doubt() -> None:
    """Nothing to ask: the message goes."""
    assert not Doubts()
    assert all((Doubts(contacts=frozenset({"phone"})), Doubts(signature=True), Doubts(files=(FILE,))))


def test_what_would_go_out_weighs_more_than_what_would_be_left_out() -> None:
    """The reason that stands in the list of held messages is the one that matters most."""
    everything = Doubts(frozenset({"phone", "address"}), signature=True, files=(FILE,))
    assert everything.reason is Reason.CONTACT_DETAILS
    assert Doubts(signature=True, files=(FILE,)).reason is Reason.FILE
    assert Doubts(signature=True).reason is Reason.SIGNATURE
    assert everything.changes() == (
        Change("contact-address", ""),
        Change("contact-phone", ""),
        Change("file-left-out", "unsupported"),
        Change("signature-found", ""),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I am here.", False),
        ("I am here.\n\n-- \nRobin\nSomewhere 7", True),
        ("I am here.\n\nSent from my iPhone", True),
        ("-- \nonly this", False),
        ("> quoted\n> -- \n> theirs\n\nMy answer.", False),
        ("", False),
    ],
)
def test_a_signature_is_asked_about_when_it_would_be_cut(text: str, found: bool) -> None:
    """Neither somebody else's in a quote, nor one that is all there is and therefore stays."""
    assert has_signature(segment(text)) is found
