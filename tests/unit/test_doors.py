"""What an operator reads when the doors cannot be opened."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from relay.app import Daemon
from relay.config import load
from relay.errors import ConfigError
from tests.support.line import COUNSELORS_TOML, RELAY_TOML

DUTY = {"ana_duty": '["always"]', "ben_duty": '["always"]', "ben_languages": '["de"]'}


async def refusal(folder: Path, place: str, *, own_process: bool) -> str:
    relay_toml = RELAY_TOML.format(port=9).replace("127.0.0.1:0", place)
    (folder / "relay.toml").write_text(
        relay_toml.replace("own_process = false", f"own_process = {str(own_process).lower()}")
    )
    (folder / "counselors.toml").write_text(COUNSELORS_TOML.format(**DUTY))
    with pytest.raises(ConfigError) as caught:
        async with asyncio.timeout(30):
            await Daemon(folder, load(folder)).run()
    return str(caught.value)


@pytest.mark.parametrize("own_process", [True, False])
async def test_a_port_that_another_program_has(tmp_path: Path, own_process: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        said = await refusal(tmp_path, place, own_process=own_process)
    assert said == (
        f"relay.toml: smtp.listen: cannot listen on {place}: another program listens there; "
        "stop it, or name another address"
    )


async def test_an_address_that_the_machine_has_not(tmp_path: Path) -> None:
    said = await refusal(tmp_path, "192.0.2.7:2525", own_process=True)
    assert "this machine has no such address; name one that it has" in said
