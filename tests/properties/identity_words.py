"""The words of the grammars: spellings of an author, what machines write about them, charsets with a word each."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from tests.properties.world import MACHINE, Author

Spelling = Callable[[Author], str]

CHARSETS = {
    "us-ascii": "tea", "utf-8": "żółwie", "UTF8": "grüßen", "iso-8859-1": "grüßen", "iso-8859-15": "œuvre",
    "windows-1252": "naïve", "iso-8859-2": "żółw", "koi8-r": "привет", "windows-1251": "слово", "iso-8859-7": "λόγος",
    "windows-1254": "ağaç", "windows-1255": "שלום", "windows-1256": "مرحبا", "shift_jis": "こんにちは",
    "iso-2022-jp": "こんにちは", "euc-jp": "言葉", "gb18030": "你好吗", "gb2312": "你好", "big5": "您好", "euc-kr": "안녕하세요",
    "tis-620": "สวัสดี", "utf-16": "mögen", "utf-7": "mögen",
}  # fmt: skip
"""Labels as they stand in mail, each with a word that needs it."""

NOT_IN_HEADERS = frozenset({"utf-16", "utf-7"})
"""No mail program writes encoded words in them."""


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


PLANTS: tuple[Spelling, ...] = (
    lambda a: a.address,
    lambda a: f"<{a.address}>",
    lambda a: f"mailto:{a.address.upper()}",
    lambda a: a.name,
    lambda a: a.name.upper(),
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
    lambda a: _full_width(a.family),
    lambda a: a.family.replace("a", "\u0430").replace("o", "\u043e"),
    lambda a: f"{a.local}+news@{a.domain}",
    lambda a: f"_{a.family}_",
    lambda a: a.writes_to,
    lambda a: a.private[0] if a.private else a.address,
    lambda a: a.private[1] if a.private else a.family,
    lambda a: a.private[2].upper() if a.private else a.domain,
)
"""Spellings of the author among their own words, which give way to what the reader may know."""

NAMED: tuple[Spelling, ...] = (
    lambda a: a.address,
    lambda a: a.name,
    lambda a: f'"{a.name}" <{a.address}>',
    lambda a: MACHINE["host"],
    lambda a: MACHINE["ip"],
    lambda a: MACHINE["client"],
    lambda a: MACHINE["id"],
    lambda a: MACHINE["organisation"],
    lambda a: MACHINE["reply_to"],
    lambda a: MACHINE["comment"],
)
"""What machines write about an author, where nobody writes on purpose."""

FIELDS = (
    "Received: from {} by mx.example.net with ESMTPSA id 1", "Return-Path: <{}>", "Sender: {}", "Reply-To: {}",
    "Resent-From: {}", "Resent-Message-ID: <{}>", "Cc: {}", "User-Agent: {}", "X-Mailer: {}", "Organization: {}",
    "X-Originating-IP: [{}]", "Thread-Topic: {}", "Thread-Index: {}", "DKIM-Signature: v=1; d={}; s=x; b=AAAA",
    "ARC-Seal: i=1; d={}", "Authentication-Results: mx; spf=pass smtp.mailfrom={}", "X-Face: {}", "Face: {}",
    "Autocrypt: addr={}; keydata=AAAA", "OpenPGP: id={}", "Disposition-Notification-To: {}", "Comments: {}", "Keywords: {}",
    "X-Sender: {}", "X-Google-Original-From: {}", "In-Reply-To: <{}>", "References: <{}> <a@{}>", "Content-Location: {}",
    "Content-ID: <{}>", "Content-Description: {}", "Content-Base: http://{}/", "X-MS-Exchange-CrossTenant-id: {}",
    "Errors-To: {}", "Delivered-To: {}", "X-Original-To: {}", "Received-SPF: pass ({})", "Archived-At: <http://{}/>",
    "Message-ID: <{}@x.test>", "Date: Mon, 23 Nov 2026 13:00:00 +1345 ({})",
)  # fmt: skip
PART_FIELDS = (
    "Content-ID: <{}>", "Content-Location: http://{}/x", "Content-Description: {}", "X-Attachment-Id: {}",
    "Content-MD5: {}", "Content-Base: {}", "X-Apple-Part-Url: {}", "Comments: {}", "Content-Language: en ({})",
)  # fmt: skip
DISTRIBUTED = (
    "List-Id: <{}>", "Precedence: bulk", "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All",
    "List-Unsubscribe: <https://{}/u>", "X-Autoreply: yes", "Return-Receipt-To: {}", "X-Loop: {}",
)  # fmt: skip
"""Fields of lists and automata: a reply with them may be absorbed."""

HOSTILE = (
    b"no colon here", b": no name", b"X-Long: " + b"a" * 1200, b"X Bad Name: x", b"X-Ctl: \x01\x02\x7f",
    b"X-8bit: \xff\xfe\x80", b"X-Nul: a\0b", b"Subject: =?utf-8?q?a=0D=0ABcc:_x@evil.test?=", b"Content-Type",
    b"MIME-Version: 1.0 (x (y (z", b"Date: Thu, 99 Foo 20 99:99:99 +9999", b"Message-ID: <<<@>>", b"To: " + b"(" * 300,
    b"X-Fold:\r\n \t\r\n x", b"References: " + b"<a@b>" * 300, b"X-CR: a\rb", b"From : nobody", b"Subject: " + b"=?utf-8?q?" * 60,
)  # fmt: skip
