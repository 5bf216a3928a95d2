"""Nobody finds a small count: all tables of small integers against an attacker who knows the rules.

The attacker sees one publication, unrounded, which is more than anybody gets to see, and lists every table that would have been
published like this. What all of them agree on is known; a cell on which they disagree enough is not.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from relay.domain.disclosure import LEAST, Shares, amount, mark, protect, rounded

Rule = Callable[[Mapping[str, int], Sequence[str], str, int], Shares]
Publication = tuple[object, ...]

CELLS = ("k", "a", "b", "c", "d")


def tables(cells: int, most: int) -> Iterator[dict[str, int]]:
    for counts in itertools.product(range(most + 1), repeat=cells):
        yield dict(zip(CELLS, counts, strict=False))


def publications(rule: Rule, cells: int, most: int, smallest: int) -> dict[Shares, list[dict[str, int]]]:
    """Every table by what is published of it."""
    found = defaultdict(list)
    for counts in tables(cells, most):
        found[rule(counts, CELLS[:cells], "k", smallest)].append(counts)
    return found


def found_out(rule: Rule, cells: int, most: int, smallest: int) -> list[tuple[Shares, str, set[int]]]:
    """Small cells of which an attacker learns more than that they are small.

    A table near the edge of what is listed has neighbours that are not: only totals that leave room are judged.
    """
    learnt = []
    for shares, consistent in publications(rule, cells, most, smallest).items():
        if shares.total is not None and shares.total > most:
            continue
        for cell in CELLS[:cells]:
            values = {counts[cell] for counts in consistent}
            small = {value for value in values if value < smallest}
            if not small:
                continue
            if small != set(range(smallest)):
                learnt.append((shares, cell, values))
    return learnt


def primary_only(counts: Mapping[str, int], cells: Sequence[str], keeper: str, smallest: int) -> Shares:
    """What the rule must not be: small cells are left out, the total stays."""
    total = sum(counts.values())
    shown = tuple((cell, counts[cell]) for cell in cells if counts[cell] >= smallest)
    return Shares(total if total >= smallest else None, shown)


def next_smallest(counts: Mapping[str, int], cells: Sequence[str], keeper: str, smallest: int) -> Shares:
    """The usual complement, chosen by its size: whoever knows the rule learns from the choice."""
    total = sum(counts.values())
    hidden = [cell for cell in cells if counts[cell] < smallest]
    others = sorted((cell for cell in cells if cell not in hidden), key=lambda cell: (counts[cell], cell))
    while hidden and others and (len(hidden) < 2 or sum(counts[cell] for cell in hidden) < smallest):
        hidden.append(others.pop(0))
    shown = tuple((cell, counts[cell]) for cell in cells if cell not in hidden)
    return Shares(total if total >= smallest else None, shown)


@pytest.mark.parametrize(
    ("cells", "most", "smallest"), [(2, 30, 5), (3, 22, 5), (4, 13, 3), (4, 14, 4), (5, 9, 3)]
)
def test_every_small_cell_may_be_any_small_number(cells: int, most: int, smallest: int) -> None:
    """In particular it may be none: nobody can prove that there was anybody."""
    assert found_out(protect, cells, most, smallest) == []


@pytest.mark.parametrize("rule", [primary_only, next_smallest])
def test_without_the_complement_the_attacker_finds_them(rule: Rule) -> None:
    """A lone hidden cell is a difference; one beside a complement that was chosen by its size can be, too."""
    learnt = found_out(rule, 3, 22, 5)
    assert any(len(values) == 1 for _, _, values in learnt)


def test_a_small_count_is_never_shown_and_totals_add_up() -> None:
    """Neither by itself, nor as the sum of several, nor as the rest."""
    for counts in tables(4, 9):
        shares = protect(counts, CELLS[:4], "k", 4)
        seen = [value for _, value in shares.shown]
        assert all(value >= 4 for value in (*seen, *filter(None, (shares.rest, shares.total))))
        if seen:
            assert sum(seen) + (shares.rest or 0) == shares.total == sum(counts.values())


def test_what_was_not_expected_is_shown_only_when_it_is_frequent() -> None:
    """A word that a counselor thought of names nobody when many conversations have it."""
    counts = {"en": 40, "de": 12, "tlh": 9, "qya": 2}
    assert protect(counts, ("en", "de", "fr"), "en", 5) == Shares(63, (("de", 12), ("tlh", 9)), 42)


def test_as_one_when_there_are_enough_of_them() -> None:
    """The usual month: one language for most, some others for few."""
    counts = {"en": 50, "de": 21, "es": 3, "fr": 2, "ar": 2}
    shares = protect(counts, ("en", "de", "es", "fr", "ar"), "en", 5)
    assert shares == Shares(78, (("en", 50), ("de", 21)), 7)


def test_a_mark_hides_all_but_a_few_as_well_as_few() -> None:
    """That everybody who wrote was in danger says it of each of them."""
    assert [mark(count, 5, among=20) for count in (0, 4, 5, 15, 16, 20)] == [None, None, 5, 15, None, None]
    assert mark(5, 5) == 5


def test_an_amount_wants_enough_people_behind_it() -> None:
    """Thirty letters may be one person's."""
    assert amount(30, 5, among=4) is None
    assert amount(4, 5, among=30) is None
    assert amount(30, 5, among=5) == 30


def test_rounding_keeps_what_is_large_enough() -> None:
    """To the nearest; the least that is shown stays the least."""
    assert [rounded(count, 5) for count in (5, 7, 8, 12, 13, 60)] == [5, 5, 10, 10, 15, 60]
    assert [rounded(count, 10) for count in (10, 14, 15, 24)] == [10, 10, 20, 20]
    assert LEAST == 5
