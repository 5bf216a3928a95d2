"""From answers to the values of the configuration, and where its files and keys lie. Pure.

Two layouts: everything in one folder, for trying out and for one's own arrangements; and that of the Debian package and
``relay.service``, where state, configuration and master key lie apart and systemd hands the key over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relay.setup.questions import Answers, is_here

SERVICE_FOLDER = Path("/etc/relay")
SERVICE_STATE = Path("/var/lib/relay")
SERVICE_KEYS = Path("/etc/relay-keys")
COUNSELOR_ID = "c-01"
BEHIND = "127.0.0.1:8025"
"""Where the relay takes mail from an MTA of the same machine."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie. ``folder``: the configuration's, absolute. ``year``: the selectors of DKIM keys name it."""

    folder: Path
    is_service: bool
    year: int
    keys: Path = SERVICE_KEYS

    @property
    def master_key(self) -> Path:
        """The file of the master key."""
        return self.keys / "master.key" if self.is_service else self.folder / "state" / "master.key"

    @property
    def selectors(self) -> dict[str, str]:
        """Selectors and files as the configuration names them: one of RSA for everybody, one of Ed25519 besides."""
        return {f"rsa{self.year}": f"dkim/rsa{self.year}.pem", f"ed{self.year}": f"dkim/ed{self.year}.pem"}


def given_of(answers: Answers, layout: Layout, *, with_keys: bool = True) -> dict[str, dict[str, Any]]:
    """Values for the sections, as TOML has them. ``with_keys``: with the DKIM keys, which are made last."""
    given: dict[str, dict[str, Any]] = {
        "service": {key: answers.get(key) for key in ("name", "domain", "operator", "language")},
        "intake": {"address": answers.get("intake"), "language": answers.get("language")},
        "smtp": {"listen": _listen(answers, layout)},
        "next_hop": _next_hop(answers),
        "storage": {
            "url": f"sqlite:///{SERVICE_STATE}/relay.db" if layout.is_service else "sqlite:///state/relay.db",
            "master_key_file": "credential:master.key" if layout.is_service else "state/master.key",
        },
        "counselor": {
            "id": COUNSELOR_ID,
            "pseudonym": answers.get("pseudonym"),
            "name": answers.get("counselor-name"),
            "address": answers.get("counselor-address"),
            "languages": [answers.get("language")],
            "duty": [line.strip() for line in answers.get("duty", "").split(";") if line.strip()],
        },
    }
    if answers.get("certificate"):
        given["smtp"] |= {
            "tls_certificate": answers["certificate"],
            "tls_key": answers.get("certificate-key", ""),
        }
    if with_keys:
        given["dkim"] = {"selectors": layout.selectors}
    return given


def _listen(answers: Answers, layout: Layout) -> list[str]:
    if layout.is_service:
        return ["systemd"]
    return [BEHIND] if answers.get("door") != "alone" else ["0.0.0.0:25", "[::]:25"]


def _next_hop(answers: Answers) -> dict[str, Any]:
    host, port = answers.get("next-hop", ""), answers.get("port", "")
    number = int(port) if port.isascii() and port.isdigit() else 0
    tls = "never" if is_here(host) else "implicit" if number == 465 else "required"
    login = {"username": answers.get("username"), "password_file": answers.get("password-file", "")}
    return {"host": host, "port": number, "tls": tls} | (login if login["username"] else {})
