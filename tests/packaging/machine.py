"""A machine for a package: this one's files under an overlay of its own, a network with nothing but a loopback.

with Machine(folder) as machine:
    machine.run("dpkg", "-i", "/opt/relay.deb")

What is written goes to the overlay and is gone with it. No service manager runs in it; root is needed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import time
from pathlib import Path
from typing import Self


class Machine:
    """See the module."""

    def __init__(self, folder: Path) -> None:
        assert os.geteuid() == 0, "a machine for a package needs root: file systems are mounted"
        self._folder = folder
        self.root = folder / "root"
        self._network = f"relay-{secrets.token_hex(4)}"
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for name in ("above", "work", "root"):
            (self._folder / name).mkdir(parents=True)
        _do("mount", "-t", "tmpfs", "none", str(self._folder / "above"))
        for name in ("upper", "work"):
            (self._folder / "above" / name).mkdir()
        above = self._folder / "above"
        _do("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={above / 'upper'},workdir={above / 'work'}", str(self.root))  # fmt: skip
        _do("mount", "-t", "proc", "proc", str(self.root / "proc"))
        _do("mount", "--bind", "/dev", str(self.root / "dev"))
        _do("mount", "-t", "tmpfs", "none", str(self.root / "run"))
        _do("ip", "netns", "add", self._network)
        _do("ip", "netns", "exec", self._network, "ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            self.end(process)
        _do("ip", "netns", "delete", self._network)
        for name in ("run", "dev", "proc"):
            _do("umount", "-l", str(self.root / name))
        _do("umount", "-l", str(self.root))
        _do("umount", "-l", str(self._folder / "above"))

    def run(self, *command: str, given: str = "", fails: bool = False, user: str = "") -> str:
        """Run a command to its end; what it printed. It must end well, or badly where ``fails``."""
        done = subprocess.run(
            self._inside(command, user), input=given, capture_output=True, text=True, timeout=300, check=False
        )
        assert (done.returncode != 0) is fails, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, *command: str, user: str = "") -> subprocess.Popen[bytes]:
        """Start a command that goes on."""
        process = subprocess.Popen(
            self._inside(command, user), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], within_s: float = 40.0) -> int:
        """End what was started, as a service manager does."""
        if process.poll() is None:
            process.terminate()
        with contextlib.suppress(ValueError):
            self._running.remove(process)
        return process.wait(within_s)

    def until_listening(self, port: int, within_s: float = 60.0) -> None:
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if f":{port:04X} 00000000:0000 0A" in self.run("cat", "/proc/net/tcp"):
                return
            time.sleep(0.2)
        raise TimeoutError(f"nobody listens on {port}")

    def _inside(self, command: tuple[str, ...], user: str) -> list[str]:
        as_user = (
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--no-new-privs"]
            if user
            else []
        )
        return [
            "ip", "netns", "exec", self._network, "chroot", str(self.root),
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
            *as_user, *command,
        ]  # fmt: skip


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
