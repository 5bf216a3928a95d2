"""``relay check --live`` with a real Dovecot behind a next hop: what works is tried, what does not is said in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.config import load
from relay.mailbox_check import probe
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.hosted import IMAP_TOML
from tests.support.line import COUNSELORS_TOML, RELAY_TOML
from tests.support.sink import Sink


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
    folder.mkdir(exist_ok=True)
    text = RELAY_TOML.replace("hilfe@relay.test", "help+hilfe@relay.test").format(port=provider.sink.port)
    text = text.replace('domain = "relay.test"', 'domain = "relay.test"\nmailbox = "help@relay.test"')
    text += IMAP_TOML.format(port=provider.dovecot.imaps_port, tls="implicit", ca_file=provider.dovecot.ca_file,
                             aliases="plus", more=more)  # fmt: skip
    (folder / "relay.toml").write_text(text)
    people = COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["en"]')
    (folder / "counselors.toml").write_text(people)
    (folder / "imap.password").touch(0o600)
    (folder / "imap.password").write_text(password + "\n")
    settings = await asyncio.to_thread(load, folder)
    return [finding.sentence async for finding in probe(settings, within_s=4.0)]


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
