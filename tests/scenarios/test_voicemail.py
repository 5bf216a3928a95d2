"""Somebody calls at night and speaks after the tone: a counselor reads it, and nobody but who calls back has a number."""

from __future__ import annotations

from pathlib import Path

import aiosmtplib
import pytest

from tests.support import storage
from tests.support.canaries import found, views
from tests.support.hosted import HostedLine
from tests.support.line import Letter, Line, Person
from tests.support.voicemails import CALLER, SECRET, SENDER, SHAPES, Shape, recording, voicemail

IN = "voicemail-in@relay.test"
DESK = '\n[phone]\ndesk = "calls@ops.test"\nhours = ["mon-fri 14:00-16:00 Europe/Berlin"]\n'
OWN_HOST = {"smtp": "trusted_hosts = []"}
"""The telephone system connects itself; nobody's mail comes from a host of the operator's."""
RECORDING = {"asterisk": "gsm.wav", "freepbx": "pcm.wav"}


HERE = 'hosts = ["127.0.0.1"]'
FORWARD = HERE + '\naudio = "forward"'
GUARDED = 'secret_file = "voicemail.secret"\n'


def section(system: str = "asterisk", more: str = HERE, address: str = IN) -> str:
    """One telephone system in relay.toml."""
    return f'\n[[voicemail]]\naddress = "{address}"\nsystem = "{system}"\nsenders = ["{SENDER}"]\n{more}\n'


async def calls(
    line: Line, shape: Shape = SHAPES["asterisk"], sound: bytes | None = None, **how: str
) -> None:
    """The telephone system sends a voice message."""
    message = voicemail(shape, recording("pcm.wav") if sound is None else sound, **how)
    await line.submit(how.get("sender", SENDER), [how.get("to", IN)], message)


def secret_in(folder: Path) -> dict[str, str]:
    """The file with the secret, which nobody else can read."""
    folder.mkdir(mode=0o700)
    (folder / "voicemail.secret").touch(0o600)
    return {"voicemail.secret": SECRET + "\n"}


def plain(letter: Letter) -> str:
    """The text on one line, however it was wrapped."""
    return " ".join(letter.text.split())


def sounds(letter: Letter) -> list[tuple[str, str, bytes]]:
    """Name, type and octets of what is attached."""
    return [
        (str(part.get_filename()), part.get_content_type(), part.get_content())
        for part in letter.parsed.iter_attachments()
    ]


async def answered(line: Line, to: Letter, text: str) -> str:
    """Ana answers, and what comes back."""
    await line.ana.replies(to, text)
    return plain(await line.ana.receives(automatic=True))


async def test_no_word_of_a_call_reaches_the_counselor_the_operator_a_log_or_the_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a telephone system writes, and its recorder into the sound: the counselor reads words of ours alone."""
    where = 'hosts = ["127.0.0.1"]\naudio = "forward"\n'
    pattern = f"number_pattern = '''{SHAPES['sipxecs'].pattern}'''"
    own = "".join(
        section(system, where + (pattern if system == "generic" else ""), f"voicemail-{system}@relay.test")
        for system in ("asterisk", "kazoo", "generic")
    )
    async with Line(tmp_path / "line", extra=DESK + own, **OWN_HOST) as line:
        desk = Person(line, "calls@ops.test", "Calls")
        tasks = []
        for name, shape in SHAPES.items():
            sound = recording(RECORDING.get(name, "kazoo.mp3"))
            await calls(line, shape, sound, to=f"voicemail-{shape.system}@relay.test")
            request = await line.ana.receives(automatic=False)
            assert request["Subject"].startswith("Voice message, 0:"), name
            assert "received today at 13:00 (Berlin time)" in plain(request)
            assert f"{request.from_name} has telephoned, so nothing can be written back." in plain(request)
            assert len(request.from_name.split()) >= 2
            [(file, kind, octets)] = sounds(request)
            assert (file, kind) in {("message.wav", "audio/wav"), ("message.mp3", "audio/mpeg")}
            assert len(octets) > 500
            assert "Those who make the calls have the number" in await answered(line, request, "!callback")
            tasks.append(await desk.receives())
            assert f"Number: {CALLER['number']}" in tasks[-1].text, name
        await line.quiet()

        everything = [*CALLER.values(), "lemurhost", SENDER]
        seen = [line.ana, line.operator]
        assert (
            found(everything, (v for who in seen for letter in who.mailbox for v in views(letter.raw))) == []
        )
        others = [word for word in everything if word != CALLER["number"]]
        assert found(others, (v for task in tasks for v in views(task.raw))) == []
        state = storage.files(tmp_path / "line").values()
        logged = capsys.readouterr()
        assert found(everything, [*state, logged.err.encode(), logged.out.encode()]) == []


async def test_the_search_finds_all_of_it_in_what_the_telephone_system_sends() -> None:
    """Without the relay in between every canary is there, in the mail or in the tags: the test above can fail."""
    sent = [voicemail(shape, recording("kazoo.mp3")) for shape in SHAPES.values()]
    assert found([CALLER["number"], CALLER["name"], CALLER["host"], CALLER["mailbox"], CALLER["owner"]],
                 views(sent[0])) == [CALLER["number"], CALLER["name"], CALLER["host"], CALLER["mailbox"],
                                     CALLER["owner"]]  # fmt: skip
    assert found([CALLER["channel"], CALLER["context"]], views(sent[1])) == [
        CALLER["channel"],
        CALLER["context"],
    ]


async def test_what_cannot_be_cleaned_is_left_out_and_what_slips_through_is_stopped(tmp_path: Path) -> None:
    """Raw GSM, a broken file, none: a request all the same. A number in the samples themselves is the gate's to find."""
    shape = SHAPES["asterisk with IMAP storage"]
    async with Line(tmp_path / "line", extra=DESK + section(more=FORWARD), **OWN_HOST) as line:
        for sound, said in (
            (b"\xd8\x20\xa2\xe1\x5a" * 400, "Here we removed"),
            (b"RIFF\xff\xff\x00\x00WAVEfmt \x02", "Here we removed"),
            (None, "There was no recording with it."),
        ):
            await line.submit(SENDER, [IN], voicemail(shape, sound))
            request = await line.ana.receives()
            assert sounds(request) == []
            assert said in plain(request)
            assert request["Subject"] == "Voice message, 0:42"
        sound = recording("pcm.wav")
        await calls(line, sound=sound[:2000] + b" call 0170 555 01 99 " + sound[2021:])
        notice = await line.operator.receives()
        assert "held" in notice["Subject"].lower()
        assert found(CALLER.values(), views(notice.raw)) == []
        await line.ana.receives_nothing()


async def test_without_a_word_of_the_operators_the_voice_stays_here_and_who_shows_no_number_is_one_way(
    tmp_path: Path,
) -> None:
    """``audio`` is ``drop`` by itself. A number that is withheld, an extension, or kept nowhere: nobody is promised
    anything.
    """
    kept_nowhere = section(more=HERE + '\nnumber = "discard"', address="voicemail-none@relay.test")
    async with Line(tmp_path / "line", extra=DESK + section() + kept_nowhere, **OWN_HOST) as line:
        cases = (
            ("anonymous", "Anonymous", IN),
            ("201", "Reception", IN),
            ("unknown", "", IN),
            (CALLER["number"], CALLER["name"], "voicemail-none@relay.test"),
        )
        for shown, name, to in cases:
            await calls(line, number=shown, name=name, to=to)
            request = await line.ana.receives(automatic=False)
            assert request["Subject"] == "Voice message, 0:42"
            assert sounds(request) == []
            assert "no voice leaves it" in plain(request)
            assert "no number is known, so nobody can answer" in plain(request)
            assert "no number of" in await answered(line, request, "!callback")
        assert "is closed" in await answered(line, request, "!close")


async def test_nothing_can_be_written_to_a_caller_and_a_call_back_is_the_answer(tmp_path: Path) -> None:
    """A reply comes back with what can be done; what would stand in the seeker's copy is refused. The clock runs as for
    any request until somebody asks for the call.
    """
    async with Line(tmp_path / "line", extra=DESK + section(), **OWN_HOST) as line:
        await calls(line)
        request = await line.ana.receives()
        back = await answered(line, request, "I am here, write to me.")
        assert "has not been sent" in back
        assert "answer with !callback on a line of its own" in back
        assert "nothing can be written to" in await answered(line, request, "!hold 2d")
        assert "no call to" in await answered(line, request, "!callback done")
        await line.pass_time(hours=13)
        assert "Time left: 11 hours." in (await line.ana.receives(automatic=True)).text
        assert "have the number" in await answered(line, request, "!callback")
        await line.pass_time(hours=30)
        await line.ana.receives_nothing()
        assert "noted as done" in await answered(line, request, "!callback done")
        assert "is closed" in await answered(line, request, "!close")
        await line.quiet()
        assert not [c.recipient for c in line.sink.captured if c.recipient.endswith(".invalid")]


async def test_whoever_calls_again_finds_the_same_counselor_and_a_block_holds(tmp_path: Path) -> None:
    """A number is known again as an address is; each call is a conversation of its own."""
    both = {"ana_duty": '["always"]', "ben_duty": '["always"]', "ben_languages": '["en"]'}
    async with Line(tmp_path / "line", extra=DESK + section(), **OWN_HOST, **both) as line:
        await calls(line)
        await line.quiet()
        first = line.ana if line.ana.mailbox else line.ben
        request = await first.receives()
        for _ in range(3):
            await calls(line)
            again = await first.receives()
            assert again.from_name != request.from_name
        await first.replies(request, "!block 7d")
        question = await first.receives(automatic=True)
        await first.replies(question, "send anyway")
        assert "writes is held until" in plain(await first.receives(automatic=True))
        await line.quiet()
        before = len(first.mailbox)
        await calls(line)
        await line.quiet()
        assert len(first.mailbox) == before
        assert line.operator.mailbox


async def test_a_call_at_night_waits_for_whoever_comes_on_duty(tmp_path: Path) -> None:
    """The promise's clock and the queue treat it as any request; the operator hears that it waits."""
    night = {"ana_duty": '["mon-fri 18:00-22:00 Europe/Berlin"]'}
    async with Line(tmp_path / "line", extra=DESK + section(more=FORWARD), **OWN_HOST, **night) as line:
        await calls(line, sound=recording("gsm.wav"))
        await line.operator.receives()
        await line.ana.receives_nothing()
        await line.pass_time(hours=6)
        request = await line.ana.receives(automatic=False)
        assert "received today at 13:00 (Berlin time)" in plain(request)
        assert sounds(request)[0][0] == "message.wav"
        assert "have the number" in await answered(line, request, "!callback")


async def test_a_call_that_waits_is_never_read_as_a_letter(tmp_path: Path) -> None:
    """The operator takes the section out meanwhile: it is held, and no word of the telephone system's goes on."""
    night = {"ana_duty": '["mon-fri 18:00-22:00 Europe/Berlin"]'}
    async with Line(tmp_path / "line", extra=DESK + section(), **OWN_HOST, **night) as line:
        await calls(line)
        assert "held" not in (await line.operator.receives())["Subject"].lower()
        await line.stop()
        file = line.folder / "relay.toml"
        file.write_text(file.read_text().replace(section(), ""))
        await line.start()
        await line.pass_time(hours=6)
        await line.ana.receives_nothing()
        assert "held" in (await line.operator.receives())["Subject"].lower()


async def refused(line: Line, to: str, sender: str = SENDER) -> int:
    """What somebody hears who writes to an address in the telephone system's name."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=line.port, local_hostname="mua.test", start_tls=False)
    async with client:
        await client.ehlo()
        await client.mail(sender)
        with pytest.raises(aiosmtplib.SMTPRecipientRefused, match=r"5\.1\.1") as answer:
            await client.rcpt(to)
        return answer.value.code


async def test_a_stranger_who_writes_as_the_telephone_system_gets_nothing(tmp_path: Path) -> None:
    """From elsewhere, or without the secret, the address is not there; from another author mail is held, and nobody is a
    caller by saying so.
    """
    folder = tmp_path / "line"
    own = section(more='hosts = ["192.0.2.7"]', address="voicemail-far@relay.test")
    async with Line(folder, extra=DESK + own + section(more=GUARDED), files=secret_in(folder)) as line:
        assert await refused(line, "nobody@relay.test") == 550
        assert await refused(line, "voicemail-far@relay.test") == 550
        assert await refused(line, IN) == 550
        assert await refused(line, f"voicemail-in-{'a' * 20}@relay.test") == 550
        address = f"voicemail-in-{SECRET}@relay.test"
        await calls(line, to=address, sender="mallory@mail.test")
        assert "held" in (await line.operator.receives())["Subject"].lower()
        await line.ana.receives_nothing()
        await calls(line, to=address)
        assert (await line.ana.receives())["Subject"] == "Voice message, 0:42"
        mallory = Person(line, f"{CALLER['number']}@phone.invalid", "Mallory")
        await mallory.writes("Call me under this number.")
        await line.ana.receives_nothing()
        assert "held" in (await line.operator.receives())["Subject"].lower()
        assert found([SECRET], (letter.raw for letter in line.ana.mailbox)) == []


async def test_a_voice_message_out_of_a_mailbox_at_a_providers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There the secret is behind the plus; without it the mail stays where it lies."""
    folder = tmp_path / "line"
    own = section(
        more='secret_file = "voicemail.secret"\naudio = "forward"', address="help+voicemail-in@relay.test"
    )
    line = HostedLine(folder, extra=DESK + own, files={"voicemail.secret": SECRET + "\n"})
    folder.mkdir(mode=0o700)
    (folder / "voicemail.secret").touch(0o600)
    async with line:
        secret = f"help+voicemail-in-{SECRET}@relay.test"
        await line.submit(SENDER, [secret], voicemail(SHAPES["kazoo"], recording("opus.ogg"), to=secret))
        request = await line.ana.receives()
        assert request["Subject"] == "Voice message"
        assert sounds(request)[0][:2] == ("message.ogg", "audio/ogg")
        reply = await line.dovecot.deliver(
            SENDER, "help+voicemail-in@relay.test", voicemail(SHAPES["kazoo"], None)
        )
        assert reply.startswith("250")
        await line.ana.receives_nothing()
        assert "mailbox" in (await line.operator.receives()).text.lower()
        words = [*CALLER.values(), SECRET, "lemurhost"]
        assert found(words, (v for letter in line.ana.mailbox for v in views(letter.raw))) == []
        assert found(words, [capsys.readouterr().err.encode(), *storage.files(folder).values()]) == []
