"""Files with the author's traces inside, made here: pictures, documents, cards, archives."""

from __future__ import annotations

import functools
import io
import zipfile

import pikepdf
from PIL import Image, PngImagePlugin

from tests.properties.world import MACHINE, Author


@functools.cache
def files(author: Author) -> tuple[tuple[str, bytes], ...]:
    """Content type and octets of each file."""
    traces = f"{author.name} {author.address} {MACHINE['document']} {MACHINE['device']}"
    card = f"BEGIN:VCARD\r\nFN:{author.name}\r\nEMAIL:{author.address}\r\nORG:{MACHINE['organisation']}\r\nEND:VCARD\r\n"
    event = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nORGANIZER;CN={author.name}:mailto:{author.address}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return (
        ("image/jpeg", _jpeg(traces)),
        ("image/png", _png(traces)),
        ("image/gif", _gif(traces)),
        ("application/pdf", _pdf(traces)),
        ("text/vcard", card.encode()),
        ("text/calendar; method=PUBLISH", event.encode()),
        ("application/ms-tnef", b"\x78\x9f\x3e\x22" + traces.encode()),
        ("application/zip", _zip(traces)),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _zip(traces)),
        ("image/svg+xml", f"<svg xmlns='http://www.w3.org/2000/svg'><text>{traces}</text></svg>".encode()),
        ("application/octet-stream", traces.encode() + bytes(range(256))),
        ("image/jpeg", b"\xff\xd8\xff\xe1" + traces.encode()),
        ("message/partial; id=x; number=1", b"From: x\r\n\r\n" + traces.encode()),
        ("message/external-body; access-type=URL", b"Content-Type: text/plain\r\n\r\n" + traces.encode()),
        ("message/disposition-notification", traces.encode()),
        ("application/pgp-keys", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n" + traces.encode()),
    )


def _picture() -> Image.Image:
    picture = Image.new("RGB", (24, 16), (30, 90, 160))
    picture.putpixel((3, 3), (250, 10, 10))
    return picture


def _jpeg(traces: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x9286] = traces, traces
    out = io.BytesIO()
    _picture().save(out, "JPEG", exif=exif, comment=traces.encode())
    return out.getvalue() + traces.encode()


def _png(traces: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", traces)
    info.add_itxt("XML:com.adobe.xmp", traces, zip=True)
    out = io.BytesIO()
    _picture().save(out, "PNG", pnginfo=info)
    return out.getvalue() + traces.encode()


def _gif(traces: str) -> bytes:
    out = io.BytesIO()
    _picture().save(out, "GIF", comment=traces.encode())
    return out.getvalue()


def _pdf(traces: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.docinfo["/Author"] = traces
        pdf.add_blank_page(page_size=(72, 72))
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=traces)
        pdf.save(out)
    return out.getvalue() + b"% " + traces.encode()


def _zip(traces: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{MACHINE['file']}.xml", traces)
    return out.getvalue()
