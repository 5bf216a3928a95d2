# ruff: noqa: RUF001  (letters of other scripts look like Latin ones, and are meant)
"""Invisible marks go, visible words stay, and two marked copies of one text are one text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.marks import MAX_MARKS, clean, is_emoji

INVISIBLE = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\u2061",
    "\u2064",
    "\ufeff",
    "\u00ad",
    "\u034f",
    "\u180e",
    "\u180b",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u202a",
    "\u202b",
    "\u202c",
    "\u202d",
    "\u202e",
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069",
    "\u206a",
    "\u3164",
    "\u115f",
    "\u1160",
    "\uffa0",
    "\ufe00",
    "\ufe0e",
    "\ufe0f",
    "\U000e0100",
    "\U000e0001",
    "\U000e0041",
    "\U000e007f",
    "\ufff9",
    "\ufffc",
    "\x00",
    "\x1b",
    "\x7f",
    "\x80",
    "\ue000",
    "\U000f0000",
    "\u0378",
    "\ud800",
]
SPACES = [
    "\u00a0",
    "\u1680",
    "\u2000",
    "\u2002",
    "\u2007",
    "\u2009",
    "\u200a",
    "\u202f",
    "\u205f",
    "\u3000",
    "\u2800",
]
ODD = st.text(
    st.one_of(
        st.sampled_from(INVISIBLE + SPACES),
        st.sampled_from("ae1.#日本한क्षमاوییٔא😀👨👩❤🏽🏴🐈⬛ᠠ\u0301\u0316\u0344\u064b\u20e3\u2801 \t\n\r"),
        st.characters(),
    ),
    max_size=40,
)


@pytest.mark.parametrize("mark", INVISIBLE, ids=ascii)
def test_a_mark_between_latin_letters_is_removed(mark: str) -> None:
    """Nothing that cannot be seen survives where Latin script does not need it."""
    assert clean(f"he{mark}llo wor{mark}{mark}ld{mark}") == "hello world"


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_every_space_becomes_the_plain_one(space: str) -> None:
    """Odd widths of space cannot number copies."""
    assert clean(f"two{space}words") == "two words"


def test_two_copies_with_different_marks_are_one_text() -> None:
    """A watermark of bits in zero-width characters leaves no difference."""
    words = "please do not call the house, he listens"
    one = "".join(c + ("\u200b" if i % 2 else "\u2060") for i, c in enumerate(words))
    two = words.replace(" ", "\u2009").replace("e", "e\ufeff").replace("l", "l\U000e0062\U000e007f")
    assert clean(one) == clean(two) == words


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦 and 👩‍❤️‍💋‍👨",
        "🧑🏽‍🚒 🕵️‍♀️ 🏃🏻‍♂️‍➡️ 🐈‍⬛ 🧑🏿‍🤝‍🧑🏻",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏳️‍🌈 🏴‍☠️ 🇨🇭",
        "1️⃣ ❤️ ☎︎ ❤️‍🔥",
        "🩷 is newer than our tables",
    ],
)
def test_emoji_stay_whole(text: str) -> None:
    """Joiners, selectors, skin tones and tags that make one emoji stay (UTS #51)."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("😀\u200d😀", "😀😀"),
        ("😀\ufe0f", "😀"),
        ("7\ufe0f", "7"),
        ("🏴\U000e0061\U000e0062\U000e007f", "🏴"),
        ("👩\u200d\u200d⚕", "👩\u200d⚕"),
    ],
    ids=ascii,
)
def test_marks_that_make_no_emoji_go(marked: str, plain: str) -> None:
    """A joiner or selector that changes no picture could only be a mark."""
    assert clean(marked) == plain


@pytest.mark.parametrize("text", ["می‌خواهم بروم", "क्‍ष और क्‌ष", "ශ්‍රී ලංකා", "র‍্যাব", "ᠨᠠ᠋"])
def test_joiners_that_a_script_needs_stay(text: str) -> None:
    """Persian and Indic spelling uses ZWNJ and ZWJ, Mongolian its own selectors."""
    assert clean(text) == text


def test_joiners_that_show_nothing_go_also_in_arabic_script() -> None:
    """After a letter that never joins, a non-joiner is invisible; a second one always is."""
    assert clean("دا\u200cد") == "داد"
    assert clean("می\u200c\u200cخواهم") == clean("می\u200cخواهم")


def test_direction_marks_need_right_to_left_letters() -> None:
    """In a line without Hebrew or Arabic every bidi control goes; unbalanced ones go everywhere."""
    assert clean("\u2067left\u2069 \u200eto\u200f right") == "left to right"
    assert clean("שלום (\u200fabc) \u2067אב\u2069") == "שלום (\u200fabc) \u2067אב\u2069"
    assert clean("שלום \u2067אב \u2069\u2069 \u202eab\u202c \u2066") == "שלום \u2067אב \u2069 ab"
    assert clean("ש\u200fל\u200fום") == "שלום"


def test_the_ideographic_space_is_kept_in_chinese_and_japanese_text() -> None:
    """There it is how people write; elsewhere it is an odd space."""
    assert clean("山田\u3000様") == "山田\u3000様"


def test_lines_are_tidied() -> None:
    """LF ends, no trailing spaces, at most two blank lines in a row, none at either end."""
    assert clean("\r\n\r\none  \r\rtwo\u2028three\t \n\n \n\n\nfour\x0c\n") == "one\n\ntwo\nthree\n\n\nfour"
    assert clean("  indented\n\ttabbed") == "  indented\n\ttabbed"


def test_composed_and_decomposed_spellings_are_one() -> None:
    """NFC (UAX #15), also where a mark stood between letter and accent."""
    assert clean("cafe\u0301") == clean("cafe\u200b\u0301") == clean("caf\u00e9") == "café"


def test_stacked_accents_are_limited() -> None:
    """No letter carries more than 30 combining marks (UAX #15 §13)."""
    assert len(clean("a" + "\u0316" * 500)) <= 1 + MAX_MARKS


@given(ODD)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """``clean`` is idempotent, whatever the input."""
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(
    st.lists(
        st.sampled_from(["\u200b", "\u2060", "\ufeff", "\u00ad", "\u034f", "\U000e0100", "\ufe00"]),
        max_size=9,
    )
)
def test_unconditional_marks_vanish_anywhere(marks: list[str]) -> None:
    """Marks that no script needs go beside every kind of letter, and leave emoji and joiners as they were."""
    text = "می‌خواهم 👨‍👩‍👧 ❤️ क्‍ष שלום 日本"
    places = range(1, len(text), max(1, len(text) // (len(marks) + 1)))
    marked = text
    for place, mark in sorted(zip(places, marks, strict=False), reverse=True):
        marked = marked[:place] + mark + marked[place:]
    assert clean(marked) == text


@pytest.mark.parametrize(
    "hostile",
    [
        "a" + "\u0301\u0316" * 100_000,
        "\u200d" * 200_000,
        "👨\u200d" * 60_000,
        "א" + "\u200f\u2067x" * 60_000,
        "\n " * 150_000,
    ],
    ids=["accents", "joiners", "family", "bidi", "blank"],
)
def test_hostile_text_is_cleaned_in_linear_time(hostile: str) -> None:
    """Two hundred thousand marks take well under three seconds; a quadratic step would take minutes."""
    began = time.process_time()
    clean(hostile)
    assert time.process_time() - began < 3


def test_emoji_are_told_from_words() -> None:
    """Only text made of emoji alone is emoji."""
    assert is_emoji("😀")
    assert is_emoji("👩🏽‍⚕️")
    assert not is_emoji("")
    assert not is_emoji("ok 😀")
    assert not is_emoji("jane@example.org")
    assert not is_emoji("7")
    assert not is_emoji("😀" * 50)
