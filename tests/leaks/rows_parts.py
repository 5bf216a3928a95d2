"""Rows of the matrix: the shape of a message (parts, their headers, what stands around them) and files in it."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.leaks import papers
from tests.leaks.case import HELD, RELAYED, Case, at
from tests.leaks.letters import attached, entity, html, letter, parts, text
from tests.leaks.who import Who

TEXT = "text/plain; charset=utf-8"


def _shape(row: str, what: str, program: str, build: Callable[[Who], bytes], plants: str, off: str = "structure", encoding: str = "plain",
           peers: str = "part-field", ends: str = RELAYED) -> Case:  # fmt: skip
    return Case(row, what, encoding, program, lambda w: letter(w, build(w)), plants, off, peers, ends)


def _apple(who: Who) -> bytes:
    photo = entity(f'image/jpeg; name="{who.token}.jpeg"; x-unix-mode=0644', papers.picture("JPEG")(who), f"Content-Id: <{who.client}@{who.host}>",
                   f"X-Apple-Part-Url: {who.key}", encoding="base64")  # fmt: skip
    return parts(
        entity(TEXT, who.says),
        photo,
        entity(TEXT, "behind the picture"),
        boundary=f"Apple-Mail=_{who.street.split()[0]}",
    )


SHAPES = at("Parts of the message", (
    _shape("boundary", "boundary of a mail program", "Apple Mail", lambda w: parts(text(w), boundary=f"Apple-Mail={w.token}-{w.client}"), "token|client",
           peers="boundary"),
    _shape("preamble", "text before the first part", "script", lambda w: parts(text(w), preamble=f"This is MIME of {w.firm}."), "firm", peers="unknown"),
    _shape("epilogue", "text behind the last part", "virus scanner", lambda w: parts(text(w), epilogue=f"\r\nScanned by {w.token} at {w.firm}"), "token|firm",
           peers="unknown"),
    _shape("content-id", "Content-ID with the machine's name", "Thunderbird",
           lambda w: parts(text(w), entity("image/png", papers.png_text(w), f"Content-ID: <{w.key}@{w.host}>", "Content-Disposition: inline", encoding="base64"),
                           kind="related"), "key|host", peers="content-id"),
    _shape("description", "Content-Description", "mutt", lambda w: parts(entity(TEXT, w.says, f"Content-Description: letter of {w.firm}")), "firm"),
    _shape("location", "Content-Location and Content-Base", "Internet Explorer, saved page",
           lambda w: parts(entity(TEXT, w.says, f"Content-Location: file:///C:/Users/{w.local}/a.htm", f"Content-Base: https://{w.beacon}/"), kind="related"),
           "local|beacon"),
    _shape("attachment-id", "X-Attachment-Id, X-Apple-*", "Gmail web, Apple Mail", _apple, "host|client|key|token", peers="part"),
    _shape("part-language", "Content-Language and Content-MD5 of a part", "Thunderbird",
           lambda w: parts(entity(TEXT, w.says, f"Content-Language: de-{w.token}", f"Content-MD5: {w.client}")), "token|client"),
    _shape("comment", "comments in the fields of a part", "Exchange",
           lambda w: parts(entity(f"text/plain ({w.token}); charset=utf-8 ({w.client})", w.says, f"Content-Disposition: inline ({w.firm})")), "token|client|firm",
           encoding="RFC 2045 comment"),
    _shape("parameters", "parameters that nobody knows", "Lotus Notes, Sun", lambda w: parts(entity(f"{TEXT}; x-author={w.token}; x-host={w.host}", w.says)),
           "token|host"),
    _shape("start-info", "start and type of related parts", "Outlook web",
           lambda w: parts(html(w, "<p>a</p>"), kind="related", more=f'; start="<{w.token}@{w.host}>"; x-mac={w.client}'), "token|host|client"),
    _shape("dates", "dates and size in Content-Disposition", "Exchange, Outlook desktop",
           lambda w: parts(text(w), entity(TEXT, "a", f'Content-Disposition: attachment; filename="a.txt"; creation-date="Mon, 23 Nov 2026 13:00:00 {w.zone}"; '
                                                       f"x-by={w.token}")), "zone|token"),
    _shape("deep", "fields of parts twelve levels deep", "attacker", lambda w: _nested(w, 12), "token|firm"),
    _shape("no-end", "parts without an end", "broken gateway",
           lambda w: parts(text(w), entity(TEXT, "x", f"X-Part: {w.token}")).removesuffix(b"--\r\n"), "token"),
    _shape("wrong-boundary", "a boundary that does not occur", "broken gateway",
           lambda w: parts(text(w), f"X-Of: {w.token}\r\n\r\na".encode()).replace(b'boundary="=_part"', b'boundary="=_other"'), "token"),
    _shape("digest", "multipart/digest", "Mailman",
           lambda w: parts(text(w), parts(f"Content-Type: message/rfc822\r\n\r\nFrom: {w.third}\r\nReceived: from {w.host}\r\n\r\nold".encode(), kind="digest",
                                          boundary="=_d")), "third|host", peers="nested"),
    _shape("nested", "forwarded message with its whole header", "Outlook, forward as attachment",
           lambda w: parts(text(w), entity("message/rfc822", f"From: {w.name} <{w.address}>\r\nReceived: from {w.host} ([{w.ip}])\r\nX-Mailer: {w.client}\r\n"
                                                             f"Subject: of {w.firm}\r\n\r\nwords of {w.deputy}")), "address|host|ip|client|firm|deputy", "files",
           peers="nested"),
    _shape("nested-encoded", "forwarded message in base64", "broken gateway",
           lambda w: parts(text(w), entity("message/rfc822", f"From: {w.address}\r\nReceived: from {w.host}\r\n\r\na", encoding="base64")), "address|host", "files",
           encoding="base64", peers="nested"),
    _shape("nested-deep", "a forwarded message in a forwarded message", "Exchange",
           lambda w: parts(text(w), entity("message/rfc822", f"From: {w.third}\r\nContent-Type: message/rfc822\r\n\r\nFrom: {w.address}\r\nX-Of: {w.host}\r\n\r\na")),
           "third|address|host", "files", peers="nested"),
    _shape("global", "forwarded message with international header", "Postfix",
           lambda w: parts(text(w), entity("message/global", f"From: {w.address}\r\nX-Of: {w.host}\r\n\r\nä")), "address|host", "files", peers="nested"),
    _shape("partial", "one third of a message", "Outlook Express",
           lambda w: parts(text(w), entity(f'message/partial; id="{w.token}@{w.host}"; number=1; total=3', f"From: {w.address}\r\n\r\na")), "address", "files",
           peers="unknown"),
    _shape("external", "body that is to be fetched", "Unix of old",
           lambda w: parts(text(w), entity(f'message/external-body; access-type=URL; URL="https://{w.beacon}/x"', f"Content-ID: <{w.token}>\r\n\r\n")),
           "token", "files", peers="unknown", encoding="RFC 2046 §5.2.3"),
    _shape("external-url", "address of a body that is to be fetched", "Unix of old",
           lambda w: parts(text(w), entity(f'message/external-body; access-type=URL; URL="https://{w.beacon}/{w.token}"', "Content-Type: text/plain\r\n\r\n")),
           "beacon|token", peers="unknown", encoding="RFC 2046 §5.2.3"),
    _shape("report-inside", "delivery report forwarded by a person", "Thunderbird",
           lambda w: parts(text(w), entity("message/delivery-status", f"Reporting-MTA: dns; {w.host}\r\n\r\nFinal-Recipient: rfc822; {w.address}\r\nAction: failed"),
                           entity("text/rfc822-headers", f"Received: from {w.ip}\r\nFrom: {w.name}\r\n", "Content-Disposition: attachment")),
           "host|address|ip", "files", peers="nested"),
    _shape("headers-inline", "header fields of another message, in place", "Exim",
           lambda w: parts(text(w), entity("text/rfc822-headers; charset=utf-8", f"From: {w.name} <{w.address}>\r\n")), "address", "quotes words", peers="nested"),
    _shape("appledouble", "resource fork of a Macintosh file", "Apple Mail",
           lambda w: parts(text(w), parts(entity("application/applefile", b"\0\5\x16\7" + w.token.encode(), encoding="base64"),
                                          entity("image/jpeg", papers.picture("JPEG")(w), encoding="base64"), kind="appledouble", boundary="=_a")),
           "token|client", "files", peers="file"),
    _shape("second-text", "a second text of a gateway", "list gateway, virus scanner",
           lambda w: parts(text(w), entity(TEXT, f"-- \r\nThis list of {w.firm} is run by {w.third}\r\n")), "firm|third", "quotes words", peers="written"),
    _shape("winmail", "winmail.dat", "Outlook desktop",
           lambda w: parts(text(w), entity('application/ms-tnef; name="winmail.dat"', papers.winmail(w), encoding="base64")), "token|address", "files",
           encoding="TNEF", peers="file"),
    _shape("uuencoded", "file in the text", "Outlook Express",
           lambda w: text(w, "begin 644 letter.txt", base64.b64encode(w.address.encode()).decode(), "`", "end"), "address", "gate", encoding="uuencode, base64",
           peers="written", ends=HELD),
))  # fmt: skip


def _nested(who: Who, depth: int) -> bytes:
    body = text(who)
    for level in range(depth):
        body = parts(
            body, boundary=f"=_{level}", fields=(f"X-Level: {who.token}", f"Content-Description: {who.firm}")
        )
    return body


def _name(
    row: str,
    encoding: str,
    fields: Callable[[Who], tuple[str, str]],
    plants: str = "family",
    program: str = "any",
) -> Case:
    def build(who: Who) -> bytes:
        kind, disposition = fields(who)
        return letter(who, parts(text(who), entity(kind, "a few words", disposition)))

    return Case(
        row,
        "file name",
        encoding,
        program,
        build,
        plants,
        "structure",
        "filename",
        answer="attachment-1, attachment-2",
    )


_PLAIN = "text/plain"
NAMES = at("Names of files", (
    _name("quoted", "filename=", lambda w: (_PLAIN, f'Content-Disposition: attachment; filename="Letter_{w.family}.txt"'), program="Thunderbird"),
    _name("type-name", "name= of the type", lambda w: (f'{_PLAIN}; name="{w.name} CV.txt"', "Content-Disposition: attachment"), "name", program="Outlook Express"),
    _name("rfc2231", "RFC 2231", lambda w: (_PLAIN, f"Content-Disposition: attachment; filename*=utf-8'de'Gr%C3%BC%C3%9Fe%20{w.family}.txt"), program="Apple Mail"),
    _name("continued", "RFC 2231 continuations, cut in the name",
          lambda w: (_PLAIN, f'Content-Disposition: attachment; filename*0="{w.family[:5]}"; filename*1="{w.family[5:]}"; filename*2=".txt"'), program="Lotus Notes"),
    _name("rfc2047", "RFC 2047 B", lambda w: (_PLAIN, f'Content-Disposition: attachment; filename="=?utf-8?b?{base64.b64encode(f"{w.name}.txt".encode()).decode()}?="'),
          program="Outlook desktop"),
    _name("rfc2047-type", "RFC 2047 Q in name=",
          lambda w: (f'{_PLAIN}; name="=?iso-8859-1?q?Brief_von_{"".join(f"={ord(c):02X}" for c in w.family)}.txt?="', "Content-Disposition: attachment"),
          program="Outlook desktop"),
    _name("path", "path on the author's disk", lambda w: (_PLAIN, f'Content-Disposition: attachment; filename="C:\\\\Users\\\\{w.token}\\\\a.txt"'), "token",
          program="Outlook Express"),
    _name("raw", "raw 8 bit", lambda w: (_PLAIN, f"Content-Disposition: attachment; filename=Ünïon {w.family}.txt"), program="script"),
    _name("address", "address as a name", lambda w: (_PLAIN, f'Content-Disposition: attachment; filename="{w.address}.txt"'), "address", program="mail archive"),
))  # fmt: skip


def _file(row: str, what: str, encoding: str, content_type: str, data: Callable[[Who], bytes], plants: str | Callable[[Who], str], name: str = "file.bin",
          program: str = "any", off: str = "files", peers: str = "file") -> Case:  # fmt: skip
    return Case(
        row,
        what,
        encoding,
        program,
        lambda w: attached(w, content_type, data(w), name=name),
        plants,
        off,
        peers,
    )


FILES = at("Files", (
    _file("jpeg-exif", "photo: owner, program, place", "JPEG EXIF with GPS", "image/jpeg", papers.picture("JPEG"), "token|client|firm|host", "p.jpg", "camera"),
    _file("jpeg-xmp", "photo: creator, comment", "JPEG XMP, COM", "image/jpeg", papers.jpeg_xmp, "token|firm|client", "p.jpg", "Lightroom"),
    _file("jpeg-tail", "film behind the photo", "octets after the end", "image/jpeg", papers.jpeg_tail, "token", "p.jpg", "Android"),
    _file("jpeg-icc", "colour profile of a screen", "ICC", "image/jpeg", papers.icc, "token", "p.jpg", "scanner"),
    _file("png-text", "screenshot: author, program", "PNG tEXt, iTXt, zTXt", "image/png", papers.png_text, "token", "s.png", "screenshot tool"),
    _file("png-exif", "picture: owner, place", "PNG eXIf", "image/png", papers.picture("PNG"), "token|client|firm", "s.png", "GIMP"),
    _file("gif", "comment of an animation", "GIF comment", "image/gif", papers.gif_comment, "token", "a.gif", "ImageMagick"),
    _file("webp", "photo: owner, place", "WebP EXIF", "image/webp", papers.picture("WEBP"), "token|client|firm", "p.webp", "browser"),
    _file("heic", "photo: owner, place", "HEIC EXIF", "image/heic", papers.picture("HEIF"), "token|client|firm", "p.heic", "iPhone"),
    _file("tiff", "scan: owner, place", "TIFF tags", "image/tiff", papers.picture("TIFF"), "token|client|firm", "s.tif", "scanner"),
    _file("octet-stream", "photo under a wrong label", "JPEG EXIF", "application/octet-stream", papers.picture("JPEG"), "token|client", "x.dat", "script"),
    _file("pdf-info", "author and program of a PDF", "Info dictionary", "application/pdf", papers.pdf(papers.info), "token|client|firm", "a.pdf", "Word"),
    _file("pdf-xmp", "creator of a PDF", "XMP stream", "application/pdf", papers.pdf(papers.pdf_xmp), "token|firm", "a.pdf", "Acrobat"),
    _file("pdf-embedded", "file in a PDF", "embedded file", "application/pdf", papers.pdf(papers.embedded), "token|client", "a.pdf", "Acrobat"),
    _file("pdf-note", "author of a note in a PDF", "annotation", "application/pdf", papers.pdf(papers.note), "token|firm", "a.pdf", "Preview"),
    _file("pdf-form", "what was typed in a form", "AcroForm", "application/pdf", papers.pdf(papers.form), "token", "a.pdf", "Acrobat"),
    _file("pdf-script", "script that calls home", "OpenAction", "application/pdf", papers.pdf(papers.script), "beacon", "a.pdf", "tracker"),
    _file("pdf-revised", "earlier version still in the file", "incremental update", "application/pdf", papers.revised, "token|client", "a.pdf", "Preview"),
    Case("pdf-page", "name that a page shows", "content stream", "any",
         lambda w: attached(w, "application/pdf", papers.pdf(papers.page)(w), name="a.pdf"), "name", "gate", "file", ends=HELD),
    _file("docx", "creator, last editor, comments", "Office Open XML", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", papers.word,
          "token|firm|client", "a.docx", "Word"),
    _file("odt", "creator", "OpenDocument", "application/vnd.oasis.opendocument.text", papers.opendocument, "token", "a.odt", "LibreOffice"),
    _file("doc", "author, company", "OLE of old", "application/msword", papers.old_office, "token|firm", "a.doc", "Word 97"),
    _file("rtf", "author in RTF", "RTF info", "application/rtf", lambda w: b"{\\rtf1{\\info{\\author %s}}a}" % w.token.encode(), "token", "a.rtf", "WordPad"),
    _file("zip", "photo in an archive", "zip", "application/zip", lambda w: papers.zipped(photo=papers.picture("JPEG")(w)), "token|client", "a.zip", "Windows"),
    _file("zip-zip", "photo in an archive in an archive in an archive", "zip, three deep", "application/zip", papers.nested_zip, "token|client", "a.zip", "any"),
    _file("zip-comment", "names and comment of an archive", "zip", "application/zip", papers.zip_comment, "token|client", "a.zip", "WinZip"),
    _file("tar", "owner of files in an archive", "tar, gzip", "application/gzip", papers.tar_gz, "token|client", "a.tgz", "tar"),
    _file("gzip", "name inside the compressed file", "gzip header", "application/gzip", papers.gz_name, "token|client", "a.gz", "gzip"),
    _file("vcard", "contact card", "vCard", "text/vcard", papers.card, "name|address|phone|firm", "me.vcf", "iPhone"),
    _file("vcard-octets", "contact card under a wrong label", "vCard", "text/plain", papers.card, "address|firm", "me.txt", "Android"),
    _file("calendar-file", "invitation as a file", "iCalendar", "application/ics", papers.calendar, "name|address|deputy|third|token|host", "a.ics", "Outlook"),
    _file("tnef", "winmail.dat under another name", "TNEF", "application/octet-stream", papers.winmail, "token|address", "att.dat", "Exchange"),
    _file("msg", "saved message", "OLE", "application/vnd.ms-outlook", papers.old_office, "token|firm", "a.msg", "Outlook desktop"),
    _file("eml", "saved message under a wrong label", "message as octets", "application/octet-stream",
          lambda w: f"Return-Path: <{w.address}>\r\nReceived: from {w.host}\r\nFrom: {w.name}\r\n\r\na".encode(), "address|host|name", "a.eml", "Thunderbird",
          peers="nested"),
    _file("text", "text file", "UTF-8", "text/plain; charset=utf-8", lambda w: f"I am {w.name}, {w.address}".encode(), "name|address", "a.txt", off="words", program="Notepad"),
    _file("text-utf16", "text file", "UTF-16", "text/plain", lambda w: f"I am {w.name}, {w.address}".encode("utf-16"), "name|address", "a.txt", off="words",
          program="Notepad"),
    _file("csv", "table", "CSV", "text/csv", lambda w: f"name;mail\r\n{w.family};{w.address}\r\n".encode(), "family|address", "a.csv", off="words", program="Excel"),
    _file("svg", "drawing with a path of its author's disk", "SVG", "image/svg+xml",
          lambda w: f'<svg xmlns="http://www.w3.org/2000/svg" sodipodi:docname="{w.token}"><image href="https://{w.beacon}/x"/></svg>'.encode(), "token|beacon", "a.svg",
          "Inkscape"),
    _file("html", "page", "HTML", "text/html", lambda w: f'<html><meta name=author content={w.token}><img src="https://{w.beacon}/x">'.encode(), "token|beacon", "a.html",
          "browser"),
    _file("audio", "artist of a recording", "ID3", "audio/mpeg", papers.audio, "token", "a.mp3", "voice recorder"),
    _file("video", "place of a film", "MP4 udta", "video/mp4", papers.film, "token", "a.mp4", "phone"),
    _file("xml", "settings of a program", "XML", "application/xml", lambda w: f"<?xml version='1.0'?><owner>{w.token}</owner>".encode(), "token", "a.xml"),
    _file("unknown", "unknown octets", "binary", "application/x-thing", lambda w: b"\0\1\2" + w.token.encode(), "token", "a.xyz"),
    Case("calendar", "invitation in place of a text", "iCalendar, METHOD:REQUEST", "Outlook, Google Calendar",
         lambda w: letter(w, parts(text(w), entity("text/calendar; method=REQUEST; charset=utf-8", papers.calendar(w), encoding="base64"), kind="alternative")),
         "name|address|deputy|third|token|host", "version words", "file"),
    Case("calendar-mixed", "invitation beside the text", "iCalendar, METHOD:REQUEST", "Apple Mail",
         lambda w: letter(w, parts(text(w), entity("text/calendar; method=REQUEST; charset=utf-8", papers.calendar(w), encoding="base64"))),
         "name|address|deputy|third|token|host", "files", "file"),
    Case("inline-picture", "photo shown in the page", "multipart/related, EXIF", "Apple Mail, Outlook",
         lambda w: letter(w, parts(html(w, '<img src="cid:1">'), entity("image/jpeg", papers.picture("JPEG")(w), "Content-ID: <1>", "Content-Disposition: inline",
                                   encoding="base64"), kind="related")), "token|client|firm", "files", "file"),
))  # fmt: skip

ROWS = (*SHAPES, *NAMES, *FILES)
