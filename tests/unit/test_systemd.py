"""The units keep the daemon in a small room, and systemd itself says so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE = (UNITS / "relay.service").read_text("utf-8")
SOCKET = (UNITS / "relay.socket").read_text("utf-8")

MOST_EXPOSURE = 1.2
"""Of 10. What remains: the network, local sockets, the host's root folder."""

_REQUIRED = """
NoNewPrivileges=yes CapabilityBoundingSet= AmbientCapabilities= PrivateUsers=yes RestrictSUIDSGID=yes
ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes DevicePolicy=closed PrivateMounts=yes
RemoveIPC=yes ProtectHostname=yes ProtectClock=yes ProtectKernelTunables=yes ProtectKernelModules=yes
ProtectKernelLogs=yes ProtectControlGroups=yes ProtectProc=invisible ProcSubset=pid RestrictNamespaces=yes
RestrictRealtime=yes LockPersonality=yes MemoryDenyWriteExecute=yes KeyringMode=private
SystemCallArchitectures=native SystemCallFilter=@system-service IPAddressDeny=any UMask=0077 LimitCORE=0
MemorySwapMax=0 StateDirectory=relay StateDirectoryMode=0700 User=relay Type=notify NotifyAccess=main
OOMPolicy=continue
"""

_COUNTED = """
NoNewPrivileges CapabilityBoundingSet PrivateUsers RestrictSUIDSGID ProtectSystem ProtectHome PrivateTmp
PrivateDevices ProtectHostname ProtectClock ProtectKernelTunables ProtectKernelModules ProtectKernelLogs
ProtectControlGroups ProtectProc ProcSubset RestrictNamespaces RestrictRealtime LockPersonality
MemoryDenyWriteExecute SystemCallArchitectures SystemCallFilter IPAddressDeny UMask User
"""
REQUIRED = _REQUIRED.split()
COUNTED = [line for line in REQUIRED if line.partition("=")[0] in _COUNTED.split()]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the real tool; a missing one fails the test, for then nothing has been checked."""
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def exposure(unit: str, folder: Path) -> float:
    """The sum of what the tool finds open; finer than the number that it shows."""
    (folder / "relay.service").write_text(unit, "utf-8")
    done = run("security", "--offline=true", "--json=short", folder / "relay.service")
    return sum(float(finding["exposure"] or 0) for finding in json.loads(done.stdout))


def without(line: str) -> str:
    left = [each for each in SERVICE.splitlines() if each != line]
    if line.startswith("SystemCallFilter"):
        left = [each for each in left if not each.startswith("SystemCallFilter")]
    return "\n".join(left)


def test_the_service_is_hardly_exposed() -> None:
    """The tool ends with an error above the threshold (in tenths)."""
    done = run("security", "--offline=true", f"--threshold={MOST_EXPOSURE * 10:.0f}", UNITS / "relay.service")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("line", REQUIRED)
def test_each_protection_is_in_the_unit(line: str) -> None:
    """Also those that the tool does not count."""
    assert line in SERVICE.splitlines()


@pytest.mark.parametrize("line", COUNTED)
def test_each_counted_protection_counts(line: str, tmp_path: Path) -> None:
    """It is written so that systemd takes it: a mistyped line would make no difference when taken out."""
    assert exposure(without(line), tmp_path) > exposure(SERVICE, tmp_path)


def test_systemd_reads_the_units_without_complaint(tmp_path: Path) -> None:
    """Every directive is known and well-formed; only the program stands elsewhere here."""
    service = re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", SERVICE)
    (tmp_path / "relay.service").write_text(service, "utf-8")
    (tmp_path / "relay.socket").write_text(SOCKET, "utf-8")
    done = run("verify", "--man=no", tmp_path / "relay.socket", tmp_path / "relay.service")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_mistyped_directive_is_a_complaint(tmp_path: Path) -> None:
    """The check above is not blind."""
    (tmp_path / "relay.service").write_text(SERVICE.replace("PrivateTmp=yes", "PrivateTemp=yes"), "utf-8")

    assert "PrivateTemp" in run("verify", "--man=no", tmp_path / "relay.service").stderr


def test_workers_may_limit_themselves() -> None:
    """The C library sets limits through prlimit64, which no filter of ours may take away."""
    assert "prlimit64" in run("syscall-filter", "@default").stdout
    assert "prlimit64" not in run("syscall-filter", "@resources").stdout
    assert "prlimit64" not in run("syscall-filter", "@privileged").stdout


def test_the_port_is_opened_by_the_socket_for_both_families() -> None:
    """Port 25 and no other, each family by itself."""
    assert re.findall("^ListenStream=(.*)$", SOCKET, re.MULTILINE) == ["0.0.0.0:25", "[::]:25"]
    assert "BindIPv6Only=ipv6-only" in SOCKET
    assert "CAP_NET_BIND_SERVICE" not in SERVICE


def test_the_key_comes_as_a_credential() -> None:
    """Its file is not in reach of the daemon itself."""
    assert "LoadCredential=master.key:/etc/relay-keys/master.key" in SERVICE
    assert "InaccessiblePaths=-/etc/relay-keys" in SERVICE
