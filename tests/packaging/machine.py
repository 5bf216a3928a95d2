"""A machine for a package: this one's files under an overlay of its own, a network with nothing but a loopback, systemd as its init.

with Machine(folder) as machine:
    machine.run("dpkg", "-i", "/opt/relay.deb")
    machine.run("systemctl", "enable", "--now", "relay.service")

It is what systemd-nspawn makes, from namespaces alone: units start as they do on a server, with users, credentials, sockets
and every protection. What is written goes to the overlay and is gone with it. Root is needed.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from pathlib import Path
from typing import Self

GROUPS = Path("/sys/fs/cgroup")

BOOT = """
set -e
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do touch dev/$name; mount --bind /dev/$name dev/$name; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
hostname machine
: >etc/machine-id
rm -rf etc/systemd/system/*.wants
pivot_root . mnt
umount -l /mnt
mount --make-rshared /
exec env -i container=relay PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --show-status=no
"""
"""Nothing of this machine's own services starts. A root that was only changed (chroot) could make no user
namespaces, and without shared mounts no unit sees its credentials."""

BOOT_S = 60.0


class Machine:
    """See the module."""

    def __init__(self, folder: Path) -> None:
        assert os.geteuid() == 0, "a machine for a package needs root: file systems are mounted"
        self._folder = folder
        self.root = folder / "root"
        self._name = f"relay-{secrets.token_hex(4)}"
        # Of both ways in which a kernel can show them together, the newer one.
        groups = GROUPS / "unified" if (GROUPS / "unified").is_dir() else GROUPS
        self._group = groups / self._name
        self._init = 0

    def __enter__(self) -> Self:
        for name in ("above", "root"):
            (self._folder / name).mkdir(parents=True)
        _do("mount", "-t", "tmpfs", "none", str(self._folder / "above"))
        for name in ("upper", "work"):
            (self._folder / "above" / name).mkdir()
        above = self._folder / "above"
        _do("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={above / 'upper'},workdir={above / 'work'}", str(self.root))  # fmt: skip
        _do("ip", "netns", "add", self._name)
        _do("ip", "netns", "exec", self._name, "ip", "link", "set", "lo", "up")
        self._group.mkdir()
        self._process = subprocess.Popen(
            ["sh", "-c", f'echo $$ >{self._group}/cgroup.procs && exec "$@"', "sh",
             "ip", "netns", "exec", self._name, "unshare", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork",
             "--kill-child", "sh", "-c", BOOT, "boot", str(self.root)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._wait_for_init()
        return self

    def _wait_for_init(self) -> None:
        ends = time.monotonic() + BOOT_S
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while time.monotonic() < ends and self._process.poll() is None:
            for child in children.read_text().split():
                self._init = int(child)
                if self._is_up():
                    return
            time.sleep(0.1)
        raise TimeoutError("the machine did not start")

    def _is_up(self) -> bool:
        said = subprocess.run(self._inside(("systemctl", "is-system-running"), ""), capture_output=True, text=True,
                              timeout=BOOT_S, check=False).stdout  # fmt: skip
        return said.strip() in {"running", "degraded"}

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        ends = time.monotonic() + 10
        while "populated 1" in (self._group / "cgroup.events").read_text() and time.monotonic() < ends:
            time.sleep(0.05)
        for group in sorted((path for path in self._group.rglob("*") if path.is_dir()), reverse=True):
            group.rmdir()
        self._group.rmdir()
        _do("ip", "netns", "delete", self._name)
        _do("umount", "-l", str(self.root))
        _do("umount", "-l", str(self._folder / "above"))

    def run(self, *command: str, given: str = "", ends_with: int = 0, user: str = "") -> str:
        """Run a command to its end, which must be that code; what it printed."""
        done = subprocess.run(
            self._inside(command, user), input=given, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == ends_with, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

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
            "nsenter", f"--target={self._init}", "--all", "--root", "--wd",
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
            *as_user, *command,
        ]  # fmt: skip


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
