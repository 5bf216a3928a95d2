"""The OpenPGP engine is gone, hangs or lies: nothing goes in clear, nothing is silent, and everybody else's mail flows."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import psutil
import pytest

from relay.edge.openpgp import Engine
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia
from tests.scenarios.test_openpgp import Key, openpgp_line, own_key
from tests.support.line import Letter, Person
from tests.unit.edge.openpgp_world import prepared

TROUBLES = {
    "does not start": "exit 127",
    "fails": "exit 2",
    "is killed": "kill -9 $$",
    "hangs": "exec sleep 60",
    "gives back what it got": "exec cat",
    "speaks without end": "exec cat /dev/zero",
    "says nothing": "exit 0",
}


class Program:
    """What the engine runs: the real program, until the test makes it something else. What runs of it is killed then."""

    def __init__(self, path: Path, real: str) -> None:
        self.path = path
        self._real = real
        self.becomes(f'exec {real} "$@"')

    def becomes(self, text: str) -> None:
        self.path.write_text(f"#!/bin/sh\n{text}\n")
        self.path.chmod(0o700)
        for process in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "sequoia_child" in " ".join(process.cmdline()):
                    process.kill()

    def is_well(self) -> None:
        self.becomes(f'exec {self._real} "$@"')


def _engine(name: str, folder: Path) -> tuple[Engine, Program]:
    if name == "gnupg":
        program = Program(folder / "gpg", "/usr/bin/gpg")
        return GnuPg(folder / "home", str(program.path), limit_s=2.0), program
    program = Program(folder / "python", sys.executable)
    return Sequoia(str(program.path), limit_s=2.0), program


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", ["gnupg", "sequoia"])
async def test_an_engine_in_trouble_holds_what_it_should_seal_and_nothing_else(
    name: str, trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sam's second message is for Ana and is held; Ana's own words to Sam need no key and arrive; then all is well."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    engine, program = _engine(name, tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: engine)
    async with await openpgp_line(tmp_path / "line", name, ana) as line:
        sam = line.seeker()
        await sam.writes("First.")
        request = await line.ana.receives()
        assert "First." in ana.opens(request)
        await sam.receives(automatic=True)

        program.becomes(TROUBLES[trouble])
        await sam.writes("Second, secret.")
        assert "cannot be encrypted" in (await line.operator.receives()).text
        await line.ana.writes("I am here.", request.from_address)
        assert "I am here." in (await sam.receives(automatic=False)).text
        assert not any(b"secret" in captured.message for captured in line.sink.captured)

        program.is_well()
        await sam.writes("Third.")
        assert "Third." in ana.opens(await _sealed(line.ana))


async def _sealed(ana: Person) -> Letter:
    """The next letter that is more than a word of the line's own."""
    while True:
        letter = await ana.receives()
        if letter["Subject"] == "[...]":
            return letter


async def test_a_line_that_has_ended_leaves_nothing_running(tmp_path: Path) -> None:
    """What forks for Sequoia is there while the line is, and no longer."""
    before = set(prepared()[0])
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    async with await openpgp_line(tmp_path / "line", "sequoia", ana) as line:
        await line.seeker().writes("First.")
        assert "First." in ana.opens(await line.ana.receives())
        assert len(set(prepared()[0]) - before) == 1
    assert set(prepared()[0]) == before


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", ["gnupg", "sequoia"])
async def test_an_engine_in_trouble_releases_nothing_of_what_it_should_open(
    name: str, trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealed request is held, and a request in clear passes."""
    engine, program = _engine(name, tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: engine)
    sam_key = Key.of(tmp_path / "sam", "Sam Lee <sam.lee@mail.test>")
    async with await openpgp_line(tmp_path / "line", name, None) as line:
        public = await own_key(line)
        head = "From: Sam Lee <sam.lee@mail.test>\nTo: help@relay.test\nSubject: ...\nMessage-ID: <1@mail.test>\n"
        message = (head + sam_key.seals("Secret words.", public, sam_key.engine)).encode()
        program.becomes(TROUBLES[trouble])
        await line.submit("sam.lee@mail.test", ["help@relay.test"], message)
        assert "encrypted" in (await line.operator.receives()).text
        await line.ana.receives_nothing()
        await line.seeker("kim@mail.test", "Kim").writes("In clear.")
        assert "In clear." in (await line.ana.receives()).text
        assert not any(b"ecret" in captured.message for captured in line.sink.captured)


async def test_a_home_that_is_no_folder_any_more_holds_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of keys is full, read-only or gone."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    engine, _ = _engine("gnupg", tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: engine)
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        (tmp_path / "home").rmdir()
        (tmp_path / "home").write_text("")
        sam = line.seeker()
        await sam.writes("A secret.")
        assert "cannot be encrypted" in (await line.operator.receives()).text
        assert not any(b"secret" in captured.message for captured in line.sink.captured)


@pytest.mark.parametrize("where", ["encrypt", "decrypt"])
async def test_a_fault_of_ours_in_an_engine_holds_one_message_and_not_the_line(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever hostile octets set off there, the daemon runs on and everybody else's mail flows."""
    ana = Key.of(tmp_path / "ana", "Ana <ana.ruiz@home.test>")
    engine, _ = _engine("gnupg", tmp_path)
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: engine)
    async with await openpgp_line(tmp_path / "line", "gnupg", ana) as line:
        public = await own_key(line)

        def fails(*_: object) -> None:
            raise ZeroDivisionError("secret")

        monkeypatch.setattr(engine, where, fails)
        head = "From: Sam Lee <sam.lee@mail.test>\nTo: help@relay.test\nSubject: ...\nMessage-ID: <1@mail.test>\n"
        sealed = (head + ana.seals("Secret words.", public, ana.engine)).encode()
        await line.submit("sam.lee@mail.test", ["help@relay.test"], sealed)
        assert "encrypted" in (await line.operator.receives()).text
        await line.quiet()
        assert not any(b"ecret" in captured.message for captured in line.sink.captured)
        monkeypatch.undo()
        await line.seeker("kim@mail.test", "Kim").writes("In clear.")
        assert "In clear." in ana.opens(await _sealed(line.ana))
