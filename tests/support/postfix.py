"""A Postfix of the test's own: own folder, queue, configuration and port on loopback, no DNS, Maildirs.

async with Postfix({"sam@mail.test": "sam"}) as postfix:
    ...                                  # mail to 127.0.0.1:postfix.port ends in postfix.maildir("sam")

Needs root, because Postfix does; the system's own Postfix, its queue and its configuration are not touched.
Only the master named in this instance's pid file is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path

POSTFIX = Path("/usr/sbin/postfix")
START_S = 20.0
_NOBODY = 65534

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_name = postfix-relay-test
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.hop.test
mydestination =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
alias_database =
virtual_transport = virtual
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
{routes}
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Start it, send to ``port``, read ``maildir``, ``stop`` and ``start`` it as an outage does."""

    def __init__(self, mailboxes: dict[str, str], routes: dict[str, int] | None = None) -> None:
        """``mailboxes``: address to the name of its Maildir; ``routes``: other domains, to a port on loopback each."""
        assert POSTFIX.exists(), "this test needs Postfix: apt-get install postfix"
        assert os.geteuid() == 0, "this test starts a Postfix of its own, which only root can"
        self._mailboxes = mailboxes
        self.routes = routes or {}
        self.port = free_port()

    def maildir(self, name: str) -> Path:
        return self._home / "mail" / name

    def letters(self, name: str) -> list[Path]:
        """What has come, the oldest first, read or not."""
        found = [path for box in ("new", "cur") for path in (self.maildir(name) / box).glob("*")]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    async def __aenter__(self) -> Postfix:
        # Not below pytest's folder: that is 0700, and Postfix works as users of its own.
        self._home = Path(tempfile.mkdtemp(prefix="relay-postfix-"))
        self._home.chmod(0o755)
        for name in ("conf", "queue", "data", "mail"):
            (self._home / name).mkdir(mode=0o755)
        owner = pwd.getpwnam("postfix")
        os.chown(self._home / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self._home / "mail", _NOBODY, _NOBODY)
        facts = {
            "home": self._home,
            "port": self.port,
            "nobody": _NOBODY,
            "domains": ", ".join({address.partition("@")[2] for address in self._mailboxes}),
            "routes": f"transport_maps = inline:{{ {self._routes()} }}" if self.routes else "",
            "mailboxes": ", ".join(f"{{ {address} = {name}/ }}" for address, name in self._mailboxes.items()),
        }
        (self._home / "conf" / "main.cf").write_text(MAIN_CF.format(**facts))
        (self._home / "conf" / "master.cf").write_text(MASTER_CF.format(**facts))
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(AssertionError):  # it may be stopped already
            await self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _routes(self) -> str:
        return ", ".join(f"{{ {domain} = smtp:[127.0.0.1]:{port} }}" for domain, port in self.routes.items())

    async def start(self) -> None:
        """Start it and wait until it answers."""
        await self._postfix("start")
        async with asyncio.timeout(START_S):
            while not await self._answers():
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        await self._postfix("stop")

    async def _postfix(self, command: str) -> None:
        process = await asyncio.create_subprocess_exec(
            POSTFIX, "-c", self._home / "conf", command,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, complaint = await process.communicate()
        assert process.returncode == 0, f"postfix {command}: {complaint.decode(errors='replace')}"

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        with contextlib.closing(writer):
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            await reader.readline()
        return greeting.startswith(b"220 mx.hop.test")


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
