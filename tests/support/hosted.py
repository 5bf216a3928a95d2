"""The same helpline without a door of its own: mail comes to a mailbox in a Dovecot, which the relay empties over IMAP.

async with HostedLine(tmp_path / "line") as line:
    ...                                            # as tests.support.line

``aliases``: ``plus`` has but the mailbox help@relay.test; ``catch_all`` has every address of relay.test in it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

from tests.support import dovecot as dovecots
from tests.support.dovecot import Dovecot
from tests.support.line import PATIENCE_S, RELAY_TOML, Line

IMAP_TOML = """
[[imap_intake]]
host = "localhost"
port = {port}
tls = "{tls}"
ca_file = "{ca_file}"
username = "help"
password_file = "imap.password"
aliases = "{aliases}"
{more}
"""


class HostedLine(Line):
    """``more``: further keys of ``[[imap_intake]]``; ``dovecot``: one that the test has started itself."""

    def __init__(
        self,
        folder: Path,
        *,
        aliases: Literal["plus", "catch_all"] = "plus",
        tls: Literal["implicit", "starttls", "never"] = "implicit",
        more: str = "",
        dovecot: Dovecot | None = None,
        **how: Any,
    ) -> None:
        super().__init__(folder, **how)
        self.aliases, self._tls, self._more = aliases, tls, more
        self.dovecot = dovecot or Dovecot(extra=CATCH_ALL if aliases == "catch_all" else "")
        self._owns_dovecot = dovecot is None

    @property
    def relay_toml(self) -> str:
        if self.aliases == "catch_all":
            return RELAY_TOML
        text = RELAY_TOML.replace("hilfe@relay.test", "help+hilfe@relay.test")
        return text.replace('domain = "relay.test"', 'domain = "relay.test"\nmailbox = "help@relay.test"')

    async def __aenter__(self) -> HostedLine:
        if self._owns_dovecot:
            await self.dovecot.__aenter__()
        port = self.dovecot.imaps_port if self._tls == "implicit" else self.dovecot.imap_port
        self._extra += IMAP_TOML.format(
            port=port, tls=self._tls, ca_file=self.dovecot.ca_file, aliases=self.aliases, more=self._more
        )
        self.folder.mkdir(exist_ok=True, mode=0o700)
        (self.folder / "imap.password").touch(0o600)
        (self.folder / "imap.password").write_text(dovecots.PASSWORD + "\n")
        await super().__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        try:
            await super().__aexit__(*how)
        finally:
            if self._owns_dovecot:
                await self.dovecot.__aexit__()

    async def submit(self, envelope: str, recipients: list[str], message: bytes) -> None:
        """The provider's MTA delivers, once for each recipient; returns when the relay has emptied the mailbox."""
        for recipient in recipients:
            local, _, domain = recipient.partition("@")
            is_plain = self.aliases == "plus" and local != "help" and "+" not in local
            reply = await self.dovecot.deliver(
                envelope, f"help+{local}@{domain}" if is_plain else recipient, message
            )
            assert reply.startswith("250"), reply
        await self.emptied()

    async def emptied(self) -> None:
        """Wait until the mailbox holds nothing new."""
        async with asyncio.timeout(PATIENCE_S):
            while self.dovecot.messages():
                await asyncio.sleep(0.01)


CATCH_ALL = """
auth_username_format = help
"""
