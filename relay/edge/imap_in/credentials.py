"""The password or token of a mailbox, read anew for each connection: tokens end, passwords are changed."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Final

from relay.edge.imap_in.settings import MailboxSettings
from relay.edge.imap_in.trouble import MailboxTrouble

COMMAND_S: Final = 30.0
MAX_OCTETS: Final = 16_384
"""OAuth tokens have up to some thousand characters."""


async def secret_of(settings: MailboxSettings) -> str:
    """The first line of the file or of the program's output. Raises ``MailboxTrouble``."""
    try:
        if settings.password_file is not None:
            octets = await asyncio.to_thread(settings.password_file.read_bytes)
        else:
            octets = await _output(settings.password_command)
        line = octets[:MAX_OCTETS].decode("utf-8").partition("\n")[0].strip()
    except (OSError, ValueError):
        raise MailboxTrouble("credential") from None
    if not line:
        raise MailboxTrouble("credential")
    return line


async def _output(command: tuple[str, ...]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(COMMAND_S):
            octets = await process.stdout.read(MAX_OCTETS)
            while len(octets) < MAX_OCTETS and (more := await process.stdout.read(MAX_OCTETS)):
                octets += more
            if await process.wait():
                raise MailboxTrouble("credential")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return octets
