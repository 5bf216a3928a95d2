"""A letter is in a language when that is sure; else the intake address has the say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.mail.language import detect

OURS = ("ar", "de", "en", "es", "fr")

LETTERS = {
    "en": "Hi. I don't know if this is the right place but I need to talk to someone.",
    "de": "Mein Freund schlägt mich und ich habe Angst nach Hause zu gehen.",
    "fr": "J'ai perdu ma mère le mois dernier et je n'arrête pas de pleurer.",
    "es": "tengo 15 años y creo que soy gay y mis padres me van a matar",
    "ar": "زوجي يضربني وأخاف أن أعود إلى البيت.",
}

OTHERS = (
    "Olá, não sei se este é o lugar certo mas preciso falar com alguém.",
    "Hola, no sé si és el lloc correcte però necessito parlar amb algú.",
    "Hallo, ik weet niet of ik hier goed zit maar ik moet met iemand praten.",
    "Hej, jag vet inte om jag har kommit rätt men jag behöver prata med någon.",
    "سلام، نمی‌دانم جای درستی آمده‌ام یا نه ولی باید با کسی حرف بزنم.",
    "Merhaba, doğru yerde miyim bilmiyorum ama biriyle konuşmam lazım.",  # noqa: RUF001
)


@pytest.mark.parametrize(("language", "letter"), LETTERS.items())
def test_a_short_letter_is_recognised(language: str, letter: str) -> None:
    """One sentence will do."""
    assert detect(letter, OURS) == language


@pytest.mark.parametrize("letter", OTHERS)
def test_a_language_that_nobody_here_speaks_is_not_taken_for_the_nearest(letter: str) -> None:
    """Portuguese is not Spanish, and Persian is not Arabic."""
    assert detect(letter, OURS) == ""


@pytest.mark.parametrize(
    "letter",
    [
        "",
        "Hallo.",
        "Ist da jemand?",
        "ok",
        "Sent from my iPhone",
        "12345 67890 12345 67890 12345 67890",
        "https://beispiel.example/ich-kann-nicht-mehr-schlafen-und-ich-habe-angst",
        "asdf qwer zxcv uiop hjkl vbnm asdf qwer",
        "\N{PILE OF POO}" * 100,
    ],
)
def test_short_and_senseless_text_is_in_no_language(letter: str) -> None:
    """Nor are addresses, numbers and pictures."""
    assert detect(letter, OURS) == ""


def test_only_what_is_asked_for_is_told() -> None:
    """Regions aside."""
    assert detect(LETTERS["de"], ("en", "fr")) == ""
    assert detect(LETTERS["de"], ("de-AT",)) == "de"


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_is_in_one_of_the_languages_or_in_none(text: str) -> None:
    """It never raises."""
    assert detect(text, OURS) in {*OURS, ""}
