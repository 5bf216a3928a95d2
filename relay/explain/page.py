"""An explanation as one page: no script, no reference to anything outside it, and a policy that forbids both.

Called by the command line for ``--html``. For people who decide whether to trust the relay: on the left what was
sent, on the right what is received, below each other on a telephone. Every text is escaped; there are no comments,
titles or attributes that hold text of a message. Pure; the same report gives the same page.

Standards: HTML, CSP level 3 in a meta element; WCAG 2.2 §1.3.1 (headings, captions), §1.4.3 (contrast 4.5 to 1),
§1.4.10 (no scrolling sideways at 320 px).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from relay.explain import sentences
from relay.explain.style import STYLE
from relay.explain.values import Fate, Piece, Received, Report, Row

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASS = {
    Fate.KEPT: "stays", Fate.REWRITTEN: "stays", Fate.REPLACED: "new", Fate.MADE_ANEW: "new",
    Fate.CUT: "gone", Fate.REMOVED: "gone", Fate.READ: "gone", Fate.UNREAD: "gone",
}  # fmt: skip


def as_page(report: Report) -> str:
    """The whole page, lines ended by LF."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    author, reader = report.author.value, report.author.other.value
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield "<title>What the relay does to a message</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield "<h1>What the relay does to this message</h1>"
    yield f"<p>Written by the <strong>{author}</strong>, read by the <strong>{reader}</strong>.</p>"
    yield from (f'<p class="verdict">{escape(each)}</p>' for each in (report.verdict, *report.notes))
    yield f"<p>{sentences.NOTHING_SHOWN.format(reader=reader)}</p>"
    yield "</header>"
    yield "<main>"
    if report.headers or report.text:
        yield from _sent(report, author)
    yield from _received(report.received, reader)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _sent(report: Report, author: str) -> Iterator[str]:
    yield '<section class="side" aria-labelledby="sent">'
    yield f'<h2 id="sent">What the {author} sent</h2>'
    yield "<h3>Subject and text</h3>"
    yield f'<p class="words"><strong>Subject:</strong> {_words(report.subject) or "(none)"}</p>'
    yield f'<div class="words letter">{_words(report.text)}</div>'
    yield from _table("What was done to text and files", "Thing", report.changes)
    yield from _table("Header fields", "Field", report.headers)
    yield from _table("Parts", "Part", report.parts)
    yield "</section>"


def _received(received: Received | None, reader: str) -> Iterator[str]:
    yield '<section class="side" aria-labelledby="received">'
    yield f'<h2 id="received">What the {reader} receives</h2>'
    if received is None:
        yield "<p>Nothing.</p>"
    else:
        yield "<h3>Subject and text</h3>"
        subject = next((value for name, value in received.headers if name == "Subject"), "")
        yield f'<p class="words"><strong>Subject:</strong> {escape(subject)}</p>'
        yield f'<div class="words letter">{escape(received.text)}</div>'
        if received.files:
            yield "<h3>Files</h3>"
            yield "<ul>" + "".join(f"<li>{escape(name)}</li>" for name in received.files) + "</ul>"
        yield "<h3>Header fields</h3>"
        yield "<table><caption>All header fields of the new message</caption>"
        yield '<thead><tr><th scope="col">Field</th><th scope="col">Value</th></tr></thead><tbody>'
        for name, value in received.headers:
            yield f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        yield "</tbody></table>"
    yield "</section>"


def _table(title: str, first: str, rows: Iterable[Row]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    yield f"<h3>{title}</h3>"
    yield f"<table><caption>{title}: each with what became of it</caption>"
    heads = "".join(f'<th scope="col">{head}</th>' for head in (first, "What became of it, and why"))
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for row in listed:
        where = f"{escape(row.where)} " if row.where else ""
        count = f" ({row.count} times)" if row.count > 1 else ""
        also = f" Its fields {escape(', '.join(row.also))} are not passed on." if row.also else ""
        yield (
            f'<tr><th scope="row">{where}{escape(row.what)}{count}</th>'
            f'<td><span class="fate {_CLASS[row.fate]}">{row.fate.value}.</span> {escape(row.why)}{also}</td></tr>'
        )
    yield "</tbody></table>"


def _words(pieces: Iterable[Piece]) -> str:
    return "".join(
        f'<span class="block">[{escape(piece.text)}]</span>' if piece.is_block else escape(piece.text)
        for piece in pieces
    )
