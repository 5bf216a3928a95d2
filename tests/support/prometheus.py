"""A real Prometheus on loopback, which scrapes one place every second and evaluates our rules as often."""

from __future__ import annotations

import asyncio
import json
import socket
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Self

START_S = 30.0


class Prometheus:
    """``query`` asks it; ``alerts`` are those that are pending or firing, by name."""

    def __init__(self, folder: Path, target: str, rules: Path) -> None:
        self._folder = folder
        self._target = target
        self._rules = rules

    async def __aenter__(self) -> Self:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._folder.mkdir()
        (self._folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
            f"rule_files: ['{self._rules}']\n"
            "scrape_configs:\n"
            f"  - {{job_name: relay, static_configs: [{{targets: ['{self._target}']}}]}}\n"
        )
        self._process = await asyncio.create_subprocess_exec(
            "prometheus", f"--config.file={self._folder}/prometheus.yml", f"--storage.tsdb.path={self._folder}/data",
            f"--web.listen-address=127.0.0.1:{self._port}", "--log.level=error",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(START_S):
            while not await self.query("up == 1"):
                await asyncio.sleep(0.2)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression gives now; raises when it is none."""
        path = "query?" + urllib.parse.urlencode({"query": expression})
        return list((await self._get(path)).get("result", []))

    async def alerts(self) -> dict[str, str]:
        """Names and states."""
        found = (await self._get("alerts")).get("alerts", [])
        return {each["labels"]["alertname"]: each["state"] for each in found}

    async def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health."""
        groups = (await self._get("rules")).get("groups", [])
        return [rule for group in groups for rule in group["rules"]]

    async def _get(self, path: str) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self._port}/api/v1/{path}", timeout=5
                ) as answer:
                    return dict(json.load(answer)["data"])
            except urllib.error.HTTPError as error:
                if error.code == 503:  # not ready yet
                    return {}
                raise
            except OSError:
                return {}

        return await asyncio.to_thread(ask)
