# ruff: noqa: RUF001  (letters that look like others are the point)
"""Rows of the matrix: what names the author in running text, in every spelling, charset and encoding."""

from __future__ import annotations

import base64
import codecs
import hashlib
import unicodedata
from collections.abc import Callable

from tests.leaks.case import BOTH, HELD, REPLY, Case, at
from tests.leaks.letters import attached, entity, letter, text
from tests.leaks.who import GIVEN, Who


def _says(row: str, what: str, line: str | Callable[[Who], str], plants: str | Callable[[Who], str], *, encoding: str = "plain", program: str = "any",
          off: str = "words", peers: str = "body-form", directions: tuple = BOTH, ends: str = "relayed", answer: str = "") -> Case:  # fmt: skip
    def build(who: Who) -> bytes:
        return letter(who, text(who, line.format(w=who) if isinstance(line, str) else line(who)))

    return Case(
        row,
        what,
        encoding,
        program,
        build,
        plants,
        off,
        peers,
        ends=ends,
        directions=directions,
        answer=answer,
    )


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _spelled(who: Who) -> str:
    return f"{who.local.replace('.', ' dot ')} at {who.domain.replace('.', ' dot ')}"


def _mathematical(who: Who) -> str:
    return "".join(chr(0x1D5BA + ord(c) - 97) if c.islower() else c for c in who.address)


def _lookalike(who: Who) -> str:
    return who.family.translate(str.maketrans("aeo", "аео"))


def _accented(who: Who) -> str:
    return who.family.translate(str.maketrans("aeiou", "àéîôü"))


def _combined(who: Who) -> str:
    return "".join(c + "\u0301" for c in who.family)


def _escaped(who: Who) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in who.address)


def _quoted(who: Who) -> str:
    return "".join(f"={ord(c):02X}" for c in who.address)


SPELLINGS = at("Text, how it is spelled", (
    _says("address", "address", "Write to {w.address}, please.", "address", peers="body"),
    _says("brackets", "address", "Write to <mailto:{w.address}>.", "address", program="Outlook desktop", peers="body"),
    _says("capitals", "address", lambda w: f"Write to {w.address.upper()}.", "address", encoding="capitals", peers="body"),
    _says("tag", "address", "Write to {w.local}+news@{w.domain}.", "local|domain", encoding="plus tag", program="Gmail"),
    _says("spelled", "address", _spelled,
          _spelled, encoding="words"),
    _says("spelled-de", "address", lambda w: f"{w.local} (ät) {w.domain.replace('.', ' punkt ')}", "local", encoding="words, German"),
    _says("at-brackets", "address", "{w.local} [at] {w.domain}", "local|domain", encoding="[at]"),
    _says("spaced", "address", "{w.local} @ {w.domain}", "local|domain", encoding="blanks"),
    _says("return-path", "address", "bounce-{w.local}={w.domain}@lists.test", "local|domain", encoding="VERP", program="list program",
          directions=BOTH[:1]),
    _says("local", "local part alone", "I am {w.local} on the forum.", "local"),
    _says("domain", "domain alone", "I work at {w.domain}.", "domain"),
    _says("sub-domain", "host below the domain", "See https://wiki.{w.domain}/page", "domain", encoding="URL"),
    _says("url", "address in a link", lambda w: f"See https://forum.test/u?m={w.address.replace('@', '%40')}&x=1", "local|domain", encoding="percent"),
    _says("url-twice", "address in a link", lambda w: f"See https://forum.test/u?m={w.address.replace('@', '%2540')}", "local|domain",
          encoding="percent, twice"),
    _says("home-page", "home page", "See https://people.test/~{w.local}/cv", "local", encoding="URL"),
    _says("name", "full name", "Yours, {w.name}", "name", peers="written"),
    _says("family", "family name", "They call me {w.family}.", "family", peers="written"),
    _says("turned", "full name", lambda w: f"{w.family}, {GIVEN}", "family", encoding="family name first", peers="written"),
    _says("initial", "full name", lambda w: f"I. {w.family}", "family", encoding="initial", peers="written"),
    _says("title", "full name", lambda w: f"Dr. {GIVEN} M. {w.family}'s letter", "family", encoding="title, initial, genitive", peers="written"),
    _says("joined", "full name", lambda w: f"look for {GIVEN}{w.family}", "family", encoding="joined", peers="written"),
    _says("underscored", "full name", lambda w: f"look for {GIVEN}_{w.family}_", "family", encoding="underscores", peers="written"),
    _says("phone", "registered telephone", "Call {w.phone}.", "phone", directions=REPLY, peers="written"),
    _says("phone-joined", "registered telephone", "Call 0034{w.phone_digits}.", "phone_digits", encoding="digits only", directions=REPLY, peers="written"),
    _says("phone-spread", "registered telephone", lambda w: f"Call {'-'.join(w.phone_digits)}.", lambda w: "-".join(w.phone_digits), encoding="dashes",
          directions=REPLY, peers="written"),
    _says("handle", "registered handle", lambda w: f"I am {w.handle} there.", "handle", directions=REPLY, peers="written"),
    _says("second", "second address of the counselor", "Or at {w.second}.", "second", directions=REPLY),
    _says("alias", "the alias that the author writes to", "I wrote to {w.to} yesterday.", "to", peers="unknown"),
    _says("new-phone", "telephone that nobody registered", lambda w: f"Call +49 171 {w.phone_digits[:3]} 9{w.phone_digits[4:6]}77.",
          "=+49 171", off="contacts", directions=REPLY, ends=HELD, peers="written"),
    _says("new-address", "address that nobody registered", "Or {w.third}.", "third", off="contacts", directions=REPLY, ends=HELD, peers="written"),
    _says("new-handle", "handle that nobody registered", lambda w: f"I am @{w.token} there.", "token", off="contacts", directions=REPLY, ends=HELD,
          peers="written"),
))  # fmt: skip


def _named(row: str, form: str, line: str, written: str, encoding: str) -> Case:
    """A name of another form than given name and family name, as people write it."""
    return Case(f"name-{row}", f"name of the form {form.format(x='X')}", encoding, "any", lambda w: letter(w, text(w, line.format(x=w.family))),
                lambda w: written.format(x=w.family), "words", "written", name=form)  # fmt: skip


NAMES = at("Text, names of other forms", (
    _named("particle", "Ilse van der {x}", "Yours, Ilse v. d. {x}", "{x}", "particle shortened"),
    _named("hyphen", "Ilse {x}-Meier", "They call me {x}.", "{x}", "one half"),
    _named("apostrophe", "Ilse O'{x}", "They call me O\u2019{x}.", "O\u2019{x}", "typographic apostrophe"),
    _named("umlaut", "Ilse {x}müller", "They call me {x}mueller.", "{x}mueller", "ue for ü"),
    _named("umlaut-bare", "Ilse {x}müller", "They call me {x}muller.", "{x}muller", "dots left out"),
    _named("sharp-s", "Ilse {x}groß", "SIE SAGEN {x}GROSS.", "{x}GROSS", "SS for ß"),
    _named("accents", "Ilse {x}ñez", "They call me {x}nez.", "{x}nez", "accents left out"),
    _named("two-families", "Ilse {x} Ocampo Quezada", "They call me Ocampo Quezada {x}.", "Quezada", "Spanish"),
    _named("turkish", "Ilse {x}ışık", "They call me {x}IŞIK.", "{x}IŞIK", "dotless i, capitals"),
    _named("cyrillic", "Ильзе Жабринова", "Меня зовут Жабринова.", "Жабринова", "Cyrillic"),
    _named("greek", "Ίλζε Ζαμπρίνου", "Με λένε ΖΑΜΠΡΙΝΟΥ.", "ΖΑΜΠΡΙΝΟΥ", "Greek, capitals without accents"),
    _named("arabic", "إلزه الزبراني", "اسمي الزبراني.", "الزبراني", "Arabic"),
    _named("chinese", "欧阳暮雪", "我是欧阳暮雪，你好。", "欧阳暮雪", "Chinese, no spaces"),
    _named("japanese", "蓮實 暮雪", "蓮實暮雪です。", "蓮實暮雪", "Japanese, no spaces"),
    _named("korean", "제갈모설", "저는 제갈모설입니다.", "제갈모설", "Korean, with its ending"),
))  # fmt: skip


def _coded(
    row: str, encoding: str, line: Callable[[Who], str], plants: str | Callable[[Who], str], **more: object
) -> Case:
    return _says(row, "address or name", line, plants, encoding=encoding, **more)  # type: ignore[arg-type]


DISGUISES = at("Disguised text", (
    _coded("zero-width", "zero-width spaces between letters", lambda w: "\u200b".join(w.address), "address", off="words"),
    _coded("soft-hyphen", "soft hyphens", lambda w: "\u00ad".join(w.family), "family"),
    _coded("joiners", "word joiners and a byte order mark", lambda w: "\ufeff" + "\u2060".join(w.address), "address"),
    _coded("wide", "full-width letters", lambda w: _wide(w.address), lambda w: _wide(w.address)),
    _coded("mathematical", "mathematical letters", _mathematical, _mathematical),
    _coded("lookalikes", "Cyrillic letters", _lookalike, _lookalike),
    _coded("accents", "accents", _accented, _accented),
    _coded("combining", "combining marks", _combined, lambda w: unicodedata.normalize("NFC", _combined(w))),
    _coded("direction", "right-to-left override", lambda w: f"\u202e{w.address[::-1]}\u202c", lambda w: w.address[::-1], off="gate", ends=HELD),
    _coded("reversed", "written backwards", lambda w: f"backwards: {w.address[::-1]}", "address", off="gate", ends=HELD),
    _coded("rot13", "rot13", lambda w: codecs.encode(w.address, "rot13"), lambda w: codecs.encode(w.address, "rot13"), off="gate", ends=HELD),
    _coded("base64", "base64 in the text", lambda w: base64.b64encode(f"me: {w.address}".encode()).decode(), "address", off="gate", ends=HELD),
    _coded("hex", "hexadecimal", lambda w: w.address.encode().hex(), "address", off="gate", ends=HELD),
    _coded("hex-spaced", "hexadecimal dump", lambda w: w.address.encode().hex(" "), lambda w: w.address.encode().hex(" "), off="gate", ends=HELD),
    _coded("md5", "MD5 as avatars use it", lambda w: hashlib.md5(w.address.encode()).hexdigest(), "address", off="gate", ends=HELD),
    _coded("sha256", "SHA-256", lambda w: hashlib.sha256(w.address.encode()).hexdigest(), "address", off="gate", ends=HELD),
    _coded("entity", "character references in plain text", lambda w: "".join(f"&#{ord(c)};" for c in w.address), "address"),
    _coded("escape", "JavaScript escapes", _escaped, _escaped, off="gate", ends=HELD),
    _coded("quoted-printable", "quoted-printable inside the text", _quoted, _quoted, off="gate", ends=HELD),
    _says("quoted-blanks", "full name", lambda w: f"Von=20{GIVEN}=20{w.family}=20nach", "family", encoding="quoted-printable, twice", off="gate", ends=HELD,
          program="broken gateway"),
))  # fmt: skip


def _in(
    row: str,
    encoding: str,
    build: Callable[[Who], bytes],
    plants: str = "address|family",
    program: str = "any",
    **more: object,
) -> Case:
    return Case(
        row,
        "address and name",
        encoding,
        program,
        lambda w: letter(w, build(w)),
        plants,
        "words",
        "body-form",
        **more,
    )  # type: ignore[arg-type]


def _line(who: Who) -> str:
    return f"Grüße von {who.name}, {who.address}!"


def _soft_broken(who: Who) -> bytes:
    """Quoted-printable with a soft break inside the address and inside the name."""
    half = len(who.local) // 2
    body = f"{who.says}\n\n{who.local[:half]}=\n{who.local[half:]}=40{who.domain} {who.family[:3]}=\n{who.family[3:]}\n"
    return (b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + body.replace("\n", "\r\n").encode())  # fmt: skip


def _odd_base64(who: Who) -> bytes:
    """Base64 in lines of odd lengths, with blanks in them and padding in the middle."""
    first, second = base64.b64encode(f"{who.says}\n".encode()), base64.b64encode(_line(who).encode())
    wrapped = b"\r\n".join(second[at : at + 7] for at in range(0, len(second), 7))
    return (b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + first + b"\r\n" + wrapped.replace(b"\r\n", b" \r\n", 3) + b"\r\n")  # fmt: skip


def _flowed(who: Who, *, delete: bool) -> bytes:
    """A soft line break inside the address (RFC 3676 §4.2)."""
    at_sign = "" if delete else " "
    broken = f"Write to {who.local}@ \r\n{who.domain} or {GIVEN} \r\n{at_sign}{who.family}"
    return text(who, broken, more="; format=flowed" + ("; delsp=yes" if delete else ""))


def _utf_7(who: Who) -> bytes:
    body = f"{who.says}\n\n{_line(who)}\n".encode("utf-7").replace(b"@", b"+AEA-")
    return entity("text/plain; charset=utf-7", body)


CHARSETS = at("Charsets and encodings", (
    _in("latin-1-qp", "quoted-printable, ISO 8859-1", lambda w: text(w, _line(w), charset="iso-8859-1", encoding="quoted-printable"), program="Outlook desktop"),
    _in("soft-break", "quoted-printable with soft breaks inside", _soft_broken, program="Lotus Notes"),
    _in("windows-1252", "8 bit, windows-1252", lambda w: text(w, _line(w), charset="windows-1252", codec="cp1252"), program="Outlook desktop"),
    _in("no-charset", "8 bit, no charset said", lambda w: entity("text/plain", f"{w.says}\n{_line(w)}".encode("latin-1")), program="script"),
    _in("wrong-charset", "UTF-8 under the label us-ascii", lambda w: text(w, _line(w), charset="us-ascii", codec="utf-8"), program="script"),
    _in("unknown-charset", "UTF-8 under an unknown label", lambda w: text(w, _line(w), charset="x-user-defined", codec="utf-8"), program="script"),
    _in("utf-16", "UTF-16 with byte order mark, base64", lambda w: text(w, _line(w), charset="utf-16", encoding="base64"), program="Exchange script"),
    _in("utf-16-be", "UTF-16BE, base64", lambda w: text(w, _line(w), charset="utf-16be", encoding="base64"), program="Java"),
    _in("utf-16-unlabelled", "UTF-16 under the label utf-8", lambda w: text(w, _line(w), charset="utf-8", codec="utf-16", encoding="base64"),
        program="PowerShell"),
    _in("utf-7", "UTF-7", _utf_7, program="Exchange of old"),
    _in("base64", "base64, UTF-8", lambda w: text(w, _line(w), encoding="base64"), program="Gmail"),
    _in("base64-odd", "base64, odd wrapping and padding inside", _odd_base64, program="broken gateway"),
    _in("iso-2022-jp", "ISO 2022-JP", lambda w: text(w, f"元気です {w.name} {w.address}", charset="iso-2022-jp"), program="Becky"),
    _in("gb18030", "GB 18030, base64", lambda w: text(w, f"谢谢 {w.name} {w.address}", charset="gb18030", encoding="base64"), program="QQ"),
    _in("koi8", "KOI8-R, quoted-printable", lambda w: text(w, f"Привет {w.name} {w.address}", charset="koi8-r", encoding="quoted-printable"),
        program="The Bat"),
    _in("uuencode", "uuencode", lambda w: text(w, _line(w), encoding="x-uuencode"), program="Usenet"),
    _in("flowed", "format=flowed, soft break inside the name", lambda w: _flowed(w, delete=False), plants="family", program="Thunderbird"),
    _in("flowed-delsp", "format=flowed delsp, soft break inside the address", lambda w: _flowed(w, delete=True), plants="address|family",
        program="Apple Mail"),
    _in("wrong-transfer", "8 bit under an unknown transfer encoding",
        lambda w: entity("text/plain; charset=utf-8", f"{w.says}\n{_line(w)}", encoding="binary; x"), program="script"),
))  # fmt: skip

_ZERO = "\u200b\u200c\u200b\u200b\u200c\u200c\u200b\u200c"
_TAGS = "".join(chr(0xE0000 + ord(c)) for c in "seven")


def _marked(
    row: str, what: str, mark: str, *, inside: str = "yester{m}day", program: str = "canary trap"
) -> Case:
    return Case(row, what, "Unicode", program, lambda w: letter(w, text(w, "It was " + inside.format(m=mark) + " at home.")),
                f"={mark}", "marks", "unknown")  # fmt: skip


MARKS = at("Invisible marks", (
    _marked("zero-width", "bits as zero-width characters", _ZERO),
    _marked("tags", "ASCII as tag characters", _TAGS),
    _marked("selectors", "bits as variation selectors", "\ufe00\ufe01\ufe0e\ufe00"),
    _marked("selectors-many", "octets as supplementary variation selectors", "\U000e0100\U000e0137\U000e01a2"),
    _marked("spaces", "bits as odd spaces", "\u2009\u2008\u2005\u2009\u200a", inside="yesterday{m}evening"),
    _marked("trailing", "bits as blanks at the end of a line", " \t  \t\t ", inside="yesterday{m}\nand today"),
    _marked("hyphens", "soft hyphens", "\u00ad"),
    _marked("direction", "direction marks without such letters", "\u200e\u200f\u200e", inside="yesterday{m} "),
    _marked("fillers", "Hangul fillers and the blank of braille", "\u3164\u2800\u115f"),
    _marked("joiner", "grapheme joiners", "\u034f\u034f"),
    _marked("invisible-operators", "invisible operators of formulas", "\u2061\u2062\u2063\u2064"),
    _marked("forms", "letters taken apart instead of whole", "e\u0301", inside="caf{m}"),
    _marked("private", "characters for private use", "\ue123\uf8ff"),
    Case("in-attachment", "zero-width marks in a text file", "Unicode", "canary trap",
         lambda w: attached(w, "text/plain; charset=utf-8", f"yester{_ZERO}day".encode(), name="n.txt"), f"={_ZERO}", "marks", "unknown"),
    Case("in-subject", "zero-width marks in the subject", "RFC 2047", "canary trap",
         lambda w: letter(w, text(w), subject=f"=?utf-8?b?{base64.b64encode(f'yester{_ZERO}day'.encode()).decode()}?="),
         f"={_ZERO}", "marks", "subject"),
))  # fmt: skip

ROWS = (*SPELLINGS, *NAMES, *DISGUISES, *CHARSETS, *MARKS)
