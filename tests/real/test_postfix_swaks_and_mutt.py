"""One conversation with real parts: the seeker writes with swaks, the counselor answers with mutt, Postfix delivers.

Everything runs on free loopback ports and in folders of the test. A program that is missing is a failure.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.canaries import found, views
from tests.support.daemon import Daemon
from tests.support.mailprograms import Mutt, Swaks
from tests.support.postfix import Postfix
from tests.support.sink import Sink

pytestmark = pytest.mark.real

SEEKER, COUNSELOR = "quokka.zebrano@lemurhost.test", "marla.ibexwood@fossahome.test"
OF_SEEKER = [SEEKER, "quokka.zebrano", "lemurhost.test", "Zebrano", "swaks", "jetmore"]
OF_COUNSELOR = [COUNSELOR, "marla.ibexwood", "fossahome.test", "Ibexwood", "marmot-desktop.test", "mutt"]

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[workers]
processes = 1
"""
COUNSELORS_TOML = f"""
[[counselor]]
id = "marla"
pseudonym = "Robin"
name = "Marla Ibexwood"
address = "{COUNSELOR}"
duty = ["always"]
capacity = 10
"""
DELIVERY_S = 20.0
RETRY_S = 30.0
"""After a first failed attempt the relay waits so long (``domain.deliveries.RETRY_DELAYS_S``)."""


@dataclass
class Helpline:
    """The relay, its next hop, and the two people at their programs."""

    postfix: Postfix
    daemon: Daemon
    seeker: Swaks
    counselor: Mutt
    ids_of_seeker: list[str] = field(default_factory=list)
    ids_of_counselor: list[str] = field(default_factory=list)

    async def seeker_writes(self, text: str, answered: EmailMessage | None = None) -> None:
        """A new request, or an answer that quotes, as people do by hand."""
        to, subject, quote = "help@relay.test", "I need to talk", ""
        if answered is not None:
            to = answered["From"].addresses[0].addr_spec
            subject = f"Re: {answered['Subject']}"
            quote = "\n\n" + "".join(f"> {line}\n" for line in body(answered).splitlines())
        sent = await self.seeker.send(
            self.daemon.port, to, subject, f"{text}{quote}\n-- \n{self.seeker.name}\n",
            answers=str(answered["Message-ID"]) if answered is not None else "",
        )  # fmt: skip
        assert found(OF_SEEKER, views(sent)) == OF_SEEKER, "a canary must be there to be removed"
        self.ids_of_seeker.append(str(read(sent)["Message-ID"]))

    async def counselor_replies(self, text: str) -> None:
        """A true reply of mutt to the newest letter."""
        sent = await self.counselor.reply(self.daemon.port, self.postfix.maildir("counselor"), text)
        assert found(OF_COUNSELOR, views(sent)) == OF_COUNSELOR, "a canary must be there to be removed"
        self.ids_of_counselor.append(str(read(sent)["Message-ID"]))

    async def receives(self, name: str, count: int) -> EmailMessage:
        """Wait until ``count`` letters have come to a mailbox; the newest."""
        async with asyncio.timeout(DELIVERY_S):
            while len(self.postfix.letters(name)) < count:
                await asyncio.sleep(0.05)
        letters = self.postfix.letters(name)
        assert len(letters) == count, f"{len(letters)} letters for the {name}"
        return read(letters[-1].read_bytes())


@pytest.fixture
async def helpline(tmp_path: Path) -> AsyncIterator[Helpline]:
    async with Postfix(
        {SEEKER: "seeker", COUNSELOR: "counselor", "operator@ops.test": "operator"}
    ) as postfix:
        async with Daemon(
            tmp_path / "line", RELAY_TOML, COUNSELORS_TOML, sink=Sink(port=postfix.port)
        ) as daemon:
            yield Helpline(
                postfix,
                daemon,
                Swaks(SEEKER, "Quokka Zebrano", "narwhal-laptop.test"),
                Mutt(COUNSELOR, "Marla Ibexwood", "marmot-desktop.test", tmp_path / "mutt"),
            )
        assert daemon.other_output == []


async def test_a_conversation_of_six_messages_between_swaks_and_mutt_through_postfix(
    helpline: Helpline,
) -> None:
    """Texts arrive, each side sees one thread, and nothing of one side's programs reaches the other."""
    await helpline.seeker_writes("I cannot sleep since the first of May.")
    acknowledgement = await helpline.receives("seeker", 1)
    assert acknowledgement["Auto-Submitted"] == "auto-replied"
    assert "I cannot sleep since the first of May." in body(await helpline.receives("counselor", 1))

    await helpline.counselor_replies("I am here. What happened on that day?")
    answer = await helpline.receives("seeker", 2)
    assert "I am here. What happened on that day?" in body(answer)

    await helpline.seeker_writes("My dog died. I miss him at night.", answer)
    assert "My dog died. I miss him at night." in body(await helpline.receives("counselor", 2))

    await helpline.counselor_replies("I am so sorry. Tell me about him.")
    answer = await helpline.receives("seeker", 3)
    assert "I am so sorry. Tell me about him." in body(answer)

    await helpline.seeker_writes("He was called Biscuit.", answer)
    assert "He was called Biscuit." in body(await helpline.receives("counselor", 3))

    await helpline.counselor_replies("Biscuit was lucky to have you.")
    assert "Biscuit was lucky to have you." in body(await helpline.receives("seeker", 4))

    assert_one_thread(helpline, "seeker", helpline.ids_of_seeker)
    assert_one_thread(helpline, "counselor", helpline.ids_of_counselor)
    own_ids = [one.strip("<>") for one in helpline.ids_of_counselor]
    assert found([*OF_COUNSELOR, *own_ids], to_view(helpline, "seeker", SEEKER)) == []
    own_ids = [one.strip("<>") for one in helpline.ids_of_seeker]
    assert found([*OF_SEEKER, *own_ids], to_view(helpline, "counselor", COUNSELOR)) == []
    assert helpline.postfix.letters("operator") == []


async def test_postfix_is_down_for_a_while(helpline: Helpline) -> None:
    """What cannot be delivered is deferred and delivered once when the next hop is back; nobody is turned away."""
    await helpline.postfix.stop()
    await helpline.seeker_writes("Is anybody there?")
    await helpline.daemon.said("delivery.deferred")
    await helpline.postfix.start()
    async with asyncio.timeout(RETRY_S + DELIVERY_S):
        while not (helpline.postfix.letters("counselor") and helpline.postfix.letters("seeker")):
            await asyncio.sleep(0.2)
    await helpline.counselor_replies("Yes, I am here.")
    assert "Yes, I am here." in body(await helpline.receives("seeker", 2))
    assert "Is anybody there?" in body(await helpline.receives("counselor", 1))


def read(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def assert_one_thread(helpline: Helpline, name: str, own_ids: list[str]) -> None:
    """Everything but the first letter answers something that this side has sent or received."""
    known = set(own_ids)
    for number, path in enumerate(helpline.postfix.letters(name)):
        message = read(path.read_bytes())
        answers = str(message["In-Reply-To"] or "")
        assert answers in known or (not answers and number == 0 and name == "counselor"), (
            f"letter {number + 1} of the {name} answers nothing that its program knows"
        )
        known.add(str(message["Message-ID"]))


def to_view(helpline: Helpline, name: str, reader: str) -> list[bytes]:
    """All that reached a side, in every decoding, without the lines that the reader's own server adds."""
    seen: list[bytes] = []
    for path in helpline.postfix.letters(name):
        octets = path.read_bytes()
        assert octets.count(b"\nFrom: ") == 1
        seen += views(octets)
        assert reader.encode() in octets
    return seen
