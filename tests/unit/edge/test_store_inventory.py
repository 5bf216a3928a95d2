"""The inventory is complete and true: compared with the schema, and with what really lies in every column."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Table, inspect, select

from relay.edge.store import disclosing
from relay.edge.store.engines import make_engine, parse_url
from relay.edge.store.inventory import INVENTORY, Field, Held
from relay.edge.store.keys import Keyring, Purpose, load_master_key
from relay.edge.store.tables import metadata
from relay.errors import CipherError
from relay.flow.figures import Revealed
from tests.support.storage import IS_POSTGRESQL
from tests.unit.edge.store_lived import Life, everything
from tests.unit.edge.store_world import NOW, World

OF_THE_DATABASE = ("alembic_version", "sqlite_", "referral_words_", "key_slots")
"""Tables that the tools make for themselves: the version of the schema, SQLite's own, the inside of its full-text index;
and what the data keys of SQLite are a view of."""

SMALLEST_INSTANT, LARGEST_INSTANT = 9 * 10**14, 253_402_300_800_000_000
"""1998 and the year 9999, in microseconds; 0 stands for "at once"."""


async def test_the_inventory_names_every_stored_column_and_no_other(world: World) -> None:
    """Whoever adds a table or a column says in ``relay/edge/store/inventory`` what it is for and how long it stays."""
    engine = make_engine(parse_url(world.url), writes=False)
    schema = inspect(engine)
    found = {
        name: {column["name"] for column in schema.get_columns(name)}
        for name in (*schema.get_table_names(), *schema.get_view_names())
        if not name.startswith(OF_THE_DATABASE)
    }
    engine.dispose()
    words = {"number", "words"}  # a server keeps the words of the directory as one vector
    if not IS_POSTGRESQL:
        words = {row[1] for row in world.run("PRAGMA table_info(referral_words)")}
        assert words == set(INVENTORY["referral_words"].fields)
    assert found.pop("referral_words", words) == words
    claimed = {name: set(kept.fields) for name, kept in INVENTORY.items() if name != "referral_words"}
    assert found == claimed


def test_every_word_of_it_says_something() -> None:
    """A purpose, a life; a column of words has its closed list."""
    for name, kept in INVENTORY.items():
        assert kept.purpose, name
        assert kept.life, name
        for column, field in kept.fields.items():
            assert field.purpose, (name, column)
            assert (field.held is Held.WORD) == bool(field.words), (name, column)


# --- what really lies there -------------------------------------------------------------------------------------


def values(connection: Connection, table: Table) -> Iterator[tuple[str, Any, Any]]:
    """Column, value and row of everything that is there."""
    for row in connection.execute(select(table)).all():
        for column in table.columns:
            if getattr(row, column.name) is not None:
                yield column.name, getattr(row, column.name), row


def untrue(
    connection: Connection, keyring: Keyring, table: Table, name: str, value: Any, row: Any, field: Field
) -> bool:
    """Whether a value is not held as the inventory claims."""
    held = field.held
    if held.is_sealed:
        return not opens(connection, keyring, table, name, row, held)
    if held in {Held.ID, Held.INDEX}:
        return not (isinstance(value, bytes) and len(value) == 16)
    if held is Held.WORD:
        return value not in field.words
    if held is Held.INSTANT:
        return not (isinstance(value, int) and (value == 0 or SMALLEST_INSTANT < value < LARGEST_INSTANT))
    if held is Held.FLAG:
        return value not in {0, 1}
    if held is Held.NUMBER:
        return not (isinstance(value, int) and value < SMALLEST_INSTANT)
    if held is Held.COUNTED:
        return not (isinstance(value, str) and name in {"cell", "figures"})
    return held is Held.DERIVED and name != "value"


def opens(connection: Connection, keyring: Keyring, table: Table, name: str, row: Any, held: Held) -> bool:
    """Whether it opens with the key and at the place that are claimed, and not once an octet is changed."""
    whole = row._asdict() if hasattr(row, "_asdict") else dict(row._mapping)
    try:
        disclosing.opened(connection, keyring, table.name, name, row, held)
    except (CipherError, AttributeError, KeyError, TypeError, ValueError):
        return False
    whole[name] = bytes(whole[name][:-1]) + bytes([whole[name][-1] ^ 1])
    changed = type("Row", (), whole)
    with pytest.raises(CipherError):
        disclosing.opened(connection, keyring, table.name, name, changed, held)
    return True


def keyring_of(world: World) -> Keyring:
    return Keyring(load_master_key(world.key_file))


async def test_every_column_holds_what_is_claimed_and_is_tested(world: World) -> None:
    """Something stands in every column, and what is claimed of it is so: what is sealed opens with that key alone."""
    await everything(world)

    def look(connection: Connection) -> tuple[list[str], Counter[str]]:
        wrong, counted = [], Counter[str]()
        for table in metadata.sorted_tables:
            for name, value, row in values(connection, table):
                counted[f"{table.name}.{name}"] += 1
                field = INVENTORY[table.name].fields[name]
                if untrue(connection, keyring_of(world), table, name, value, row, field):
                    wrong.append(f"{table.name}.{name}")
        return wrong, counted

    wrong, counted = await world.store._reader.run(look)
    assert wrong == []
    public = {"referrals"}
    columns = {
        f"{table.name}.{c.name}"
        for table in metadata.sorted_tables
        if table.name not in public
        for c in table.columns
    }
    assert columns - set(counted) == set(), "nothing stands in these columns, so nothing was tested"


ALIKE = (
    {Held.ID, Held.INDEX},
    {Held.NUMBER, Held.FLAG, Held.INSTANT},
)
"""Claims that look the same: what an octet string was made of is another test's; a small number may be a flag or 0."""


async def test_a_claim_that_is_not_true_is_found(world: World) -> None:
    """For every column each other claim is found out, in all but those that are alike."""
    await everything(world)
    unlike = [held for held in Held if held not in {Held.PUBLIC, Held.DERIVED}]

    def look(connection: Connection) -> list[str]:
        missed = []
        for table in metadata.sorted_tables:
            found = list(values(connection, table))
            for column, field in INVENTORY[table.name].fields.items():
                mine = [(value, row) for name, value, row in found if name == column]
                for held in unlike if field.held in unlike else ():
                    if held is field.held or any({held, field.held} <= group for group in ALIKE):
                        continue
                    claim = replace(field, held=held)
                    if not any(
                        untrue(connection, keyring_of(world), table, column, *each, claim) for each in mine
                    ):
                        missed.append(f"{table.name}.{column} as {held.name}")
        return missed

    assert await world.store._reader.run(look) == []


async def test_blind_indexes_are_keyed(world: World) -> None:
    """Every one is the index of something under this master key; of all that was planted no plain hash is there."""
    life = await everything(world)
    keyring = keyring_of(world)
    rows: list[tuple[str, object]] = []
    await everything_shown(world, lambda name, _, row: rows.append((name, row)) if row else None)
    said = set(words_in([row for _, row in rows])) | set(life.words.values()) | set(life.indexed.values())
    said |= {one.partition("@")[0] for one in said} | {
        f"{kind}:{one}" for one in said for kind in ("dkim", "ciphertext")
    }
    said |= {f"digest {one}" for one in said} | {f"{one}@private.example" for one in life.indexed.values()}
    known = {keyring.index(purpose, one).hex() for purpose in Purpose for one in said}
    found: dict[str, list[str]] = {}
    for name, row in rows:
        for column, field in INVENTORY[name].fields.items():
            if field.held is Held.INDEX and row[column] is not None:  # type: ignore[index]
                found.setdefault(f"{name}.{column}", []).append(str(row[column]))  # type: ignore[index]
    unknown = {where for where, given in found.items() if not known & set(given)}
    assert unknown <= {"blocks.sender", "seen.dedupe"}, (
        "what these were made of is nowhere, and was not kept by the test"
    )
    plain = {
        hashlib.new(how, one.encode()).hexdigest()[:32]
        for how in ("md5", "sha1", "sha256", "blake2s")
        for one in said
    }
    assert not plain & {one for given in found.values() for one in given}


async def everything_shown(world: World, show: Callable[[str, int, Any], None]) -> None:
    async def is_noted() -> None:
        pass

    await world.store.insight.reveals.of_everything(Revealed(NOW, "root", "a test of it"), is_noted, show)


def words_in(value: object) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from words_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from words_in(each)


# --- the drill ---------------------------------------------------------------------------------------------------


async def disclosed(world: World) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}

    def show(name: str, count: int, row: Any) -> None:
        if row is None:
            found[name] = []
            assert count >= 0
        else:
            found[name].append(row)

    await everything_shown(world, show)
    return found


def test_what_is_shown_is_in_the_order_and_words_of_the_inventory() -> None:
    """Every table but the one that SQLite makes out of another."""
    assert set(INVENTORY) - {table.name for table in metadata.sorted_tables} == {"referral_words"}


async def test_disclosing_shows_exactly_what_exists(world: World) -> None:
    """The columns of the inventory, as many rows as there are, every planted word, and nothing that does not open."""
    life: Life = await everything(world)
    found = await disclosed(world)
    for name, rows in found.items():
        for row in rows:
            assert list(row) == list(INVENTORY[name].fields), name
    for name, rows in found.items():
        if name != "referrals":
            assert [(len(rows),)] == world.run(f"SELECT count(*) FROM {name}"), name
    text = json.dumps(found)
    assert disclosing.NOT_OPEN not in text
    assert {what for what, word in life.words.items() if word not in text} == set()
    assert {what for what, word in life.indexed.items() if word in text} == set()  # nobody can read these
    assert "0073656372" not in text  # octets of a secret key
    assert b"\0secret".decode() not in text


async def test_what_somebody_changed_is_shown_as_what_does_not_open(world: World) -> None:
    """And everything else is shown all the same."""
    await everything(world)
    world.run("UPDATE notes SET sealed = ?", (bytes(60),))
    world.run("DELETE FROM data_keys WHERE owner = 'notice'")
    found = await disclosed(world)
    assert [row["sealed"] for row in found["notes"]] == [disclosing.NOT_OPEN]
    assert [row["sealed"] for row in found["kept_notices"]].count(disclosing.NOT_OPEN) == 1
    assert disclosing.NOT_OPEN not in json.dumps(found["conversations"])
