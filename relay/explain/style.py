"""The style sheet of the page: system fonts, two colour schemes, one column below 60 em. Nothing is loaded."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d1d1b; --soft: #55534d; --line: #cfccc3; --card: #ffffff;
  --block: #1d1d1b; --on-block: #ffffff; --stays: #175c2e; --new: #174a86; --gone: #96261b; }
@media (prefers-color-scheme: dark) { :root { --paper: #161715; --ink: #ecebe6; --soft: #b3b0a8; --line: #45443f;
  --card: #1f201e; --block: #ecebe6; --on-block: #161715; --stays: #8bd6a0; --new: #93c1f5; --gone: #f5a399; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90em; padding: 1em; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5em; }
h2 { font-size: 1.25rem; line-height: 1.25; margin: 0 0 .75em; }
h3 { font-size: 1rem; margin: 1.5em 0 .5em; }
.verdict { font-weight: 600; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1em; }
.side { background: var(--card); border: 1px solid var(--line); border-radius: .5em; padding: 1em; min-width: 0; }
.words { white-space: pre-wrap; overflow-wrap: anywhere; }
.letter { border-left: .25em solid var(--line); padding: .25em 0 .25em 1em; unicode-bidi: plaintext; }
.block { background: var(--block); color: var(--on-block); border-radius: .2em; padding: 0 .3em; font-size: .875em; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .875rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .5em; }
th, td { text-align: left; vertical-align: top; padding: .35em .5em .35em 0; border-top: 1px solid var(--line); }
th:first-child { width: 38%; }
tbody th { font-weight: 600; }
.fate { font-weight: 600; }
.stays { color: var(--stays); } .new { color: var(--new); } .gone { color: var(--gone); }
@media (min-width: 60em) { main { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: start; } }
@media print { .side { break-inside: auto; } }
"""
