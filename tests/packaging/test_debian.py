"""The Debian package: built, installed, used, upgraded with its data, removed and purged.

There is no service manager in the machine of the test: units are checked by systemd-analyze, and the daemon is started as
its unit does, as the user that the package made. `make test-package`.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.machine import Machine
from tests.support.daemon import ROOT

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[smtp]
listen = ["127.0.0.1:2525"]

[next_hop]
host = "127.0.0.1"
port = 2526
tls = "never"

[storage]
url = "sqlite:////var/lib/relay/relay.db"
master_key_file = "/etc/relay-keys/master.key"
"""
COUNSELORS_TOML = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
address = "ana.ruiz@home.test"
duty = ["always"]
"""
SEND = """
import smtplib, sys
sender, recipient, text = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", 2525, local_hostname="mua.test") as door:
    door.sendmail(sender, [recipient], f"From: {sender}\\r\\nTo: {recipient}\\r\\nSubject: Hello\\r\\n"
                  f"Message-ID: <{abs(hash(text))}@mua.test>\\r\\n\\r\\n{text}\\r\\n")
"""
MAILBOX = "/opt/mailbox"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once; a minute or two."""
    folder = tmp_path_factory.mktemp("package")
    done = subprocess.run(
        [ROOT / "packaging" / "build-deb", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path / "machine") as made:
        yield made


def version(package: Path, number: str, folder: Path) -> Path:
    """The same package under another number."""
    tree = folder / number
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text(
        "".join(f"Version: {number}\n" if line.startswith("Version:") else line for line in lines)
    )
    made = folder / f"relay_{number}.deb"
    subprocess.run(["dpkg-deb", "--build", "-Znone", tree, made], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made


def put(machine: Machine, path: str, text: str) -> None:
    (machine.root / path.lstrip("/")).write_text(text)


def letters(machine: Machine) -> list[str]:
    """What the next hop was given."""
    folder = machine.root / MAILBOX.lstrip("/") / "new"
    return [path.read_text() for path in folder.iterdir()] if folder.exists() else []


def wait_for(machine: Machine, word: str) -> str:
    """The letter with this word, once the next hop has it."""
    for _ in range(300):
        for letter in letters(machine):
            if word in letter:
                return letter
        time.sleep(0.1)
    raise TimeoutError(f"no letter with {word}")


def found_and_rehearse(machine: Machine) -> None:
    """As the guide says: a configuration for the service, and a test letter all the way round; then all of it away again."""
    said = machine.run(
        "relay", "init", "--config", "/etc/relay", "--yes", "--domain=line.test", "--operator=operator@ops.test",
        "--counselor-name=Ana Ruiz", "--counselor-address=ana.ruiz@home.test", "--pseudonym=Robin",
    )  # fmt: skip
    assert "systemctl enable --now relay.socket relay.service" in said
    keys = sorted(path.name for path in (machine.root / "etc/relay/dkim").iterdir())
    files = ["relay.toml", "counselors.toml", "dkim", *(f"dkim/{key}" for key in keys)]
    modes = machine.run("stat", "-c", "%U:%G %a", *(f"/etc/relay/{name}" for name in files))
    assert modes.splitlines() == ["root:relay 640"] * 2 + ["relay:relay 700"] + ["relay:relay 600"] * 2
    assert machine.run("stat", "-c", "%U:%G %a", "/etc/relay-keys/master.key") == "root:root 600\n"
    assert "The configuration is complete" in machine.run(
        "relay", "check", "--config", "/etc/relay", user="relay"
    )
    assert "It works: a test letter went all the way round" in machine.run(
        "relay", "quickstart", "--config", "/etc/relay", user="relay"
    )
    machine.run("sh", "-c", "rm -r /etc/relay/* /etc/relay-keys/*")


def test_a_life_of_the_package(package: Path, machine: Machine, tmp_path: Path) -> None:
    """Installed, configured, used; upgraded while a conversation is open; removed; purged."""
    old, new = version(package, "0.0.9", tmp_path), package
    for name, path in (("old", old), ("new", new)):
        shutil.copy(path, machine.root / "opt" / f"{name}.deb")

    said = machine.run("dpkg", "-i", "/opt/old.deb")
    assert "next, write the configuration" in said
    assert "relay 0." in machine.run("relay", "--version")
    assert machine.run("stat", "-c", "%U:%G %a", "/var/lib/relay", "/etc/relay", "/etc/relay-keys").split("\n")[:3] == [
        "relay:relay 700", "root:relay 750", "root:root 700"
    ]  # fmt: skip
    machine.run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/relay.service")
    assert "explain" in machine.run("zcat", "/usr/share/man/man1/relay.1.gz")
    machine.run("bash", "-c", ". /usr/share/bash-completion/completions/relay && complete -p relay")
    assert machine.run("dpkg", "--verify", "relay") == ""

    found_and_rehearse(machine)
    put(machine, "/etc/relay/relay.toml", RELAY_TOML)
    put(machine, "/etc/relay/counselors.toml", COUNSELORS_TOML)
    machine.run("relay", "keygen", "/etc/relay-keys/master.key")
    # the service manager hands the key over as a credential; here the user reads it
    machine.run("chown", "-R", "relay:", "/etc/relay-keys")
    machine.run("chgrp", "relay", "/etc/relay/relay.toml", "/etc/relay/counselors.toml")
    assert "The configuration is complete" in machine.run(
        "relay", "check", "--config", "/etc/relay", user="relay"
    )
    put(machine, "/opt/send.py", SEND)
    machine.start("/usr/lib/relay/.venv/bin/python", "-m", "aiosmtpd", "-n", "-l", "127.0.0.1:2526",
                  "-c", "aiosmtpd.handlers.Mailbox", MAILBOX)  # fmt: skip
    machine.until_listening(2526)

    daemon = machine.start("relay", "run", "--config", "/etc/relay", user="relay")
    machine.until_listening(2525)
    machine.run("python3", "/opt/send.py", "sam@mail.test", "help@relay.test", "Is anybody there?")
    request = wait_for(machine, "Is anybody there?")
    assert "sam@mail.test" not in request.split("\n\n", 1)[1]
    alias = (
        next(line for line in request.splitlines() if line.startswith("From:")).rpartition("<")[2].rstrip(">")
    )
    assert machine.end(daemon) == 0

    machine.run("dpkg", "-i", "/opt/new.deb")
    daemon = machine.start("relay", "run", "--config", "/etc/relay", user="relay")
    machine.until_listening(2525)
    machine.run("python3", "/opt/send.py", "ana.ruiz@home.test", alias, "I am here now.")
    wait_for(machine, "I am here now.")
    assert machine.end(daemon) == 0

    machine.run("dpkg", "-r", "relay")
    machine.run("test", "-e", "/usr/bin/relay", fails=True)
    machine.run("test", "-s", "/var/lib/relay/relay.db")
    machine.run("test", "-s", "/etc/relay/relay.toml")
    machine.run("dpkg", "-P", "relay")
    for path in ("/var/lib/relay", "/etc/relay", "/etc/relay-keys", "/usr/lib/relay"):
        machine.run("test", "-e", path, fails=True)
