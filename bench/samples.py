"""The letters that are sent: what help seekers write, made here, the same in every run but for their ids.

``compare`` asks for a sample by name. Each letter has a Message-ID of its own (a repeated one would be
recognised as a repetition and not relayed), and the header that two mail hosts leave on a letter.
"""

from __future__ import annotations

import base64
import io
import itertools
import quopri
import random
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from PIL import Image

_SENTENCES = (
    "I have been putting off writing this for a few weeks now.",
    "Most evenings I am fine until the flat goes quiet, and then it all comes back at once.",
    "My sister says that I should talk to somebody, but whenever I try I end up changing the subject.",
    "Work has been hard since the move and I sleep four or five hours at best.",
    "It is not that anything terrible has happened; it is more that nothing feels worth the effort.",
    "I used to go running in the mornings and I cannot remember when I stopped.",
    "Last Sunday I sat in the car for an hour because I did not want to go in.",
    "Is it normal to feel like this for so long, and does it ever just pass?",
    "I am not in danger, I only want to know what other people do when it gets like this.",
    "Thank you for reading so far, it already helps a little to have written it down.",
    "You asked what a good day looks like, and I had to think about it for longer than I expected.",
    "There was one in spring, when we cooked together and nobody looked at a phone.",
)
_WIDTH = 72
_SIDE = 1040
_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be sent. ``content`` is head and body apart: a large body is shared by many letters."""

    reverse_path: str
    forward_path: str
    content: tuple[bytes, bytes]


Body = tuple[str, bytes]
"""The header fields that describe a body, and the body."""


def _prose(octets: int, seed: int) -> str:
    """Paragraphs of about ``octets``, lines under 73 characters, CRLF."""
    pick = random.Random(seed)
    lines: list[str] = []
    size = 0
    while size < octets:
        line = ""
        for word in " ".join(pick.choice(_SENTENCES) for _ in range(4)).split():
            if len(line) + len(word) >= _WIDTH:
                lines.append(line)
                size += len(line) + 2
                line = ""
            line = f"{line} {word}".lstrip()
        lines += [line, ""]
        size += len(line) + 4
    return "\r\n".join(lines) + "\r\n"


def _plain(octets: int) -> Body:
    return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", _prose(
        octets, 1
    ).encode()


def _alternative() -> Body:
    """10 kB as a webmail writes it: text and HTML, the answered letter quoted below."""
    text, quoted = _prose(1400, 2), _prose(700, 3)
    attribution = "On Mon, 5 Oct 2026 at 19:02, Linden wrote:"
    plain = text + attribution + "\r\n\r\n" + "".join(f"> {line}\r\n" for line in quoted.split("\r\n"))
    style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"

    def paragraphs(prose: str) -> str:
        return "".join(
            f'<div style="font-family:arial,sans-serif;font-size:small;color:rgb(34,34,34)">{each}</div><div><br></div>'
            for each in prose.replace("\r\n", " ").split("  ")
        )

    html = (
        f'<div dir="ltr">{paragraphs(text)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f'{attribution}<br></div><blockquote class="gmail_quote" style="{style}">{paragraphs(quoted)}'
        f"{paragraphs(_prose(1500, 4))}</blockquote></div>"
    )
    encoded = quopri.encodestring(html.encode()).replace(b"\n", b"\r\n").decode()
    part = "--=-alt\r\nContent-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}\r\n"
    body = (
        part.format("plain", "8bit", plain)
        + part.format("html", "quoted-printable", encoded)
        + "--=-alt--\r\n"
    )
    return 'Content-Type: multipart/alternative; boundary="=-alt"\r\n', body.encode()


def _scan(seed: int) -> bytes:
    """A photograph that is nothing but detail: a JPEG of 0.75 MiB, 1 MiB in base64."""
    noise = Image.frombytes("RGB", (_SIDE, _SIDE), random.Random(seed).randbytes(_SIDE * _SIDE * 3))
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=82)
    return file.getvalue()


def _document(pages: int) -> bytes:
    """A PDF of scanned pages, as a letter from an office becomes one; 0.75 MiB each."""
    document = pikepdf.new()
    for number in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        picture = pikepdf.Stream(
            document, _scan(100 + number), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
            Width=_SIDE, Height=_SIDE, ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )  # fmt: skip
        page.add_resource(picture, pikepdf.Name.XObject, pikepdf.Name.Scan)
        page.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /Scan Do Q")
    file = io.BytesIO()
    document.save(file, deterministic_id=True)
    return file.getvalue()


def _with_file(octets: bytes, content_type: str, name: str) -> Body:
    """A short letter with a file."""
    encoded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    head = (
        "--=-mix\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + _prose(600, 6) + "\r\n--=-mix\r\n"
        f'Content-Type: {content_type}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return (
        'Content-Type: multipart/mixed; boundary="=-mix"\r\n',
        head.encode() + encoded + b"\r\n--=-mix--\r\n",
    )


def _pdf(pages: int) -> Body:
    return _with_file(_document(pages), "application/pdf", "letter.pdf")


SAMPLES: dict[str, Callable[[], Body]] = {
    "plain2k": lambda: _plain(2048),
    "alt10k": _alternative,
    "attach1m": lambda: _with_file(_scan(5), "image/jpeg", "photo.jpg"),
    "pdf1m": lambda: _pdf(1),
    "pdf7m": lambda: _pdf(7),
    "pdf20m": lambda: _pdf(20),
}
"""By size in octets as sent. A picture is drawn anew by us (``attach1m``); of a PDF the pages go on as they are."""


def letter(body: Body, author: str, to: str, *, run: str) -> Letter:
    """One letter from ``author`` to ``to``. ``run`` makes its Message-ID unlike those of other runs."""
    number = next(_ids)
    fields, octets = body
    received = "".join(
        f"Received: from {near}.mail.test ({near}.mail.test [192.0.2.{hop}])\r\n\tby {far}.mail.test (Postfix) with ESMTPS id"
        f" 4F{hop}A0C3{number:06X}\r\n\tfor <{to}>; Mon, 5 Oct 2026 20:0{hop}:00 +0200 (CEST)\r\n"
        for hop, (near, far) in enumerate((("out", "mx"), ("submit", "out")), 1)
    )
    signature = base64.b64encode(random.Random(number).randbytes(256)).decode()
    head = (
        f"Return-Path: <{author}>\r\n{received}"
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.test; s=s1; h=from:to:subject:date:message-id;\r\n"
        f"\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\tb={signature}\r\n"
        f"From: Sam Example <{author}>\r\nTo: {to}\r\nSubject: Cannot sleep again\r\n"
        f"Date: Mon, 5 Oct 2026 20:00:00 +0200\r\nMessage-ID: <{run}.{number}@mail.test>\r\n"
        f"User-Agent: Mozilla Thunderbird\r\nX-Originating-IP: [198.51.100.7]\r\nMIME-Version: 1.0\r\n{fields}\r\n"
    )
    return Letter(author, to, (head.encode(), octets))
