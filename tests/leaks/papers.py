"""Files that tell who made them: pictures, PDFs, office documents, archives, cards, with marks where programs put them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache

import pikepdf
import pillow_heif
from PIL import Image, PngImagePlugin

from tests.leaks.who import Who

pillow_heif.register_heif_opener()


@cache
def _picture() -> Image.Image:
    return Image.new("RGB", (48, 32), (200, 30, 30))


def _encoded(form: str, **options: object) -> bytes:
    _picture().save(out := io.BytesIO(), form, **options)
    return out.getvalue()


def exif(who: Who) -> bytes:
    """Owner, program and place, as cameras write them."""
    data = Image.Exif()
    data[0x013B], data[0x0131], data[0x010F] = who.token, who.client, who.firm
    data.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 31.0), 3: "E", 4: (16.0, 22.0, 19.0), 29: who.host})
    return data.tobytes()


def xmp(who: Who) -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'dc:creator="{who.token}" dc:rights="{who.firm}"/></rdf:RDF></x:xmpmeta><?xpacket end=\'w\'?>'
    ).encode()


def picture(form: str) -> Callable[[Who], bytes]:
    """A picture with owner and place in its EXIF."""
    return lambda who: _encoded(form, exif=exif(who))


def jpeg_xmp(who: Who) -> bytes:
    return _encoded("JPEG", xmp=xmp(who), comment=who.client.encode())


def jpeg_tail(who: Who) -> bytes:
    """A film behind the picture, as motion photos have it."""
    return _encoded("JPEG") + b"MotionPhoto_Data" + who.token.encode()


def png_text(who: Who) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", who.token)
    info.add_itxt("XML:com.adobe.xmp", xmp(who).decode())
    info.add_text("Software", who.client, zip=True)
    return _encoded("PNG", pnginfo=info)


def gif_comment(who: Who) -> bytes:
    return _encoded("GIF", comment=who.token.encode())


def icc(who: Who) -> bytes:
    """A colour profile that names its screen; not one that can be used."""
    return _encoded("JPEG", icc_profile=b"\0" * 128 + f"Profile of {who.token}".encode())


def pdf(fill: Callable[[pikepdf.Pdf, Who], None]) -> Callable[[Who], bytes]:
    """A PDF of one page with whatever ``fill`` adds."""

    def make(who: Who) -> bytes:
        document = pikepdf.new()
        document.add_blank_page(page_size=(300, 200))
        fill(document, who)
        document.save(out := io.BytesIO(), compress_streams=False)
        return out.getvalue()

    return make


def info(document: pikepdf.Pdf, who: Who) -> None:
    document.docinfo["/Author"] = who.token
    document.docinfo["/Creator"] = who.client
    document.docinfo["/Company"] = who.firm


def pdf_xmp(document: pikepdf.Pdf, who: Who) -> None:
    document.Root.Metadata = document.make_stream(xmp(who))


def embedded(document: pikepdf.Pdf, who: Who) -> None:
    document.attachments["x.txt"] = pikepdf.AttachedFileSpec(
        document, who.token.encode(), filename=f"{who.client}.txt"
    )


def note(document: pikepdf.Pdf, who: Who) -> None:
    page = document.pages[0]
    page.Annots = pikepdf.Array([
        pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], T=who.token, Contents=who.firm)
    ])  # fmt: skip


def page(document: pikepdf.Pdf, who: Who) -> None:
    """What the page itself shows."""
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    shown = document.pages[0].obj
    shown["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    shown["/Contents"] = document.make_stream(f"BT /F1 18 Tf 20 100 Td (I am {who.name}) Tj ET".encode())


def form(document: pikepdf.Pdf, who: Who) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(
        Fields=[pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="name", V=who.token)]
    )


def script(document: pikepdf.Pdf, who: Who) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=f"app.launchURL('https://{who.beacon}')"
    )


def revised(who: Who) -> bytes:
    """A PDF whose first version is still in the file, behind which the second was appended."""
    first = pdf(info)(who)
    last = first.rindex(b"startxref") + len(b"startxref")
    start = first[last:].split()[0]
    update = b"\nxref\n0 0\ntrailer\n<< /Size 4 /Root 1 0 R /Prev " + start + b" >>\nstartxref\n%d\n%%%%EOF\n"
    return first + update % (len(first) + 1)


def zipped(**files: bytes) -> bytes:
    """A zip of files; ``__`` stands for a slash."""
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def word(who: Who) -> bytes:
    core = f"<cp:coreProperties><dc:creator>{who.token}</dc:creator><cp:lastModifiedBy>{who.firm}</cp:lastModifiedBy></cp:coreProperties>"
    comments = f'<w:comments><w:comment w:author="{who.client}"/></w:comments>'
    with zipfile.ZipFile(out := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("docProps/core.xml", core)
        archive.writestr("word/comments.xml", comments)
    return out.getvalue()


def opendocument(who: Who) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("meta.xml", f"<meta:initial-creator>{who.token}</meta:initial-creator>")
    return out.getvalue()


def old_office(who: Who) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + who.token.encode("utf-16-le") + who.firm.encode()
    )


def nested_zip(who: Who) -> bytes:
    return zipped(one__deep=zipped(inner=zipped(photo=picture("JPEG")(who))))


def zip_comment(who: Who) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        archive.comment = who.token.encode()
        archive.writestr(f"{who.client}/a.txt", "a")
    return out.getvalue()


def tar_gz(who: Who) -> bytes:
    with tarfile.open(fileobj=(out := io.BytesIO()), mode="w:gz") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.uname, entry.gname = who.token, who.client
        archive.addfile(entry, io.BytesIO())
    return out.getvalue()


def gz_name(who: Who) -> bytes:
    with gzip.GzipFile(filename=f"{who.token}.txt", fileobj=(out := io.BytesIO()), mode="wb") as stream:
        stream.write(who.client.encode())
    return out.getvalue()


def card(who: Who) -> bytes:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{who.name}\r\nTEL:{who.phone}\r\nEMAIL:{who.address}\r\nORG:{who.firm}\r\nEND:VCARD\r\n".encode()


def calendar(who: Who, method: str = "REQUEST") -> bytes:
    return (
        f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nPRODID:-//{who.client}//EN\r\nBEGIN:VEVENT\r\nUID:{who.token}@{who.host}\r\n"
        f"ORGANIZER;CN={who.name}:mailto:{who.address}\r\nATTENDEE;CN={who.deputy}:mailto:{who.third}\r\n"
        "DTSTART:20261123T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def winmail(who: Who) -> bytes:
    """The start of a TNEF stream (MS-OXTNEF §2.1): its signature, and text of a property."""
    return (
        b"\x78\x9f\x3e\x22\x01\x00\x01\x90\x08\x00"
        + who.token.encode()
        + b"\0"
        + who.address.encode("utf-16-le")
    )


def audio(who: Who) -> bytes:
    frame = b"TPE1" + (len(who.token) + 1).to_bytes(4, "big") + b"\0\0\0" + who.token.encode()
    return b"ID3\x03\x00\x00\x00\x00\x00" + bytes([len(frame)]) + frame + b"\xff\xfb\x90\x00" + bytes(64)


def film(who: Who) -> bytes:
    return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x40udta\xa9xyz" + who.token.encode()
