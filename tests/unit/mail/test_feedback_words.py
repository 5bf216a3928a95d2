"""Two answers as people type them, and what is none."""

from __future__ import annotations

import pytest

from relay.mail.feedback_words import Answers, answers


@pytest.mark.parametrize(
    ("text", "helped", "again"),
    [
        ("4 yes", 4, "yes"), ("5\nno", 5, "no"), ("1: 3\n2: yes", 3, "yes"), ("1. 5\n2. No, thank you", 5, "no"),
        ("4/5, ja bitte", 4, "yes"), ("Oui", 0, "yes"), ("2", 2, ""), ("٤ نعم", 4, "yes"), ("Sí. 5", 5, "yes"),
        ("3 von 5\nNein danke\n\nLG\nSam", 3, "no"), ("5!!!\nYES!!!", 5, "yes"), ("2 out of 5 - no", 2, "no"),
    ],
)  # fmt: skip
def test_answers_are_understood(text: str, helped: int, again: str) -> None:
    assert answers(text, ["Sam Lee"]) == Answers(helped, again)


@pytest.mark.parametrize(
    "text",
    [
        "I have 3 children and no money",
        "no way out",
        "",
        "4 5 yes",
        "yes no",
        "9",
        "44 yes",
        "\n" * 3 + "why",
        "5yes",
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    found = answers(text)
    assert not found.says_something
    assert found.has_more or not text.strip()


def test_words_beside_answers_are_told_of() -> None:
    assert answers("4 yes\n\nRobin was kind.") == Answers(4, "yes", has_more=True)
    assert answers("4 yes\n" * 100).has_more
