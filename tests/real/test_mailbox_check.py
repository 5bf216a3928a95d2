"""``relay check --live`` with a real Dovecot behind a next hop: what works is tried, what does not is said in words."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import load
from relay.mailbox_check import probe
from tests.support.dovecot import PASSWORD, Dovecot, free_port
from tests.support.hosted import IMAP_TOML
from tests.support.line import COUNSELORS_TOML, RELAY_TOML
from tests.support.sink import Sink

WITHIN_S = 3.0
"""For a message that does come, a hundredth of that."""

CRITICAL = 2
"""How the command ends when something is."""


class Provider:
    """A submission server that delivers into its own mailboxes."""

    def __init__(self, dovecot: Dovecot) -> None:
        self.dovecot = dovecot
        self.sink = Sink()
        self.rewrites = self.loses = False

    async def deliver(self) -> None:
        done = 0
        while True:
            await asyncio.sleep(0.02)
            while done < len(self.sink.captured):
                one = self.sink.captured[done]
                done += 1
                message = one.message
                if self.rewrites:
                    message = message.replace(b"From: <help+check-", b"From: <help@relay.test> (help-")
                if not self.loses:
                    await self.dovecot.deliver(one.return_path, one.recipient, message)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Dovecot() as dovecot:
        made = Provider(dovecot)
        await made.sink.start()
        delivering = asyncio.create_task(made.deliver())
        yield made
        delivering.cancel()
        await made.sink.stop()


async def found(provider: Provider, folder: Path, more: str = "", password: str = PASSWORD) -> list[str]:
    written(provider, folder, more, password)
    settings = await asyncio.to_thread(load, folder)
    return [finding.sentence async for finding in probe(settings, within_s=WITHIN_S)]


def written(provider: Provider, folder: Path, more: str = "", password: str = PASSWORD) -> None:
    """The configuration of a line that has but this mailbox."""
    folder.mkdir(exist_ok=True, mode=0o700)
    text = RELAY_TOML.replace("hilfe@relay.test", "help+hilfe@relay.test").format(port=provider.sink.port)
    text = text.replace('domain = "relay.test"', 'domain = "relay.test"\nmailbox = "help@relay.test"')
    text += IMAP_TOML.format(port=provider.dovecot.imaps_port, tls="implicit", ca_file=provider.dovecot.ca_file,
                             aliases="plus", more=more)  # fmt: skip
    (folder / "relay.toml").write_text(text)
    people = COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["en"]')
    (folder / "counselors.toml").write_text(people)
    (folder / "imap.password").touch(0o600)
    (folder / "imap.password").write_text(password + "\n")


async def test_a_mailbox_that_is_as_it_must_be(provider: Provider, tmp_path: Path) -> None:
    """Logged in, opened, written to; the message that tried it out is gone again."""
    assert await found(provider, tmp_path) == []
    assert provider.dovecot.messages() == []
    assert len(provider.sink.captured) == 1


@pytest.mark.parametrize(
    ("more", "password", "said"),
    [
        ("", "wrong-canary", "imap_intake[1].host: refuses the login"),
        ('folders = ["INBOX", "Nowhere"]', PASSWORD, "imap_intake[1].folders[2]: is not there"),
        ('recipient_field = "X-Original-To"', PASSWORD, "recipient_field: does not name the recipient, but Delivered-To would"),
    ],
)  # fmt: skip
async def test_what_does_not_work_is_said(
    provider: Provider, tmp_path: Path, more: str, password: str, said: str
) -> None:
    """One sentence with its place, and never the login."""
    sentences = await found(provider, tmp_path, more, password)
    assert len(sentences) == 1
    assert said in sentences[0]
    assert "canary" not in sentences[0]


async def test_a_provider_that_rewrites_from_or_has_no_plus(provider: Provider, tmp_path: Path) -> None:
    """Then answers would come to the wrong address, or nowhere."""
    provider.rewrites = True
    assert "has rewritten From" in " ".join(await found(provider, tmp_path))
    provider.rewrites, provider.loses = False, True
    assert "did not come to these folders" in " ".join(await found(provider, tmp_path))
    provider.sink.refuse = lambda verb, _: "553 5.7.1 not yours" if verb == "MAIL" else None
    assert "did not take a message from an alias" in " ".join(await found(provider, tmp_path))


async def test_a_certificate_for_another_name_is_not_taken(provider: Provider, tmp_path: Path) -> None:
    """Nothing of the login is said to it."""
    assert await found(provider, tmp_path) == []
    text = (tmp_path / "relay.toml").read_text().replace('host = "localhost"', 'host = "127.0.0.1"')
    (tmp_path / "relay.toml").write_text(text)
    settings = await asyncio.to_thread(load, tmp_path)
    sentences = [one.sentence async for one in probe(settings, 1.0)]
    assert len(sentences) == 1
    assert "has no certificate that is valid for its name" in sentences[0]


def said_by(folder: Path) -> tuple[int, list[str], str]:
    """How ``relay check --live --json`` ends, what it finds of mailboxes, and all that it prints, on both streams."""
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        code = main(["check", "--live", "--json", "--config", str(folder)])
    findings = json.loads(said.getvalue())["findings"]
    return code, [each["what"] for each in findings if each["subject"] == "mailboxes"], said.getvalue()


async def test_the_command_says_what_an_operator_has_to_change(provider: Provider, tmp_path: Path) -> None:
    """All is well; a wrong password; a provider without plus addresses, which refuses one; a server that is not there.

    Only the first case is not critical, and no address, login or password is printed.
    """
    for name in ("good", "password", "plus", "unreachable"):
        written(provider, tmp_path / name, password="wrong-canary" if name == "password" else PASSWORD)
    port = f"port = {provider.dovecot.imaps_port}"
    gone = (tmp_path / "unreachable" / "relay.toml").read_text().replace(port, f"port = {free_port()}")
    (tmp_path / "unreachable" / "relay.toml").write_text(gone)
    code, found, everything = await asyncio.to_thread(said_by, tmp_path / "good")
    assert code < CRITICAL
    assert not found
    provider.sink.refuse = lambda verb, _: "550 5.1.1 no such user" if verb == "RCPT" else None
    for name, words in (
        ("password", "refuses the login"),
        ("plus", "did not take a message from an alias of ours to another"),
        ("unreachable", "cannot be reached"),
    ):
        code, found, text = await asyncio.to_thread(said_by, tmp_path / name)
        assert code == CRITICAL
        assert [each for each in found if words in each], found
        everything += text
    assert not [word for word in ("canary", "help@", "help+", "@relay.test") if word in everything]


async def test_a_credential_that_only_the_service_has_is_named(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a shell there is none; with the folder of its files named, everything is tried as in the service."""
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nowhere"))
    written(provider, tmp_path / "line")
    file = tmp_path / "line" / "relay.toml"
    file.write_text(file.read_text().replace('"imap.password"', '"credential:imap.password"'))
    settings = await asyncio.to_thread(load, tmp_path / "line")
    [said] = [one.sentence async for one in probe(settings, WITHIN_S)]
    assert (
        "imap_intake[1].password_file: names a credential, which systemd gives to the service alone" in said
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secrets))
    (secrets / "imap.password").touch(0o600)
    (secrets / "imap.password").write_text(PASSWORD + "\n")
    settings = await asyncio.to_thread(load, tmp_path / "line")
    assert [one.sentence async for one in probe(settings, WITHIN_S)] == []
