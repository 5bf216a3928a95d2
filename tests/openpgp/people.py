"""People with keys of their own, the mail programs that they would use, and a line that opens what is sealed to it.

Keys are made by gpg at a desk that knows nothing of ours (``tests.unit.edge.openpgp_world.desk``). What is signed or
sealed there is hostile or honest as the test wants it; the daemon's own engines have no part in making it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relay.edge.openpgp import armor
from relay.flow.service_keys import ServiceKey
from tests.support.line import FakeClock, Line
from tests.unit.edge.openpgp_world import desk

ENGINES = ("gnupg", "sequoia")
START = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
"""Keys and signatures are made now, whatever the clock of the line says, and must not be from its future."""

ANA, BEN, MALLORY = "ana.ruiz@home.test", "ben.okafor@mail.test", "mallory@evil.test"


@functools.cache
def key(
    user_id: str, algorithm: str = "ed25519", subkey: str = "cv25519", *, ends: str = "never", nth: int = 0
) -> str:
    """The fingerprint of a key at the desk; ``nth`` tells apart several with one user id."""
    assert nth >= 0
    made = desk().gpg(
        "--status-fd", "1", "--allow-freeform-uid", "--quick-generate-key", "--", user_id, algorithm, "sign,cert", ends
    )  # fmt: skip
    fingerprint = made.decode().split("KEY_CREATED P ")[1].split()[0]
    if subkey:
        desk().gpg("--quick-add-key", fingerprint, subkey, "encr", ends)
    return fingerprint


def ana() -> str:
    return key(f"Ana Ruiz <{ANA}>")


def mallory() -> str:
    """Who is a counselor of the same line, and signs under the name of Ben."""
    return key(f"Ben Okafor <{BEN}>")


def public(fingerprint: str) -> bytes:
    return desk().gpg("--armor", "--export", fingerprint)


def entity(text: str | bytes, kind: str = "text/plain; charset=utf-8", *fields: str) -> bytes:
    """A MIME part with CRLF line ends."""
    body = text.encode() if isinstance(text, str) else text
    head = "".join(f"{field}\n" for field in (f"Content-Type: {kind}", *fields))
    return crlf(head.encode() + b"\n" + body)


def crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def multipart(subtype: str, *parts: bytes, boundary: str = "", more: str = "", fields: str = "") -> bytes:
    """A multipart, as header and body of a message or a part."""
    edge = boundary or f"=_{subtype}"
    head = f'{fields}Content-Type: multipart/{subtype}; boundary="{edge}"{more}\r\n\r\n'.encode()
    return (
        head
        + b"".join(b"--%b\r\n%b\r\n" % (edge.encode(), part) for part in parts)
        + f"--{edge}--\r\n".encode()
    )


def detached(content: bytes, *by: str, how: Sequence[str] = ()) -> bytes:
    """An armored signature over exactly these octets."""
    return desk().sign(content, *by, how=("--armor", *how))


def signed(content: bytes, signature: bytes, boundary: str = "=_signed") -> bytes:
    """RFC 3156 §5."""
    more = '; micalg=pgp-sha512; protocol="application/pgp-signature"'
    return multipart(
        "signed", content, entity(signature, "application/pgp-signature; name=signature.asc"), boundary=boundary, more=more,
    )  # fmt: skip


def clear_signed(text: str, by: str) -> str:
    return desk().gpg("--local-user", by, "--clear-sign", given=text.encode()).decode()


def sealed(data: bytes, boundary: str = "=_encrypted", *, name: str = "encrypted.asc") -> bytes:
    """RFC 3156 §4, around a message in binary or armor."""
    armored = armor.armored(data, armor.MESSAGE) if data[:1] >= b"\x80" else data
    return multipart(
        "encrypted",
        entity("Version: 1\n", "application/pgp-encrypted"),
        entity(armored, f'application/octet-stream; name="{name}"'),
        boundary=boundary, more='; protocol="application/pgp-encrypted"',
    )  # fmt: skip


_IDS = itertools.count(1)


def letter(body: bytes, to: str, sender: str = f"Ana Ruiz <{ANA}>", *, subject: str = "Re: A question",
           fields: str = "", host: str = "home.test") -> bytes:  # fmt: skip
    """A whole message. ``sender``: the From field, without one when it is empty; ``body`` begins with its own header."""
    author = f"From: {sender}\n" if sender else ""
    head = (
        f"{author}To: {to}\nSubject: {subject}\nDate: Mon, 23 Nov 2026 13:00:00 +0000\n"
        f"Message-ID: <{next(_IDS)}.{id(body):x}@{host}>\n{fields}MIME-Version: 1.0\n"
    )
    return crlf(head.encode()) + body


def text_body(text: str, kind: str = "text/plain; charset=utf-8", *fields: str) -> bytes:
    return entity(text, kind, *(fields or ("Content-Transfer-Encoding: 8bit",)))


@dataclass
class Opened:
    """A line with one open conversation, and the addresses that both sides write to."""

    line: Line
    own: str
    """Fingerprint of the line's own certificate, which is at the desk."""
    to_sam: str = ""
    to_ana: str = ""


def line_of(
    folder: Path,
    engine: str,
    *,
    ana_key: bytes | None = None,
    ben_key: bytes | None = None,
    openpgp: str = "",
    extra: str = "",
) -> Line:
    """A line whose counselors have these keys, under this engine."""
    folder.mkdir(mode=0o700)
    duties = {"ana": '["always"]', "ben": '["never"]'}
    for who, octets in (("ana", ana_key), ("ben", ben_key)):
        if octets is not None:
            (folder / f"{who}.asc").write_bytes(octets)
            duties[who] += f'\nopenpgp_key = "{who}.asc"'
    return Line(
        folder, clock=FakeClock(START), ana_duty=duties["ana"], ben_duty=duties["ben"],
        extra=f'\n[openpgp]\nengine = "{engine}"\n{openpgp}\n[limits]\nmessages_per_hour_per_sender = 100000\n'
        f"conversation_messages_per_hour = 100000\nmessages_per_minute = 100000\n{extra}",
    )  # fmt: skip


async def own_key(line: Line) -> str:
    """Give the line a key of its own; people have its certificate at their desk, under this fingerprint."""
    engine = line.daemon.engine
    expires = START + timedelta(days=700)
    secret = engine.generate("Line <help@relay.test>", expires, START - timedelta(hours=1))
    certificate = engine.public_of(secret)
    fingerprint = engine.read_certificate(certificate, START).fingerprint
    key_id = fingerprint[:16].encode()
    await line.daemon.store.service_keys.add(
        ServiceKey(key_id, "help@relay.test", fingerprint, secret, datetime.now(UTC), expires)
    )
    return desk().take(certificate)


async def opened(line: Line) -> Opened:
    """Sam has written in clear, and Ana's mail program has the request."""
    state = Opened(line, await own_key(line))
    sam = line.seeker()
    await sam.writes("I cannot sleep.")
    state.to_sam = (await line.ana.receives(automatic=False)).from_address
    state.to_ana = (await sam.receives(automatic=True)).from_address
    return state
