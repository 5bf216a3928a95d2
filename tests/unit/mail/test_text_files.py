"""The folder of texts: everything wrong with it is said at once, before anybody waits for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.errors import ConfigError
from relay.mail.text_files import MAX_FILE_OCTETS
from relay.mail.text_names import TEXTS, WORDS
from relay.mail.texts import Texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is in order: English with every text and word, as short as they can be."""
    english = tmp_path / "texts" / "en"
    english.mkdir(parents=True)
    for name, placeholders in TEXTS.items():
        (english / f"{name}.txt").write_text(f"Subject: {name}\n\n{_all(placeholders)}.\n", encoding="utf-8")
    words = (f"{key} = {_all(placeholders)}.\n" for key, placeholders in WORDS.items())
    (english / "words.txt").write_text("# small strings\n\n" + "".join(words), encoding="utf-8")
    return english.parent


def _all(placeholders: frozenset[str]) -> str:
    return " ".join(["text", *(f"{{{name}}}" for name in sorted(placeholders))])


def _problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        Texts.load(folder)
    return caught.value.problems


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_in_order_loads(folder: Path) -> None:
    """The other tests break one thing each; without it there is nothing to say."""
    assert Texts.load(folder).languages == ("en",)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """The folder itself is named, and what it should be."""
    problems = _problems(tmp_path / "texts")
    assert problems[0] == "texts: cannot be read; it must be a folder that the relay may look into"


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        (
            "{service}",
            "{service} {sender}",
            3,
            "unknown placeholder {sender}; here can stand: {confidentiality}, {crisis}, {danger}",
        ),
        ("{service}", "service", 1, "the placeholder {service} is missing"),
        ("{service}", "{service!r} {service}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{service:>9} {service}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{service.real} {service}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{service[0]} {service}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{{service}}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{service} {}", 3, "a brace that is not part of a placeholder"),
        ("{service}", "{service} }", 3, "a brace that is not part of a placeholder"),
        ("Subject: acknowledgement", "acknowledgement", 1, "the first line is not 'Subject:'"),
        ("Subject: acknowledgement", "Subject:", 1, "the first line is not 'Subject:'"),
        ("Subject: acknowledgement", "Subject: {reason}", 1, "unknown placeholder {reason}"),
        ("\n\n", "\nBcc: x\n", 2, "the line after the subject is not empty"),
        ("text", "te\x00xt", 3, "holds a control character"),
        ("text", "te\rxt", 3, "holds a control character"),
        ("text", "te\u2028xt", 3, "holds a control character"),
    ],
)
def test_a_broken_text_is_named_with_its_line(folder: Path, old: str, new: str, line: int, what: str) -> None:
    """File, line and remedy; never an error when somebody waits for the answer."""
    _change(folder / "en" / "acknowledgement.txt", old, new)
    assert any(p.startswith(f"texts/en/acknowledgement.txt:{line}: {what}") for p in _problems(folder))


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("removed = text.", "removed", 0, "is not of the form 'key = text'"),
        ("removed = text.", "removed =", 0, "is not of the form 'key = text'"),
        ("removed = text.", "removed = text.\nremovd = x", 1, "there is no word of this name; did you"),
        ("removed = text.", "removed = text.\nremoved = text.", 1, "this word stands twice in the files of this language"),
        ("removed = text.", "removed = {time}", 0, "unknown placeholder {time}; here can stand: none"),
        ("removed = text.", "removed = text.\ncity.Ulan Bator = x", 1, "there is no word of this name"),
        ("removed = text.", "removed = text.\ncity.Berlin = {city}", 1, "unknown placeholder {city}"),
        ("today = text {time}.", "today = now", 0, "the placeholder {time} is missing"),
    ],
)  # fmt: skip
def test_a_broken_word_is_named_with_its_line(folder: Path, old: str, new: str, line: int, what: str) -> None:
    """As for texts; ``line`` counts from the line that is changed."""
    words = folder / "en" / "words.txt"
    first = words.read_text(encoding="utf-8").split("\n").index(old) + 1
    _change(words, f"\n{old}", f"\n{new}")
    assert any(p.startswith(f"texts/en/words.txt:{first + line}: {what}") for p in _problems(folder))


def test_what_english_lacks_is_an_error_and_what_another_language_lacks_is_a_gap(folder: Path) -> None:
    """English is what the others fall back to."""
    (folder / "de").mkdir()
    (folder / "de" / "words.txt").write_text("removed = [entfernt]\n", encoding="utf-8")
    gaps = Texts.load(folder).gaps()
    assert "de/operator-held.txt" in gaps
    assert "de/words.txt: today" in gaps
    assert "de/words.txt: removed" not in gaps
    assert not any(gap.startswith("en/") for gap in gaps)

    (folder / "en" / "operator-held.txt").unlink()
    _change(folder / "en" / "words.txt", "removed = text.\n", "")
    assert _problems(folder) == (
        "texts/en/operator-held.txt: is missing; other languages fall back to English",
        "texts/en/words.txt: the word removed is missing; other languages fall back to it",
    )


def test_a_missing_list_of_words_is_one_problem_and_not_a_hundred(folder: Path) -> None:
    """The operator reads what to do, not a list of everything that follows from it."""
    (folder / "en" / "words.txt").unlink()
    assert _problems(folder) == ("texts/en/words.txt: is missing; other languages fall back to English",)


def test_a_misspelt_file_name_is_an_error_with_a_guess(folder: Path) -> None:
    """A text that nothing uses is a text that somebody believes is sent."""
    (folder / "en" / "operator-hold.txt").write_text("Subject: x\n\ny\n", encoding="utf-8")
    assert _problems(folder) == (
        "texts/en/operator-hold.txt: there is no text of this name; did you mean operator-held?",
    )


def test_a_folder_that_is_not_named_like_a_language_is_an_error(folder: Path) -> None:
    """Its translations would never be found."""
    (folder / "Deutsch").mkdir()
    assert _problems(folder) == (
        "texts/Deutsch: is not named like a language; use a tag in lower case such as en or pt-br",
    )


def test_other_files_and_hidden_ones_are_left_alone(folder: Path) -> None:
    """Editors and operating systems leave things behind."""
    (folder / "README").write_text("notes", encoding="utf-8")
    (folder / ".git").mkdir()
    (folder / "en" / "acknowledgement.txt~").write_text("old", encoding="utf-8")
    (folder / "en" / ".acknowledgement.txt").write_text("half", encoding="utf-8")
    assert Texts.load(folder).languages == ("en",)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    """Whoever translates mends them all in one go."""
    _change(folder / "en" / "acknowledgement.txt", "{service}", "{sevice}")
    (folder / "en" / "operator-poison.txt").write_bytes(b"Subject: x\n\nM\xfcller\n")
    (folder / "en" / "operator-mail.txt").write_text("x" * (MAX_FILE_OCTETS + 1), encoding="utf-8")
    (folder / "en" / "operator-complaint.txt").write_text("Subject: x\n\n\n", encoding="utf-8")
    problems = "\n".join(_problems(folder))
    assert "acknowledgement.txt:3: unknown placeholder {sevice}" in problems
    assert "acknowledgement.txt:1: the placeholder {service} is missing" in problems
    assert "operator-poison.txt:3: is not UTF-8; save it as UTF-8" in problems
    assert "operator-mail.txt: is larger than 65536 octets" in problems
    assert "operator-complaint.txt:4: there is no body" in problems
    assert len(problems.split("\n")) == 5


def test_an_empty_file_is_an_error_and_not_a_crash(folder: Path) -> None:
    """Nothing in it, not even a line."""
    (folder / "en" / "operator-held.txt").write_bytes(b"")
    assert any("operator-held.txt:1: there is no body" in problem for problem in _problems(folder))


def test_files_from_other_systems_are_read(folder: Path) -> None:
    """A byte order mark and CRLF are how some editors save; neither reaches a reader."""
    (folder / "en" / "operator-complaint.txt").write_bytes(
        b"\xef\xbb\xbfSubject: S\xc3\xad\r\n\r\none  \r\ntwo\r\n"
    )
    text = Texts.load(folder).render("operator-complaint", "en")
    assert (text.subject, text.body) == ("Sí", "one\ntwo")
