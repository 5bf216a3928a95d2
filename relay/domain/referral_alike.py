"""Words that mean one thing in directories, so that a counselor need not know which of them a directory uses.

Called by the ranking and by the store's search. A closed list of what is asked for most and written most differently;
not a thesaurus: two words that are merely related are not in it.
"""

from __future__ import annotations

_GROUPS = """
lgbt lgbtq lgbtqi lgbtqia lgbti gay lesbian bisexual transgender trans queer
youth youths young teen teens teenager teenagers adolescent adolescents jugend
counselling counseling
centre center
addiction addictions substance
disability disabilities disabled
women woman frauen
men man
older elderly senior seniors
homeless homelessness
"""
_ALIKE = {word: tuple(line.split()) for line in _GROUPS.strip().splitlines() for word in line.split()}


def alike(word: str) -> tuple[str, ...]:
    """The word, which is folded, and what means the same; the word itself comes first."""
    return (word, *(each for each in _ALIKE.get(word, ()) if each != word))
