# ruff: noqa: RUF001  (digits, commas and marks of Arabic are meant)
"""A counselor's answer as four mail programs send it, in English and in Arabic: what is above, below and between.

``reply`` gives the octets; the words are what a person typed. Attribution lines, header lines and marks of direction
are those that the programs write by themselves: Gmail sets names and addresses between embeddings, Outlook's headers
are words of the language, an Arabic telephone puts a mark in front of a line that begins with a sign.
"""

from __future__ import annotations

import quopri
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

RLM, LRE, RLE, PDF = "\u200f", "\u202a", "\u202b", "\u202c"


@dataclass(frozen=True)
class Said:
    """What a person answers, to whose name and address, quoting what; ``alias``: where it goes."""

    words: str
    name: str
    alias: str
    quoted: str
    language: str

    @property
    def marked(self) -> str:
        return "\n".join(f"> {line}".rstrip() for line in self.quoted.splitlines())


_WROTE = {
    "thunderbird": {
        "en": "On 23/11/2026 13:00, {name} wrote:",
        "ar": "في 23/11/2026 1:00 م، كتب {name}:",
    },
    "gmail": {
        "en": "On Mon, 23 Nov 2026 at 13:00, {name} <{alias}> wrote:",
        "ar": f"في الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ١:٠٠ م تمت كتابة ما يلي بواسطة {LRE}{{name}}{PDF}{RLM} <{LRE}{{alias}}{PDF}{RLM}>:",
    },
    "apple": {
        "en": "On 23 Nov 2026, at 13:00, {name} <{alias}> wrote:",
        "ar": "في ٢٣ نوفمبر ٢٠٢٦، الساعة ١:٠٠ م، كتب {name} <{alias}>:",
    },
}  # fmt: skip
_HEADERS = {
    "en": ("From:", "Sent:", "To:", "Subject:", "Monday, November 23, 2026 1:00 PM"),
    "ar": ("من:", "تم الإرسال:", "إلى:", "الموضوع:", "الاثنين، 23 نوفمبر 2026 01:00 م"),
}
_SENT_FROM = {"en": "Sent from my iPhone", "ar": "أُرسلت من الـ iPhone"}


def _wrote(program: str, said: Said) -> str:
    return _WROTE[program][said.language].format(name=said.name, alias=said.alias)


def _divs(text: str, direction: str) -> str:
    return "".join(f'<div dir="{direction}">{escape(line) or "<br>"}</div>' for line in text.split("\n"))


def _br(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())


def thunderbird(said: Said) -> str:
    """Plain and flowed, the answer above what is quoted."""
    return _plain(f"{said.words}\n\n{_wrote('thunderbird', said)}\n{said.marked}\n", "; format=flowed")


def thunderbird_below(said: Said) -> str:
    """The same as it comes set up: what is quoted stands above the answer."""
    return _plain(f"{_wrote('thunderbird', said)}\n{said.marked}\n\n{said.words}\n", "; format=flowed")


def gmail(said: Said) -> str:
    """In a browser: both versions, a div for each line, the plain one wrapped."""
    direction = "rtl" if said.language == "ar" else "ltr"
    wrote = _wrote("gmail", said)
    markup = (
        f'<div dir="{direction}">{_divs(said.words, direction)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="{direction}" class="gmail_attr">{escape(wrote)}<br></div><blockquote class="gmail_quote" '
        f'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">{_br(said.quoted)}</blockquote></div>'
    )
    return _both(f"{said.words}\n\n{textwrap.fill(wrote, 76)}\n\n{said.marked}\n", markup)


def outlook(said: Said) -> str:
    """On a desk: both versions, a paragraph for each line, a header block above what is quoted, and no marks there."""
    sender, sent, to, subject, day = _HEADERS[said.language]
    lines = (f"{sender} {said.name} <{said.alias}>", f"{sent} {day}", f"{to} Ana Ruiz <ana.ruiz@home.test>",
             f"{subject} A question")  # fmt: skip
    direction = ' dir="RTL"' if said.language == "ar" else ""
    words = "".join(
        f'<p class="MsoNormal"{direction}>{escape(line) or "&nbsp;"}<o:p></o:p></p>'
        for line in said.words.split("\n")
    )
    header = "<br>".join(
        f"<b>{escape(line.partition(':')[0])}:</b>{escape(line.partition(':')[2])}" for line in lines
    )
    markup = (
        f'<div class="WordSection1">{words}<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"{direction}>{header}<o:p></o:p></p></div></div>'
        f'<p class="MsoNormal">{_br(said.quoted)}<o:p></o:p></p></div>'
    )
    return _both("{}\n\n{}\n\n{}\n".format(said.words, "\n".join(lines), said.quoted), markup)


def apple(said: Said) -> str:
    """A telephone: its line below, both versions, and in Arabic a mark in front of each line that begins with a sign."""
    words, direction = said.words, "ltr"
    if said.language == "ar":
        direction = "rtl"
        words = "\n".join(RLM + line if line.startswith("!") else line for line in words.split("\n"))
    wrote, own = _wrote("apple", said), _SENT_FROM[said.language]
    markup = (
        f'<div dir="{direction}">{_divs(words, direction)}<br id="lineBreakAtBeginningOfSignature"><div dir="{direction}">'
        f'{own}</div><div dir="{direction}"><br><blockquote type="cite">{escape(wrote)}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">{_br(said.quoted)}</div></blockquote></div>'
    )
    return _both(f"{words}\n\n{own}\n\n> {wrote}\n> \n{said.marked}\n", markup)


PROGRAMS: dict[str, Callable[[Said], str]] = {
    "thunderbird": thunderbird,
    "gmail": gmail,
    "outlook": outlook,
    "apple": apple,
}
BELOW: dict[str, Callable[[Said], str]] = {"thunderbird": thunderbird_below}
"""Programs that put the answer below what they quote when nobody has told them otherwise."""


def reply(program: Callable[[Said], str], said: Said, sender: str, number: int) -> bytes:
    """The octets of an answer."""
    return (
        f"From: {sender}\nTo: {said.alias}\nSubject: Re: A question\nMessage-ID: <{number}.shape@mua.home.test>\n"
        f"Date: Mon, 23 Nov 2026 13:05:00 +0100\nMIME-Version: 1.0\n{program(said)}"
    ).encode()


def _plain(text: str, parameters: str = "") -> str:
    return _part("plain", text, parameters)


def _both(text: str, markup: str) -> str:
    html = f"<html><head></head><body>{markup}</body></html>"
    return (
        'Content-Type: multipart/alternative; boundary="shape"\n\n--shape\n'
        f"{_part('plain', text)}\n--shape\n{_part('html', html)}\n--shape--\n"
    )


def _part(kind: str, text: str, parameters: str = "") -> str:
    encoded = quopri.encodestring(text.encode()).decode("ascii")
    return f'Content-Type: text/{kind}; charset="utf-8"{parameters}\nContent-Transfer-Encoding: quoted-printable\n\n{encoded}'
