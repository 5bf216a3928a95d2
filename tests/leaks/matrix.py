"""The leak matrix: every way we know in which a message can tell who wrote it, as one table.

A row is a place that bears identity, how it is encoded there, the mail program that does it, a builder of the
raw message, the traits that the place shows, the protections that cover it, and what four open relays do.
``test_matrix`` sends each row in both directions and sees each one fail with its protections off;
``docs/leaks.md`` is written from it. The rows stand in ``rows_*.py``, by place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from relay.domain.conversations import Side
from tests.leaks import rows_headers, rows_html, rows_parts, rows_quotes, rows_sealed, rows_text
from tests.leaks.case import BOTH, RELAYED, Case
from tests.leaks.peers import ELEMENTS, NAMES
from tests.leaks.switches import SWITCHES

TABLE: tuple[Case, ...] = (
    *rows_headers.ROWS,
    *rows_text.ROWS,
    *rows_quotes.ROWS,
    *rows_html.ROWS,
    *rows_parts.ROWS,
    *rows_sealed.ROWS,
)

_DIRECTIONS = {Side.SEEKER: "request", Side.COUNSELOR: "reply"}


def sent() -> Iterator[tuple[Case, Side]]:
    """Every row in every direction in which it can occur."""
    for case in TABLE:
        for side in case.directions:
            yield case, side


def page() -> str:
    """The table as ``docs/leaks.md`` shows it."""
    count = sum(1 for _ in sent())
    lines = [INTRODUCTION.format(rows=len(TABLE), sent=count)]
    for place, rows in groupby(TABLE, key=lambda case: case.place):
        lines += [
            "",
            f"### {place}",
            "",
            f"| case | encoding | mail program | | what we do | {' | '.join(NAMES)} |",
            "| --- " * 9 + "|",
        ]
        lines += map(_line, rows)
    return "\n".join((*lines, "", NOT_BETTER))


def _line(case: Case) -> str:
    direction = "both" if case.directions == BOTH else _DIRECTIONS[case.directions[0]]
    cells = (case.what, case.encoding, case.program, direction, answer(case), *ELEMENTS[case.peers])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def answer(case: Case) -> str:
    """What we do, in a few words: the row's own, or those of its protections."""
    if case.answer:
        return case.answer
    said = [SWITCHES[name].does for name in case.off.split()]
    return "; ".join(said) if case.ends == RELAYED else said[0]


INTRODUCTION = """\
# What could tell who wrote a message, and what becomes of it

Generated from `tests/leaks` by `make docs`. {rows} cases, sent as {sent} messages: as a request to the counselor and as a
reply to the seeker, where it can occur in both. In each, every trait of the author is a word that stands nowhere else;
the test searches all that the other side and the operator receive, in every decoding, for all of them, and for the words
that were meant to arrive. And each case has been seen failing: with the protection of its row and the gate
switched off, the planted words are found (`tests/leaks/test_matrix.py`).

Every case runs a second time with encryption on both legs: sealed by its author to the line's key, with all header fields
inside again, and sealed to the counselor who reads it. Keys of the test open everything, and outside and inside are searched
in the same way. All rows take Sequoia's functions in one process, one in 25 each real engine (`tests/leaks/test_matrix_sealed.py`).

Behind the rows that show a name, an address or a number of the author stands a second, independent protection that this
table does not repeat: the gate searches the finished bytes for everything that is known of them, and holds the message.

The last four columns say what other open relays do with the same place, as their source was read in August 2026
(SimpleLogin `dbc45fcc`, addy.io `202b772`, Firefox Relay `978af78f8`, schleuder `878fdba`). Two words are for mail from
outside to the protected user and for that user's answer. They protect one side by design, so "passes" is no fault of
theirs there, but would be a leak between two people who must not know each other. "Not known" means that the reading
does not say, not that it leaks.

Where we are not better stands [at the end](#where-we-are-not-better).

## Case by case"""

NOT_BETTER = """\
## Where we are not better

* **Encrypted mail.** We open what is encrypted to the line's key and seal what goes to a counselor who has one; to a
  seeker we write in clear. schleuder decrypts and encrypts again on every leg. SimpleLogin, addy.io and Firefox Relay pass
  such mail, which keeps the content from the relay, and lets the key name its owner.
* **Files.** The peers pass everything. Of files we pass pictures, PDFs and text, made anew; office documents, archives,
  sound, films, invitations and contact cards are removed with a line that says so.
* **Looks.** HTML becomes text. Links, lists, tables and quotes stay readable; colours, layout and pictures in the text do not.
* **Words that look like a name.** The author's family name, local part and domain are replaced wherever they stand as a
  word, also when another person or thing is meant. A peer that replaces nothing changes no meaning.
* **What people tell about themselves.** A given name, a place, a school, a way of writing stay: what a seeker writes on purpose is
  theirs. A counselor's unknown telephone number, address or handle is held once and goes when the counselor says so.
* **Names that nobody told us.** Only what the configuration holds or a message itself shows is known to be the author's. A married
  name, a child's name or a nickname in the text is words like others.
* **Pictures of things.** A face, a street sign or a letterhead in a photo, and what is drawn on a page of a PDF, stay visible.
* **Providers.** Those of both sides see their user's clear-text mail, as with every relay here. That a mail arrives at some
  time, of some size, can be matched by who sees both ends.
* **Disguises.** A word written backwards, in rot13, hexadecimal, base64 or as a common hash is found; one with blanks between its
  letters, or one that two people have agreed on, is not. Two blanks instead of one stay, because tables in plain text
  are made of them, and can number a copy. HTML that only a style sheet or the colour of its surroundings hides is read like
  any other. The relay protects people who want to stay unknown, not from each other's will to meet.
"""
