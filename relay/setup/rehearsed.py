"""``python -m relay.setup.rehearsed FOLDER STATE PORT``: the daemon with the operator's configuration, for a rehearsal.

Started by ``rehearsal`` and by nobody else. What people see is as it will be: name, domain, texts, pseudonyms,
people, queues, signatures. What would reach outside, wait, or ask for proof that a rehearsal cannot give is other; the
table below is all of it. ``STATE`` is an empty folder; nothing is read from or written to the line's own database.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from relay import app
from relay.config import Settings, load
from relay.config.counselors import CounselorSection
from relay.config.machine import is_credential
from relay.config.section import Section
from relay.config.storage import EMBEDDED
from relay.domain.rota import Shift
from relay.errors import ConfigError

S = TypeVar("S", bound=Section)


def rehearsed(settings: Settings, state: Path, next_hop_port: int) -> Settings:
    """The same settings for a rehearsal. ``next_hop_port``: of the next hop on loopback that keeps everything."""
    master_key = state / "master.key"
    smtp = {"listen": ("127.0.0.1:0",)} | ({} if _has_certificate(settings) else _NO_CERTIFICATE)
    changes: dict[str, dict[str, Any]] = {
        "smtp": smtp,
        "submission": {"implicit_tls": (), "starttls": ()},
        "next_hop": {"host": "127.0.0.1", "port": next_hop_port, "tls": "never", "username": None,
                     "password_file": None, "ca_file": None, "messages_per_hour": None},
        "storage": {"url": f"{EMBEDDED}{state / 'relay.db'}", "master_key_file": master_key,
                    "former_master_key_file": None, "password_file": None},
        "dkim": {"selectors": signing_with(settings)},
        "backup": {"keys_copy": None},
        "authentication": {"seeker": "off", "counselor": "alias"},
        "openpgp": {"counselors": "off", "folder": None},
        "privacy": {"delay": None},
        "rspamd": {"url": None},
        "metrics": {"listen": None},
        "workers": {"processes": 1},
        "logging": {"level": "info"},
    }  # fmt: skip
    sections = {name: _with(getattr(settings, name), **values) for name, values in changes.items()}
    people = tuple(map(_on_duty, settings.counselor))
    return replace(settings, **sections, imap_intake=(), holidays=(), counselor=people)


_NO_CERTIFICATE: dict[str, Any] = {"tls_certificate": None, "tls_key": None}


def signing_with(settings: Settings) -> dict[str, Path]:
    """The keys that sign here, too: a credential is in reach of the service alone."""
    return {
        s: file for s, file in settings.dkim.selectors.items() if not is_credential(file) or file.exists()
    }


def _has_certificate(settings: Settings) -> bool:
    key = settings.smtp.tls_key
    return key is not None and (not is_credential(key) or key.exists())


def _on_duty(counselor: CounselorSection) -> CounselorSection:
    """Whoever is to answer does now, at once and unread by anybody, and is written to in clear."""
    return _with(counselor, duty=(Shift.parse("always"),), rota=None, leave=(), review=0, openpgp_key=None,
                 capacity=max(counselor.capacity, 1))  # fmt: skip


def _with(section: S, **values: Any) -> S:
    return section.model_copy(update=values)


def main(arguments: list[str]) -> int:
    """Run it; the exit code of the process."""
    folder, state, port = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    try:
        return app.serve(folder, rehearsed(load(folder), state, port))
    except ConfigError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return app.EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
