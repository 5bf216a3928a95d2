"""A Dovecot of the test's own: own folder, users, certificate and ports on loopback; LMTP delivers into it.

async with Dovecot() as dovecot:
    await dovecot.deliver("sam@mail.test", "help+k7@relay.test", message)   # to the Maildir of "help"
    dovecot.imap_port, dovecot.imaps_port, dovecot.ca_file

Everything before the plus is the user; every user has ``PASSWORD``. As root it works as the users that come with its
package, else as whoever runs the test. Only the master that this instance has started is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import socket
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DOVECOT = Path("/usr/sbin/dovecot")
PASSWORD = "canary-password-7f3a"
START_S = 20.0

CONF = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = {uid}
disable_plaintext_auth = {plaintext}
auth_username_format = %Ln
auth_mechanisms = {mechanisms}
auth_failure_delay = 0 s
recipient_delimiter = +
lmtp_hdr_delivery_address = final
ssl = {ssl}
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
ssl_min_protocol = TLSv1.2
mail_location = maildir:{home}/mail/%Ln
mail_plugins = {plugins}
imap_idle_notify_interval = 60 s
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={home}/mail/%Ln
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  {chroot}
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap_port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  {chroot}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage={quota}
  quota_rule2 = Relayed:ignore
}}
protocol imap {{
  mail_plugins = {plugins} {imap_plugins}
  mail_max_userip_connections = 100
}}
{extra}
"""


def free_port() -> int:
    """A port of loopback that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """``plaintext``: logins without TLS are taken. ``quota``: what a user may keep, as Dovecot writes it. ``extra``:
    more of its configuration, with ``$HOME`` for the folder of this instance.
    """

    def __init__(
        self,
        *,
        plaintext: bool = True,
        quota: str = "",
        mechanisms: str = "plain",
        ssl: str = "yes",
        extra: str = "",
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="relay-dovecot-"))
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.ca_file = self.home / "ca.pem"
        self._plaintext, self._quota, self._mechanisms, self._ssl = plaintext, quota, mechanisms, ssl
        self._extra = extra
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self.home.chmod(0o755)
        write_certificate(self.home)
        is_root = os.geteuid() == 0
        me = pwd.getpwuid(os.geteuid()).pw_name
        (self.home / "mail").mkdir()
        if is_root:
            shutil.chown(self.home / "mail", "nobody", "nogroup")
        values = {
            "home": self.home,
            "internal": "dovecot" if is_root else me,
            "internal_group": "dovecot" if is_root else pwd.getpwuid(os.geteuid()).pw_gid,
            "login": "dovenull" if is_root else me,
            "uid": 1 if is_root else os.geteuid(),
            "mail_user": "nobody" if is_root else me,
            "mail_group": "nogroup" if is_root else os.getegid(),
            "chroot": "" if is_root else "chroot =",
            "plaintext": "no" if self._plaintext else "yes",
            "ssl": self._ssl,
            "mechanisms": self._mechanisms,
            "password": PASSWORD,
            "plugins": "quota" if self._quota else "",
            "imap_plugins": "imap_quota" if self._quota else "",
            "quota": self._quota or "0",
            "imap_port": self.imap_port,
            "imaps_port": self.imaps_port,
            "lmtp_port": self.lmtp_port,
            "extra": self._extra.replace("$HOME", str(self.home)),
        }
        (self.home / "dovecot.conf").write_text(CONF.format(**values))
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    async def start(self) -> None:
        """Start the master and wait until it takes connections."""
        with (self.home / "stderr").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                str(DOVECOT), "-F", "-c", str(self.home / "dovecot.conf"),
                stdout=asyncio.subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(OSError):
                    for port in (self.imap_port, self.lmtp_port):
                        _, writer = await asyncio.open_connection("127.0.0.1", port)
                        writer.close()
                    return
                if self._process.returncode is not None:
                    log = self.home / "dovecot.log"
                    raise RuntimeError(
                        (self.home / "stderr").read_text() + (log.read_text() if log.exists() else "")
                    )
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop the master that was started here, and with it its children."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()

    async def deliver(self, reverse_path: str, recipient: str, message: bytes) -> str:
        """Hand one message to a mailbox as the provider's MTA does (RFC 2033); the last reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.lmtp_port)
        try:
            await _reply(reader)
            data = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\r\n.", b"\r\n..")
            for command in (
                b"LHLO mx.test",
                f"MAIL FROM:<{reverse_path}>".encode(),
                f"RCPT TO:<{recipient}>".encode(),
                b"DATA",
            ):
                writer.write(command + b"\r\n")
                answer = await _reply(reader)
                if answer[0] not in "23":
                    return answer
            writer.write(data + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            return await _reply(reader)
        finally:
            writer.close()

    def maildir(self, user: str = "help") -> Path:
        return self.home / "mail" / user

    def messages(self, folder: str = "", user: str = "help") -> list[Path]:
        """Files of a folder (``""`` is INBOX), oldest first."""
        place = self.maildir(user) / (f".{folder}" if folder else "")
        files = [file for sub in ("new", "cur") for file in (place / sub).glob("*")]
        return sorted(files, key=lambda file: file.name)


async def _reply(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(START_S):
        while True:
            line = (await reader.readline()).decode()
            if line[3:4] != "-":
                return line.rstrip()


def write_certificate(folder: Path, name: str = "localhost", *, days: int = 2) -> None:
    """``ca.pem``, and ``cert.pem`` with ``key.pem`` that it has signed for a name (and for 127.0.0.1)."""
    now = datetime.now(UTC)
    authority_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def build(subject: x509.Name, public: object, *, is_ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )

    root = build(authority, authority_key.public_key(), is_ca=True).sign(authority_key, SHA256())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    leaf = (
        build(subject, key.public_key(), is_ca=False)
        .add_extension(names, critical=False)
        .sign(authority_key, SHA256())
    )
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "cert.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    (folder / "key.pem").touch(0o600)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
