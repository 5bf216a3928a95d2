"""The map of a directory as one page: coverage by country and topic, age of entries, what is missing.

Called by ``statistics`` for ``relay referrals map``. No script, no reference to anything outside, and a policy that
forbids both: the page may be passed on. Directories are written by strangers, so every text of theirs is escaped, and
none stands in an attribute. Numbers are written out beside every bar: nobody has to see colours. Pure.

Standards: HTML, CSP level 3 in a meta element; WCAG 2.2 §1.3.1, §1.4.1 (colour is not all), §1.4.3, §1.4.10 (320 px).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from relay.domain.referral_ranking import Freshness
from relay.referrals.coverage import EVERYWHERE, FEW, NOWHERE, Country, Coverage

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_AGES = (
    (Freshness.FRESH, "New"),
    (Freshness.OLD, "Old"),
    (Freshness.UNKNOWN, "No date"),
)
MAX_COUNTRIES = 60
"""Shown one by one; the rest are counted together."""

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d1d1b; --soft: #55534d; --line: #cfccc3; --card: #ffffff;
  --bar: #9dbfe6; --few: #f3d9a4; --none: #f2c4bd; }
@media (prefers-color-scheme: dark) { :root { --paper: #161715; --ink: #ecebe6; --soft: #b3b0a8; --line: #45443f;
  --card: #1f201e; --bar: #234a78; --few: #5e4310; --none: #65221a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80em; padding: 1em; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5em; }
h2 { font-size: 1.25rem; line-height: 1.25; margin: 1.5em 0 .5em; }
h3 { font-size: 1rem; margin: 0 0 .5em; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .875rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .5em; }
th, td { text-align: left; vertical-align: top; padding: .35em .5em .35em 0; border-top: 1px solid var(--line); }
th:first-child { width: 40%; }
td { font-variant-numeric: tabular-nums; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17em), 1fr)); gap: 1em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5em; padding: 1em; min-width: 0; }
.card ul, .topics { list-style: none; margin: 0; padding: 0; }
.card li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5em; font-size: .875rem; padding: .1em .4em;
  margin-bottom: 2px; border-radius: .2em; --shade: var(--bar);
  background: linear-gradient(var(--shade), var(--shade)) no-repeat left / var(--part) 100%; }
.card li.few { --shade: var(--few); }
.card li.none { background: var(--none); }
@media print { .card { break-inside: avoid; } }
"""


def as_page(
    coverage: Coverage, missing: Sequence[str], country_name: Callable[[str], str], service: str
) -> str:
    """The whole page. ``country_name`` says what a code means; ``service`` is the name of the helpline."""
    return "\n".join(_page(coverage, missing, country_name, service)) + "\n"


def _page(
    coverage: Coverage, missing: Sequence[str], country_name: Callable[[str], str], service: str
) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield "<title>What the directory covers</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield f"<h1>What the directory of {escape(service)} covers</h1>"
    yield (
        f"<p>{coverage.offered} of {coverage.entries} entries can be offered on {coverage.today.isoformat()}, "
        f"in {sum(code not in {EVERYWHERE, NOWHERE} for code in coverage.countries)} countries and about "
        f"{len(coverage.topics)} topics.</p>"
    )
    yield "</header>"
    yield "<main>"
    yield from _missing(missing)
    yield from _ages(coverage, country_name)
    yield from _topics(coverage, country_name)
    yield from _sources(coverage)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _missing(missing: Sequence[str]) -> Iterator[str]:
    yield '<section aria-labelledby="missing">'
    yield '<h2 id="missing">What is missing</h2>'
    if missing:
        yield "<ul>" + "".join(f"<li>{escape(each)}</li>" for each in missing) + "</ul>"
    else:
        yield "<p>Nothing that can be seen from here.</p>"
    yield "</section>"


def _ages(coverage: Coverage, country_name: Callable[[str], str]) -> Iterator[str]:
    countries = coverage.in_order()
    yield '<section aria-labelledby="ages">'
    yield '<h2 id="ages">How old it is</h2>'
    yield "<table><caption>Entries that can be offered: all, checked within a year (new), checked longer ago "
    yield "(old), and those of which nobody knows when</caption>"
    heads = ("Country", "All", *(head for _, head in _AGES))
    yield "<thead><tr>" + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"
    for country in countries[:MAX_COUNTRIES]:
        cells = "".join(f"<td>{country.ages[kind]}</td>" for kind, _ in _AGES)
        name = escape(country_name(country.code))
        yield f'<tr><th scope="row">{name}</th><td>{country.entries}</td>{cells}</tr>'
    rest = countries[MAX_COUNTRIES:]
    if rest:
        cells = "".join(f"<td>{sum(each.ages[kind] for each in rest)}</td>" for kind, _ in _AGES)
        total = sum(each.entries for each in rest)
        yield f'<tr><th scope="row">{len(rest)} more countries</th><td>{total}</td>{cells}</tr>'
    yield "</tbody></table>"
    yield "</section>"


def _topics(coverage: Coverage, country_name: Callable[[str], str]) -> Iterator[str]:
    yield '<section aria-labelledby="topics">'
    yield '<h2 id="topics">Topics by country</h2>'
    yield (
        f"<p>The {len(coverage.shown_topics())} most frequent topics. Marked: fewer than {FEW} entries, which do not "
        "fill a reply, and none. An entry for everybody is counted once, under that name.</p>"
    )
    yield '<div class="cards">'
    for country in coverage.in_order()[:MAX_COUNTRIES]:
        yield from _card(coverage, country, country_name)
    yield "</div>"
    yield "</section>"


def _card(coverage: Coverage, country: Country, country_name: Callable[[str], str]) -> Iterator[str]:
    yield '<div class="card">'
    yield f"<h3>{escape(country_name(country.code))}: {country.entries}</h3>"
    yield "<ul>"
    most = max(country.topics.values(), default=1)
    for key in coverage.shown_topics():
        count = country.topics[key]
        kind = ' class="none"' if count == 0 else ' class="few"' if count < FEW else ""
        shown = "none" if count == 0 else str(count)
        yield (
            f'<li{kind} style="--part: {round(100 * count / most)}%"><span>{escape(coverage.name(key))}</span> '
            f"<span>{shown}</span></li>"
        )
    yield "</ul>"
    yield "</div>"


def _sources(coverage: Coverage) -> Iterator[str]:
    yield '<section aria-labelledby="sources">'
    yield '<h2 id="sources">Where it comes from</h2>'
    yield "<table><caption>Entries that can be offered, by the directory that they were imported from</caption>"
    yield '<thead><tr><th scope="col">Directory</th><th scope="col">Entries</th></tr></thead><tbody>'
    for source, count in coverage.sources.most_common():
        yield f'<tr><th scope="row">{escape(source)}</th><td>{count}</td></tr>'
    yield "</tbody></table>"
    yield "</section>"
