"""Seekers with an OpenPGP key and a mail program that knows it: what they send, and what they read."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass

from tests.scenarios.test_openpgp import START, Key
from tests.support.line import NUMBERS, Letter, Line, Person

CODE = re.compile(r"KEY(?:-[0-9A-Z]{5}){4}")


@dataclass
class Keyholder:
    """A seeker, their key, and the alias that they answer to."""

    line: Line
    person: Person
    key: Key
    alias: str = ""

    async def gives(self, key: Key | None = None, words: str = "KEY", to: str = "", **how: str) -> None:
        """Write the word and attach a key."""
        public = (key or self.key).public.decode()
        await self.sends(words, to or self.alias, attached=public, **how)

    async def sends(self, words: str, to: str, attached: str = "", author: str = "") -> None:
        """A message as a mail program makes it, with or without a key that hangs on it."""
        address = author or self.person.address
        head = (
            f"From: {self.person.name} <{address}>\nTo: {to}\nSubject: x\nMIME-Version: 1.0\n"
            f"Message-ID: <{next(NUMBERS)}.{id(self)}@mua.test>\n"
        )
        text = f"Content-Type: text/plain; charset=utf-8\n\n{words}\n"
        if attached:
            body = (
                f'Content-Type: multipart/mixed; boundary="b"\n\n--b\n{text}\n--b\n'
                'Content-Type: application/pgp-keys; name="OpenPGP_0x12345678.asc"\n'
                f'Content-Disposition: attachment; filename="OpenPGP_0x12345678.asc"\n\n{attached}\n--b--\n'
            )
        else:
            body = text
        await self.line.submit(address, [to], (head + body).encode())

    async def reads(self, key: Key | None = None) -> str:
        """The next letter, which must be encrypted; subject and text."""
        letter = await self.person.receives()
        assert letter["Subject"] == "[...]", letter["Subject"]
        return (key or self.key).opens(letter)

    async def answers(self, text: str, quoted: str = "") -> None:
        """Write to the alias, with a quote below."""
        below = "".join(f"\n> {line}" for line in quoted.splitlines())
        await self.sends(
            f"{text}\n\nOn Mon, 23 Nov 2026 at 13:00, Robin wrote:{below}\n" if below else text, self.alias
        )

    async def turns_it_on(self) -> None:
        """Give the key and answer what came of it, as a person does."""
        await self.gives()
        letter = await self.reads()
        await self.answers("", quoted=letter)
        assert "Encryption is on" in await self.reads()


async def in_conversation(line: Line, key: Key, person: Person | None = None) -> tuple[Keyholder, Letter]:
    """A seeker who has written, and the request as Ana has it."""
    person = person or line.seeker()
    await person.writes("I cannot sleep.")
    request = await line.ana.receives()
    acknowledged = await person.receives(automatic=True)
    return Keyholder(line, person, key, acknowledged.from_address), request


def code_in(text: str) -> str:
    """The code in a letter."""
    found = CODE.search(text)
    assert found, text
    return found[0]


def inner_subject(key: Key, letter: Letter) -> str:
    """The subject inside."""
    part = list(letter.parsed.iter_parts())[1]
    opened = key.engine.decrypt(part.get_content(), [key.secret], [], START, 1 << 20)
    return str(email.message_from_bytes(opened.content, policy=email.policy.default)["Subject"])
