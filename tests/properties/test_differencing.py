"""The differencing attack on the statistics: whoever knows everything about a month but one seeker learns nothing of them.

For many months a seeker is taken away with all that they did. The attacker has both reports, in numbers that are not
even rounded, knows every rule, and asks of every cell that is small in both months whether it could be what it is in the
other one. ``tests/unit/domain/test_disclosure.py`` tries all tables; here are whole months, every measure, every format.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relay.domain import statistics
from relay.domain.disclosure import Shares, mark, protect
from relay.domain.measures import ABOUT, Kind, Measure
from relay.domain.statistics import Month, publish
from relay.report.contents import Contents
from relay.report.page import as_page
from relay.report.plain import as_csv, as_json
from relay.report.text import as_text
from tests.unit.domain.test_disclosure import primary_only
from tests.unit.report.months import (
    ANSWERED,
    ENDED,
    LANGUAGES,
    QUEUES,
    TOPICS,
    WORDS,
    Seeker,
    Talk,
    busy,
    counted,
)

MONTH = 202610
T = 5
TRIES = 3_000
"""Tables that the attacker tries to find one that explains what is published; a witness is mostly among the first."""

talks = st.builds(
    Talk,
    is_new=st.booleans(),
    language=st.sampled_from(LANGUAGES),
    queue=st.sampled_from(QUEUES),
    letters=st.integers(1, 40),
    answers=st.integers(0, 40),
    answered=st.sampled_from(ANSWERED),
    ended=st.sampled_from(("", *ENDED)),
    topics=st.lists(st.sampled_from(TOPICS), unique=True, max_size=3).map(tuple),
    is_risk=st.booleans(),
    is_referred=st.booleans(),
    has_read=st.booleans(),
    moved=st.sampled_from(("", "counselor", "seeker", "relay")),
    is_called=st.booleans(),
    is_late=st.booleans(),
    open_days=st.tuples(st.integers(1, 31), st.integers(0, 8)).map(lambda d: (d[0], min(31, d[0] + d[1]))),
    is_waiting=st.booleans(),
)
seekers: st.SearchStrategy[Seeker] = st.lists(talks, min_size=1, max_size=3).map(tuple)
months = st.builds(busy, st.integers(0, 60), st.integers(0, 10_000))


def tables(
    counts: Mapping[str, Mapping[str, int]],
) -> dict[tuple[str, str], tuple[dict[str, int], tuple[str, ...], str]]:
    """Every table whose cells add up: its counts, its cells in their order, and its keeper."""
    found = {}
    for measure, about in ABOUT.items():
        of_it = counts.get(measure.value, {})
        if about.kind is Kind.SHARES:
            cells = WORDS.cells(measure)
            found[measure.value, ""] = ({c: of_it.get(c, 0) for c in cells}, cells, about.keeper or cells[0])
        elif about.kind is Kind.DAYS:
            for day in sorted({key[:2] for key in of_it}):
                cells = tuple(about.cells)
                found[measure.value, day] = (
                    {c: of_it.get(f"{day} {c}", 0) for c in cells},
                    cells,
                    about.keeper,
                )
    return found


Rule = Callable[[Mapping[str, int], Sequence[str], str, int], Shares]


def may_be(
    rule: Rule, counts: Mapping[str, int], cells: Sequence[str], keeper: str, cell: str, value: int
) -> bool:
    """Tell whether a table in which this cell has this value would have been published in the same way."""
    wanted = rule(counts, cells, keeper, T)
    if wanted.total is None:
        return value < T
    hidden = [each for each in cells if each not in dict(wanted.shown)]
    free = [each for each in hidden if each != cell]
    left = sum(counts[each] for each in hidden) - value
    if left < 0 or (left and not free):
        return False
    chance = random.Random(f"{cell}{value}{sorted(counts.items())}")
    for attempt in range(TRIES):
        spread = dict.fromkeys(free, 0)
        rest = left
        order = [free[attempt % len(free)], *free] if attempt < len(free) else chance.sample(free, len(free))
        for each in order[:-1] if attempt >= len(free) else order[:1]:
            part = rest if attempt < len(free) else chance.randint(0, rest)
            spread[each] += part
            rest -= part
        if rest:
            spread[order[-1]] += rest
        if rule({**counts, **spread, cell: value}, cells, keeper, T) == wanted:
            return True
        if not free:
            break
    return False


def told_apart(
    rule: Rule, with_them: Sequence[Seeker], without: Sequence[Seeker]
) -> list[tuple[str, str, str]]:
    """Cells that are small in both months, of which one month's report shows that it is not the other."""
    before, after = tables(counted(without)), tables(counted(with_them))
    nothing: tuple[dict[str, int], tuple[str, ...], str] = ({}, (), "")
    found = []
    for key, (counts, cells, keeper) in after.items():
        other = before.get(key, nothing)[0]
        for cell in cells:
            a, b = counts[cell], other.get(cell, 0)
            if a >= T or b >= T or a == b:
                continue
            if not may_be(rule, counts, cells, keeper, cell, b):
                found.append((*key, cell))
            if other and not may_be(rule, other, cells, keeper, cell, a):
                found.append((*key, cell))
    return found


@given(months, seekers)
@settings(deadline=None, max_examples=60)
def test_two_months_that_differ_by_one_seeker_cannot_be_told_apart_by_a_small_cell(
    month: list[Seeker], seeker: Seeker
) -> None:
    """From either report, the other month's value of every small cell is as possible as its own."""
    assert told_apart(protect, [*month, seeker], month) == []


def test_without_the_complement_they_are_told_apart() -> None:
    """The attack works, and is seen to, when small cells are left out and nothing else is."""
    assert any(
        told_apart(primary_only, [*busy(size, seed), (Talk(language="ar", ended="spam"),)], busy(size, seed))
        for size in range(10, 60, 7)
        for seed in range(12)
    )


@given(months, seekers)
@settings(deadline=None, max_examples=60)
def test_marks_and_amounts_of_few_look_the_same(month: list[Seeker], seeker: Seeker) -> None:
    """What is counted by itself is shown, or not; under the threshold never, nor for all but a few."""
    with_them, without = (counted(each) for each in ([*month, seeker], month))
    active = sum(with_them.get("conversations", {}).values())
    reports = [publish(MONTH, each, WORDS, T) for each in (with_them, without)]
    for measure, about in ABOUT.items():
        if about.kind not in {Kind.MARKS, Kind.AMOUNTS}:
            continue
        for cell in {*with_them.get(measure.value, {}), *without.get(measure.value, {})}:
            counts = [each.get(measure.value, {}).get(cell, 0) for each in (with_them, without)]
            values = [each.of(measure).value(cell) for each in reports]
            if max(counts) < T:
                assert values == [None, None]
            if about.kind is Kind.MARKS and about.of_active and counts[0] > active - T:
                assert values[0] is None
            if about.kind is Kind.AMOUNTS and active < T:
                assert values == [None, None]


@given(months)
@settings(deadline=None, max_examples=40)
def test_no_number_in_any_format_is_small_and_all_formats_have_the_same(month: list[Seeker]) -> None:
    """Every number is a multiple of the threshold and not 0; text, CSV, JSON and page are made of one report."""
    report = publish(MONTH, counted(month), WORDS, T)
    contents = Contents("Line", (report,), (MONTH,))
    in_report = numbers(report)
    assert all(each >= T and each % T == 0 for each in in_report)
    rows = list(csv.DictReader(io.StringIO(as_csv(contents))))
    assert sorted(int(row["value"]) for row in rows if row["value"]) == sorted(in_report)
    (of_json,) = json.loads(as_json(contents))["months"]
    values = [
        value
        for each in of_json["measures"].values()
        for value in (*each["cells"].values(), each["others"], each["total"])
    ]
    assert sorted(value for value in values if value is not None) == sorted(in_report)
    out = io.StringIO()
    as_text(contents, out)
    shown = {int(each) for each in re.findall(r"(?m)^.{34,}? +(\d+)$", out.getvalue().replace("\u202f", ""))}
    page = as_page(contents).replace("\u202f", "")
    on_page = {int(each) for each in re.findall(r'class="number">(\d+)<', page)}
    assert shown <= set(in_report)
    assert on_page <= set(in_report)
    assert shown == on_page


def numbers(report: Month) -> list[int]:
    found = []
    for figure in report.figures:
        found += [value for _, value in figure.shown]
        found += [value for value in (figure.rest, figure.total) if value is not None]
    return found


@given(st.lists(months, min_size=2, max_size=4))
@settings(deadline=None, max_examples=30)
def test_several_months_show_nothing_that_the_single_months_do_not(several: list[list[Seeker]]) -> None:
    """A range of months holds the single reports, and sums only where each of them shows a number."""
    reports = [publish(MONTH + n, counted(month), WORDS, T) for n, month in enumerate(several)]
    contents = Contents("Line", tuple(reports), tuple(each.month for each in reports))
    for part in contents.parts():
        for row in part.rows:
            if None in row.values:
                assert row.total is None
            for value, report in zip(row.values, reports, strict=True):
                assert value is None or value in numbers(report)


@given(months, seekers)
@settings(deadline=None, max_examples=30)
def test_tables_that_count_the_same_conversations_agree_and_tell_no_more(
    month: list[Seeker], seeker: Seeker
) -> None:
    """Languages and queues, endings and lengths have one total; what is hidden in one is in no other."""
    counts = counted([*month, seeker])
    shares = {
        measure: protect(
            counts.get(measure.value, {}), WORDS.cells(measure), about.keeper or WORDS.cells(measure)[0], T
        )
        for measure, about in ABOUT.items()
        if about.kind is Kind.SHARES
    }
    assert shares[Measure.LANGUAGES].total == shares[Measure.QUEUES].total
    assert shares[Measure.ENDINGS].total == shares[Measure.LENGTHS].total
    begun = counts.get("conversations", {}).get("new", 0)
    assume(begun >= T)
    assert shares[Measure.LANGUAGES].total == begun
    assert mark(begun, T) == begun
    assert statistics.publish(MONTH, counts, WORDS, T) == statistics.publish(MONTH, counts, WORDS, T)
