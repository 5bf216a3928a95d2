"""The lines that are for the relay, as people type them; what is not clear does nothing."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from relay.domain.commands import (
    Block,
    Close,
    Command,
    Duty,
    DutyAsk,
    Handover,
    Help,
    Hold,
    Lang,
    ListCases,
    Note,
    Offer,
    Pass,
    Refer,
    Remind,
    SetRisk,
    Tag,
)
from relay.domain.risk import Risk
from relay.domain.verbs import VERBS
from relay.mail import commands, marks
from relay.mail.commands import Orders, Problem, Unclear
from relay.mail.parse import parse

QUOTE = "\n\nOn Mon, 23 Nov 2026 at 13:00, Maple Heron <a@relay.test> wrote:\n> I cannot sleep.\n"


def asked(text: str) -> list[Command]:
    found = commands.find(marks.clean(text))
    assert isinstance(found, Orders), found
    return [each.command for each in found.spoken]


def problems(text: str) -> list[Problem]:
    found = commands.find(marks.clean(text))
    assert isinstance(found, Unclear), found
    return [each.problem for each in found.faults]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!close", Close()),
        ("!Close", Close()),
        ("!CLOSE.", Close()),
        ("\u00a0!close\u00a0", Close()),
        ("\u200b!clo\u200bse", Close()),
        ("\uff01close", Close()),
        ("!close\u00a0see-you", Close("see-you")),
        ("!close see\u2013you", Close("see-you")),
        ("!hold 3d", Hold(timedelta(days=3))),
        ("!Hold 3 Days.", Hold(timedelta(days=3))),
        ("!hold 2 Wochen", Hold(timedelta(days=14))),
        ("!hold 36h", Hold(timedelta(hours=36))),
        ("!hold 2 semaines", Hold(timedelta(days=14))),
        ("!risk HIGH", SetRisk(Risk.HIGH)),
        ("!risk none", SetRisk(Risk.NONE)),
        ("!lang De", Lang("de")),
        ("!lang pt-BR", Lang("pt-br")),
        ("!list", ListCases()),
        ("!help", Help()),
        ("!block", Block()),
        ("!block 7d", Block(timedelta(days=7))),
        ("!pass I know them", Pass("I know them")),
        ("!pass", Pass()),
        ("!remind 2d Call the Clinic", Remind(timedelta(days=2), "Call the Clinic")),
        ("!refer? lgbt @Leeds en 3", Refer("lgbt @Leeds en 3", Offer.PREVIEW)),
        ("!refer! country GB", Refer("country GB", Offer.CRISIS)),
        ("!tag Sleep, age:20-29", Tag(("sleep", "age:20-29"))),
        ("!duty on until 22:00", Duty(DutyAsk.ON, None, time(22, 0))),
        ("!duty off until 2026-05-04", Duty(DutyAsk.OFF, date(2026, 5, 4))),
        ("!duty off until 2026-05-04 9.30", Duty(DutyAsk.OFF, date(2026, 5, 4), time(9, 30))),
        ("!duty status", Duty(DutyAsk.STATUS)),
        ("!note “She said…” – again", Note("“She said…” – again")),  # noqa: RUF001
    ],
)
def test_a_line_is_understood_as_people_type_it(line: str, command: Command) -> None:
    """Capitals, marks that nobody sees, spaces that do not break, dashes that a telephone has put in."""
    assert asked(line) == [command]
    assert asked(f"Dear Maple,\n\n{line}\n\nRobin{QUOTE}") == [command]


@pytest.mark.parametrize("sign", ["\u200f", "\u200e", "\u061c", "\u202b", "\u2068"])
@pytest.mark.parametrize("line", ["{}!note شجاع", "!{}note شجاع", "!note{} شجاع", " {}!note شجاع{}"])
def test_a_sign_of_direction_hides_no_command(line: str, sign: str) -> None:
    """A telephone set to Arabic writes one in front of a line that begins with a sign; the seeker would read the note."""
    found = commands.find(marks.clean(f"أهلا بك،\n{line.format(sign, sign)}\n\nRobin{QUOTE}"))
    assert isinstance(found, Orders)
    assert [each.command for each in found.spoken] == [Note("شجاع")]
    assert "شجاع" not in found.content()
    below = commands.find(marks.clean(f"أهلا بك.{QUOTE}\n{line.format(sign, sign)}"))
    assert isinstance(below, Unclear)


@pytest.mark.parametrize(
    ("line", "problem", "meant"),
    [
        ("!clsoe", Problem.UNKNOWN, "close"),
        ("!hadnover Linden", Problem.UNKNOWN, "handover"),
        ("!xyzzyq", Problem.UNKNOWN, ""),
        ("!close!", Problem.UNKNOWN, "close"),
        ("!close)", Problem.ARGUMENT, "close"),
        ("!hold", Problem.ARGUMENT, "hold"),
        ("!hold soon", Problem.ARGUMENT, "hold"),
        ("!hold 3d please", Problem.ARGUMENT, "hold"),
        ("!hold 0d", Problem.ARGUMENT, "hold"),
        ("!hold 99w", Problem.ARGUMENT, "hold"),
        ("!risk", Problem.ARGUMENT, "risk"),
        ("!risk low", Problem.ARGUMENT, "risk"),
        ("!lang klingon", Problem.ARGUMENT, "lang"),
        ("!list all", Problem.ARGUMENT, "list"),
        ("!note", Problem.ARGUMENT, "note"),
        ("!handover Linden", Problem.ARGUMENT, "handover"),
        ("!duty on until 25:00", Problem.ARGUMENT, "duty"),
        ("!duty off until 2026-06-31", Problem.ARGUMENT, "duty"),
        ("!duty maybe", Problem.ARGUMENT, "duty"),
        ("! close", Problem.SPACED, "close"),
        ("!!close", Problem.SPACED, "close"),
    ],
)
def test_what_is_not_clear_is_named(line: str, problem: Problem, meant: str) -> None:
    """Nothing is guessed; the verb that was probably meant is said."""
    found = commands.find(f"Dear Maple,\n{line}\n\nRobin")
    assert isinstance(found, Unclear)
    (fault,) = found.faults
    assert (fault.problem, fault.line, fault.meant) == (problem, line, meant)


@pytest.mark.parametrize(
    "line",
    [
        "!!! Please read",
        "! Important: rest.",
        "Wow!",
        "close",
        "- !close",
        "It is !close",
        "!",
        "!?",
        "\\!close",
    ],
)
def test_other_lines_are_content(line: str) -> None:
    """A sign alone makes no command, and one in the middle of a line is what it looks like."""
    assert asked(line) == []


def test_one_bad_line_spoils_all() -> None:
    """Mixed good and bad: nothing may be done."""
    assert problems("!list\n!nope\n!hold") == [Problem.UNKNOWN, Problem.ARGUMENT]


def test_text_goes_on_to_the_next_blank_line_or_command() -> None:
    """Mail programs break long lines; the second half of a note must not become content."""
    text = "Dear Maple,\n!note She has told me\nmore than before.\n!risk high\n!handover any\nSleeps badly.\nWas brave.\n\nSleep well."
    found = commands.find(text)
    assert isinstance(found, Orders)
    assert [each.command for each in found.spoken] == [
        Note("She has told me\nmore than before."),
        SetRisk(Risk.HIGH),
        Handover("", "Sleeps badly.\nWas brave."),
    ]
    assert found.content() == "Dear Maple,\n\nSleep well."


def test_a_line_can_be_replaced_in_place() -> None:
    """What somebody looked up stands where the command stood."""
    found = commands.find("Here:\n!refer lgbt\nand there.\n\\!sic")
    assert isinstance(found, Orders)
    (spoken,) = found.spoken
    assert found.content({spoken.line: "Group A\nGroup B"}) == "Here:\nGroup A\nGroup B\nand there.\n!sic"


def test_a_command_only_in_the_quote_is_asked_about() -> None:
    """Perhaps the mail program put the mark in front; perhaps it is what the other side wrote."""
    assert problems("Yes.\n\n> !close\n> Hello") == [Problem.QUOTED]
    assert problems(
        "Yes.\n\n-----Original Message-----\nFrom: Maple\nSent: today\nTo: Robin\nSubject: x\n\n!close"
    ) == [Problem.QUOTED]
    assert asked("!list\n\n> !close\n> Hello") == [ListCases()]
    assert asked("Yes.\n\n> !important\n> Hello") == []


def test_a_command_below_the_quote_or_in_the_signature_is_asked_about() -> None:
    """Only above the first quoted line; below it nobody knows whose it is."""
    assert problems("> Hello\n\nYes.\n!close") == [Problem.BELOW]
    assert problems("Yes.\n-- \n!close") == [Problem.BELOW]
    assert asked("Yes.\n\n!close\n\nSent from my iPhone") == [Close()]


def test_more_than_anybody_types_is_refused() -> None:
    """A bound for the receipt and for the look-ups."""
    assert problems("!list\n" * 21) == [Problem.TOO_MANY]


def mail(plain: str, markup: str) -> bytes:
    return (
        "From: ana@home.test\nSubject: Re\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n"
        f"--b\nContent-Type: text/html; charset=utf-8\n\n{markup}\n--b--\n"
    ).encode()


def test_two_versions_must_ask_for_the_same() -> None:
    """Line breaks may differ; verbs and words may not."""
    same = commands.read(parse(mail("!note a b\nc\n\nHi", "<p>!note a b c</p><p>Hi</p>")))
    assert isinstance(same, Orders)
    for plain, markup in (("Hi", "<p>!close</p>"), ("!close", "<p>Hi</p>"), ("!hold 3d", "<p>!hold 4d</p>"),
                          ("!list", "<p>!nope</p>")):  # fmt: skip
        found = commands.read(parse(mail(plain, markup)))
        assert isinstance(found, Unclear)
        assert [each.problem for each in found.faults] == [Problem.DISAGREE]


def test_the_quick_look_misses_nothing() -> None:
    """Where it finds nothing nobody looks closer."""
    for markup in (
        "<div>!close</div>",
        "Hi<br>!close",
        "<p>&nbsp;!close",
        "<p>&#33;close",
        "<p>&#x21;close",
        "<p>&excl;close",
    ):
        raw = f"From: a@b.test\nContent-Type: text/html; charset=utf-8\n\n{markup}\n".encode()
        assert commands.may_hold_any(parse(raw))
        assert isinstance(found := commands.read(parse(raw)), Orders)
        assert [each.command for each in found.spoken] == [Close()]
    for plain in ("!close", "  \u200b!close", "> !close", "\\!close", "hi\n\uff01close"):
        assert commands.may_hold_any(
            parse(f"From: a@b.test\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n".encode())
        )
    assert not commands.may_hold_any(parse(b"From: a@b.test\n\nWell done!\n"))


def test_every_verb_is_written_as_its_usage_says() -> None:
    """Help shows the usage; its first word is the verb."""
    assert all(verb.usage.split()[0].rstrip(",") == f"!{name}" for name, verb in VERBS.items())
