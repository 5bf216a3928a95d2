# ruff: noqa: RUF001  (letters and colons of other scripts look like Latin ones, and are meant)
"""Rows of the matrix: what mail programs write around the author's words. Quotes, header blocks, signatures."""

from __future__ import annotations

from collections.abc import Callable

from tests.leaks.case import BOTH, Case, at
from tests.leaks.letters import html, letter, text
from tests.leaks.who import GIVEN, Who
from tests.unit.mail.quote_samples import ATTRIBUTIONS, HEADER_BLOCKS

_PROGRAMS = {
    "gmail": "Gmail", "apple": "Apple Mail", "thunderbird": "Thunderbird", "proton": "Proton", "k-9": "K-9",
    "yahoo": "Yahoo", "mutt": "mutt", "evolution": "Evolution", "163": "NetEase", "outlook": "Outlook",
    "gmx": "GMX, web.de", "qq": "QQ", "android": "Android", "mail.ru": "Mail.ru", "bold": "Outlook web",
}  # fmt: skip
_ATTRIBUTIONS = (
    "gmail en", "gmail en wrapped", "gmail de", "gmail de wrapped", "gmail fr", "gmail es", "gmail it", "gmail pt", "gmail nl",
    "gmail pl", "gmail ru", "gmail tr", "gmail ar", "gmail zh", "gmail ja", "apple en", "apple de", "apple fr", "apple ja",
    "apple zh", "thunderbird en", "thunderbird de", "thunderbird ru", "proton", "k-9", "k-9 dated", "yahoo", "mail.ru", "mutt",
    "evolution", "163",
)  # fmt: skip
_BLOCKS = (
    "outlook en", "outlook de", "outlook fr", "outlook es", "outlook it", "outlook pt", "outlook nl", "outlook pl", "outlook ru",
    "outlook tr", "outlook ar", "outlook zh", "outlook ja", "bold", "gmx", "qq", "android",
)  # fmt: skip


def _of(sample: str, who: Who) -> str:
    """A sample with the author in the place of whom it names: an answer to their own earlier mail."""
    return sample.replace("Quiet Heron", who.name).replace("k7@relay.example", who.address)


def _attribution(sample: str) -> Case:
    program, _, language = sample.partition(" ")
    written = ATTRIBUTIONS[sample]
    plants = "name|address" if "@" in written else "name"

    def build(who: Who) -> bytes:
        return letter(who, text(who, _of(written, who), "> I am well.", "> Write soon."), subject="Re: hello")

    return Case(sample.replace(" ", "-"), "attribution over the author's own earlier mail", language or "en",
                _PROGRAMS.get(program, program), build, plants, "quotes words", "written")  # fmt: skip


def _block(sample: str) -> Case:
    program, _, language = sample.partition(" ")
    written = HEADER_BLOCKS[sample]

    def build(who: Who) -> bytes:
        block = _of(written, who)
        return letter(who, text(who, "", block, "", f"My letter to {who.name}."), subject="Re: hello")

    return Case(sample.replace(" ", "-"), "header block over the author's own earlier mail", language or "en",
                _PROGRAMS.get(program, program), build, "name|address" if "@" in written else "name",
                "quotes words", "written")  # fmt: skip


def _quote(row: str, what: str, program: str, build: Callable[[Who], bytes], plants: str, off: str = "quotes words",
           encoding: str = "plain", peers: str = "written") -> Case:  # fmt: skip
    return Case(row, what, encoding, program, build, plants, off, peers)


QUOTES = at("Quotes", (
    *map(_attribution, _ATTRIBUTIONS),
    *map(_block, _BLOCKS),
    _quote("inline", "answers between the lines of a quote", "Thunderbird",
           lambda w: letter(w, text(w, f"On 12.12.16 20:45, {w.name} wrote:", f"> Dear {w.name}, are you at {w.address}?", "", "Yes, I am.",
                                    "", "> And the children?", "", "They sleep.")), "name|address"),
    _quote("bottom", "answer below the quote", "mutt",
           lambda w: letter(w, text(w, f"On Mon, Dec 12, 2016 at 08:45:10PM {w.zone}, {w.name} wrote:", f"> To: {w.address}", "> How are you?", "",
                                    "Better today.")), "name|address|zone"),
    _quote("to-line", "To: line inside the quote", "Fastmail, Outlook",
           lambda w: letter(w, text(w, "> From: Robin", f"> To: {w.name} <{w.address}>", f"> Cc: {w.third}", "> Subject: hello", ">", "> Hello you.", "",
                                    "I answer below.")), "name|address|third", encoding="quoted header block"),
    _quote("forwarded", "forwarded in the text", "Gmail",
           lambda w: letter(w, text(w, "---------- Forwarded message ---------", f"From: {w.name} <{w.address}>", "Date: Mon, Dec 12, 2016 at 8:45 PM",
                                    f"Subject: hello from {w.family}", f"To: {w.address}", "", "I write to you.")), "name|address"),
    _quote("deep", "quote in a quote, wrapped inside the address", "mutt",
           lambda w: letter(w, text(w, f">> I am {w.local}@", f">> {w.domain}, {GIVEN}", f">> {w.family}", "", "That is what I wrote.")), "local|domain|family"),
    _quote("gmail-html", "gmail_quote with its attribution", "Gmail web",
           lambda w: letter(w, html(w, f'<div class="gmail_quote"><div class="gmail_attr">On Mon, Dec 12, 2016 at 8:45 PM {w.name} &lt;<a href="mailto:'
                                       f'{w.address}">{w.address}</a>&gt; wrote:<br></div><blockquote>I am well</blockquote></div>')),
           "name|address", encoding="HTML"),
    _quote("outlook-html", "divRplyFwdMsg", "Outlook web",
           lambda w: letter(w, html(w, f'<hr><div id="divRplyFwdMsg"><font><b>From:</b> {w.name} &lt;{w.address}&gt;<br><b>Sent:</b> Monday, December 12, '
                                       f"2016 8:45 PM<br><b>To:</b> Robin<br><b>Subject:</b> hello</font></div><div>I am well</div>")),
           "name|address", encoding="HTML"),
    _quote("word-html", "header block drawn by Word", "Outlook desktop",
           lambda w: letter(w, html(w, '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Von:</b> '
                                       f"{w.name} &lt;{w.address}&gt; <br><b>Gesendet:</b> Montag, 12. Dezember 2016 20:45<br><b>An:</b> Robin<br>"
                                       f'<b>Betreff:</b> hallo</p></div><p class="MsoNormal">Brief von {w.family}</p>')), "name|address", encoding="HTML"),
    _quote("apple-html", "blockquote type=cite", "Apple Mail",
           lambda w: letter(w, html(w, f'<div><blockquote type="cite"><div>On 12 Dec 2016, at 20:45, {w.name} &lt;{w.address}&gt; wrote:</div>'
                                       f"<div>I am well</div></blockquote></div>")), "name|address", encoding="HTML"),
    _quote("thunderbird-html", "moz-cite-prefix", "Thunderbird",
           lambda w: letter(w, html(w, f'<div class="moz-cite-prefix">On 12.12.16 20:45, {w.name} wrote:<br></div><blockquote type="cite" '
                                       f'cite="mid:{w.token}@{w.host}">I am well</blockquote>')), "name", encoding="HTML"),
    _quote("cite-id", "cite attribute with a message id", "Thunderbird",
           lambda w: letter(w, html(w, f'<blockquote type="cite" cite="mid:{w.token}@{w.host}">How are you?</blockquote><p>Well.</p>')), "token|host",
           off="html", encoding="HTML attribute", peers="body-html"),
    _quote("yahoo-html", "yahoo_quoted", "Yahoo web",
           lambda w: letter(w, html(w, f'<div id="yahoo_quoted_17" class="yahoo_quoted"><div>On Monday, December 12, 2016 at 08:45:00 PM GMT+1, {w.name} '
                                       f"&lt;{w.address}&gt; wrote:</div><div>I am well</div></div>")), "name|address", encoding="HTML"),
    _quote("proton-html", "protonmail_quote", "Proton",
           lambda w: letter(w, html(w, f'<div class="protonmail_quote">On Monday, December 12th, 2016 at 8:45 PM, {w.name} &lt;{w.address}&gt; wrote:<br>'
                                       f'<blockquote class="protonmail_quote" type="cite">I am well</blockquote></div>')),
           "name|address", encoding="HTML"),
))  # fmt: skip


def _sign(row: str, what: str, program: str, lines: tuple[str, ...], plants: str, encoding: str = "plain", off: str = "quotes words",
          directions: tuple = BOTH) -> Case:  # fmt: skip
    def build(who: Who) -> bytes:
        return letter(who, text(who, "", *(line.format(w=who) for line in lines)))

    return Case(row, what, encoding, program, build, plants, off, "written", directions=directions)


_PHONES = {
    "iphone-en": ("iPhone", "Sent from my iPhone"),
    "samsung-en": ("Samsung Mail", "Sent from my Samsung Galaxy smartphone."),
    "outlook-ios": ("Outlook mobile", "Get Outlook for iOS"),
    "windows": ("Windows Mail", "Sent from Mail for Windows"),
    "yahoo-android": ("Yahoo mobile", "Sent from Yahoo Mail on Android"),
    "proton-signature": ("Proton", "Sent with Proton Mail secure email."),
    "iphone-de": ("iPhone", "Von meinem iPhone gesendet"),
    "k-9-de": ("K-9", "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet."),
    "iphone-fr": ("iPhone", "Envoyé de mon iPhone"),
    "iphone-es": ("iPhone", "Enviado desde mi iPhone"),
    "iphone-pt": ("iPhone", "Enviado do meu iPhone"),
    "iphone-it": ("iPhone", "Inviato da iPhone"),
    "iphone-nl": ("iPhone", "Verstuurd vanaf mijn iPhone"),
    "iphone-pl": ("iPhone", "Wysłane z iPhone'a"),
    "iphone-ru": ("iPhone", "Отправлено с iPhone"),
    "iphone-tr": ("iPhone", "iPhone'umdan gönderildi"),
    "iphone-ar": ("iPhone", "أُرسلت من الـ iPhone"),
    "iphone-zh": ("iPhone", "发自我的 iPhone"),
    "iphone-ja": ("iPhone", "iPhoneから送信"),
}


def _mobile(row: str, program: str, line: str) -> Case:
    return Case(f"mobile-{row}", "line that the telephone adds", row.rpartition("-")[2], program,
                lambda w: letter(w, text(w, "", line)), f"={line}", "quotes marks", "written")  # fmt: skip


SIGNATURES = at("Signatures", (
    _sign("delimiter", "signature below its delimiter", "Thunderbird",
          ("-- ", "{w.name}", "{w.firm}, {w.street}", "Tel. {w.phone}", "{w.address}"), "name|firm|street|phone|address", encoding="RFC 3676 §4.3"),
    _sign("dashes", "signature below two dashes", "Outlook desktop", ("--", "{w.name}", "{w.firm}", "{w.third}"), "name|firm|third"),
    _sign("closing", "contact data below a closing, no delimiter", "Outlook web",
          ("Best regards,", "{w.name}", "{w.firm}", "{w.street}", "+49 30 5550142", "{w.third}", "https://{w.beacon}"),
          "name|firm|street|third|beacon"),
    _sign("closing-de", "contact data below a closing, no delimiter", "GMX", ("Mit freundlichen Grüßen", "{w.name}", "Tel.: {w.phone}", "{w.third}"),
          "name|phone|third", encoding="German"),
    _sign("name-only", "name below a closing", "any", ("Yours,", "{w.name}"), "name", off="words"),
    _sign("legal", "legal footer", "Exchange",
          ("This e-mail is confidential and intended only for the addressee. If you are not the intended recipient, please notify {w.firm}",
           "and delete this e-mail immediately."), "firm", off="quotes"),
    _sign("list-footer", "footer of a mailing list", "Mailman",
          ("_______________________________________________", "{w.token} mailing list", "https://{w.beacon}/mailman/listinfo/{w.token}"), "token|beacon",
          off="quotes"),
    *(_mobile(name, program, line) for name, (program, line) in _PHONES.items()),
    Case("gmail-html", "gmail_signature", "HTML", "Gmail web",
         lambda w: letter(w, html(w, f'<div>--&nbsp;</div><div dir="ltr" class="gmail_signature"><b>{w.name}</b><br>{w.firm}<br>{w.third}</div>')),
         "name|firm|third", "quotes words", "written"),
    Case("outlook-html", "ms-outlook-mobile-signature", "HTML", "Outlook mobile",
         lambda w: letter(w, html(w, f'<div id="ms-outlook-mobile-signature">{w.name}<br>{w.firm}<br>Get <a href="https://aka.ms/x">Outlook for iOS</a></div>')),
         "name|firm", "quotes words", "written"),
    Case("proton-html", "protonmail_signature_block", "HTML", "Proton",
         lambda w: letter(w, html(w, f'<div class="protonmail_signature_block">{w.firm}<br>{w.third}<br>Sent with Proton Mail secure email.</div>')),
         "firm|third", "quotes", "written"),
))  # fmt: skip

ROWS = (*QUOTES, *SIGNATURES)
