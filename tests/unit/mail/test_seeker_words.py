# ruff: noqa: RUF001  (people write in their own letters, and phones in odd ones)
"""Words to the relay itself: heard when they are meant, and never when somebody only writes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail import content
from relay.mail.parse import parse
from relay.mail.seeker_hours import hours_in
from relay.mail.seeker_tables import SAID, Word
from relay.mail.seeker_words import MAX_LINE_CHARS, Heard, folded, heard, without_line
from relay.mail.texts import Texts
from relay.resources import folder
from tests.support.phone_shapes import SHAPES, shaped

TEXTS = Texts.load(folder("templates"))
LETTER = "I cannot make it stop. Every night they write to me, and I do not know whom to tell."


def _heard_in(octets: bytes) -> Heard | None:
    mail = parse(octets)
    said = content.read(mail)
    return heard(said.text, mail.subject, [one.name for one in mail.shown], has_files=bool(said.attached))


# --- what is offered is understood ------------------------------------------------------------------------


@pytest.mark.parametrize("language", TEXTS.languages)
@pytest.mark.parametrize("word", list(Word))
def test_every_word_that_we_offer_is_understood(word: Word, language: str) -> None:
    """As our texts write it, in each language, whatever language the conversation is in."""
    said = TEXTS.word(f"say.{word.value}", language)
    for written in (
        said,
        said.lower(),
        said.capitalize(),
        f"  {said}. ",
        f"„{said}“",
        f"*{said}*",
        f"{said} 🙏",
    ):
        found = heard(written)
        assert found is not None
        assert (found.word, found.is_alone) == (word, True)


@pytest.mark.parametrize("language", TEXTS.languages)
def test_the_lines_that_we_offer_are_understood_when_copied(language: str) -> None:
    """``SPRACHE de`` from the line for other readers, ``QUIET 9-17`` from the list."""
    asked = TEXTS.word("say.language", language)
    assert heard(f"{asked} {language}") == Heard(Word.LANGUAGE, language)
    assert heard(f"{TEXTS.word('say.quiet', language)} 9-17") == Heard(Word.QUIET, "09:00-17:00")
    assert heard(f"{TEXTS.word('say.call', language)} +49 170 0000000") == Heard(Word.CALL, "+49 170 0000000")


def test_no_word_means_two_things() -> None:
    """Each entry, folded, stands for one command in all languages together."""
    seen: dict[str, Word] = {}
    for word, text in SAID.items():
        for entry in filter(None, (folded(piece) for piece in text.split("|"))):
            assert seen.setdefault(entry, word) is word, entry


@pytest.mark.parametrize("word", [Word.STOP, Word.FORGET])
@pytest.mark.parametrize("despair", [
    "end", "the end", "enough", "no more", "quit", "I quit", "delete me", "erase me", "cancel", "over", "goodbye",
    "ende", "schluss", "genug", "ich kann nicht mehr", "lösch mich", "fin", "assez", "effacez-moi", "basta",
    "se acabó", "bórrame", "كفى", "النهاية", "basta!", "fine",
])  # fmt: skip
def test_what_people_say_who_want_to_stop_living_is_no_command(despair: str, word: Word) -> None:
    """These go to a human, alone on a line or not."""
    found = heard(despair)
    assert found is None or found.word is not word


# --- phones and mail programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("Stop", Word.STOP),
        ("Vergiss mich.", Word.FORGET),
        ("Autre personne", Word.OTHER),
        ("Llámame", Word.CALL),
        ("عاجل", Word.URGENT),
        ("Quiet\u00a0", Word.QUIET),
        ("\u200e“Help”", Word.HELP),
    ],
)
def test_a_word_is_heard_from_every_mail_program(written: str, word: Word, shape: str) -> None:
    """With the signature, the telephone's line and our own words quoted below."""
    found = _heard_in(shaped(shape, written))
    assert found is not None
    assert (found.word, found.is_alone) == (word, True)


@pytest.mark.parametrize("shape", SHAPES)
def test_our_own_words_quoted_below_are_no_command(shape: str) -> None:
    """Every acknowledgement says STOP and FORGET ME, and every answer quotes it."""
    assert _heard_in(shaped(shape, "Thank you, that helps me a lot.")) is None
    assert _heard_in(shaped(shape, LETTER)) is None


@pytest.mark.parametrize(
    "written",
    [
        "Stop\n\nThanks\nSam",
        "STOP\n\nKind regards,\nSam Lee",
        "Stop please\n",
        "Bitte, stopp!\nDanke",
        "\n\n   stop\n",
        "STOP\r\n\r\n",
        "stop\u2028",
        "\ufeffStop",
        "ＳＴＯＰ",
        "\u202bتوقف\u202c",
        "تَوَقُّفْ",
        "توقـف",
        "S\u0301top".replace("\u0301", ""),
        "Arrêtez, s'il vous plaît",
        "arretez",
        "Отпишите".replace("Отпишите", "Стоп"),
    ],
)
def test_thanks_names_and_decoration_change_nothing(written: str) -> None:
    """What a polite person on a phone writes around the word."""
    assert heard(written, names=["Sam Lee"]) == Heard(Word.STOP)


# --- letters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", ["Stop", "STOP.", "Stop!", "Forget me", "Vergiss mich.", "توقف"])
def test_letter_starting_with_Stop_word(first: str) -> None:  # noqa: N802 (its name in the list of failures)
    """Nothing is stopped or erased: a letter follows, so a human decides, and is told of the line."""
    found = heard(f"{first}\n\n{LETTER}")
    assert found is not None
    assert not found.is_clear
    assert heard(f"{first} {LETTER}") is None
    assert heard(f"{LETTER}\n\n{first}") is None


@pytest.mark.parametrize(
    "below", ["I mean it.", "now", "Alex", "http://x.test", "P.S. thank you all", "Sam\nAlex", "1"]
)
def test_whatever_more_is_said_makes_it_a_letter(below: str) -> None:
    """Even one word that is not thanks or the author's own name."""
    found = heard(f"Stop\n\n{below}", names=["Sam Lee"])
    assert found is None or not found.is_clear


def test_help_above_a_letter_is_a_cry_and_not_a_command() -> None:
    """And so is help with a question mark."""
    assert heard(f"Help\n\n{LETTER}") is None
    assert heard("Hilfe?") is None
    assert heard("Help me") is None
    assert heard("Help") == Heard(Word.HELP)


@pytest.mark.parametrize(
    ("first", "word"),
    [("URGENT", Word.URGENT), ("Other", Word.OTHER), ("Quiet", Word.QUIET), ("Call me", Word.CALL)],
)
def test_what_does_no_harm_is_done_and_the_letter_goes_on(first: str, word: Word) -> None:
    """Flagged, given to somebody else, made quiet: with the letter."""
    assert heard(f"{first}\n\n{LETTER}") == Heard(word, is_alone=False)
    assert without_line(f"\n{first}\n\n{LETTER}\n") == LETTER


@pytest.mark.parametrize(
    "line",
    [
        "Stop?", "Stop it", "Stop him", "Stop und nein", "Don't stop", "Nicht stoppen", "stop stop stop stop",
        "Language barrier", "Sprache der Liebe", "Language", "Quiet nights", "Quiet 9-17 people died", "Call me crazy",
        "Call me 1", "Call me 12345678901234567890", "Other people", "Urgently needed", "Help wanted", "Stop: he said",
        "S", "", "   ", "🙏", "---", "x" * MAX_LINE_CHARS + " stop",
    ],
)  # fmt: skip
def test_a_line_that_says_more_is_no_command(line: str) -> None:
    """It has to be the command alone; ``Language`` by itself is answered with the list."""
    found = heard(f"{line}\n\n{LETTER}")
    assert found is None
    assert heard(line) in {None, Heard(Word.LANGUAGE)}


def test_below_a_quote_it_is_an_answer_to_the_quote() -> None:
    """ "> What should he do?  Stop." is no command, nor is what stands in the quote."""
    assert heard("> What should he do?\n\nStop") is None
    assert heard("> What should he do?\n\nStop", "Stop") is None
    assert heard("> STOP\n> FORGET ME\n") is None
    assert heard("On Mon, 23 Nov 2026 at 13:00, Robin <a@relay.test> wrote:\n> STOP\n\nStop") is None


def test_the_subject_counts_only_when_the_body_says_nothing() -> None:
    """A title is not a command, unless it is all there is."""
    assert heard("", "STOP") == Heard(Word.STOP)
    assert heard("\n-- \nSam\n", "Re: Stop", ["Sam"]) == Heard(Word.STOP)
    assert heard("> quoted\n", "AW: Vergiss mich") == Heard(Word.FORGET)
    assert heard(LETTER, "STOP") is None
    assert heard("Hello", "Forget me") is None


def test_a_file_is_something_that_was_said() -> None:
    """A picture with the word Stop above it is a message."""
    found = heard("Stop", has_files=True)
    assert found is not None
    assert not found.is_clear


# --- arguments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("LANGUAGE fr", "fr"), ("Language: French", "fr"), ("Sprache Arabisch", "ar"), ("langue ESPAGNOL", "es"),
        ("Idioma alemán", "de"), ("لغة العربية", "ar"), ("اللغة: الفرنسية", "fr"), ("Language pt-BR", "pt-br"),
        ("Language tlh", "tlh"), ("Language Deutsch please", "de"), ("язык русский", "ru"),
    ],
)  # fmt: skip
def test_a_language_is_known_by_its_tag_and_by_its_name(line: str, tag: str) -> None:
    """In any of the languages, also one that we have no texts in."""
    assert heard(line) == Heard(Word.LANGUAGE, tag)


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("QUIET 09:00-17:00", "09:00-17:00"), ("quiet 9-17", "09:00-17:00"), ("Quiet 9am to 5.30pm", "09:00-17:30"),
        ("diskret von 9 bis 17 Uhr", "09:00-17:00"), ("discret 9h30-17h", "09:30-17:00"),
        ("discreto de 9 a 17", "09:00-17:00"), ("سري من ٩ إلى ١٧", "09:00-17:00"), ("Quiet 22-6", "22:00-06:00"),
        ("quiet 0–24", ""), ("quiet 9-25", ""), ("quiet 9", ""), ("quiet 13pm-5", ""), ("quiet 9-12 14-16", ""),
    ],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(line: str, hours: str) -> None:
    """What makes no sense is no command: a wrong window would be worse than none."""
    found = heard(line)
    assert found == (Heard(Word.QUIET, hours) if hours else None)


def test_quiet_can_be_ended() -> None:
    """In their language."""
    for line in ("QUIET OFF", "Diskret aus", "discret non", "discreto no", "سري لا"):
        assert heard(line) == Heard(Word.QUIET, "off")


def test_hours_alone_are_read_with_what_stands_beside_them() -> None:
    """The caller sees whether anything else stood on the line."""
    assert hours_in("quiet 9-17 now") == ("09:00-17:00", "quiet   now")
    assert hours_in("quiet") == ("", "quiet")


# --- always -------------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.text(max_size=60))
def test_nothing_that_people_write_makes_it_fail(text: str, subject: str) -> None:
    """Whatever comes, an answer; and what is heard is one short line."""
    found = heard(text, subject)
    assert found is None or isinstance(found.word, Word)


@given(st.sampled_from(list(Word)), st.sampled_from(TEXTS.languages), st.text(min_size=1, max_size=200))
def test_a_letter_below_never_ends_anything(word: Word, language: str, letter: str) -> None:
    """Whatever letters or digits follow, STOP and FORGET ME are left to a human."""
    said = TEXTS.word(f"say.{word.value}", language)
    found = heard(f"{said}\n\nLetter: {letter} - that is all")
    if word in {Word.STOP, Word.FORGET}:
        assert found is not None
        assert not found.is_clear


def test_a_huge_letter_is_looked_at_in_no_time() -> None:
    """Nearly every letter ends at its first line; one that begins with a word is read once."""
    started = time.process_time()
    assert heard("I write you a novel.\n" * 40_000) is None
    assert time.process_time() - started < 0.1
    started = time.process_time()
    found = heard("Stop\n" + "I write you a novel.\n" * 20_000)
    assert found is not None
    assert not found.is_clear
    assert time.process_time() - started < 3


def test_what_was_heard_names_nobody_when_printed() -> None:
    """A telephone number is in it."""
    assert "170" not in repr(heard("CALL ME 0170 0000000"))


def test_the_words_that_a_line_publishes_are_understood() -> None:
    """docs/seeker.md is copied by people who cannot try each language."""
    text = (Path(__file__).parents[3] / "docs" / "seeker.md").read_text("utf-8")
    table = [
        line
        for line in text.split("\n")
        if line.startswith("| ") and line.count("|") == 6 and "Deutsch" not in line
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    rows = [row for row in rows if not set(row[0]) <= {"-"}]
    assert len(rows) == len(Word)
    for row in rows:
        meant = (
            {Word.LANGUAGE} if row[0] == "LANGUAGE" else {found.word for found in (heard(row[0]),) if found}
        )
        assert len(meant) == 1
        for cell in row:
            found = heard(cell)
            assert found is not None, cell
            assert found.word in meant
