"""What was taken from a mailbox is known as taken exactly when it is here, and what was left is known as left."""

from __future__ import annotations

import os
from dataclasses import replace

from relay.domain.mailboxes import Fetched, Left
from tests.unit.edge.store_world import NOW, World, new_entry

PLACE = "canary@provider.test\nimap.provider.test:993\nINBOX"


async def take(world: World, uid: int, dedupe: str, validity: int = 7) -> bool:
    entry_id = os.urandom(16)
    entry = replace(new_entry(entry_id), fetched=Fetched(PLACE, validity, uid), dedupe=dedupe)
    body = world.store.new_body(entry_id)
    await body.write(b"Subject: x\r\n\r\nHello\r\n")
    return await world.store.accept(entry, body)


async def test_the_place_of_a_message_is_written_with_it(world: World) -> None:
    """Until it is put away it is to be put away; and nothing up to it is looked at again."""
    boxes = world.store.mailboxes
    assert await boxes.begin(PLACE, 7) == 0
    assert await take(world, 3, "a")
    assert await take(world, 5, "b")
    assert await boxes.begin(PLACE, 7) == 5
    assert await boxes.to_put_away(PLACE, 7, 10) == (3, 5)
    await boxes.put_away(PLACE, 7, (3,))
    assert await boxes.to_put_away(PLACE, 7, 10) == (5,)
    assert len(await world.store.received(NOW, 10)) == 2


async def test_a_repetition_is_not_taken_and_is_put_away_all_the_same(world: World) -> None:
    """Restored or moved back, it is known by what it says, and goes where the others went."""
    boxes = world.store.mailboxes
    await boxes.begin(PLACE, 7)
    assert await take(world, 3, "same")
    await boxes.put_away(PLACE, 7, (3,))
    assert not await take(world, 9, "same")
    assert await boxes.to_put_away(PLACE, 7, 10) == (9,)
    assert len(await world.store.received(NOW, 10)) == 1


async def test_another_uidvalidity_begins_anew(world: World) -> None:
    """Its numbers mean other messages (RFC 9051 §2.3.1.1)."""
    boxes = world.store.mailboxes
    await boxes.begin(PLACE, 7)
    await take(world, 40, "a")
    await boxes.leave(Fetched(PLACE, 7, 41), Left.TOO_LARGE)
    assert await boxes.begin(PLACE, 8) == 0
    assert (await boxes.to_put_away(PLACE, 8, 10), await boxes.left(PLACE, 8), await boxes.untold()) == (
        (),
        (),
        {},
    )
    assert not await take(world, 2, "a", validity=8)
    assert await boxes.begin(PLACE, 8) == 2


async def test_what_was_left_is_told_once_and_may_still_be_taken(world: World) -> None:
    """A second look leaves it again without a word, or takes it."""
    boxes = world.store.mailboxes
    await boxes.begin(PLACE, 7)
    await boxes.leave(Fetched(PLACE, 7, 4), Left.UNREADABLE)
    assert await boxes.begin(PLACE, 7) == 4
    assert await boxes.untold() == {Left.UNREADABLE: 1}
    await boxes.told()
    await boxes.leave(Fetched(PLACE, 7, 4), Left.TOO_LARGE)
    assert await boxes.untold() == {}
    assert await boxes.left(PLACE, 7) == (4,)
    assert await take(world, 4, "a")
    assert (await boxes.left(PLACE, 7), await boxes.to_put_away(PLACE, 7, 10)) == ((), (4,))
    await boxes.forget_left(PLACE, 7, (4, 5))
    assert await boxes.to_put_away(PLACE, 7, 10) == ()


async def test_folders_do_not_know_each_other(world: World) -> None:
    """Two mailboxes count independently, and the database names neither."""
    boxes = world.store.mailboxes
    await boxes.begin(PLACE, 7)
    await take(world, 3, "a")
    assert await boxes.begin(PLACE + "2", 7) == 0
    assert await boxes.to_put_away(PLACE + "2", 7, 10) == ()
    await world.store.close()
    files = b"".join(path.read_bytes() for path in world.folder.iterdir() if path.is_file())
    assert b"canary" not in files
    assert b"INBOX" not in files
    world.open()
