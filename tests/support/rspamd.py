"""A real rspamd of the test's own: a folder, a loopback port, no name server, no Redis, nothing of the system's.

Raises ``FileNotFoundError`` where rspamd is not installed: the test fails.
"""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

START_S = 60.0
"""It compiles its list of public suffixes at the first start in a folder."""

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What every spam filter rejects, so that one can see that it works."""

_CONFIG = """
options {{
  pidfile = "{folder}/rspamd.pid"; tempdir = "{folder}"; hs_cache_dir = "{folder}";
  control_socket = "{folder}/control.sock mode=0600"; filters = "{filters}"; local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:{dns}"]; timeout = {patience}s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; bind_socket = "{folder}/normal.sock mode=0600"; count = 1; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
"""


class Rspamd:
    """Runs while it is entered; ``log`` is what it wrote down."""

    def __init__(self, folder: Path, *, dns_port: int | None = None) -> None:
        """``dns_port``: a name server on loopback, where DKIM signatures are to be checked."""
        self.folder = folder
        asks = dns_port is not None
        self._checks = {
            "filters": "dkim" if asks else "",
            "dns": dns_port or 1,
            "patience": 5 if asks else 0.1,
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.unix_url = f"unix:{folder}/normal.sock"

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700)
        config = self.folder / "rspamd.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, **self._checks))
        user = pwd.getpwuid(os.geteuid()).pw_name
        command = [
            "rspamd",
            "--no-fork",
            "--insecure",
            "--user",
            user,
            "--group",
            user,
            "--config",
            str(config),
        ]
        with (self.folder / "output").open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        deadline = time.monotonic() + START_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.__exit__()
                raise TimeoutError("rspamd did not start: " + (self.folder / "output").read_text()[-500:])
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
