"""The style sheet of the page: system fonts, two colour schemes, one column on a telephone. Nothing is loaded."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d1d1b; --soft: #55534d; --line: #cfccc3; --card: #ffffff;
  --bar: #2f6ea8; --rest: #8a867c; --second: #a2531f; }
@media (prefers-color-scheme: dark) { :root { --paper: #161715; --ink: #ecebe6; --soft: #b3b0a8; --line: #45443f;
  --card: #1f201e; --bar: #6fa9e0; --rest: #87847b; --second: #e09a6a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76em; padding: 1em; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25em; }
h2 { font-size: 1.15rem; line-height: 1.25; margin: 0; }
.unit { color: var(--soft); margin: 0 0 .75em; font-size: .9375rem; }
.heads { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10em), 1fr)); gap: .75em;
  list-style: none; margin: 1.25em 0; padding: 0; }
.heads li { background: var(--card); border: 1px solid var(--line); border-radius: .5em; padding: .75em 1em;
  color: var(--soft); font-size: .9375rem; line-height: 1.35; }
.heads b { display: block; font-size: 1.75rem; line-height: 1.2; color: var(--ink);
  font-variant-numeric: tabular-nums; }
main { column-gap: 1em; }
.part { background: var(--card); border: 1px solid var(--line); border-radius: .5em; padding: 1em; min-width: 0;
  break-inside: avoid; margin: 0 0 1em; }
.said { font-weight: 600; margin: .75em 0 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .9375rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { text-align: left; vertical-align: middle; padding: .3em .5em .3em 0; border-top: 1px solid var(--line);
  font-weight: 400; }
thead th { border-top: 0; color: var(--soft); font-size: .875rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.what { width: 46%; } .count { width: 5.5em; }
.all th, .all td { font-weight: 600; }
.plot { padding-right: 0; }
.plot svg { display: block; width: 100%; height: 1em; }
.bar { fill: var(--bar); } .rest { fill: var(--rest); }
.curve { margin: .75em 0 .25em; }
.curve svg { display: block; width: 100%; height: 9em; border-left: 1px solid var(--line);
  border-bottom: 1px solid var(--line); }
.curve polyline { fill: none; stroke: var(--bar); stroke-width: 2; vector-effect: non-scaling-stroke; }
.curve .second { stroke: var(--second); stroke-dasharray: 6 4; }
.ends { display: flex; justify-content: space-between; gap: 1em; color: var(--soft); font-size: .875rem; }
.key { display: flex; flex-wrap: wrap; gap: .25em 1.25em; list-style: none; margin: .25em 0 0; padding: 0;
  font-size: .875rem; }
.key svg { display: inline-block; width: 2em; height: .6em; vertical-align: middle; margin-right: .4em; }
.key line { stroke: var(--bar); stroke-width: 2; } .key .second { stroke: var(--second); stroke-dasharray: 6 4; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
.months { width: auto; min-width: 100%; table-layout: auto; }
.months .number { padding-left: .75em; white-space: nowrap; }
.months th:first-child { position: sticky; left: 0; background: var(--card); width: 18em; min-width: 8.5em; }
footer { color: var(--soft); font-size: .9375rem; margin: 1.25em 0; max-width: 60em; }
@media (min-width: 56em) { main { columns: 2; } main.long { columns: 1; } }
@media (max-width: 30em) { .what { width: 52%; } .count { width: 4em; } }
@media print { .part { break-inside: avoid; } }
"""
