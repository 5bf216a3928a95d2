"""The verbs of counselors' commands: how each is written, where it is allowed, and what value it makes.

``mail.commands`` finds the lines; ``parse`` makes a value (``domain.commands``) of one. Adding a verb: a dataclass
there, a row in ``VERBS`` here, and a handler in ``flow.desk.dispatch``. Pure; nothing fails: what is not understood
comes back as ``None``, and the caller returns the mail.

Arguments are read as people type them on a telephone: capitals, a full stop at the end, a dash that was an en dash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from difflib import get_close_matches
from enum import Enum

from relay.domain.commands import (
    Ask,
    Block,
    Broken,
    CallBack,
    Callback,
    Close,
    Command,
    Duty,
    DutyAsk,
    Escalate,
    Handover,
    Help,
    Hold,
    Insert,
    Lang,
    ListCases,
    Note,
    Offer,
    Pass,
    Read,
    Refer,
    Remind,
    SetRisk,
    Spam,
    Tag,
    Take,
    Transfer,
    Warn,
)
from relay.domain.risk import Risk

MAX_TEXT_CHARS = 20_000
"""Of a note, summary or question; ten pages."""

MAX_WORDS_CHARS = 400
"""Of a line that takes no free text."""


class Place(Enum):
    """Where a command is written: in a reply to a conversation, or to ``desk@``."""

    ALIAS = "alias"
    DESK = "desk"


Parser = Callable[[str, str], Command | None]


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the table. ``usage``: how to write it. ``goes_on``: it takes the lines below, up to a blank one.

    ``changes``: something is different afterwards, so that at ``desk@`` it needs proof or a confirming answer.
    ``is_dangerous``: hard to take back, so that one answer confirms it wherever it was written. ``once``: a second one
    in the same message would contradict the first, or be lost.
    """

    name: str
    usage: str
    parse: Parser
    places: frozenset[Place] = frozenset({Place.ALIAS})
    goes_on: bool = False
    changes: bool = True
    is_dangerous: bool = False
    once: bool = False


_TAIL = re.compile(r"[.,;:]+\Z")
_TYPED = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2011": "-", "\u2212": "-", "\u2019": "'", "\u2018": "'",
                        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"'})  # fmt: skip
_SPAN = re.compile(
    r"(\d{1,3}) ?(h|hours?|stunden?|heures?|horas?|d|days?|t|tage?n?|j|jours?|d[ií]as?"
    r"|w|weeks?|wochen?|semaines?|semanas?)\b"
)
_HOURS_IN = {"h": 1, "s": 1, "d": 24, "t": 24, "j": 24, "w": 168}
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?")


def tidy(words: str) -> str:
    """Arguments of a closed grammar: lower case, plain dashes and quotes, single spaces, no full stop at the end."""
    return _TAIL.sub("", " ".join(words.translate(_TYPED).casefold().split()))


def _bare(made: Callable[[], Command]) -> Parser:
    return lambda words, below: made() if not tidy(words) and not below else None


def _text(made: Callable[[str], Command]) -> Parser:
    def parse(words: str, below: str) -> Command | None:
        text = "\n".join(filter(None, (words.strip(), below.strip())))
        return made(text) if 0 < len(text) <= MAX_TEXT_CHARS else None

    return parse


def _closed(made: Callable[[str], Command | None]) -> Parser:
    return lambda words, _below: made(tidy(words)) if len(words) <= MAX_WORDS_CHARS else None


def span(words: str) -> tuple[timedelta | None, str]:
    """A time such as ``3d``, ``2 weeks``, ``36h`` at the start, and what follows it; ``None`` when there is none."""
    found = _SPAN.match(words)
    if found is None or not int(found[1]):
        return None, words
    unit = found[2]
    hours = 168 if unit.startswith("sem") else _HOURS_IN["w" if unit.startswith("woch") else unit[0]]
    return timedelta(hours=int(found[1]) * hours), words[found.end() :].strip()


def _spanned(made: Callable[[timedelta], Command], longest: timedelta) -> Callable[[str], Command | None]:
    def parse(words: str) -> Command | None:
        time, rest = span(words)
        return made(time) if time is not None and time <= longest and not rest else None

    return parse


def _lang(words: str) -> Command | None:
    return Lang(words) if _LANGUAGE.fullmatch(words) else None


def _risk(words: str) -> Command | None:
    return SetRisk(Risk(words)) if words in {each.value for each in Risk} else None


def _identified(made: Callable[[str], Command], *, needed: bool) -> Callable[[str], Command | None]:
    def parse(words: str) -> Command | None:
        is_fine = _ID.fullmatch(words) is not None or (not words and not needed)
        return made(words) if is_fine else None

    return parse


def _take(words: str) -> Command | None:
    return Take(words) if re.fullmatch(r"[\w -]{0,60}", words) else None


def _pass(words: str, below: str) -> Command | None:
    return Pass(f"{words.strip()}\n{below}".strip()[:MAX_TEXT_CHARS])


def _handover(words: str, below: str) -> Command | None:
    to, summary = tidy(words), below.strip()
    if not to or not summary or len(words) > MAX_WORDS_CHARS or len(summary) > MAX_TEXT_CHARS:
        return None
    return Handover("" if to == "any" else to, summary)


def _transfer(words: str, below: str) -> Command | None:
    queue, summary = tidy(words), below.strip()
    is_fine = _ID.fullmatch(queue) and 0 < len(summary) <= MAX_TEXT_CHARS
    return Transfer(queue, summary) if is_fine else None


def _refer(offer: Offer) -> Parser:
    def parse(words: str, _below: str) -> Command | None:
        question = " ".join(words.translate(_TYPED).split())
        return Refer(question, offer) if 0 < len(question) <= MAX_WORDS_CHARS else None

    return parse


def _read(words: str, _below: str) -> Command | None:
    question = " ".join(words.translate(_TYPED).split())
    return Read(question) if 0 < len(question) <= MAX_WORDS_CHARS else None


def _broken(words: str, below: str) -> Command | None:
    found = re.match(r"#?(\d{1,9})\b(.*)", words.strip(), re.DOTALL)
    if found is None:
        return None
    return Broken(int(found[1]), "\n".join(filter(None, (found[2].strip(), below.strip())))[:MAX_TEXT_CHARS])


def _escalate(words: str) -> Command | None:
    to = {"": False, "v": False, "supervisor": False, "o": True, "operator": True}
    return Escalate(to[words]) if words in to else None


def _block(words: str) -> Command | None:
    return Block() if not words else _spanned(Block, timedelta(days=365))(words)


def _remind(words: str, below: str) -> Command | None:
    time, _ = span(tidy(words))
    if time is None or time > timedelta(days=180):
        return None
    why = words.strip()[_end_of_span(words.strip()) :].strip()
    return Remind(time, "\n".join(filter(None, (why, below.strip())))[:MAX_TEXT_CHARS])


def _end_of_span(words: str) -> int:
    found = _SPAN.match(words.casefold())
    return found.end() if found else 0


def _callback(words: str) -> Command | None:
    return CallBack(Callback(words or "yes")) if words in {"", *(each.value for each in Callback)} else None


def _tag(words: str) -> Command | None:
    tags = tuple(dict.fromkeys(words.replace(",", " ").split()))
    is_fine = 0 < len(tags) <= 10 and all(re.fullmatch(r"[\w:+-]{1,40}", each) for each in tags)
    return Tag(tags) if is_fine else None


def _duty(words: str) -> Command | None:
    ask, _, rest = words.partition(" ")
    if ask not in {each.value for each in DutyAsk}:
        return None
    if not rest:
        return Duty(DutyAsk(ask))
    if ask == "status" or not rest.startswith("until "):
        return None
    try:
        return _until(DutyAsk(ask), rest.removeprefix("until ").split())
    except ValueError:  # the thirty-first of June, or half past thirty
        return None


def _until(ask: DutyAsk, words: list[str]) -> Duty | None:
    day = _DATE.fullmatch(words[0])
    clock = _TIME.fullmatch(words[-1]) if not day or len(words) == 2 else None
    if len(words) > 2 or (len(words) == 2 and not (day and clock)) or not (day or clock):
        return None
    return Duty(
        ask,
        date(int(day[1]), int(day[2]), int(day[3])) if day else None,
        time(int(clock[1]), int(clock[2] or 0)) if clock else None,
    )


_BOTH = frozenset(Place)
_DESK = frozenset({Place.DESK})

VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("help", "!help", _bare(Help), _BOTH, changes=False),
        Verb("list", "!list", _bare(ListCases), _BOTH, changes=False),
        Verb("note", "!note text", _text(Note), goes_on=True),
        Verb("lang", "!lang de", _closed(_lang), once=True),
        Verb("risk", "!risk high | none", _closed(_risk), once=True),
        Verb("close", "!close [text-id]", _closed(_identified(Close, needed=False))),
        Verb("hold", "!hold 3d", _closed(_spanned(Hold, timedelta(days=60))), once=True),
        Verb("pass", "!pass [reason]", _pass, goes_on=True),
        Verb("take", "!take [pseudonym]", _closed(_take), _BOTH, once=True),
        Verb("handover", "!handover NAME | any, with a summary in the lines below", _handover, goes_on=True,
             is_dangerous=True),
        Verb("transfer", "!transfer QUEUE, with a summary in the lines below", _transfer, goes_on=True,
             is_dangerous=True),
        Verb("refer", "!refer words @place language number", _refer(Offer.INSERT), changes=False),
        Verb("refer?", "!refer? words @place language number", _refer(Offer.PREVIEW), _BOTH, changes=False),
        Verb("refer!", "!refer! country GB", _refer(Offer.CRISIS), changes=False),
        Verb("broken", "!broken #412 reason", _broken, _BOTH, goes_on=True, once=True),
        Verb("insert", "!insert text-id", _closed(_identified(Insert, needed=True)), changes=False),
        Verb("read", "!read words", _read, changes=False),
        Verb("escalate", "!escalate [V | O]", _closed(_escalate), once=True),
        Verb("ask", "!ask text", _text(Ask), goes_on=True, once=True),
        Verb("warn", "!warn", _bare(Warn)),
        Verb("block", "!block [30d]", _closed(_block), is_dangerous=True),
        Verb("spam", "!spam", _bare(Spam)),
        Verb("remind", "!remind 2d why", _remind, goes_on=True),
        Verb("callback", "!callback [yes | no | done]", _closed(_callback), once=True),
        Verb("tag", "!tag word word", _closed(_tag)),
        Verb("duty", "!duty on [until 22:00] | off [until 2026-05-04] | status", _closed(_duty), _DESK, once=True),
    )
}  # fmt: skip
"""Every verb, in the order in which help shows them."""


def parse(verb: str, words: str, below: str = "") -> Command | None:
    """What a line asks for: ``words`` stand behind the verb, ``below`` are the lines that it goes on for.

    ``None`` when there is no such verb or its arguments are not understood.
    """
    row = VERBS.get(verb)
    return row.parse(words, below) if row else None


def nearest(verb: str) -> str:
    """The verb that was probably meant, or nothing."""
    found = get_close_matches(verb[:20], VERBS, n=1, cutoff=0.6)
    return found[0] if found else ""


def changes(verb: str, command: Command) -> bool:
    """Tell whether something is different after this command; a question about duty is none."""
    if isinstance(command, Duty):
        return command.ask is not DutyAsk.STATUS
    return VERBS[verb].changes
