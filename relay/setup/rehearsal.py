"""``relay quickstart``, the second half: a test letter that goes all the way round on the operator's own configuration.

The real daemon (``rehearsed``) on a loopback port, with an empty database in a temporary folder and a next hop that
keeps what it is given. A seeker who does not exist writes; whoever of the counselors is given it answers; the seeker
writes again. Each step is looked at from both sides. No mail leaves the machine, and nothing is left behind.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib

from relay.config import Settings, load
from relay.config.counselors import CounselorSection
from relay.demo.forms import forms
from relay.demo.sink import Kept
from relay.demo.stage import SHOWN_LINES, Stage
from relay.edge.dkim.keys import read_key, record_of
from relay.mail.parse import parse
from relay.mail.proof import dkim
from relay.setup.rehearsed import signing_with

SEEKER = "sam.rehearsal@mail.example"
SEEKER_NAME = "Sam Rehearsal"
STEP_S = 60.0
"""For one step, which takes less than a second where a machine is idle."""

_OTHER = (
    "What was other than it will be: ports of this machine alone, an empty database, no mail let out; every counselor "
    "was on duty; delays, reviews, encryption to counselors, spam filter and proof of authors were off."
)


def rehearse(config: Path) -> bool:
    """Play it and say how it went; whether all of it is as it must be. Raises ``ConfigError``."""
    settings, stage = load(config), Stage()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="relay-rehearsal-") as name:
        try:
            problems = asyncio.run(_Rehearsal(config, settings, stage, Path(name)).run())
        except TimeoutError:
            problems = ["The next step did not come within a minute."]
        except aiosmtplib.SMTPException as error:
            problems = [f"The daemon did not take the letter ({type(error).__name__})."]
    for problem in problems:
        print(f"  WRONG: {problem}")
    if problems:
        print("".join(stage.log[-SHOWN_LINES:]), file=sys.stderr, end="")
        print("\nThe test letter did not go all the way round. What the daemon said last stands above.")
        return False
    took = time.monotonic() - began
    print(f"\nIt works: a test letter went all the way round on your own configuration, in {took:.0f} s.")
    print(f"{_OTHER} Nothing of it is left.")
    return True


class _Rehearsal:
    def __init__(self, config: Path, settings: Settings, stage: Stage, state: Path) -> None:
        self._config, self._settings, self._stage, self._state = config, settings, stage, state
        self._intake = settings.intake[0].address.key
        self._problems: list[str] = []

    async def run(self) -> list[str]:
        """Every step; what is not as it must be."""
        print(
            "\nThe rehearsal: the daemon starts with your configuration, on this machine alone ...",
            flush=True,
        )
        arguments = ["-m", "relay.setup.rehearsed", str(self._config), str(self._state)]
        async with self._stage.set_up(lambda port: [*arguments, str(port)]):
            await self._play()
        self._look_for_names()
        return self._problems

    async def _play(self) -> None:
        await self._write(SEEKER, SEEKER_NAME, self._intake, f"Hello, I am {SEEKER_NAME}. Is anybody there?")
        acknowledged = _read(await self._stage.sink.next_for(SEEKER, STEP_S))
        _tell(
            f"a seeker wrote to the first intake address and was answered at once: {_subject(acknowledged)}"
        )
        counselor, request = await self._given_to()
        _tell(f"counselor {counselor.id} was given the letter, from a seeker by another name")
        words = f"I am {counselor.name}, and I am here."
        await self._write(counselor.address.key, counselor.name, _from(request), words, request)
        answer = _read(await self._stage.sink.next_for(SEEKER, STEP_S))
        self._must("and I am here." in _text(answer), "The counselor's words did not reach the seeker.")
        shown = self._settings.conversations.common_name or counselor.pseudonym
        self._must(shown in str(answer["From"]), "The seeker does not see the name that was chosen.")
        _tell(f"{counselor.id} answered, and the seeker read it, from {shown}")
        await self._write(SEEKER, SEEKER_NAME, _from(answer), "Thank you for being there.", answer)
        thanks = _read(await self._stage.sink.next_for(counselor.address.key, STEP_S))
        self._must(
            "Thank you for being there." in _text(thanks), "The seeker's second letter did not arrive."
        )
        _tell("the seeker answered that, and the counselor read it")

    async def _given_to(self) -> tuple[CounselorSection, EmailMessage]:
        """Whichever counselor was given the request."""
        people = {counselor.address.key: counselor for counselor in self._settings.counselor}
        async with asyncio.timeout(STEP_S):
            while True:
                for one in self._stage.sink.kept:
                    if one.recipient in people and "Is anybody there?" in _text(_read(one.message)):
                        request = await self._stage.sink.next_for(one.recipient, STEP_S)
                        return people[one.recipient], _read(request)
                await asyncio.sleep(0.05)

    async def _write(
        self, address: str, name: str, to: str, words: str, earlier: EmailMessage | None = None
    ) -> None:
        letter = EmailMessage(policy=email.policy.SMTP)
        letter["From"], letter["To"] = f"{name} <{address}>", to
        letter["Subject"] = f"Re: {earlier['Subject']}" if earlier else "A rehearsal"
        letter["Date"] = datetime.now(UTC)
        letter["Message-ID"] = f"<{secrets.token_hex(12)}@{address.rpartition('@')[2]}>"
        if earlier:
            letter["In-Reply-To"] = letter["References"] = str(earlier["Message-ID"])
        letter.set_content(words)
        await self._stage.send(address, to, letter.as_bytes())

    def _look_for_names(self) -> None:
        """Neither side may read who the other is, in any encoding, and what goes out is signed."""
        kept = self._stage.sink.kept
        people = {counselor.address.key: counselor for counselor in self._settings.counselor}
        to_seeker = [one for one in kept if one.recipient == SEEKER]
        to_people = [one for one in kept if one.recipient in people]
        writers = [people[address] for address in {one.recipient for one in to_people}]
        hidden = [word for c in writers for word in (c.address.key, c.name)]
        self._must(not _found(to_seeker, hidden), "What the seeker received names a counselor.")
        self._must(
            not _found(to_people, [SEEKER, SEEKER_NAME]), "What a counselor received names the seeker."
        )
        _tell("neither side received anything that names the other, in any encoding")
        keys = signing_with(self._settings)
        if keys:
            self._must(
                all(_is_signed(one, keys) for one in kept), "Not every letter has a signature that holds."
            )
            _tell(
                f"every letter is signed, and the records that 'relay dns' prints prove it ({', '.join(keys)})"
            )
        if keys.keys() != self._settings.dkim.selectors.keys():
            _tell("keys that only the service is given were not looked at")

    def _must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self._problems.append(otherwise)


def _found(letters: list[Kept], words: list[str]) -> bool:
    octets = b"\n".join(one.message for one in letters).lower()
    return any(form.lower() in octets for word in words for form in forms(word))


def _is_signed(one: Kept, keys: dict[str, Path]) -> bool:
    """Whether each key's signature is there and holds, with the record as it is to be published."""
    letter = parse(one.message)
    records = {selector: record_of(read_key(file)) for selector, file in keys.items()}
    held = {claim.selector for claim in dkim.claims(letter)
            if dkim.check(letter, claim, (records.get(claim.selector, ""),), datetime.now(UTC))}  # fmt: skip
    return held >= records.keys()


def _read(octets: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _from(message: EmailMessage) -> str:
    return str(message["From"]).rpartition("<")[2].rstrip(">")


def _subject(message: EmailMessage) -> str:
    return f'"{message["Subject"]}"'


def _tell(step: str) -> None:
    print(f"  ok: {step}", flush=True)
