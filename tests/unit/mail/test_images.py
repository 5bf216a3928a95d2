"""Pictures come out as pixels only, and look the same."""

from __future__ import annotations

import subprocess
import zipfile
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from relay.mail.attachments import AttachmentLimits, Cleaned, Reason, Removed, clean
from relay.mail.images import bare_jpeg, bare_jpeg2000

CANARY = b"CANARY-jane-roe"
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF", "AVIF")
WITH_EXIF = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")


def picture(size: tuple[int, int] = (120, 80), mode: str = "RGB") -> Image.Image:
    """Red at the left, blue at the right, so that turns and colours can be told."""
    image = Image.new("RGB", size, (220, 20, 20))
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, size[0], size[1]), fill=(20, 20, 220))
    return image.convert(mode)


def encoded(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = BytesIO()
    (image or picture()).save(out, form, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    data = Image.Exif()
    data[0x010F] = data[0x013B] = CANARY.decode()
    data[0x0112] = orientation
    data.get_ifd(0x8825).update(
        {1: "N", 2: (48.0, 12.0, 31.0), 3: "E", 4: (16.0, 22.0, 19.0), 29: CANARY.decode()}
    )
    return data


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def cleaned(data: bytes, limits: AttachmentLimits | None = None) -> Cleaned:
    result = clean(data, "application/octet-stream", "Jane Roe.bin", limits or AttachmentLimits())
    assert isinstance(result, Cleaned), result
    assert result.kind == "picture"
    return result


def shown(result: Cleaned) -> Image.Image:
    with Image.open(BytesIO(result.data)) as image:
        image.load()
        return image


def is_red(image: Image.Image, at: tuple[int, int]) -> bool:
    pixel = image.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[0] > 180 and pixel[2] < 80


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_comes_out_with_the_same_picture(form: str) -> None:
    """A picture shows the same, as PNG, JPEG or GIF, whatever it was."""
    result = cleaned(encoded(form))
    image = shown(result)
    assert (result.extension, result.content_type) in {("jpg", "image/jpeg"), ("png", "image/png")}
    assert image.size == (120, 80)
    assert is_red(image, (10, 40))
    assert not is_red(image, (110, 40))


@pytest.mark.parametrize("form", WITH_EXIF)
def test_camera_data_and_place_do_not_survive(form: str) -> None:
    """EXIF with maker, artist and GPS is gone from every format that can hold it."""
    data = encoded(form, exif=exif().tobytes())
    assert CANARY in data
    result = cleaned(data)
    assert CANARY not in result.data
    assert not shown(result).getexif()


def test_comments_profiles_xmp_and_text_blocks_do_not_survive() -> None:
    """Every other place where a picture can carry words is empty afterwards."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", CANARY.decode())
    notes.add_itxt("XML:com.adobe.xmp", CANARY.decode(), zip=False)
    for data in (
        encoded("PNG", pnginfo=notes, exif=exif().tobytes()),
        encoded("JPEG", comment=CANARY, xmp=b"<x>" + CANARY + b"</x>", exif=exif().tobytes()),
        encoded("GIF", comment=CANARY),
        encoded("WEBP", xmp=b"<x>" + CANARY + b"</x>"),
    ):
        assert CANARY in data
        assert CANARY not in cleaned(data).data
    for form, mark in (("JPEG", b"ICC_PROFILE"), ("PNG", b"iCCP"), ("WEBP", b"ICCP")):
        data = encoded(form, icc_profile=profile())
        assert mark in data
        assert mark not in cleaned(data).data


@pytest.mark.parametrize("form", FORMATS)
def test_an_outside_judge_finds_no_tag_beyond_the_format_itself(form: str) -> None:
    """exiftool names only groups that describe the file and its pixels."""
    options = {"exif": exif().tobytes(), "icc_profile": profile()} if form in WITH_EXIF else {}
    data = cleaned(encoded(form, **options)).data
    listed = subprocess.run(["exiftool", "-a", "-G", "-s", "-"], input=data, capture_output=True, check=True)
    groups = {line.split("]")[0].strip("[") for line in listed.stdout.decode().splitlines()}
    assert groups <= {"ExifTool", "File", "JFIF", "PNG", "GIF", "Composite"}


@pytest.mark.parametrize("form", WITH_EXIF)
def test_a_picture_stands_upright_without_its_orientation_tag(form: str) -> None:
    """Orientation 6 (turn right) is applied: what was left is at the top."""
    image = shown(cleaned(encoded(form, exif=exif(6).tobytes())))
    assert image.size == (80, 120)
    assert is_red(image, (40, 10))
    assert not is_red(image, (40, 110))


@pytest.mark.parametrize("turn", range(2, 9))
def test_all_orientations_are_the_ones_of_the_standard(turn: int) -> None:
    """The same as Pillow's own transposition."""
    from PIL import ImageOps

    data = encoded("PNG", picture().resize((8, 6)), exif=exif(turn).tobytes())
    with Image.open(BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image)
    assert shown(cleaned(data)).tobytes() == expected.tobytes()


def test_a_colour_profile_is_applied_before_it_goes() -> None:
    """A profile with red and blue exchanged makes the picture show them exchanged."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    swapped = bytearray(profile())
    count = int.from_bytes(swapped[128:132], "big")
    entries = {bytes(swapped[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, blue = entries[b"rXYZ"] + 4, entries[b"bXYZ"] + 4
    swapped[red : red + 4], swapped[blue : blue + 4] = swapped[blue : blue + 4], swapped[red : red + 4]
    assert not is_red(shown(cleaned(encoded("PNG", icc_profile=bytes(swapped)))), (10, 40))
    assert is_red(
        shown(cleaned(encoded("PNG", icc_profile=lab))), (10, 40)
    )  # one that does not fit is passed over


def test_transparency_is_kept_and_hides_nothing() -> None:
    """An eraser leaves the colour under what it erased; it must not be there to be brought back."""
    image = picture(mode="RGBA")
    image.putpixel((5, 5), (7, 77, 177, 0))
    image.putpixel((6, 5), (7, 77, 177, 128))
    result = shown(cleaned(encoded("PNG", image)))
    assert result.getpixel((5, 5)) == (0, 0, 0, 0)
    assert result.getpixel((6, 5)) == (7, 77, 177, 128)


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("TIFF", "LAB"), ("PNG", "P"), ("TIFF", "YCbCr")]
)
def test_uncommon_colour_models_become_plain_ones(form: str, mode: str) -> None:
    """What comes out is grey, RGB or RGBA, and red is still red."""
    image = ImageCms.profileToProfile(picture(), *_lab()) if mode == "LAB" else picture(mode=mode)
    assert image is not None
    out = shown(cleaned(encoded(form, image)))
    assert out.mode == "RGB"
    assert is_red(out, (10, 40))


def _lab() -> tuple[ImageCms.ImageCmsProfile, ImageCms.ImageCmsProfile, int, str]:
    made = [ImageCms.ImageCmsProfile(ImageCms.createProfile(space)) for space in ("sRGB", "LAB")]
    return made[0], made[1], 0, "LAB"


def test_sixteen_bits_a_pixel_become_eight() -> None:
    """Half grey stays half grey, and is not clipped to white."""
    pixel = shown(cleaned(encoded("PNG", Image.new("I;16", (4, 4), 0x8000)))).getpixel((1, 1))
    assert pixel in {127, 128}


def test_what_hangs_behind_a_picture_vanishes() -> None:
    """A file that is a JPEG at the front and a zip at the back is a JPEG only."""
    box = BytesIO(encoded("JPEG"))
    box.seek(0, 2)
    with zipfile.ZipFile(box, "a") as archive:
        archive.writestr("secret.txt", CANARY)
    result = cleaned(box.getvalue())
    assert not zipfile.is_zipfile(BytesIO(result.data))
    assert CANARY not in result.data


def test_an_animated_gif_keeps_its_frames_and_times() -> None:
    """Frames, their times and their order survive; the comment does not."""
    frames = [Image.new("RGB", (20, 20), (index * 60, 0, 0)) for index in range(4)]
    data = encoded(
        "GIF",
        frames[0],
        save_all=True,
        append_images=frames[1:],
        duration=[100, 200, 300, 400],
        comment=CANARY,
    )
    result = cleaned(data)
    with Image.open(BytesIO(result.data)) as image:
        assert image.n_frames == 4
        seen = []
        for index in range(4):
            image.seek(index)
            seen.append((image.info["duration"], image.convert("RGB").getpixel((3, 3))))
    assert seen == [(100 * (index + 1), (index * 60, 0, 0)) for index in range(4)]
    assert CANARY not in result.data


def test_an_animation_with_too_many_frames_shows_its_first() -> None:
    """Beyond the limit of frames, or of pixels over all frames, one still picture remains."""
    frames = [Image.new("RGB", (20, 20), (200, 0, index)) for index in range(5)]
    data = encoded("GIF", frames[0], save_all=True, append_images=frames[1:])
    assert cleaned(data, AttachmentLimits(frames=5)).extension == "gif"
    for limits in (AttachmentLimits(frames=4), AttachmentLimits(pixels=4 * 400)):
        assert cleaned(data, limits).extension == "png"


def test_large_pictures_are_made_smaller_and_huge_ones_removed() -> None:
    """The longest side is bounded; what is too much to decode is not decoded."""
    assert shown(cleaned(encoded("PNG"), AttachmentLimits(side=60))).size == (60, 40)
    for form in FORMATS[1:]:
        assert clean(encoded(form), "", "", AttachmentLimits(pixels=9599)) == Removed(
            Reason.TOO_LARGE, "picture"
        )
    bomb = encoded("PNG", Image.new("1", (8_000, 6_000)))
    assert clean(bomb, "", "") == Removed(Reason.TOO_LARGE, "picture")


def test_a_jpeg_over_the_limit_is_decoded_at_half_its_size() -> None:
    """Phones make 50 megapixels: libjpeg can leave out what we would scale away."""
    assert shown(cleaned(encoded("JPEG"), AttachmentLimits(pixels=9000))).size == (60, 40)
    slow = encoded("JPEG", progressive=True)
    assert clean(slow, "", "", AttachmentLimits(pixels=9000)) == Removed(Reason.TOO_LARGE, "picture")


def test_a_jpeg_that_ends_early_is_shown_as_far_as_it_goes() -> None:
    """A lost connection must not cost the picture; other formats must be whole."""
    noise = Image.effect_noise((120, 80), 60).convert("RGB")
    data = encoded("JPEG", noise)
    assert shown(cleaned(data[: len(data) * 3 // 4])).size == (120, 80)
    assert clean(encoded("PNG", noise)[:9000], "", "") == Removed(Reason.BROKEN, "picture")


def test_a_jpeg_with_very_many_scans_is_not_decoded() -> None:
    """Each scan costs a pass over all pixels: a small file could keep a worker busy for minutes."""
    data = encoded("JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    assert clean(data[:at] + data[at:-2] * 100 + data[-2:], "", "") == Removed(Reason.TOO_LARGE, "picture")


def test_a_scan_of_several_pages_is_removed_and_not_cut_to_its_first() -> None:
    """Showing one page of a TIFF would lose the others without a word."""
    data = encoded("TIFF", picture(), save_all=True, append_images=[picture()])
    assert clean(data, "image/tiff", "fax.tif") == Removed(Reason.UNSUPPORTED, "picture")


def test_a_large_text_block_does_not_cost_the_picture() -> None:
    """Drawing programs put megabytes of their own data into a PNG; Pillow alone would refuse it."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("mxfile", "x" * 2_000_000, zip=True)
    assert is_red(shown(cleaned(encoded("PNG", pnginfo=notes))), (10, 40))


@pytest.mark.parametrize("form", ["MPO", "PNG", "WEBP"])
def test_of_several_pictures_in_one_file_the_first_is_shown(form: str) -> None:
    """Phones hide a second picture behind the first; moving PNG and WebP stand still."""
    other = Image.new("RGB", (120, 80), (0, 255, 0))
    result = cleaned(encoded(form, save_all=True, append_images=[other]))
    with Image.open(BytesIO(result.data)) as image:
        assert getattr(image, "n_frames", 1) == 1
        assert is_red(image, (10, 40))


def test_a_jpeg_2000_inside_a_page_keeps_only_what_makes_the_picture() -> None:
    """XML and UUID boxes go, the code stream stays; a raw code stream is left alone."""
    data = encoded("JPEG2000")
    box = (8 + len(CANARY)).to_bytes(4, "big") + b"uuid" + CANARY
    at = data.index(b"jp2c") - 4
    assert bare_jpeg2000(data[:at] + box + data[at:]) == data
    assert bare_jpeg2000(data[at + 8 :]) == data[at + 8 :]
    for damaged in (data[:at], data[:at] + bytes(3) + b"\x05jp2c", b""):
        with pytest.raises(ValueError):
            bare_jpeg2000(damaged)


def test_a_jpeg_inside_a_page_keeps_the_mark_that_tells_its_colours() -> None:
    """APP14 decides between RGB and YCbCr, or how CMYK is meant; every other application segment goes."""
    data = encoded("JPEG", picture(mode="CMYK"), comment=CANARY)
    assert b"\xff\xee\x00\x0eAdobe" in data
    bare = bare_jpeg(data + CANARY)
    assert b"\xff\xee\x00\x0eAdobe" in bare
    assert CANARY not in bare
    two = bare_jpeg(data[:-2] + b"\x00\xd9" + data)  # the end mark of the first is damaged
    assert CANARY not in two
    for damaged in (b"", b"\xff\xd8garbage"):
        with pytest.raises(ValueError):
            bare_jpeg(damaged)
