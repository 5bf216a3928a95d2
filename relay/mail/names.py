"""What in a person's full name is the family name, and how else the name is spelled.

``identity`` asks for every name it knows of an author. Pure; never fails; a name that says nothing
about its parts (one token, or a CJK name without a space) has a full form only.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay.mail.folding import fold

_TITLE_WORDS = """
dr prof professor mr mrs ms miss mx sir dame rev fr herr frau sr sra srta don dona mme mlle ing dipl mag
"""
_SUFFIX_WORDS = "jr sr ii iii iv phd md msc bsc ma ba mba esq rn lcsw lpc dds"
_PARTICLE_WORDS = """
van von der den de la le les del della dello di da dos das do du bin ibn bint al el ter ten te zu zum zur
af av st saint san santa ben abu o d y e i und
"""
TITLES = frozenset(_TITLE_WORDS.split())
_SUFFIXES = frozenset(_SUFFIX_WORDS.split())
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_UNSPACED_NAME = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,6}\\Z")
# Between two words of one name, an initial ("Ana M. Ruiz") included; a comma only after the family name.
_BETWEEN = re.compile(r"(?:[ _*'-]{1,3}|\.|, ?)(?:[^\W\d_]\.? ){0,2}\Z")
_MAX_BETWEEN = 9
_TITLE_BEFORE = re.compile(rf"(?<!\w)(?:(?:{'|'.join(sorted(TITLES))})\.? ?){{1,3}}\Z")
_INITIALS_BEFORE = re.compile(r"(?<!\w)(?:([^\W\d_])\. ?){1,2}\Z")
_MAX_BEFORE = 24
_COLLAPSED = (("ae", "a"), ("oe", "o"), ("ue", "u"))
_EXPANDED = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ø", "oe"), ("å", "aa"))
# A family name shorter than this is no word one can look for; "Li" and "Ng" are.
_MIN_FAMILY = 2

# Words of everyday letters that are also family names or local parts: looked for only with a capital.
_ORDINARY = """
an and are art as ask at baby back ball be bell best bird bishop black bless blue bond book bright brook
brown but call can care case change church cloud cold come contact cook could cross dad day days dean do
dream early east else english even ever fall family far father feel few field fine fire fish flower forest
fox free french friend friends frost game gay gift give glass go gold good grace gray great green grey group
guy had hall hand hard have he head heart hello help her here hi high hill him his home hope house how hunt
i if in info is it joy just keen key kind king knight lake land lane last law le leaf light like little lock
long lord lot love low ma made mail man many march mark may me mean might mind mom moon moral more morning
mother mum must my new news nice night no noble north not now of office old on one or our out over page park
peace peer pen people place poor pope post power pray press price pride quick rain read real rest rich right
ring rivers road rock rose run sad safe sage said say sea self sharp she ship short sign silver small smart
snow so some son song south spring star steel stern still stone storm street strong summer sun sweet take
tall team tell temple than thank that the them then they this time to too true try two under up us very wall
want war was water way we weeks well west what white who wild will winter wise with wolf wood woods word
work world worth would year yes you young your
"""
ORDINARY_WORDS = frozenset(_ORDINARY.split())


@dataclass(frozen=True, slots=True)
class Name:
    """Folded spellings: ``families`` and ``givens`` are single words (a family may hold particles),
    ``fulls`` are to be found as they stand."""

    families: frozenset[str]
    givens: frozenset[str]
    fulls: frozenset[str]


class Role(enum.Enum):
    """What part of a full name a word is."""

    GIVEN = enum.auto()
    FAMILY = enum.auto()


@dataclass(frozen=True, slots=True)
class NamePart:
    """A word of a name at ``[start, end)`` of a folded text; ``weak``: an everyday word in small letters."""

    start: int
    end: int
    role: Role
    weak: bool


def read(name: str) -> Name:
    """Split a full name as mail or the configuration shows it.

    The family name is what stands before a comma, else what stands in capitals beside other tokens,
    else the last token, with the particles before it ("van der Berg").
    """
    before, comma, after = name.partition(",")
    tokens = [token for token in re.split(r"[\s()\"]+", before) if _folded_word(token) not in TITLES]
    rest = [t for t in re.split(r"[\s()\",]+", after) if _folded_word(t) not in TITLES | _SUFFIXES]
    tokens, rest = [t for t in tokens if _folded_word(t)], [t for t in rest if _folded_word(t)]
    while len(tokens) > 1 and _folded_word(tokens[-1]) in _SUFFIXES:
        tokens.pop()
    whole = fold(" ".join([*tokens, *rest]))
    if all(_UNSPACED_NAME.match(token) for token in tokens):
        orders = (tokens, tokens[::-1]) if len(whole) > 1 else ()
        fulls = frozenset(fold(glue.join(order)) for order in orders for glue in ("", " "))
        return Name(frozenset(), frozenset(), fulls)
    if len(tokens) + len(rest) < 2:
        return Name(frozenset(), frozenset(), frozenset())
    family, given = (tokens, rest) if comma and rest else _split(tokens)
    return _spelled(family, given, whole)


def _split(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Family tokens and given tokens of a name without a comma."""
    capitals = [i for i, token in enumerate(tokens) if len(token) > 1 and token.isupper()]
    if capitals and len(capitals) < len(tokens):
        first, last = capitals[0], capitals[-1]
    else:
        first = last = len(tokens) - 1
    while first > 1 and _folded_word(tokens[first - 1]) in _PARTICLES:
        first -= 1
    return tokens[first : last + 1], tokens[:first] + tokens[last + 1 :]


def _spelled(family: list[str], given: list[str], whole: str) -> Name:
    """All spellings of one split name."""
    core = [token for token in family if _folded_word(token) not in _PARTICLES] or family[-1:]
    families = {spelling for word in (" ".join(family), *core) for spelling in spellings(word)}
    for token in core:
        halves = (half for half in token.split("-") if len(half) > _MIN_FAMILY)
        families.update(spelling for half in halves for spelling in spellings(half))
    givens = {
        spelling for token in given for spelling in spellings(token) if _folded_word(token) not in _PARTICLES
    }
    fulls = {whole}
    if given:
        first, last = _folded_word(given[0]), fold("".join(family)).replace(" ", "")
        fulls |= {first + last, last + first}
    wide = frozenset(word for word in families if sum(map(str.isalpha, word)) >= _MIN_FAMILY)
    return Name(wide, frozenset(givens) - wide, frozenset(fulls))


def spellings(word: str) -> frozenset[str]:
    """Folded forms of one name: Müller is also Mueller and Muller, O'Brien also OBrien."""
    lowered = word.lower()
    expanded, collapsed = lowered, fold(word)
    for letter, pair in _EXPANDED:
        expanded = expanded.replace(letter, pair)
    for pair, letter in _COLLAPSED:
        collapsed = collapsed.replace(pair, letter)
    forms = {form.strip(" .,;:'-") for form in (fold(word), fold(expanded), collapsed)}
    return frozenset(forms | {form.replace("'", "") for form in forms}) - {""}


def _folded_word(token: str) -> str:
    return fold(token).strip(" .,;:'-")


def joined(text: str, parts: Sequence[NamePart], initials: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Spans of the folded text where words of a name stand together and one is a family name.

    In any order, with title and initials. An everyday word in small letters counts as the family name
    only right behind a given name: "ana hope", but neither "I hope" nor "I hope Ana".
    """
    group: list[NamePart] = []
    for part in sorted(parts, key=lambda part: (part.start, -part.end)):
        if group and part.start < group[-1].end:
            continue
        if group and not _belongs(text, group[-1], part):
            yield from _full(text, group, initials)
            group = []
        if not (part.weak and not (group and group[-1].role is Role.GIVEN)):
            group.append(part)
    yield from _full(text, group, initials)


def _belongs(text: str, left: NamePart, right: NamePart) -> bool:
    gap = text[left.end : right.start]
    if len(gap) > _MAX_BETWEEN or not (_BETWEEN.match(gap) or not gap):
        return False
    return left.role is Role.FAMILY if "," in gap else not right.weak or gap == " "


def _full(text: str, group: Sequence[NamePart], initials: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The span of one group, title and initials before it included, if a family name is in it."""
    if not any(part.role is Role.FAMILY for part in group):
        return
    start = group[0].start
    before = text[max(0, start - _MAX_BEFORE) : start]
    initial = _INITIALS_BEFORE.search(before)
    if initial and initial.group(1) in initials:
        start -= len(initial.group())
        before = before[: initial.start()]
    title = _TITLE_BEFORE.search(before)
    yield start - len(title.group()) if title else start, group[-1].end
