"""Figures of a running daemon, judged by Prometheus itself: the rules hold, and the dashboard asks for what there is."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import storage
from tests.support.canaries import found
from tests.support.daemon import ROOT, Daemon
from tests.support.line import COUNSELORS_TOML
from tests.support.prometheus import Prometheus

pytestmark = pytest.mark.real

OF_A_SERVER = {"relay_disk_free_bytes"} if storage.IS_POSTGRESQL else set()
"""What is not ours to measure where the database is somebody else's machine."""

MONITORING = ROOT / "docs" / "monitoring"
RELAY = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[workers]
processes = 1

[metrics]
listen = "127.0.0.1:{metrics}"
"""
PEOPLE = COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
SAM = "sam.canaryseeker@mail.test"
SECRETS = (SAM, "sam.canaryseeker", "Canarylee", "Canarysubject", "canary-id-1", "ana.ruiz", "Ruiz", "ben.okafor",
           "operator@ops.test", "relay.test")  # fmt: skip
LETTER = (
    f"From: Sam Canarylee <{SAM}>\r\nTo: help@relay.test\r\nSubject: Canarysubject\r\n"
    "Message-ID: <canary-id-1@mail.test>\r\n\r\nI cannot sleep.\r\n"
).encode()
NAME = re.compile(r"\b(?:relay|process)_[a-z_]+")


class Watched(Daemon):
    """A daemon that shows its figures at ``place``."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.place = f"127.0.0.1:{free.getsockname()[1]}"
        super().__init__(folder, RELAY.replace("{metrics}", self.place.rpartition(":")[2]), PEOPLE)

    async def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        """Ask; the status and the body."""
        host, _, port = self.place.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(15):
            answer = await reader.read(-1)
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Watched]:
    async with Watched(tmp_path / "line") as running:
        yield running


async def talk(daemon: Daemon) -> None:
    async with daemon.connect() as door:
        assert (await door.submit(SAM, ["help@relay.test"], LETTER)).startswith("250")
    await daemon.said("delivery.accepted", "delivery.deferred", where=lambda line: line["entry"] is None)


def expressions() -> list[str]:
    """What the dashboard asks for."""
    panels = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


async def test_figures_are_well_formed_and_name_nobody(daemon: Watched) -> None:
    """promtool reads them; no label and no value is a person's."""
    await talk(daemon)
    code, body = await daemon.get("/metrics")
    assert code == 200
    assert found(SECRETS, [body]) == []
    check = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr
    assert b"relay_messages_received_total 1.0" in body
    assert b'relay_counselors_on_duty{queue="general"} 2.0' in body

    assert (await daemon.get("/healthz"))[0] == 200
    assert (await daemon.get("/", "HEAD")) == (404, b"")
    assert (await daemon.get("/metrics", "POST"))[0] == 405
    assert daemon.other_output == []


async def test_ready_means_that_mail_can_come_in_and_go_out(daemon: Watched) -> None:
    """A next hop that is gone is said; the daemon still lives and takes mail."""
    assert await daemon.get("/readyz") == (
        200,
        b'{"ready": true, "checks": {"store": true, "next_hop": true, "workers": true}}\n',
    )
    daemon.sink.is_down = True
    await talk(daemon)
    await daemon.said("delivery.deferred")
    async with asyncio.timeout(20):
        while (await daemon.get("/readyz"))[0] == 200:
            await asyncio.sleep(0.5)
    code, body = await daemon.get("/readyz")
    assert (code, json.loads(body)["checks"]) == (503, {"store": True, "next_hop": False, "workers": True})
    assert (await daemon.get("/healthz"))[0] == 200


async def test_rules_and_dashboard_hold_against_the_real_figures(daemon: Watched, tmp_path: Path) -> None:
    """Prometheus scrapes the daemon, evaluates every rule without error, and sees the next hop go."""
    for command in (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")):
        judged = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr
    await talk(daemon)
    async with Prometheus(tmp_path / "prometheus", daemon.place, MONITORING / "alerts.yml") as prometheus:
        daemon.sink.is_down = True
        async with daemon.connect() as door:
            await door.submit(SAM, ["help@relay.test"], LETTER.replace(b"canary-id-1", b"canary-id-2"))
        await daemon.said("delivery.deferred")
        async with asyncio.timeout(30):
            while "RelayNextHopDown" not in await prometheus.alerts():
                await asyncio.sleep(0.5)
        assert set(await prometheus.alerts()) == {"RelayNextHopDown"}
        rules = await prometheus.rules()
        assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []

        names = {each["metric"]["__name__"] for each in await prometheus.query('{job="relay"}')}
        asked = {
            name
            for text in (*(rule["query"] for rule in rules), *expressions())
            for name in NAME.findall(text)
        }
        assert asked - names - {"relay_key_expiry_timestamp_seconds", "relay_entries_held"} == OF_A_SERVER
        for expression in expressions():
            series = await prometheus.query(expression)
            may_be_empty = any(name in expression for name in ("key_expiry", "entries_held", *OF_A_SERVER))
            assert series or may_be_empty, expression


def test_the_dashboard_is_what_its_table_says() -> None:
    """``make docs`` writes it."""
    spec = importlib.util.spec_from_file_location("make_dashboard", MONITORING / "make_dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (MONITORING / "dashboard.json").read_text("utf-8") == module.text()
