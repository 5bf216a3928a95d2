"""The Debian package: built, installed, started, looked at by its doctor, upgraded under load with its data, removed and purged.

In a machine of its own with systemd as its init: the units run as they are shipped. `make test-package`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
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
listen = ["systemd"]

[next_hop]
host = "127.0.0.1"
port = 2526
tls = "never"

[storage]
url = "sqlite:////var/lib/relay/relay.db"
master_key_file = "credential:master.key"
"""
COUNSELORS_TOML = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
address = "ana.ruiz@home.test"
duty = ["always"]
capacity = 500
"""
SOCKET = """
[Socket]
ListenStream=
ListenStream=127.0.0.1:8025
"""
SEND = """
import smtplib, sys
sender, recipient, text = sys.argv[1:]
with smtplib.SMTP("127.0.0.1", 8025, local_hostname="mua.test") as door:
    door.sendmail(sender, [recipient], f"From: {sender}\\r\\nTo: {recipient}\\r\\nSubject: Hello\\r\\n"
                  f"Message-ID: <{abs(hash(text))}@mua.test>\\r\\n\\r\\n{text}\\r\\n")
"""
MAILBOX = "/opt/mailbox"
PYTHON = "/usr/lib/relay/.venv/bin/python"
UNITS = ("relay.socket", "relay.service")
WELL, WARNED, CRITICAL = 0, 1, 2
"""How ``relay check --live`` ends."""


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
    assert owners(machine, *(f"/etc/relay/{name}" for name in files)) == [
        "root:relay 640", "root:relay 640", "relay:relay 700", "relay:relay 600", "relay:relay 600"
    ]  # fmt: skip
    assert owners(machine, "/etc/relay-keys/master.key") == ["root:root 600"]
    assert "The configuration is complete" in machine.run(
        "relay", "check", "--config", "/etc/relay", user="relay"
    )
    assert "It works: a test letter went all the way round" in machine.run(
        "relay", "quickstart", "--config", "/etc/relay", user="relay"
    )
    machine.run("sh", "-c", "rm -r /etc/relay/* /etc/relay-keys/*")


def owners(machine: Machine, *paths: str) -> list[str]:
    """Owner, group and mode of each."""
    return machine.run("stat", "-c", "%U:%G %a", *paths).splitlines()


def install(machine: Machine) -> None:
    """What is there after the first installation."""
    said = machine.run("dpkg", "-i", "/opt/old.deb")
    assert "next, write the configuration" in said
    assert "relay 0." in machine.run("relay", "--version")
    assert owners(machine, "/var/lib/relay", "/etc/relay", "/etc/relay-keys") == [
        "relay:relay 700", "root:relay 750", "root:root 700"
    ]  # fmt: skip
    machine.run("systemctl", "is-active", *UNITS, ends_with=3)
    machine.run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/relay.service")
    assert "explain" in machine.run("zcat", "/usr/share/man/man1/relay.1.gz")
    machine.run("bash", "-c", ". /usr/share/bash-completion/completions/relay && complete -p relay")
    assert machine.run("dpkg", "--verify", "relay") == ""
    for lead in ("operator.md", "monitoring/alerts.yml", "pictures/status.svg", "counselor-page/ar.md"):
        machine.run("test", "-s", f"/usr/share/doc/relay/{lead}")
    # as a root's Python does that is not told otherwise, so that removal has something to leave behind
    machine.run(PYTHON, "-m", "compileall", "-q", "/usr/lib/relay/.venv/lib/python3.11/site-packages/relay")


def start(machine: Machine) -> None:
    """A line of its own, with a next hop that keeps what it is given."""
    put(machine, "/etc/relay/relay.toml", RELAY_TOML)
    put(machine, "/etc/relay/counselors.toml", COUNSELORS_TOML)
    machine.run("relay", "keygen", "/etc/relay-keys/master.key")
    machine.run("chgrp", "relay", "/etc/relay/relay.toml", "/etc/relay/counselors.toml")
    machine.run("mkdir", "/etc/systemd/system/relay.socket.d")
    put(machine, "/etc/systemd/system/relay.socket.d/override.conf", SOCKET)
    put(machine, "/opt/send.py", SEND)
    mailbox(machine)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", *UNITS)
    machine.run("systemctl", "is-active", *UNITS)


def mailbox(machine: Machine) -> None:
    machine.run("systemd-run", "--quiet", "--unit=mailbox", "--collect", PYTHON, "-m", "aiosmtpd", "-n", "-l",
                "127.0.0.1:2526", "-c", "aiosmtpd.handlers.Mailbox", MAILBOX)  # fmt: skip
    machine.until_listening(2526)


def send(machine: Machine, sender: str, recipient: str, text: str) -> None:
    machine.run("python3", "/opt/send.py", sender, recipient, text)


def main_pid(machine: Machine) -> str:
    return machine.run("systemctl", "show", "--property=MainPID", "--value", "relay.service").strip()


def see_the_doctor(machine: Machine) -> None:
    """``relay check --live`` beside the running service, as root, and in surroundings like the service's own: 1 where nothing
    is but warnings (here no name server answers), 2 when the next hop is away, 2 for a mistake in the files."""
    look = ("relay", "check", "--live", "--config", "/etc/relay")
    in_a_unit = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect", "--property=User=relay",
                 "--property=LoadCredential=master.key:/etc/relay-keys/master.key", *look)  # fmt: skip
    for command in (look, in_a_unit):
        found = json.loads(machine.run(*command, "--json", ends_with=WARNED))["findings"]
        assert {each["level"] for each in found} <= {"warning", "hint"}
        subjects = {each["subject"] for each in found}
        assert "mail host" in subjects
        assert subjects & {"storage", "next hop", "doors", "disk", "keys", "rota"} == set()
        assert not any("credential" in each["what"] for each in found)
    machine.run("systemctl", "stop", "mailbox")
    for command in (look, in_a_unit):
        assert "CRITICAL  next hop" in machine.run(*command, ends_with=CRITICAL)
    mailbox(machine)
    put(machine, "/etc/relay/relay.toml", RELAY_TOML.replace("port = 2526", "port = 252600"))
    assert "next_hop.port" in machine.run(*look, ends_with=CRITICAL)
    put(machine, "/etc/relay/relay.toml", RELAY_TOML)


def upgrade(machine: Machine) -> int:
    """Install the next version while mail comes in; how many letters were taken meanwhile: each that was brought."""
    folders = ("/var/lib/relay", "/etc/relay", "/etc/relay-keys")
    machine.run("chown", "root:relay", "/etc/relay-keys")
    before, owned = main_pid(machine), owners(machine, *folders)
    over, taken, refused = threading.Event(), [0], []

    def bring() -> None:
        while not over.is_set():
            try:
                send(machine, f"lee{taken[0]}@mail.test", "help@relay.test", f"Letter {taken[0]}.")
                taken[0] += 1
            except AssertionError as error:
                refused.append(str(error))

    bringing = threading.Thread(target=bring)
    bringing.start()
    try:
        machine.run("dpkg", "-i", "/opt/new.deb")
    finally:
        over.set()
        bringing.join()
    assert refused == []
    assert owners(machine, *folders) == owned
    machine.run("systemctl", "is-active", *UNITS)
    assert main_pid(machine) not in {before, "0"}
    return taken[0]


def test_a_life_of_the_package(package: Path, machine: Machine, tmp_path: Path) -> None:
    """Installed, configured, used; upgraded while a conversation is open and others begin; removed; purged."""
    old, new = version(package, "0.0.9", tmp_path), package
    for name, path in (("old", old), ("new", new)):
        shutil.copy(path, machine.root / "opt" / f"{name}.deb")

    install(machine)
    found_and_rehearse(machine)
    start(machine)
    send(machine, "sam@mail.test", "help@relay.test", "Is anybody there?")
    request = wait_for(machine, "Is anybody there?")
    assert "sam@mail.test" not in request.split("\n\n", 1)[1]
    alias = (
        next(line for line in request.splitlines() if line.startswith("From:")).rpartition("<")[2].rstrip(">")
    )
    see_the_doctor(machine)

    taken = upgrade(machine)
    assert taken > 0
    for number in range(taken):
        wait_for(machine, f"Letter {number}.")
    send(machine, "ana.ruiz@home.test", alias, "I am here now.")
    wait_for(machine, "I am here now.")
    assert "Traceback" not in machine.run("journalctl", "--unit=relay.service", "--output=cat")

    machine.run("dpkg", "-r", "relay")
    machine.run("systemctl", "is-active", *UNITS, ends_with=3)
    machine.run("test", "-e", "/usr/bin/relay", ends_with=1)
    machine.run("test", "-s", "/var/lib/relay/relay.db")
    machine.run("test", "-s", "/etc/relay/relay.toml")
    machine.run("dpkg", "-P", "relay")
    left = "/var/lib/relay /etc/relay /etc/relay-keys /usr/lib/relay /etc/systemd/system/relay.*"
    assert (
        machine.run("sh", "-c", f"ls -d {left} /etc/systemd/system/*.wants/relay.* 2>/dev/null", ends_with=2)
        == ""
    )
