"""``relay keys``: made, shown, published and ended; no secret key is ever printed or written."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import load
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.store import open_store
from relay.flow.service_keys import ServiceKey
from relay.mail.zbase32 import zbase32
from tests.unit.config.folder import COUNSELORS, RELAY, write

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["gnupg", "sequoia"])
def run(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("list")`` gives the exit code and both outputs of ``relay keys list``."""
    folder = write(tmp_path, RELAY + f'\n[openpgp]\nengine = "{request.param}"\n', COUNSELORS)
    settings = load(folder)
    asyncio.run(open_store(settings.storage.url, settings.storage.master_key_file).close())

    def keys(*arguments: str) -> tuple[int, str, str]:
        code = main(["keys", *arguments, "--config", str(folder)])
        shown = capsys.readouterr()
        assert "PRIVATE" not in shown.out + shown.err
        return code, shown.out, shown.err

    return keys


def test_a_key_from_its_making_to_its_end(run: Run, tmp_path: Path) -> None:
    """As an operator types it."""
    assert run() == (0, "There is no key yet.\n", "")
    code, made, _ = run("generate", "help@relay.test")
    assert code == 0
    key_id = made.split("A new key is there: ")[1].split()[0]
    code, _, error = run("generate", "help@relay.test")
    assert (code, "relay keys rotate" in error) == (1, True)
    code, exported, _ = run("export", "help@relay.test")
    assert exported.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")

    target = tmp_path / "www"
    code, said, _ = run("publish", str(target))
    assert code == 0
    name = zbase32(hashlib.sha1(b"help", usedforsecurity=False).digest())
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("hu/*"))
    assert found == [f".well-known/openpgpkey/hu/{name}", f".well-known/openpgpkey/relay.test/hu/{name}"]
    assert not any(b"PRIVATE" in path.read_bytes() for path in target.rglob("*") if path.is_file())

    code, _, error = run("drop", key_id)
    assert (code, "this key is in use" in error) == (1, True)
    code, said, _ = run("rotate", "help@relay.test")
    assert "given out no more" in said
    _, listed, _ = run("list")
    assert [line.split()[-1] for line in listed.splitlines()] == ["retired", "use"]
    code, revoked, _ = run("revoke", key_id)
    assert (code, revoked.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")) == (0, True)
    assert run("drop", key_id)[0] == 0
    assert len(run("list")[1].splitlines()) == 1


def test_keys_of_seekers_are_listed_by_pseudonym_and_nobody_is_found_by_chance(run: Run) -> None:
    """With none there, it says so; a wrong pseudonym forgets nobody's."""
    assert run("seeker") == (0, "No seeker gave a key.\n", "")
    assert run("seeker", "list")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("seeker", "drop"), "the pseudonym of one seeker"),
        (("seeker", "list", "Maple"), "the pseudonym of one seeker"),
        (("seeker", "drop", "Maple", "Heron"), "nobody with that pseudonym"),
        (("list", "x", "y"), "only 'seeker drop' takes a pseudonym"),
        (("generate",), "name one of the intake addresses"),
        (("generate", "nobody@relay.test"), "name one of the intake addresses"),
        (("export", "help@relay.test"), "there is no key for it yet"),
        (("revoke", "abc"), "no key has an id that begins so"),
        (("drop",), "no key has an id that begins so"),
        (("publish",), "name the folder"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], sentence: str, run: Run) -> None:
    """What, where, and what to do."""
    code, _, error = run(*arguments)
    assert (code, sentence in error) == (1, True)


def test_a_key_that_has_ended_is_not_given_out(run: Run, tmp_path: Path) -> None:
    """Nobody can encrypt to it: it is said with what to type, and nothing is written. The next one is given out."""
    storage, now = load(tmp_path).storage, datetime.now(UTC)

    async def kept() -> None:
        store = open_store(storage.url, storage.master_key_file)
        ended_at = now - timedelta(days=1)
        await store.service_keys.add(ServiceKey(b"k" * 16, "help@relay.test", "F" * 40, b"x", now, ended_at))
        await store.close()

    asyncio.run(kept())
    for arguments in (("export", "help@relay.test"), ("publish", str(tmp_path / "www"))):
        code, shown, error = run(*arguments)
        assert (code, shown) == (1, "")
        assert f"relay keys {arguments[0]}: the key of help@relay.test ended on " in error
        assert "'relay keys rotate help@relay.test'" in error
    assert not (tmp_path / "www").exists()
    assert run("rotate", "help@relay.test")[0] == 0
    assert "PUBLIC KEY BLOCK" in run("export", "help@relay.test")[1]
    assert f"it is good until {now.year + 2}-" in run("publish", str(tmp_path / "www"))[1]


def test_a_name_in_the_web_key_directory_is_that_of_the_draft() -> None:
    """Its own example: Joe.Doe@Example.ORG."""
    assert (
        zbase32(hashlib.sha1(b"joe.doe", usedforsecurity=False).digest())
        == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"
    )


@pytest.mark.parametrize(
    ("days", "is_retired", "said"),
    [
        (20, False, "help@relay.test: it expires on "),
        (-1, False, "help@relay.test: nobody can encrypt to it since it expired on "),
        (400, False, None),
        (20, True, None),
    ],
)
def test_relay_check_watches_the_keys_of_the_line_itself(
    days: int, is_retired: bool, said: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to type; one that is given out no more does not matter, and neither does a database still to come."""
    folder = write(tmp_path, RELAY, COUNSELORS)
    assert main(["check", "--config", str(folder)]) == 0
    assert "OpenPGP key" not in capsys.readouterr().out
    storage, now = load(folder).storage, datetime.now(UTC)

    async def kept() -> None:
        store = open_store(storage.url, storage.master_key_file)
        expires_at = now + timedelta(days=days)
        await store.service_keys.add(
            ServiceKey(b"k" * 16, "help@relay.test", "F" * 40, b"x", now, expires_at)
        )
        if is_retired:
            await store.service_keys.retire(b"k" * 16, now)
        await store.close()

    asyncio.run(kept())
    assert main(["check", "--config", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert ("OpenPGP key of" in shown) is (said is not None)
    assert f"warning: the OpenPGP key of {said}" in shown or said is None
    assert ("relay keys rotate help@relay.test" in shown) is (said is not None)


def test_relay_check_warns_of_keys_that_do_not_work_or_soon_will_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before mail is held for it; what is no key at all is an error."""
    now = datetime.now(UTC)
    engine = GnuPg(tmp_path / "g")
    for days, said in ((20, "expires on"), (0.02, ""), (400, None)):
        made = now - timedelta(days=1) if said == "" else now
        secret = engine.generate(
            "c", now + timedelta(days=days) if said != "" else now - timedelta(hours=1), made
        )
        (tmp_path / "ana.asc").write_bytes(engine.public_of(secret))
        key = 'duty = ["always"]\nopenpgp_key = "ana.asc"'
        folder = write(tmp_path, RELAY, COUNSELORS.replace('duty = ["always"]', key))
        assert main(["check", "--config", str(folder)]) == 0
        shown = capsys.readouterr().out
        assert ("openpgp_key of counselor ana" in shown) is (said is not None)
        assert (said or "") in shown
    (tmp_path / "ana.asc").write_text("nonsense")
    assert main(["check", "--config", str(folder)]) == 1
    assert "cannot be read as one OpenPGP certificate" in capsys.readouterr().err
