"""Postfix as the yardstick: an instance of its own, stock values, that relays from one loopback port to another.

Needs root, as Postfix does. All its files are in one folder; it is stopped through its own control file.
Differences from stock: no DNS (there is none on the way), a log file of its own, a larger size limit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench.machine import BenchError, answers, refuse_taken, wait_for

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
multi_instance_name = postfix-bench
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.bench.test
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink_port}
smtp_dns_support_level = disabled
smtp_host_lookup = native
alias_maps =
alias_database =
message_size_limit = 60000000
smtpd_relay_restrictions = permit_mynetworks, reject
import_environment = {imported}
"""

_IMPORTED = "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME"
"""The stock value: what Postfix lets its processes inherit."""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
pickup unix n - n 60 1 pickup
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One instance, running from ``__init__`` until ``close``. ``environment``: for all its processes, beside the stock."""

    name = "postfix"

    def __init__(
        self,
        folder: Path,
        port: int,
        sink_port: int,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        if shutil.which("postfix", path="/usr/sbin:/usr/bin") is None:
            raise BenchError("postfix is missing; install the package postfix")
        refuse_taken(port)
        self.ports = (port,)
        self._folder = folder
        self._conf = folder / "conf"
        for path in (folder, self._conf, folder / "queue"):
            path.mkdir()
            path.chmod(0o755)
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postfix")
        self._environment = environment
        imported = " ".join((_IMPORTED, *(f"{name}={value}" for name, value in environment.items())))
        main = _MAIN.format(folder=folder, sink_port=sink_port, imported=imported)
        (self._conf / "main.cf").write_text(main)
        (self._conf / "master.cf").write_text(_MASTER.format(port=port))
        self._control("start")
        wait_for("postfix", lambda: answers(port), 10)
        self.pids = (int((folder / "queue/pid/master.pid").read_text()),)

    def queued(self) -> int:
        """Messages in the queue."""
        queues = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")
        return sum(path.is_file() for queue in queues for path in (self._folder / "queue" / queue).rglob("*"))

    def close(self) -> None:
        self._control("stop")

    def _control(self, verb: str) -> None:
        done = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self._conf), verb],
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, **self._environment},
        )
        if done.returncode:
            raise BenchError(f"postfix {verb}: {done.stderr.decode(errors='replace')[-300:]}")
