"""Pictures: decoded to pixels and drawn anew, so that nothing but what the eye sees is passed on.

``attachments.clean`` calls ``redraw``; ``pdf`` calls ``bare_jpeg`` and ``bare_jpeg2000`` for pictures
inside a page. Promises: no EXIF, GPS, XMP, IPTC, comment, colour profile, thumbnail, second picture
or trailing byte survives, because the output is made from a fresh canvas; colour under fully
transparent pixels is blackened, since erasers leave it there; equal input gives equal output;
no file is touched. Orientation and colour profile are applied before they are dropped.

What cannot be decoded raises whatever Pillow raises; ``attachments.clean`` answers ``BROKEN``.
A JPEG that ends early is shown as far as it goes (the rest grey), as every mail program does: a
phone that lost its connection must not cost the picture. Other formats must be whole.

libtiff writes a line on file descriptor 2 for damaged TIFF files (constant words and tag numbers);
whoever runs this sends that descriptor nowhere.

Standards: JPEG ITU-T T.81 §B, EXIF 2.32 (Orientation), PNG §5, ISO 23008-12 (HEIF), ISO 15444-1 §I.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from io import BytesIO

import pillow_heif
from PIL import Image, ImageCms

from relay.mail.cleaning import AttachmentLimits, Cleaned, Reason, Removed

# One thread: a worker process has one core. Thumbnails, depth and auxiliary pictures are not even read.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)

KIND = "picture"
JPEG_QUALITY = 85  # of 95: no visible loss at half the size; the usual setting of web tools
MAX_SCANS = 64  # of a progressive JPEG: encoders make about 10; each costs a pass over all pixels
MAX_PROFILE_BYTES = 4_000_000  # the largest printing profiles in use are 2 MB
MIN_FRAME_MS, MAX_FRAME_MS = 20, 60_000  # shorter is ignored by every viewer, longer looks like a still

_EXIF_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_BMP_HEADER_SIZES = frozenset({12, 40, 52, 56, 64, 108, 124})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)


def sniff(data: bytes) -> str:
    """Name the format (as Pillow does) by the first octets, or return an empty string."""
    for magic, form in _MAGIC:
        if data.startswith(magic):
            return form
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
        if brands & _AVIF_BRANDS and data[8:12] not in _HEIF_BRANDS - {b"mif1", b"msf1"}:
            return "AVIF"
        if brands & _HEIF_BRANDS:
            return "HEIF"
    return ""


def redraw(data: bytes, form: str, limits: AttachmentLimits) -> Cleaned | Removed:
    """Decode ``data`` as the one format ``form`` and encode its pixels anew.

    PNG for what has transparency, a palette, one bit a pixel, or was PNG; GIF for animated GIF;
    JPEG for the rest. Raises what Pillow raises on bytes that it cannot decode.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _redraw(data, form, limits)
        except Image.DecompressionBombError:
            return Removed(Reason.TOO_LARGE, KIND)
        except OSError:
            if form != "JPEG":
                raise
            return _redraw(data + b"\xff\xd9", form, limits)  # an end marker makes libjpeg fill the rest


def _redraw(data: bytes, form: str, limits: AttachmentLimits) -> Cleaned | Removed:
    if form == "PNG":
        data = _essential_chunks(data)
    if form == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        return Removed(Reason.TOO_LARGE, KIND)
    with Image.open(BytesIO(data), formats=[form]) as image:
        if form == "JPEG" and not image.info.get("progressive"):
            _decode_smaller(image, limits)
        if image.width * image.height > limits.pixels:
            return Removed(Reason.TOO_LARGE, KIND)
        if form == "TIFF" and _has_frame(image, 1):
            return Removed(
                Reason.UNSUPPORTED, KIND
            )  # a scan of several pages: showing one would lose the rest
        if form == "GIF" and (frames := _animation(image, limits)):
            return _encode_animation(frames)
        as_png = form in ("PNG", "GIF") or image.mode in ("1", "P", "PA")
        drawn = _draw(image, limits.side)
    out = BytesIO()
    if as_png or drawn.mode == "RGBA":
        drawn.save(out, "PNG")
        return Cleaned(KIND, "image/png", "png", out.getvalue())
    drawn.save(out, "JPEG", quality=JPEG_QUALITY)
    return Cleaned(KIND, "image/jpeg", "jpg", out.getvalue())


def _decode_smaller(image: Image.Image, limits: AttachmentLimits) -> None:
    """Let libjpeg decode at 1/2, 1/4 or 1/8 when the whole is over the limit (phones make 50 megapixels).

    Not for progressive ones, whose coefficients are all kept in memory whatever the scale.
    """
    width, height = image.size
    for scale in (2, 4, 8):
        if image.width * image.height <= limits.pixels:
            return
        image.draft(None, (max(1, width // scale), max(1, height // scale)))


def _has_frame(image: Image.Image, index: int) -> bool:
    """Tell whether there is such a frame, and go there if so."""
    try:
        image.seek(index)
    except EOFError:
        return False
    return True


def _draw(image: Image.Image, side: int) -> Image.Image:
    """A fresh canvas in mode L, RGB or RGBA with what the picture shows, upright and in sRGB."""
    image.load()
    profile, turn = image.info.get("icc_profile"), _orientation(image)
    alpha = None
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        alpha, colours = whole.getchannel("A"), whole.convert("RGB")
        alpha = None if alpha.getextrema() == (255, 255) else alpha
    elif image.mode in ("L", "RGB", "CMYK"):
        colours = image
    elif image.mode[0] in "1IF":
        colours = _grey(image)
    else:
        colours = image.convert("RGB")
    colours = _in_srgb(colours, profile)
    canvas = Image.new("RGBA" if alpha else colours.mode, colours.size)
    if alpha:
        colours.putalpha(alpha)
        canvas.paste(colours, mask=alpha.point([0] + [255] * 255))
    else:
        canvas.paste(colours)
    canvas.thumbnail((side, side), Image.Resampling.LANCZOS)
    return canvas.transpose(turn) if turn is not None else canvas


def _grey(image: Image.Image) -> Image.Image:
    """One bit, sixteen bits, whole numbers or fractions a pixel as eight bits; Pillow alone would clip."""
    if image.mode == "1":
        return image.convert("L")
    deep = image if image.mode == "F" else image.convert("I")
    highest = deep.getextrema()[1]
    assert isinstance(highest, int | float)
    white = (
        65535
        if image.mode.startswith("I;16")
        else next((top for top in (1, 255, 65535) if highest <= top), highest)
    )
    return deep.point(lambda value: value * (255 / white)).convert("L")


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """The turn that EXIF asks for; none when EXIF cannot be read, for the pixels still can."""
    try:
        return _TRANSPOSE.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  Pillow's reader raises a dozen types on a damaged block
        return None


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The same colours in sRGB, or in grey. A profile that does not fit its picture is passed over."""
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _animation(image: Image.Image, limits: AttachmentLimits) -> list[tuple[Image.Image, int]]:
    """All frames of a GIF, each whole and with its time in ms; empty for a still one or one too long."""
    most = min(limits.frames, limits.pixels // (image.width * image.height))
    if most < 2 or not _has_frame(image, 1):
        return []
    if _has_frame(image, most):
        image.seek(0)
        return []
    return list(_frames(image, limits.side))


def _frames(image: Image.Image, side: int) -> Iterator[tuple[Image.Image, int]]:
    index = 0
    while _has_frame(image, index):
        shown = image.info.get("duration", 100)
        shown = shown if isinstance(shown, int) else 100
        yield _draw(image, side), min(max(shown, MIN_FRAME_MS), MAX_FRAME_MS)
        index += 1


def _encode_animation(frames: list[tuple[Image.Image, int]]) -> Cleaned:
    """One GIF that loops for ever, with no comment and no application block but the loop's."""
    pictures = [picture for picture, _ in frames]
    see_through = any(picture.mode == "RGBA" for picture in pictures)
    out = BytesIO()
    pictures[0].save(
        out,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[shown for _, shown in frames],
        loop=0,
        disposal=2 if see_through else 1,  # frames are whole: a see-through one must not show the last
    )
    return Cleaned(KIND, "image/gif", "gif", out.getvalue())


# --- octets that carry no pixels -------------------------------------------------------------------

_PNG_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf"})


def _essential_chunks(data: bytes) -> bytes:
    """A PNG without chunks we never use: large text blocks make Pillow refuse an innocent picture."""
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if name in _PNG_CHUNKS:
            kept.append(data[at:end])
        if name == b"IEND":
            break
        at = end
    return b"".join(kept)


_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM and restart markers have no length
_JPEG_DRAWING = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xDE), 0xEE})  # frames, tables, scans, and APP14
_JPEG_AFTER_SCAN = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG stream with only the segments that draw: no camera data, no comment, nothing after its end.

    Pixels are untouched. APP14 stays: it decides between RGB and YCbCr. Raises ``ValueError``.
    """
    if not data.startswith(b"\xff\xd8"):
        raise ValueError("no start of image")
    kept, at = [b"\xff\xd8"], 2
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker in (0xD8, 0xD9):  # the end, or the start of another picture where the end is damaged
            break
        if marker == 0xFF or marker in _JPEG_STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            raise ValueError("segment longer than the file")
        if marker == 0xDA:
            after = _JPEG_AFTER_SCAN.search(data, end)
            end = after.start() if after else len(data)
        if marker in _JPEG_DRAWING:
            kept.append(data[at:end])
        at = end
    return b"".join((*kept, b"\xff\xd9"))


_JP2_BOXES = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c"})


def bare_jpeg2000(data: bytes) -> bytes:
    """A JPEG 2000 file with only the boxes that make the picture: no XML, UUID or rights boxes.

    A raw code stream comes back as it is. Raises ``ValueError``.
    """
    if data.startswith(b"\xff\x4f\xff\x51"):
        return data
    kept, at = [], 0
    while at + 8 <= len(data):
        size, name, header = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = len(data) if size == 0 else at + size
        if size != 0 and size < header:
            raise ValueError("box shorter than its header")
        if name in _JP2_BOXES:
            kept.append(data[at:end])
        at = end
    if not any(box[4:8] == b"jp2c" for box in kept):
        raise ValueError("no code stream")
    return b"".join(kept)
