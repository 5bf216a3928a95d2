"""From flags and a terminal to answers that hold together. Used by ``command``; writes nothing anywhere.

Each answer is checked by the class of the key that it fills, as soon as it is given; then all of them together by the
configuration's own check, on a draft. In a terminal a wrong one gets a sentence and is asked again; without one every
problem is told at once, by its flag. A value is never repeated in a sentence.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from pydantic import ValidationError

from relay.config import load, render_example
from relay.config.fields import CREDENTIAL
from relay.config.schema import SECTIONS
from relay.config.wording import sentence
from relay.errors import ConfigError
from relay.setup.plan import Layout, given_of
from relay.setup.questions import QUESTIONS, Answers, Question

_SECTIONS = {name: section for sections in SECTIONS.values() for name, section in sections.items()}
_PLACE = re.compile(r"\S+\.toml(?::\d+)?: (\w+)(?:\[1\])?\.(\w+)(?:\[\d+\])?: (.*)", re.DOTALL)
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*\Z"
)

Ask = Callable[[str], str]


def collect(
    given: Mapping[str, str], layout: Layout, languages: Collection[str], ask: Ask | None
) -> dict[str, str]:
    """Every answer. ``ask``: puts a question to a person; ``None``: nobody is there. Raises ``ConfigError``."""
    answers: dict[str, str] = {}
    problems: dict[str, str] = {}
    for question in QUESTIONS:
        if not question.belongs(answers):
            if given.get(question.flag):
                problems[question.flag] = "has no place beside the other answers; leave it out"
            continue
        answers[question.flag] = ""
        if question.flag in given:
            answers[question.flag] = _read(question, given[question.flag])
            wrong = _wrong(question, answers, layout, languages)
            if wrong and ask is not None:
                print(f"--{question.flag}: {wrong}", file=sys.stderr)
                answers[question.flag] = _put(question, answers, layout, languages, ask)
            elif wrong:
                problems[question.flag] = wrong
        elif ask is not None:
            answers[question.flag] = _put(question, answers, layout, languages, ask)
        elif (usual := question.usual(answers)) is None:
            problems[question.flag] = "is missing; there is no usual answer"
        else:
            answers[question.flag] = usual
    if problems:
        raise ConfigError(tuple(f"--{flag}: {what}" for flag, what in problems.items()))
    return _together(answers, layout, languages, ask)


def _read(question: Question, answer: str) -> str:
    """An answer as it goes into a file; a path from where whoever gave it is."""
    answer = answer.strip()
    if not answer or not question.is_file or answer.startswith(CREDENTIAL):
        return answer
    return str(Path(answer).expanduser().absolute())


def _put(question: Question, answers: Answers, layout: Layout, languages: Collection[str], ask: Ask) -> str:
    """Ask until the answer holds."""
    usual = question.usual(answers)
    prompt = question.words + (f" [{usual}]" if usual else "") + ": "
    while True:
        answer = _read(question, ask(prompt)) or (usual or "")
        wrong = _wrong(question, {**answers, question.flag: answer}, layout, languages)
        if not wrong:
            return answer
        print(f"  This {wrong}.", file=sys.stderr)


def _wrong(question: Question, answers: Answers, layout: Layout, languages: Collection[str]) -> str:
    """What is wrong with this answer alone, as the end of a sentence; empty when nothing is."""
    answer = answers[question.flag]
    if not answer:
        return "" if question.usual(answers) == "" else "is missing; there is no usual answer"
    if question.choices and answer not in question.choices:
        return f"must be {' or '.join(question.choices)}"
    if question.flag == "language" and answer not in languages:
        return f"has no texts; there are texts in {', '.join(sorted(languages))}"
    if question.flag == "host" and not _HOST.match(answer):
        return "is not a host name; write it in full, as in mx.example.org"
    if question.flag == "port" and not (answer.isascii() and answer.isdigit()):
        return "must be a whole number"
    if not question.key:
        return ""
    section, _, key = question.key.partition(".")
    value = given_of(answers, layout)[section][key]
    try:
        _SECTIONS[section].model_validate({key: value}, context=layout.folder)
    except ValidationError as problem:
        for error in problem.errors(include_url=False, include_input=False):
            if error["loc"] and error["loc"][0] == key:
                return sentence(error, _SECTIONS[section].model_fields)
    return ""


def _together(
    answers: dict[str, str], layout: Layout, languages: Collection[str], ask: Ask | None
) -> dict[str, str]:
    """Have the configuration's own check look at all of them, on a draft without keys."""
    by_key = {question.key: question for question in QUESTIONS if question.key}
    while problems := _problems_of_draft(answers, layout, languages):
        places = [(by_key.get(f"{found[1]}.{found[2]}"), found[3]) if (found := _PLACE.match(each)) else (None, each)
                  for each in problems]  # fmt: skip
        if ask is None or not any(question for question, _ in places):
            raise ConfigError(tuple(f"--{q.flag}: {what}" if q else what for q, what in places))
        for question, what in places:
            if question is not None:
                print(f"  {question.words}: this {what}.", file=sys.stderr)
                answers[question.flag] = _put(question, answers, layout, languages, ask)
    return answers


def _problems_of_draft(answers: Answers, layout: Layout, languages: Collection[str]) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="relay-init-") as name:
        for file, text in render_example(given_of(answers, layout, with_keys=False)).items():
            (Path(name) / file).write_text(text, "utf-8")
        try:
            load(Path(name), known_languages=languages)
        except ConfigError as error:
            return error.problems
    return ()
