"""When an engine cannot do its work: an error in one word, in time, with nothing left behind and nothing in clear."""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from relay.edge.openpgp import Certificate, Engine, OpenPgpError
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia
from tests.unit.edge import openpgp_world as world
from tests.unit.edge.openpgp_world import ENGINES, NOW, TEXT, desk, engine, person, relay_at_desk, relay_key

both = pytest.mark.parametrize("name", ENGINES)
ROOM = 10_000


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    assert world.left_behind() == []


def ana() -> Certificate:
    return engine("gnupg").read_certificate(desk().certificate(person("ana")), NOW)


ASKS: dict[str, Callable[[Engine], object]] = {
    "read_certificate": lambda it: it.read_certificate(ana().octets, NOW),
    "encrypt": lambda it: it.encrypt(TEXT, ana().octets, NOW),
    "decrypt": lambda it: it.decrypt(
        desk().seal(TEXT, relay_at_desk("gnupg")), [relay_key("gnupg")], [ana()], NOW, ROOM
    ),
    "verify": lambda it: it.verify(TEXT, desk().sign(TEXT, person("ana")), [ana()], NOW),
    "generate": lambda it: it.generate("relay", NOW + timedelta(days=1), NOW),
    "public_of": lambda it: it.public_of(relay_key("gnupg")),
    "revoke": lambda it: it.revoke(relay_key("gnupg"), NOW),
}
every = pytest.mark.parametrize("ask", ASKS)


def failing(it: Engine, ask: str, *reasons: str) -> None:
    ASKS[ask](engine(ENGINES[0]))  # what others made for the question is there
    with pytest.raises(OpenPgpError) as caught:
        ASKS[ask](it)
    assert caught.value.reason in reasons
    assert caught.value.args == (caught.value.reason,)


def program(folder: Path, text: str, name: str = "gpg") -> str:
    """A program that stands in the place of another."""
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, taken away afterwards."""
    path = Path(tempfile.mkdtemp(prefix="f", dir=world.folder()))
    yield path
    shutil.rmtree(path)


@every
@both
def test_a_program_that_hangs_is_ended(name: str, ask: str, short: Path) -> None:
    """With all that it started, within the limit."""
    nap = f"sleep 61.{time.monotonic_ns()}"
    hung = program(short, f"{nap} & {nap}\n")
    it: Engine = GnuPg(short / "h", hung, limit_s=0.3) if name == "gnupg" else Sequoia(hung, limit_s=0.3)
    ASKS[ask](engine(name))
    started = time.monotonic()
    failing(it, ask, "timeout")
    assert time.monotonic() - started < 3
    assert list((short / "h").glob("*")) == []
    assert gone(nap)


def gone(command: str) -> bool:
    """Whether it has ended; what was killed may take a moment."""
    for _ in range(20):
        if not [line for line in commands() if command in line]:
            return True
        time.sleep(0.02)
    return False


def commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("ask", ["decrypt", "revoke"])
def test_an_agent_that_hangs_is_ended(ask: str, short: Path) -> None:
    """Before it serves; and when it was stopped while it should serve."""
    real = program(short, 'exec gpg "$@"\n'.replace("gpg", "/usr/bin/gpg"))
    nap = f"sleep 62.{time.monotonic_ns()}"
    program(short, f"{nap}\n", "gpg-agent")
    failing(GnuPg(short / "h", real, limit_s=0.5), ask, "timeout")
    program(
        short,
        '/usr/bin/gpg-agent "$@"\nfor p in $(ps -o pid= -g $$); do [ $p = $$ ] || kill -STOP $p; done\n',
        "gpg-agent",
    )
    started = time.monotonic()
    failing(GnuPg(short / "h", real, limit_s=1.0), ask, "timeout", "agent")
    assert time.monotonic() - started < 15
    assert list((short / "h").iterdir()) == []
    assert gone(nap)
    assert gone(str(short))


@every
@both
def test_a_program_that_is_missing_or_wrong_gives_an_error(name: str, ask: str, short: Path) -> None:
    """No such file; one that says nothing; one that says everything is well; one that writes without end."""
    lines = "".join(f"[GNUPG:] {word}\n" for word in ("BEGIN_ENCRYPTION 2 9", "END_ENCRYPTION"))
    endless = "while :; do echo 0123456789012345678901234567890123456789; done\n"
    for binary in (
        program(short, "exit 0\n", "a"), program(short, "exit 3\n", "b"),
        program(short, f"cat\nprintf '{lines}' >&2\nexit 0\n", "c"), program(short, endless, "d"),
    ):  # fmt: skip
        it: Engine = GnuPg(short / "h", binary, limit_s=5) if name == "gnupg" else Sequoia(binary, limit_s=5)
        failing(it, ask, "failed", "too-large")
    none = str(short / "none")
    for binary in (none, program(short, f"exec {none}\n", "e")):
        it = GnuPg(short / "h", binary, limit_s=5) if name == "gnupg" else Sequoia(binary, limit_s=5)
        failing(it, ask, "no-program")


@pytest.mark.parametrize("ask", ["decrypt", "encrypt", "generate", "public_of", "revoke"])
def test_a_code_other_than_zero_is_an_error_whatever_the_lines_say(ask: str, short: Path) -> None:
    """Lines and code have to agree."""
    word = {"decrypt": "--decrypt", "encrypt": "--encrypt", "generate": "--generate-key", "public_of": "--export",
            "revoke": "--gen-revoke"}[ask]  # fmt: skip
    text = f'/usr/bin/gpg "$@"\ncode=$?\ncase "$*" in *{word}*) exit 2;; esac\nexit $code\n'
    failing(GnuPg(short / "h", program(short, text)), ask, "failed", "cannot-open", "not-usable")


def test_a_gpg_that_does_not_encrypt_gives_nothing(short: Path) -> None:
    """It says that it did, and hands back what it got: what goes out is looked at once more."""
    lines = "[GNUPG:] BEGIN_ENCRYPTION 2 9\\n[GNUPG:] END_ENCRYPTION\\n"
    text = (
        'case "$*" in *--encrypt*) fd=$(echo "$*" | sed "s/.*--status-fd \\([0-9][0-9]*\\).*/\\1/"); '
        f"printf '{lines}' >&$fd; cat; exit 0;; esac\nexec /usr/bin/gpg \"$@\"\n"
    )
    text = text.replace(">&$fd", ">/proc/self/fd/$fd")
    lying = GnuPg(short / "h", program(short, text))
    for content in (
        TEXT,
        desk().gpg("--armor", "--store", given=TEXT),
        desk().gpg("--armor", "-r", person("ana"), "-e", given=TEXT),
    ):
        with pytest.raises(OpenPgpError) as caught:
            lying.encrypt(content, ana().octets, NOW)
        assert caught.value.reason == "failed"


@every
@pytest.mark.parametrize("where", ["a file", "not ours", "gone"])
def test_a_home_that_cannot_be_made_gives_an_error(ask: str, where: str, short: Path) -> None:
    """Nothing is written anywhere else instead."""
    (short / "file").write_bytes(b"")
    home = {"a file": short / "file", "not ours": Path("/proc/sys"), "gone": short / "no" / "folder"}[where]
    before = sorted(short.rglob("*"))
    failing(GnuPg(home), ask, "read-only")
    assert sorted(short.rglob("*")) == before


@pytest.mark.parametrize("ask", ["decrypt", "encrypt", "public_of", "revoke", "generate"])
def test_a_home_that_vanishes_gives_an_error(ask: str, short: Path) -> None:
    """Somebody tidies up, or the disk goes away."""
    text = (
        'case "$*" in *--list-config*|*--version*) ;; *) rm -rf "$GNUPGHOME";; esac\nexec /usr/bin/gpg "$@"\n'
    )
    failing(
        GnuPg(short / "h", program(short, text), limit_s=5),
        ask,
        "read-only",
        "agent",  # which ends by itself when its home is gone
    )
    assert list((short / "h").iterdir()) == []


def test_a_home_is_for_nobody_else_and_holds_no_content(short: Path) -> None:
    """Mode 0700, while it is there; what is in the message is in no file of it."""
    script = 'cp -r "$GNUPGHOME" "$(dirname "$0")/seen$$"\n/usr/bin/gpg "$@"\ncode=$?\ncp -r "$GNUPGHOME" "$(dirname "$0")/after$$"\nexit $code\n'
    it = GnuPg(short / "h", program(short, script))
    message = desk().seal(b"canary" * 50, relay_at_desk("gnupg"), person("ana"))
    assert it.decrypt(message, [relay_key("gnupg")], [ana()], NOW, ROOM).content == b"canary" * 50
    it.encrypt(b"canary" * 50, ana().octets, NOW)
    assert it.verify(b"canary" * 50, desk().sign(b"canary" * 50, person("ana")), [ana()], NOW) == {
        person("ana")
    }
    seen = [*short.glob("seen*"), *short.glob("after*")]
    assert len(seen) > 8
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*seen, short / "h")} == {0o700}
    files = [path for folder in seen for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"canary" in path.read_bytes()]


@both
def test_nothing_of_content_or_key_is_on_a_command_line(name: str, short: Path) -> None:
    """Everybody on the machine can read those."""
    log = short / "log"
    inner = "/usr/bin/gpg" if name == "gnupg" else sys.executable
    binary = program(short, f'echo "$@" >> {log}\nexec {inner} "$@"\n')
    it: Engine = GnuPg(short / "h", binary) if name == "gnupg" else Sequoia(binary)
    for ask in sorted(set(ASKS) - {"revoke"}):
        ASKS[ask](it)
    said = log.read_text()
    if name == "gnupg":
        assert len(said.splitlines()) > 6
    else:  # one program, and children that bear its name
        assert len(said.splitlines()) == 1
    for secret in ("relay@", "ana@", "I do not know", "PRIVATE", "Name-Real"):
        assert secret not in said


@both
def test_many_threads_at_once_do_not_meet(name: str) -> None:
    """Each call has a home or a process of its own."""
    to = engine(name).read_certificate(engine("gnupg").public_of(relay_key("gnupg")), NOW)
    barrier = threading.Barrier(6)

    def there_and_back(number: int) -> bytes:
        barrier.wait()
        message = engine(name).encrypt(b"%d" % number, to.octets, NOW)
        return engine(name).decrypt(message, [relay_key("gnupg")], [], NOW, ROOM).content

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(there_and_back, range(6))) == [b"%d" % number for number in range(6)]


@both
def test_no_descriptor_is_left_open(name: str) -> None:
    """Whether it went well or not."""
    message = desk().seal(TEXT, relay_at_desk("gnupg"))
    for _ in range(2):
        before = len(list(Path("/proc/self/fd").iterdir()))
        engine(name).decrypt(message, [relay_key("gnupg")], [ana()], NOW, ROOM)
        with pytest.raises(OpenPgpError):
            engine(name).decrypt(message, [relay_key("gnupg")], [], NOW, 5)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@both
def test_surroundings_change_nothing(name: str, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home with a configuration of somebody's, and an agent of somebody's, in the environment."""
    (short / "gpg.conf").write_text("comment canary\nemit-version\nno-throw-keyids\nencrypt-to 0x1\n")
    for variable in ("GNUPGHOME", "HOME"):
        monkeypatch.setenv(variable, str(short))
    monkeypatch.setenv("PYTHONPATH", str(short))
    (short / "pysequoia.py").write_text("raise SystemExit\n")
    it: Engine = GnuPg(short / "h") if name == "gnupg" else Sequoia()
    assert b"canary" not in it.encrypt(TEXT, ana().octets, NOW)
    assert ASKS["decrypt"](it) == ASKS["decrypt"](engine("gnupg"))
