"""What an operator is told of an engine that cannot work: which of its parts, and never that a good key is bad."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from relay.edge.openpgp import OpenPgpError
from relay.edge.openpgp.gnupg import GnuPg
from relay.flow.ciphers import CipherTrouble
from relay.mail.text_names import CIPHER_CAUSES
from tests.support.namespace import unshared
from tests.unit.edge import openpgp_world as world
from tests.unit.edge.openpgp_world import ENGINES, NOW, TEXT, WORDS, desk, engine, person
from tests.unit.edge.test_openpgp_faults import ana, program

ROOT = Path(__file__).parents[3]

ASK = """
import sys
from datetime import datetime
from pathlib import Path
from relay.edge.openpgp import OpenPgpError
from relay.edge.openpgp.gnupg import GnuPg
now = datetime.fromisoformat(sys.argv[2])
for what in ("read_certificate", "generate"):
    try:
        if what == "generate":
            GnuPg(Path(sys.argv[1])).generate("relay", now.replace(year=now.year + 1), now)
        else:
            found = GnuPg(Path(sys.argv[1])).read_certificate(Path(sys.argv[3]).read_bytes(), now)
            print("trouble", found.trouble)
    except OpenPgpError as error:
        print(error.reason)
"""


@pytest.fixture
def short() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="r", dir=world.folder()))
    yield path
    shutil.rmtree(path)


@pytest.mark.parametrize(("options", "said"), [("size=64k", "full"), ("ro", "read-only")])
def test_a_disk_that_is_full_or_read_only_says_so(options: str, said: str, short: Path) -> None:
    """A real file system, in a namespace of its own; the key that is looked at is a good one."""
    place = short / "disk"
    place.mkdir()
    (short / "ask.py").write_text(ASK)
    (short / "key").write_bytes(ana().octets)
    run = f"mount -t tmpfs -o {options} none {place} && exec {sys.executable} {short / 'ask.py'} {place}/h"
    fill = f"(head -c 64k /dev/zero > {place}/fill || true) && exec" if said == "full" else "exec"
    run = run.replace("exec", fill, 1) if said == "full" else run.replace(f"{place}/h", str(place))
    shown = subprocess.run(
        [*unshared(), "--mount", "sh", "-c", f"{run} {NOW.isoformat()} {short / 'key'}"],
        check=True, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert shown.stdout.split("\n") == [said, said, ""], shown.stderr


@pytest.mark.parametrize("text", ["exit 1\n", "kill -9 $$\n"])
def test_an_agent_that_does_not_start_is_named(text: str, short: Path) -> None:
    """Not the key that it should have served."""
    gpg = program(short, 'exec /usr/bin/gpg "$@"\n')
    program(short, text, "gpg-agent")
    with pytest.raises(OpenPgpError) as caught:
        GnuPg(short / "h", gpg).generate("relay", NOW + timedelta(days=1), NOW)
    assert caught.value.reason == "agent"


def test_an_agent_that_dies_at_work_is_named(short: Path) -> None:
    """After it has begun, when a secret key is on its way to it."""
    gpg = program(
        short,
        'case "$*" in *--import*) kill -9 $(ps -eo pid=,args= | grep "[g]pg-agent.*$GNUPGHOME" | cut -c1-8);; esac\n'
        'exec /usr/bin/gpg "$@"\n',
    )
    with pytest.raises(OpenPgpError) as caught:
        GnuPg(short / "h", gpg).public_of(world.relay_key("gnupg"))
    assert caught.value.reason == "agent"


@pytest.mark.parametrize("text", ["exit 2\n", "exit 0\n", "exec cat\n", "kill -9 $$\n"])
def test_a_dead_program_is_not_said_to_be_a_bad_key(text: str, short: Path) -> None:
    """It answers the question about its version and then nothing more."""
    gpg = program(short, f'case "$*" in *--list-config*) exec /usr/bin/gpg "$@";; esac\n{text}')
    it = GnuPg(short / "h", gpg, limit_s=5)
    for ask in (lambda: it.read_certificate(ana().octets, NOW), lambda: it.encrypt(TEXT, ana().octets, NOW)):
        with pytest.raises(OpenPgpError) as caught:
            ask()
        assert caught.value.reason == "failed"


@pytest.mark.parametrize("name", ENGINES)
def test_a_bad_key_is_still_said_to_be_one(name: str) -> None:
    """One that only signs, and one that has ended."""
    signing = desk().make("only-signs", subkey=None)
    assert engine(name).read_certificate(desk().certificate(signing), NOW).trouble == "no-encryption-key"
    assert engine(name).read_certificate(desk().certificate(person("ana")), NOW).trouble == ""


def test_every_reason_has_a_sentence_for_the_operator() -> None:
    """And only what is the key's own is said to be the key's."""
    reasons = {*WORDS, "expired", "revoked", "no-encryption-key", "bad", "no-key", "no-secret-key"}
    assert {CipherTrouble(reason).cause for reason in reasons} == set(CIPHER_CAUSES)
    ours = {reason for reason in reasons if CipherTrouble(reason).is_ours}
    assert {"no-program", "agent", "read-only", "full", "timeout", "failed"} <= ours
    assert not {"expired", "revoked", "bad", "bad-key", "not-usable"} & ours
