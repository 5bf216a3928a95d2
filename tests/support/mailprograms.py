"""Two real mail programs, driven as their people would: swaks on its command line, mutt at its keyboard.

``Swaks`` is the seeker's: each ``send`` is one run of the program. ``Mutt`` is the counselor's: it opens a Maildir
under a pseudo-terminal, answers the last letter with a true reply (its own quoting, attribution and
threading), and hands it to the relay over SMTP itself.
"""

from __future__ import annotations

import asyncio
import os
import pty
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

RUN_S = 30.0
_SENT_BY_SWAKS = re.compile(r"^ -> DATA\n.*?\n((?: -> .*\n)+?) -> \.\n", re.MULTILINE)

MUTTRC = """
set realname="{name}"
set from="{address}"
set use_envelope_from=yes
set envelope_from_address="{address}"
set hostname="{host}"
set user_agent=yes
set smtp_url="smtp://127.0.0.1:{port}/"
set ssl_starttls=no
set ssl_force_tls=no
set editor="{home}/editor"
set folder="{home}"
set record="{home}/Sent"
set mbox_type=Maildir
set tmpdir="{home}"
set header_cache=""
set fast_reply=yes
set include=yes
set edit_headers=no
set abort_unmodified=no
set copy=yes
set confirmcreate=no
set move=no
set beep=no
set mark_old=no
set sleep_time=0
set quit=yes
"""
EDITOR = """#!/bin/sh
# Put the answer above what mutt has quoted, as most people do.
cat "{home}/answer" "$1" > "{home}/written" && mv "{home}/written" "$1"
"""


def needed(program: str) -> str:
    """Where a program is; a test that needs it fails when it is missing."""
    found = shutil.which(program)
    assert found, f"this test needs {program}: apt-get install {program}"
    return found


@dataclass
class Swaks:
    """``host`` is the name it greets with."""

    address: str
    name: str
    host: str

    async def send(self, port: int, to: str, subject: str, text: str, *, answers: str = "") -> bytes:
        """Send a message, in answer to the Message-ID ``answers`` when given; what swaks shows as sent."""
        command = [
            needed("swaks"), "--server", f"127.0.0.1:{port}", "--helo", self.host, "--timeout", "20",
            "--from", self.address, "--to", to, "--h-From", f'"{self.name}" <{self.address}>',
            "--h-Subject", subject, "--body", text,
        ]  # fmt: skip
        if answers:
            command += ["--add-header", f"In-Reply-To: {answers}", "--add-header", f"References: {answers}"]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), RUN_S)
        said = output.decode(errors="replace")
        assert process.returncode == 0, said
        match = _SENT_BY_SWAKS.search(said.replace("\r\n", "\n"))
        assert match, "swaks did not show what it sent"
        return "".join(f"{line[4:]}\n" for line in match.group(1).splitlines()).encode()


@dataclass
class Mutt:
    """``home`` is a folder for its settings and sent mail; ``host`` stands in its Message-IDs."""

    address: str
    name: str
    host: str
    home: Path

    async def reply(self, port: int, maildir: Path, text: str) -> bytes:
        """Answer the last letter in ``maildir``; what mutt kept as sent."""
        needed("mutt")
        self.home.mkdir(exist_ok=True)
        facts = {
            "name": self.name,
            "address": self.address,
            "host": self.host,
            "home": self.home,
            "port": port,
        }
        (self.home / "muttrc").write_text(MUTTRC.format(**facts))
        (self.home / "answer").write_text(text + "\n\n")
        editor = self.home / "editor"
        editor.write_text(EDITOR.format(**facts))
        editor.chmod(0o700)
        sent_before = set(self._sent())
        keys = "<last-entry><display-message><reply><send-message><exit><quit>"
        command = ["mutt", "-n", "-F", str(self.home / "muttrc"), "-f", str(maildir), "-e", f"push {keys}"]
        shown = await asyncio.to_thread(_on_a_terminal, command, self.home)
        new = set(self._sent()) - sent_before
        assert len(new) == 1, f"mutt sent {len(new)} messages; its screen: {shown[-2000:]!r}"
        return new.pop().read_bytes()

    def _sent(self) -> list[Path]:
        return [path for box in ("new", "cur") for path in (self.home / "Sent" / box).glob("*")]


def _on_a_terminal(command: list[str], home: Path) -> bytes:
    """Run a program that wants a person before a screen; all it drew. Kills it when it takes too long."""
    ours, theirs = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "TERM": "vt100", "LC_ALL": "C.UTF-8",
        "LINES": "40", "COLUMNS": "120",
    }  # fmt: skip
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    screen = bytearray()
    deadline = time.monotonic() + RUN_S
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                screen += os.read(ours, 65536)
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:  # it closed its terminal
                time.sleep(0.02)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)
    assert process.returncode == 0, (
        f"mutt ended with {process.returncode}; its screen: {bytes(screen[-2000:])!r}"
    )
    return bytes(screen)
