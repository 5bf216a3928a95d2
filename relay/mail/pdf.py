"""PDF: the pages, and nothing else, hung on a new root and written anew.

``attachments.clean`` calls ``rebuild``. Promises: the new document has pages and what they need to
look the same, taken by name from a list of allowed keys. So there is no author, producer, date, XMP,
script, action, link, embedded file, outline, name tree, structure tree, earlier revision, thumbnail,
colour profile, editor's private data or camera data of a picture inside: no page needs them to be drawn.
Form fields, stamps and other marks are drawn into their page first; notes that open beside it go.
Hidden layers stay hidden, and lose their names. Equal input gives equal output; no file is touched.

What stays: the pages' drawing operators as written (with any text that a tagged document keeps
beside its glyphs, such as ``ActualText``), and the embedded fonts.

What cannot be read raises what pikepdf raises; ``attachments.clean`` answers ``BROKEN``.

Standard: ISO 32000-1 (PDF 1.7); § below are of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from relay.mail.cleaning import AttachmentLimits, Cleaned, Reason, Removed
from relay.mail.images import bare_jpeg, bare_jpeg2000

KIND = "PDF"
ITEMS_PER_OBJECT = 4  # an item of an array costs a quarter of what an object costs
MAX_STREAM_BYTES = 100_000_000  # one stream, decoded: a page scanned in colour at 600 dpi

pikepdf.settings.set_qpdf_limits(
    flate_max_memory=MAX_STREAM_BYTES,
    run_length_max_memory=MAX_STREAM_BYTES,
    png_max_memory=MAX_STREAM_BYTES,
    tiff_max_memory=MAX_STREAM_BYTES,
    dct_max_memory=MAX_STREAM_BYTES,
    parser_max_nesting=100,  # the deepest real ones have about 20
    doc_max_warnings=1000,  # a file that needs more repair than that is not worth the time
)


def _names(text: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in text.split())


_PAGE = _names(
    "Type MediaBox CropBox BleedBox TrimBox ArtBox Rotate UserUnit Contents Resources Group"
)  # §7.7.3.3
_RESOURCES = _names("Font XObject ExtGState ColorSpace Pattern Shading Properties")  # §7.8.3
_ANYWHERE = (
    _names("Type Subtype Length Filter DecodeParms")  # §7.3.8.2 streams, without external files
    | _names("Predictor Colors BitsPerComponent Columns EarlyChange ColorTransform JBIG2Globals")  # §7.4
    | _names("K EndOfLine EncodedByteAlign Rows EndOfBlock BlackIs1 DamagedRowsBeforeError")
    | _names("BBox Matrix FormType Resources Group S CS I OC")  # §8.10 forms, §11.6.6 groups
    | _names(
        "Width Height ColorSpace Intent ImageMask Mask SMask SMaskInData Decode Interpolate Matte"
    )  # §8.9.5
    | _names("PatternType PaintType TilingType XStep YStep Shading ExtGState")  # §8.7
    | _names("ShadingType Background AntiAlias Coords Domain Extend Function BitsPerCoordinate BitsPerFlag")
    | _names("VerticesPerRow FunctionType Range Size Encode Order C0 C1 N Functions Bounds")  # §7.10
    | _names("WhitePoint BlackPoint Gamma Colorants Process Components")  # §8.6
    | _names("LW LC LJ ML D RI OP op OPM Font TR TR2 FL SM SA BM CA ca AIS TK G BC")  # §8.4.5, §11.6.5
    | _names("BaseFont FirstChar LastChar Widths FontDescriptor Encoding ToUnicode DescendantFonts")  # §9
    | _names("BaseEncoding Differences CIDSystemInfo Registry Ordering Supplement CIDToGIDMap DW W DW2 W2")
    | _names(
        "CMapName WMode UseCMap FontBBox FontMatrix CharProcs FontName FontFamily FontStretch FontWeight"
    )
    | _names("Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth")
    | _names(
        "MissingWidth FontFile FontFile2 FontFile3 CharSet CIDSet Style Panose FD Length1 Length2 Length3"
    )
    | _names("OCGs P VE")  # §8.11.2
)
_CONTAINER = Dictionary | Stream | Array
_FILTERS = frozenset(  # §7.4; what another would hide, no viewer shows
    {"/ASCIIHexDecode", "/ASCII85Decode", "/LZWDecode", "/FlateDecode", "/RunLengthDecode", "/CCITTFaxDecode"}
    | {"/JBIG2Decode", "/DCTDecode", "/JPXDecode"}
)
_DEVICE_SPACE = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}


def rebuild(data: bytes, limits: AttachmentLimits) -> Cleaned | Removed:
    """Write the pages of a PDF, and nothing else of it, as a PDF.

    A document that opens with the empty password counts as open: whoever has it can read it.
    A form that only one vendor's program can draw (XFA) is ``UNSUPPORTED``: its one page says so.
    Raises what pikepdf raises on bytes that it cannot read.
    """
    try:
        with Pdf.open(BytesIO(data)) as document:
            if len(document.pages) > limits.pages:
                return Removed(Reason.TOO_LARGE, KIND)
            if document.Root.get("/NeedsRendering", False) is True:
                return Removed(Reason.UNSUPPORTED, KIND)
            _draw_marks(document)
            pages = [page.obj for page in document.pages]
            layers = _prune(document, pages, limits.objects)
            if layers is None:
                return Removed(Reason.TOO_LARGE, KIND)
            _replace_root(document, pages, layers)
            written = _save(document)
        with Pdf.open(BytesIO(written)) as check:  # repairs of a damaged file can leave it unreadable again
            if not pages or len(check.pages) != len(pages):
                return Removed(Reason.BROKEN, KIND)
        return Cleaned(KIND, "application/pdf", "pdf", written)
    except pikepdf.PasswordError:
        return Removed(Reason.ENCRYPTED, KIND)


def _save(document: Pdf) -> bytes:
    """Write what the new root reaches: one version for all, an identifier made from the content (§14.4)."""
    out = BytesIO()
    document.save(
        out,
        force_version="1.7",
        deterministic_id=True,
        encryption=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )
    return out.getvalue()


def _draw_marks(document: Pdf) -> None:
    """Make form fields, stamps and notes part of their page's drawing (§12.5, §12.7)."""
    document.generate_appearance_streams()
    document.flatten_annotations("all")


def _prune(document: Pdf, pages: Sequence[Object], most: int) -> list[Object] | None:
    """Delete every key that is not allowed from all that the pages can reach; return the layers met.

    Works through a list of what is still to do, never by recursion; a shared object is done once.
    ``None`` if there are more than ``most`` objects.
    """
    todo: list[tuple[Object, str]] = [(page, "page") for page in pages]
    done: set[tuple[int, int]] = set()
    layers: list[Object] = []
    while todo:
        thing, role = todo.pop()
        if thing.is_indirect:
            if thing.objgen in done:
                continue
            done.add(thing.objgen)
        most -= 1 + (len(thing) // ITEMS_PER_OBJECT if isinstance(thing, Array) else 0)
        if most < 0:
            return None
        if isinstance(thing, Array):
            todo.extend(_array_children(thing))
        elif role == "" and thing.get("/Type") == Name.OCG:
            layers.append(thing)
            _reduce(thing, frozenset({"/Type"}))
            thing["/Name"] = pikepdf.String(f"Layer {len(layers)}")
        else:
            todo.extend(_dictionary_children(thing, role))
            if isinstance(thing, Stream):
                _strip_picture(document, thing)
    return layers


def _reduce(thing: Object, allowed: frozenset[str]) -> None:
    for key in thing.keys() - allowed:
        del thing[key]


def _array_children(array: Object) -> Iterator[tuple[Object, str]]:
    for index, value in enumerate(array):
        if isinstance(value, _CONTAINER):
            if space := _device_space(value):
                array[index] = space
            else:
                yield value, ""


def _dictionary_children(thing: Object, role: str) -> Iterator[tuple[Object, str]]:
    """Delete what is not allowed in a dictionary of this role; say what to look at next.

    Roles: ``page``, ``resources``, ``map`` (keys are free names), or empty for all others.
    """
    if role != "map":
        _reduce(thing, {"page": _PAGE, "resources": _RESOURCES}.get(role, _ANYWHERE))
    for key in sorted(thing.keys()):
        value = thing[key]
        if not isinstance(value, _CONTAINER):
            continue
        if space := _device_space(value):
            thing[key] = space
        elif role == "resources" or (role == "" and key in ("/CharProcs", "/Colorants")):
            yield value, "map"
        else:
            yield value, "resources" if role != "map" and key == "/Resources" else ""


def _device_space(value: Object) -> Object | None:
    """The plain space for one with a profile (§8.6.5.5): profiles can name a screen, a scanner, an owner."""
    if not isinstance(value, Array) or len(value) != 2 or value[0] != Name.ICCBased:
        return None
    profile = value[1]
    return _DEVICE_SPACE.get(int(profile.get("/N", 0))) if isinstance(profile, Stream) else None


def _strip_picture(document: Pdf, stream: Object) -> None:
    """Take camera data out of a JPEG or JPEG 2000 picture (§7.4.8, §7.4.9), also inside another filter.

    Raises ``ValueError`` for a filter that is not of the standard.
    """
    filters, parameters = stream.get("/Filter"), stream.get("/DecodeParms")
    chain = [] if filters is None else list(filters) if isinstance(filters, Array) else [filters]
    if not _FILTERS.issuperset(map(str, chain)):
        raise ValueError("unknown filter")
    if chain[-1:] not in ([Name.DCTDecode], [Name.JPXDecode]):
        return
    data = stream.read_raw_bytes()
    if len(chain) > 1:
        wrapped = Stream(document, data, Filter=Array(chain[:-1]))
        if isinstance(parameters, Array):
            wrapped["/DecodeParms"] = Array(list(parameters)[: len(chain) - 1])
            parameters = parameters[-1] if len(parameters) == len(chain) else None
        data = wrapped.read_bytes()
    parameters = parameters if isinstance(parameters, Dictionary) else None
    if chain[-1] == Name.DCTDecode:
        stream.write(bare_jpeg(data), filter=Name.DCTDecode, decode_parms=parameters)
    else:
        stream.write(bare_jpeg2000(data), filter=Name.JPXDecode)


def _replace_root(document: Pdf, pages: Sequence[Object], layers: list[Object]) -> None:
    """Hang the pages on a new root; what only the old trailer and root reached is not written any more."""
    old = document.Root
    tree = document.make_indirect(Dictionary(Type=Name.Pages, Count=len(pages), Kids=Array(pages)))
    for page in pages:
        page["/Parent"] = tree
    new = Dictionary(Type=Name.Catalog, Pages=tree)
    if layers:
        new["/OCProperties"] = _layer_view(old, layers)
    _reduce(document.trailer, frozenset())
    document.trailer["/Size"] = 1  # qpdf counts anew, but writes no valid file where the key is missing
    document.trailer["/Root"] = document.make_indirect(new)


def _layer_view(old: Object, layers: list[Object]) -> Object:
    """Which layers are hidden (§8.11.4): without it, every one would be shown."""
    known = {layer.objgen for layer in layers}
    given = old.get("/OCProperties", Dictionary()).get("/D", Dictionary())
    view = Dictionary(BaseState=Name.OFF if given.get("/BaseState") == Name.OFF else Name.ON)
    for key in ("/ON", "/OFF"):
        view[key] = Array([layer for layer in given.get(key, ()) if layer.objgen in known])
    return Dictionary(OCGs=Array(layers), D=view)
