"""The directory in the store: numbers that stay, words that are found, and entries that come and go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from relay.domain.referral_question import parse
from relay.domain.referral_ranking import Nearness
from relay.domain.referrals import Ages, Cost, Hours, Opening, Phone, Reach, Referral, Status, Where
from relay.edge.store import referral_counts, referral_words
from relay.flow.directory import search
from tests.unit.edge.store_world import World

TODAY = date(2030, 3, 4)
LEEDS = Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",))
YORK = Where(Reach.LOCAL, ("York",), ("North Yorkshire",), ("GB",))


def entry(source_id: str, **changes: object) -> Referral:
    values: dict[str, object] = {
        "name": f"Line {source_id}",
        "topics": ("lgbt",),
        "where": LEEDS,
        "verified": TODAY,
    }
    return Referral("test", source_id, **{**values, **changes})  # type: ignore[arg-type]


async def found(world: World, text: str) -> list[str]:
    return [one.referral.source_id for one in await search(world.store.referrals, text, TODAY)]


FULL = entry(
    "full",
    line="Listens.",
    description="Listens. At night.",
    organization="Open Door",
    languages=("en", "pl"),
    phones=(Phone("116 123", "GB", note="free"),),
    web="https://a.example.org/",
    mail="a@example.org",
    address="1 High Street",
    hours=Hours((Opening((0, 1), 540, 1020),), "not in August"),
    cost=Cost.LOW,
    cost_note="as you can",
    ages=Ages(12, None),
    alert="Moved",
    until=TODAY + timedelta(days=9),
    aside=(("room", "7"),),
)


async def test_an_entry_comes_back_as_it_went_in(world: World) -> None:
    """Every field."""
    await world.store.referrals.put([FULL])
    assert await world.store.referrals.get([1]) == (replace(FULL, number=1),)
    assert await world.store.referrals.candidates(parse("listens"), TODAY) == (replace(FULL, number=1),)


async def test_numbers_stay_whatever_happens(world: World) -> None:
    """Counselors type them: changed, gone, back again, and after a restart."""
    store = world.store.referrals
    await store.put([entry("a"), entry("b"), entry("c")])
    await store.leave([3], TODAY)
    await store.put([entry("d")])
    known = await store.known("test")
    assert {each: (one.number, one.is_gone) for each, one in known.items()} == {
        "a": (1, False), "b": (2, False), "c": (3, True), "d": (4, False),
    }  # fmt: skip
    await world.store.close()
    store = world.open().referrals
    await store.put([entry("b", number=2, name="Renamed"), entry("c", number=3)])
    assert [each.name for each in await store.get([3, 2, 9])] == ["Line c", "Renamed"]
    assert (await store.known("test"))["c"].is_gone is False
    assert await store.known("other") == {}


async def test_a_digest_tells_whether_anything_has_changed(world: World) -> None:
    """The number is no part of it."""
    store = world.store.referrals
    await store.put([FULL])
    digest = (await store.known("test"))["full"].digest
    assert store.digest(FULL) == store.digest(replace(FULL, number=7)) == digest
    assert store.digest(replace(FULL, alert="")) != digest


async def test_what_is_gone_or_not_active_is_not_found(world: World) -> None:
    """And is found again when it is back."""
    store = world.store.referrals
    await store.put([entry("a"), entry("b", status=Status.TEMPORARILY_CLOSED)])
    assert await found(world, "lgbt") == ["a"]
    assert [each.source_id for each in await store.get([1, 2])] == ["a", "b"]
    await store.leave([1], TODAY)
    await store.put([entry("b", number=2)])
    assert await found(world, "lgbt") == ["b"]
    assert await store.get([1]) == ()
    await store.put([entry("a", number=1)])
    assert sorted(await found(world, "lgbt")) == ["a", "b"]


async def test_what_is_too_old_or_over_is_no_candidate(world: World) -> None:
    """By the day of the question."""
    await world.store.referrals.put(
        [
            entry("old", verified=TODAY - timedelta(days=731)),
            entry("over", until=TODAY - timedelta(days=1)),
            entry("now", until=TODAY),
        ]
    )
    assert await found(world, "lgbt") == ["now"]


async def test_a_place_is_understood_and_widened(world: World) -> None:
    """The town, its region as the directory knows it, the country, anywhere."""
    await world.store.referrals.put(
        [
            entry("york", where=YORK),
            entry("world", where=Where(Reach.WORLDWIDE, is_online=True)),
            entry("german", where=Where(Reach.NATIONAL, countries=("DE",))),
            entry("nation", where=Where(Reach.NATIONAL, countries=("GB",))),
            entry("region", where=Where(Reach.REGION, (), ("West Yorkshire",), ("GB",))),
            entry("leeds"),
        ]
    )
    for question in ("lgbt leeds", "lgbt @Leeds", "LEEDS LGBT", "@leeds"):
        assert await found(world, question) == ["leeds", "region", "nation", "world"], question
    assert await found(world, "lgbt west yorkshire") == ["region", "leeds", "nation", "world"]
    assert await found(world, "lgbt DE") == ["german", "world"]
    assert await found(world, "lgbt @Atlantis") == ["german", "nation", "world"]
    (first, *_) = await search(world.store.referrals, "lgbt leeds", TODAY)
    assert first.nearness is Nearness.HERE


async def test_a_word_that_names_a_place_by_chance_is_a_word_again(world: World) -> None:
    """When the place has nothing to offer."""
    await world.store.referrals.put(
        [
            entry("town", name="Swimming", topics=(), where=Where(Reach.LOCAL, ("Reading",), (), ("GB",))),
            entry("group", name="Reading group", topics=(), where=YORK),
        ]
    )
    assert await found(world, "reading group") == ["group", "town"]
    assert await found(world, "swimming reading") == ["town"]


async def test_words_find_what_begins_with_them_in_every_column(world: World) -> None:
    """Without case and accents; what answers to all comes first."""
    await world.store.referrals.put(
        [
            entry("a", name="Café LGBTQ+", topics=()),
            entry("b", name="B", topics=("Counselling",), line="x"),
            entry("c", name="C", topics=(), line="short", description="short " * 20 + "eating disorders"),
            entry("d", name="D", topics=(), organization="Samaritans"),
        ]
    )
    assert await found(world, "cafe lgbt") == ["a"]
    assert await found(world, "counsel") == ["b"]
    assert await found(world, "disorder") == ["c"]
    assert await found(world, "samaritans") == ["d"]
    assert await found(world, "counselling samaritans") == ["b", "d"]
    assert await found(world, "nothing of this kind") == []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        'a" OR b',
        "* ^ ( )",
        "NEAR(a b)",
        "name:x",
        "{marks} : every",
        "\x00",
        "every",
        "@''",
        'lang:x"y',
        "country:)(",
    ],
)
async def test_no_text_is_a_query_of_its_own(world: World, text: str) -> None:
    """Words are words, whatever they look like."""
    await world.store.referrals.put([entry("a")])
    assert await found(world, text) == [] or text in {"@''", 'lang:x"y'}


async def test_near_ones_are_not_crowded_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many that fit better by words, far away; those in the language, where many are here."""
    monkeypatch.setattr(referral_words, "PER_LOOK", 20)
    many = [entry(f"y{n}", name="lgbt lgbt", where=YORK) for n in range(80)]
    here = [entry(f"l{n}", languages=("en",)) for n in range(60)]
    await world.store.referrals.put(
        [*many, *here, entry("near", name="Some line for lgbt people", languages=("pl",))]
    )
    assert (await found(world, "lgbt leeds pl"))[0] == "near"
    monkeypatch.setattr(referral_words, "WEIGHED_AT_MOST", 30)
    assert len(await found(world, "lgbt leeds")) == 20


async def test_facts_are_asked_for(world: World) -> None:
    """Topic, cost, online, age, opening hours."""
    saturdays = Hours((Opening((5,), 1080, 1320),))
    await world.store.referrals.put(
        [
            entry("sat", hours=saturdays, cost=Cost.PAID, topics=("food",), name="Kitchen"),
            entry("free", cost=Cost.FREE, topics=("lgbt", "Legal advice")),
            entry("paid", cost=Cost.PAID),
            entry("old", ages=Ages(55)),
            entry("web", where=Where(Reach.WORLDWIDE, is_online=True)),
        ]
    )
    assert sorted(await found(world, "lgbt free")) == ["free", "old", "web"]
    assert await found(world, "topic:legal-advice") == ["free"]
    assert await found(world, "online") == ["web"]
    assert "old" not in await found(world, "lgbt age:16")
    for asked, comes in (("sat", ["sat"]), ("sat-18:30", ["sat"]), ("sat-22", []), ("sun", [])):
        assert await found(world, f"food open:{asked}") == comes, asked
    assert sorted(await found(world, "free GB")) == ["free", "old", "web"]


async def test_pages_go_through_everything_once(world: World) -> None:
    """In the order of numbers, without what is gone."""
    store = world.store.referrals
    await store.put([entry(str(n)) for n in range(7)])
    await store.leave([4], TODAY)
    pages = [await store.page(after, 3) for after in (0, 3, 6, 7)]
    assert [[each.number for each in page] for page in pages] == [[1, 2, 3], [5, 6, 7], [7], []]


async def test_the_directory_is_in_clear_and_apart_from_people(world: World) -> None:
    """Its rows can be read without the key, and no question is stored."""
    await world.store.referrals.put([FULL])
    await search(world.store.referrals, "canaryquestion leeds", TODAY)
    ((text,),) = world.run("SELECT entry FROM referrals")
    assert "Listens. At night." in text
    assert not any(b"canaryquestion" in octets for octets in world.files().values())


async def test_a_count_is_all_that_is_left_of_a_referral(world: World) -> None:
    """Entry and month; a number that is none is not counted, and one that stands twice in a reply is counted once."""
    await world.store.referrals.put([entry("a"), entry("b")])

    async def give(*numbers: int, at: datetime) -> None:
        await world.store._writer.run(lambda c: referral_counts.add(c, numbers, at))

    november, december = datetime(2026, 11, 30, 23, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    await give(1, 1, 99, at=november)
    await give(2, 1, at=november)
    await give(2, at=december)
    assert await world.store.referrals.given(202611) == ((1, 2), (2, 1))
    assert await world.store.referrals.given(202612) == ((2, 1),)
    assert await world.store.referrals.given(202701) == ()
    assert sorted(world.run("SELECT * FROM referral_counts")) == [
        (202611, 1, 2),
        (202611, 2, 1),
        (202612, 2, 1),
    ]
