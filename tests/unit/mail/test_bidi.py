"""Right-to-left texts: each line begins where its reader begins, and what runs the other way keeps its order."""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from datetime import UTC, datetime

import pytest

from relay.mail import marks
from relay.mail.bidi import FIRST_STRONG_ISOLATE, POP, direction, is_right_to_left, set_apart
from relay.mail.serialize import NewMessage, serialize
from relay.mail.text_files import PLACEHOLDER
from tests.unit.mail.test_notices import LOADED, NOTICES, each_notice

RTL = [tag for tag in LOADED.languages if is_right_to_left(tag)]
_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_OTHER_LANGUAGES = "LANGUAGE en"


def test_arabic_is_written_from_right_to_left_and_german_is_not() -> None:
    """By the primary language, whatever the region."""
    assert RTL == ["ar"]
    assert is_right_to_left("ar-EG")
    assert not is_right_to_left("de")


@pytest.mark.parametrize(
    ("value", "language", "stands_as"),
    [
        ("Maple Heron", "ar", "\u2068Maple Heron\u2069"),
        ("Maple Heron", "en", "Maple Heron"),
        ("برلين", "ar", "برلين"),
        ("برلين", "en", "\u2068برلين\u2069"),
        ("18:00", "ar", "18:00"),  # an isolate around each number would turn 18:00 into 00:18
        ("+49 170 0000000", "ar", "\u2068+49 170 0000000\u2069"),
        ("UTC+2", "ar", "\u2068UTC+2\u2069"),
        ("mailto:desk@relay.test?subject=%21list", "ar", "mailto:desk@relay.test?subject=%21list"),
        ("https://example.org/", "ar", "https://example.org/"),
        ("https://example.org/a1", "ar", "https://example.org/a1"),
        ("one\ntwo", "ar", "one\ntwo"),
        ("", "ar", ""),
        ("\u2068Maple\u2069", "ar", "\u2068Maple\u2069"),
    ],
)
def test_a_value_of_the_other_direction_is_set_apart_once(value: str, language: str, stands_as: str) -> None:
    """Names, numbers to dial and zones keep their order; plain times and paragraphs stand as they are."""
    assert set_apart(value, language) == stands_as


def _filled(line: str) -> str:
    """With a word of ours, which is in the reader's language, for {word}; other values are set apart by themselves."""
    return PLACEHOLDER.sub("", line.replace("{word}", "\u0643"))


@pytest.mark.parametrize("language", RTL)
def test_every_line_begins_in_its_reader_s_direction(language: str) -> None:
    """Most mail programs take the direction of a paragraph from its first letter. What people wrote stays as it is."""
    lines = [
        (name, line)
        for (tag, name), template in LOADED.templates.items()
        if tag == language
        for line in (template.subject, *(line for paragraph in template.paragraphs for line in paragraph))
    ]
    lines += [(key, word) for (tag, key), word in LOADED.words.items() if tag == language]
    assert [each for each in lines if direction(_filled(each[1])) == "L"] == []


@each_notice
@pytest.mark.parametrize("language", LOADED.languages)
def test_isolates_are_closed_on_their_line_and_nothing_stronger_is_used(name: str, language: str) -> None:
    """UAX #9 advises against embeddings and overrides, and a line that leaves one open garbles what follows."""
    text = NOTICES[name](LOADED, language)
    for line in (text.subject, *text.body.split("\n")):
        open_now = 0
        for sign in _CONTROLS.findall(line):
            assert sign in {FIRST_STRONG_ISOLATE, POP}
            open_now += 1 if sign == FIRST_STRONG_ISOLATE else -1
            assert open_now >= 0
        assert open_now == 0


@each_notice
@pytest.mark.parametrize("language", RTL)
def test_our_own_signs_are_none_that_cleaning_takes_away(name: str, language: str) -> None:
    """They are needed, so ``marks`` leaves them: a counselor who quotes a notice quotes it whole."""
    text = NOTICES[name](LOADED, language)
    for line in filter(None, text.body.split("\n")):
        if not any(direction(letter) == "R" for letter in line):
            continue  # the line for readers of other languages: nothing in it that could be jumbled
        assert marks.clean(line) == unicodedata.normalize("NFC", line).strip()


@each_notice
@pytest.mark.parametrize("language", RTL)
def test_what_is_sent_is_what_was_written(name: str, language: str) -> None:
    """Subject and body come out of the finished message letter for letter."""
    text = NOTICES[name](LOADED, language)
    octets = serialize(
        NewMessage(
            from_name="خدمة", from_address="desk@relay.test", to_address="ana@home.test", subject=text.subject,
            date=datetime(2026, 11, 23, tzinfo=UTC), message_id="a@relay.test", in_reply_to="", references=(),
            auto_submitted="auto-generated", text=text.body, attachments=(), boundary="b",
        )
    )  # fmt: skip
    assert octets.isascii()
    read = email.message_from_bytes(octets, policy=email.policy.default)
    assert read["Subject"] == text.subject
    assert read.get_content().replace("\r\n", "\n").rstrip("\n") == text.body


def test_the_line_for_other_readers_is_set_apart_piece_by_piece() -> None:
    """Each piece is copied or typed as it stands."""
    said = NOTICES["seeker-help"](LOADED, "ar").body
    assert f"\u2068English: {_OTHER_LANGUAGES}\u2069, " in said
    assert "\u2068العربية: لغة ar\u2069" in NOTICES["seeker-help"](LOADED, "en").body  # noqa: RUF001


def test_a_name_in_other_letters_keeps_its_place() -> None:
    """In the subject and in the sentence, also before a full stop, which would wander to its other side."""
    text = NOTICES["counselor-stopped"](LOADED, "ar")
    assert "\u2068Maple Heron\u2069" in text.subject
    assert "\u2068Maple Heron\u2069" in text.body
    assert "Maple Heron" not in text.body.replace("\u2068Maple Heron\u2069", "")
