"""The messages of the demo, shaped as Gmail, Outlook and Apple Mail shape them, with all they tell on the side."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from PIL import Image, ImageDraw

SEEKER = "sam.lee@seeker.example"
SEEKER_NAME = "Sam Lee"
COUNSELOR = "ana.ruiz@home.example"
COUNSELOR_NAME = "Ana Ruiz"
DOMAIN = "relay.example"
INTAKE = f"help@{DOMAIN}"


@dataclass(frozen=True)
class Earlier:
    """What the writer's mail program knows of the message they answer."""

    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    message_id: str = ""
    text: str = ""


def gmail(text: str, to: str, subject: str, number: int, earlier: Earlier | None = None) -> bytes:
    """The seeker at Gmail's web page: multipart/alternative, a quote below an attribution."""
    quote = ""
    if earlier:
        quoted = "\n".join("> " + line for line in earlier.text.splitlines())
        quote = f"\n\nOn Mon, Nov 23, 2026 at 9:4{number} AM {earlier.from_name} <{earlier.from_address}> wrote:\n\n{quoted}\n"
    boundary = f"00000000000086a1b4060f9c5e{number:02d}"
    html = f'<div dir="ltr">{text}</div><br><div class="gmail_quote"><blockquote>{quote}</blockquote></div>'
    return _lines(f"""\
Received: from [192.168.178.23] (p5b0e7f2a.dip0.example. [203.0.113.77])
        by smtp.mail.example with ESMTPSA id a1sm{number}; {_date(number, 1)}
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=seeker.example; s=20230601; h=from:to; bh=x; b=y
X-Google-DKIM-Signature: v=1; a=rsa-sha256; d=1e100.net; s=20230601
X-Gm-Message-State: AOJu0YxSamLee
MIME-Version: 1.0
From: {SEEKER_NAME} <{SEEKER}>
Date: {_date(number, 1)}
Message-ID: <CAF{number}sam.lee+id@mail.seeker.example>
{_thread(earlier)}Subject: {subject}
To: {to}
Content-Type: multipart/alternative; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset="UTF-8"

{text}{quote}
--{boundary}
Content-Type: text/html; charset="UTF-8"

{html}
--{boundary}--
""")


def outlook(text: str, to: str, subject: str, number: int, earlier: Earlier) -> bytes:
    """The counselor in Outlook: a signature with everything, and a header block above the quote."""
    return _lines(
        f"""\
Received: from DESKTOP-ANA7 ([198.51.100.24]) by mail.home.example with ESMTPSA; {_date(number, 1)}
From: "Ruiz, Ana" <{COUNSELOR}>
To: {to}
Subject: {subject}
Thread-Topic: {subject}
Thread-Index: AdpAnaRuizThreadIndex{number}==
Date: {_date(number, 1)}
Message-ID: <DB9P{number}.ana.ruiz@DESKTOP-ANA7.home.example>
{_thread(earlier)}Accept-Language: es-ES, en-US
Content-Language: es-ES
X-MS-Has-Attach:
X-Originating-IP: [198.51.100.24]
X-Mailer: Microsoft Outlook 16.0
Disposition-Notification-To: <{COUNSELOR}>
MIME-Version: 1.0
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: 8bit

{text}

--
Ana Ruiz
Tel. +34 600 555 014 | {COUNSELOR}
Calle Mayor 7, Madrid

From: {earlier.from_name} <{earlier.from_address}>
Sent: Monday, November 23, 2026 9:4{number} AM
To: Ana Ruiz <{COUNSELOR}>
Subject: {earlier.subject}

{earlier.text}
""",
        "latin-1",
    )


def apple(text: str, to: str, subject: str, number: int, earlier: Earlier) -> bytes:
    """The seeker on a telephone, with a photograph that knows where it was taken."""
    quoted = "\n".join("> " + line for line in earlier.text.splitlines())
    picture = base64.encodebytes(photograph()).decode()
    boundary = "Apple-Mail-8C1B7F2E-SAMS-IPHONE"
    return _lines(f"""\
Received: from smtpclient.apple (p5b0e7f2a.dip0.example. [203.0.113.77]) by mail.seeker.example; {_date(number, 1)}
Content-Type: multipart/mixed; boundary={boundary}
Content-Transfer-Encoding: 7bit
From: {SEEKER_NAME} <{SEEKER}>
Mime-Version: 1.0 (1.0)
Date: {_date(number, 1)}
Subject: {subject}
Message-Id: <4B1D9E2C-{number}@SamsiPhone.seeker.example>
{_thread(earlier)}To: {to}
X-Mailer: iPhone Mail (22G100)

--{boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}

--{boundary}
Content-Type: image/jpeg; name="Sams front door.jpeg"
Content-Disposition: inline; filename="Sams front door.jpeg"
Content-Transfer-Encoding: base64

{picture}
--{boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Sent from my iPhone

> On 23 Nov 2026, at 09:4{number}, {earlier.from_name} <{earlier.from_address}> wrote:
>
{quoted}
--{boundary}--
""")


def out_of_office(to: str, earlier: Earlier) -> bytes:
    """What the counselor's mail program answers by itself, naming everybody."""
    return _lines(f"""\
From: Ana Ruiz <{COUNSELOR}>
To: {to}
Subject: Automatic reply: {earlier.subject}
Auto-Submitted: auto-replied
Message-ID: <ooo.ana.ruiz@home.example>
MIME-Version: 1.0
Content-Type: text/plain

I am away. Call my colleague at +34 600 555 099 or write to luis@home.example. Ana Ruiz
""")


def photograph() -> bytes:
    """A small picture with a camera's notes: who took it, with what, and where."""
    picture = Image.new("RGB", (320, 200), "#7a8b99")
    ImageDraw.Draw(picture).rectangle((120, 40, 200, 200), fill="#553322")
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "Apple", SEEKER_NAME
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif.tobytes(), comment=SEEKER.encode())
    return out.getvalue()


def _thread(earlier: Earlier | None) -> str:
    if earlier is None or not earlier.message_id:
        return ""
    return f"In-Reply-To: {earlier.message_id}\nReferences: {earlier.message_id}\n"


def _date(number: int, zone_hours: int) -> str:
    moment = datetime(2026, 11, 23, 9, 40, 7, tzinfo=timezone(timedelta(hours=zone_hours)))
    return format_datetime(moment + timedelta(minutes=number))


def _lines(text: str, charset: str = "utf-8") -> bytes:
    return text.encode(charset).replace(b"\n", b"\r\n")
