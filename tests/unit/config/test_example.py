"""The example configuration is written by the classes that read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from relay.config import load, render_example
from relay.edge.dkim.keys import KeyKind, create_key
from tests.unit.config.folder import write

REPOSITORY = Path(__file__).parents[3]


def test_the_example_in_the_repository_is_the_one_that_the_classes_write() -> None:
    """After a change of a setting: python -m relay.config config."""
    for name, text in render_example().items():
        assert (REPOSITORY / "config" / name).read_text("utf-8") == text


def test_the_example_loads_and_so_does_every_key_that_it_shows_as_a_comment(tmp_path: Path) -> None:
    """Nobody copies a line from it that is then refused."""
    examples = render_example()
    load(write(tmp_path, examples["relay.toml"], examples["counselors.toml"]))
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [[") else line
        for line in examples["relay.toml"].splitlines()
    ]
    lines = [
        line
        for line in lines
        if not line.startswith(
            ("tls_", "implicit_tls", "starttls", "ca_file", 'username = "relay"', "password_file")
        )
        and not line.startswith("mailbox")  # which says that there is no domain of our own
        and not line.startswith("openpgp_key")  # of a backup, which is for age's recipients here
    ]
    shown = "\n".join(line for line in lines if line.startswith("[") or line.split(" = ")[0].isidentifier())
    people = "\n".join(
        line.removeprefix("# ")
        for line in examples["counselors.toml"].splitlines()[3:]
        if (" = " in line or line.removeprefix("# ").startswith("[["))
        and not line.startswith("# fallback")  # which names somebody else
    )

    (tmp_path / "dkim").mkdir()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "c-01.asc").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    (tmp_path / "risk").mkdir()
    for language in ("en", "de"):
        (tmp_path / "risk" / f"{language}.txt").write_text("nobody would miss me\n")
    create_key(tmp_path / "dkim" / "ed2026.pem", KeyKind.ED25519)
    settings = load(write(tmp_path, shown, people))

    assert settings.workers.processes == 2
    assert settings.counselor[0].also_from
    assert settings.supervisor[0].also_from


def test_the_example_is_written_by_the_module(tmp_path: Path) -> None:
    """As the docs say; a wrong call says how."""
    program = [sys.executable, "-m", "relay.config"]
    done = subprocess.run(
        [*program, str(tmp_path)], check=False, capture_output=True, timeout=30, cwd=REPOSITORY
    )

    assert (done.returncode, {file.name for file in tmp_path.iterdir()}) == (
        0,
        {"relay.toml", "counselors.toml"},
    )

    done = subprocess.run(program, check=False, capture_output=True, timeout=30, cwd=REPOSITORY)

    assert (done.returncode, done.stderr) == (2, b"usage: python -m relay.config FOLDER\n")
