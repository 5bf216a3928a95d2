"""A PDF comes out with its pages and nothing else."""

from __future__ import annotations

import subprocess
import zlib
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream
from PIL import Image

from relay.mail.attachments import AttachmentLimits, Cleaned, Reason, Removed, clean

CANARY = "CANARY-jane-roe"
FORBIDDEN = frozenset(
    {
        "/A",
        "/AA",
        "/JS",
        "/JavaScript",
        "/OpenAction",
        "/URI",
        "/Names",
        "/Dests",
        "/Outlines",
        "/Info",
        "/Metadata",
    }
    | {
        "/PieceInfo",
        "/LastModified",
        "/Annots",
        "/AcroForm",
        "/AF",
        "/EmbeddedFiles",
        "/EF",
        "/F",
        "/UF",
        "/OPI",
    }
    | {
        "/Thumb",
        "/StructTreeRoot",
        "/StructParents",
        "/PageLabels",
        "/Lang",
        "/Title",
        "/Extra",
        "/CreationDate",
    }
)


def page_with_text(document: Pdf, words: str = "I need to talk") -> Object:
    """Add a page that shows ``words`` in Helvetica."""
    page = document.add_blank_page(page_size=(300, 200))
    page.obj["/Resources"] = Dictionary(
        Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    )
    page.obj["/Contents"] = document.make_stream(f"BT /F1 18 Tf 20 100 Td ({words}) Tj ET".encode())
    return page.obj


def finished(document: Pdf, **options: object) -> bytes:
    document.save(out := BytesIO(), **options)
    return out.getvalue()


def cleaned(data: bytes) -> bytes:
    result = clean(data, "application/pdf", "Jane Roe.pdf")
    assert isinstance(result, Cleaned), result
    assert (result.kind, result.content_type, result.extension) == ("PDF", "application/pdf", "pdf")
    return result.data


def everything_in(data: bytes) -> bytes:
    """Every dictionary, string and decoded stream of a PDF, to search for what should not be there."""
    found = [data]
    with Pdf.open(BytesIO(data)) as document:
        found.append(repr(document.trailer).encode())
        for thing in document.objects:
            found.append(repr(thing).encode())
            if isinstance(thing, Stream):
                found.append(repr(dict(thing.items())).encode())
                found.append(thing.read_raw_bytes())
                if thing.get("/Filter") == Name.FlateDecode:
                    found.append(thing.read_bytes())
    return b"\n".join(found)


def keys_in(data: bytes) -> set[str]:
    """Every key of every dictionary."""
    keys: set[str] = set()
    with Pdf.open(BytesIO(data)) as document:
        todo: list[Object] = list(document.objects)
        while todo:
            thing = todo.pop()
            if isinstance(thing, Dictionary | Stream):
                keys |= set(thing.keys())
                todo.extend(v for _, v in thing.items() if not (isinstance(v, Object) and v.is_indirect))
            elif isinstance(thing, Array):
                todo.extend(v for v in thing if not (isinstance(v, Object) and v.is_indirect))
    return keys


def text_of(data: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-", "-"], input=data, capture_output=True, check=True
    ).stdout.decode()


def photo() -> bytes:
    """A JPEG with maker, comment, and a second picture behind its end, as phones make them."""
    exif = Image.Exif()
    exif[0x010F] = CANARY
    out = BytesIO()
    Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(
        out, "JPEG", exif=exif.tobytes(), comment=CANARY
    )
    return out.getvalue() + out.getvalue()


def laden() -> bytes:
    """A page that says something, and a canary in every other place where a PDF can keep words."""
    document = Pdf.new()
    page = page_with_text(document)
    script = Dictionary(S=Name.JavaScript, JS=pikepdf.String(f"app.alert('{CANARY}')"))
    note = document.make_stream(CANARY.encode(), Type=Name.Metadata, Subtype=Name.XML)
    page.Metadata = page.PieceInfo = page.Thumb = note
    page.AA = Dictionary(O=script)
    page.LastModified = pikepdf.String(CANARY)
    page.Annots = Array([
        document.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.URI, URI=f"http://x/{CANARY}"))
        ),
        document.make_indirect(
            Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=CANARY, T=CANARY)
        ),
    ])  # fmt: skip
    page.Resources.XObject = Dictionary(
        Photo=document.make_stream(
            photo(), Type=Name.XObject, Subtype=Name.Image, Width=32, Height=32, BitsPerComponent=8,
            Metadata=note, ColorSpace=Name.DeviceRGB, Filter=Name.DCTDecode, OPI=Dictionary(F=CANARY),
        ),
        Wrapped=document.make_stream(
            zlib.compress(photo()), Type=Name.XObject, Subtype=Name.Image, Width=32, Height=32,
            BitsPerComponent=8, ColorSpace=Array([Name.ICCBased, document.make_stream(CANARY.encode(), N=3)]),
            Filter=Array([Name.FlateDecode, Name.DCTDecode]),
        ),
    )  # fmt: skip
    page.Resources.Properties = Dictionary(MC0=Dictionary(Title=CANARY))
    root = document.Root
    root.OpenAction = script
    root.Names = Dictionary(JavaScript=Dictionary(Names=[pikepdf.String(CANARY), script]))
    root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Dictionary(S=Name.P, Alt=CANARY))
    root.PageLabels = Dictionary(Nums=[0, Dictionary(P=CANARY)])
    root.Lang = pikepdf.String(CANARY)
    document.docinfo["/Author"] = CANARY
    document.trailer["/Extra"] = Dictionary(Who=CANARY)
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(CANARY, 0))
    with document.open_metadata() as xmp:
        xmp["dc:creator"] = [CANARY]
    document.attachments[f"{CANARY}.txt"] = CANARY.encode()
    return finished(document)


def test_nothing_but_pages_survives() -> None:
    """No place of a PDF outside its pages' drawing carries a word to the other side."""
    assert everything_in(laden()).count(CANARY.encode()) > 20
    assert CANARY.encode() not in everything_in(cleaned(laden()))


def test_no_key_is_left_that_acts_points_or_tells() -> None:
    """Names of what runs, opens, submits, embeds, labels or dates something do not occur."""
    assert FORBIDDEN & keys_in(laden()) > {"/AA", "/JS", "/URI", "/Names", "/EF", "/Metadata", "/OPI"}
    assert not FORBIDDEN & keys_in(cleaned(laden()))


def test_the_visible_text_survives() -> None:
    """An outside judge reads the same words."""
    assert text_of(cleaned(laden())) == text_of(laden())
    assert "I need to talk" in text_of(cleaned(laden()))


def test_an_outside_judge_finds_no_tag_beyond_version_and_pages() -> None:
    """exiftool sees a PDF with a page, and nothing to say about it."""
    listed = subprocess.run(
        ["exiftool", "-a", "-s", "-G", "-"], input=cleaned(laden()), capture_output=True, check=True
    )
    tags = {
        line.split(":")[0].split("]")[1].strip()
        for line in listed.stdout.decode().splitlines()
        if "[PDF]" in line
    }
    assert tags == {"PDFVersion", "Linearized", "PageCount"}


def test_pictures_on_a_page_keep_their_pixels() -> None:
    """Camera data goes out of a JPEG inside a page without decoding it."""
    with Pdf.open(BytesIO(cleaned(laden()))) as document:
        for name in ("/Photo", "/Wrapped"):
            stream = document.pages[0].obj.Resources.XObject[name]
            with (
                Image.open(BytesIO(stream.read_raw_bytes())) as after,
                Image.open(BytesIO(photo())) as before,
            ):
                assert after.tobytes() == before.tobytes()
            assert stream.ColorSpace == Name.DeviceRGB


def test_an_earlier_revision_does_not_survive() -> None:
    """What was deleted in an editor, and is still in the file, is not passed on."""
    document = Pdf.new()
    page = page_with_text(document, CANARY)
    document.Root.Old = document.make_indirect(page.Contents)
    page.Contents = document.make_stream(b"")
    data = finished(document, compress_streams=False).replace(b"/Old", b"/Xyz")
    assert CANARY.encode() in everything_in(data)
    assert CANARY.encode() not in everything_in(cleaned(data + CANARY.encode()))


def test_a_pdf_that_lost_its_end_is_read_all_the_same() -> None:
    """The table of objects stands last, so an upload that broke off has none; the pages may be all there."""
    with Pdf.open(BytesIO(cleaned(laden().rpartition(b"trailer")[0]))) as after:
        assert len(after.pages) == 1


def test_what_a_form_was_filled_with_is_drawn_on_the_page() -> None:
    """Fields go, the words that the seeker typed into them stay to be read."""
    document = Pdf.new()
    page = page_with_text(document)
    field = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="q1", V="every night",
                   Rect=[20, 20, 200, 40], DA="/F1 12 Tf 0 g", F=4)
    )  # fmt: skip
    page.Annots = Array([field])
    document.Root.AcroForm = Dictionary(
        Fields=[field], NeedAppearances=True, DA="/F1 12 Tf 0 g", DR=page.Resources
    )
    data = cleaned(finished(document))
    assert "every night" in text_of(data)
    assert keys_in(data).isdisjoint({"/AcroForm", "/FT", "/V", "/T"})


def test_a_hidden_layer_stays_hidden_and_loses_its_name() -> None:
    """Without the layer's state every viewer would show it."""
    document = Pdf.new()
    page = page_with_text(document)
    layers = [
        document.make_indirect(Dictionary(Type=Name.OCG, Name=CANARY, Usage=Dictionary(Who=CANARY)))
        for _ in "ab"
    ]
    page.Resources.Properties = Dictionary(L0=layers[0], L1=layers[1])
    page.Contents = document.make_stream(
        b"/OC /L0 BDC BT /F1 9 Tf 9 9 Td (seen) Tj ET EMC /OC /L1 BDC BT /F1 9 Tf 9 50 Td (unseen) Tj ET EMC"
    )
    document.Root.OCProperties = Dictionary(
        OCGs=Array(layers), D=Dictionary(OFF=Array([layers[1]]), Creator=CANARY)
    )
    data = cleaned(finished(document))
    assert CANARY.encode() not in everything_in(data)
    with Pdf.open(BytesIO(data)) as after:
        hidden = after.Root.OCProperties.D.OFF
        assert [layer.objgen for layer in hidden] == [after.pages[0].obj.Resources.Properties.L1.objgen]
        assert sorted(str(layer.Name) for layer in after.Root.OCProperties.OCGs) == ["Layer 1", "Layer 2"]


def test_a_locked_pdf_is_removed_and_an_open_one_with_an_owner_is_not() -> None:
    """Who has a file that opens without a password can read it; the other kind nobody here can."""
    document = Pdf.new()
    page_with_text(document)
    locked = finished(document, encryption=pikepdf.Encryption(owner="o", user="u"))
    owned = finished(document, encryption=pikepdf.Encryption(owner="o", user=""))
    assert clean(locked, "application/pdf", "x.pdf") == Removed(Reason.ENCRYPTED, "PDF")
    with Pdf.open(BytesIO(cleaned(owned))) as after:
        assert not after.is_encrypted


def test_too_many_pages_or_objects_are_too_large() -> None:
    """Both are bounded."""
    document = Pdf.new()
    for _ in range(4):
        page_with_text(document)
    data = finished(document)
    for limits in (
        AttachmentLimits(pages=3),
        AttachmentLimits(objects=10),
        AttachmentLimits(output_bytes=500),
    ):
        assert clean(data, "", "", limits) == Removed(Reason.TOO_LARGE, "PDF")
    assert isinstance(clean(data, "", "", AttachmentLimits(pages=4)), Cleaned)


def test_a_form_that_one_vendor_alone_can_draw_is_removed() -> None:
    """Its only page says "please open this in …"; passing that on would lose what was filled in."""
    document = Pdf.new()
    page_with_text(document)
    document.Root.NeedsRendering = True
    assert clean(finished(document), "", "") == Removed(Reason.UNSUPPORTED, "PDF")


def test_a_very_long_chain_of_objects_does_no_harm() -> None:
    """No recursion over what the author linked together."""
    parts = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    parts.append("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Group 4 0 R>>")
    parts += [f"<</Group {number} 0 R>>" for number in range(5, 50_004)] + ["<<>>"]
    data = bytearray(b"%PDF-1.4\n")
    table = [b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)]
    for number, part in enumerate(parts, 1):
        table.append(b"%010d 00000 n \n" % len(data))
        data += b"%d 0 obj %s endobj\n" % (number, part.encode())
    end = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, len(data))
    data += b"".join(table) + end
    cleaned(bytes(data))


def test_the_identifier_is_made_from_the_content() -> None:
    """Neither the clock nor the old identifier is in it."""
    found = []
    for words in ("one", "two"):
        document = Pdf.new()
        page_with_text(document, words)
        document.trailer["/ID"] = Array([b"x" * 16, b"x" * 16])
        with Pdf.open(BytesIO(cleaned(finished(document)))) as after:
            found.append(bytes(after.trailer["/ID"][0]))
    assert len({*found, b"x" * 16}) == 3


def test_a_picture_that_unpacks_to_very_much_is_not_unpacked() -> None:
    """A stream inside a stream is bounded in memory."""
    document = Pdf.new()
    page = page_with_text(document)
    packed = zlib.compress(photo() + bytes(101_000_000), 9)
    page.Resources.XObject = Dictionary(
        X=document.make_stream(packed, Subtype=Name.Image, Filter=Array([Name.FlateDecode, Name.DCTDecode]))
    )
    data = finished(document, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    assert clean(data, "", "") == Removed(Reason.BROKEN, "PDF")
