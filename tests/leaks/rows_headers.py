"""Rows of the matrix: header fields, who they name and what they tell of program, machine and way."""

from __future__ import annotations

import base64

from tests.leaks.case import BOTH, REPLY, REQUEST, Case, at
from tests.leaks.letters import letter, text
from tests.leaks.passage import OUR_EARLIER_ID
from tests.leaks.who import Who


def _field(row: str, program: str, lines: str, plants: str, peers: str = "client", what: str = "",
           encoding: str = "plain") -> Case:  # fmt: skip
    """A row for fields that are not copied; ``lines``: a format string over the author."""

    def build(who: Who) -> bytes:
        filled = (
            line.strip().format(w=who, b=base64.b64encode(who.token.encode()).decode())
            for line in lines.split("|")
        )
        return letter(who, text(who), *filled)

    name = what or ", ".join(
        dict.fromkeys(line.strip().partition(":")[0] for line in lines.split("|") if ":" in line)
    )
    return Case(row, name, encoding, program, build, plants, "fields", peers)


def _from(row: str, what: str, encoding: str, sender: str, plants: str, off: str = "face", peers: str = "name",
          program: str = "any", directions: tuple = BOTH, **more: str) -> Case:  # fmt: skip
    def build(who: Who) -> bytes:
        quoted = "".join(f"={octet:02X}" for octet in who.name.encode())
        b64 = base64.b64encode(who.name.encode("utf-16")).decode()
        filled = sender.format(w=who, quoted=quoted, b64=b64, half=len(who.family) // 2)
        return letter(who, text(who), sender=filled)

    return Case(row, what, encoding, program, build, plants, off, peers, directions=directions, **more)


_SHOWN = {
    "employer": '"{w.name} (Acme)"', "brackets": '"{w.name} [EXT]"', "pipe": '"{w.name} | Support"', "dash": '"{w.name} - Acme"', "via": '"{w.name} via Forum"',
    "pronouns": '"{w.name} (she/her)"', "degree": '"{w.name}, MSc"', "title": '"Dr. med. {w.name}"', "ornament": '"*** {w.name} ***"', "year": '"{w.name} 1987"',
    "own address": '"{w.name} {w.address}"', "family name first": '"{w.family}, Ilse (Acme)"', "dots": '"Ilse.{w.family}"', "low lines": "Ilse_{w.family}",
    "capitals": '"{capitals} Ilse"', "emoji": "=?utf-8?q?=F0=9F=8C=B8?= {w.name}",
}  # fmt: skip


def _shown(how: str, form: str) -> Case:
    """A display name with something around it; the name itself is then used in the text."""

    def build(who: Who) -> bytes:
        sender = f"{form.format(w=who, capitals=who.family.upper())} <{who.address}>"
        return letter(who, text(who, f"They call me {who.family}."), sender=sender)

    return Case(
        f"shown-{how.replace(' ', '-')}",
        f"name in the text, shown with {how}",
        "plain",
        "any",
        build,
        "family",
        "words",
        "written",
    )


def _unreadable(how: str, form: str) -> Case:
    """A From that holds a name and no address; the name itself is then used in the text."""

    def build(who: Who) -> bytes:
        return letter(who, text(who, f"They call me {who.family}."), sender=form.format(w=who))

    return Case(f"shown-{how}", f"name in the text, From {how.replace('-', ' ')}", "broken", "any", build, "family", "words",
                "written", directions=REQUEST)  # fmt: skip


WHO = at("Who wrote it", (
    _unreadable("cut-off", '"{w.name}" <cut.off'),
    _unreadable("without-an-address", "{w.name}"),
    _unreadable("without-brackets", "{w.name} {w.address}"),
    _from("from-address", "From, address", "plain", "{w.address}", "address", peers="address"),
    _from("from-name", "From, display name", "plain", '"{w.name}" <{w.address}>', "name", program="Thunderbird"),
    _from("from-name-q", "From, display name", "RFC 2047 Q, ISO 8859-1", "=?iso-8859-1?q?{quoted}?= <{w.address}>", "name",
          program="Outlook desktop"),
    _from("from-name-b", "From, display name", "RFC 2047 B, UTF-16", "=?utf-16?b?{b64}?= <{w.address}>", "name", program="script"),
    _from("from-comment", "From, comment", "RFC 5322 comment", "{w.address} ({w.firm})", "firm", "fields", program="mutt"),
    _from("from-group", "From, group syntax", "RFC 6854 group", "{w.firm}: {w.name} <{w.address}>;", "firm", "fields",
          program="Exchange"),
    _from("from-two", "From with a second mailbox", "plain", "{w.name} <{w.address}>, {w.third}", "third", "fields",
          program="Apple Mail"),
    Case("sender", "Sender", "plain", "Outlook desktop, sent for somebody",
         lambda w: letter(w, text(w), f"Sender: {w.firm} <{w.second}>"), "firm|second", "fields", "sender"),
    Case("reply-to", "Reply-To", "plain", "Thunderbird",
         lambda w: letter(w, text(w), f'Reply-To: "{w.firm}" <{w.third}>'), "third|firm", "fields", "reply-to"),
    Case("return-path", "Return-Path, Errors-To, X-Envelope-From", "VERP", "Exim",
         lambda w: letter(w, text(w), f"Return-Path: <bounce+{w.token}={w.domain}@mx.test>", f"Errors-To: {w.second}",
                          f"X-Envelope-From: {w.address}"), "token|second|address", "fields", "return-path"),
    Case("cc", "Cc of a third person", "plain", "Gmail web, answer to all",
         lambda w: letter(w, text(w), f'Cc: "{w.deputy} {w.family}" <{w.third}>'), "third|deputy", "fields", "third"),
    Case("bcc", "Bcc left in", "plain", "script", lambda w: letter(w, text(w), f"Bcc: {w.third}"), "third", "fields", "third"),
    Case("to-others", "To with others beside us", "plain", "Apple Mail",
         lambda w: letter(w, text(w), to=f'{w.to}, "{w.deputy}" <{w.third}>'), "third|deputy", "fields", "third"),
    Case("to-name", "To, the name under which the author saved us", "RFC 2047 Q", "iPhone",
         lambda w: letter(w, text(w), to=f"=?utf-8?q?Friend_of_{w.token}?= <{w.to}>"), "token", "fields", "third"),
    Case("apparently-to", "Apparently-To, Delivered-To, X-Original-To", "plain", "sendmail, Postfix",
         lambda w: letter(w, text(w), f"Apparently-To: {w.third}", f"Delivered-To: {w.second}", f"X-Original-To: {w.address}"),
         "third|second|address", "fields", "client"),
    Case("resent", "Resent-From, -To, -Message-ID", "plain", "mutt, bounced on",
         lambda w: letter(w, text(w), f"Resent-From: {w.name} <{w.second}>", f"Resent-To: {w.third}",
                          f"Resent-Message-ID: <{w.token}@{w.host}>"), "second|third|token|host", "fields", "client"),
    Case("original-from", "X-Original-From, X-Google-Original-From, X-Authenticated-Sender", "plain", "Google Groups, cPanel",
         lambda w: letter(w, text(w), f"X-Original-From: {w.name} <{w.second}>", f"X-Google-Original-From: {w.third}",
                          f"X-Authenticated-Sender: {w.host}: {w.address}"), "second|third|host|address", "fields", "client"),
    Case("alias-owner", "a counselor's second address as the sender", "plain", "Gmail, send as",
         lambda w: letter(w, text(w, f"You can also reach me at {w.second}."), sender=f"{w.name} <{w.second}>"), "second",
         "words", "body", directions=REPLY, sender="second"),
    Case("stranger", "an address that the alias was not issued to", "plain", "any",
         lambda w: letter(w, text(w, f"I am {w.deputy}."), sender=f"{w.deputy} <{w.third}>"), "deputy", "stages face", "stranger",
         ends="held", directions=REPLY, sender="third", answer="held; the owner of the alias is told"),
    Case("envelope-only", "reverse-path of another domain, named in the text", "plain", "university account, sent from home",
         lambda w: letter(w, text(w, f"My account is {w.second} here.")), "second", "gate", "body", ends="held",
         directions=REQUEST, sender="second"),
    *(_shown(how, form) for how, form in _SHOWN.items()),
))  # fmt: skip

FIELDS = at("Header fields", (
    _field("received", "Postfix", "Received: from {w.host} ([IPv6:{w.ip}]) by mx.{w.domain} with ESMTPSA id {w.token}",
           "host|ip|domain|token", "received"),
    _field("received-folded", "Exchange",
           "Received: from {w.host} (\r\n\t{w.ip}) by\r\n {w.token}.prod.test; Mon, 23 Nov 2026 13:00:00 {w.zone}",
           "host|ip|token|zone", "received", encoding="folded"),
    _field("received-auth", "mailcow", "Received: from [{w.ip}] (Authenticated sender: {w.address}) by mail.test", "ip|address", "received"),
    _field("originating", "Outlook web, GMX", "X-Originating-IP: [{w.ip}]|X-Sender-IP: {w.ip}|X-Client-IP: {w.ip}|X-Forwarded-For: {w.ip}", "ip"),
    _field("results", "Gmail", "Authentication-Results: mx.{w.domain}; spf=pass smtp.mailfrom={w.address}; iprev=pass ({w.ip})",
           "domain|address|ip", "results"),
    _field("arc", "Microsoft 365", "ARC-Seal: i=1; d={w.domain}; b={w.token}|ARC-Authentication-Results: i=1; {w.host}; dkim=pass"
           "|ARC-Message-Signature: i=1; d={w.domain}; s={w.key}", "domain|token|host|key", "results"),
    _field("received-spf", "Exim", "Received-SPF: pass (mx: domain of {w.address} designates {w.ip}) client-ip={w.ip}", "address|ip", "results"),
    _field("dkim", "every provider", "DKIM-Signature: v=1; a=rsa-sha256; d={w.domain}; s={w.token}; i={w.address}; b=AAAA"
           "|X-Google-DKIM-Signature: v=1; d={w.beacon}|DomainKey-Signature: a=rsa-sha1; d={w.domain}", "domain|token|address|beacon"),
    _field("user-agent", "Thunderbird, K-9, mutt", "User-Agent: {w.client}/128.3|X-Mailer: {w.client} 16.0|X-MimeOLE: Produced by {w.client}", "client"),
    _field("exchange", "Microsoft 365", "X-MS-Exchange-Organization-AuthAs: {w.token}|X-MS-Exchange-CrossTenant-FromEntityHeader: {w.firm}"
           "|X-MS-TNEF-Correlator: <{w.host}>|X-Microsoft-Antispam-Mailbox-Delivery: {w.client}", "token|firm|host|client"),
    _field("google", "Gmail", "X-Google-Smtp-Source: {w.token}|X-Gm-Message-State: {w.client}|X-Received: by {w.ip} with SMTP", "token|client|ip"),
    _field("yahoo", "Yahoo", "X-YMail-OSG: {w.token}|X-Yahoo-Newman-Id: {w.client}|X-Sonic-MF: <{w.address}>", "token|client|address"),
    _field("apple", "Apple Mail", "X-Universally-Unique-Identifier: {w.token}|X-Apple-Mail-Remote-Attachments: YES"
           "|X-Apple-Base-Url: {w.host}|X-Uniform-Type-Identifier: {w.client}", "token|host|client"),
    _field("mozilla", "Thunderbird", "X-Mozilla-Keys: {w.token}|X-Identity-Key: {w.client}|X-Account-Key: {w.host}", "token|client|host"),
    _field("gmx", "GMX, web.de", "X-Provags-ID: V03:K1:{w.token}|X-UI-Sender-Class: {w.client}|UI-OutboundReport: {w.host}", "token|client|host"),
    _field("qq", "QQ", "X-QQ-mid: {w.token}|X-QQ-SENDSIZE: 520|X-QQ-XMAILINFO: {w.client}|X-QQ-FEAT: {w.host}", "token|client|host"),
    _field("proton", "Proton", "X-Pm-Origin: {w.client}|X-Pm-Message-Id: {w.token}|X-Pm-External-Id: <{w.host}>", "client|token|host"),
    _field("thread-index", "Outlook desktop", "Thread-Index: {b}|Thread-Topic: {w.firm}|X-OlkEid: {w.token}", "token|firm", encoding="base64"),
    _field("organization", "Thunderbird, Evolution", "Organization: {w.firm}|X-Organisation: {w.street}|Organisation: {w.deputy}", "firm|street|deputy"),
    _field("face", "Gnus, Claws", "Face: {b}|X-Face: {w.token}|BIMI-Location: v=BIMI1; l=https://{w.beacon}/logo.svg"
           "|X-Image-URL: https://{w.beacon}/me.png", "token|beacon", encoding="base64"),
    _field("autocrypt", "Delta Chat, K-9", "Autocrypt: addr={w.address}; keydata={b}|Autocrypt-Gossip: addr={w.third}; keydata={b}"
           "|Autocrypt-Setup-Message: {w.client}|Chat-User-Avatar: {w.token}", "address|token|third|client"),
    _field("openpgp", "Enigmail", "OpenPGP: id={w.key}; url=https://{w.beacon}/key.asc|X-PGP-Key: {w.token}", "key|beacon|token", "client"),
    _field("receipt", "Outlook desktop", "Disposition-Notification-To: {w.name} <{w.second}>|Return-Receipt-To: {w.third}"
           "|X-Confirm-Reading-To: {w.address}|Disposition-Notification-Options: {w.token}", "second|third|address|token"),
    _field("list", "Mailman, Google Groups", "List-Id: {w.firm} <{w.token}.{w.domain}>|List-Owner: <mailto:{w.third}>|List-Archive: <https://{w.beacon}/a>"
           "|Mailing-List: {w.second}", "firm|token|domain|third|beacon|second", "list"),
    _field("unsubscribe", "newsletter tools", "List-Unsubscribe: <https://{w.beacon}/u?{w.token}>, <mailto:{w.third}>"
           "|List-Unsubscribe-Post: List-Unsubscribe=One-Click|Feedback-ID: {w.token}:{w.client}", "beacon|token|third|client", "list"),
    _field("keywords", "Lotus Notes, Evolution", "Keywords: {w.token}|Comments: {w.firm}|X-Priority: 1 ({w.client})|Importance: high|Sensitivity: {w.street}",
           "token|firm|client|street"),
    _field("content-fields", "Thunderbird", "Content-Language: de-{w.token}|Content-Location: https://{w.beacon}/x|Content-Base: file:///home/{w.local}"
           "|Content-Description: {w.firm}", "token|beacon|local|firm", "content"),
    _field("mime-version", "Apple Mail", "MIME-Version: 1.0 ({w.client} 16.0 on {w.host})", "client|host", "mime-comment", encoding="RFC 2045 comment"),
    _field("supersedes", "Gnus", "Supersedes: <{w.token}@{w.host}>|Original-Message-ID: <{w.token}@{w.host}>|Obsoletes: <{w.client}@x.test>"
           "|Expires: Mon, 23 Nov 2026 13:00:00 {w.zone}", "token|host|client|zone"),
    _field("spam", "SpamAssassin, rspamd", "X-Spam-Checker-Version: {w.client} on {w.host}|X-Spam-Report: mailbox {w.address}|X-Rspamd-Server: {w.token}",
           "client|host|address|token"),
    _field("php", "web form", "X-PHP-Originating-Script: 1000:{w.token}.php|X-Source-Dir: {w.domain}:/home/{w.local}|X-Get-Message-Sender-Via: {w.host}",
           "token|domain|local|host"),
    _field("accept-language", "Outlook web", "Accept-Language: de-{w.token}|X-Accept-Language: {w.client}|X-TimeZone: {w.zone}", "token|client|zone"),
    _field("eight-bit", "script", "X-Company: Ünïon {w.firm}", "firm", encoding="raw 8 bit"),
    _field("no-colon", "broken gateway", "this line of {w.firm} has no colon|X-After: {w.token}", "token", what="a line without a colon between fields"),
    _field("sender-lists", "Sendmail", "X-Auth: {w.address}|X-AuthUser: {w.local}|X-Sender: {w.address}|X-Sasl-Enc: {b}|X-Authentication-Warning: {w.host}",
           "address|local|token|host"),
    _field("many", "all of them", "|".join(f"X-Trace-{n:03}: {{w.token}}-{n}" for n in range(120)), "token", what="120 unknown fields at once"),
))  # fmt: skip


def _thread(row: str, what: str, program: str, fields: tuple[str, ...], plants: str, peers: str) -> Case:
    return Case(row, what, "plain", program, lambda w: letter(w, text(w), *(f.format(w=w) for f in fields)), plants, "thread",
                peers, is_answer=True)  # fmt: skip


IDS = at("Ids and times", (
    Case("message-id", "Message-ID with the machine's name", "plain", "Apple Mail, mutt",
         lambda w: letter(w, text(w), message_id=f"{w.token}.2026@{w.host}"), "token|host", "fields", "message-id"),
    Case("message-id-address", "Message-ID made from the address", "plain", "Gmail mobile, Outlook",
         lambda w: letter(w, text(w), message_id=f"{w.token}-{w.address}"), "token|address", "fields", "message-id"),
    _thread("in-reply-to", "In-Reply-To of the author's own earlier message", "Thunderbird", ("In-Reply-To: <{w.token}@{w.host}>",), "token|host", "in-reply-to"),
    _thread("references", "References with known, foreign and unknown ids", "Outlook web",
            (f"In-Reply-To: <{OUR_EARLIER_ID}>", f"References: <{{w.token}}@{{w.host}}> <{OUR_EARLIER_ID}> <x.{{w.client}}@{{w.beacon}}>"),
            "token|host|client|beacon", "references"),
    _thread("in-reply-to-words", "In-Reply-To with a name and a date", "Emacs of old",
            ("In-Reply-To: Your message of Monday from {w.token} <{w.client}@{w.host}>",), "client|host", "in-reply-to"),
    Case("date-zone", "Date with the author's zone", "plain", "any",
         lambda w: letter(w, text(w), date=f"Mon, 23 Nov 2026 13:00:11 {w.zone}"), "zone", "fields", "date", answer="our time in UTC, whole minutes"),
    Case("date-comment", "Date with the zone's name", "RFC 5322 comment", "mutt",
         lambda w: letter(w, text(w), date=f"Mon, 23 Nov 2026 13:00:11 +0100 ({w.token})"), "token", "fields", "date",
         answer="our time in UTC, whole minutes"),
    Case("date-words", "Date in a language", "RFC 2047", "script",
         lambda w: letter(w, text(w), date=f"=?utf-8?q?Montag_in_{w.token}?="), "token", "fields", "date", answer="our time in UTC, whole minutes"),
))  # fmt: skip


def _subject(row: str, encoding: str, subject: str, plants: str, program: str = "any", directions: tuple = BOTH, what: str = "",
             off: str = "words", peers: str = "subject") -> Case:  # fmt: skip
    def build(who: Who) -> bytes:
        values = {
            "w": who,
            "b": base64.b64encode(f"Von {who.name}".encode("latin-1")).decode(),
            "q1": "".join(f"={o:02X}" for o in who.family[:4].encode()),
            "q2": "".join(f"={o:02X}" for o in who.family[4:].encode()),
            "u16": base64.b64encode(who.address.encode("utf-16-be")).decode(),
            "u7": who.address.replace("@", "+AEA-"),
            "zero": "\u200b".join(who.family),
        }
        return letter(who, text(who), subject=subject.format(**values))

    return Case(row, what or "Subject", encoding, program, build, plants, off, peers, directions=directions)


SUBJECTS = at("Subject", (
    _subject("address", "plain", "Answer to {w.address} please", "address"),
    _subject("name", "plain", "Letter of {w.name}", "name"),
    _subject("family", "plain", "Re: Fwd: [{w.family}] again", "family", program="Outlook desktop"),
    _subject("q", "RFC 2047 Q, name cut in two words", "=?utf-8?q?Von_Ilse_{q1}?= =?utf-8?q?{q2}?=", "name", program="GMX"),
    _subject("b", "RFC 2047 B, ISO 8859-1", "=?iso-8859-1?b?{b}?=", "name", program="Outlook desktop"),
    _subject("utf-16", "RFC 2047 B, UTF-16", "=?utf-16be?b?{u16}?=", "address", program="script"),
    _subject("utf-7", "RFC 2047 Q, UTF-7", "=?utf-7?q?{u7}?=", "address", program="script"),
    _subject("folded", "folded inside the name", "Letter of Ilse\r\n {w.family}", "name", program="Exim"),
    _subject("spelled", "spelled out", "from {w.local} (at) {w.domain}", "local|domain", program="any"),
    _subject("zero-width", "zero-width characters", "=?utf-8?q??= from {zero}", "family", program="script"),
    _subject("brackets", "tag of a list or a gateway", "Re: [{w.local}@{w.domain}] Fwd: hello", "address", program="list gateway"),
    _subject("phone", "plain", "Call {w.phone}", "phone", directions=REPLY),
    _subject("injected", "RFC 2047 Q with CR LF", "=?utf-8?q?Hello=0D=0ABcc:_x=0D=0A?=", "=\r\nBcc: ", what="Subject that writes a field",
             program="attacker", off="one-line", peers="unknown"),
    Case("injected-name", "display name that writes a field", "RFC 2047 Q with LF", "attacker",
         lambda w: letter(w, text(w), sender=f"=?utf-8?q?Sam=0ABcc=3A_x?= <{w.address}>"), "=\nBcc: x", "face one-line", "unknown"),
))  # fmt: skip

ROWS = (*WHO, *FIELDS, *IDS, *SUBJECTS)
