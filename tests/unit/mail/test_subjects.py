"""Subjects without what programs and gateways put in front."""

import pytest

from relay.mail.subjects import plain


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("hello", "hello"),
        ("Re: hello", "Re: hello"),
        ("AW: Re: SV: hello", "Re: hello"),
        ("RE[3]: hello", "Re: hello"),
        ("Re : hello", "Re: hello"),
        ("回复\uff1a你好", "Re: 你好"),
        ("Fwd: FW: hello", "Fwd: hello"),
        ("[EXTERN] AW: [EXTERNAL] hello", "Re: hello"),
        ("***SPAM*** hello", "hello"),
        ("[secret club] hello", "[secret club] hello"),
        ("Question: how are you", "Question: how are you"),
        ("Re:", "Re:"),
        ("", ""),
        ("12:30 at the station", "12:30 at the station"),
    ],
)
def test_one_prefix_stays_and_the_words_stay(given: str, made: str) -> None:
    """What the author wrote survives; what their program and organisation added does not."""
    assert plain(given) == made


@pytest.mark.parametrize("hostile", ["Re:" * 5000, "[" * 5000, "*" * 5000, "a" * 100_000, "[EXT]" * 3000])
def test_hostile_subjects_cost_nothing(hostile: str) -> None:
    """Bounded steps over a bounded subject."""
    assert isinstance(plain(hostile), str)


@pytest.mark.parametrize("subject", ["AW: Re: x", "[EXT] RE: x", "x", "Fwd: Re: x"])
def test_a_second_time_changes_nothing(subject: str) -> None:
    """Answers to answers stay as short as the first."""
    assert plain(plain(subject)) == plain(subject)
