"""Filling in: values go in once, holes close, and there is always a language."""

from __future__ import annotations

import pytest

from relay.mail.text_files import Template
from relay.mail.texts import Texts
from relay.resources import folder

TEXTS = Texts.load(folder("templates"))


def _partly_german() -> Texts:
    templates = {
        ("en", "operator-complaint"): Template("report", (("in English",),)),
        ("en", "counselor-retired"): Template("over", (("{pseudonym}",),)),
        ("de", "operator-complaint"): Template("Meldung", (("auf Deutsch",),)),
    }
    words = {("en", "removed"): "[removed]", ("en", "no-subject"): "(none)", ("de", "removed"): "[entfernt]"}
    return Texts(templates, words, ("de", "en"))


def test_a_text_is_given_in_the_nearest_language_that_has_it() -> None:
    """RFC 5646: the tag, its primary language, English; text by text, whatever the case of the tag."""
    texts = _partly_german()
    for tag in ("de", "DE", "de-AT", "de-1996-x"):
        assert texts.render("operator-complaint", tag).body == "auf Deutsch"
        assert texts.render("counselor-retired", tag, pseudonym="1").body == "1"
        assert texts.language_of("counselor-retired", tag) == "en"
        assert texts.word("removed", tag) == "[entfernt]"
        assert texts.word("no-subject", tag) == "(none)"
    for tag in ("", "pl", "d", "deu", "../de", "de\n"):
        assert texts.render("operator-complaint", tag).body == "in English"


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    """Values are put in once; nothing in them is looked up."""
    text = TEXTS.render(
        "operator-mail", "en", mailbox="abuse", their_subject="{text}", text="{mailbox} \\1 \\g<0> %s"
    )
    assert text.body.endswith("\n\n{text}\n\n{mailbox} \\1 \\g<0> %s")


def test_a_value_cannot_add_a_line_to_the_subject() -> None:
    """A subject is one header line, whatever it is filled in with."""
    text = TEXTS.render("counselor-retired", "en", pseudonym="Maple\r\nBcc: x@example.org\x85\u2028 Heron")
    assert text.subject == "Not sent: your reply to Maple Bcc: x@example.org Heron"


def test_empty_values_leave_no_hole() -> None:
    """A line that was only a placeholder vanishes, and so does a paragraph of such lines."""
    template = Template("s", (("one", "{crisis}"), ("{service}",), ("{danger}", "{crisis}"), ("two",)))
    texts = Texts({("en", "seeker-unreadable"): template}, {}, ("en",))
    assert texts.render("seeker-unreadable", "en", service="", danger="", crisis="").body == "one\n\ntwo"
    filled = texts.render("seeker-unreadable", "en", service="\n\n", danger="a\nb\n", crisis="c\n\nd").body
    assert filled == "one\nc\n\nd\n\na\nb\nc\n\nd\n\ntwo"


@pytest.mark.parametrize("values", [{}, {"entry": "1"}, {"entry": "1", "reason": "r", "sender": "secret"}])
def test_values_too_many_or_too_few_are_an_error_that_shows_none_of_them(values: dict[str, str]) -> None:
    """The mistake is ours and the values may be a person's."""
    with pytest.raises(ValueError, match="operator-held takes") as caught:
        TEXTS.render("operator-held", "en", **values)
    assert "secret" not in str(caught.value)
    with pytest.raises(ValueError, match="today takes"):
        TEXTS.word("today", "en", **values)


def test_a_text_does_not_show_itself_where_it_might_be_printed() -> None:
    """It can hold what somebody wrote to postmaster."""
    text = TEXTS.render("operator-mail", "en", mailbox="abuse", their_subject="", text="canary")
    assert "canary" not in repr(text) + str(text)


def test_filling_in_takes_time_in_proportion_to_the_text() -> None:
    """A megabyte to postmaster is a megabyte in the notice, at once."""
    text = "{" * 500_000 + "}" * 500_000
    assert TEXTS.render("operator-mail", "en", mailbox="abuse", their_subject="", text=text).body.endswith(
        text
    )


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "1 word.", "2 words."), ("de", "1 Wort.", "2 Wörter."), ("es", "1 palabra.", "2 palabras."),
        ("fr", "1 mot.", "2 mots."), ("ar", "كلمة واحدة.", "عدد الكلمات 2."),
    ],
)  # fmt: skip
def test_one_word_is_said_as_one(language: str, one: str, many: str) -> None:
    """Each language in its own way."""
    assert TEXTS.word("did.sent-one", language, pseudonym="Maple Heron").endswith(one)
    assert TEXTS.word("did.sent", language, pseudonym="Maple Heron", count="2").endswith(many)
