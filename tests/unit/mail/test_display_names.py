"""The name of a person is found in what mail shows as their name."""

from __future__ import annotations

import time

import pytest

from relay.mail.display_names import MAX_SHOWN_CHARS, full_names

DECORATED = {
    "Ana Ruiz (Example Ltd)": ("Ana Ruiz",),
    "Ana Ruiz [EXT]": ("Ana Ruiz",),
    "Ana Ruiz (she/her)": ("Ana Ruiz",),
    "Ana Ruiz | Support": ("Ana Ruiz",),
    "Ana Ruiz - Example": ("Ana Ruiz",),
    "Ana Ruiz \u2013 Example": ("Ana Ruiz",),
    "Example: Ana Ruiz": ("Ana Ruiz",),
    "Ana Ruiz via Forum": ("Ana Ruiz",),
    "Ana Ruiz ana.ruiz@home.test": ("Ana Ruiz",),
    "Ana Ruiz <ana@home.test>": ("Ana Ruiz",),
    "Ruiz, Ana (Example)": ("Ruiz, Ana",),
    "\U0001f338Ana\U0001f338 Ruiz\u2122": ("Ana Ruiz",),
    "*** Ana Ruiz ***": ("Ana Ruiz",),
    "Ana Ruiz 1987": ("Ana Ruiz",),
    "ana.ruiz": ("ana ruiz",),
    "ana_ruiz": ("ana ruiz",),
    "Peer Support - Ana Ruiz": ("Peer Support", "Ana Ruiz"),
}


@pytest.mark.parametrize(("shown", "names"), DECORATED.items(), ids=DECORATED)
def test_what_is_no_part_of_the_name_goes(shown: str, names: tuple[str, ...]) -> None:
    """Employer, pronouns, address, year and ornament are not the family name; two candidates are both kept."""
    assert full_names(shown) == names


@pytest.mark.parametrize(
    "shown",
    ["Ana Ruiz", "O'Brien, Pat", "Jean-Luc Picard", "J. R. R. Tolkien", "Mar\u00eda-Jos\u00e9 N\u00fa\u00f1ez i Pe\u00f1a", "van der Berg, Jan",
     "\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530\u592a\u90ce", "Ana", "A.Ruiz", "Ana Ruiz Jr.", "support@x.test", ""],
)  # fmt: skip
def test_a_bare_name_stays_as_it_is(shown: str) -> None:
    """Names of all forms, and what is none."""
    assert full_names(shown) == (shown,)


@pytest.mark.parametrize(
    "shown",
    ["I need help", "Help Me Please", "No Name", "Mum and Dad", "Sad Girl 16", "Ich brauche Hilfe", "Necesito ayuda",
     "Ana (Mobile)", "Ana's iPhone", "Ana\u2019s iPhone"],
)  # fmt: skip
def test_everyday_words_and_devices_name_nobody(shown: str) -> None:
    """Else "please help me" would be missing in the letter of somebody who calls themselves so."""
    assert full_names(shown) == ()


@pytest.mark.parametrize(
    "shown",
    [
        "Ana Handy",
        "Handy (Ana)",
        "Gmail Team",
        "Sad Lee",
        "Ana Please",
        "Boy Peters",
        "Mum Lee",
        "Ana Ruiz iPhone",
        "Please",
    ],
)
def test_a_name_that_holds_an_everyday_word_is_one(shown: str) -> None:
    """One word that is in no list is enough."""
    assert full_names(shown) == (shown,)


def test_a_hostile_name_costs_nothing() -> None:
    """Linear in what is looked at, and only its beginning is."""
    start = time.process_time()
    for piece in ("(", "[(", "- ", "a@", "a . ", "|", " via"):
        full_names(piece * 100_000)
        full_names(piece * (MAX_SHOWN_CHARS // len(piece)))
    assert time.process_time() - start < 0.5
