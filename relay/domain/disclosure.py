"""Which figures of a month may be published so that nobody can be found in them. Pure; the rules of ``statistics``.

A count under the threshold (``smallest``) is not published, and nothing from which it could be computed, also by
somebody who knows the rules below. Zero is a small count as well: "none" and "one" must look the same, or the first
request in a language would show. What is published is rounded to multiples of the threshold, once all is decided.

A table whose cells add up to its total (``protect``) is where a lone hidden cell would be the difference of what is
shown: primary suppression needs a complementary one. Choosing the complement by its size would give something away to
whoever knows the rule (it must be smaller than those that stay), so the complement is a cell that is fixed beforehand,
the *keeper*: usually the most frequent. With t the threshold, k the keeper's count, and s the sum of the other small
cells:

1. nothing small: every cell is shown.
2. k ≥ t and t ≤ s ≤ (p - 1)(t - 1), p small cells beside the keeper: they are shown as one. Each of them may still be
   anything from 0 to t - 1, for the others can take up the rest.
3. k ≥ t and k + s ≥ 2t - 1: they are shown as one with the keeper. At k + s = t the keeper would have to be t, and the
   others none.
4. Else the first other cell in a fixed order that is not small joins the keeper and the small ones, if the sum is at
   least 2t - 1, for the same reason.
5. Else, and when nothing is left beside what is shown as one, there is the total alone; not even that when it is small.

So every hidden small cell can be every number from 0 to t - 1 as far as anybody can tell:
``tests/unit/domain/test_disclosure.py`` tries all tables of small integers, with an attacker who knows the rules.

Primary and complementary suppression, and the audit by the range of what each cell may be: A. Hundepool et al.,
Statistical Disclosure Control (2012), §4; L. H. Cox, JASA 75 (1980) 377-385. That the rule itself tells: R. C. Wong
et al., Minimality attack in privacy preserving data publishing, VLDB 2007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST = 5
"""No operator can set a lower threshold."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A table as it may be shown, not yet rounded. ``rest``: the sum of all cells that are not ``shown`` one by one;
    ``None`` when there are none, or when only the total is shown. ``total``: ``None`` when it is small itself.
    """

    total: int | None
    shown: tuple[tuple[str, int], ...] = ()
    rest: int | None = None


def protect(counts: Mapping[str, int], cells: Sequence[str], keeper: str, smallest: int) -> Shares:
    """Show what may be shown of a table whose cells add up.

    ``cells``: those that are known beforehand, in a fixed order; what else was counted comes after them by name.
    ``keeper`` is one of them.
    """
    order = [*cells, *sorted(set(counts) - set(cells))]
    amounts = {cell: counts.get(cell, 0) for cell in order}
    total = sum(amounts.values())
    if total < smallest:
        return Shares(None)
    kept = amounts[keeper]
    large = [cell for cell in order if cell != keeper and amounts[cell] >= smallest]
    small = total - kept - sum(amounts[cell] for cell in large)
    known_small = sum(cell != keeper and amounts[cell] < smallest for cell in cells)
    if not known_small and not small and kept >= smallest:
        return _shown(total, amounts, order, order)
    if kept >= smallest and smallest <= small <= (known_small - 1) * (smallest - 1):
        return _shown(total, amounts, order, (keeper, *large))
    if kept >= smallest and kept + small >= 2 * smallest - 1:
        return _shown(total, amounts, order, large)
    if large and kept + small + amounts[large[0]] >= 2 * smallest - 1:
        return _shown(total, amounts, order, large[1:])
    return Shares(total)


def _shown(total: int, amounts: Mapping[str, int], order: Sequence[str], visible: Sequence[str]) -> Shares:
    shown = tuple((cell, amounts[cell]) for cell in order if cell in visible)
    if not shown:
        return Shares(total)
    hidden = [cell for cell in order if cell not in visible]
    return Shares(total, shown, sum(amounts[cell] for cell in hidden) if hidden else None)


def mark(count: int, smallest: int, among: int | None = None) -> int | None:
    """How many of ``among`` have a mark, if that may be shown: neither few of them nor all but a few."""
    is_few = count < smallest or (among is not None and count > among - smallest)
    return None if is_few else count


def amount(count: int, smallest: int, among: int) -> int | None:
    """How much there was of something, if enough conversations had a part in it."""
    return None if min(count, among) < smallest else count


def rounded(count: int, base: int) -> int:
    """The nearest multiple; half way, the higher. What is at least ``base`` stays so."""
    return (count + base // 2) // base * base
