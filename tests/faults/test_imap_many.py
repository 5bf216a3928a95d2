"""Thousands of messages in the mailbox when the relay starts: taken in order, with progress shown, in flat memory.

``make test`` takes 2,000; ``make test-faults`` 10,000 (``RELAY_FAULTS=full``).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.imap_server import ImapServer, letter
from tests.support.processes import resident_bytes

MANY = 10_000 if os.environ.get("RELAY_FAULTS") == "full" else 2_000
STEP = MANY // 10
SIZE = 4_000
MIB = 1 << 20

RELAY_TOML = """
[service]
name = "Example Peer Support"
domain = "relay.test"
operator = "operator@ops.test"

[[intake]]
address = "help@relay.test"

[[imap_intake]]
host = "127.0.0.1"
port = {imap}
tls = "never"
username = "help"
password_file = "imap.password"
aliases = "catch_all"
"""

COUNSELORS_TOML = """
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "Ana Ruiz"
address = "ana.ruiz@home.test"
languages = ["en"]
duty = ["always"]
capacity = "none"
"""


@pytest.mark.slow
async def test_a_full_mailbox_is_taken_in_order_and_in_flat_memory(
    tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """Memory after the last tenth is that after the first, but for what a growing queue of ids costs."""
    server = ImapServer()
    await server.start()
    sent = [letter(n, size=SIZE) for n in range(1, MANY + 1)]
    await server.put(*sent)
    folder = tmp_path / "relay"
    folder.mkdir(mode=0o700)
    (folder / "imap.password").touch(0o600)
    (folder / "imap.password").write_text("secret\n")
    rows = ["taken  s      resident MiB (daemon alone)"]
    used: list[int] = []
    try:
        async with Daemon(folder, RELAY_TOML.replace("{imap}", str(server.port)), COUNSELORS_TOML) as daemon:
            began = asyncio.get_running_loop().time()
            for milestone in range(STEP, MANY + 1, STEP):
                async with asyncio.timeout(400):
                    while len(server.moved) < milestone:
                        await asyncio.sleep(0.05)
                used.append(resident_bytes(daemon.process.pid, with_children=False))
                now = asyncio.get_running_loop().time()
                rows.append(f"{milestone:5}  {now - began:5.1f}  {used[-1] / MIB:6.1f}")
        # Of the whole log: only once the daemon has ended has all of it been read.
        progress = [line["count"] for line in daemon.log if line.event == "mailbox.progressed"]
        received = sum(line.event == "message.received" for line in daemon.log)
    finally:
        await server.stop()
    record_property("table", f"{MANY:,} messages in a mailbox at the start\n" + "\n".join(rows))
    assert server.moved == sent
    assert received == MANY
    assert progress == sorted(progress, reverse=True)
    assert len(progress) == MANY // 500
    assert used[-1] - used[0] < 40 * MIB
