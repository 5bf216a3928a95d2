"""Debian's chromium without a window and without a network, spoken to over a pipe (Chrome DevTools Protocol).

with Browser(tmp_path) as browser:
    page = browser.open(tmp_path / "page.html", width=360)
    page.value("document.documentElement.scrollWidth")

The browser runs in a network namespace of its own that has no interface, so what it tries to fetch cannot
arrive; ``requests`` holds all that it tried.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support.namespace import unshared

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip
ANSWER_S = 60.0
"""A cold start on a busy machine with one core takes ten seconds."""


@dataclass
class Page:
    """One page that is open. ``requests``: every address that the page, or the browser for it, asked for."""

    browser: Browser
    session: str
    requests: list[str] = field(default_factory=list)

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript; the page's own policy does not bind the inspector."""
        answer = self.browser.ask(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True}, self.session
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The whole page as a picture, for people."""
        answer = self.browser.ask(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}, self.session
        )
        path.write_bytes(base64.b64decode(answer["data"]))


class Browser:
    """Start it with a new profile; ``open`` pages; leaving the block ends the processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.net_log = folder / "net-log.json"
        self._number = 0
        self._pages: dict[str, Page] = {}
        self._loaded: set[str] = set()
        self._received = b""

    def __enter__(self) -> Self:
        program = shutil.which("chromium")
        assert program, "chromium is missing; .ci/setup test installs it"
        (low_in, self._write), (self._read, low_out) = os.pipe(), os.pipe()
        # The protocol's descriptors are 3 and 4; a shell puts ours there, which must be others before.
        to_browser, from_browser = (fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (low_in, low_out))
        command = [
            *unshared(), "bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash",
            program, *FLAGS, f"--user-data-dir={self._folder / 'profile'}", f"--log-net-log={self.net_log}", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(to_browser, from_browser), start_new_session=True,
        )  # fmt: skip
        for each in (low_in, low_out, to_browser, from_browser):
            os.close(each)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.ask("Browser.close", {})
            self._process.wait(ANSWER_S)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def open(self, file: Path, width: int, *, height: int = 800, scheme: str = "light") -> Page:
        """Open a file in a window of ``width`` CSS pixels, in the light or dark scheme, and wait until it is loaded."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", size, session)
        scheme_set = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.ask("Emulation.setEmulatedMedia", scheme_set, session)
        self.ask("Network.enable", {}, session)
        self.ask("Page.enable", {}, session)
        self._loaded.discard(session)
        self.ask("Page.navigate", {"url": file.resolve().as_uri()}, session)
        while session not in self._loaded:
            self._take(next(self._messages()))
        return page

    def ask(self, method: str, parameters: dict[str, Any], session: str = "") -> dict[str, Any]:
        """One command and its answer; what happens meanwhile is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
            self._take(answer)
        raise AssertionError("the browser ended")

    def _take(self, event: dict[str, Any]) -> None:
        session = event.get("sessionId", "")
        if event.get("method") == "Network.requestWillBeSent":
            self._pages[session].requests.append(event["params"]["request"]["url"])
        elif event.get("method") == "Page.loadEventFired":
            self._loaded.add(session)

    def _messages(self) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + ANSWER_S
        while True:
            while b"\0" in self._received:
                message, _, self._received = self._received.partition(b"\0")
                yield json.loads(message)
            left = deadline - time.monotonic()
            assert left > 0, "the browser does not answer"
            ready, _, _ = select.select([self._read], [], [], left)
            chunk = os.read(self._read, 1 << 20) if ready else b""
            assert chunk, "the browser ended or does not answer"
            self._received += chunk


def asked_for(net_log: Path) -> list[str]:
    """Every address that any part of the browser asked the network for, from its own log; local files excluded."""
    text = net_log.read_text("utf-8")
    log = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")
    urls = [event.get("params", {}).get("url", "") for event in log["events"]]
    return sorted({url for url in urls if url.startswith(("http:", "https:", "ws:", "wss:", "ftp:"))})
