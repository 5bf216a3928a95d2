"""What the settings say of this machine and its neighbours: files that must be there, doors that must fit.

``checks`` calls it; it looks at files but opens no connection. Problems are the path of a key and a sentence.
"""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from relay.config import places
from relay.config.dkim import DkimSection
from relay.config.fields import SYSTEMD, credentials_folder
from relay.config.schema import CounselorSection, NextHopSection, SmtpSection, StorageSection
from relay.config.storage import EMBEDDED
from relay.config.submission import SubmissionSection
from relay.edge.dkim.keys import read_key
from relay.errors import ConfigError

Problem = tuple[places.Path, str]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def smtp_problems(smtp: SmtpSection) -> Iterator[Problem]:
    """Doors that are named twice, and a certificate that cannot be used."""
    for place, endpoint in enumerate(smtp.listen):
        if endpoint in smtp.listen[:place] and not endpoint.endswith(":0"):
            yield ("smtp", "listen", place), "stands in the list before"
    certificate, key = smtp.tls_certificate, smtp.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        yield (
            ("smtp", "tls_key" if certificate is None else "tls_certificate"),
            "needs the other of tls_certificate and tls_key beside it; give both or neither",
        )
        return
    problems = [
        *file_problems(("smtp", "tls_certificate"), certificate),
        *secret_problems(("smtp", "tls_key"), key, may_be_missing=False),
    ]
    if not problems and not _is_pair(certificate, key):
        problems = [
            (("smtp", "tls_certificate"), "and tls_key are not a PEM certificate chain and its private key")
        ]
    yield from problems


def submission_problems(submission: SubmissionSection, smtp: SmtpSection | None) -> Iterator[Problem]:
    """A door for logins without a certificate, or where another one is."""
    if submission.is_on and smtp is not None and smtp.tls_certificate is None:
        key = "implicit_tls" if submission.implicit_tls else "starttls"
        yield (
            ("submission", key),
            "needs smtp.tls_certificate and smtp.tls_key: no password is taken in clear",
        )
    taken = list(smtp.listen) if smtp else []
    for key, endpoints in (("implicit_tls", submission.implicit_tls), ("starttls", submission.starttls)):
        for place, endpoint in enumerate(endpoints):
            if endpoint in taken and endpoint != SYSTEMD and not endpoint.endswith(":0"):
                yield ("submission", key, place), "is listened on already; give it a port of its own"
            taken.append(endpoint)


def certificate_problems(counselors: Iterable[tuple[places.Path, CounselorSection]]) -> Iterator[Problem]:
    """Files of public keys that are not there or hold no certificate at a glance; the engine judges them later."""
    for path, counselor in counselors:
        file = counselor.openpgp_key
        if file is None:
            continue
        problems = list(file_problems((*path, "openpgp_key"), file))
        yield from problems
        if not problems and b"PRIVATE KEY" in file.read_bytes()[:4096]:
            yield (
                (*path, "openpgp_key"),
                "holds a secret key; ask for the public one, and tell them to make a new key",
            )


def next_hop_problems(next_hop: NextHopSection, smtp: SmtpSection | None) -> Iterator[Problem]:
    """A next hop that is ourselves, a login that would be overheard, files that cannot be used."""
    if smtp and f"{_bracketed(next_hop.host)}:{next_hop.port}" in smtp.listen:
        yield (
            ("next_hop", "port"),
            "is our own: what goes out would come back in; name the MTA that sends it on",
        )
    if (next_hop.username is None) != (next_hop.password_file is None):
        key = "username" if next_hop.username else "password_file"
        yield (
            ("next_hop", key),
            "needs the other of username and password_file beside it; give both or neither",
        )
    elif next_hop.username and next_hop.tls in ("never", "opportunistic") and not is_loopback(next_hop.host):
        yield ("next_hop", "tls"), "would send the password in clear; write 'required' or 'implicit'"
    if next_hop.password_file:
        yield from secret_problems(
            ("next_hop", "password_file"), next_hop.password_file, may_be_missing=False
        )
    if next_hop.ca_file:
        problems = list(file_problems(("next_hop", "ca_file"), next_hop.ca_file))
        if not problems and not is_authority(next_hop.ca_file):
            problems = [(("next_hop", "ca_file"), "holds no PEM certificate")]
        yield from problems


def dkim_problems(dkim: DkimSection) -> Iterator[Problem]:
    """Keys that are not there, that others can read, or that we do not sign with."""
    for selector, file in dkim.selectors.items():
        key = ("dkim", "selectors", selector)
        problems = list(secret_problems(key, file, may_be_missing=False))
        if not problems and file.exists():
            try:
                read_key(file)
            except ConfigError as error:
                problems = [(key, "names a file that cannot be used: " + error.problems[0])]
        yield from problems


def storage_problems(storage: StorageSection) -> Iterator[Problem]:
    """A master key that others can read, or that stands in the way of itself."""
    password = ("storage", "password_file")
    if storage.is_embedded:
        database = Path(storage.url.removeprefix(EMBEDDED))
        if database.is_dir():
            yield ("storage", "url"), "is a folder; name a file in it"
        if storage.master_key_file == database:
            yield ("storage", "master_key_file"), "is the database itself; the key needs a file of its own"
        if storage.password_file is not None:
            yield (
                password,
                "is for PostgreSQL, and storage.url names the embedded database; take one of them out",
            )
    elif storage.password_file is not None:
        yield from secret_problems(password, storage.password_file, may_be_missing=False)
    yield from secret_problems(("storage", "master_key_file"), storage.master_key_file, may_be_missing=True)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as far as its name tells."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "localhost.localdomain")


def is_credential(path: Path) -> bool:
    """Whether systemd put the file there: its folder is the service's alone, its mode shows an ACL's mask."""
    return path.parent == credentials_folder()


def secret_problems(key: places.Path, file: Path, *, may_be_missing: bool) -> Iterator[Problem]:
    """A secret is its owner's alone to read. A credential is systemd's care, and absent outside of it."""
    if is_credential(file) and not file.parent.is_dir():
        return
    if may_be_missing and not is_credential(file) and not os.path.lexists(file):
        return
    problems = list(file_problems(key, file))
    if not problems and not is_credential(file) and file.stat().st_mode & _OTHERS:
        problems = [(key, f"is a secret that others can read; do: chmod 600 {file}")]
    yield from problems


def file_problems(key: places.Path, file: Path) -> Iterator[Problem]:
    """A file that is not there, or that we cannot read."""
    try:
        is_there = file.exists()
    except PermissionError:
        yield key, f"lies in a folder that this user may not enter: {file}"
        return
    if not is_there:
        yield key, f"names a file that is not there: {file}"
    elif not file.is_file():
        yield key, f"is not a file: {file}"
    elif not os.access(file, os.R_OK):
        yield key, f"cannot be read by this user: {file}"


def _is_pair(certificate: Path, key: Path) -> bool:
    """Load both as the server would. A key under a passphrase is refused: nobody is there to type it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError):
        return False
    return True


def is_authority(file: Path) -> bool:
    """Whether a file holds certificates that others can be checked by."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (ssl.SSLError, OSError, ValueError):
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
