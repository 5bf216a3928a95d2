"""Messages that are small on the wire and cost much to read, or say one thing and are another (D01 to D04)."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator

HEAD = "From: Sam Lee <sam.lee@mail.test>\r\nTo: help@relay.test\r\nSubject: help\r\nMIME-Version: 1.0\r\n"
WORDS = "Please answer me."

BOMBS: dict[str, Callable[[], bytes]] = {}
Maker = Callable[[], str | bytes]


def bomb(make: Maker) -> Maker:
    """Keep the message under its name: the header lines of every letter, and what ``make`` adds."""
    BOMBS[make.__name__] = lambda: (
        HEAD.encode() + (made if isinstance(made := make(), bytes) else made.encode())
    )
    return make


def nested(depth: int) -> str:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n' for level in range(depth)
    )
    return head + f"Content-Type: text/plain\r\n\r\n{WORDS}\r\n" + "".join(
        f"--b{level}--\r\n" for level in reversed(range(depth))
    )  # fmt: skip


def first_part(boundary: str = "b") -> str:
    return (
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain\r\n\r\n{WORDS}\r\n"
    )


def with_file(kind: str, name: str, content: bytes) -> str:
    return (
        first_part() + f'--b\r\nContent-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
        + base64.encodebytes(content).decode().replace("\n", "\r\n")
        + "--b--\r\n"
    )


for _depth in (20, 100, 1000):
    BOMBS[f"depth_{_depth}"] = lambda depth=_depth: (HEAD + nested(depth)).encode()  # type: ignore[misc]


@bomb
def messages_in_messages() -> str:
    return first_part() + "--b\r\n" + "Content-Type: message/rfc822\r\n\r\n" * 1200 + "x\r\n--b--\r\n"


@bomb
def ten_thousand_parts() -> str:
    return first_part() + "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 10_000 + "--b--\r\n"


@bomb
def fifty_thousand_headers() -> str:
    return "".join(f"X-Bomb-{number}: x\r\n" for number in range(50_000)) + f"\r\n{WORDS}\r\n"


@bomb
def one_header_of_a_megabyte() -> str:
    return "X-Bomb: " + "a" * 1_000_000 + f"\r\n\r\n{WORDS}\r\n"


@bomb
def a_thousand_authors() -> str:
    return "Cc: " + ", ".join(f"a{n}@x.test" for n in range(20_000)) + f"\r\n\r\n{WORDS}\r\n"


@bomb
def a_subject_of_encoded_words() -> str:
    return "Comments: " + "=?utf-8?q?=61?= " * 60_000 + f"\r\n\r\n{WORDS}\r\n"


@bomb
def boundaries_that_begin_alike() -> str:
    return first_part() + "".join(f"--b{'b' * (n % 60)}\r\n" for n in range(50_000)) + "--b--\r\n"


@bomb
def a_boundary_that_begins_the_body() -> str:
    return first_part("P") + "--Please answer me too.\r\n" * 1000 + "--P--\r\n"


@bomb
def a_part_of_a_message() -> str:
    return f'Content-Type: message/partial; id="a"; number=1; total=2\r\n\r\nSubject: x\r\n\r\n{WORDS}\r\n'


@bomb
def a_body_elsewhere() -> str:
    url = 'URL="http://127.0.0.1:9/"'
    return (
        first_part()
        + f"--b\r\nContent-Type: message/external-body; access-type=URL; {url}\r\n\r\nContent-Type: text/plain\r\n\r\n--b--\r\n"
    )


@bomb
def uuencoded_files() -> str:
    return f"\r\n{WORDS}\r\n" + "begin 644 a\r\n" * 20_000 + "`\r\nend\r\n"


@bomb
def yenc() -> str:
    return f"\r\n{WORDS}\r\n" + "=ybegin line=128 size=1000000000 name=a\r\n" * 5_000 + "=yend\r\n"


@bomb
def tnef() -> str:
    return with_file("application/ms-tnef", "winmail.dat", b"\x78\x9f\x3e\x22" + b"\xff" * 100_000)


@bomb
def zip_bomb() -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200_000_000))
    return with_file("application/zip", "a.zip", packed.getvalue())


@bomb
def nested_gzip() -> str:
    return with_file("application/gzip", "a.txt.gz", gzip.compress(gzip.compress(bytes(100_000_000))))


def png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        )

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@bomb
def a_picture_of_a_gigapixel() -> str:
    return with_file("image/png", "a.png", png(30_000, 30_000, zlib.compress(bytes(100_000_000))))


@bomb
def a_small_picture_with_a_hundred_megabytes() -> str:
    return with_file("image/png", "a.png", png(8, 8, zlib.compress(bytes(100_000_000))))


@bomb
def a_pdf_whose_stream_unpacks_to_very_much() -> str:
    stream = zlib.compress(zlib.compress(bytes(300_000_000), 9), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
        b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
    ]  # fmt: skip
    body = b"%PDF-1.5\n" + b"".join(b"%d 0 obj%b endobj\n" % (n + 1, o) for n, o in enumerate(objects))
    return with_file("application/pdf", "a.pdf", body + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF")


@bomb
def html_of_open_tags() -> str:
    return "Content-Type: text/html\r\n\r\n" + "<div><b><a href=x>" * 60_000 + f"{WORDS}\r\n"


@bomb
def quotes_without_end() -> str:
    return f"\r\n{WORDS}\r\n" + (">" * 500 + " x\r\n") * 4_000


@bomb
def brackets_for_link_readers() -> str:
    return f"\r\n{WORDS}\r\n" + "http://a" + ".a" * 500_000 + "\r\n" + "<" * 500_000 + "\r\n"


@bomb
def at_signs_for_address_readers() -> str:
    return f"\r\n{WORDS}\r\n" + "a@" * 500_000 + "\r\n" + "+1 " * 300_000 + "\r\n"


@bomb
def an_author_in_ten_thousand_comments() -> str:
    return "Sender: " + "(" * 10_000 + "x" + ")" * 10_000 + " <a@x.test>\r\n" + f"\r\n{WORDS}\r\n"


CHARSETS: dict[str, tuple[str, bytes]] = {
    "utf_7": ("utf-7", b"+AGE- " + WORDS.encode()),
    "utf_16_without_mark": ("utf-16", WORDS.encode("utf-16-le")),
    "hz": ("hz", b"~{<:Ky2;~} " + WORDS.encode()),
    "iso_2022_jp": ("iso-2022-jp", b"\x1b$B$3\x1b(B " + WORDS.encode()),
    "punycode": ("punycode", WORDS.encode() + b"-9999999999"),
    "idna": ("idna", WORDS.encode()),
    "unicode_escape": ("unicode_escape", b"\\u0041 " + WORDS.encode()),
    "unknown": ("x-no-such", b"\xe4 " + WORDS.encode()),
    "wrong": ("us-ascii", "ÄÖÜ ".encode("latin-1") + WORDS.encode()),
    "zeros": ("utf-8", b"=00".join([b"", *(bytes([c]) for c in WORDS.encode()), b""])),
}


def in_charset(label: str, body: bytes) -> bytes:
    encoding = "quoted-printable" if b"=00" in body else "base64"
    octets = body if encoding == "quoted-printable" else base64.encodebytes(body).replace(b"\n", b"\r\n")
    fields = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return HEAD.encode() + fields.encode() + octets + b"\r\n"


def all_bombs() -> Iterator[tuple[str, bytes]]:
    """Every bomb, made now, with its name."""
    for name, make in BOMBS.items():
        yield name, make()
