"""What seekers write to the relay itself, as conversations: stop, forget me, another person, another language, and so on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from relay import block, erase
from relay.errors import ConfigError
from relay.mail.texts import Texts
from relay.resources import folder
from tests.support import storage
from tests.support.line import Letter, Line, Person
from tests.support.phone_shapes import SHAPES, shaped

TEXTS = Texts.load(folder("templates"))
MORE_INTAKES = """
[[intake]]
address = "aide@relay.test"
language = "fr"

[[intake]]
address = "ayuda@relay.test"
language = "es"

[[intake]]
address = "musaada@relay.test"
language = "ar"
"""
INTAKES = {
    "en": "help@relay.test",
    "de": "hilfe@relay.test",
    "fr": "aide@relay.test",
    "es": "ayuda@relay.test",
    "ar": "musaada@relay.test",
}
UNKNOWN = re.escape("5.1.1")
each_language = pytest.mark.parametrize("language", sorted(INTAKES))


def said(word: str, language: str = "en") -> str:
    return TEXTS.word(f"say.{word}", language)


def body_of(letter: Letter) -> str:
    return letter.text.replace("\r\n", "\n").replace("\u2068", "").replace("\u2069", "")


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with Line(tmp_path / "line", ben_duty='["always"]', extra=MORE_INTAKES) as made:
        yield made


async def begun(line: Line, language: str = "en") -> tuple[Person, Person, Letter, Letter]:
    """A conversation in which the counselor has answered: seeker, counselor, their copies of the last letter."""
    sam = line.seeker()
    await sam.writes("I cannot sleep.", to=INTAKES[language])
    acknowledgement = await sam.receives(automatic=True)
    counselor = line.ben if language == "de" else line.ana
    request = await counselor.receives(automatic=False)
    await counselor.replies(request, "I am here.")
    return sam, counselor, await sam.receives(automatic=False), acknowledgement


# --- stop ----------------------------------------------------------------------------------------------------


@each_language
async def test_stop_ends_all_mail_but_one_confirmation(line: Line, language: str) -> None:
    """In their language, from the alias that they wrote to; the counselor hears it in neutral words."""
    sam, counselor, answer, _ = await begun(line, language)
    await sam.replies(answer, said("stop", language))
    last = await sam.receives()
    assert last.is_automatic
    assert last.from_address == answer.from_address
    assert last["In-Reply-To"]
    assert body_of(last).startswith(body_of(last).split(said("stop", language))[0] + said("stop", language))
    told = await counselor.receives(automatic=True)
    assert told["Subject"]
    assert "sleep" not in told.text
    await sam.receives_nothing()

    request = [each for each in counselor.mailbox if not each.is_automatic][-1]
    await counselor.replies(request, "Are you there?")
    refused = await counselor.receives(automatic=True)
    assert "Are you there?" not in refused.text
    await sam.receives_nothing()


async def test_whoever_writes_again_after_stop_is_answered_again(line: Line) -> None:
    """Their own word lifts it; the same counselor, the same alias."""
    sam, ana, answer, _ = await begun(line)
    await sam.replies(answer, "STOP")
    last = await sam.receives()
    await ana.receives(automatic=True)
    await sam.replies(last, "I would like to go on.")
    again = await ana.receives(automatic=False)
    assert "go on" in again.text
    await ana.replies(again, "Welcome back.")
    assert "Welcome back." in (await sam.receives()).text
    await sam.replies(last, "STOP")
    assert (await sam.receives()).is_automatic
    await sam.receives_nothing()


async def test_stop_cancels_what_is_on_its_way(line: Line) -> None:
    """Deferred at the next hop, delayed for privacy: nothing of it arrives, also not after a restart."""
    sam, ana, answer, _ = await begun(line)
    request = next(each for each in ana.mailbox if not each.is_automatic)
    line.sink.refuse = lambda verb, command: (
        "451 4.3.0 later" if verb == "RCPT" and "sam.lee" in command else None
    )
    await ana.replies(request, "A second thought.")
    await line.quiet()
    await sam.replies(answer, "Stop")
    await ana.receives(automatic=True)
    await line.quiet()
    line.sink.refuse = lambda _verb, _command: None
    await line.stop()
    await line.start()
    await line.pass_time(hours=3)
    assert "STOP" in (await sam.receives()).text
    await sam.receives_nothing()
    assert not any("A second thought." in each.text for each in sam.mailbox)


async def test_stop_of_a_request_that_nobody_has_read_yet(tmp_path: Path) -> None:
    """It is not read later: nothing is kept pending."""
    async with Line(tmp_path / "line", ana_duty='["never"]', ben_duty='["never"]') as line:
        sam = line.seeker()
        await sam.writes("I cannot sleep.")
        waiting = await sam.receives()
        await sam.replies(waiting, "STOP")
        assert (await sam.receives()).is_automatic
        await line.stop()
        (tmp_path / "line" / "counselors.toml").write_text(
            (tmp_path / "line" / "counselors.toml").read_text().replace('["never"]', '["always"]')
        )
        await line.start()
        await line.pass_time(hours=1)
        assert line.ana.mailbox == []
        await sam.receives_nothing()


# --- forget me ------------------------------------------------------------------------------------------------


@each_language
async def test_forget_me_erases_and_says_so_once(line: Line, language: str) -> None:
    """Both aliases are gone as if they had never been; the counselor is asked to delete what they have."""
    sam, counselor, answer, _ = await begun(line, language)
    request = next(each for each in counselor.mailbox if not each.is_automatic)
    await sam.replies(answer, said("forget", language))
    last = await sam.receives()
    assert last.is_automatic
    assert said("forget", language) in body_of(last)
    told = await counselor.receives(automatic=True)
    assert request.from_name in told.text.replace("\u2068", "").replace("\u2069", "")
    await line.quiet()
    for alias, who in ((answer.from_address, sam), (request.from_address, counselor)):
        with pytest.raises(Exception, match=UNKNOWN):
            await who.writes("Hello?", to=alias)
    await sam.receives_nothing()
    for table in ("conversations", "aliases", "thread_links", "entries", "deliveries", "told", "data_keys"):
        ((left,),) = storage.run(line.folder, f"SELECT count(*) FROM {table}")
        assert left <= (1 if table == "deliveries" else 0), table


async def test_whoever_was_forgotten_begins_anew(line: Line) -> None:
    """Another alias, another pseudonym, an acknowledgement: nobody knows them."""
    sam, ana, answer, _ = await begun(line)
    before = next(each for each in ana.mailbox if not each.is_automatic)
    await sam.replies(answer, "Forget me")
    await sam.receives()
    await ana.receives(automatic=True)
    await sam.writes("Hello again.")
    acknowledged = await sam.receives(automatic=True)
    assert acknowledged.from_address != answer.from_address
    request = await ana.receives(automatic=False)
    assert request.from_name != before.from_name
    assert not request["In-Reply-To"]


async def test_forget_me_at_a_public_address_erases_nothing(line: Line) -> None:
    """Anybody can put somebody's address on an e-mail: identity is the alias. The answer says how it is done."""
    sam, ana, _, _ = await begun(line)
    for word in ("FORGET ME", "STOP"):
        await sam.writes(word)
        await line.quiet()
    told = await sam.receives()
    assert told.from_address == "help@relay.test"
    assert "answer the last e-mail" in told.text
    await sam.receives_nothing()  # told once a day, not twice
    await ana.replies(next(each for each in ana.mailbox if not each.is_automatic), "Still here.")
    assert "Still here." in (await sam.receives()).text
    assert not any("FORGET" in each.text or "STOP" in each.text for each in ana.mailbox)
    await line.operator.receives_nothing()  # nothing is held, nothing went wrong


async def test_an_automatic_first_message_that_holds_the_word_is_a_request_like_others(line: Line) -> None:
    """A machine may carry somebody's cry for help; it is not answered, and a human reads it."""
    sam = line.seeker()
    await sam.writes("STOP", headers="Auto-Submitted: auto-generated\n")
    assert "STOP" in (await line.ana.receives(automatic=False)).text
    await sam.receives_nothing()


async def test_a_stranger_at_the_alias_can_neither_stop_nor_erase(line: Line) -> None:
    """Held like any other message of a stranger; the conversation goes on."""
    sam, ana, answer, _ = await begun(line)
    mallory = line.seeker("mallory@elsewhere.test", "Mallory")
    for word in ("STOP", "FORGET ME", "OTHER"):
        await mallory.writes(word, to=answer.from_address)
    await line.quiet()
    assert mallory.mailbox == []
    await ana.replies(next(each for each in ana.mailbox if not each.is_automatic), "Still here.")
    assert "Still here." in (await sam.receives()).text


async def test_an_automatic_answer_that_holds_the_word_does_nothing(line: Line) -> None:
    """A vacation notice with STOP in it is no wish of theirs."""
    sam, ana, answer, _ = await begun(line)
    await sam.writes("STOP", to=answer.from_address, headers="Auto-Submitted: auto-replied\n")
    await sam.writes("FORGET ME", to=answer.from_address, envelope="", headers="Precedence: bulk\n")
    await sam.receives_nothing()
    await ana.replies(next(each for each in ana.mailbox if not each.is_automatic), "Still here.")
    assert "Still here." in (await sam.receives()).text


@pytest.mark.parametrize("word", ["Stop", "Forget me"])
async def test_letter_starting_with_Stop_word(line: Line, word: str) -> None:  # noqa: N802 (its name in the list)
    """The human gets it, with a line that says what it could have meant; nothing ends."""
    sam, ana, answer, _ = await begun(line)
    await sam.replies(answer, f"{word}\n\nI cannot make it stop. Every night they write to me.")
    letter = await ana.receives(automatic=False)
    assert letter.text.startswith(word)
    assert "nothing was done" in letter.text
    await sam.receives_nothing()
    await ana.replies(letter, "I am with you.")
    assert "I am with you." in (await sam.receives()).text


async def test_whoever_is_blocked_can_still_be_left_in_peace(line: Line) -> None:
    """A block holds words, not the wish to be forgotten."""
    sam, _, answer, _ = await begun(line)
    await asyncio.to_thread(block.act, line.folder, "add", sam.address, 30)
    await sam.replies(answer, "You will hear from me.")
    await sam.receives_nothing()
    await sam.replies(answer, "Forget me")
    assert (await sam.receives()).is_automatic
    with pytest.raises(Exception, match=UNKNOWN):
        await sam.writes("Hello?", to=answer.from_address)


async def test_the_operator_erases_from_their_side(line: Line) -> None:
    """By the pseudonym that the counselor knows, while the daemon runs; the seeker gets no mail, the counselor a notice."""
    sam, ana, answer, _ = await begun(line)
    request = next(each for each in ana.mailbox if not each.is_automatic)
    with pytest.raises(ConfigError, match="no conversation"):
        await asyncio.to_thread(erase.act, line.folder, "Nobody Here", is_sure=True)
    said_so = await asyncio.to_thread(erase.act, line.folder, request.from_name, is_sure=True)
    assert said_so[:1] == [
        "Erased: addresses, messages, notes and aliases of this conversation. Its counselor is told."
    ]
    await line.pass_time(days=10)  # the command goes by the machine's own clock, which is ahead of ours
    assert any(
        "asked to be forgotten" in each.text and request.from_name in each.text for each in ana.mailbox
    )
    for alias, who in ((answer.from_address, sam), (request.from_address, ana)):
        with pytest.raises(Exception, match=UNKNOWN):
            await who.writes("Hello?", to=alias)
    await sam.receives_nothing()
    with pytest.raises(ConfigError, match="--yes"):
        await asyncio.to_thread(erase.act, line.folder, request.from_name, is_sure=False)


# --- the others ---------------------------------------------------------------------------------------------


async def test_other_goes_to_somebody_else_with_what_follows(line: Line) -> None:
    """The letter below the word is for the next counselor; the former hears no reason and cannot answer any more."""
    sam, ana, answer, _ = await begun(line)
    former = next(each for each in ana.mailbox if not each.is_automatic)
    await sam.replies(answer, "Other\n\nI would rather talk with somebody who knows courts.")
    confirmed = await sam.receives()
    assert confirmed.is_automatic
    assert "Somebody else" in confirmed.text
    assert (
        "I cannot sleep." in (await line.ben.receives(automatic=False)).text
    )  # kept for an hour after the answer
    letter = await line.ben.receives(automatic=False)
    assert letter.text.startswith("I would rather talk with somebody who knows courts.")
    told = await ana.receives(automatic=True)
    assert "courts" not in told.text
    with pytest.raises(Exception, match=UNKNOWN):
        await ana.replies(former, "But why?")
    await line.ben.replies(letter, "I know courts.")
    reply = await sam.receives()
    assert reply.from_address == answer.from_address
    assert reply.from_name == "Linden"


async def test_other_alone_reaches_the_next_counselor_so_that_they_write_first(line: Line) -> None:
    """Else a conversation without words would lie with somebody who does not know of it."""
    sam, _, answer, _ = await begun(line)
    await sam.replies(answer, "OTHER")
    await sam.receives()
    await line.ben.receives(automatic=False)
    letter = await line.ben.receives(automatic=False)
    assert "um eine andere Person gebeten" in letter.text


@each_language
async def test_language_changes_our_notes_and_says_so_in_the_new_one(line: Line, language: str) -> None:
    """Asked for in the language that they have now."""
    begins_in = "de" if language != "de" else "en"
    sam, _, answer, _ = await begun(line, begins_in)
    await sam.replies(answer, f"{said('language', begins_in)} {language}")
    confirmed = await sam.receives()
    assert (
        body_of(confirmed).split("\n")[0]
        == TEXTS.render("seeker-language", language, danger="", crisis="").body.split("\n")[0]
    )
    await sam.replies(confirmed, said("help", language))
    listed = await sam.receives(automatic=True)
    assert said("forget", language) in body_of(listed)


async def test_a_language_that_we_do_not_have_is_answered_with_the_list(line: Line) -> None:
    """Each line of it is one to copy."""
    sam, _, answer, _ = await begun(line)
    await sam.replies(answer, "LANGUAGE Polish")
    listed = await sam.receives()
    assert "Deutsch: SPRACHE de" in body_of(listed)
    assert "العربية: لغة ar" in body_of(listed)


async def test_a_request_can_choose_its_language(line: Line) -> None:
    """The acknowledgement is in it, and nothing else comes."""
    sam = line.seeker()
    await sam.writes("LANGUAGE fr\n\nJe ne dors plus.")
    acknowledged = await sam.receives()
    assert "Une personne le lira" in acknowledged.text
    letter = await line.ana.receives()
    assert "Je ne dors plus." in letter.text
    assert "Français" in letter.text
    await sam.receives_nothing()


@each_language
async def test_urgent_raises_the_risk_and_tells_who_must_know(line: Line, language: str) -> None:
    """The letter goes on with a line, the answer says where help is sooner, the operator is told once."""
    sam, counselor, answer, _ = await begun(line, language)
    await sam.replies(answer, f"{said('urgent', language)}\n\nHe is at the door.")
    confirmed = await sam.receives()
    assert "112" in confirmed.text
    letter = await counselor.receives(automatic=False)
    assert "He is at the door." in letter.text
    assert TEXTS.word("hint-urgent", {"de": "de"}.get(language, "en")) in letter.text.replace("\n", " ")
    told = await line.operator.receives()
    assert letter.from_name in told.text
    await sam.replies(answer, f"{said('urgent', language)}\n\nStill.")
    await counselor.receives(automatic=False)
    await line.operator.receives_nothing()


async def test_quiet_makes_mail_neutral_and_keeps_it_to_safe_hours(line: Line) -> None:
    """No name of the service or the counselor in From or Subject, nothing outside the hours, also no notice."""
    sam, ana, answer, _ = await begun(line)  # it is 12:00 UTC, their mail says 13:00 +0100
    await sam.replies(answer, "QUIET 9-17")
    confirmed = await sam.receives()
    assert "between 09:00 and 17:00" in confirmed.text
    for shown in (confirmed.from_name, confirmed["Subject"], confirmed.text):
        assert not re.search(
            r"(?i)peer|support|robin|quiet|discre|help", shown.replace("write for example QUIET 10-16", "")
        )
    request = next(each for each in ana.mailbox if not each.is_automatic)
    await line.pass_time(hours=6)  # 18:00 UTC
    await ana.replies(request, "Good evening.")
    await sam.receives_nothing()
    await line.stop()
    await line.start()
    await sam.receives_nothing()
    await line.pass_time(hours=14, minutes=5)  # 08:05 UTC, 09:05 for them
    letter = await sam.receives()
    assert "Good evening." in letter.text
    assert (letter.from_name, letter["Subject"]) == ("Mail", "Your message")
    assert datetime.strptime(letter["Date"], "%a, %d %b %Y %H:%M:%S %z").hour == 8
    await sam.replies(letter, "QUIET OFF")
    assert "any hour" in (await sam.receives()).text
    await ana.replies(request, "As before.")
    assert (await sam.receives()).from_name == "Robin"


async def test_a_quiet_request_is_not_acknowledged_aloud(line: Line) -> None:
    """The first words already: what comes back says nothing that a stranger at the mailbox could not read."""
    sam = line.seeker()
    await sam.writes("Quiet\n\nHe reads my mail.")
    only = await sam.receives()
    assert (only.from_name, only["Subject"]) == ("Mail", "Your message")
    assert "Example Peer Support" not in only.text
    assert "He reads my mail." in (await line.ana.receives()).text
    await sam.receives_nothing()


PHONE = """
[phone]
desk = "calls@ops.test"
hours = ["mon-fri 14:00-16:00 Europe/Berlin"]

[seekers]
zone = "Europe/Berlin"
"""


async def test_call_me_is_a_task_for_those_who_call_and_for_nobody_else(tmp_path: Path) -> None:
    """The number reaches the phone desk and no counselor; the answer says when calls are made."""
    async with Line(tmp_path / "line", extra=PHONE) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        sam, ana, answer, _ = await begun(line)
        await sam.replies(answer, "Call me")
        asked = await sam.receives()
        assert "We need your number" in asked.text
        assert "today at 14:00 (Berlin time)" in asked.text
        await sam.replies(answer, "CALL ME 0170 0000000")
        assert "goes to those who make the calls" in (await sam.receives()).text
        task = await desk.receives()
        assert "0170 0000000" in task.text
        await sam.replies(answer, "Call me 0170 0000000\n\nIn the evening please.")
        await sam.receives()
        letter = await ana.receives(automatic=False)
        assert "In the evening please." in letter.text
        assert not any("0170" in each.text for each in ana.mailbox)
        assert not any("sam.lee" in each.text for each in desk.mailbox)


async def test_a_number_in_the_letter_is_never_called(tmp_path: Path) -> None:
    """It may be that of whom they are afraid of: only the number beside the word is theirs to be called on."""
    async with Line(tmp_path / "line", extra=PHONE) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        sam, ana, answer, _ = await begun(line)
        await sam.replies(answer, "Call me\n\nHe rings all night, from 0170 1111111.")
        assert "your number on one line" in " ".join((await sam.receives()).text.split())
        assert "He rings all night" in (await ana.receives(automatic=False)).text
        await desk.receives_nothing()


async def test_a_line_that_does_not_call_says_so(line: Line) -> None:
    """And who answers by telephone."""
    sam, _, answer, _ = await begun(line)
    await sam.replies(answer, "Call me")
    told = await sam.receives()
    assert "makes no calls" in told.text
    assert "112" in told.text


async def test_help_is_answered_and_heard_by_a_human(line: Line) -> None:
    """On a line for people in need, "Help" is also what it says."""
    sam = line.seeker()
    await sam.writes("Help")
    listed = await sam.receives()
    assert "FORGET ME" in listed.text
    assert "Help" in (await line.ana.receives()).text
    await sam.receives_nothing()


async def test_a_word_of_the_operator_s_list_only_raises(tmp_path: Path) -> None:
    """First in the queue, the operator told; no answer of its own, no delay, nothing for what is only quoted."""
    (tmp_path / "line").mkdir(mode=0o700)
    (tmp_path / "line" / "risk.txt").write_text("# ours\nnobody would miss me\n")
    async with Line(tmp_path / "line", extra='\n[risk]\nwords = ["risk.txt"]\n') as line:
        sam, ana, answer, _ = await begun(line)
        await sam.replies(answer, "Nobody would  MISS me, I think.")
        letter = await ana.receives(automatic=False)
        assert "from the operator's list" in letter.text.replace("\n", " ")
        assert "from your list" in (await line.operator.receives()).text
        await sam.receives_nothing()


@pytest.mark.parametrize("shape", SHAPES)
async def test_words_from_every_mail_program(line: Line, shape: str) -> None:
    """Stop from a telephone, with its signature and our own words quoted below."""
    sam, _, answer, _ = await begun(line)
    await sam.writes("", to=answer.from_address, raw=shaped(shape, "Stop", alias=answer.from_address))
    assert "STOP" in (await sam.receives()).text
    await sam.receives_nothing()
