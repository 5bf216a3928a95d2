"""Rows that say something in clear, of blocks, of replies under review, of the line's keys: changed, put back, taken away."""

from __future__ import annotations

import os

import pytest

from relay.domain.conversations import ConversationEvent
from relay.edge.store import key_copy
from relay.edge.store.copies import frames, written
from relay.edge.store.keys import Keyring, load_master_key
from relay.errors import CipherError
from relay.flow.effects import Reviewed
from relay.flow.service_keys import ServiceKey
from tests.support import old_schema, storage
from tests.unit.edge.store_guarded import Guarded
from tests.unit.edge.store_world import NOW, later, relayed, token

TROLL = "troll@mail.test"
DAY = 86_400.0


async def holds(world: Guarded, at: float = 2) -> bool:
    return await world.store.blocked({TROLL}, later(at)) is not None


# --- blocks ------------------------------------------------------------------------------------------------------


async def test_a_block_whose_end_was_changed_holds_as_long_as_was_said(guarded: Guarded) -> None:
    """Shorter or longer, its row in clear is believed nothing; and it is told."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    for until, at, expected in ((later(1), 2, True), (later(9 * DAY), 2 * DAY, False)):
        guarded.run("UPDATE blocks SET until = ?", (int(until.timestamp() * 1_000_000),))
        assert await holds(guarded, at) is expected
        assert set(guarded.told) == {"blocks"}
        guarded.told.clear()


async def test_a_block_whose_row_was_taken_away_holds_and_is_listed(guarded: Guarded) -> None:
    """The operator hears of its mail once a day as before."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    guarded.run("DELETE FROM blocks")
    found = await guarded.store.blocked({TROLL}, later(2))
    assert found is not None
    assert [each.block_id for each in await guarded.store.blocks(later(2))] == [found.block_id]
    assert set(guarded.told) == {"blocks"}
    guarded.told.clear()
    await guarded.store.note_told(found, later(2))
    again = await guarded.store.blocked({TROLL}, later(3))
    assert again is not None
    assert again.is_told
    assert guarded.told == []


async def test_a_block_that_was_taken_away_whole_is_back_with_the_next_copy_and_told_once(
    guarded: Guarded,
) -> None:
    """Nothing of it is left in the database; the copy has it."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    assert await guarded.renew()
    guarded.put_back({"blocks": [], "seals": []})
    assert not await holds(guarded)
    assert await guarded.renew()
    assert guarded.told == ["blocks"]
    assert await holds(guarded)
    guarded.told.clear()
    await guarded.store.note_told((await guarded.store.blocks(later(2)))[0], later(2))
    guarded.told.clear()
    assert await guarded.renew()
    assert await holds(guarded)
    assert guarded.told == [], "it is told once"


async def test_a_block_of_before_does_not_take_the_place_of_a_later_one(guarded: Guarded) -> None:
    """Blocked for a day, then for nine; row and seal of the first are put back."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    kept = guarded.rows("blocks", "seals")
    await guarded.store.block(TROLL, later(60), later(9 * DAY))
    assert await guarded.renew()
    guarded.put_back(kept)
    assert not await holds(guarded, 2 * DAY)
    assert await guarded.renew()
    assert guarded.told == ["blocks"]
    assert await holds(guarded, 2 * DAY)
    guarded.put_back(kept)
    assert await guarded.renew()
    assert await holds(guarded, 2 * DAY), "the copy that was made meanwhile knows the later one"


async def test_a_block_that_was_ended_or_lifted_does_not_come_back(guarded: Guarded) -> None:
    """Whoever was let go is not held again by an old row, whole or in clear."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    kept = guarded.rows("blocks", "seals")
    assert await guarded.store.unblock(TROLL)
    assert await guarded.renew()
    guarded.put_back({"blocks": kept["blocks"]})
    assert not await holds(guarded)
    assert set(guarded.told) == {"blocks"}
    guarded.told.clear()
    guarded.put_back(kept)
    assert await holds(guarded)
    assert await guarded.renew()
    assert "blocks" in guarded.told
    assert not await holds(guarded)


async def test_a_block_made_anew_is_not_undone_by_the_seal_of_one_that_is_long_over(guarded: Guarded) -> None:
    """Its row and its seal went with the sweep; a later block is a later version all the same."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    await guarded.store.block(TROLL, NOW, later(DAY))
    kept = guarded.rows("seals")
    assert await guarded.renew()
    assert (await guarded.store.sweep(later(2 * DAY)))["blocks"] == 1
    assert guarded.rows("seals") == {"seals": []}
    await guarded.store.block(TROLL, later(3 * DAY), later(9 * DAY))
    assert await guarded.renew()
    guarded.put_back(kept)
    assert await guarded.renew()
    assert await holds(guarded, 5 * DAY)


async def test_what_the_operator_and_time_do_is_no_reason_to_tell(guarded: Guarded) -> None:
    """Lifted, blocked anew, shortened, over, swept, with a copy after each; and each is what holds."""
    await guarded.store.block(TROLL, NOW, later(9 * DAY))
    assert await guarded.renew()
    assert await guarded.store.unblock(TROLL)
    assert not await guarded.store.unblock(TROLL)
    assert await guarded.renew()
    assert not await holds(guarded)
    await guarded.store.block(TROLL, later(60), later(2 * DAY))
    assert await guarded.renew()
    assert (await holds(guarded, DAY), await holds(guarded, 3 * DAY)) == (True, False)
    assert (await guarded.store.sweep(later(3 * DAY)))["blocks"] == 1
    assert await guarded.renew()
    assert (await guarded.store.sweep(later(10 * DAY)))["blocks"] == 0
    assert guarded.rows("blocks", "seals") == {"blocks": [], "seals": []}
    assert guarded.told == []


async def test_a_seal_that_does_not_open_holds_until_it_is_put_right_or_the_block_ended(
    guarded: Guarded,
) -> None:
    """In doubt mail is held, where a person sees it; the copy knows better, and else the operator decides."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    assert await guarded.renew()
    other = "other@mail.test"
    await guarded.store.block(other, NOW, later(DAY))
    guarded.run("UPDATE seals SET sealed = ?", (os.urandom(60),))
    assert await holds(guarded, 3 * DAY)
    assert set(guarded.told) == {"blocks"}
    assert (await guarded.store.sweep(later(3 * DAY)))["blocks"] == 0
    assert await guarded.renew()
    assert not await holds(guarded, 3 * DAY)
    assert await guarded.store.blocked({other}, later(3 * DAY)) is not None, "nothing is known of it"
    assert await guarded.store.unblock(other)
    assert await guarded.store.blocked({other}, later(3 * DAY)) is None


async def test_blocks_exchanged_for_one_another_hold_both(guarded: Guarded) -> None:
    """A seal is bound to its row."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    await guarded.store.block("other@mail.test", NOW, later(60))
    first, second = guarded.rows("seals")["seals"]
    guarded.put_back({"seals": [(*first[:2], *second[2:]), (*second[:2], *first[2:])]})
    assert await holds(guarded, 120)
    assert set(guarded.told) == {"blocks"}


# --- replies under review ----------------------------------------------------------------------------------------


async def test_nobody_gets_a_counselor_out_of_review_by_writing_a_number(guarded: Guarded) -> None:
    """The column in clear counts nothing; a seal that does not open, or another's, is as none, and told."""
    new = await guarded.opened()
    await guarded.opened("ben", pseudonym="Maple 2")
    for _ in range(3):
        await guarded.wrote(new, None, effects=(Reviewed(),))
    assert (await guarded.store.loads())["ana"].reviewed == 3
    guarded.run("UPDATE counselors SET reviewed = 99")
    assert {who: load.reviewed for who, load in (await guarded.store.loads()).items()} == {"ana": 3, "ben": 0}
    assert guarded.told == []
    ids = [row[0] for row in guarded.run("SELECT counselor FROM counselors")]
    ((of, owner, version, sealed),) = guarded.rows("seals")["seals"]
    (other,) = [each for each in ids if bytes(each) != bytes(owner)]
    guarded.put_back({"seals": [(of, other, version, sealed)]})
    assert {load.reviewed for load in (await guarded.store.loads()).values()} == {0}
    assert guarded.told == ["counselors"]


async def test_a_count_of_before_is_put_right_and_told(guarded: Guarded) -> None:
    """It would only have a supervisor read more, but somebody wrote into the database."""
    new = await guarded.opened()
    await guarded.wrote(new, None, effects=(Reviewed(),))
    kept = guarded.rows("seals")
    await guarded.wrote(new, None, effects=(Reviewed(),))
    assert await guarded.renew()
    guarded.put_back(kept)
    assert await guarded.renew()
    assert guarded.told == ["counselors"]
    assert (await guarded.store.loads())["ana"].reviewed == 2


async def test_who_is_taken_back_later_is_reviewed_from_the_first_reply(guarded: Guarded) -> None:
    """What was counted goes with the counselor, and the copy does not bring it back."""
    new = await guarded.opened()
    await guarded.wrote(new, None, effects=(Reviewed(),))
    assert await guarded.renew()
    await guarded.wrote(new, ConversationEvent.CLOSED)
    await guarded.store.sweep(NOW, staff=["ben"])
    assert guarded.rows("seals", "counselors") == {"seals": [], "counselors": []}
    assert await guarded.renew()
    assert guarded.rows("seals") == {"seals": []}
    assert guarded.told == []


# --- keys of the line --------------------------------------------------------------------------------------------


async def with_key(world: Guarded) -> ServiceKey:
    key = ServiceKey(os.urandom(16), "help@relay.test", "A" * 40, b"secret", NOW, later(400 * DAY))
    await world.store.service_keys.add(key)
    return key


async def live(world: Guarded) -> list[bool]:
    return [each.retired_at is None for each in await world.store.service_keys.listed()]


async def test_a_retired_key_is_not_given_out_again(guarded: Guarded) -> None:
    """Its column cleared, its seal of before, or none: it still opens what was sent to it, and it is told."""
    key = await with_key(guarded)
    kept = guarded.rows("openpgp_keys", "seals")
    assert await live(guarded) == [True]
    assert await guarded.store.service_keys.retire(key.key_id, later(5))
    assert await guarded.renew()
    guarded.run("UPDATE openpgp_keys SET retired_at = NULL")
    assert await live(guarded) == [False]
    assert set(guarded.told) == {"openpgp_keys"}
    guarded.told.clear()
    guarded.run("DELETE FROM seals")
    assert await live(guarded) == [False]
    assert set(guarded.told) == {"openpgp_keys"}
    guarded.put_back(kept)
    assert await live(guarded) == [True]
    guarded.told.clear()
    assert await guarded.renew()
    assert guarded.told == ["openpgp_keys"]
    assert await live(guarded) == [False]


async def test_a_dropped_key_opens_nothing_when_its_row_is_put_back(guarded: Guarded) -> None:
    """It was in other hands; row and seal come back together, and go with the next copy."""
    key = await with_key(guarded)
    kept = guarded.rows("openpgp_keys", "seals")
    assert await guarded.store.service_keys.drop(key.key_id)
    assert await guarded.renew()
    guarded.put_back({"openpgp_keys": kept["openpgp_keys"]})
    assert await live(guarded) == []
    assert set(guarded.told) == {"openpgp_keys"}
    guarded.put_back(kept)
    assert await live(guarded) == [True]
    assert await guarded.renew()
    assert await live(guarded) == []


async def test_a_key_that_somebody_took_away_is_missed_and_one_that_was_dropped_is_not(
    guarded: Guarded,
) -> None:
    """What comes encrypted to it cannot be opened; the operator should know why."""
    key, _ = await with_key(guarded), await with_key(guarded)
    assert await guarded.store.service_keys.drop(key.key_id)
    assert await live(guarded) == [True]
    assert guarded.told == []
    guarded.run("DELETE FROM openpgp_keys")
    assert await live(guarded) == []
    assert guarded.told == ["openpgp_keys"]


# --- aliases -----------------------------------------------------------------------------------------------------


async def test_a_retired_alias_that_is_put_back_carries_nothing(guarded: Guarded) -> None:
    """The counselor of before knows it; the conversation goes by another now, and says so itself."""
    new = await guarded.opened()
    kept = guarded.run("SELECT token FROM aliases WHERE stands_for = 'seeker'")
    await guarded.wrote(new, ConversationEvent.RELEASED)
    (waiting,) = await guarded.store.waiting(9)
    fresh = f"{token()}@relay.test"
    await guarded.store.assign(waiting, "ben", 9, fresh, NOW)
    guarded.run("UPDATE aliases SET retired_at = NULL WHERE token = ?", kept[0])
    with pytest.raises(CipherError):
        await guarded.store.meaning(new.seeker_alias.partition("@")[0])
    for alias in (fresh, new.counselor_alias):
        meaning = await guarded.store.meaning(alias.partition("@")[0])
        assert meaning is not None
        assert not meaning.is_retired


# --- the copy ----------------------------------------------------------------------------------------------------


async def test_nobody_has_old_rows_taken_for_those_of_a_backup(guarded: Guarded) -> None:
    """After a restoration rows may be older than the copy, once; to say so needs the master key."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    victim = await guarded.opened()
    kept = guarded.rows("conversations")
    await guarded.wrote(victim, ConversationEvent.COUNSELOR_WROTE, relayed())
    assert await guarded.renew()
    ((generation,),) = guarded.run("SELECT value FROM meta WHERE name = 'copy_generation'")
    guarded.run("INSERT INTO meta (name, value) VALUES ('restored', ?)", (generation,))
    guarded.run("DELETE FROM seals")
    guarded.put_back_conversation(kept, victim.conversation_id)
    assert await guarded.renew()
    assert sorted(guarded.told) == ["blocks", "conversations"]
    with pytest.raises(CipherError):
        await guarded.store.conversation(victim.conversation_id)


async def test_a_copy_of_the_version_before_knows_nothing_of_seals_and_misses_none(guarded: Guarded) -> None:
    """A node of before writes one while nodes are brought up to date one after the other."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    assert await guarded.renew()
    macs = Keyring(load_master_key(guarded.key_file)).copies
    with guarded.copy.open("rb") as stream:
        values = [
            each
            for each in frames(key_copy.KIND, stream, macs)
            if not isinstance(each, list) or each[0] != "seals"
        ]
    guarded.copy.write_bytes(b"".join(written(key_copy.KIND, values, macs[0])))
    guarded.put_back({"blocks": [], "seals": []})
    assert await guarded.renew()
    assert guarded.told == []


async def test_what_was_there_before_there_were_seals_is_sealed_with_the_migration_alone(
    guarded: Guarded,
) -> None:
    """A row whose seal goes later is told; it is not sealed as it stands at the next start."""
    await guarded.store.block(TROLL, NOW, later(DAY))
    new = await guarded.opened()
    await guarded.wrote(new, None, effects=(Reviewed(),))
    key = await with_key(guarded)
    await guarded.store.service_keys.retire(key.key_id, later(5))
    await with_key(guarded)
    guarded.run("DROP TABLE seals")
    for statement in () if storage.IS_POSTGRESQL else old_schema.WITHOUT_SLOTS:
        guarded.run(statement)
    guarded.run("UPDATE alembic_version SET version_num = '0021'")
    await guarded.store.close()
    guarded.open_guarded()
    assert await holds(guarded)
    assert (await guarded.store.loads())["ana"].reviewed == 1
    assert sorted(await live(guarded)) == [False, True]
    assert guarded.told == []
    guarded.run("DELETE FROM seals")
    await guarded.store.close()
    guarded.open_guarded()
    assert (await guarded.store.loads())["ana"].reviewed == 0
    assert await live(guarded) == [False, False]
    assert await holds(guarded)
    assert set(guarded.told) == {"blocks", "openpgp_keys"}
