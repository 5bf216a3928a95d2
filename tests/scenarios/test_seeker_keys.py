"""A seeker gives a key on purpose, proves it, and from then on only they can read what the line sends; nobody else
switches that on, off, or to another key.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.edge.openpgp.gnupg import GnuPg
from tests.scenarios.test_openpgp import ENGINES, START, Key, openpgp_line, own_key
from tests.support.keys import Keyholder, code_in, in_conversation
from tests.support.line import Line

each_engine = pytest.mark.parametrize("engine", ENGINES)


async def _answer(line: Line, alias: str, text: str) -> None:
    """Ana writes to the alias that stands for the seeker."""
    await line.ana.writes(text, alias)


@each_engine
async def test_a_seeker_gives_a_key_proves_it_and_is_written_to_with_it(engine: str, tmp_path: Path) -> None:
    """Until the code comes back everything goes on in clear; Ana sees nothing of it at all."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.gives()
        letter = await sam.reads()
        assert "Your encryption key" in letter

        await _answer(line, request.from_address, "Still in clear.")
        assert "Still in clear." in (await sam.person.receives(automatic=False)).text

        await sam.answers("", quoted=letter)
        assert "Encryption is on" in await sam.reads()
        await _answer(line, request.from_address, "For your eyes only, says Ana Ruiz.")
        sealed = await sam.person.receives()
        assert b"eyes" not in sealed.raw
        assert sealed["Subject"] == "[...]"
        assert "For your eyes only, says Robin." in sam_key.opens(sealed)
        await line.ana.receives_nothing()
        await line.operator.receives_nothing()

        await sam.answers("I read it.")
        heard = await line.ana.receives()
        assert "I read it." in heard.text
        assert b"PGP" not in heard.raw


@each_engine
async def test_notices_are_encrypted_too(engine: str, tmp_path: Path) -> None:
    """What no message gives rise to, and what an answer does: no byte of ours in clear."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        read = len(sam.person.mailbox)
        await sam.sends("With a file.", sam.alias, attached="-----BEGIN PGP MESSAGE-----")
        assert "With a file." in (await line.ana.receives()).text
        assert "without" in await sam.reads()
        line.sink.refuse = lambda verb, argument: (
            "550 5.1.1 no" if verb == "RCPT" and "ana" in argument else None
        )
        await sam.sends("Are you there?", sam.alias)
        assert (await line.operator.receives())["Subject"]
        assert all(letter["Subject"] == "[...]" for letter in sam.person.mailbox[read:])


async def test_a_key_below_the_word_comes_with_words(tmp_path: Path) -> None:
    """One message does both: the key is looked at, the words are passed on, and neither the word nor the key is."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.gives(words="Key\n\nAnd I did not sleep again.")
        assert "Your encryption key" in await sam.reads()
        heard = await line.ana.receives()
        assert "And I did not sleep again." in heard.text
        assert "Key" not in heard.text
        assert b"PGP" not in heard.raw
        assert "OpenPGP" not in heard.text


async def test_a_key_in_the_text_itself_will_do(tmp_path: Path) -> None:
    """Pasted below the word, in somebody's own language."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.sends(f"Mein Schlüssel:\n\n{sam_key.public.decode()}", sam.alias)
        assert "Your encryption key" in await sam.reads()
        await line.ana.receives_nothing()


@each_engine
async def test_nobody_else_switches_to_another_key(engine: str, tmp_path: Path) -> None:
    """Mallory forges Sam's address, gives a key of hers, and reads Sam's mailbox: both codes are needed, and one is
    encrypted to Sam's key.
    """
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    mallory = Key.of(tmp_path / "mallory", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await sam.gives(mallory)
        to_mallory, to_sam = await sam.person.receives(), await sam.person.receives()
        code = code_in(mallory.opens(to_mallory))
        assert "Another encryption key" in sam_key.opens(to_sam)
        await sam.answers(code)
        assert "One code is still missing" in await sam.reads()
        await _answer(line, request.from_address, "Only for Sam.")
        assert "Only for Sam." in await sam.reads()

        # It was Sam after all, who has a new key: the other code comes, too.
        await sam.answers(code_in(sam_key.opens(to_sam)))
        assert "Encryption is on" in await sam.reads(mallory)
        await _answer(line, request.from_address, "With the new one.")
        assert "With the new one." in await sam.reads(mallory)
        await line.ana.receives_nothing()


@each_engine
async def test_nobody_else_switches_it_off(engine: str, tmp_path: Path) -> None:
    """A forged NO KEY brings a question that only Sam can read; with its code, mail is in clear again."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await sam.answers("no key")
        asked = await sam.reads()
        assert "End encryption?" in asked
        await sam.answers("KEY-00000-00000-00000-00000")
        assert "Your key was not taken" in await sam.reads()
        await _answer(line, request.from_address, "Still encrypted.")
        assert "Still encrypted." in await sam.reads()

        await sam.answers(code_in(asked).lower())
        assert (await sam.person.receives())["Subject"] == "Encryption is off"
        await _answer(line, request.from_address, "In clear.")
        assert "In clear." in (await sam.person.receives()).text


@each_engine
async def test_a_stranger_at_the_alias_does_nothing(engine: str, tmp_path: Path) -> None:
    """Without Sam's address it is held like all that strangers write."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    mallory = Key.of(tmp_path / "mallory", "Mallory <mallory@evil.test>")
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, request = await in_conversation(line, sam_key)
        stranger = Keyholder(line, line.seeker("mallory@evil.test", "Mallory"), mallory, sam.alias)
        await stranger.gives()
        await sam.person.receives_nothing()
        await stranger.person.receives_nothing()
        await _answer(line, request.from_address, "In clear.")
        assert "In clear." in (await sam.person.receives()).text


@each_engine
async def test_what_cannot_be_encrypted_to_a_seeker_is_held(engine: str, tmp_path: Path) -> None:
    """The key has ended: Ana's answer is held, the operator hears why, Ana and Sam once a day, others' mail flows; with
    the new edition of the same key it goes on.
    """
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>", years=0.02)  # a week
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await _answer(line, request.from_address, "For now.")
        assert "For now." in await sam.reads()
        await line.pass_time(days=20)
        for text in ("A secret answer.", "Another secret."):
            await _answer(line, request.from_address, text)
            told = await line.operator.receives()
            assert "The key has expired" in told.text
            assert "lee" not in told.text.lower()
        waits = await line.ana.receives()
        assert waits["Subject"].startswith("Your answer to ")
        await line.ana.receives_nothing()
        assert (await sam.person.receives())["Subject"] == "A message for you waits"
        await sam.person.receives_nothing()

        kim = line.seeker("kim@mail.test", "Kim")
        await kim.writes("Hello.")
        other = await line.ana.receives()
        await kim.receives(automatic=True)
        await _answer(line, other.from_address, "Hello, Kim.")
        assert "Hello, Kim." in (await kim.receives()).text
        assert not any(b"ecret" in captured.message for captured in line.sink.captured)


async def test_the_operator_forgets_a_key(tmp_path: Path) -> None:
    """By pseudonym, for a seeker who has lost it."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        store = line.daemon.store
        ((pseudonym, _),) = await store.seeker_keys.listed()
        assert pseudonym == request.from_name
        assert not await store.seeker_keys.drop("Nobody At All", line.clock.now())
        assert await store.seeker_keys.drop(pseudonym.lower(), line.clock.now())
        assert await store.seeker_keys.listed() == ()
        await _answer(line, request.from_address, "In clear again.")
        assert "In clear again." in (await sam.person.receives()).text


@pytest.mark.parametrize(
    ("words", "attached", "said"),
    [
        ("KEY", "", "found no OpenPGP key"),
        (
            "KEY",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnonsense\n-----END PGP PUBLIC KEY BLOCK-----",
            "cannot encrypt to",
        ),
    ],
)
async def test_what_is_no_key_is_said(words: str, attached: str, said: str, tmp_path: Path) -> None:
    """What was wrong and what to do, and nothing changes."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.sends(words, sam.alias, attached=attached)
        assert said in (await sam.person.receives()).text
        await line.ana.receives_nothing()


async def test_a_question_about_keys_is_for_a_person(tmp_path: Path) -> None:
    """The word alone is a word; in a sentence it is somebody's life."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await in_conversation(line, sam_key)
        for text in ("Key to my flat is lost.", "Key\n\nThat is what he took from me.", "No key, no door."):
            await sam.answers(text)
            assert text.splitlines()[-1] in (await line.ana.receives()).text
        await sam.person.receives_nothing()


async def test_a_key_before_the_first_words_is_asked_to_wait(tmp_path: Path) -> None:
    """No conversation comes of it, and nobody on duty gets an empty request."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam = Keyholder(line, line.seeker(), sam_key)
        await sam.gives(to="help@relay.test")
        letter = await sam.person.receives()
        assert "write to us first" in letter.text
        assert letter.from_address == "help@relay.test"
        await line.ana.receives_nothing()

        await sam.gives(words="KEY\n\nI cannot sleep.", to="help@relay.test")
        assert "I cannot sleep." in (await line.ana.receives()).text
        letters = [await sam.person.receives() for _ in range(2)]
        assert {letter["Subject"] for letter in letters} == {"[...]", "We have received your message"}


@each_engine
async def test_whoever_asks_gets_the_key_of_the_line(engine: str, tmp_path: Path) -> None:
    """Before the first words, once a day, from the intake address; the acknowledgement says how."""
    async with await openpgp_line(tmp_path / "line", engine, None) as line:
        public = await own_key(line)
        kim = line.seeker("kim@mail.test", "Kim")
        await kim.writes("Key?")
        letter = await kim.receives(automatic=True)
        assert letter.from_address == "help@relay.test"
        (attached,) = letter.parsed.iter_attachments()
        assert attached.get_content_type() == "application/pgp-keys"
        engine_of_kim = GnuPg(tmp_path / "kim")
        got = engine_of_kim.read_certificate(attached.get_content(), START)
        assert got.fingerprint == engine_of_kim.read_certificate(public, START).fingerprint
        assert got.is_usable
        await line.ana.receives_nothing()
        assert [len(letter.parsed.keys()) for letter in kim.mailbox] == [9]

        await kim.writes("KEY ?")
        assert (await line.operator.receives())["Subject"] == "A message is held"
        await kim.receives_nothing()

        await kim.writes("I cannot sleep.")
        assert "KEY?: our OpenPGP key" in (await kim.receives(automatic=True)).text


async def test_a_line_without_a_key_takes_the_question_for_a_letter(tmp_path: Path) -> None:
    """And offers nothing."""
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        kim = line.seeker("kim@mail.test", "Kim")
        await kim.writes("KEY?")
        assert "KEY?" in (await line.ana.receives()).text
        assert "KEY?" not in (await kim.receives(automatic=True)).text


async def test_after_a_restart_it_is_still_on(tmp_path: Path) -> None:
    """It is in the store."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "gnupg", None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await line.stop()
        await line.start()
        await _answer(line, request.from_address, "Still encrypted.")
        assert "Still encrypted." in await sam.reads()


async def test_letters_about_keys_are_discreet_where_that_was_asked_for(tmp_path: Path) -> None:
    """Whoever looks over a shoulder reads neither who writes nor what about."""
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, _ = await in_conversation(line, sam_key)
        await sam.sends("Quiet", sam.alias)
        neutral = await sam.person.receives()
        await sam.sends("Key", sam.alias)
        letter = await sam.person.receives()
        assert (letter.from_name, letter["Subject"]) == (neutral.from_name, neutral["Subject"])
        assert "Robin" not in letter["From"]
        assert "key" in letter.text
