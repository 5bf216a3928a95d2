"""The sections ``[seekers]``, ``[phone]`` and ``[risk]``: what seekers' words to the relay do at this line."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, ValidationInfo

from relay.config import fields
from relay.config.section import Section
from relay.domain.rota import Shift
from relay.domain.wishes import safe_hours
from relay.mail import risk_words
from relay.mail.seeker_hours import hours_in


def _span(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text in quotes such as '09:00-17:00'")  # noqa: TRY004 (pydantic)
    span, beside = hours_in(value)
    if not span or beside.strip():
        raise ValueError("is no span of hours; write for example '09:00-17:00'")
    safe_hours(span, "UTC")
    return span


def _zone(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text in quotes such as 'Europe/Berlin'")  # noqa: TRY004 (pydantic)
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        raise ValueError("is not in the IANA time zone database; write it as in Europe/Berlin") from None


def _sentences(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError("must be pairs in braces such as { en = '...' }")  # noqa: TRY004 (pydantic)
    for tag, sentence in value.items():
        if not isinstance(sentence, str) or not sentence.strip() or not sentence.isprintable():
            raise ValueError("must hold one line of visible text for each language")
        if len(sentence) > MAX_SENTENCE_CHARS:
            raise ValueError(f"holds a sentence of more than {MAX_SENTENCE_CHARS} characters")
        if tag != tag.lower():
            raise ValueError("names a language that is not in small letters, as in en or pt-br")
    return tuple((tag, sentence.strip()) for tag, sentence in value.items())


MAX_SENTENCE_CHARS = 240
"""A sentence or two, in an acknowledgement that is to be read by somebody in distress."""


def _entries(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    assert info.context is not None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("must be a list of files in square brackets")
    found = [entry for each in value for entry in risk_words.read(info.context / each)]
    if len(found) > risk_words.MAX_ENTRIES:
        raise ValueError(f"names files with more than {risk_words.MAX_ENTRIES} entries in all")
    return tuple(dict.fromkeys(found))


class SeekersSection(Section):
    """What seekers' words to the relay (STOP, QUIET and so on; see docs/seeker.md) do beyond what they always do."""

    discreet_name: fields.ShownName | None = Field(
        default=None,
        description="Name that mail to somebody who wrote QUIET is from. Without it, an ordinary word such as 'Mail' "
        "in their language. It must not tell what the service is.",
        examples=["Office"],
    )
    safe_hours: Annotated[str | None, PlainValidator(_span)] = Field(
        default=None,
        description="Hours in which such mail may arrive when they name none themselves, as in QUIET 9-17. Without it, "
        "at any hour.",
        examples=["09:00-17:00"],
    )
    zone: Annotated[str, PlainValidator(_zone)] = Field(
        default="UTC",
        description="By whose clock: an IANA time zone. A seeker whose mail shows another one is understood by theirs.",
        examples=["Europe/Berlin"],
    )
    confidentiality: Annotated[tuple[tuple[str, str], ...], PlainValidator(_sentences)] = Field(
        default=(),
        description="By language, a sentence for the acknowledgement: when you tell others what somebody wrote. At "
        "most 240 characters each.",
        examples=[{"en": "If somebody's life is in danger, we may call for help."}],
    )


class PhoneSection(Section):
    """Calls. The relay dials nothing: CALL ME and !callback become e-mail to people of yours who do."""

    desk: fields.OperatorMailbox | None = Field(
        default=None,
        description="Where those who make the calls read mail; they alone are sent the number. Without it the answer "
        "to CALL ME says honestly that this line does not call.",
        examples=["calls@example.net"],
    )
    hours: tuple[fields.Duty, ...] = Field(
        default=(),
        max_length=50,
        description="When calls are made, as in 'duty' of a counselor; the answer to CALL ME names the next time.",
        examples=[["mon-fri 10:00-16:00 Europe/Berlin"]],
    )


class RiskSection(Section):
    """A list of your own that moves a message to the front and tells you of it. It never delays, answers or lowers."""

    words: Annotated[tuple[str, ...], PlainValidator(_entries)] = Field(
        default=(),
        description="Files of words and phrases, one a line in any language, '#' for comments; found as whole words in "
        "what seekers write themselves, whatever the case and accents. Read anew with the configuration.",
        examples=[["risk/en.txt", "risk/de.txt"]],
    )


def phone_lines(hours: tuple[Shift, ...]) -> tuple[str, ...]:
    """The hours of calls as lines of a rota, which cross the pipe to a worker."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def days(shift: Shift) -> str:
        return ",".join(names[day] for day in sorted(shift.days))

    return tuple(
        f"{days(shift)} {_clock(shift.start)}-{_clock(shift.end)} {shift.zone.key}"
        for shift in hours
        if shift.days
    )


def _clock(minutes: int) -> str:
    return "24:00" if minutes == 1440 else f"{minutes % 1440 // 60:02}:{minutes % 60:02}"
