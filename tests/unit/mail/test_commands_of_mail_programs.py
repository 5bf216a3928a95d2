# ruff: noqa: RUF001  (dashes, quotes and signs as telephones put them in are meant)
"""Commands by hand in mail as the usual programs shape it, in four languages: found where a person wrote them, only there."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from html import escape

import pytest

from relay.domain.commands import Close, Command, Hold, Note, SetRisk
from relay.domain.risk import Risk
from relay.mail import commands, content
from relay.mail.commands import Orders, Problem, Unclear
from relay.mail.parse import parse

LETTERS = {
    "en": ("Dear Maple,\n\nsleep well.", "On Mon, 23 Nov 2026 at 13:00, Maple Heron <a@relay.test> wrote:", "I cannot sleep.", "Sent from my iPhone"),
    "de": ("Liebe Maple,\n\nschlaf gut, bis bald.", "Am Mo., 23. Nov. 2026 um 13:00 Uhr schrieb Maple Heron <a@relay.test>:", "Ich kann nicht schlafen.", "Von meinem iPhone gesendet"),
    "fr": ("Bonjour Maple,\n\ndors bien ! À bientôt.", "Le lun. 23 nov. 2026 à 13:00, Maple Heron <a@relay.test> a écrit :", "Je ne dors pas.", "Envoyé de mon iPhone"),
    "es": ("Hola Maple:\n\n¡que descanses!", "El lun, 23 nov 2026 a las 13:00, Maple Heron (<a@relay.test>) escribió:", "No puedo dormir.", "Enviado desde mi iPhone"),
}  # fmt: skip
WRITTEN = "!note CANARY she said “no” – twice\n!Risk high\n!hold 3d."
ASKED: list[Command] = [Hold(timedelta(days=3))]
HEAD = "From: Ana <ana@home.test>\nTo: a@relay.test\nSubject: Re: hello\nMIME-Version: 1.0\n"


def _plain(text: str, parameters: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8{parameters}\nContent-Transfer-Encoding: 8bit\n\n{text}\n"


def _html(markup: str) -> str:
    return f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<html><body>{markup}</body></html>\n"


def _both(text: str, markup: str) -> str:
    return (
        f'Content-Type: multipart/alternative; boundary="b"\n\n--b\n{_plain(text)}--b\n{_html(markup)}--b--\n'
    )


def _divs(text: str) -> str:
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


def _paragraphs(text: str) -> str:
    return "".join(
        f'<p class="MsoNormal">{escape(line) or "&nbsp;"}<o:p></o:p></p>' for line in text.split("\n")
    )


def gmail(text: str, attribution: str, quoted: str, _sent: str) -> str:
    """Both versions, lines as divs, the quote in one of its own."""
    markup = f'<div dir="ltr">{_divs(text)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(attribution)}<br></div><blockquote class="gmail_quote">{escape(quoted)}</blockquote></div>'
    return _both(f"{text}\n\n{attribution}\n\n> {quoted}", markup)


def outlook(text: str, _attribution: str, quoted: str, _sent: str) -> str:
    """HTML alone: a paragraph for each line, and a header block above what is quoted."""
    header = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Maple Heron &lt;a@relay.test&gt;<br><b>Sent:</b> Monday, November 23, 2026 13:00<br><b>To:</b> Ana<br><b>Subject:</b> hello</p></div>'
    return _html(f"<div>{_paragraphs(text)}{header}<p class=MsoNormal>{escape(quoted)}</p></div>")


def apple(text: str, attribution: str, quoted: str, sent: str) -> str:
    """A telephone: its line below, both versions, spaces that do not break."""
    shown = text.replace("!risk ", "!risk\u00a0").replace("!Risk ", "!Risk\u00a0")
    markup = f'{_divs(shown)}<br><div dir="ltr">{sent}</div><div dir="ltr"><br><blockquote type="cite">{escape(attribution)}<br><br></blockquote></div><blockquote type="cite"><div>{escape(quoted)}</div></blockquote>'
    return _both(f"{shown}\n\n{sent}\n\n> {attribution}\n> \n> {quoted}", markup)


def mutt(text: str, attribution: str, quoted: str, _sent: str) -> str:
    """Plain, with a signature below a delimiter, flowed."""
    return _plain(f"{text}\n\n{attribution}\n> {quoted}\n\n-- \nAna\n", "; format=flowed")


PROGRAMS = [gmail, outlook, apple, mutt]
each_program = pytest.mark.parametrize("program", PROGRAMS)
each_language = pytest.mark.parametrize("language", sorted(LETTERS))


@each_program
@each_language
def test_commands_are_found_and_leave_the_text(program: object, language: str) -> None:
    """All three of them, and not a character of them is left."""
    letter, attribution, quoted, sent = LETTERS[language]
    mail = parse((HEAD + program(f"{letter}\n\n{WRITTEN}", attribution, quoted, sent)).encode())  # type: ignore[operator]
    found = commands.read(mail)
    assert isinstance(found, Orders), found
    kinds = {type(each.command) for each in found.spoken}
    assert kinds == {Note, SetRisk, Hold}
    assert SetRisk(Risk.HIGH) in [each.command for each in found.spoken]
    assert ASKED[0] in [each.command for each in found.spoken]
    left = found.content()
    assert "!" not in left.replace("dors bien !", "").replace("descanses!", "")
    assert "CANARY" not in left
    assert letter.split("\n")[0] in left


@each_program
@each_language
def test_a_letter_without_commands_has_none(program: object, language: str) -> None:
    """Exclamations are no commands, in any language."""
    letter, attribution, quoted, sent = LETTERS[language]
    mail = parse((HEAD + program(letter, attribution, quoted, sent)).encode())  # type: ignore[operator]
    found = commands.read(mail)
    assert isinstance(found, Orders)
    assert found.spoken == ()


@each_program
@each_language
def test_a_command_in_the_quote_is_nobodys(program: object, language: str) -> None:
    """What the other side wrote is asked about and not done."""
    letter, attribution, _, sent = LETTERS[language]
    mail = parse((HEAD + program(letter, attribution, "!close", sent)).encode())  # type: ignore[operator]
    found = commands.read(mail)
    assert isinstance(found, Unclear), found
    assert {each.problem for each in found.faults} == {Problem.QUOTED}


@each_program
def test_a_typo_is_found_in_every_shape(program: object) -> None:
    """Named with what was probably meant."""
    letter, attribution, quoted, sent = LETTERS["en"]
    mail = parse((HEAD + program(f"{letter}\n\n!Clsoe", attribution, quoted, sent)).encode())  # type: ignore[operator]
    found = commands.read(mail)
    assert isinstance(found, Unclear)
    assert (found.faults[0].problem, found.faults[0].meant) == (Problem.UNKNOWN, "close")


def test_a_note_that_a_program_has_broken_into_lines_stays_a_note() -> None:
    """Gmail breaks its plain version at 78 columns, and the other at none: both say the same."""
    long = "!note CANARY " + "word " * 40 + "end"
    broken = "\n".join(textwrap.wrap(long, 76))
    mail = parse((HEAD + _both(f"Hello.\n\n{broken}\n\nBye.", _divs(f"Hello.\n\n{long}\n\nBye."))).encode())
    found = commands.read(mail)
    assert isinstance(found, Orders), found
    assert "word" not in found.content()
    assert [type(each.command) for each in found.spoken] == [Note]


def test_the_words_of_an_html_mail_are_read_as_they_are_shown() -> None:
    """A sign that is written as an entity is the same sign."""
    mail = parse((HEAD + _html("<p>Bye.</p><p>&#33;close</p>")).encode())
    found = commands.read(mail, content.read(mail))
    assert isinstance(found, Orders)
    assert [each.command for each in found.spoken] == [Close()]
