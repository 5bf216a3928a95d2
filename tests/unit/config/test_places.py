"""Each key of a TOML text is found on its line."""

from __future__ import annotations

import time
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.config.places import locate

TEXT = '''\
# comment with = and [brackets]
plain = 1 # [not a table]
dotted . "quoted.key" = "a = [b]"
listed = [
  1, # one
  [2, 3.5],
  { inner = 4, deep = { deeper = [] } }, """
 many "" lines = \\""" [
""", \'\'\'
raw\\\'\'\',
]
moment = 1979-05-27 07:32:00
[table . \'in "it"\'] # comment
inline = { list = [ { one = 1 }, { two = 2 } ], last = "" }
empty = {}
[[array]]
x = 1
[array.sub]
y = """a"""""
[[array.deep]]
z = 1
[[array.deep]]
z = 2
[[array]]
x = 2
'''

LINES: dict[tuple[str | int, ...], int] = {
    ("plain",): 2,
    ("dotted",): 3,
    ("dotted", "quoted.key"): 3,
    ("listed",): 4,
    ("listed", 0): 5,
    ("listed", 1): 6,
    ("listed", 1, 1): 6,
    ("listed", 2, "deep", "deeper"): 7,
    ("listed", 3): 7,
    ("listed", 4): 9,
    ("moment",): 12,
    ("table",): 13,
    ("table", 'in "it"', "inline", "list", 1, "two"): 14,
    ("table", 'in "it"', "inline", "last"): 14,
    ("table", 'in "it"', "empty"): 15,
    ("array", 0): 16,
    ("array", 0, "x"): 17,
    ("array", 0, "sub", "y"): 19,
    ("array", 0, "deep", 1, "z"): 23,
    ("array", 1): 24,
    ("array", 1, "x"): 25,
}


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """All keys and indexes of what ``tomllib`` read."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(paths(each, (*path, key)) for key, each in inside))


def test_every_way_to_write_a_key_has_its_line() -> None:
    """Tables, arrays of tables, dotted and quoted keys, inline tables, values over several lines."""
    found = locate(TEXT)

    assert {path: found.get(path) for path in LINES} == LINES
    assert set(found) | {()} == paths(tomllib.loads(TEXT))


KEYS = st.sampled_from(["a", "b", "c-d", '"x y"', "'q.r'", '"="', '"]"', '"\\u00e9"'])
SCALARS = st.sampled_from(
    [
        "1",
        "1.5",
        "true",
        '"t"',
        "'['",
        '"""\n]\n"""',
        "'''\n'\n'''",
        '"""x"""""',
        '"\\""',
        "07:32:00",
        "1979-05-27",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + " ,# ]\n".join(items) + "\n]")
        | st.dictionaries(KEYS, inner, max_size=2).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        )
    ),
    max_leaves=6,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=3).map(
    lambda table: "".join(f"{key} = {value} # = [\n" for key, value in table.items())
)


@given(TABLES, st.lists(st.tuples(st.sampled_from(["[[m]]", "[[ m . n ]]", "[[k]]"]), TABLES), max_size=4))
@settings(max_examples=150, deadline=None)
def test_all_that_tomllib_reads_is_found_and_nothing_else(top: str, tables: list[tuple[str, str]]) -> None:
    """The two readings of one text name the same keys and indexes."""
    text = top + "".join(f"{header}\n{table}" for header, table in tables)
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    assert set(locate(text)) | {()} == paths(read)


@given(st.text(alphabet="[]{}=,.\"'#\n \\ab1", max_size=60))
def test_text_that_is_not_toml_does_no_harm(text: str) -> None:
    """It is never asked for such, and answers anyway."""
    assert all(line >= 1 for line in locate(text).values())


def test_a_large_text_takes_no_more_than_a_moment() -> None:
    """Linear time, whatever is opened and never closed, or escaped without end."""
    for text in (
        "[" * 30_000,
        "x = [" + "1," * 30_000,
        'x = """' + "\\" * 60_000,
        '"' * 60_000,
        "a." * 30_000,
    ):
        begin = time.process_time()
        locate(text)

        assert time.process_time() - begin < 2
