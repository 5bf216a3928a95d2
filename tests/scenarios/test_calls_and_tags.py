"""A call that a counselor wants, and words that say what a conversation is about."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.test_desk_cases import BOTH, confirmed
from tests.scenarios.test_desk_commands import conversation, words
from tests.support import storage
from tests.support.line import Letter, Line, Person

PHONE = """
[phone]
desk = "calls@ops.test"
hours = ["mon-fri 14:00-16:00 Europe/Berlin"]

[seekers]
zone = "Europe/Berlin"
"""
TAGS = '\n[conversations]\ntags = ["grief", "sleep", "age:20-29"]\n'


def plain(letter: Letter) -> str:
    """The text on one line, however it was wrapped."""
    return " ".join(letter.text.split())


# --- !callback ---------------------------------------------------------------------------------------


async def test_a_call_that_a_counselor_wants_is_offered_and_becomes_a_task(tmp_path: Path) -> None:
    """The phone desk hears of it at once, the number comes from the seeker alone, and nobody else sees it."""
    async with Line(tmp_path / "line", extra=PHONE) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        sam, request = await conversation(line)
        await line.ana.replies(request, "It may help to talk.\n!callback")
        offered = await sam.receives(automatic=False)
        assert words(offered).startswith("It may help to talk.\n\nIf you like, somebody can call you.")
        assert "answer this e-mail with CALL ME and your number on one line" in plain(offered)
        assert "They call again today at 14:00 (Berlin time)." in plain(offered)
        receipt = await line.ana.receives(automatic=True)
        assert "Nobody calls before they have the number." in plain(receipt)
        assert "They call again today at 14:00" in plain(receipt)
        task = await desk.receives()
        assert request.from_name in task["Subject"]
        assert "The number is not known yet." in task.text
        await sam.replies(offered, "CALL ME 0170 0000000")
        assert "0170 0000000" in (await desk.receives()).text
        assert "goes to those who make the calls" in (await sam.receives(automatic=True)).text
        await line.ana.receives_nothing()
        assert not any("0170" in each.text for each in line.ana.mailbox)
        assert not any("sam.lee" in each.text or "ana.ruiz" in each.text for each in desk.mailbox)


async def test_a_call_is_wanted_again_done_and_not_wanted(tmp_path: Path) -> None:
    """Each step reaches those whom it concerns, in true words, and nothing is said twice."""
    async with Line(tmp_path / "line", extra=PHONE) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        sam, request = await conversation(line)
        await line.ana.replies(request, "!callback done")
        assert "no call to" in (await line.ana.receives(automatic=True)).text
        answer = sam.mailbox[-1]
        await sam.replies(answer, "CALL ME 0170 0000000")
        await sam.receives(automatic=True)
        await desk.receives()
        await line.ana.replies(request, "!callback yes")
        assert "on the number that you gave us" in plain(await sam.receives(automatic=False))
        again = await desk.receives()
        assert "in the e-mail about them that you had before" in plain(again)
        assert "0170" not in again.text
        assert "told once more" in plain(await line.ana.receives(automatic=True))
        await line.ana.replies(request, "!callback no")
        assert "There will be no call." in (await sam.receives(automatic=False)).text
        assert "no call is wanted any more" in plain(await desk.receives())
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!callback no")
        assert "no call to" in (await line.ana.receives(automatic=True)).text
        await sam.replies(answer, "CALL ME 0170 0000000")
        await sam.receives(automatic=True)
        await desk.receives()
        await line.ana.replies(request, "!callback done")
        assert "noted as done" in (await line.ana.receives(automatic=True)).text
        assert "that the call was made" in plain(await desk.receives())
        await sam.receives_nothing()


async def test_a_line_without_a_phone_desk_refuses_a_call_in_words(tmp_path: Path) -> None:
    """Nothing of the reply goes out, and the seeker is promised nothing."""
    async with Line(tmp_path / "line") as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Somebody will call you.\n!callback")
        back = await line.ana.receives(automatic=True)
        assert "this line makes no calls" in back.text
        assert "Somebody will call you." in back.text
        await sam.receives_nothing()


# --- !tag ----------------------------------------------------------------------------------------------


async def test_tags_are_of_the_operators_list_and_the_seeker_never_sees_them(tmp_path: Path) -> None:
    """What is not on the list is refused with the list; what is on it is noted once."""
    async with Line(tmp_path / "line", extra=TAGS) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Try to rest.\n!tag grief money")
        back = plain(await line.ana.receives(automatic=True))
        assert "there is no such tag: money. There are: grief, sleep, age:20-29" in back
        await sam.receives_nothing()
        await line.ana.replies(request, "Try to rest.\n!tag Grief, age:20\u201129.")
        assert "is tagged: grief, age:20-29." in plain(await line.ana.receives(automatic=True))
        letter = await sam.receives(automatic=False)
        assert words(letter).startswith("Try to rest.")
        assert b"grief" not in letter.raw.lower()
        await line.ana.replies(request, "!tag grief sleep")
        assert "is tagged: grief, age:20-29, sleep." in plain(await line.ana.receives(automatic=True))
        await sam.receives_nothing()


async def test_a_line_without_tags_says_so(tmp_path: Path) -> None:
    async with Line(tmp_path / "line") as line:
        _, request = await conversation(line)
        await line.ana.replies(request, "!tag grief")
        assert "the operator has written none" in (await line.ana.receives(automatic=True)).text


async def test_whoever_knows_what_a_conversation_is_tagged_with_comes_first(tmp_path: Path) -> None:
    """When it is passed on, the tag decides between two who speak the language; one that is nobody's topic does not."""
    people = """
[[counselor]]
id = "kim"
pseudonym = "Alder"
name = "Kim Berg"
address = "kim.berg@mail.test"
languages = ["en"]
duty = ["always"]
topics = ["grief"]
"""
    quiet = {"ana_duty": '["always"]', "ben_duty": '["always"]', "ben_languages": '["en"]'}
    async with Line(tmp_path / "line", extra=TAGS, **quiet) as line:
        file = line.folder / "counselors.toml"
        file.write_text(file.read_text().replace("capacity = 2", 'capacity = 2\ntopics = ["sleep"]') + people)
        await line.stop()
        await line.start()
        kim = Person(line, "kim.berg@mail.test", "Kim Berg")
        _, request = await conversation(line)
        await line.ana.replies(request, "!tag grief age:20-29\n!pass")
        assert f"{request.from_name} goes on with you" in (await kim.receives(automatic=True)).text
        assert not line.ben.mailbox


async def test_tags_are_sealed_and_go_with_the_conversation(tmp_path: Path) -> None:
    """No row of a conversation says what it is about (a sum of all does), and none is left after FORGET ME."""
    async with Line(tmp_path / "line", extra='\n[conversations]\ntags = ["quokkatopic"]\n') as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "!tag quokkatopic")
        await line.ana.receives(automatic=True)
        await line.quiet()
        for table in ("conversations", "entries", "deliveries", "chunks"):
            assert "quokkatopic" not in str(storage.run(line.folder, f"SELECT * FROM {table}"))
        await sam.replies(sam.mailbox[-1], "FORGET ME")
        await sam.receives(automatic=True)
        await line.quiet()
        assert storage.run(line.folder, "SELECT count(*) FROM conversations") == [(0,)]


async def test_a_call_and_tags_wait_with_a_reply_that_is_held(tmp_path: Path) -> None:
    """Until it goes out, nothing of it has happened."""
    async with Line(tmp_path / "line", extra=PHONE + TAGS, **BOTH) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        sam, request = await conversation(line)
        await line.ana.replies(request, "Or ring 0170 2222222.\n!callback\n!tag sleep")
        await line.quiet()
        await sam.receives_nothing()
        await desk.receives_nothing()
        await confirmed(line, line.ana)
        assert "If you like, somebody can call you." in (await sam.receives(automatic=False)).text
        assert "is tagged: sleep" in plain(await line.ana.receives(automatic=True))
        assert "The number is not known yet." in (await desk.receives()).text
