"""Files are built anew or removed by name; nothing is raised, nothing touches the disk."""

from __future__ import annotations

import random
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from relay.mail.attachments import AttachmentLimits, Cleaned, Reason, Removed, clean, neutral_name


def picture(form: str, **options: object) -> bytes:
    out = BytesIO()
    Image.radial_gradient("L").resize((48, 32)).convert("RGB").save(out, form, **options)
    return out.getvalue()


def document() -> bytes:
    out = BytesIO()
    with pikepdf.new() as made:
        page = made.add_blank_page(page_size=(100, 100))
        page.obj["/Contents"] = made.make_stream(b"q 0 0 50 50 re f Q")
        made.save(out)
    return out.getvalue()


def zipped(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)
SAMPLES = {
    **{form: picture(form) for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "HEIF", "AVIF")},
    "progressive": picture("JPEG", progressive=True),
    "PDF": document(),
    "text": b"I do not know where to begin.\r\nIt started in May.\r\n",
}


@pytest.mark.parametrize(
    ("data", "label", "name"),
    [
        (SAMPLES["PNG"], "image/jpeg", "photo.jpg"),
        (SAMPLES["PNG"], "text/plain", "notes.txt"),
        (SAMPLES["PNG"], "application/pdf", "a.pdf"),
        (SAMPLES["PNG"], "", ""),
    ],
)
def test_the_content_decides_and_not_the_label_or_the_name(data: bytes, label: str, name: str) -> None:
    """A PNG is a PNG whatever it is called."""
    result = clean(data, label, name)
    assert isinstance(result, Cleaned)
    assert result.content_type == "image/png"


@pytest.mark.parametrize(
    ("data", "label", "name", "kind", "reason"),
    [
        (b"BEGIN:VCALENDAR\r\n", "text/plain", "x.txt", "calendar file", Reason.UNSUPPORTED),
        (b"x", "application/ics", "x", "calendar file", Reason.UNSUPPORTED),
        (b"\xef\xbb\xbfBEGIN:VCARD\r\nFN:Jane Roe\r\n", "", "", "contact card", Reason.UNSUPPORTED),
        (b"x", "text/x-vcard", "", "contact card", Reason.UNSUPPORTED),
        (b"x", "application/octet-stream", "Jane Roe.VCF", "contact card", Reason.UNSUPPORTED),
        (zipped("[Content_Types].xml", "word/a.xml"), "", "a.docx", "office document", Reason.UNSUPPORTED),
        (OLD_OFFICE, "", "a.doc", "office document", Reason.UNSUPPORTED),
        (OLD_OFFICE, "", "a.msg", "forwarded message", Reason.UNSUPPORTED),
        (b"{\\rtf1 words}", "text/plain", "a.txt", "office document", Reason.UNSUPPORTED),
        (zipped("a.txt"), "application/octet-stream", "a.docx", "archive", Reason.UNSUPPORTED),
        (zipped("META-INF/MANIFEST.MF"), "", "a.jar", "file", Reason.ACTIVE),
        (b"\x78\x9f\x3e\x22\x00\x00", "application/ms-tnef", "winmail.dat", "file", Reason.UNSUPPORTED),
        (b"ID3\x03\x00", "", "", "audio", Reason.UNSUPPORTED),
        (b"\x00\x00\x00\x20ftypM4A ", "", "", "audio", Reason.UNSUPPORTED),
        (b"\x00\x00\x00\x20ftypisom", "", "", "video", Reason.UNSUPPORTED),
        (b"x", "message/rfc822", "", "forwarded message", Reason.UNSUPPORTED),
        (b"-----BEGIN PGP SIGNATURE-----\n", "text/plain", "a.asc", "signature", Reason.UNSUPPORTED),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "text/plain", "a.txt", "key", Reason.UNSUPPORTED),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "text/plain", "a.txt", "key", Reason.UNSUPPORTED),
        (b"-----BEGIN PGP MESSAGE-----\n", "text/plain", "a.txt", "file", Reason.ENCRYPTED),
        (b"x", "application/pkcs7-mime", "smime.p7m", "file", Reason.ENCRYPTED),
        (b"-----BEGIN CERTIFICATE-----\n", "", "", "certificate", Reason.UNSUPPORTED),
        (b"MZ\x90\x00", "image/png", "photo.png", "file", Reason.ACTIVE),
        (b"<!DOCTYPE html><p>x", "text/plain", "a.txt", "file", Reason.ACTIVE),
        (b"<?xml version='1.0'?>\n<svg onload='x'/>", "image/svg+xml", "a.svg", "picture", Reason.ACTIVE),
        (b"alert(1)", "application/octet-stream", "a.js", "file", Reason.ACTIVE),
        (b"garbage", "image/jpeg", "a.jpg", "picture", Reason.BROKEN),
        (b"garbage", "application/pdf", "a.pdf", "PDF", Reason.BROKEN),
        (b"", "application/octet-stream", "", "file", Reason.UNSUPPORTED),
        (b"\x00\x01\x02", "text/plain", "a.txt", "file", Reason.UNSUPPORTED),
    ],
)  # fmt: skip
def test_what_is_removed_is_named_in_neutral_words(
    data: bytes, label: str, name: str, kind: str, reason: Reason
) -> None:
    """Both sides read what was removed and why, and nothing from the file or its name."""
    assert clean(data, label, name) == Removed(reason, kind)


@pytest.mark.parametrize(
    ("data", "label", "name", "text"),
    [
        (b"one\r\ntwo\rthree\n", "text/plain", "", "one\ntwo\nthree\n"),
        ("schön".encode(), "application/octet-stream", "a.TXT", "schön"),
        ("schön".encode("latin-1"), "text/plain", "a.txt", "schön"),
        ("schön".encode("utf-16"), "text/plain", "a.txt", "schön"),
        ("\ufeffschön".encode(), "text/markdown", "", "schön"),
        ("привет".encode("koi8-r"), "text/plain; charset=koi8-r", "a.txt", "привет"),
        (b"a;b\n1;2\n", "text/csv", "table.csv", "a;b\n1;2\n"),
        (b"MZ and ID3 are only letters here", "text/plain", "a.txt", "MZ and ID3 are only letters here"),
        (b"a\x1b[31mred\x1b[0m", "text/plain", "a.log", "a[31mred[0m"),
        (b"", "text/plain", "a.txt", ""),
    ],
)
def test_a_text_file_comes_out_as_utf8_with_lf(data: bytes, label: str, name: str, text: str) -> None:
    """The caller cleans its words like those of a body."""
    assert clean(data, label, name) == Cleaned("text file", "text/plain", "txt", text.encode())


def test_sizes_are_bounded_on_the_way_in_and_out() -> None:
    """Too large is said of what it is, without looking further."""
    small = AttachmentLimits(input_bytes=100, text_bytes=10)
    assert clean(SAMPLES["PNG"], "", "", small) == Removed(Reason.TOO_LARGE, "picture")
    assert clean(SAMPLES["PDF"], "", "", small) == Removed(Reason.TOO_LARGE, "PDF")
    assert clean(bytes(101), "video/mp4", "", small) == Removed(Reason.TOO_LARGE, "video")
    assert clean(b"eleven chars", "text/plain", "", small) == Removed(Reason.TOO_LARGE, "text file")
    assert clean(SAMPLES["PNG"], "", "", AttachmentLimits(output_bytes=50)) == Removed(
        Reason.TOO_LARGE, "picture"
    )


def test_names_are_neutral() -> None:
    """A name says the place and the format."""
    result = clean(SAMPLES["JPEG"], "image/jpeg", "Jane Roe at home.jpg")
    assert isinstance(result, Cleaned)
    assert neutral_name(3, result) == "attachment-3.jpg"


@pytest.mark.parametrize("sample", SAMPLES)
def test_equal_input_gives_equal_output(sample: str) -> None:
    """Every retry sends the same bytes; nothing random or dated is written."""
    assert clean(SAMPLES[sample], "text/plain", "") == clean(SAMPLES[sample], "text/plain", "")


def test_no_file_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a folder for temporary files that cannot be used, everything still works."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    monkeypatch.chdir(tmp_path)
    for data in SAMPLES.values():
        assert isinstance(clean(data, "text/plain", ""), Cleaned)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sample", sorted(set(SAMPLES) - {"text"}))
def test_damaged_files_never_raise_and_never_speak(sample: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Cut anywhere or with octets changed: an answer, no exception, no warning, nothing printed."""
    data, dice = SAMPLES[sample], random.Random(7)
    cut = [data[:length] for length in range(0, len(data), max(1, len(data) // 60))]
    changed = []
    for _ in range(150):
        octets = bytearray(data)
        for _ in range(dice.choice((1, 3, 20))):
            octets[dice.randrange(min(len(octets), dice.choice((64, 400, 10**6))))] = dice.choice(
                (0, 255, dice.randrange(256))
            )
        changed.append(bytes(octets))
    for damaged in (*cut, *changed):
        assert isinstance(clean(damaged, "application/octet-stream", "a.bin"), Cleaned | Removed)
    assert capfd.readouterr() == ("", "")
