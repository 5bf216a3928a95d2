"""What ``test_faults`` runs where it may mount: a line whose home for gpg is on a disk that is full or read-only.

usage: python -m tests.openpgp.mounted_line full|read-only FOLDER    Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.openpgp.faults import (
    SECRET,
    faulty_line,
    released,
    settled,
    wrong_with_opening,
    wrong_with_sealing,
)
from tests.openpgp.people import ana, own_key, public


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


async def play(how: str, folder: Path) -> dict[str, object]:
    """First all is well, then the disk is not, then it is again."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(disk))
    home = disk / "homes"
    home.mkdir(mode=0o700)
    line = faulty_line(folder / "line", "gnupg", public(ana()), openpgp=f'folder = "{home}"')
    async with line:
        own = await own_key(line)
        await line.seeker().writes("All is well.")
        before = len([one for one in line.ana.mailbox if one["Subject"] == "[...]"]) or await _sealed_to_ana(
            line
        )
        if how == "full":
            for size in (65536, 4096, 1):
                with (disk / f"filler{size}").open("wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(size))
                    except OSError:
                        continue
        else:
            _mount("-o", "remount,ro", str(disk))
        sealing = await wrong_with_sealing(line)
        opening = await wrong_with_opening(line, own)
        if how == "full":
            for path in disk.glob("filler*"):
                path.unlink()
        else:
            _mount("-o", "remount,rw", str(disk))
        had = len(line.ana.mailbox)
        await line.seeker("lou@mail.test", "Lou").writes("Well again.")
        await settled(line)
        after = [one["Subject"] for one in line.ana.mailbox[had:]]
        is_released, left = released(line), sorted(path.name for path in home.iterdir())
    return {"before": before, "sealing": sealing, "opening": opening, "after": after, "released": is_released, "left": left, "word": SECRET}  # fmt: skip


async def _sealed_to_ana(line: object) -> int:
    await settled(line)  # type: ignore[arg-type]
    return len([one for one in line.ana.mailbox if one["Subject"] == "[...]"])  # type: ignore[attr-defined]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(play(sys.argv[1], Path(sys.argv[2])))))
