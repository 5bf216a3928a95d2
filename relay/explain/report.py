"""One message, explained: what is known of it on both sides, and the last look over what is to be shown.

Called by the command line through the package. Never raises because of what a message says.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from relay.config import Settings
from relay.domain.conversations import Side
from relay.domain.entries import PASSES, EntryEvent
from relay.explain import headers, parts, sent, sentences
from relay.explain.trial import READER, Trial, attempt
from relay.explain.values import Fate, Piece, Received, Report, Row
from relay.flow.compose import read
from relay.flow.judging import judge, mask_of
from relay.flow.letters import Letters
from relay.flow.outcomes import Outcome, OutgoingKind
from relay.flow.values import Reason
from relay.mail import content, identity, marks
from relay.mail.changes import Place, What
from relay.mail.charset import clean_line, decode_words
from relay.mail.cleaning import Reason as FileReason
from relay.mail.model import Mail
from relay.mail.parse import decode_text, parse
from relay.resources import folder

_COUNTED_ELSEWHERE = frozenset({What.QUOTE_OR_SIGNATURE_CUT, What.LINK_TIDIED})
"""The rebuild only says that there was any; ``sent.changes`` counts."""


def explain(raw: bytes, settings: Settings, side_name: str) -> Report:
    """``side_name``: who wrote the message, ``seeker`` or ``counselor``. Raises ``ConfigError``."""
    side = Side(side_name)
    letters = _letters()
    mail = read(raw)
    trial = attempt(mail, settings, side, letters)
    verdict = _verdict(trial, letters)
    if mail is None:
        return Report(side, f"{sentences.UNREADABLE} {verdict}")
    author = mask_of(mail, trial.author, trial.reader)
    try:
        said = content.read(mail)
    except (content.Sealed, content.Overlong):
        said = None
    received = _received(trial.last)
    if trial.is_call:
        return _checked(_call(mail, trial, author, verdict, received), mail, trial)
    notes = _notes(trial, said, side)
    if received is None:
        notes.append(sentences.NOT_PASSED.format(reader=side.other.value))
    subject, text = _words(mail, said, author, is_passed=received is not None)
    report = Report(
        author=side,
        verdict=verdict,
        notes=tuple(notes),
        headers=headers.rows(mail.headers, author),
        parts=parts.rows(mail, said, author),
        subject=subject,
        text=text,
        changes=(*([sent.kept_words(text)] if received else []), *_changes(mail, said, trial)),
        received=received,
    )
    return _checked(report, mail, trial)


def _call(
    mail: Mail, trial: Trial, author: identity.Identity, verdict: str, received: Received | None
) -> Report:
    """A telephone system's mail: of its words nothing is passed on, and so nothing is shown."""
    notes = [sentences.CALL, *_notes(trial, None, Side.SEEKER)]
    if received is None:
        notes.append(sentences.NOT_PASSED.format(reader=Side.COUNSELOR.value))
    hidden = (Piece(sentences.SUBJECT_NOT_PASSED, is_block=True),)
    listed = (
        parts.rows(mail, None, author)
        if received is None
        else parts.of_call(mail, author, bool(received.files))
    )
    return Report(
        author=Side.SEEKER,
        verdict=verdict,
        notes=tuple(notes),
        headers=tuple(
            replace(row, fate=Fate.REMOVED, why=sentences.CALL_TEXT) if row.what == "Subject" else row
            for row in headers.rows(mail.headers, author)
        ),
        parts=listed,
        subject=hidden,
        text=hidden,
        changes=(),
        received=received,
    )


def _words(
    mail: Mail, said: content.Content | None, author: identity.Identity, *, is_passed: bool
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Subject and text; of a message that the reader gets nothing of, nothing is shown."""
    if said is not None and is_passed:
        return sent.subject(mail.subject, author), sent.text(said.text, author)
    count = len(said.text.split("\n")) if said is not None else 0
    block = Piece(f"{sent.lines(count)}, not passed on" if count else sentences.TEXT_UNREAD, is_block=True)
    return (Piece(sentences.SUBJECT_NOT_PASSED, is_block=True),), (block,)


@cache
def _letters() -> Letters:
    return Letters.load(folder("templates"))


def _verdict(trial: Trial, letters: Letters) -> str:
    outcome = trial.first
    reason = letters.texts.word(f"reason.{outcome.reason.value}", "en") if outcome.reason else ""
    if outcome.event is EntryEvent.HELD:
        held = sentences.HELD.format(reason=reason)
        passes = trial.then is not None and trial.then.event in PASSES
        return f"{held} {sentences.THEN}" if passes else held
    if outcome.event in PASSES:
        return sentences.PASSED
    return sentences.STOPPED.format(reason=reason)


def _notes(trial: Trial, said: content.Content | None, side: Side) -> list[str]:
    notes = [sentences.REGISTERED] if side is Side.SEEKER and trial.is_registered else []
    if trial.known.inserts:
        notes.append(sentences.NOT_LOOKED_UP)
    if said is not None and said.is_lossy:
        notes.append(sentences.LOSSY)
    for outcome in dict.fromkeys((trial.first, trial.last)):
        if outcome.reason is Reason.LEAK:
            kinds = sorted({change.what.removeprefix("leak-") for change in outcome.changes})
            notes.append(sentences.HOLDS_LEAK.format(kind=", ".join(kinds)).capitalize() + ".")
        notes += [
            sentences.ASKED[change.what] for change in outcome.changes if change.what in sentences.ASKED
        ]
        others = dict.fromkeys((one.kind.value, one.reader.value) for one in outcome.outgoing)
        notes += [sentences.OTHER_MAIL[each] for each in others if each in sentences.OTHER_MAIL]
    return list(dict.fromkeys(notes))


def _changes(mail: Mail, said: content.Content | None, trial: Trial) -> tuple[Row, ...]:
    """All changes to text and files, with counts."""
    rows: list[Row] = []
    for change in trial.last.changes:
        if change.what not in set(What) - _COUNTED_ELSEWHERE:
            continue
        what, fate, why = sentences.CHANGES[What(change.what)]
        if change.why in set(Place):
            what = f"{what}, {sentences.PLACES[Place(change.why)]}"
        elif change.what == What.FILE_REMOVED:
            why = f"{sentences.FILE_REASONS[FileReason(change.why)]} {why}"
        else:
            what = f"{what} ({change.why})"
        rows.append(Row(what, fate, why, change.count))
    if said is not None:
        rows += [*sent.changes(said.text), *parts.markup(mail)]
    return tuple(rows)


def _received(outcome: Outcome) -> Received | None:
    """The relayed message as its reader's program shows it."""
    message = next((one.message for one in outcome.outgoing if one.kind is OutgoingKind.RELAYED), None)
    if message is None:
        return None
    mail = parse(message)
    shown = tuple((headers.spelled(each.name), _value(each.value)) for each in mail.headers)
    leaves = [part for part in mail.root.walk() if not part.children]
    text = decode_text(mail, leaves[0]).text.rstrip("\n") if leaves else ""
    files = tuple(f"{part.filename} ({part.content_type})" for part in leaves[1:])
    return Received(shown, text, files)


def _value(octets: bytes) -> str:
    return clean_line(decode_words(octets)).replace(READER, sentences.READERS_ADDRESS)


def _checked(report: Report, mail: Mail, trial: Trial) -> Report:
    """The report, or without the author's words where the gate finds in them what names the author (P4)."""

    def names_author(*shown: str) -> bool:
        message = _as_message("\n".join(shown))
        return bool(judge(message, mail, trial.author, trial.reader, trial.known, _OUR_WORDS))

    if names_author(sent.plain(report.subject), sent.plain(report.text)):
        report = replace(report, subject=(), text=(Piece(sentences.CHECKED, is_block=True),))
    if names_author(*(name for row in (*report.headers, *report.parts) for name in (row.what, *row.also))):
        report = replace(report, headers=_nameless(report.headers), parts=_nameless(report.parts))
    return report


def _nameless(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(replace(row, what=headers.UNNAMED, also=()) for row in rows)


_OUR_WORDS = (
    *sentences.BLOCKS.values(),
    *(words for words, _ in sentences.CUT.values()),
    sentences.LINK_HIDDEN,
    sentences.LINK_TIDIED,
    *headers.KNOWN_NAMES,
)
"""What the page says in words of its own; a name that is one of them is no secret here."""


def _as_message(text: str) -> bytes:
    return b"Content-Type: text/plain; charset=utf-8\n\n" + marks.clean(text).encode("utf-8", "replace")
