# ruff: noqa: RUF001  (digits of other scripts are meant)
"""One short answer as the mail programs of phones and desks really send it: shapes copied from what they write.

``shaped(shape, words, ...)`` gives the octets; the words are what a person typed. Quoted below is always a notice of
ours that holds the words STOP and FORGET ME, as every acknowledgement does.
"""

from __future__ import annotations

import quopri
from email.header import Header

QUOTED = "Answer with one of these words alone:\nSTOP: no more mail\nFORGET ME: we erase everything"

_HTML = {
    "gmail app": (
        '<div dir="auto">{words}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, 23 Nov '
        '2026, 13:00 Robin, &lt;<a href="mailto:{alias}">{alias}</a>&gt; wrote:<br></div><blockquote '
        'class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{quoted}'
        "</blockquote></div>"
    ),
    "outlook mobile": (
        '<html><body><div style="color:rgb(33,33,33)" dir="auto">{words}</div><div id="ms-outlook-mobile-signature">'
        '<div><br></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;'
        'width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif"><b>From:</b> '
        "Robin &lt;{alias}&gt;<br><b>Sent:</b> Monday, November 23, 2026 1:00 PM<br><b>To:</b> Sam Lee "
        "&lt;sam.lee@mail.test&gt;<br><b>Subject:</b> We have received your message</font></div><div>{quoted}</div>"
        "</body></html>"
    ),
    "apple mail": (
        '<html><head></head><body dir="auto">{words}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from '
        'my iPhone</div><div dir="ltr"><br><blockquote type="cite">On 23 Nov 2026, at 13:00, Robin &lt;{alias}&gt; '
        'wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{quoted}</div></blockquote></body>'
        "</html>"
    ),
}
_TEXT = {
    "gmail app": "{words}\n\nOn Mon, 23 Nov 2026, 13:00 Robin, <{alias}> wrote:\n\n{marked}\n",
    "outlook mobile": (
        "{words}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Robin <{alias}>\n"
        "Sent: Monday, November 23, 2026 1:00:00 PM\nTo: Sam Lee <sam.lee@mail.test>\n"
        "Subject: We have received your message\n\n{quoted}\n"
    ),
    "apple mail": (
        "{words}\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 13:00, Robin <{alias}> wrote:\n> \n{marked}\n"
    ),
    "samsung": (
        "{words}\n\n\nSent from my Galaxy\n\n-------- Original message --------\nFrom: Robin <{alias}> \n"
        "Date: 23/11/2026  13:00  (GMT+01:00) \nTo: sam.lee@mail.test \nSubject: We have received your message \n\n"
        "{quoted}\n"
    ),
    "gmx german": (
        "{words}\n\n--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\n"
        "Am 23.11.26, 13:00 schrieb Robin <{alias}>:\n{marked}\n"
    ),
    "mutt": "{words}\n\n-- \nSam\n\nOn Mon, Nov 23, 2026 at 01:00:00PM +0100, Robin wrote:\n{marked}\n",
    "arabic phone": "{words}\n\nأُرسلت من الـ iPhone\n\n> في ٢٣ نوفمبر ٢٠٢٦، الساعة ١٣:٠٠، كتب Robin <{alias}>:\n> \n{marked}\n",
}  # fmt: skip

SHAPES = (*_TEXT, *(f"{shape}, html only" for shape in _HTML), *(f"{shape}, both" for shape in _HTML))


def shaped(
    shape: str,
    words: str,
    *,
    alias: str = "k3jd8f7g6h5j4k3l2m1n@relay.test",
    sender: str = "Sam Lee <sam.lee@mail.test>",
    subject: str = "Re: We have received your message",
    number: int = 1,
    headers: str = "",
) -> bytes:
    """The octets of an answer to ``alias`` in one of ``SHAPES``."""
    name, _, kind = shape.partition(", ")
    marked = "\n".join(f"> {line}" for line in QUOTED.split("\n"))
    text = _TEXT[name].format(words=words, alias=alias, quoted=QUOTED, marked=marked)
    lines = "<br>".join
    html = (
        _HTML[name].format(words=lines(words.split("\n")), alias=alias, quoted=lines(QUOTED.split("\n")))
        if kind
        else ""
    )
    head = (
        f"From: {sender}\nTo: {alias}\nSubject: {Header(subject, 'utf-8' if not subject.isascii() else None).encode()}\n"
        f"Date: Mon, 23 Nov 2026 13:05:00 +0100\nMessage-ID: <{number}.{abs(hash((shape, words)))}@mua.mail.test>\n"
        f"{headers}MIME-Version: 1.0\n"
    )
    plain, rich = _part("plain", text), _part("html", html)
    if not kind:
        return (head + plain).encode()
    if kind == "html only":
        return (head + rich).encode()
    return (
        head + f'Content-Type: multipart/alternative; boundary="b"\n\n--b\n{plain}\n--b\n{rich}\n--b--\n'
    ).encode()


def _part(kind: str, text: str) -> str:
    encoded = quopri.encodestring(text.encode()).decode("ascii")
    return f'Content-Type: text/{kind}; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n{encoded}'
