# ruff: noqa: RUF001  (letters of other scripts are meant)
"""A grammar of MIME messages: what mail programs, servers and enemies make of a few words.

``letters()`` draws a message in which the author's words stand among everything that names them: in free
text in the spellings that the contract covers, and in every header, parameter, part header, comment,
preamble, epilogue, file and attribute that a machine writes.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html as html_module
import io
import quopri
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pikepdf
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from relay.flow.values import Reason
from tests.properties.world import AUTHORS, MACHINE, Author, Letter

CHARSETS = {
    "us-ascii": "tea", "utf-8": "żółwie", "UTF8": "grüßen", "iso-8859-1": "grüßen", "iso-8859-15": "œuvre",
    "windows-1252": "naïve", "iso-8859-2": "żółw", "koi8-r": "привет", "windows-1251": "слово", "iso-8859-7": "λόγος",
    "windows-1254": "ağaç", "windows-1255": "שלום", "windows-1256": "مرحبا", "shift_jis": "こんにちは",
    "iso-2022-jp": "こんにちは", "euc-jp": "言葉", "gb18030": "你好吗", "gb2312": "你好", "big5": "您好", "euc-kr": "안녕하세요",
    "tis-620": "สวัสดี", "utf-16": "mögen", "utf-7": "mögen",
}  # fmt: skip
"""Labels as they stand in mail, each with a word that needs it."""

WIDE = frozenset({"utf-16"})

PLANTS: tuple[Callable[[Author], str], ...] = (
    lambda a: a.address,
    lambda a: f"<{a.address}>",
    lambda a: f"mailto:{a.address.upper()}",
    lambda a: f"{a.name}",
    lambda a: f"{a.name.upper()}",
    lambda a: f"{a.family}, {a.given}",
    lambda a: f"({a.family})",
    lambda a: f"{a.family}'s",
    lambda a: f"{a.given} M. {a.family}",
    lambda a: a.local,
    lambda a: f"https://www.{a.domain}/~{a.local}?m={quote(a.address, safe='')}&x=1",
    lambda a: f"{a.local.replace('.', ' dot ')} at {a.domain.replace('.', ' dot ')}",
    lambda a: f"{a.local} [at] {a.domain}",
    lambda a: "\u200b".join(a.address),
    lambda a: f"{a.given}\u00a0{a.family}",
    lambda a: a.family[:4] + "\u00ad" + a.family[4:],
    lambda a: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in a.family),
    lambda a: a.family.replace("a", "\u0430").replace("o", "\u043e"),
    lambda a: f"{a.local}+news@{a.domain}",
    lambda a: f"_{a.family}_",
    lambda a: a.writes_to,
    lambda a: a.private[0] if a.private else a.address,
    lambda a: a.private[1] if a.private else a.family,
    lambda a: a.private[2].upper() if a.private else a.domain,
)
"""Spellings of the author in their own words that give way to what the reader may know."""

_IDENTITY: tuple[Callable[[Author], str], ...] = (
    *(functools.partial(lambda word, _: word, word) for word in MACHINE.values()),
    lambda a: a.address,
    lambda a: a.name,
    lambda a: f'"{a.name}" <{a.address}>',
)
"""What machines write about an author."""

_FIELDS = (
    "Received: from {} by mx.example.net with ESMTPSA id 1", "Return-Path: <{}>", "Sender: {}", "Reply-To: {}",
    "Resent-From: {}", "Resent-Message-ID: <{}>", "Cc: {}", "User-Agent: {}", "X-Mailer: {}", "Organization: {}",
    "X-Originating-IP: [{}]", "Thread-Topic: {}", "Thread-Index: {}", "DKIM-Signature: v=1; d={}; s=x; b=AAAA",
    "ARC-Seal: i=1; d={}", "Authentication-Results: mx; spf=pass smtp.mailfrom={}", "X-Face: {}", "Face: {}",
    "Autocrypt: addr={}; keydata=AAAA", "OpenPGP: id={}", "Disposition-Notification-To: {}", "Comments: {}", "Keywords: {}",
    "X-Sender: {}", "X-Google-Original-From: {}", "In-Reply-To: <{}>", "References: <{}> <a@{}>", "Content-Location: {}",
    "Content-ID: <{}>", "Content-Description: {}", "Content-Base: http://{}/", "X-MS-Exchange-CrossTenant-id: {}",
    "X-Pm-Origin: {}", "Errors-To: {}", "Delivered-To: {}", "X-Original-To: {}", "Received-SPF: pass ({})", "Archived-At: <http://{}/>",
)  # fmt: skip
_FORWARDED_BY = ("List-Id: <{}>", "Precedence: bulk", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All", "List-Unsubscribe: <https://{}/u>",
                 "X-Autoreply: yes", "Return-Receipt-To: {}", "X-Loop: {}")  # fmt: skip
_HOSTILE = (
    b"no colon here", b": no name", b"X-Long: " + b"a" * 1200, b"X Bad Name: x", b"X-Ctl: \x01\x02\x7f", b"X-8bit: \xff\xfe\x80",
    b"X-Nul: a\0b", b"Subject: =?utf-8?q?a=0D=0ABcc:_x@evil.test?=", b"Content-Type", b"MIME-Version: 1.0 (x (y (z",
    b"Date: Thu, 99 Foo 20 99:99:99 +9999", b"Message-ID: <<<@>>", b"To: " + b"(" * 300, b"X-Fold:\r\n \r\n\t\r\n x",
    b"References: " + b"<a@b>" * 300, b"Content-Transfer-Encoding: x-unknown", b"X-CR: a\rb",
)  # fmt: skip
HELD_FOR_HEADERS = frozenset({Reason.AUTO_REPLY, Reason.RECEIPT, Reason.BOUNCE, Reason.LOOP})


class Scribe:
    """Draws pieces and remembers what must arrive."""

    def __init__(self, draw: st.DrawFn, author: Author) -> None:
        self.draw = draw
        self.author = author
        self._count = 0
        self.notes: list[str] = []

    def one_of[T](self, *choices: T) -> T: ...

    def pick(self, choices):  # type: ignore[no-untyped-def]
        return self.draw(st.sampled_from(choices))

    def often(self) -> bool:
        return self.draw(st.integers(0, 3)) > 0

    def seldom(self) -> bool:
        return self.draw(st.integers(0, 5)) == 5

    def word(self) -> str:
        """A word that nobody else writes."""
        self._count += 1
        tail, number = "", self._count
        while number:
            number, digit = divmod(number, 20)
            tail += "bcdfghjklmnpqrstvwxz"[digit]
        return f"own{tail}e"
