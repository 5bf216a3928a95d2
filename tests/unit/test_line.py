"""What a test writes arrives as a message of its own: what a line takes for a repetition, no scenario has meant."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.line import Line


class Door(Line):
    """A line at which nobody listens; what is written to it is in ``came``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.came: list[bytes] = []

    async def submit(self, envelope: str, recipients: list[str], message: bytes) -> None:
        self.came.append(message)


async def test_no_two_messages_have_one_message_id(tmp_path: Path) -> None:
    """Whoever wrote before is gone, as in a scenario that names a seeker only to let them write."""
    door = Door(tmp_path)
    for _ in range(200):
        await door.seeker().writes("The same words.")
    found = [re.search(rb"Message-ID: (\S+)", each) for each in door.came]
    assert len({each[1] for each in found if each}) == 200
