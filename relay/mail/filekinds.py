"""What to call a file that is not passed on, and which files are programs. Tables and one question.

``attachments`` asks when it has no way to build a file anew. The content is asked first, then the
label, then the name: the last two cannot make a file pass, they only help to say what was removed.
Raises nothing.
"""

from __future__ import annotations

import re

from relay.mail.cleaning import Reason, Removed

PICTURE, PDF, CALENDAR, CONTACT = "picture", "PDF", "calendar file", "contact card"
OFFICE, ARCHIVE, AUDIO, VIDEO = "office document", "archive", "audio", "video"
SIGNATURE, KEY, CERTIFICATE, FORWARDED, FILE = "signature", "key", "certificate", "forwarded message", "file"

_HEAD_BYTES = 4096  # the first entries of a zip name what it is
_MARK_BYTES = 1024  # leading blanks and comments before what a text format begins with

# Text formats by their first words, lower case. They are not passed on as text even where the label
# says text/plain: words hide in their encodings, and some of them name a person in every line.
_TEXT_MARKS = tuple(
    (re.compile(pattern), Removed(reason, kind))
    for pattern, reason, kind in (
        (r"begin:vcalendar", Reason.UNSUPPORTED, CALENDAR),
        (r"begin:vcard", Reason.UNSUPPORTED, CONTACT),
        (r"-----begin pgp message", Reason.ENCRYPTED, FILE),
        (r"-----begin pgp signature", Reason.UNSUPPORTED, SIGNATURE),
        (r"-----begin (?:[a-z0-9]{1,9} )?(?:public|private|encrypted) ", Reason.UNSUPPORTED, KEY),
        (r"-----begin (?:certificate|x509|trusted)", Reason.UNSUPPORTED, CERTIFICATE),
        (r"-----begin (?:pkcs7|cms)", Reason.UNSUPPORTED, SIGNATURE),
        (r"(?:<\?xml[^>]{0,200}>\s{0,9})?(?:<!doctype svg[^>]{0,200}>\s{0,9})?<svg", Reason.ACTIVE, PICTURE),
        (r"(?:<!--|<!doctype html|<html|<head|<body|<script)", Reason.ACTIVE, FILE),
        (r"<\?xml", Reason.UNSUPPORTED, FILE),
        (r"\{\\rtf", Reason.UNSUPPORTED, OFFICE),
    )
)

_MAGIC = (
    (b"MZ", Removed(Reason.ACTIVE, FILE)),
    (b"\x7fELF", Removed(Reason.ACTIVE, FILE)),
    (b"\xca\xfe\xba\xbe", Removed(Reason.ACTIVE, FILE)),
    (b"\xcf\xfa\xed\xfe", Removed(Reason.ACTIVE, FILE)),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", Removed(Reason.ACTIVE, FILE)),
    (b"Rar!\x1a\x07", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"\x1f\x8b\x08", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"BZh", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"\xfd7zXZ\x00", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"\x28\xb5\x2f\xfd", Removed(Reason.UNSUPPORTED, ARCHIVE)),
    (b"\x78\x9f\x3e\x22", Removed(Reason.UNSUPPORTED, FILE)),  # TNEF, winmail.dat
    (b"ID3", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"\xff\xfb", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"\xff\xf3", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"OggS", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"fLaC", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"#!AMR", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"MThd", Removed(Reason.UNSUPPORTED, AUDIO)),
    (b"\x1a\x45\xdf\xa3", Removed(Reason.UNSUPPORTED, VIDEO)),
    (b"FLV\x01", Removed(Reason.UNSUPPORTED, VIDEO)),
    (b"\x00\x00\x01\xba", Removed(Reason.UNSUPPORTED, VIDEO)),
    (b"8BPS", Removed(Reason.UNSUPPORTED, PICTURE)),
    (b"\x00\x00\x01\x00", Removed(Reason.UNSUPPORTED, PICTURE)),
    (b"\x00\x00\x00\x0cjP  ", Removed(Reason.UNSUPPORTED, PICTURE)),
)

_LABELS = {
    "text/calendar": CALENDAR, "application/ics": CALENDAR,
    "text/vcard": CONTACT, "text/x-vcard": CONTACT, "text/directory": CONTACT,
    "application/pgp-signature": SIGNATURE, "application/pkcs7-signature": SIGNATURE,
    "application/x-pkcs7-signature": SIGNATURE, "application/pgp-keys": KEY,
    "application/pkix-cert": CERTIFICATE, "application/x-x509-ca-cert": CERTIFICATE,
    "application/x-x509-user-cert": CERTIFICATE, "application/x-pkcs12": CERTIFICATE,
    "application/pdf": PDF, "application/x-pdf": PDF,
    "application/msword": OFFICE, "application/rtf": OFFICE, "text/rtf": OFFICE,
    "application/zip": ARCHIVE, "application/x-zip-compressed": ARCHIVE, "application/gzip": ARCHIVE,
    "application/x-gzip": ARCHIVE, "application/x-7z-compressed": ARCHIVE, "application/x-tar": ARCHIVE,
    "application/vnd.rar": ARCHIVE, "application/x-rar-compressed": ARCHIVE,
}  # fmt: skip
_LABEL_BEGINNINGS = (
    ("image/", PICTURE), ("audio/", AUDIO), ("video/", VIDEO), ("message/", FORWARDED),
    ("application/vnd.openxmlformats", OFFICE), ("application/vnd.oasis.opendocument", OFFICE),
    ("application/vnd.ms-excel", OFFICE), ("application/vnd.ms-powerpoint", OFFICE),
    ("application/vnd.ms-word", OFFICE),
)  # fmt: skip
_ENCRYPTED_LABELS = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_REDRAWN_LABELS = frozenset(
    {
        "image/jpeg",
        "image/jpg",
        "image/pjpeg",
        "image/png",
        "image/x-png",
        "image/gif",
        "image/webp",
        "image/heic",
    }
    | {"image/heif", "image/avif", "image/bmp", "image/x-ms-bmp", "image/tiff"}
)


def _by_extension(table: dict[str, str]) -> dict[str, str]:
    return {extension: kind for kind, extensions in table.items() for extension in extensions.split()}


_PROGRAM = "program"  # not a kind that is shown: both sides read "file"
_EXTENSIONS = _by_extension(
    {
        PICTURE: "jpg jpeg jpe jfif png gif webp heic heif avif bmp tif tiff svg ico psd jp2 raw cr2 nef dng",
        PDF: "pdf",
        CALENDAR: "ics ical vcs ifb",
        CONTACT: "vcf vcard",
        OFFICE: "doc docx docm dot dotx xls xlsx xlsm xlsb ppt pptx pptm ppsx odt ods odp rtf pages numbers",
        ARCHIVE: "zip rar 7z gz tgz bz2 xz tar zst lz iso cab dmg",
        AUDIO: "mp3 m4a aac ogg oga opus wav flac wma amr mid caf",
        VIDEO: "mp4 m4v mov avi mkv webm wmv flv 3gp mpg mpeg",
        SIGNATURE: "sig p7s",
        KEY: "gpg kbx",
        CERTIFICATE: "cer crt pem der p12 pfx p7b",
        FORWARDED: "eml msg mbox",
        _PROGRAM: "exe com scr pif bat cmd ps1 vbs vbe js jse wsf wsh hta msi dll jar apk app sh lnk url "
        "reg htm html xhtml swf",
    }
)


def name_removed(data: bytes, label: str, extension: str) -> Removed:
    """Say why a file that nothing here can build anew is removed, and what to call it.

    ``label`` is type/subtype, ``extension`` what stands after the last dot, both in lower case.
    """
    found = by_content(data)
    if found is not None:
        return _msg_file(found, extension)
    if label in _ENCRYPTED_LABELS:
        return Removed(Reason.ENCRYPTED, FILE)
    kind = _LABELS.get(label) or next(
        (kind for start, kind in _LABEL_BEGINNINGS if label.startswith(start)), ""
    )
    if label in _REDRAWN_LABELS or kind == PDF:
        return Removed(Reason.BROKEN, kind)  # its first octets are not those of what it says to be
    kind = kind or _EXTENSIONS.get(extension, FILE)
    return Removed(Reason.ACTIVE, FILE) if kind == _PROGRAM else Removed(Reason.UNSUPPORTED, kind)


def by_content(data: bytes) -> Removed | None:
    """What the first octets say, or ``None`` when they say nothing."""
    for magic, removed in _MAGIC:
        if data.startswith(magic):
            return removed
    head = data[:_HEAD_BYTES]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(head)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # Office before 2007, and what it encrypts
        return Removed(Reason.UNSUPPORTED, OFFICE)
    if head[4:8] == b"ftyp":
        return Removed(Reason.UNSUPPORTED, AUDIO if head[8:11] in (b"M4A", b"M4B") else VIDEO)
    if head[:4] == b"RIFF":
        return Removed(Reason.UNSUPPORTED, {b"WAVE": AUDIO, b"AVI ": VIDEO}.get(head[8:12], FILE))
    if head[257:262] == b"ustar":
        return Removed(Reason.UNSUPPORTED, ARCHIVE)
    return by_text(head.decode("latin-1").removeprefix("\xef\xbb\xbf"))


def by_text(text: str) -> Removed | None:
    """What the first words of a text say, or ``None`` when they are words like any other."""
    start = text[:_MARK_BYTES].lstrip("\ufeff \t\r\n").lower()
    return next((removed for mark, removed in _TEXT_MARKS if mark.match(start)), None)


def _zip(head: bytes) -> Removed:
    if b"[Content_Types].xml" in head or b"mimetypeapplication/vnd.oasis.opendocument" in head:
        return Removed(Reason.UNSUPPORTED, OFFICE)
    if b"META-INF/" in head or b"AndroidManifest.xml" in head:
        return Removed(Reason.ACTIVE, FILE)
    return Removed(Reason.UNSUPPORTED, ARCHIVE)


def _msg_file(found: Removed, extension: str) -> Removed:
    """Outlook saves a message in the container of old office documents; only its name tells."""
    return Removed(Reason.UNSUPPORTED, FORWARDED) if found.kind == OFFICE and extension == "msg" else found
