"""The faults of F19 and D05, each by the method named there, against the running daemon."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pysequoia
import pytest

from relay.edge.openpgp import armor, shapes
from relay.errors import ConfigError
from relay.flow.service_keys import ServiceKey
from tests.openpgp import judges
from tests.openpgp.faults import (
    SECRET,
    Programs,
    agent_that,
    faulty_line,
    released,
    settled,
    wrong_with_opening,
    wrong_with_sealing,
)  # fmt: skip
from tests.openpgp.people import ANA, ENGINES, START, ana, key, mallory, own_key, public
from tests.support.line import Line
from tests.unit.edge.openpgp_world import desk, packet, pieces

ROOT = Path(__file__).resolve().parents[2]
both = pytest.mark.parametrize("engine", ENGINES)


# --- keys that do not work (F19: expired, revoked, date shift) -------------------------------------------


def _revoked() -> bytes:
    made = key(f"Ana Revoked <{ANA}>")
    desk().revoke(made)
    return public(made)


def _damaged() -> bytes:
    """Every signature with one bit changed: whose key it is, nobody has said."""
    octets = b""
    for tag, whole, body in pieces(desk().certificate(ana())):
        octets += packet(tag, body[:-5] + bytes((body[-5] ^ 1,)) + body[-4:]) if tag == 2 else whole
    return armor.armored(octets, armor.CERTIFICATE)


KEYS: dict[str, Callable[[], bytes]] = {
    "revoked": _revoked,
    "no encryption subkey": lambda: public(key(f"Ana Signs <{ANA}>", subkey="")),
    "corrupt": _damaged,
    "expired": lambda: public(key(f"Ana Short <{ANA}>", ends="seconds=4000")),
}


@both
@pytest.mark.parametrize("what", KEYS)
async def test_a_key_that_does_not_work_holds_what_is_for_its_owner(
    engine: str, what: str, tmp_path: Path
) -> None:
    """Also the next day: the counselor hears of it once a day, not once and for ever."""
    async with faulty_line(tmp_path / "line", engine, KEYS[what]()) as line:
        if what == "expired":
            await line.pass_time(hours=2)
        assert await wrong_with_sealing(line) == []
        await line.pass_time(hours=1)
        assert await wrong_with_sealing(line) == []
        await line.pass_time(days=1)
        assert await wrong_with_sealing(line, days=2) == []


@both
@pytest.mark.parametrize("days", [370, -370])
async def test_a_clock_that_is_a_year_off(engine: str, days: int, tmp_path: Path) -> None:
    """Forward the key has ended, back it was not made yet; when the clock is right again, all is well."""
    certificate = public(key(f"Ana Year <{ANA}>", ends="1y"))
    async with faulty_line(tmp_path / "line", engine, certificate) as line:
        await line.pass_time(days=days)
        assert await wrong_with_sealing(line) == []
        await line.pass_time(days=-days)
        had = len(line.ana.mailbox)
        await line.seeker("lou@mail.test", "Lou").writes(f"Now {SECRET}.")
        await settled(line)
        assert {one["Subject"] for one in line.ana.mailbox[had:]} == {"[...]"}
        assert not released(line)


@both
@pytest.mark.parametrize("what", ["revoked", "expired"])
async def test_two_counselors_and_one_key_that_has_ended(engine: str, what: str, tmp_path: Path) -> None:
    """What is for Ana is held, and what is for Ben is sealed to Ben."""
    line = faulty_line(tmp_path / "line", engine, KEYS[what](), ben_key=public(mallory()))
    async with line:
        if what == "expired":
            await line.pass_time(hours=2)
        assert await wrong_with_sealing(line) == []
        sealed = [one for one in line.ben.mailbox if one["Subject"] == "[...]"]
        assert len(sealed) == 1
        assert b"allein" not in sealed[0].raw
        opened = desk().gpg(
            "--try-secret-key", mallory(), "--decrypt", given=judges.ciphertext_of(sealed[0].raw)
        )
        assert b"Ich bin allein." in opened


async def reloaded(line: Line) -> None:
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(1.5)
    await settled(line)


@both
async def test_a_key_that_is_replaced_while_the_line_runs(engine: str, tmp_path: Path) -> None:
    """The file alone changes nothing; a reload takes the new key; a corrupt file is refused and changes nothing."""
    first, second = ana(), key(f"Ana New <{ANA}>")
    async with faulty_line(tmp_path / "line", engine, public(first)) as line:

        async def reader() -> str:
            had = len(line.ana.mailbox)
            await line.seeker(f"s{had}@mail.test", "Lou").writes(f"For the key {SECRET}.")
            await settled(line)
            (letter,) = line.ana.mailbox[had:]
            data = judges.ciphertext_of(letter.raw)
            files = {each: judges.Reader(each, tmp_path).key_file for each in (first, second)}
            opens = [each for each, file in files.items() if not judges.run("sq", "decrypt", "--recipient-key", file, given=data).returncode]  # fmt: skip
            return " ".join(opens)

        assert await reader() == first
        (line.folder / "ana.asc").write_bytes(public(second))
        assert await reader() == first
        await reloaded(line)
        assert await reader() == second
        (line.folder / "ana.asc").write_bytes(
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----\n"
        )
        await reloaded(line)
        assert await reader() == second
        assert not released(line)


# --- programs and places that do not work (F19: kill, SIGSTOP, missing, read-only) -------------------------

AGENTS = {
    "agent killed": agent_that(signal.SIGKILL),
    "agent stopped": agent_that(signal.SIGSTOP),
    "agent does not start": "exit 2",
    "agent hangs": "exec sleep 60",
}


@pytest.mark.parametrize("what", AGENTS)
async def test_an_agent_that_does_not_work_opens_nothing(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And seals all the same, for which there is no agent; when it works again, so does the line."""
    programs = Programs(tmp_path / "programs")
    monkeypatch.setattr("relay.in_force.engine_of", lambda _: programs.engine(tmp_path / "h"))
    async with faulty_line(tmp_path / "line", "gnupg", None) as line:
        own = await own_key(line)
        programs.becomes("gpg-agent", AGENTS[what])
        assert await wrong_with_opening(line, own) == []
        assert list((tmp_path / "h").iterdir()) == []


@pytest.mark.parametrize("what", ["missing", "hangs", "slow"])
async def test_a_program_that_does_not_work(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing or hung it holds; slow it only takes longer, and nobody else waits for it."""
    programs = Programs(tmp_path / "programs")
    monkeypatch.setattr(
        "relay.in_force.engine_of", lambda _: programs.engine(tmp_path / "h", 10.0 if what == "slow" else 2.0)
    )
    async with faulty_line(tmp_path / "line", "gnupg", public(ana())) as line:
        own = await own_key(line)
        if what == "missing":
            (programs.folder / "gpg").unlink()
        else:
            programs.becomes("gpg", "exec sleep 60" if what == "hangs" else 'sleep 1; exec /usr/bin/gpg "$@"')
        if what != "slow":
            assert await wrong_with_sealing(line) == []
            assert await wrong_with_opening(line, own) == []
            return
        had = len(line.ana.mailbox)
        started = time.monotonic()
        await line.seeker().writes(f"Slowly {SECRET}.")
        await line.seeker("kim@mail.test", "Kim").writes("Ich bin allein.", "hilfe@relay.test")
        assert "Ich bin allein." in (await line.ben.receives(automatic=False)).text
        others_s = time.monotonic() - started
        await settled(line)
        assert [one["Subject"] for one in line.ana.mailbox[had:]] == ["[...]"]
        assert others_s < time.monotonic() - started
        assert not released(line)


async def test_a_key_of_the_lines_that_wants_a_passphrase_opens_nothing(tmp_path: Path) -> None:
    """Nobody is there to be asked for one."""
    locked = desk().gpg(
        "--status-fd", "1", "--passphrase", "words", "--quick-generate-key", "Locked <help@relay.test>", "default", "default", "1y",
    )  # fmt: skip
    fingerprint = locked.decode().split("KEY_CREATED B ")[1].split()[0]
    secret = desk().gpg("--passphrase", "words", "--armor", "--export-secret-keys", fingerprint)
    desk().gpg("--delete-secret-keys", fingerprint)
    async with faulty_line(tmp_path / "line", "gnupg", None) as line:
        await line.daemon.store.service_keys.add(
            ServiceKey(b"locked" + bytes(10), "help@relay.test", fingerprint, secret, START, START + timedelta(days=300))
        )  # fmt: skip
        assert await wrong_with_opening(line, fingerprint) == []


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_that_takes_nothing(how: str, tmp_path: Path) -> None:
    """In a mount namespace of its own, on a disk of its own."""
    program = shutil.which("unshare")
    assert program, "unshare is missing; .ci/setup test installs it (util-linux)"
    mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [
        program,
        *mapped,
        "--mount",
        sys.executable,
        "-m",
        "tests.openpgp.mounted_line",
        how,
        str(tmp_path / "m"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert (report["sealing"], report["opening"], report["released"]) == ([], [], False)
    assert report["before"] == 1
    assert report["after"] == ["[...]"]
    assert report["left"] == []


# --- certificates that cost (D05) ---------------------------------------------------------------------------


def _with(more: bytes) -> bytes:
    return armor.armored(desk().certificate(ana()) + more, armor.CERTIFICATE)


def _self_signature() -> bytes:
    return next(whole for tag, whole, _ in pieces(desk().certificate(ana())) if tag == 2)


def _huge_rsa() -> bytes:
    """16,384 bits, and a signature of that size; no program would make one in our lifetime, and each has to read it."""
    number = (0x4000).to_bytes(2, "big") + b"\xff" * 2048
    body = b"\x04\x5c\x00\x00\x00\x01" + number + b"\x00\x11\x01\x00\x01"
    signature = b"\x04\x13\x01\x08\x00\x06\x05\x02\x5c\x00\x00\x00\x00\x00\x12\x34" + number
    return armor.armored(
        packet(6, body) + packet(13, b"Ana <a@b.test>") + packet(2, signature), armor.CERTIFICATE
    )


LOOK_S = 1.5
"""Of the processor: a second for the look, and what the start of a daemon takes."""

BOMBS: dict[str, Callable[[], bytes]] = {
    "10,000 user ids": lambda: _with(b"".join(packet(13, b"Ana %d <a@b.test>" % n) for n in range(10_000))),
    "10,000 signatures": lambda: _with(_self_signature() * 10_000),
    "a megabyte of picture": lambda: _with(packet(17, bytes(1_000_000))),
    "16,384 bits": _huge_rsa,
    "two keys": lambda: _with(desk().certificate(mallory())),
    "a secret key": lambda: desk().gpg("--armor", "--export-secret-keys", ana()),
}


@both
@pytest.mark.parametrize("what", BOMBS)
async def test_a_key_that_costs_is_refused_or_read_in_a_second(
    engine: str, what: str, tmp_path: Path
) -> None:
    """At the start it is named as an error of the configuration, or mail to its owner is held."""
    octets = BOMBS[what]()
    line = faulty_line(tmp_path / "line", engine, octets)
    started = time.process_time()
    refusal = await _started(line)
    assert time.process_time() - started < LOOK_S
    if refusal:
        assert "openpgp_key" in refusal
        return
    assert await wrong_with_sealing(line) == []
    await line.__aexit__()


async def _started(line: Line) -> str:
    """What is said when it does not start."""
    try:
        await line.__aenter__()
    except ConfigError as error:
        await line.sink.stop()
        return str(error)
    return ""


@both
async def test_a_certificate_with_much_beside_it_is_minimised(engine: str, tmp_path: Path) -> None:
    """A picture, certifications by many others: at most 64 KiB are kept, and it works."""
    for _ in range(3):
        desk().gpg("--local-user", mallory(), "--quick-sign-key", ana())
    octets = _with(packet(17, b"\xc1\x00" + bytes(20_000)))
    line = faulty_line(tmp_path / "line", engine, octets)
    async with line:
        kept = line.daemon.in_force.certificates["ana"].octets
        assert len(kept) <= shapes.MINIMISED_OCTETS
        assert len(kept) < len(desk().certificate(ana()))
        await line.seeker().writes(f"Sealed {SECRET}.")
        await settled(line)
        assert [one["Subject"] for one in line.ana.mailbox] == ["[...]"]
        assert not released(line)


V6 = lambda: armor.armored(bytes(pysequoia.Tsk.generate("Ana", profile=pysequoia.Profile.RFC9580).extract_certificate()), armor.CERTIFICATE, is_new=True)  # noqa: E731  # fmt: skip


@both
async def test_version_six_and_elgamal_are_sealed_to_or_held(engine: str, tmp_path: Path) -> None:
    """What an engine cannot do is not done halfway (``tests/openpgp/test_kinds_of_keys.py`` says which can what)."""
    for number, octets in enumerate((V6(), public(key(f"Ana Old <{ANA}>", "dsa2048", "elg2048")))):
        async with faulty_line(tmp_path / f"line{number}", engine, octets) as line:
            await line.seeker().writes(f"Sealed {SECRET}.")
            await settled(line)
            subjects = {one["Subject"] for one in line.ana.mailbox}
            assert len(subjects) == 1
            assert (
                subjects <= {"[...]", "A message for you waits"}
                or "A message for you waits" in subjects.pop()
            )
            assert not released(line)
