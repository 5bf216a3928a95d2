"""``relay explain`` says what became of everything, and never shows what the relay would hide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import Settings, load
from relay.demo import letters
from relay.demo.letters import Earlier
from relay.errors import ConfigError
from relay.explain import as_page, as_text, explain, headers, sentences
from relay.explain.page import POLICY
from relay.explain.trial import ASKS_A_PERSON
from relay.explain.values import Fate, Piece, Report
from relay.flow.holding import Doubts
from relay.flow.values import Reason
from relay.mail import identity, quotes
from relay.mail.changes import REPLACED, Place, What
from relay.mail.cleaning import Reason as FileReason
from relay.mail.cleaning import Removed
from relay.mail.texts import Texts
from relay.resources import folder
from tests.support.canaries import found, views
from tests.support.line import COUNSELORS_TOML, RELAY_TOML
from tests.support.voicemails import CALLER, SENDER, SHAPES, recording, voicemail

ALIAS = "kmn4w8p2zt6q9xv3hd7r@relay.test"
"""An alias of the shape that this service mints, as it stands in a message that somebody saved."""

SEEKER = [
    "quokka.zebrano", "lemurhost.test", "Zebrano", "narwhal-laptop", "203.0.113.199", "OkapiMail", "axolotl.771", "+1345",
    "Pangolin", "gerbil@capybara.test", "Wombat", "tapir-comment", "Ibexware", "holiday-in-tangier", "dik-dik", "Serval St",
    "caracal", "kudu-token", ALIAS.partition("@")[0],
]  # fmt: skip
COUNSELOR = [
    "ana.ruiz", "home.test", "Ruiz", "600 555 014", "600555014", "@anaruiz", "aruiz@work.test", "marmot-desktop", "NumbatMail",
    "Kinkajou", ALIAS.partition("@")[0],
]  # fmt: skip

FROM_SEEKER = f"""\
Return-Path: <quokka.zebrano@lemurhost.test>
Received: from narwhal-laptop.lan ([203.0.113.199]) by mx.lemurhost.test; Mon, 23 Nov 2026 13:00:00 +1345
Received: by mx.lemurhost.test id dik-dik
From: "Quokka Zebrano" <quokka.zebrano@lemurhost.test> (tapir-comment)
Reply-To: gerbil@capybara.test
To: {ALIAS}
Subject: A question of Quokka Zebrano
Date: Mon, 23 Nov 2026 13:00:00 +1345
Message-ID: <axolotl.771@narwhal-laptop.lan>
User-Agent: OkapiMail 7.3
Organization: Pangolin Ltd
X-Lemurhost-Test-Token: kudu-token
X-Zebrano-Id: 5
MIME-Version: 1.0 (Ibexware)
Content-Type: multipart/mixed; boundary="Wombat"

preamble of caracal
--Wombat
Content-Type: multipart/alternative; boundary="Wombat2"

--Wombat2
Content-Type: text/plain; charset=utf-8
Content-ID: <dik-dik@lemurhost.test>

I cannot sleep.\u200b Write to quokka.zebrano@lemurhost.test or quokka dot zebrano at lemurhost dot test.
See https://news.test/a?id=7&utm_source=kudu-token or write to {ALIAS}.

On Mon, 23 Nov 2026 at 13:00 +1345, Robin <{ALIAS}> wrote:
> I am here, Quokka Zebrano.
--=20
Quokka Zebrano
Serval St 5
--Wombat2
Content-Type: text/html; charset=utf-8

<p>I cannot sleep.<!-- caracal --><img src="https://lemurhost.test/p.gif?kudu-token"><script>caracal</script></p>
--Wombat2--
--Wombat
Content-Type: text/vcard; name="dik-dik.vcf"
Content-Disposition: attachment; filename="holiday-in-tangier.vcf"
X-Kudu: kudu-token

BEGIN:VCARD
FN:Quokka Zebrano
END:VCARD
--Wombat
Content-Type: application/x-caracal

dik-dik
--Wombat--
epilogue of caracal
""".replace("--=20", "-- ")

FROM_COUNSELOR = f"""\
Received: from marmot-desktop.corp by home.test
From: Ana Ruiz <ana.ruiz@home.test>
To: {ALIAS}
Subject: Re: sleep, says Ruiz
X-Mailer: NumbatMail 2.0
Organization: Kinkajou GmbH
Content-Type: text/plain; charset=utf-8

I am here. Call me at +34 600 555 014 or @anaruiz or aruiz@work.test. Ana Ruiz
--=20
Ana Ruiz, Kinkajou GmbH, 600555014
""".replace("--=20", "-- ")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load(configured(tmp_path_factory.mktemp("config")))


def configured(place: Path) -> Path:
    (place / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (place / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    return place


def both(report: Report) -> Iterator[tuple[str, str]]:
    yield "text", "\n".join(as_text(report))
    yield "page", as_page(report)


@pytest.mark.parametrize("side", ["seeker", "counselor"])
@pytest.mark.parametrize(("message", "canaries"), [(FROM_SEEKER, SEEKER), (FROM_COUNSELOR, COUNSELOR)])
def test_no_canary_is_on_either_output(
    settings: Settings, message: str, canaries: list[str], side: str
) -> None:
    """Values of header fields, file names, names, addresses and whatever was cut stay unsaid, whoever is named as author."""
    if (message, side) == (
        FROM_COUNSELOR,
        "seeker",
    ):  # what only their entry registers is not looked for then
        canaries = ["ana.ruiz", "home.test", "600555014", "marmot-desktop", "NumbatMail", "Kinkajou"]
    assert found(canaries, views(message.encode())) == [c for c in canaries if c in message]
    for _, shown in both(explain(message.encode(), settings, side)):
        assert found(canaries, [shown.encode()]) == []


def test_everything_in_a_message_has_its_fate(settings: Settings) -> None:
    """Each header field, each part, each cut block and each replacement is listed with what became of it and why."""
    report = explain(FROM_SEEKER.encode(), settings, "seeker")
    fates = {row.what: (row.fate, row.count) for row in report.headers}
    assert fates["Received"] == (Fate.REMOVED, 2)
    assert fates["From"] == (Fate.REPLACED, 1)
    assert fates["Message-ID"] == (Fate.MADE_ANEW, 1)
    assert fates[headers.UNNAMED] == (Fate.REMOVED, 2)
    assert sum(row.count for row in report.headers) == 15
    assert [(row.where, row.what, row.fate) for row in report.parts] == [
        ("whole", "multipart/mixed", Fate.MADE_ANEW),
        ("whole", "text around the parts", Fate.REMOVED),
        ("1", "multipart/alternative", Fate.MADE_ANEW),
        ("1.1", "text/plain", Fate.REWRITTEN),
        ("1.2", "text/html", Fate.REMOVED),
        ("2", "text/vcard", Fate.REMOVED),
        ("3", "application/(other)", Fate.REMOVED),
    ]
    assert {(row.what, row.count) for row in report.changes} == {
        ("words of the author: 11", 1),
        ("e-mail address of the author, in the text", 2),
        ("name of the author, in the subject", 1),
        ("alias that the author writes to, in the text", 1),
        ("attached file", 2),
        ("invisible mark", 1),
        ("attribution of a quote, 1 line", 1),
        ("quote below the text, 1 line", 1),
        ("signature, 3 lines", 1),
        ("web address", 1),
        ("picture or sound in the page", 1),
        ("script", 1),
        ("comment in the page", 1),
    }
    assert all(row.why for row in (*report.headers, *report.parts, *report.changes))


def test_the_senders_side_shows_the_text_with_blocks(settings: Settings) -> None:
    """What a person wrote is there to be read; what is hidden or cut is a block that says what it was."""
    report = explain(FROM_SEEKER.encode(), settings, "seeker")
    assert "".join(f"[{piece.text}]" if piece.is_block else piece.text for piece in report.text) == (
        "I cannot sleep. Write to [address hidden] or [address hidden].\n"
        "See https://news.test/a?id=7[tracking removed] or write to [alias hidden].\n\n"
        "[attribution of a quote cut: 1 line]\n[quote below the text cut: 1 line]\n[signature cut: 3 lines]"
    )
    assert report.received is not None
    assert report.received.text.startswith("I cannot sleep. Write to ")
    assert dict(report.received.headers)["To"] == "(the reader's own address)"


def test_what_is_shown_as_kept_is_what_arrives(settings: Settings) -> None:
    """The two sides hold the same words where nothing is replaced: the page tells of the true way, not of one like it."""
    earlier = Earlier("Sleep", "Robin", ALIAS, "<x@relay.test>", "Hello\nthere")
    kept = "First line.\n\n> quoted\n\nAn answer, https://news.test/?id=1 included.\n\n- a list"
    for message in (
        letters.gmail(kept, ALIAS, "Sleep", 1, earlier),
        letters.apple(kept, ALIAS, "Re: Sleep", 2, earlier),
    ):
        report = explain(message, settings, "seeker")
        assert report.received is not None
        assert "".join(piece.text for piece in report.text if not piece.is_block).strip() == kept
        assert report.received.text == kept
    assert report.received.files == ("attachment-1.jpg (image/jpeg)",)


def test_the_page_stands_alone(settings: Settings) -> None:
    """No reference to anything outside, no script, the strict policy, and no text of the message in an attribute."""
    page = as_page(explain(FROM_SEEKER.encode(), settings, "seeker"))
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in page
    assert POLICY == "default-src 'none'; style-src 'unsafe-inline'"
    assert '<meta charset="utf-8">' in page
    tags = {tag.lower() for tag in re.findall(r"<([a-zA-Z0-9]+)", page)}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "a", "form", "object", "svg", "base"})
    attributes = {
        name for tag in re.findall(r"<[a-z0-9]+ ([^>]*)>", page) for name in re.findall(r"([a-z-]+)=\"", tag)
    }
    assert attributes <= {
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "scope",
        "aria-labelledby",
    }
    assert "<!--" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert page.count("<table>") == page.count("<caption>") == 4


def test_markup_in_a_message_is_text_on_the_page(settings: Settings) -> None:
    """A message cannot write the page that explains it."""
    hostile = "</div></main><script>alert(1)</script><img src=x onerror=y> & \"q\" 'r'"
    message = f"From: a@b.test\nTo: help@relay.test\nSubject: <b>{hostile}\nX-<script>: 1\n\n{hostile}\n"
    page = as_page(explain(message.encode(), settings, "seeker"))
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5
    assert "<script" not in page
    assert "<img" not in page


def test_a_message_cannot_write_to_the_terminal(settings: Settings) -> None:
    """No escape sequence, no carriage return and no change of direction comes out, wherever it stood."""
    nasty = "\x1b[2J\x07\r\x9b31m\u202egnp"
    message = f"From: a@b.test\nTo: help@relay.test\nSubject: x{nasty}\nX-{nasty}: 1\nContent-Type: text/plain; name={nasty}\n\nx{nasty}\n"
    shown = "\n".join(as_text(explain(message.encode(), settings, "seeker")))
    assert set(shown).isdisjoint("\x1b\x07\r\x9b\u202e")


def test_every_constant_has_words() -> None:
    """No change, place, block, reason or kind of file comes out without a sentence."""
    assert set(sentences.CHANGES) == set(What)
    assert set(sentences.PLACES) == set(Place)
    assert set(sentences.FILE_REASONS) == set(FileReason)
    assert set(sentences.BLOCKS) == set(REPLACED) == set(identity.KINDS)
    assert set(sentences.CUT) == set(quotes.Kind)
    texts = Texts.load(folder("templates"))
    assert all(texts.word(f"reason.{reason.value}", "en") for reason in Reason)


HELD = [
    (b"", "counselor", "not a message", "damaged"),
    (b"\0\0\n\n", "seeker", "not a message", "damaged"),
    (b"From: a@b.test\nTo: help@relay.test\n\n-----BEGIN PGP MESSAGE-----\ncanary\n", "seeker", "held", "encrypted"),
    (b"From: a@b.test\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\ncanary\n--x--", "seeker", "held", "encrypted"),
    (b"From: canary@else.test\nTo: k@relay.test\n\ncanary\n", "counselor", "held", "alias does not belong"),
    (b"From: ana.ruiz@home.test\nAuto-Submitted: auto-replied\n\ncanary\n", "counselor", "not passed on", "automatic"),
    (b"From: x@relay.test\nSubject: canary\n\nplaneten\n", "seeker", "held", "been through this service"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "side", "verdict", "reason"), HELD)
def test_what_is_not_passed_on_is_explained_too(
    settings: Settings, message: bytes, side: str, verdict: str, reason: str
) -> None:
    """Broken, encrypted, foreign, automatic: each in words, and nothing of it is shown."""
    report = explain(message, settings, side)
    for _, shown in both(report):
        assert verdict in " ".join(shown.split())
        assert reason in " ".join(shown.split())
    if report.received is None:
        assert all("canary" not in shown for _, shown in both(report))


def test_a_reply_that_is_held_for_its_author_is_shown_as_it_would_go(settings: Settings) -> None:
    """A counselor's unregistered number: held once, and then sent as it is."""
    message = b"From: ana.ruiz@home.test\n\nCall +44 20 7946 0999.\n"
    report = explain(message, settings, "counselor")
    assert "held" in report.verdict
    assert "It holds a telephone number." in report.notes
    assert report.received is not None
    assert report.received.text == "Call +44 20 7946 0999."


@pytest.mark.parametrize(
    ("command", "stands"),
    [
        ("!refer lgbt youth @Leeds", True),
        ("!refer #412", True),
        ("!refer! country GB", True),
        ("!insert sleep-tips", True),
        ("!read grief", True),
        ("!refer? lgbt youth", False),
        ("!broken #412 nobody answers", False),
    ],
)
def test_what_a_command_would_put_in_is_shown_as_a_place(
    command: str, stands: bool, settings: Settings
) -> None:
    """Here is no directory to look it up in; the reply is neither called unclear nor shown without the place."""
    reply = (
        f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {ALIAS}\nSubject: x\n\nI am here.\n\n{command}\n\nMore.\n"
    )
    report = explain(reply.encode(), settings, "counselor")
    assert report.verdict == sentences.PASSED
    assert sentences.NOT_LOOKED_UP in report.notes
    assert report.received is not None
    assert ("not looked up" in report.received.text) is stands
    assert "!" not in report.received.text


def test_a_reply_with_other_commands_is_explained_too(settings: Settings) -> None:
    """Receipts and letters to supervisors among them."""
    reply = f"From: Ana Ruiz <ana.ruiz@home.test>\nTo: {ALIAS}\nSubject: x\n\nI am here.\n!note nervous\n!risk high\n"
    report = explain(reply.encode(), settings, "counselor")
    assert report.verdict == sentences.PASSED
    assert sentences.NOT_LOOKED_UP not in report.notes


def test_whatever_a_person_can_be_asked_about_is_explained_to_its_end() -> None:
    """Each doubt for which a message is held has its sentence, and what follows the answer is shown."""
    file = Removed(FileReason.UNSUPPORTED, "file")
    for doubts in (
        Doubts(contacts=frozenset({"phone", "address", "handle"})),
        Doubts(signature=True),
        Doubts(files=(file,)),
    ):
        assert doubts.reason in ASKS_A_PERSON
        assert {change.what for change in doubts.changes()} <= set(sentences.ASKED)


def test_a_counselors_message_explained_as_a_seekers_says_so(settings: Settings) -> None:
    """The wrong side would leave out what the counselor's entry registers."""
    assert sentences.REGISTERED in explain(FROM_COUNSELOR.encode(), settings, "seeker").notes
    assert sentences.REGISTERED not in explain(FROM_COUNSELOR.encode(), settings, "counselor").notes


@pytest.mark.parametrize(
    ("audio", "sender", "said"),
    [
        ("forward", SENDER, ("It is passed on as a new message.", "[file: message.wav (audio/wav)]", "Made anew from its sound")),
        ("drop", SENDER, ("It is passed on as a new message.", "does not forward recordings")),
        ("forward", "stranger@else.test", ("It is held, and a person is told.", "When that person lets it go")),
    ],
)  # fmt: skip
def test_a_voice_message_is_explained_as_one(
    audio: str, sender: str, said: tuple[str, ...], tmp_path: Path
) -> None:
    """What the counselor reads is the relay's own words; nothing of who has called is on either side."""
    configured(tmp_path)
    toml = (tmp_path / "relay.toml").read_text("utf-8").replace("[smtp]\n", "[smtp]\ntrusted_hosts = []\n")
    section = (f'\n[[voicemail]]\naddress = "voicemail-in@relay.test"\nsystem = "asterisk"\nsenders = ["{SENDER}"]\n'
               f'hosts = ["127.0.0.1"]\naudio = "{audio}"\n[phone]\ndesk = "calls@ops.test"\n')  # fmt: skip
    (tmp_path / "relay.toml").write_text(toml + section)
    message = voicemail(SHAPES["asterisk"], recording("pcm.wav"), sender=sender)
    report = explain(message, load(tmp_path), "seeker")
    for text in dict(both(report)).values():
        assert "the mail of a telephone system" in text
        assert found([word for key, word in CALLER.items() if key != "mailbox"], [text.encode()]) == []
    plain = " ".join("\n".join(as_text(report)).split())
    assert [each for each in said if each not in plain] == []
    as_counselors = explain(message, load(tmp_path), "counselor")
    assert "the mail of a telephone system" not in "\n".join(as_text(as_counselors))


def test_a_voice_message_whose_address_cannot_be_made_is_said(settings: Settings, tmp_path: Path) -> None:
    """Its secret is out of reach; other mail is explained all the same."""
    configured(tmp_path)
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text("k3ymoonriver4711abcd\n")
    section = (f'\n[[voicemail]]\naddress = "voicemail-in@relay.test"\nsystem = "asterisk"\nsenders = ["{SENDER}"]\n'
               'secret_file = "secret"\n[phone]\ndesk = "calls@ops.test"\n')  # fmt: skip
    with (tmp_path / "relay.toml").open("a") as file:
        file.write(section)
    loaded = load(tmp_path)
    (tmp_path / "secret").unlink()
    message = voicemail(SHAPES["asterisk"], None, to="voicemail-in-k3ymoonriver4711abcd@relay.test")
    with pytest.raises(ConfigError, match=r"secret_file cannot be read by this user; run it as root"):
        explain(message, loaded, "seeker")
    assert explain(FROM_SEEKER.encode(), loaded, "seeker").received is not None


def test_the_last_look_takes_the_text_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a step of this side's cleaning to fail, the gate over what is to be shown would still hide it."""
    monkeypatch.setattr("relay.explain.sent.text", lambda written, _author: (Piece(written),))
    monkeypatch.setattr("relay.explain.headers._shown", lambda name, _author: name)
    report = explain(FROM_SEEKER.encode(), settings, "seeker")
    assert report.text == (Piece(sentences.CHECKED, is_block=True),)
    assert {row.what for row in report.headers} == {headers.UNNAMED}
    for _, shown in both(report):
        assert found(["zebrano", "lemurhost.test"], [shown.encode()]) == []


def test_what_the_relay_itself_would_not_let_out_is_not_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the replacement broken the message is held by the gate, and explained without its words."""
    monkeypatch.setattr("relay.mail.identity.replace", lambda text, *_: identity.Replaced(text, ()))
    report = explain(FROM_SEEKER.encode(), settings, "seeker")
    assert report.received is None
    assert "The last look at the finished message found" in " ".join(report.notes)
    for _, shown in both(report):
        assert found(["zebrano", "lemurhost.test"], [shown.encode()]) == []


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["seeker", "counselor"])
def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str], side: str) -> None:
    """As text by default, as one page that only its owner can read with ``--html``."""
    message, page = tmp_path / "message.eml", tmp_path / "page.html"
    message.write_bytes(FROM_SEEKER.encode())
    command = ["explain", str(message), "--config", str(configured(tmp_path)), "--as", side]
    assert main(command) == 0
    assert f"Written by: the {side}." in capsys.readouterr().out
    assert main([*command, "--html", str(page)]) == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert page.stat().st_mode & 0o777 == 0o600


SAVED = {
    "mbox": b"From someone Mon Nov 23 13:00:00 2026\nFrom: a@b.test\nTo: help@relay.test\n\nHello.\n",
    "byte order mark": b"\xef\xbb\xbfFrom: a@b.test\nTo: help@relay.test\n\nHello.\n",
    "apple": b"48        \nFrom: a@b.test\nTo: help@relay.test\n\nHello there\n.<?xml version='1.0'?><plist>canary</plist>",
    "crlf": b"From: a@b.test\r\nTo: help@relay.test\r\n\r\nHello.\r\n",
}


@pytest.mark.parametrize("form", SAVED)
def test_what_mail_programs_save_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Each of the shapes in which programs write one message to a file (RFC 4155)."""
    message = tmp_path / "message.eml"
    message.write_bytes(SAVED[form])
    assert main(["explain", str(message), "--config", str(configured(tmp_path)), "--as", "seeker"]) == 0
    out = capsys.readouterr().out
    assert "It is passed on as a new message." in out
    assert "| Hello" in out
    assert "canary" not in out


def test_wrong_paths_are_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, one sentence, no traceback, and the message is never written over."""
    message = tmp_path / "message.eml"
    message.write_bytes(b"From: a@b.test\n\nx\n")
    outlook = tmp_path / "outlook.msg"
    outlook.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1canary")
    config = str(configured(tmp_path))
    for path, words in (
        (tmp_path / "absent.eml", "does not exist"),
        (tmp_path, "is a folder"),
        (Path("/dev/null"), "is no file"),
        (outlook, "save the message as .eml"),
    ):
        assert main(["explain", str(path), "--config", config, "--as", "seeker"]) == 1
        assert words in capsys.readouterr().err
    for page, words in (
        (message, "is the message itself"),
        (tmp_path / "no" / "p.html", "cannot be written"),
    ):
        command = ["explain", str(message), "--config", config, "--as", "seeker", "--html", str(page)]
        assert main(command) == 1
        assert words in capsys.readouterr().err
    assert message.read_bytes() == b"From: a@b.test\n\nx\n"
